/* Batches of a dataset as a classifier's input on a tape: what training and prediction share.
 * SPDX-License-Identifier: MIT */
#ifndef RI_CLASSIFY_FEED_H
#define RI_CLASSIFY_FEED_H

#include "dev/ctx.h"
#include "recur/classify.h"

/* Which tokens are read as "<unk>": a function of seed, step, item and place, and of nothing else. */
typedef struct ri_word_drop {
    double   p; /* 0: none */
    uint64_t seed, step;
    int32_t  unknown;
} ri_word_drop;

typedef struct ri_classify_feed {
    const recur_model *model;
    recur_ctx         *ctx;
    recur_pack        *pack;
    int32_t           *ids; /* [capacity], with words dropped */
    float             *rows;
    const int32_t    **starts; /* [item_capacity] */
    int64_t            capacity, item_capacity;
} ri_classify_feed;

recur_status ri_classify_feed_init(ri_classify_feed *feed, const recur_model *model);
void         ri_classify_feed_free(ri_classify_feed *feed);

/* Record the logits [B,K] of a batch. drop and weights may be NULL. The batch's arrays are not needed afterwards; the pack is feed->pack.
 * Errors: RECUR_EMEMORY, or sticky on the tape. */
recur_status ri_classify_feed_put(ri_classify_feed *feed, recur_tape *tape, const recur_batch *batch,
                                  const ri_word_drop *drop, recur_var *logits, recur_var *weights);

/* Refuse data of another kind than the model reads. Errors: RECUR_EARG. */
recur_status ri_classify_check(const recur_model *model, const recur_part *part, const char *what);

#endif
