/* What can be said of a shape.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SHAPE_H
#define RI_SHAPE_H

#include <stdbool.h>

#include "recur/params.h"

/* Return the number of elements; -1: it is no shape, a size is negative, or the product does not fit. */
static inline int64_t ri_shape_count(recur_shape shape)
{
    if (shape.rank < 0 || shape.rank > RECUR_MAX_RANK) return -1;
    int64_t n = 1;
    for (int i = 0; i < shape.rank; i++)
        if (shape.size[i] < 0) return -1;
    for (int i = 0; i < shape.rank; i++)
        if (__builtin_mul_overflow(n, shape.size[i], &n) || n > INT64_MAX >> 8) return -1;
    return n;
}

static inline bool ri_shape_equal(recur_shape a, recur_shape b)
{
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; i++)
        if (a.size[i] != b.size[i]) return false;
    return true;
}

/* Return the last size, 1 for a scalar. */
static inline int64_t ri_shape_last(recur_shape shape)
{
    return shape.rank > 0 ? shape.size[shape.rank - 1] : 1;
}

#endif
