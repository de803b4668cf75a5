/* Streams: one sequence, one step at a time, in memory of the caller's.
 *
 *   [recur_stream | weights of L layers | row [E] | kept [S*H] | h [P] | c [H] | m [H] | logits [V] | state 0 | state 1]
 *                                                                                                    h [L,P] c [L,H]
 *
 * Every part starts at a multiple of 64 bytes and is found by its offset, so that a stream can be copied as it lies. A step reads one
 * state and writes the other, then exchanges them. What it computes are the backend's own operations for one row, which run on the
 * calling thread; sums have one fixed order there, hence the same bits as a whole sequence on a tape.
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "model/model.h"
#include "nn/layers.h"
#include "recur/stream.h"

enum { SHORT = 4096 }; /* elements that a backend reads on the calling thread */

/* Where the parts lie, in bytes from the stream. */
typedef struct layout {
    size_t weights, row, kept, h, c, m, logits, state[2];
    size_t c_in_state; /* from the start of a state to its c */
    size_t bytes;      /* of everything; SIZE_MAX if that does not fit */
} layout;

struct recur_stream {
    const recur_model *model;
    layout             at;
    ri_linear_pass     head; /* weights and sizes; x and y are set at each step */
    int                now;  /* which state is current */
};

/* ---- layout ---- */

/* Add room for n elements of some size and return where it starts. */
static size_t place(layout *at, int64_t n, size_t size)
{
    size_t start = at->bytes;
    if (start == SIZE_MAX || (uint64_t)n > (SIZE_MAX - start - RI_ALIGN) / size) {
        at->bytes = SIZE_MAX;
        return start;
    }
    at->bytes += ((size_t)n * size + RI_ALIGN - 1) / RI_ALIGN * RI_ALIGN;
    return start;
}

/* What every pass of a stream is over: one row. */
static const int64_t  one_row[2] = {0, 1};
static const ri_steps one_step = {.T = 1, .B = 1, .offset = one_row};

static layout plan(const recur_model *model)
{
    const recur_rnn_spec *rnn = &model->spec.lm.rnn;
    size_t                unit = model->ctx->dev->element_bytes;
    int64_t               H = rnn->hidden, P = ri_rnn_output(rnn), L = rnn->layers;
    bool                  has_c = rnn->cell == RECUR_LSTM;
    layout                at = {0};
    place(&at, 1, sizeof(recur_stream));
    at.weights = place(&at, L, sizeof(ri_rnn_weights));
    at.row = place(&at, model->spec.lm.embed, unit);
    at.kept = place(&at, model->ctx->dev->rnn_gates(model->ctx, rnn->cell, H, &one_step, false), unit);
    at.h = place(&at, P, unit);
    at.c = place(&at, has_c ? H : 0, unit);
    at.m = place(&at, rnn->projection ? H : 0, unit);
    at.logits = place(&at, recur_vocab_size(model->parts.vocab), unit);
    for (int i = 0; i < 2; i++) {
        at.state[i] = place(&at, L * P, unit);
        size_t c = place(&at, has_c ? L * H : 0, unit);
        at.c_in_state = c - at.state[i];
    }
    return at;
}

static void *part(const recur_stream *s, size_t offset)
{
    return (char *)(uintptr_t)s + offset;
}

size_t recur_stream_bytes(const recur_model *model)
{
    return recur_model_task(model) == RECUR_TASK_LM ? plan(model).bytes : 0;
}

/* ---- life ---- */

static recur_status check_memory(recur_ctx *ctx, const void *memory, size_t bytes, size_t wanted)
{
    if (!memory)
        return RI_FAIL(ctx, RECUR_EARG, "no memory given for a stream: %zu bytes are wanted", wanted);
    if ((uintptr_t)memory % RI_ALIGN)
        return RI_FAIL(ctx, RECUR_EARG, "memory for a stream must be aligned to %d bytes, found %zu past",
                       RI_ALIGN, (size_t)((uintptr_t)memory % RI_ALIGN));
    if (bytes < wanted)
        return RI_FAIL(ctx, RECUR_EARG, "a stream of this model wants %zu bytes, found %zu", wanted, bytes);
    return RECUR_OK;
}

recur_status recur_stream_init(void *memory, size_t bytes, const recur_model *model, recur_stream **stream)
{
    if (!stream) return RECUR_EARG;
    *stream = NULL;
    if (!model) return RECUR_EARG;
    recur_status status = ri_model_want(model, RECUR_TASK_LM, "a stream");
    if (status) return status;
    layout at = plan(model);
    status = check_memory(model->ctx, memory, bytes, at.bytes);
    if (status) return status;

    recur_stream *s = memory;
    memset(s, 0, at.bytes);
    s->model = model;
    s->at = at;
    ri_rnn_weights *weights = part(s, at.weights);
    for (int64_t l = 0; l < model->spec.lm.rnn.layers && !status; l++)
        status = ri_rnn_weights_of(model->rnn, l, 0, &weights[l]);
    if (!status) status = ri_linear_weights_of(model->head, &s->head);
    if (status) return status;
    recur_stream_reset(s);
    *stream = s;
    return RECUR_OK;
}

/* Start a part of the state from a tensor of the parameters, or from zero where there is none. */
static void start(const recur_model *model, int64_t tensor, int64_t n, void *to)
{
    recur_ctx *ctx = model->ctx;
    if (tensor < 0)
        ctx->dev->fill(ctx, n, 0, to);
    else
        ctx->dev->copy(ctx, n, ri_params_value(model->params, tensor), to);
}

void recur_stream_reset(recur_stream *s)
{
    const recur_model    *model = s->model;
    const recur_rnn_spec *rnn = &model->spec.lm.rnn;
    size_t                h = s->at.state[s->now];
    start(model, ri_rnn_initial_h(model->rnn), rnn->layers * ri_rnn_output(rnn), part(s, h));
    if (rnn->cell == RECUR_LSTM)
        start(model, ri_rnn_initial_c(model->rnn), rnn->layers * rnn->hidden, part(s, h + s->at.c_in_state));
}

recur_status recur_stream_fork(const recur_stream *stream, void *memory, size_t bytes, recur_stream **fork)
{
    if (!fork) return RECUR_EARG;
    *fork = NULL;
    if (!stream) return RECUR_EARG;
    recur_status status = check_memory(stream->model->ctx, memory, bytes, stream->at.bytes);
    if (status) return status;
    memmove(memory, stream, stream->at.bytes);
    *fork = memory;
    return RECUR_OK;
}

/* ---- stepping ---- */

/* Advance layer l over one row and return the row above it: the layer's new h. */
static ri_rows advance(recur_stream *s, int64_t l, ri_rows x)
{
    recur_ctx            *ctx = s->model->ctx;
    const ri_rnn_weights *w = (const ri_rnn_weights *)part(s, s->at.weights) + l;
    char                 *old = part(s, s->at.state[s->now]);
    char                 *next = part(s, s->at.state[!s->now]);
    bool                  has_c = w->cell == RECUR_LSTM;
    ri_rnn_pass           pass = {
                  .w = w,
                  .steps = one_step,
                  .is_alone = true,
                  .x = x,
                  .h0 = ri_at(ctx, old, l * w->P),
                  .gates = part(s, s->at.kept),
                  .m = w->panel_hr ? part(s, s->at.m) : NULL,
                  .h = part(s, s->at.h),
                  .h_stride = w->P,
                  .h_final = ri_at(ctx, next, l * w->P),
    };
    if (has_c) {
        pass.c0 = ri_at(ctx, old + s->at.c_in_state, l * w->H);
        pass.c = part(s, s->at.c);
        pass.c_final = ri_at(ctx, next + s->at.c_in_state, l * w->H);
    }
    ctx->dev->rnn_forward(ctx, &pass, 1);
    return (ri_rows){.x = pass.h_final, .n = 1, .width = w->P, .stride = w->P};
}

/* Advance by a token known to be in the vocabulary and return the logits. */
static void *step(recur_stream *s, int32_t id)
{
    const recur_model *model = s->model;
    recur_ctx         *ctx = model->ctx;
    int64_t            E = model->spec.lm.embed;
    ri_rows            x = {.ids = &id, .n = 1, .width = recur_vocab_size(model->parts.vocab)};
    if (E) {
        void *row = part(s, s->at.row);
        ctx->dev->embed_forward(ctx, 1, E, &id, ri_embedding_table(model->embedding), row);
        x = (ri_rows){.x = row, .n = 1, .width = E, .stride = E};
    }
    for (int64_t l = 0; l < model->spec.lm.rnn.layers; l++) x = advance(s, l, x);
    ri_linear_pass head = s->head;
    head.is_alone = true;
    head.x = x;
    head.y = part(s, s->at.logits);
    ctx->dev->linear_forward(ctx, &head);
    s->now = !s->now;
    return head.y;
}

/* Logits are read in short runs: a long one might be shared among threads, which means a lock. */
static int64_t run_length(int64_t left)
{
    return left < SHORT ? left : SHORT;
}

static recur_status check_step(const recur_stream *s, int32_t id, const void *logits)
{
    if (!s) return RECUR_EARG;
    int64_t V = recur_vocab_size(s->model->parts.vocab);
    if (!logits) return RI_FAIL(s->model->ctx, RECUR_EARG, "no memory given for the logits");
    if (id < 0 || id >= V)
        return RI_FAIL(s->model->ctx, RECUR_EARG, "token %d is outside the vocabulary of %lld", (int)id,
                       (long long)V);
    return RECUR_OK;
}

recur_status recur_stream_step(recur_stream *stream, int32_t id, float *logits)
{
    recur_status status = check_step(stream, id, logits);
    if (status) return status;
    recur_ctx  *ctx = stream->model->ctx;
    int64_t     V = recur_vocab_size(stream->model->parts.vocab);
    const void *y = step(stream, id);
    for (int64_t i = 0; i < V; i += SHORT)
        ctx->dev->read_f32(ctx, run_length(V - i), ri_at(ctx, y, i), logits + i);
    return RECUR_OK;
}

recur_status recur_stream_step_f64(recur_stream *stream, int32_t id, double *logits)
{
    recur_status status = check_step(stream, id, logits);
    if (status) return status;
    recur_ctx  *ctx = stream->model->ctx;
    int64_t     V = recur_vocab_size(stream->model->parts.vocab);
    const void *y = step(stream, id);
    for (int64_t i = 0; i < V; i += SHORT)
        ctx->dev->read(ctx, run_length(V - i), ri_at(ctx, y, i), logits + i);
    return RECUR_OK;
}
