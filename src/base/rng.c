/* Philox4x32-10: ten rounds of two 32x32 -> 64 bit products, the key rising by the golden ratio and by sqrt(3)-1 between rounds.
 *
 * The counter of a number is (index, stream), its key the seed. Tested against the known answers of the authors' distribution.
 *
 * SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <math.h>

static const double TAU = 6.283185307179586476925286766559;

ri_block ri_philox(ri_block counter, uint64_t key)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    uint32_t c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2], c3 = counter.word[3];
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)c0 * 0xd2511f53u, b = (uint64_t)c2 * 0xcd9e8d57u;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    return (ri_block){{c0, c1, c2, c3}};
}

static ri_block block_of(uint64_t seed, uint64_t stream, uint64_t index)
{
    ri_block counter = {
        {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    return ri_philox(counter, seed);
}

/* 53 bits of two words: k / 2^53 with k in 0 .. 2^53 - 1. */
static double fraction(uint32_t high, uint32_t low)
{
    uint64_t bits = ((uint64_t)high << 32 | low) >> 11;
    return (double)bits * 0x1p-53;
}

double ri_uniform(uint64_t seed, uint64_t stream, uint64_t index)
{
    ri_block b = block_of(seed, stream, index);
    return fraction(b.word[0], b.word[1]);
}

/* Box and Muller 1958: numbers 2k and 2k+1 are the cosine and sine parts of block k. 1 - u is never 0. */
double ri_normal(uint64_t seed, uint64_t stream, uint64_t index)
{
    ri_block b = block_of(seed, stream, index / 2);
    double   radius = sqrt(-2 * log(1 - fraction(b.word[0], b.word[1])));
    double   angle = TAU * fraction(b.word[2], b.word[3]);
    return radius * (index % 2 == 0 ? cos(angle) : sin(angle));
}
