/* Inside a recurrent stack: its tensors, and one application of it on a tape.
 * SPDX-License-Identifier: MIT */
#ifndef RI_RNN_H
#define RI_RNN_H

#include "nn/params.h"
#include "nn/tape.h"
#include "recur/rnn.h"

/* The tensors of one layer in one direction; -1: the stack has none of that kind. */
typedef struct ri_rnn_tensors {
    int64_t w_ih, w_hh, b_ih, b_hh, w_hr;
} ri_rnn_tensors;

struct recur_rnn {
    recur_params   *params;
    recur_rnn_spec  spec; /* completed */
    int64_t         L, D, H, P, G;
    ri_rnn_tensors *tensors; /* [L*D] */
    int64_t         initial_h, initial_c;
};

/* One application: everything that backward needs. Layer l reads rows x[l] and leaves outputs of all its directions side by side. */
struct ri_rnn_run {
    const recur_rnn *rnn;
    recur_var        x, h0, c0, output, h, c, trace_h, trace_c;
    const int64_t   *caller_of; /* [B] rank -> caller's number; NULL: the same */
    const int64_t   *rank_of;   /* [B] the other way round */
    int64_t          N;
    ri_rnn_weights  *weights; /* [L*D] */
    ri_rnn_pass     *passes;  /* [L*D] */
    void           **masks;   /* [L]: dropout on the output of layer l, or NULL */
    ri_rnn_run      *next;    /* on the tape's list of those whose weight gradients are owed */
};

/* The inner values of one application, as recur_trace has them. Step t of the caller's sequence b is row steps.offset[t] + rank of b. */
struct ri_rnn_trace {
    const recur_rnn *rnn;
    recur_var        x;
    recur_trace      values;
    ri_steps         steps;
    const int64_t   *rank_of; /* [B]; NULL: the same */
    ri_rnn_trace    *next;
};

/* Fill the panels that backward needs, for layer and direction k = layer*D + direction. Errors: RECUR_EMEMORY. */
recur_status ri_rnn_back_weights(const recur_rnn *rnn, int64_t k, ri_rnn_weights *w);

/* Backward of an application; its weights follow when the walk back is over. */
void ri_rnn_run_backward(recur_tape *tape, void *saved);

#endif
