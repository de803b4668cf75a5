/* Inside a tape: nodes (variables), operations, and how a file of operations adds to both.
 *
 *   forward:  check shapes -> ri_tape_var for each result -> compute through dev -> ri_tape_push(backward, saved)
 *   backward: the operations in reverse order, each adding to the gradients of its inputs from those of its results
 * SPDX-License-Identifier: MIT */
#ifndef RI_TAPE_H
#define RI_TAPE_H

#include <stdbool.h>

#include "base/arena.h"
#include "dev/dev.h"
#include "nn/pack.h"
#include "nn/shape.h"
#include "recur/layers.h"
#include "recur/tape.h"

typedef struct ri_node {
    recur_shape    shape;
    int64_t        count;
    void          *value;
    void          *grad;  /* exists once backward has begun */
    const int32_t *ids;   /* not NULL: one-hot rows, which have neither value nor gradient */
    const int32_t *by_id; /* the rows of these in the order of ids */
} ri_node;

typedef void (*ri_backward)(recur_tape *tape, void *saved);

typedef struct ri_op {
    ri_backward backward;
    void       *saved; /* in the arena */
} ri_op;

typedef struct ri_rnn_run   ri_rnn_run;   /* an application of a stack, see nn/rnn.h */
typedef struct ri_rnn_trace ri_rnn_trace; /* and what one leaves behind on a tape that is examined */

struct recur_tape {
    recur_ctx    *ctx;
    ri_arena      arena;
    ri_node      *nodes; /* node 0 is RECUR_NONE */
    ri_op        *ops;
    int64_t       n_nodes, n_ops, node_capacity, op_capacity;
    recur_status  status;
    bool          is_inference, is_examined, has_run_back;
    uint64_t      seed, step;
    uint32_t      place; /* numbers the places that draw noise */
    ri_rnn_run   *runs;  /* applications of stacks whose weight gradients are still owed, latest first */
    ri_rnn_trace *traces, *last_trace; /* of all applications in their order, while the tape is examined */
    void (*settle)(recur_tape *tape);  /* what pays them when the walk back is over; NULL: nothing is owed */
};

/* Examine what runs: every application of a stack leaves its inner values behind, whichever model it is part of, and dropout is the
 * identity. Otherwise the tape works as before, in training and in inference. Takes effect on operations recorded afterwards; stays until changed. */
void ri_tape_set_examined(recur_tape *tape, bool is_examined);

/* Whether dropout zeroes anything. */
static inline bool ri_tape_drops(const recur_tape *tape)
{
    return !tape->is_inference && !tape->is_examined;
}

/* Return the node of a variable, NULL (and a sticky error) where there is none. Valid until the next variable is made. */
ri_node *ri_tape_node(recur_tape *tape, recur_var v, const char *what);

/* Whether there is a layer, model or batch that an operation wants; a sticky error otherwise. */
bool ri_tape_given(recur_tape *tape, const void *wanted, const char *what);

/* Whether parameters are of the tape's number type, as their bytes are read with it; a sticky error otherwise. */
bool ri_tape_fits(recur_tape *tape, const recur_params *params, const char *what);

/* Make a variable and say where its values go; RECUR_NONE (and a sticky error) without memory. value NULL: memory is taken here. */
recur_var ri_tape_var(recur_tape *tape, recur_shape shape, void *value);

/* Take arena memory for n elements of the context's type, or for n things of `size`; NULL and a sticky error where there is none. */
void *ri_tape_elements(recur_tape *tape, int64_t n);
void *ri_tape_take(recur_tape *tape, int64_t n, size_t size);

/* Keep what backward will need. Nothing in inference. */
void ri_tape_push(recur_tape *tape, ri_backward backward, const void *saved, size_t bytes);

/* Keep the first error: "return RI_TAPE_FAIL(tape, RECUR_EARG, ...)" gives RECUR_NONE. */
recur_var ri_tape_failed(recur_tape *tape, recur_status status);
#define RI_TAPE_FAIL(tape, code, ...)                                                                        \
    ri_tape_failed((tape), (tape)->status ? (tape)->status : RI_FAIL((tape)->ctx, (code), __VA_ARGS__))

/* Nodes that are known to exist, for backward. */
static inline ri_node *ri_tape_at(recur_tape *tape, recur_var v)
{
    return &tape->nodes[v.id];
}

/* The rows of a variable as a matrix of its last size. */
ri_rows ri_node_rows(const ri_node *node);

/* Whether the rows of a variable are those of a pack (or of any shape [..,F] where pack is NULL); a sticky error otherwise. */
bool ri_tape_check_rows(recur_tape *tape, const ri_node *node, const recur_pack *pack, const char *what);

/* A variable whose n rows are rows index[i] of x (-1: zeros), all of that width; no row of x twice where gradients are wanted. index lies in
 * the arena. */
recur_var ri_tape_gather(recur_tape *tape, recur_var x, recur_shape shape, int64_t n, int64_t width,
                         const int64_t *index);

/* Noise of a place taken before (tape->place++), for rows that are given; the arrays must stay. NULL and a sticky error without memory. */
const ri_noise *ri_tape_noise_of(recur_tape *tape, uint32_t place, const int32_t *sequence,
                                 const int32_t *time);

/* recur_dropout with noise from elsewhere. */
recur_var ri_tape_drop(recur_tape *tape, recur_var x, double p, const ri_noise *noise);

/* Where noise for the rows of a variable comes from. NULL and a sticky error without memory. */
const ri_noise *ri_tape_noise(recur_tape *tape, const recur_pack *pack, int64_t rows, int64_t sequences);

#endif
