/* Diagnostics: what gradients do over time, where attention lies, and curves of both.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_DIAG_H
#define RECUR_DIAG_H

#include "seq2seq.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Return the Euclidean norm of n floats, summed in double: squares of 1e-29 do not underflow. */
RECUR_API double recur_norm(const float *x, int64_t n);

/* Norms [T] of the gradient at every step of a variable [T,...], after recur_backward, summed in double.
 * Errors: RECUR_EARG if the variable has no time axis or no gradient yet. */
RECUR_API recur_status recur_gradient_flow(const recur_tape *tape, recur_var v, double *norms);

/* ---- attention ---- */

/* Where attention lies while a pair's right target is written. */
typedef struct recur_alignment {
    int64_t item;
    int64_t n_source, n_target; /* tokens */
    const float
        *weights; /* [n_target+1,n_source+1]: of each token and </s>, over the source's tokens and its end */
} recur_alignment;

/* Ask a model that has attention for its weights, each target token read after the right ones; each() is told of every pair.
 *
 * Owner.   The weights are valid during the call of each().
 * Errors.  RECUR_EARG: another task's model, one without attention, no pairs or targets, an id outside of its vocabulary;
 *          RECUR_EDIVERGED; RECUR_EMEMORY. */
RECUR_API recur_status recur_seq2seq_align(const recur_model *model, const recur_pair_batch *pairs,
                                           void (*each)(void *user, const recur_alignment *alignment),
                                           void *user);

/* Return the share of the weights that lies within so many places of the diagonal: of place t for token t, or of the t-th place from the
 * end where is_reversed. The tokens of the target count, </s> does not; NaN where there are none. */
RECUR_API double recur_alignment_mass(const recur_alignment *alignment, bool is_reversed, int64_t within);

/* ---- pictures ---- */

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

/* One curve: n points from left to right, those that are not finite left out. */
typedef struct recur_curve {
    const char   *label;
    int           colour; /* 0 to 4 */
    bool          is_dashed;
    int64_t       n;
    const double *x, *y;
} recur_curve;

/* Curves over the same axes. */
typedef struct recur_plot {
    const char        *title, *x, *y; /* the axes' names stand at them */
    bool               is_log;        /* of y: powers of ten; values that are not above 0 are left out */
    double             low, high;     /* of y; both 0: from the curves */
    int64_t            n;
    const recur_curve *curves;
} recur_plot;

/* Save plots side by side as an SVG file: the same number of curves in each, with the labels, colours and dashes of the first.
 * Errors: RECUR_EARG without a plot or a curve, or for curves that do not agree in number; RECUR_EIO, RECUR_EMEMORY. */
RECUR_API recur_status recur_plots_save(recur_ctx *ctx, const char *title, const recur_plot *plots, int64_t n,
                                        const char *path);

#ifdef __cplusplus
}
#endif
#endif
