/* A decoder at work: sources are encoded once, then hypotheses go on step by step, any number for each source.
 *
 *   ri_decoder_create(model)
 *   for each batch:  ri_decoder_begin(sources)
 *                    ri_decoder_step(rows of the first step: parent[i] = a source)      -> log-probabilities [rows,V]
 *                    ri_decoder_step(rows of the next: parent[i] = a row of the step before) ...
 *
 * What a hypothesis gets depends on its source and its tokens alone, to the bit: not on the batch, on the rows beside it or on threads.
 * A decoder is used by one thread at a time; several may share a model.
 * SPDX-License-Identifier: MIT */
#ifndef RI_DECODER_H
#define RI_DECODER_H

#include "recur/seq2seq.h"

typedef struct ri_decoder ri_decoder;

/* Create a decoder. Errors: RECUR_EARG for a model of another task; RECUR_EMEMORY. */
recur_status ri_decoder_create(const recur_model *model, ri_decoder **decoder);
void         ri_decoder_destroy(ri_decoder *decoder); /* NULL is accepted */

/* Encode n sources: ids of the source vocabulary, without marks, in reading order (they are reversed here if the model wants it). Forgets what
 * was before. Errors: RECUR_EARG for an id outside of the vocabulary; RECUR_EMEMORY. */
recur_status ri_decoder_begin(ri_decoder *decoder, int64_t n, const int32_t *const *ids,
                              const int64_t *lengths);

/* What a step says of its rows; valid until the next step or batch. */
typedef struct ri_decoder_view {
    int64_t      rows, V; /* V: with the mark, the last column */
    const float *log_p;   /* [rows,V]; NULL where only the best were asked for */
    const int32_t
        *best; /* [rows]: the most likely token, of equal ones the first; -1 where a logit is not a number */
    const float *best_log_p; /* [rows]: its log-probability; NULL after ri_decoder_best */
    int64_t      S;          /* the longest source and its mark */
    const float *
        weights; /* [rows,S]: attention to the source's tokens in reading order, then to its mark; zero beyond; NULL without
                               attention */
} ri_decoder_view;

/* Advance hypotheses by a token each: row i is what row parent[i] of the step before becomes by reading tokens[i]. In the first step after begin,
 * parent[i] is the number of a source and the token is recur_seq2seq_mark. Parents may repeat (a beam) and be missing (one that ended).
 *
 * With only_best, log_p is NULL. Errors: RECUR_EARG: a parent or token that is not there; RECUR_EDIVERGED: a logit that is not a number;
 * RECUR_EMEMORY. */
recur_status ri_decoder_step(ri_decoder *decoder, int64_t rows, const int64_t *parents, const int32_t *tokens,
                             bool only_best, ri_decoder_view *view);

/* The same where only the most likely token but `never` (-1: none) of each row is asked for, and not how likely it is: for few rows most of the
 * head is not computed then. It is the token that the probabilities would have told. */
recur_status ri_decoder_best(ri_decoder *decoder, int64_t rows, const int64_t *parents, const int32_t *tokens,
                             int32_t never, ri_decoder_view *view);

#endif
