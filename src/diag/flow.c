/* What gradients do over time: their norm at every step.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "kern/kern.h"
#include "nn/tape.h"
#include "recur/diag.h"

double recur_norm(const float *x, int64_t n)
{
    return sqrt(rk_f32_ref.dot(n, x, x)); /* double chains, the same in every table of kernels */
}

recur_status recur_gradient_flow(const recur_tape *tape, recur_var v, double *norms)
{
    if (!tape) return RECUR_EARG;
    recur_shape shape = recur_shape_of(tape, v);
    if (shape.rank < 1 || !norms || !tape->has_run_back || !tape->nodes[v.id].grad)
        return RI_FAIL(
            tape->ctx, RECUR_EARG,
            "recur_gradient_flow: wanted a variable [T,...] with a gradient, after recur_backward");
    const ri_node *node = &tape->nodes[v.id];
    int64_t        T = shape.size[0], each = T ? node->count / T : 0;
    for (int64_t t = 0; t < T; t++) {
        int64_t n_clipped;
        norms[t] = sqrt(tape->ctx->dev->square_norm(tape->ctx, each, ri_at(tape->ctx, node->grad, t * each),
                                                    0, &n_clipped));
    }
    return RECUR_OK;
}
