/* Conditional random fields: tags that are chosen together, for a whole sequence, and not one by one.
 *
 * A linear chain over K tags (Lafferty, McCallum, Pereira 2001) on top of the scores that a network gives to each tag at each step, the
 * emissions (Lample et al. 2016). The score of tags y(1..T) is
 *
 *   start(y(1)) + emission(1,y(1)) + transition(y(1),y(2)) + emission(2,y(2)) + ... + end(y(T))
 *
 * and its probability is exp(score) / Z, where Z sums over all tag sequences that are allowed. A forbidden transition has probability exactly zero.
 * All sums are double and exact for all finite scores, however steep. The names of the parameters and their order, from and to, are
 * those of the Python package pytorch-crf.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_CRF_H
#define RECUR_CRF_H

#include "layers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_crf recur_crf;

/* What a field is. All zeros but n_tags: every transition is allowed. */
typedef struct recur_crf_spec {
    int64_t     n_tags;  /* K */
    const bool *allowed; /* [K,K] from and to: false forbids; NULL: all are allowed */
    const bool *allowed_start,
        *allowed_end; /* [K]: which tags a sequence may start and end with; NULL: all */
    recur_init init;  /* default: U(-0.1, 0.1) */
} recur_crf_spec;

/* Create "<name>.start_transitions" [K], "<name>.end_transitions" [K] and "<name>.transitions" [K,K], from and to.
 * Owner, errors: as recur_rnn_create; what is allowed is copied. */
RECUR_API recur_status recur_crf_create(recur_params *params, const char *name, const recur_crf_spec *spec,
                                        recur_crf **crf);
RECUR_API void         recur_crf_destroy(recur_crf *crf); /* NULL is accepted */

/* The negative log-likelihood of the tags in targets, in nats: one number per sequence, 0 for an empty one. RECUR_MEAN divides their sum by the
 * number of tokens, RECUR_SUM_OVER_TIME by the number of sequences.
 *
 * Shapes.  emissions [N,K] in the rows of targets.
 * Errors.  RECUR_EARG for a tag outside 0..K-1 (RECUR_IGNORE is none of them) or a forbidden transition: the sequence and step are named.
 * Cost.    2 K^2 multiply-adds, K exponentials and K logarithms per token; backward as much, without these. 24 K bytes per token. */
RECUR_API recur_var recur_crf_loss(recur_tape *tape, const recur_crf *crf, recur_var emissions,
                                   const recur_pack *targets, recur_reduction reduction);

/* Find the best tags of each sequence (Viterbi): of equal ones, those with the smaller ids at the end.
 *
 * Shapes.  tags [N] in the pack's rows; scores [B], in the caller's order, or NULL. Where no tags are allowed, or a score is not a number,
 *          the score is -infinity and all tags are -1.
 * Errors.  Sticky on the tape, and returned. */
RECUR_API recur_status recur_crf_decode(recur_tape *tape, const recur_crf *crf, recur_var emissions,
                                        const recur_pack *pack, int32_t *tags, double *scores);

/* The probability of each tag at each step, given the whole sequence: [N,K]. Values only: no gradient flows through them. Where no tags are
 * allowed: zeros. */
RECUR_API recur_var recur_crf_marginals(recur_tape *tape, const recur_crf *crf, recur_var emissions,
                                        const recur_pack *pack);

#ifdef __cplusplus
}
#endif
#endif
