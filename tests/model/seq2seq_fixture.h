/* What the tests of encoder-decoders share: small models of every kind, and a batch of pairs for them.
 * SPDX-License-Identifier: MIT */
#ifndef SEQ2SEQ_FIXTURE_H
#define SEQ2SEQ_FIXTURE_H

#include "model/lm_fixture.h"

enum { S2S_PAIRS = 4, S2S_SPECS = 12 };

/* Four pairs over "abcd" and "xyz": lengths in no order, an empty source, an empty target. */
static const int32_t          s2s_ids[] = {0, 3, 1, 2, 1, 0, 2};
static const int32_t *const   s2s_sources[S2S_PAIRS] = {s2s_ids, s2s_ids + 1, s2s_ids + 2, s2s_ids + 4};
static const int64_t          s2s_source_lengths[S2S_PAIRS] = {2, 0, 5, 3};
static const int32_t *const   s2s_targets[S2S_PAIRS] = {s2s_ids + 2, s2s_ids + 3, s2s_ids + 4, s2s_ids + 5};
static const int64_t          s2s_target_lengths[S2S_PAIRS] = {4, 1, 0, 2};
static const recur_pair_batch s2s_pairs = {.n = S2S_PAIRS,
                                           .sources = s2s_sources,
                                           .source_lengths = s2s_source_lengths,
                                           .targets = s2s_targets,
                                           .target_lengths = s2s_target_lengths};

static inline recur_seq2seq_spec s2s_spec(int i)
{
    static const recur_seq2seq_spec specs[S2S_SPECS] = {
        {.encoder = {.hidden = 5}, .decoder = {.hidden = 5}, .attention = RECUR_ATTENTION_NONE},
        {.encoder = {.hidden = 4, .layers = 2},
         .decoder = {.hidden = 4, .layers = 2},
         .attention = RECUR_ATTENTION_NONE,
         .reverse_source = true},
        {.encoder = {.cell = RECUR_GRU, .hidden = 3, .bidirectional = true},
         .decoder = {.cell = RECUR_GRU, .hidden = 4}},
        {.encoder = {.hidden = 4, .bidirectional = true},
         .decoder = {.hidden = 4},
         .bridge = RECUR_BRIDGE_SUM,
         .attention_size = 3},
        {.encoder = {.hidden = 3, .layers = 2},
         .decoder = {.cell = RECUR_GRU, .hidden = 3, .layers = 2},
         .attention = RECUR_ATTENTION_DOT},
        {.encoder = {.cell = RECUR_RNN_TANH, .hidden = 3, .bidirectional = true},
         .decoder = {.hidden = 4, .layers = 2},
         .attention = RECUR_ATTENTION_GENERAL,
         .input_feeding = true,
         .reverse_source = true},
        {.encoder = {.hidden = 4},
         .decoder = {.hidden = 4},
         .attention = RECUR_ATTENTION_DOT,
         .input_feeding = true,
         .tie = true},
        {.encoder = {.cell = RECUR_GRU, .hidden = 4},
         .decoder = {.cell = RECUR_GRU, .hidden = 4},
         .tie = true,
         .readout = 3},
        {.encoder = {.hidden = 4, .projection = 2},
         .decoder = {.hidden = 5, .projection = 3},
         .attention = RECUR_ATTENTION_GENERAL},
        {.encoder = {.hidden = 3, .layers = 2}, .decoder = {.hidden = 3, .layers = 2}, .readout = 4},
        {.encoder = {.cell = RECUR_RNN_TANH, .hidden = 3, .layers = 2, .bidirectional = true},
         .decoder = {.cell = RECUR_RNN_TANH, .hidden = 3},
         .attention = RECUR_ATTENTION_NONE,
         .tie = true},
        {.encoder = {.cell = RECUR_GRU, .hidden = 4, .trained_state = true},
         .decoder = {.cell = RECUR_GRU, .hidden = 4},
         .shared_embeddings = true,
         .tie = true},
    };
    recur_seq2seq_spec spec = specs[i];
    spec.source_embed = spec.target_embed = 3;
    return spec;
}

/* A model of which no term stays small. */
static inline recur_model *s2s_model(recur_ctx *ctx, recur_seq2seq_spec spec)
{
    recur_model *model = NULL;
    recur_vocab *source = lm_vocab(ctx, RECUR_CHAR, "abcd");
    recur_vocab *target = spec.shared_embeddings ? NULL : lm_vocab(ctx, RECUR_CHAR, "xyz");
    spec.encoder.init = spec.decoder.init = (recur_init){RECUR_INIT_UNIFORM, 0.7};
    LM_OK(ctx, recur_seq2seq_create(ctx, &spec, source, target, 5, &model));
    return model;
}

#endif
