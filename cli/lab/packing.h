/* Training steps of a small tagger over sequences of different lengths: packed, or padded to the longest of the batch as other programs do it.
 *
 * Padded means here what it means there: every sequence is run to the end of the longest one, and the padding's targets do not count. In one
 * direction what stands behind a sequence does not change what came before, so both have the same loss.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_PACKING_H
#define CLI_PACKING_H

#include "app.h"

typedef struct tagger_sizes {
    recur_cell cell;
    int64_t    embed, hidden;
    int64_t    batch, longest; /* of what it learns from */
} tagger_sizes;

typedef struct tagger tagger;

/* Create a tagger, with tokens made up for every place of a batch. Equal seeds give equal ones. tagger_destroy is called in any case. */
recur_status tagger_create(recur_ctx *ctx, const tagger_sizes *sizes, uint64_t seed, tagger **made);
void         tagger_destroy(tagger *t);

/* Lay out a batch of n sequences; what follows is one update with it, which may be timed alone. */
void         tagger_lay_out(tagger *t, int64_t n, const int64_t *lengths, bool is_padded);
recur_status tagger_step(tagger *t, double *loss);

/* ---- timing (packing_time.c) ---- */

/* How updates are made: batches of random order, packed and padded, and batches of like lengths, padded. */
typedef enum packing_lane { PACKED, PADDED, SORTED, N_LANES } packing_lane;

/* What is to be timed: sequences of these lengths, in random order and the longest first. */
typedef struct packing_job {
    app           *app;
    tagger_sizes   sizes;           /* batch is the timing's */
    const int64_t *random, *sorted; /* [n] */
    int64_t        n;
    double         seconds; /* at least so long */
    uint64_t       seed;
    int            number, of; /* for the bar: which of how many jobs */
} packing_job;

/* What was found of one batch size. On a shared machine one update may take ten times as long as the next, so medians count, and packing is
 * compared with padding batch by batch. */
typedef struct packing_timing {
    int64_t batch;       /* is given */
    int64_t rounds;      /* updates of each lane */
    double  us[N_LANES]; /* microseconds for each word that is there, median */
    double  saved;       /* 1 - packed / padded, of the same batch, median */
    double  padding[N_LANES];
    double  loss[N_LANES]; /* of the last update */
} packing_timing;

/* Time updates of three equal taggers in turns. */
recur_status packing_time(const packing_job *job, packing_timing *found);

/* Return the greatest of n lengths. */
int64_t packing_longest(const int64_t *lengths, int64_t n);

#endif
