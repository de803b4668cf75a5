/* Fowler, Noll, Vo: for each byte, exclusive or, then multiply by the prime 2^40 + 0x1b3.
 *
 * SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

static const uint64_t PRIME = UINT64_C(0x100000001b3);
enum { LANES = 8, BLOCK = 8 * LANES };

uint64_t ri_hash(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < n; i++) hash = (hash ^ byte[i]) * PRIME;
    return hash;
}

/* ---- large blocks ---- */

static uint64_t load(const unsigned char *p)
{
    uint64_t word = 0;
    for (int i = 7; i >= 0; i--) word = word << 8 | p[i];
    return word;
}

static void add_block(uint64_t lanes[LANES], const unsigned char *block)
{
    for (int k = 0; k < LANES; k++) lanes[k] = (lanes[k] ^ load(block + 8 * k)) * PRIME;
}

void ri_digest_begin(ri_digest *d)
{
    *d = (ri_digest){.n_rest = 0};
    for (int k = 0; k < LANES; k++) d->lanes[k] = RI_HASH_START + (uint64_t)k;
}

void ri_digest_add(ri_digest *d, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    if (d->n_rest > 0) {
        size_t taken = BLOCK - d->n_rest < n ? BLOCK - d->n_rest : n;
        memcpy(d->rest + d->n_rest, p, taken);
        d->n_rest += taken;
        p += taken;
        n -= taken;
        if (d->n_rest < BLOCK) return;
        add_block(d->lanes, d->rest);
        d->n_rest = 0;
    }
    uint64_t lanes[LANES];
    memcpy(lanes, d->lanes, sizeof lanes);
    for (; n >= BLOCK; n -= BLOCK, p += BLOCK) add_block(lanes, p);
    memcpy(d->lanes, lanes, sizeof lanes);
    if (n > 0) memcpy(d->rest, p, n);
    d->n_rest = n;
}

uint64_t ri_digest_end(const ri_digest *d)
{
    uint64_t hash = RI_HASH_START;
    for (int k = 0; k < LANES; k++) hash = (hash ^ d->lanes[k]) * PRIME;
    return ri_hash(hash, d->rest, d->n_rest);
}
