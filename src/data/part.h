/* Walking over the items of a part.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PART_H
#define RI_PART_H

#include "data/dataset.h"

/* Return how many items a part has; item number i of it. */
static inline int64_t ri_part_items(const recur_part *part)
{
    return part->items ? part->n : part->data->ends.n;
}

static inline int64_t ri_part_item(const recur_part *part, int64_t i)
{
    return part->items ? part->items[i] : i;
}

/* Check that a part has a dataset and items of it only. Errors: RECUR_EARG. */
recur_status ri_part_check(recur_ctx *ctx, const recur_part *part);

#endif
