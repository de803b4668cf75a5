/* What the scorers of recur/score.h share.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SCORER_H
#define RI_SCORER_H

#include "dev/ctx.h"
#include "recur/score.h"
#include "text/intern.h"

/* Refuse edges of lengths that do not rise above 0: RECUR_EARG. */
recur_status ri_score_check_edges(recur_ctx *ctx, int64_t n, const int64_t *edges);

/* The lists of a report. */
typedef struct ri_score_lists {
    recur_class_score  *classes;
    recur_unseen_label *unseen;
    int64_t             n_unseen, unseen_items;
} ri_score_lists;

/* Make empty lists with room for n classes and n labels, in place of those that are there. Returns false if there is no memory. */
bool ri_score_lists_begin(ri_score_lists *lists, const recur_allocator *a, int64_t n);
void ri_score_lists_free(ri_score_lists *lists, const recur_allocator *a);

/* Note a label that `items` items have: it is listed as unseen if training, with n_trained labels, did not know it. */
void ri_score_lists_see(ri_score_lists *lists, const ri_intern *names, int64_t id, int64_t items,
                        int64_t n_trained);

/* Compute the rates of n classes and sort both lists by name. */
void ri_score_lists_end(ri_score_lists *lists, int64_t n);

/* Compare names by their bytes; of two that begin alike the shorter comes first. */
int ri_score_compare(ri_span a, ri_span b);

#endif
