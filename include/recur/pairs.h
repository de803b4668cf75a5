/* Pairs of sequences: what an encoder-decoder reads and what it is to write.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_PAIRS_H
#define RECUR_PAIRS_H

#include "ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One batch: n pairs as ids of their vocabularies, in arrays that are valid until the next batch is asked for. No mark of the beginning or of
 * the end is in them, and sources are not reversed: that is the model's. */
typedef struct recur_pair_batch {
    int64_t               n;
    const int64_t        *items;          /* [n]: which pairs of the data; NULL: 0, 1, 2 ... */
    const int32_t *const *sources;        /* [n][source_lengths] */
    const int64_t        *source_lengths; /* [n], 0 or more */
    const int32_t *const *targets;        /* [n][target_lengths]; NULL: none are known */
    const int64_t        *target_lengths; /* [n], 0 or more */
} recur_pair_batch;

/* Where batches come from. A batch is a function of its place alone: asked for again it is the same, in whatever order.
 *
 * get gives batch i, from 0 to count - 1, of an epoch from 1; epoch 0 is the plain order, for evaluation, with as many batches. */
typedef struct recur_pair_feed {
    void   *user;
    int64_t count;         /* batches of every epoch */
    int64_t items;         /* pairs */
    int64_t target_tokens; /* of all of them */
    uint64_t
        checksum; /* of the options that the batches depend on (sizes, order's seed): a resumed run must have the same */
    recur_status (*get)(void *user, int64_t epoch, int64_t i, recur_pair_batch *batch);
} recur_pair_feed;

#ifdef __cplusplus
}
#endif
#endif
