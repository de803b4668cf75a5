/* Copying as a task: sources of random symbols, targets the same or the other way round, and what a model makes of them by length.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_COPYING_H
#define CLI_COPYING_H

#include "recur/recur.h"

/* What is copied. A batch is a function of the seed and its place. */
typedef struct copying {
    recur_ctx *ctx;
    bool       is_reversed;
    int64_t    from, to; /* lengths */
    int64_t    symbols;  /* at least 3 */
    int64_t    batch;
    int64_t    growing; /* updates over which the longest sequences grow from `from` to `to` */
    uint64_t   seed;
} copying;

/* What a model makes of sequences of one length.
 *
 * bits is how much of a source the model knows when it writes: n log2 V - loss / ln 2 for n symbols out of V. They are drawn one by one, so
 * nothing but the encoder can have told it: a lower bound of the information that came through (Barber and Agakov 2003).
 * Gradients are those of copying_gradient. */
typedef struct copying_score {
    int64_t length, n; /* sequences */
    double  exact;     /* share that greedy decoding copies without a fault */
    double  accuracy;  /* of tokens after the right ones, </s> included */
    double  loss;      /* nats per token */
    double  bits;
    double  near; /* share of attention within one place of the right diagonal; NaN without attention */
    double  first, last;
} copying_score;

/* A vocabulary of so many symbols. */
recur_status copying_vocab(const copying *c, recur_vocab **vocab);

/* Train a model on fresh sequences, each seen once: their lengths are drawn evenly. The budget and the rate are those of run. */
recur_status copying_train(const copying *c, recur_model *model, const recur_run_opts *run,
                           const recur_run_hooks *hooks);

/* Score n sequences of a length that training has not drawn, and the gradient over `gradients` others. */
recur_status copying_measure(const copying *c, recur_model *model, int64_t length, int64_t n,
                             int64_t gradients, copying_score *score);

/* Measure how strongly the loss, summed over a target, depends on the embedding of the first and of the last token of its source: the norm
 * of the gradient, geometric mean over n sequences. These two symbols occur nowhere else in their source, so the gradient of their
 * row of the table is that of their place. */
recur_status copying_gradient(const copying *c, recur_model *model, int64_t length, int64_t n, double *first,
                              double *last);

#endif
