/* Random networks with given inputs, in float64: what the experiments on Jacobians and Lyapunov exponents look at.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_WILD_H
#define CLI_WILD_H

#include "recur/recur.h"

/* What a network is made of. */
typedef struct wild_spec {
    recur_cell cell;
    int64_t    hidden, input, steps;
    bool
             is_orthogonal; /* recurrent matrices, each gate's: gain times an orthogonal one; else elements N(0, gain^2/hidden) */
    bool     is_default; /* the cell's own start, whatever gain and noise say */
    double   gain;
    double   noise; /* variance that the inputs, which are N(0,1), give each pre-activation; 0: no inputs */
    bool     set_forget_bias; /* of a cell's own start; the others' biases are 0 but for it */
    double   forget_bias;     /* LSTM */
    uint64_t seed;
} wild_spec;

/* A network as a system; it runs for spec.steps steps. */
typedef struct wild {
    recur_ctx    *ctx; /* float64 */
    recur_driven *driven;
    recur_system  system;
} wild;

/* Make a network in a context of float64. wild_free is called at the end, whatever happened. */
recur_status wild_make(recur_ctx *ctx, const wild_spec *spec, wild *w);
void         wild_free(wild *w);

#endif
