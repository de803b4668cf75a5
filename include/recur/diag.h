/* Diagnostics: what gradients do over time, and where attention lies. recur/picture.h draws both.
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

#ifdef __cplusplus
}
#endif
#endif
