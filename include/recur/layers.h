/* Layers around the recurrent ones: embedding, linear, pooling, and the losses.
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

/* Look up rows of a variable x [V,F] by the tokens of a pack: [N,F]. The gradients of a row that is looked up often add up. Errors: as
 * recur_embed. */
RECUR_API recur_var recur_pick_rows(recur_tape *tape, recur_var x, const recur_pack *pack);

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

/* ---- pooling: the rows of each sequence into one ---- */

/* The rows x [N,F] of each sequence of a pack as one row, in the caller's order: [B,F]. Mean; the greatest value of each column, whose
 * gradient goes to the first step that has it; the sum of rows times their weights [N,1]. Zeros for an empty sequence. */
RECUR_API recur_var recur_pool_mean(recur_tape *tape, recur_var x, const recur_pack *pack);
RECUR_API recur_var recur_pool_max(recur_tape *tape, recur_var x, const recur_pack *pack);
RECUR_API recur_var recur_weighted_sum(recur_tape *tape, recur_var weights, recur_var x,
                                       const recur_pack *pack);

/* The final state h of the top layer of a stack, of both directions joined if there are two: [B,D*P]. For an empty sequence its initial state. */
RECUR_API recur_var recur_pool_last(recur_tape *tape, const recur_rnn *rnn, recur_seq seq);

/* Softmax over the steps of each sequence: x [N,1] gives [N,1]. */
RECUR_API recur_var recur_sequence_softmax(recur_tape *tape, recur_var x, const recur_pack *pack);

typedef struct recur_attention_pool recur_attention_pool;

typedef struct recur_attention_pool_spec {
    int64_t    input; /* F */
    int64_t    size;  /* A: size of v; 0: F */
    recur_init init;  /* default: as recur_linear */
} recur_attention_pool_spec;

/* Create attention over the steps of a sequence (Yang et al. 2016): a softmax of v . tanh(W x + b) says how much each row counts.
 * "<name>.project.weight" [A,F], "<name>.project.bias" [A], "<name>.score.weight" [1,A]. Owner, errors: as recur_rnn_create. */
RECUR_API recur_status recur_attention_pool_create(recur_params *params, const char *name,
                                                   const recur_attention_pool_spec *spec,
                                                   recur_attention_pool           **pool);
RECUR_API void         recur_attention_pool_destroy(recur_attention_pool *pool);

/* Apply to x [N,F]: [B,F]. weights (may be NULL) receives the variable [N,1] of how much each row counted. */
RECUR_API recur_var recur_attention_pool_apply(recur_tape *tape, const recur_attention_pool *pool,
                                               recur_var x, const recur_pack *pack, recur_var *weights);

/* ---- losses ---- */

/* Softmax of each row: [...,V] gives [...,V], probabilities. */
RECUR_API recur_var recur_softmax(recur_tape *tape, recur_var logits);

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

/* What cross-entropy may also do, with PyTorch's meaning. All zeros: nothing.
 *
 * Label smoothing spreads that share of each target evenly over all classes (Szegedy et al. 2016). With class weights, 0 or more, the loss of a
 * row is multiplied by the weight of its target, and RECUR_MEAN divides by the sum of these instead of the number of rows. */
typedef struct recur_cross_entropy_opts {
    double        label_smoothing; /* from 0 to 1 */
    const double *class_weights;   /* [V]; NULL: 1 each */
} recur_cross_entropy_opts;

/* The same with options; they are copied, and NULL is accepted. Errors: RECUR_EARG for one out of range. */
RECUR_API recur_var recur_cross_entropy_with(recur_tape *tape, recur_var logits, const recur_pack *targets,
                                             recur_reduction reduction, const recur_cross_entropy_opts *opts);

/* recur_cross_entropy(recur_linear_apply(x)) as one operation that never stores all logits. Same numbers to rounding; less memory. */
RECUR_API recur_var recur_linear_cross_entropy(recur_tape *tape, const recur_linear *linear, recur_var x,
                                               const recur_pack *targets, recur_reduction reduction);

/* The same with label smoothing. Errors: RECUR_EARG for class weights, which recur_cross_entropy_with alone has. */
RECUR_API recur_var recur_linear_cross_entropy_with(recur_tape *tape, const recur_linear *linear, recur_var x,
                                                    const recur_pack *targets, recur_reduction reduction,
                                                    const recur_cross_entropy_opts *opts);

/* Mean squared error of two variables of equal shapes: mean or sum over all elements (RECUR_SUM_OVER_TIME: refused).
 * Both get gradients. */
RECUR_API recur_var recur_mse(recur_tape *tape, recur_var prediction, recur_var target,
                              recur_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
