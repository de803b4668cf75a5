/* An encoder-decoder put together of layers, one decoder step after the other.
 * SPDX-License-Identifier: MIT */
#include "fragment.h"

#include <math.h>
#include <stdlib.h>

#include "memory.h"

/* ---- life ---- */

static recur_status create_encoder(fragment *f, uint64_t seed)
{
    const recur_embedding_spec table = {.vocabulary = f->sizes.source_words, .size = f->sizes.embed};
    const recur_rnn_spec       lstm = {.input = f->sizes.embed, .hidden = f->sizes.hidden};
    recur_status               status = recur_params_create(f->ctx, seed, &f->encoder);
    if (!status) status = recur_embedding_create(f->encoder, "embedding", &table, &f->source);
    if (!status) status = recur_rnn_create(f->encoder, "rnn", &lstm, &f->reader);
    return status;
}

static recur_status create_decoder(fragment *f, uint64_t seed)
{
    const recur_embedding_spec table = {.vocabulary = f->sizes.target_words, .size = f->sizes.embed};
    const recur_rnn_spec       lstm = {.input = f->sizes.embed, .hidden = f->sizes.hidden};
    const recur_linear_spec    head = {.input = f->sizes.hidden, .output = f->sizes.target_words};
    recur_status               status = recur_params_create(f->ctx, seed, &f->decoder);
    if (!status) status = recur_embedding_create(f->decoder, "embedding", &table, &f->target);
    if (!status) status = recur_rnn_create(f->decoder, "rnn", &lstm, &f->writer);
    if (!status) status = recur_linear_create(f->decoder, "head", &head, &f->head);
    return status;
}

static recur_status create_readout(fragment *f, uint64_t seed)
{
    const int64_t              H = f->sizes.hidden;
    const recur_attention_spec dot = {.kind = RECUR_ATTENTION_DOT, .query = H, .key = H};
    const recur_linear_spec    join = {.input = 2 * H, .output = H};
    recur_status               status = recur_params_create(f->ctx, seed, &f->readout);
    if (!status) status = recur_attention_create(f->readout, "attention", &dot, &f->attention);
    if (!status) status = recur_linear_create(f->readout, "join", &join, &f->join);
    return status;
}

recur_status fragment_create(fragment *f, recur_ctx *ctx, const fragment_sizes *sizes, uint64_t seed)
{
    f->ctx = ctx;
    f->sizes = *sizes;
    recur_status status = create_encoder(f, seed);
    if (!status) status = create_decoder(f, seed + 1);
    if (!status) status = create_readout(f, seed + 2);
    if (!status) status = recur_tape_create(ctx, &f->tape);
    if (!status) status = recur_pack_create(ctx, &f->sentence);
    if (!status) status = recur_pack_create(ctx, &f->wanted);
    for (int i = 0; i < FRAGMENT_MOST && !status; i++) status = recur_pack_create(ctx, &f->fed[i]);
    return status;
}

void fragment_destroy(fragment *f)
{
    for (int i = 0; i < FRAGMENT_MOST; i++) recur_pack_destroy(f->fed[i]);
    recur_pack_destroy(f->wanted);
    recur_pack_destroy(f->sentence);
    recur_tape_destroy(f->tape);
    recur_linear_destroy(f->join);
    recur_attention_destroy(f->attention);
    recur_linear_destroy(f->head);
    recur_rnn_destroy(f->writer);
    recur_embedding_destroy(f->target);
    recur_rnn_destroy(f->reader);
    recur_embedding_destroy(f->source);
    recur_params_destroy(f->readout);
    recur_params_destroy(f->decoder);
    recur_params_destroy(f->encoder);
}

recur_status fragment_read(fragment *f, int64_t n, const int32_t *ids)
{
    recur_tape_reset(f->tape);
    return recur_pack_set_grid(f->sentence, n, 1, ids);
}

/* ---- one pass ---- */

/* The same values without a way back to what they came from. */
static recur_var copy(fragment *f, recur_var v)
{
    const float *values = recur_value(f->tape, v);
    return values ? recur_input(f->tape, recur_shape_of(f->tape, v), values) : RECUR_NONE;
}

/* Read the source; what the decoder gets of it. */
static void encode(fragment *f, fragment_way way, recur_state *state, recur_memory *memory)
{
    f->words = recur_embed(f->tape, f->source, f->sentence);
    const recur_seq y = recur_rnn_apply(f->tape, f->reader, f->words, f->sentence, RECUR_NO_STATE);
    f->outputs = y.output;
    f->h = y.h;
    f->c = y.c;
    *state = recur_final(y);
    if (way == FRAGMENT_ATTENTION) *state = (recur_state){copy(f, y.h), copy(f, y.c)};
    if (memory)
        *memory = recur_attention_memory(f->tape, f->attention,
                                         way == FRAGMENT_SUMMARY ? copy(f, y.output) : y.output, f->sentence);
}

/* Feed a token at step t: the logits [1,V] after it. memory NULL: no attention. */
static recur_status step(fragment *f, const recur_memory *memory, int t, int32_t token, recur_state *state)
{
    recur_status status = recur_pack_set_grid(f->fed[t], 1, 1, &token);
    if (status) return status;
    const recur_seq y =
        recur_rnn_step(f->tape, f->writer, recur_embed(f->tape, f->target, f->fed[t]), *state);
    recur_var top = y.output;
    if (memory) {
        const recur_var context = recur_attend_step(f->tape, memory, top, NULL, NULL);
        top = recur_tanh(f->tape, recur_linear_apply(f->tape, f->join, recur_concat(f->tape, context, top)));
    }
    f->logits = recur_linear_apply(f->tape, f->head, top);
    *state = recur_final(y);
    return recur_tape_status(f->tape);
}

/* ---- writing ---- */

static int32_t most_likely(const float *p, int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (p[i] > p[best]) best = i;
    return (int32_t)best;
}

recur_status fragment_write(fragment *f, bool attends, int32_t first, int n, int32_t *tokens, double *p)
{
    recur_state  state;
    recur_memory memory;
    recur_status status = RECUR_OK;
    recur_tape_reset(f->tape);
    encode(f, FRAGMENT_BOTH, &state, attends ? &memory : NULL);
    for (int t = 0; t < n && !status; t++) {
        status = step(f, attends ? &memory : NULL, t, t ? tokens[t - 1] : first, &state);
        const float *share = recur_value(f->tape, recur_softmax(f->tape, f->logits));
        if (!status) status = recur_tape_status(f->tape);
        if (status) break;
        tokens[t] = most_likely(share, f->sizes.target_words);
        p[t] = (double)share[tokens[t]];
    }
    return status;
}

recur_status fragment_gradient(fragment *f, bool attends, fragment_way way, int32_t first, int out,
                               const int32_t *tokens, double *norms)
{
    recur_state  state;
    recur_memory memory;
    recur_status status;
    recur_tape_reset(f->tape);
    encode(f, way, &state, attends ? &memory : NULL);
    status = recur_pack_set_grid(f->wanted, 1, 1, tokens + out);
    for (int t = 0; t <= out && !status; t++)
        status = step(f, attends ? &memory : NULL, t, t ? tokens[t - 1] : first, &state);
    if (status) return status;
    status = recur_backward(f->tape, recur_cross_entropy(f->tape, f->logits, f->wanted, RECUR_SUM));
    return status ? status : recur_gradient_flow(f->tape, f->words, norms);
}
