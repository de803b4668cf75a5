/* A plan of batches: items sorted by two keys and cut once; an epoch exchanges the items of equal keys among their places.
 *
 *   keys       5  5  5  5  6  6 | 6  6  7 | 9 10 ...      cuts: at most so many items, or so much cost
 *   items      the four of key 5 in any order, then the four of key 6 ...
 *
 * Since each place keeps its keys, and the cost goes by them, the cuts hold for every epoch. A batch is a function of the
 * seed, the epoch and its number.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PLAN_H
#define RI_PLAN_H

#include "dev/ctx.h"
#include "recur/batches.h"

/* What a plan must know of an item; those with the same keys cost the same. */
typedef struct ri_planned {
    int64_t item;
    int64_t keys[2]; /* the order: by the first, then the second, then as they were given */
    int64_t cost;    /* 1 or more, so that even empty items have a bound */
} ri_planned;

/* All zeros: nothing to free. */
typedef struct ri_plan {
    recur_batch_opts opts; /* completed */
    int64_t          n, n_groups, n_batches, epoch;
    int64_t          most_items, most_cost; /* of a batch */
    int64_t         *plain;                 /* [n]: items in the plain order */
    int64_t         *places;                /* [n]: items of this epoch */
    int64_t         *groups;                /* [n_groups+1]: places where other keys begin */
    int64_t         *begins;                /* [n_batches+1]: places where batches begin */
    int64_t         *order;                 /* [n_batches]: which batch comes when */
} ri_plan;

/* Round a length up: as it is up to exact, a power of two, and above it to exact/2 numbers in every octave:
 * with 8 to 10 12 14 16 20 24 ... */
int64_t ri_plan_round(int64_t length, int64_t exact);

/* Plan the batches of n items, each of which describe tells: number i of them as the caller has them.
 *
 * Owner.  The caller frees it, after an error too.
 * Errors. RECUR_EARG: opts, which may be NULL, below 0; RECUR_EDATA: no items; RECUR_EMEMORY. What names the items. */
recur_status ri_plan_create(recur_ctx *ctx, const char *what, const recur_batch_opts *opts, int64_t n,
                            ri_planned (*describe)(const void *user, int64_t i), const void *user,
                            ri_plan *plan);
void         ri_plan_free(recur_ctx *ctx, ri_plan *plan);

/* Give the items of batch i of an epoch, 0 for the plain order; they are valid until another epoch is asked for.
 * Errors. RECUR_EARG: no such batch. */
recur_status ri_plan_get(recur_ctx *ctx, ri_plan *plan, int64_t epoch, int64_t i, const int64_t **items,
                         int64_t *n);

#endif
