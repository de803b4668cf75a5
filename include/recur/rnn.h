/* Recurrent layers: stacks of vanilla RNN, LSTM and GRU cells, in one or two directions.
 *
 * The equations are PyTorch's (nn.RNN, nn.LSTM, nn.GRU), with its gate order, two biases and parameter names:
 *
 *   RNN    h' = tanh(W_ih x + b_ih + W_hh h + b_hh)                        or relu
 *   LSTM   i,f,o = sigmoid(W_ih x + b_ih + W_hh h + b_hh)   g = tanh(...)   order i f g o
 *          c' = f c + i g        h' = o tanh(c')      with projection: h' = W_hr (o tanh(c'))
 *   GRU    r,z = sigmoid(...)    n = tanh(W_in x + b_in + r (W_hn h + b_hn))   order r z n
 *          h' = (1-z) n + z h    reset before the product: n = tanh(W_in x + b_in + W_hn (r h) + b_hn)
 *
 * Elman 1990; Hochreiter & Schmidhuber 1997, Gers et al. 2000; Cho et al. 2014; projection: Sak et al. 2014.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_RNN_H
#define RECUR_RNN_H

#include "tape.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_rnn recur_rnn;

typedef enum recur_cell { RECUR_LSTM = 0, RECUR_GRU, RECUR_RNN_TANH, RECUR_RNN_RELU } recur_cell;

/* What a stack is. All zeros but input and hidden: one LSTM layer, one direction, PyTorch's defaults. */
typedef struct recur_rnn_spec {
    recur_cell cell;
    int64_t    input;      /* I: size of x */
    int64_t    hidden;     /* H: units per layer and direction */
    int64_t    layers;     /* L; 0: 1 */
    int64_t    projection; /* LSTM only: size P of h, below H; 0: none, P = H */
    bool       bidirectional;
    bool       no_bias;
    bool       reset_before; /* GRU: reset gate before the product, not after */
    bool   trained_state; /* initial_h and initial_c [L*D,P|H] are parameters, used where no state is given */
    double dropout;       /* on the output of every layer but the last, in training */
    recur_init init;
    bool       set_forget_bias; /* LSTM: the two forget biases start as forget_bias and 0 */
    double     forget_bias;
} recur_rnn_spec;

/* The state of a stack: h [L*D,B,P] and, for LSTM, c [L*D,B,H], in the caller's order of sequences; layer-major, then
 * direction (PyTorch's order). RECUR_NONE: zeros, or the trained initial state. */
typedef struct recur_state {
    recur_var h, c;
} recur_state;

#define RECUR_NO_STATE ((recur_state){{0}, {0}})

/* What a stack returns: the top layer's output at every step, and the final state. */
typedef struct recur_seq {
    recur_var output; /* [T,B,D*P], packed [N,D*P], after one step [B,D*P] */
    recur_var h, c;   /* as recur_state; c is RECUR_NONE unless LSTM */
} recur_seq;

/* Return the final state of a sequence, to start another stack or the next window with. */
static inline recur_state recur_final(recur_seq seq)
{
    return (recur_state){seq.h, seq.c};
}

/* Every inner value of a stack, for experiments and diagnosis. Rows are the pack's ([N] below) or, without a pack, [T,B];
 * k = layer*D + direction. After recur_backward the gradients of h and c are the total derivatives of the loss by the
 * state at that step, through all later steps. */
typedef struct recur_trace {
    recur_var h; /* [L*D,N,P] */
    recur_var c; /* LSTM: [L*D,N,H], else RECUR_NONE */
    recur_var
        gates; /* after activation: LSTM i,f,g,o [L*D,N,4H]; GRU r,z,n [L*D,N,3H]; RNN: RECUR_NONE. Values only. */
} recur_trace;

/* Create a stack and add its parameters to params as "<name>.weight_ih_l0", ...; name may be "".
 *
 * Owner.   The caller destroys it, before params. spec is copied.
 * Errors.  RECUR_EARG if a size is out of range, an option does not belong to the cell, or a name is taken;
 *          RECUR_EMEMORY. params keep no tensor of it then. */
RECUR_API recur_status recur_rnn_create(recur_params *params, const char *name, const recur_rnn_spec *spec,
                                        recur_rnn **rnn);
RECUR_API void recur_rnn_destroy(recur_rnn *rnn); /* NULL is accepted; the parameters stay with params */

/* Return the spec as completed by the defaults. */
RECUR_API const recur_rnn_spec *recur_rnn_get_spec(const recur_rnn *rnn);

/* Run a stack over whole sequences.
 *
 * Shapes.  pack NULL: x is [T,B,I]. Otherwise x is [N,I] in the pack's rows. x may be one-hot rows.
 * Errors.  Sticky on the tape.
 * Threads. A stack may be used on several tapes at once while its parameters do not change.
 * Cost.    Training keeps about (G+1)*H numbers per row and layer (LSTM 6H, GRU 5H), H rounded up to a vector of at most 16 for the gates. A sequence has the same bits alone, in any batch,
 *          step by step or in windows. */
RECUR_API recur_seq recur_rnn_apply(recur_tape *tape, const recur_rnn *rnn, recur_var x,
                                    const recur_pack *pack, recur_state state);

/* The same, and hand out every inner value. */
RECUR_API recur_seq recur_rnn_apply_traced(recur_tape *tape, const recur_rnn *rnn, recur_var x,
                                           const recur_pack *pack, recur_state state, recur_trace *trace);

/* Advance a stack by one step: x [B,I]. For decoders and for cells stepped by hand; refused if bidirectional.
 * The weight gradients of all steps of one stack are computed together at the end of recur_backward. */
RECUR_API recur_seq recur_rnn_step(recur_tape *tape, const recur_rnn *rnn, recur_var x, recur_state state);

#ifdef __cplusplus
}
#endif
#endif
