/* Random orders that are a function of a seed.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SHUFFLE_H
#define RI_SHUFFLE_H

#include <stdint.h>

/* What a random order is for; with the epoch it names a stream of the seed's numbers. */
typedef enum ri_order { RI_ORDER_SPLIT = 1, RI_ORDER_ITEMS, RI_ORDER_BATCHES } ri_order;

/* Put n numbers in a random order (Fisher and Yates), with the stream's random numbers from first on. */
void ri_shuffle(int64_t *numbers, int64_t n, uint64_t seed, ri_order order, int64_t epoch, int64_t first);

#endif
