/* Decoding: from sources to the targets that an encoder-decoder finds most likely.
 *
 * Beam search keeps the k best beginnings of a target and lets each go on by every token; of all these the best stay. One that takes
 * </s> is complete and gives up its place, so that the beam narrows until none is left or no beginning can still become one of the best
 * (as in Bahdanau et al. 2015). With k = 1 that is greedy decoding. Complete hypotheses are ordered by
 *
 *   score = log p / ((5 + n) / 6)^A        n tokens without </s>, A the length penalty (Wu et al. 2016); A = 0: log p
 *
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_DECODE_H
#define RECUR_DECODE_H

#include "seq2seq.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to search. All zeros: greedy, one hypothesis each, no more than 2 n + 50 tokens for a source of n. */
typedef struct recur_decode_opts {
    int64_t beam;           /* k; 0: 1 */
    double  length_penalty; /* A; above 0 favours long targets */
    int64_t n_best;         /* hypotheses told of each source, at most beam; 0: 1 */
    int64_t min_length;     /* tokens before </s> may follow */
    int64_t max_length;     /* tokens after which </s> must follow; 0: twice the source and 50 */
    int64_t no_repeat;      /* no n-gram of so many tokens occurs twice in a target; 0: any may */
    bool    unknown;        /* "<unk>" may be written */
    bool
         unscored; /* log_p and score are not asked for and not a number. Greedy decoding of few sources at once then reads a quarter of the
                              head; it writes the same, but for ties that rounding log_p makes */
    bool attention; /* hypotheses tell their weights, where the model has attention */
    recur_batch_opts
        batches; /* sources side by side; all zeros: 64, of at most 16,384 tokens. Results do not depend on it */
} recur_decode_opts;

/* One target found. */
typedef struct recur_hypothesis {
    int64_t        item; /* of the pairs */
    int64_t        rank; /* 0: the best */
    int64_t        n;
    const int32_t *ids;      /* [n], without </s> */
    double         log_p;    /* of all tokens and </s> */
    double         score;    /* what the order is by */
    bool           is_cut;   /* it was made to end at the greatest length */
    int64_t        n_source; /* S: tokens of the source */
    const float *
        attention; /* [n+1,S+1]: how much of the source each token, and </s>, saw: the source's tokens in reading order, then
                                 its end; NULL: not asked for, or the model has none */
} recur_hypothesis;

/* Find targets for the sources of an encoded part; each() is told of all hypotheses of a source one after the other, the best first; sources
 * come by the order of batches. A source without tokens gets one target without tokens, which is not searched for (log_p 0).
 *
 * What is found for a source does not depend on the others, on their number or on threads. opts and hooks may be NULL; hooks' tick is called
 * after each batch. The arrays of a hypothesis are valid during the call.
 * Errors. RECUR_EARG: another task's model, a beam wider than the tokens there are to choose from, more hypotheses than the beam is wide,
 *         lengths that contradict each other, an id outside of the vocabulary; RECUR_EDIVERGED: a logit that is not a number;
 *         RECUR_STOPPED; RECUR_EMEMORY. */
RECUR_API recur_status recur_seq2seq_predict(const recur_model *model, const recur_pair_part *part,
                                             const recur_decode_opts *opts, const recur_run_hooks *hooks,
                                             void (*each)(void *user, const recur_hypothesis *hypothesis),
                                             void *user);

#ifdef __cplusplus
}
#endif
#endif
