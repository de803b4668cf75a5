/* Text from a language model: a stream reads the prompt, then its own samples.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "model/model.h"
#include "run/sample.h"
#include "text/utf8.h"
#include "text/vocab.h"

/* Everything one generation needs, in the model's memory. */
typedef struct generation {
    const recur_model *model;
    void              *memory; /* of the stream */
    recur_stream      *stream;
    float             *logits;  /* [V] */
    int32_t           *scratch; /* [V] */
    int32_t           *prompt;  /* [n_prompt], at least 1 */
    int64_t            n_prompt;
    char              *piece; /* a space and the longest token */
    int32_t previous;         /* the token printed last, -1: none, or what was printed ends in white space */
} generation;

static recur_status take_memory(generation *g, int64_t n_prompt)
{
    const recur_model     *model = g->model;
    const recur_allocator *a = &model->ctx->allocator;
    int64_t                V = recur_vocab_size(model->parts.vocab);
    size_t                 longest = 0;
    for (int32_t id = 0; id < V; id++) {
        size_t bytes;
        recur_vocab_token(model->parts.vocab, id, &bytes);
        if (bytes > longest) longest = bytes;
    }
    g->memory = ri_allocate(a, recur_stream_bytes(model), 1);
    g->logits = ri_allocate(a, (size_t)V, sizeof *g->logits);
    g->scratch = ri_allocate(a, (size_t)V, sizeof *g->scratch);
    g->prompt = ri_allocate(a, (size_t)n_prompt, sizeof *g->prompt);
    g->piece = ri_allocate(a, longest + 1, 1);
    if (g->memory && g->logits && g->scratch && g->prompt && g->piece) return RECUR_OK;
    return ri_no_memory(model->ctx, "generating");
}

static void free_memory(generation *g)
{
    const recur_allocator *a = &g->model->ctx->allocator;
    ri_release(a, g->piece);
    ri_release(a, g->prompt);
    ri_release(a, g->scratch);
    ri_release(a, g->logits);
    ri_release(a, g->memory);
}

/* Return what an empty prompt starts from: a line feed, else the first token that is not "<unk>". */
static int32_t first_token(const recur_vocab *vocab)
{
    if (vocab->line_feed >= 0) return vocab->line_feed;
    return recur_vocab_size(vocab) > 1 && vocab->unknown == 0 ? 1 : 0;
}

static bool ends_in_space(const char *text, size_t bytes)
{
    size_t  last = bytes - 1;
    int32_t code_point = 0;
    while (last > 0 && ((unsigned char)text[last] & 0xc0) == 0x80) last--;
    ri_utf8_next(text + last, bytes - last, &code_point);
    return ri_utf8_is_space(code_point);
}

static recur_status read_prompt(generation *g, const char *prompt, size_t bytes)
{
    const recur_vocab *vocab = g->model->parts.vocab;
    recur_ctx         *ctx = g->model->ctx;
    int64_t            n = 0;
    recur_status       status = recur_vocab_encode(ctx, vocab, prompt, bytes, NULL, &n, NULL);
    if (!status) status = take_memory(g, n > 0 ? n : 1);
    if (status) return status;
    g->previous = -1;
    g->n_prompt = 1;
    if (n == 0) {
        g->prompt[0] = first_token(vocab);
        return RECUR_OK;
    }
    g->n_prompt = n;
    status = recur_vocab_encode(ctx, vocab, prompt, bytes, g->prompt, &g->n_prompt, NULL);
    if (!ends_in_space(prompt, bytes)) g->previous = g->prompt[n - 1];
    return status;
}

static recur_status advance(generation *g, int32_t id)
{
    return recur_stream_step(g->stream, id, g->logits);
}

/* Draw the token number `draw`. */
static recur_status draw_token(generation *g, const recur_sampling *sampling, int64_t draw, int32_t *id)
{
    const recur_model *model = g->model;
    int32_t            unk = recur_vocab_unknown(model->parts.vocab);
    int64_t            V = recur_vocab_size(model->parts.vocab);
    recur_status status = ri_sample_without(sampling, (uint64_t)draw, V, g->logits, unk, g->scratch, id);
    if (status == RECUR_EDIVERGED)
        return RI_FAIL(model->ctx, status, "token %" PRId64 ": the model's logits are not finite", draw + 1);
    if (status)
        return RI_FAIL(
            model->ctx, status,
            "sampling wants a finite temperature >= 0, top_k >= 0, 0 <= top_p <= 1 and a token besides "
            "<unk>; found temperature %g, top_k %" PRId64 ", top_p %g, %" PRId64 " tokens",
            sampling->temperature, sampling->top_k, sampling->top_p, V);
    return RECUR_OK;
}

/* Write the token with the space that separates it into piece; return the number of bytes. */
static size_t print(generation *g, int32_t id)
{
    const recur_vocab *vocab = g->model->parts.vocab;
    size_t             bytes, n = 0;
    const char        *token = recur_vocab_token(vocab, id, &bytes);
    if (recur_vocab_spaced(vocab, g->previous, id)) g->piece[n++] = ' ';
    memcpy(g->piece + n, token, bytes);
    g->previous = id;
    return n + bytes;
}

static recur_status run(generation *g, int64_t length, const recur_sampling *sampling,
                        bool (*emit)(void *user, const char *bytes, size_t n), void *user)
{
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < g->n_prompt && !status; i++) status = advance(g, g->prompt[i]);
    for (int64_t i = 0; i < length && !status; i++) {
        int32_t id = 0;
        status = draw_token(g, sampling, i, &id);
        if (status || !emit(user, g->piece, print(g, id))) return status;
        if (i + 1 < length) status = advance(g, id);
    }
    return status;
}

recur_status recur_generate(const recur_model *model, const char *prompt, size_t prompt_bytes, int64_t length,
                            const recur_sampling *sampling,
                            bool (*emit)(void *user, const char *bytes, size_t n), void *user)
{
    if (!model) return RECUR_EARG;
    if (length < 0 || !emit || (!prompt && prompt_bytes))
        return RI_FAIL(model->ctx, RECUR_EARG,
                       "generating wants a length of 0 or more and somewhere to put the text");
    static const recur_sampling plain = {0};
    generation                  g = {.model = model};
    recur_status                status = ri_model_want(model, RECUR_TASK_LM, "generating text");
    if (!status) status = read_prompt(&g, prompt ? prompt : "", prompt_bytes);
    if (!status) status = recur_stream_init(g.memory, recur_stream_bytes(model), model, &g.stream);
    if (!status) status = run(&g, length, sampling ? sampling : &plain, emit, user);
    free_memory(&g);
    return status;
}
