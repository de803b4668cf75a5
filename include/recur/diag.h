/* Diagnostics: what gradients do over time.
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

#ifdef __cplusplus
}
#endif
#endif
