/* A language model reading a passage, window by window, its state carried on; and what may be said of the text at each token.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PASSAGE_H
#define RI_PASSAGE_H

#include "diag/probe.h"

/* What is told of a token: its place in the passage, and the row where the traces have what the model made of it. */
typedef struct ri_passage_step {
    int64_t             t, row;
    const ri_rnn_trace *trace;
} ri_passage_step;

/* Read n tokens of the corpus from `begin` on, from a zero state; each() is told of all of them in order.
 * Errors: RECUR_EARG: no language model, no such tokens; RECUR_EMEMORY. */
recur_status ri_passage_read(recur_probe *p, int64_t begin, int64_t n,
                             void (*each)(void *user, const ri_passage_step *step), void *user);

/* Write the features of a passage: values [RECUR_FEATURES][n]. A quotation and brackets end with a paragraph (two line ends), so that one that
 * is left open does not turn all that follows inside out. */
void ri_passage_features(const recur_vocab *vocab, const int32_t *tokens, int64_t n, float *values);

#endif
