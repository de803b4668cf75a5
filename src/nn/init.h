/* How parameters start. Every number is a function of the set's seed, the tensor's index and the element.
 * SPDX-License-Identifier: MIT */
#ifndef RI_INIT_H
#define RI_INIT_H

#include "nn/params.h"

/* UNIFORM, NORMAL or CONSTANT over a whole tensor that was just added; RECUR_EARG for another kind or a value that is not finite. */
recur_status ri_init_simple(recur_params *params, int64_t index, recur_init init);

/* Each of `groups` equal parts of the rows of a matrix [rows,cols]: orthonormal columns (rows where these are fewer) times gain, or gain
 * on the diagonal. */
recur_status ri_init_orthogonal(recur_params *params, int64_t index, int64_t groups, double gain);
recur_status ri_init_identity(recur_params *params, int64_t index, int64_t groups, double gain);

/* Rows [first, first+n) of a vector: values[i], or a constant where values is NULL. */
void ri_init_rows(recur_params *params, int64_t index, int64_t first, int64_t n, const double *values,
                  double constant);

/* True for the kinds that mean the same for every tensor of a model. */
static inline bool ri_init_is_simple(recur_init init)
{
    return init.kind == RECUR_INIT_UNIFORM || init.kind == RECUR_INIT_NORMAL ||
           init.kind == RECUR_INIT_CONSTANT;
}

#endif
