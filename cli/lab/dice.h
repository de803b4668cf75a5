/* Random numbers for made-up data: SplitMix64 (Steele, Lea, Flood 2014), with dice of their own for each place, so that nothing is stored
 * and every example is a function of a seed and two names.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_DICE_H
#define CLI_DICE_H

#include <stdint.h>

typedef struct dice {
    uint64_t state;
} dice;

static inline uint64_t dice_next(dice *d)
{
    uint64_t x = d->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Dice of their own for each place: two names in a row. */
static inline dice dice_at(uint64_t seed, uint64_t stream, uint64_t place)
{
    dice d = {seed};
    d.state = dice_next(&d) ^ stream;
    d.state = dice_next(&d) ^ place;
    return d;
}

/* A whole number from 0 to n-1; n at most 2^32. */
static inline int64_t dice_below(dice *d, int64_t n)
{
    return (int64_t)((dice_next(d) >> 32) * (uint64_t)n >> 32);
}

/* A number from U(0,1), 24 bits of it: exact in float. */
static inline float dice_uniform(dice *d)
{
    return (float)(dice_next(d) >> 40) * 0x1p-24F;
}

#endif
