/* Beam search over anything that can say how likely the next token is. It knows nothing of models.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SEARCH_H
#define RI_SEARCH_H

#include "dev/ctx.h"
#include "model/decoder.h"
#include "recur/decode.h"

/* What is searched: a step as ri_decoder_step, and the tokens that have a meaning. */
typedef struct ri_search_space {
    void   *self;
    int64_t V;       /* tokens, the mark included */
    int32_t mark;    /* it begins and ends a target */
    int32_t unknown; /* never written; -1: none */
    bool    has_weights;
    recur_status (*step)(void *self, int64_t rows, const int64_t *parents, const int32_t *tokens,
                         bool only_best, ri_decoder_view *view);
    /* The same for the most likely token but `never` alone, as ri_decoder_best; NULL: there is no such step. */
    recur_status (*best)(void *self, int64_t rows, const int64_t *parents, const int32_t *tokens,
                         int32_t never, ri_decoder_view *view);
} ri_search_space;

/* Check options against the tokens there are. Errors: RECUR_EARG. */
recur_status ri_search_check(recur_ctx *ctx, const recur_decode_opts *opts, int64_t V);

/* Search for n sources, which step numbers 0 to n-1 in its first call, of n_source [n] tokens; opts are checked and completed, but for
 * max_length, which is max_lengths [n] here. each() is told of every source's hypotheses as soon as they are found; item is its number.
 *
 * Errors: those of step; RECUR_EMEMORY. */
recur_status ri_search(recur_ctx *ctx, const ri_search_space *space, int64_t n, const int64_t *n_source,
                       const int64_t *max_lengths, const recur_decode_opts                *opts,
                       void (*each)(void *user, const recur_hypothesis *hypothesis), void *user);

#endif
