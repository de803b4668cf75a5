/* How far a gradient reaches in a stack that has not been trained: the loss is the sum of its last state, the inputs are independent N(0, sd^2).
 * SPDX-License-Identifier: MIT */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include "recur/recur.h"

/* A stack and how it starts: as its spec says, and then what the spec has no word for. */
typedef struct reach {
    recur_rnn_spec spec;
    int64_t        steps;
    double         input_sd;
    double         gain;        /* the recurrent matrices are multiplied by it */
    bool           zero_biases; /* all but those that are set */
    bool           set_update_bias;
    double         update_bias; /* GRU: the two biases of the update gate start as this and 0 */
} reach;

/* Measure the norm of the gradient by the input at every step: norms [steps], summed in double. One seed gives every kind of cell the same
 * inputs. */
recur_status reach_measure(recur_ctx *ctx, const reach *r, uint64_t seed, double *norms);

/* Predict the logarithms (natural) of these norms by mean-field theory, [steps]. Returns false for a stack that it says nothing of here: one of
 * other cells than tanh, or one whose recurrent matrix is not random. rate, per layer, is the Lyapunov exponent lambda1. */
bool reach_predict(const reach *r, double *log_norms, double *rate);

/* Return the greatest lag, in steps back from the last one, at which a norm is still at least that share of the last one's. */
int64_t reach_horizon(const double *norms, int64_t steps, double share);

#endif
