/* Layers around the recurrent ones: embedding, linear, and the losses.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_LAYERS_H
#define RECUR_LAYERS_H

#include "rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- embedding ---- */

typedef struct recur_embedding recur_embedding;

typedef struct recur_embedding_spec {
    int64_t    vocabulary; /* V */
    int64_t    size;       /* E */
    recur_init init;       /* default: N(0,1) */
} recur_embedding_spec;

/* Create a table "<name>.weight" [V,E]. Owner, errors: as recur_rnn_create. */
RECUR_API recur_status recur_embedding_create(recur_params *params, const char *name,
                                              const recur_embedding_spec *spec, recur_embedding **embedding);
RECUR_API void         recur_embedding_destroy(recur_embedding *embedding);

/* Look up the tokens of a pack: [N,E]. Errors: RECUR_EARG if the pack holds no tokens or an id is outside 0..V-1. */
RECUR_API recur_var recur_embed(recur_tape *tape, const recur_embedding *embedding, const recur_pack *pack);

/* The tokens of a pack as one-hot rows [N,V], never stored: only recurrent and linear layers read them, by picking columns
 * of their weights. Errors: as recur_embed. */
RECUR_API recur_var recur_one_hot(recur_tape *tape, const recur_pack *pack, int64_t vocabulary);

/* ---- linear ---- */

typedef struct recur_linear recur_linear;

typedef struct recur_linear_spec {
    int64_t input, output;
    bool    no_bias;
    const recur_embedding
              *tie;  /* share this table [output,input] as the weight; no weight of its own is made */
    recur_init init; /* default: weight and bias U(±1/√input) */
} recur_linear_spec;

/* Create y = x W^T + b with "<name>.weight" [O,I] and "<name>.bias" [O]. Owner, errors: as recur_rnn_create. */
RECUR_API recur_status recur_linear_create(recur_params *params, const char *name,
                                           const recur_linear_spec *spec, recur_linear **linear);
RECUR_API void         recur_linear_destroy(recur_linear *linear);

/* Apply to the last dimension: [...,I] gives [...,O]. */
RECUR_API recur_var recur_linear_apply(recur_tape *tape, const recur_linear *linear, recur_var x);

/* ---- losses ---- */

/* How the losses of rows become one number. */
typedef enum recur_reduction {
    RECUR_MEAN = 0, /* over the rows that count */
    RECUR_SUM,      /* sum of them */
    RECUR_SUM_OVER_TIME /* sum over the rows, divided by the number of sequences of the pack (Zaremba et al. 2014) */
} recur_reduction;

enum { RECUR_IGNORE = -1 }; /* a target that does not count */

/* Softmax cross-entropy in nats: logits [N,V] against the ids of targets, row by row.
 *
 * targets is a pack of the same lengths as the rows' pack (for one target per sequence: lengths 1). Ids are 0..V-1 or
 * RECUR_IGNORE. Where no row counts, the loss is 0. */
RECUR_API recur_var recur_cross_entropy(recur_tape *tape, recur_var logits, const recur_pack *targets,
                                        recur_reduction reduction);

/* recur_cross_entropy(recur_linear_apply(x)) as one operation that never stores all logits. Same numbers to rounding; less memory. */
RECUR_API recur_var recur_linear_cross_entropy(recur_tape *tape, const recur_linear *linear, recur_var x,
                                               const recur_pack *targets, recur_reduction reduction);

/* Mean squared error of two variables of equal shapes: mean or sum over all elements (RECUR_SUM_OVER_TIME: refused).
 * Both get gradients. */
RECUR_API recur_var recur_mse(recur_tape *tape, recur_var prediction, recur_var target,
                              recur_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
