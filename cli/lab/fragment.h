/* The textbook's encoder-decoder, untrained and as small as its program: an LSTM reads a source, another starts from its last state and writes.
 *
 *   source -> embedding -> encoder -> outputs [N,H] - - - dot attention - - .
 *                             '- h, c ----------------> decoder -> h_t -> tanh(W [context; h_t]) -> head
 *
 * Dashed is what a second model has beside it: without it the head reads h_t. Either way from the source to the decoder can be cut: what
 * comes along it is then a copy, which has the values and no gradient.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_FRAGMENT_H
#define CLI_FRAGMENT_H

#include "recur/recur.h"

enum { FRAGMENT_MOST = 8 }; /* tokens it can write */

/* Ways from the source to the decoder. */
typedef enum fragment_way { FRAGMENT_BOTH, FRAGMENT_SUMMARY, FRAGMENT_ATTENTION } fragment_way;

typedef struct fragment_sizes {
    int64_t source_words, target_words, embed, hidden;
} fragment_sizes;

typedef struct fragment {
    recur_ctx       *ctx;
    fragment_sizes   sizes;
    recur_params    *encoder, *decoder, *readout; /* the last is the second model's own */
    recur_embedding *source, *target;
    recur_rnn       *reader, *writer;
    recur_linear    *head, *join;
    recur_attention *attention;
    recur_tape      *tape;
    recur_pack      *sentence, *fed[FRAGMENT_MOST], *wanted;

    recur_var words, outputs, h, c, logits; /* of the last pass; valid until the next */
} fragment;

/* Make both models. fragment_destroy is called in any case; f is all zeros before. */
recur_status fragment_create(fragment *f, recur_ctx *ctx, const fragment_sizes *sizes, uint64_t seed);
void         fragment_destroy(fragment *f);

/* Take a source of n tokens for what follows. */
recur_status fragment_read(fragment *f, int64_t n, const int32_t *ids);

/* Write n tokens greedily after token first. tokens [n]; p [n]: how likely each was. */
recur_status fragment_write(fragment *f, bool attends, int32_t first, int n, int32_t *tokens, double *p);

/* Find the norms [of the source] of the gradient of log p of token `out` by the embedding of each token of the source, where tokens
 * [out+1] are written and only that way is open. */
recur_status fragment_gradient(fragment *f, bool attends, fragment_way way, int32_t first, int out,
                               const int32_t *tokens, double *norms);

#endif
