/* Training steps of a small tagger over sequences of different lengths: packed, or padded to the longest of the batch as other programs do it.
 *
 * Padded means here what it means there: every sequence is run to the end of the longest one, and the padding's targets do not count. In one
 * direction what stands behind a sequence does not change what came before, so both have the same loss.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_PACKING_H
#define CLI_PACKING_H

#include "recur/recur.h"

typedef struct tagger_sizes {
    recur_cell cell;
    int64_t    embed, hidden;
    int64_t    batch, longest; /* of what it is to learn from */
} tagger_sizes;

typedef struct tagger tagger;

/* Create a tagger, with tokens made up for every place of a batch. Equal seeds give equal ones. tagger_destroy is called in any case. */
recur_status tagger_create(recur_ctx *ctx, const tagger_sizes *sizes, uint64_t seed, tagger **made);
void         tagger_destroy(tagger *t);

/* Lay out a batch of n sequences; what follows is one update with it, which may be timed alone. */
void         tagger_lay_out(tagger *t, int64_t n, const int64_t *lengths, bool is_padded);
recur_status tagger_step(tagger *t, double *loss);

#endif
