/* How much of a sequence is in another: n-grams in common, and the longest common subsequence.
 *
 * Sequences are of numbers that stand for words or characters; n-grams are compared whole, never by a hash of them.
 * SPDX-License-Identifier: MIT */
#ifndef RI_NGRAMS_H
#define RI_NGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pairs.h"

enum { RI_NGRAMS_MOST = 6 };

typedef struct ri_ids {
    const int32_t *ids; /* [n] */
    int64_t        n;
} ri_ids;

/* Memory that is used again and again. */
typedef struct ri_ngrams {
    const recur_allocator *allocator;
    ri_pairs grams; /* of the present order: an n-gram is the one without its last token, and that token */
    int32_t *heads; /* [head_room] the number of the n-gram that begins here, -1: none that counts */
    int64_t *
        found; /* [count_room] how often each n-gram is in the hypothesis, in the reference, and most often in one */
    int64_t head_room, count_room;
} ri_ngrams;

void ri_ngrams_init(ri_ngrams *ngrams, const recur_allocator *allocator);
void ri_ngrams_destroy(ri_ngrams *ngrams);

/* Count, for each order from 1 to n_orders, the n-grams of a hypothesis that are in the references too: each as often as it is in the one that has
 * it most often (Papineni and others 2002). Returns false if there is no memory. */
bool ri_ngrams_match(ri_ngrams *ngrams, ri_ids hypothesis, const ri_ids *references, int n_references,
                     int n_orders, int64_t *matches);

/* Return how many n-grams of an order a sequence of n has. */
int64_t ri_ngrams_of(int64_t n, int order);

/* Find the length of the longest common subsequence. Returns -1 if there is no memory. Cost: the product of the lengths. */
int64_t ri_common_subsequence(ri_ngrams *ngrams, ri_ids a, ri_ids b);

#endif
