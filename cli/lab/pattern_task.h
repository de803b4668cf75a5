/* A pattern to be found: does a sequence of random symbols hold 0 1 2 ... in a row, somewhere? Where it does not, it holds the same symbols
 * in another order, at a place drawn alike, so that only their order tells.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_PATTERN_TASK_H
#define CLI_PATTERN_TASK_H

#include "recur/recur.h"

enum { MAX_PATTERN = 8 };

typedef struct pattern_task {
    int64_t  symbols; /* V, at least pattern and 3 */
    int64_t  pattern; /* symbols of it, 2 to MAX_PATTERN */
    int64_t  window;  /* W: what a joined window holds */
    int64_t  batch;
    uint64_t seed;
} pattern_task;

/* Sequences of lengths from..to whose pattern begins at a place from first..last, or as late as it can. */
typedef struct pattern_draw {
    uint64_t stream;
    int64_t  from, to, first, last;
} pattern_draw;

/* A batch that was drawn. */
typedef struct pattern_batch {
    const pattern_task *task;
    int64_t             longest;
    int32_t            *ids;     /* [B,longest] */
    const int32_t     **rows;    /* [B] */
    int64_t            *lengths; /* [B] */
    int32_t            *last;    /* [B]: the last symbol */
    int32_t            *right;   /* [B]: 1 where the pattern is there, in half of them */
    float              *joined;  /* [B,W*V] one-hot, places behind the end 0; where longest <= W */
    recur_pack         *inputs, *targets, *latest; /* latest: the last symbol of each */
} pattern_batch;

/* Make room for sequences up to a length. Whatever is returned, pattern_batch_end is called at the end. Errors: RECUR_EMEMORY. */
recur_status pattern_batch_begin(pattern_batch *b, recur_ctx *ctx, const pattern_task *task, int64_t longest);
void         pattern_batch_end(pattern_batch *b);

/* Draw the batch with that number of a stream. The tape that used the last one must be reset before. */
recur_status pattern_batch_draw(pattern_batch *b, const pattern_draw *what, int64_t number);

#endif
