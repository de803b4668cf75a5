/* A table of different pairs of numbers, numbered in the order of their addition.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PAIRS_H
#define RI_PAIRS_H

#include <stdint.h>

#include "base/alloc.h"

typedef struct ri_pair {
    int32_t left, right;
} ri_pair;

typedef struct ri_pairs {
    const recur_allocator *allocator;
    ri_pair               *list; /* [n] */
    int64_t                n, capacity;
    uint32_t              *slots; /* [n_slots]: 1 + number of a pair, 0: free */
    uint64_t               n_slots;
} ri_pairs;

void ri_pairs_init(ri_pairs *pairs, const recur_allocator *allocator);
void ri_pairs_destroy(ri_pairs *pairs);

/* Forget every pair and keep the memory; the time depends on the pairs alone. */
void ri_pairs_clear(ri_pairs *pairs);

/* Return the number of a pair, -1 if it is not there. */
int64_t ri_pairs_find(const ri_pairs *pairs, ri_pair pair);

/* Return the number of a pair, which is added if it is not there; -1 if there is no memory or n is 2^31-1. */
int64_t ri_pairs_add(ri_pairs *pairs, ri_pair pair);

#endif
