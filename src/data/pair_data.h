/* What pairs hold, and how readers fill them.
 *
 *   text[s]   the sides s of all items, one after the other     ends[s][i]   where item i's ends
 *   ids[s]    the same once encoded                             id_ends[s][i]
 *
 * SPDX-License-Identifier: MIT */
#ifndef RI_PAIR_DATA_H
#define RI_PAIR_DATA_H

#include "data/vec.h"
#include "dev/ctx.h"
#include "recur/pairs.h"
#include "text/split.h"

struct recur_pairs {
    recur_ctx *ctx;
    bool       has_targets, keeps_text, is_encoded, is_stream;
    uint64_t   checksum;
    int64_t    n;
    ri_vec     text[2];    /* char */
    ri_vec     ends[2];    /* int64_t [n] */
    ri_vec     ids[2];     /* int32_t */
    ri_vec     id_ends[2]; /* int64_t [n] */
    int64_t    n_unknown[2], n_cut;
};

recur_status ri_pair_data_create(recur_ctx *ctx, const recur_pair_source *source, recur_pairs **pairs);

/* Add an item; line ends in it become spaces. Errors: RECUR_EMEMORY; nothing may be added after that. */
recur_status ri_pair_data_add(recur_pairs *pairs, ri_span source, ri_span target);

/* Return how many items a part has; item number i of it. */
static inline int64_t ri_pair_items(const recur_pair_part *part)
{
    return part->items ? part->n : part->pairs->n;
}

static inline int64_t ri_pair_item(const recur_pair_part *part, int64_t i)
{
    return part->items ? part->items[i] : i;
}

/* Check that a part has pairs, which are encoded or not, and items of them only. Errors: RECUR_EARG. */
recur_status ri_pair_part_check(recur_ctx *ctx, const recur_pair_part *part, bool is_encoded);

#endif
