/* Diagnostics: what gradients do over time, and where attention looks.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_DIAG_H
#define RECUR_DIAG_H

#include "layers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Return the Euclidean norm of n floats, summed in double: squares of 1e-29 do not underflow. */
RECUR_API double recur_norm(const float *x, int64_t n);

/* Norms [T] of the gradient at every step of a variable [T,...], after recur_backward, summed in double.
 * Errors: RECUR_EARG if the variable has no time axis or no gradient yet. */
RECUR_API recur_status recur_gradient_flow(const recur_tape *tape, recur_var v, double *norms);

/* A word of a picture, any bytes; a space at its beginning is shown as a dot in the middle of the line. */
typedef struct recur_map_word {
    const char *bytes;
    size_t      size;
} recur_map_word;

/* How much of each source word each target word saw. */
typedef struct recur_attention_map {
    const char           *title;
    int64_t               n_source, n_target;
    const recur_map_word *source;  /* [n_source] */
    const recur_map_word *target;  /* [n_target] */
    const float          *weights; /* [n_target,n_source], from 0 to 1 */
} recur_attention_map;

/* Save a map as an SVG file: a column for each source word, a row for each target word, the darker the more (Bahdanau, Cho and Bengio 2015, figure 3).
 * Errors. RECUR_EARG without words; RECUR_EIO, RECUR_EMEMORY. */
RECUR_API recur_status recur_attention_save_map(recur_ctx *ctx, const recur_attention_map *map,
                                                const char *path);

#ifdef __cplusplus
}
#endif
#endif
