/* A decoder at work. One tape holds the sources, encoded once; two more take turns, since a step reads the state that the one before left: what
 * lies on another tape is put on this one without a copy, and a tape is reset when what it holds is no longer read.
 * SPDX-License-Identifier: MIT */
#include "model/decoder.h"

#include <string.h>

#include "model/seq2seq.h"
#include "nn/layers.h"

struct ri_decoder {
    const recur_model   *model;
    recur_seq2seq_batch *batch;
    recur_tape          *source, *steps[2];
    int                  now; /* which of the two holds the last step */
    ri_encoded           encoded;
    ri_decoding          last;     /* on steps[now], or, before the first step, on source */
    bool                 is_begun; /* a step was made */
    int64_t              n;        /* rows of the last step, or sources */
    int32_t             *sequence; /* [n]: which source a row of the last step reads; lies with its tape */
};

recur_status ri_decoder_create(const recur_model *model, ri_decoder **out)
{
    if (!model || !out) return RECUR_EARG;
    *out = NULL;
    recur_ctx   *ctx = model->ctx;
    recur_status status = ri_model_want(model, RECUR_TASK_SEQ2SEQ, "decoding");
    if (status) return status;
    ri_decoder *d = ri_allocate(&ctx->allocator, 1, sizeof *d);
    if (!d) return ri_no_memory(ctx, "a decoder");
    *d = (ri_decoder){.model = model};
    status = recur_seq2seq_batch_create(model, &d->batch);
    if (!status) status = recur_tape_create(ctx, &d->source);
    for (int i = 0; i < 2 && !status; i++) status = recur_tape_create(ctx, &d->steps[i]);
    if (status) {
        ri_decoder_destroy(d);
        return status;
    }
    recur_tape_set_inference(d->source, true);
    for (int i = 0; i < 2; i++) recur_tape_set_inference(d->steps[i], true);
    *out = d;
    return RECUR_OK;
}

void ri_decoder_destroy(ri_decoder *d)
{
    if (!d) return;
    recur_seq2seq_batch_destroy(d->batch);
    recur_tape_destroy(d->source);
    for (int i = 0; i < 2; i++) recur_tape_destroy(d->steps[i]);
    ri_release(&d->model->ctx->allocator, d);
}

recur_status ri_decoder_begin(ri_decoder *d, int64_t n, const int32_t *const *ids, const int64_t *lengths)
{
    d->n = 0;
    d->is_begun = false;
    recur_tape_reset(d->source);
    recur_status status = ri_seq2seq_fill_sources(d->batch, n, ids, lengths);
    if (status) return status;
    d->encoded = ri_seq2seq_encode(d->source, d->model, d->batch->source);
    d->last = ri_seq2seq_start(d->source, d->model, &d->encoded, n, NULL);
    status = recur_tape_status(d->source);
    if (!status) d->n = n;
    return status;
}

/* ---- a step ---- */

/* Put a variable of another tape on this one; its values stay where they are. */
static recur_var borrow(recur_tape *tape, recur_tape *from, recur_var v)
{
    if (!v.id) return RECUR_NONE;
    const ri_node *node = ri_tape_at(from, v);
    return ri_tape_var(tape, node->shape, node->value);
}

static recur_var pick_state(recur_tape *tape, recur_tape *from, recur_var v, int64_t rows,
                            const int64_t *parents)
{
    return v.id ? recur_pick_sequences(tape, borrow(tape, from, v), rows, parents) : RECUR_NONE;
}

/* Rows [n,F] of those before: row parents[i]. */
static recur_var pick_rows(recur_tape *tape, recur_tape *from, recur_var v, int64_t rows,
                           const int64_t *parents)
{
    if (!v.id) return RECUR_NONE;
    int64_t  width = ri_shape_last(ri_tape_at(from, v)->shape);
    int64_t *index = ri_tape_take(tape, rows, sizeof *index);
    if (!index) return RECUR_NONE;
    memcpy(index, parents, (size_t)rows * sizeof *index);
    return ri_tape_gather(tape, borrow(tape, from, v), RECUR_SHAPE(rows, width), rows, width, index);
}

static recur_status check_rows(const ri_decoder *d, int64_t rows, const int64_t *parents,
                               const int32_t *tokens)
{
    recur_ctx *ctx = d->model->ctx;
    int32_t    mark = recur_seq2seq_mark(d->model);
    if (rows < 1 || rows > INT32_MAX || !parents || !tokens || d->n == 0)
        return RI_FAIL(ctx, RECUR_EARG, "a step of %lld hypotheses from %lld", (long long)rows,
                       (long long)d->n);
    for (int64_t i = 0; i < rows; i++)
        if (parents[i] < 0 || parents[i] >= d->n || tokens[i] < 0 || tokens[i] > mark)
            return RI_FAIL(ctx, RECUR_EARG,
                           "hypothesis %lld has parent %lld of %lld and token %d, wanted at most %d",
                           (long long)i, (long long)parents[i], (long long)d->n, (int)tokens[i], (int)mark);
    return RECUR_OK;
}

/* The state of the parents, on the tape of this step. */
static ri_decoding continue_from(const ri_decoder *d, recur_tape *tape, int64_t rows, const int64_t *parents)
{
    recur_tape *from = d->is_begun ? d->steps[d->now] : d->source;
    ri_decoding now = {{{0}, {0}}, {0}, {0}};
    now.state.h = pick_state(tape, from, d->last.state.h, rows, parents);
    now.state.c = pick_state(tape, from, d->last.state.c, rows, parents);
    now.output = pick_rows(tape, from, d->last.output, rows, parents);
    now.fed = pick_rows(tape, from, d->last.fed, rows, parents);
    return now;
}

/* Weights in reading order, as float. A reversed source has its tokens the other way round before its mark. */
static const float *weights_of(const ri_decoder *d, recur_tape *tape, recur_var weights, int64_t rows,
                               const int32_t *sequence)
{
    const recur_pack *source = d->batch->source;
    int64_t           S = source->T;
    float            *out = ri_tape_take(tape, rows * S, sizeof *out);
    if (!out) return NULL;
    tape->ctx->dev->read_f32(tape->ctx, rows * S, ri_tape_at(tape, weights)->value, out);
    if (!d->model->spec.seq2seq.reverse_source) return out;
    for (int64_t i = 0; i < rows; i++) {
        float *w = out + i * S;
        for (int64_t a = 0, b = source->length[sequence[i]] - 2; a < b; a++, b--) {
            float x = w[a];
            w[a] = w[b];
            w[b] = x;
        }
    }
    return out;
}

/* What is asked of a step. */
typedef struct wish {
    bool    all;   /* log-probabilities of all tokens */
    bool    score; /* log-probability of the best */
    int32_t never; /* without score: a token that is not the best */
} wish;

static recur_status check_best(const ri_decoder *d, int64_t rows, const int32_t *best)
{
    for (int64_t i = 0; i < rows; i++)
        if (best[i] < 0)
            return RI_FAIL(d->model->ctx, RECUR_EDIVERGED,
                           "decoding: the scores of the next token are not finite");
    return RECUR_OK;
}

/* The head, and what is asked for. */
static recur_status tell(const ri_decoder *d, recur_tape *tape, recur_var top, int64_t rows, const wish *ask,
                         ri_decoder_view *view)
{
    recur_ctx *ctx = d->model->ctx;
    int64_t    V = (int64_t)recur_seq2seq_mark(d->model) + 1;
    *view = (ri_decoder_view){.rows = rows, .V = V};
    if (!ask->score) {
        view->best = ri_linear_best(tape, d->model->head, top, ask->never);
        return view->best ? check_best(d, rows, view->best) : recur_tape_status(tape);
    }
    recur_var logits = recur_linear_apply(tape, d->model->head, top);
    float    *log_p = !ask->all ? NULL : ri_tape_take(tape, rows * V, sizeof *log_p);
    int32_t  *best = ri_tape_take(tape, rows, sizeof *best);
    float    *best_log_p = ri_tape_take(tape, rows, sizeof *best_log_p);
    if (recur_tape_status(tape)) return recur_tape_status(tape);
    ctx->dev->log_softmax(ctx, rows, V, ri_tape_at(tape, logits)->value, log_p, best, best_log_p);
    view->log_p = log_p;
    view->best = best;
    view->best_log_p = best_log_p;
    return check_best(d, rows, best);
}

static recur_status step(ri_decoder *d, int64_t rows, const int64_t *parents, const int32_t *tokens,
                         const wish *ask, ri_decoder_view *view)
{
    recur_status status = check_rows(d, rows, parents, tokens);
    if (status) return status;
    int         next = d->is_begun ? 1 - d->now : 0;
    recur_tape *tape = d->steps[next];
    recur_tape_reset(tape);
    int32_t *sequence = ri_tape_take(tape, rows, sizeof *sequence);
    for (int64_t i = 0; sequence && i < rows; i++)
        sequence[i] = d->is_begun ? d->sequence[parents[i]] : (int32_t)parents[i];

    recur_memory memory = d->encoded.memory;
    memory.keys = borrow(tape, d->source, memory.keys);
    memory.values = borrow(tape, d->source, memory.values);
    ri_decoding state = continue_from(d, tape, rows, parents);
    recur_var   x = ri_embed_ids(tape, d->model->seq2seq->target, rows, tokens);
    if (recur_tape_status(tape)) return recur_tape_status(tape);
    ri_decoded out = ri_seq2seq_step(tape, d->model, &memory, x, sequence, NULL, &state);
    recur_var  top = out.readout.id ? out.readout : ri_seq2seq_read_out(tape, d->model, out.seen, x);
    status = tell(d, tape, top, rows, ask, view);
    if (status) return status;
    if (out.weights.id) {
        view->S = d->batch->source->T;
        view->weights = weights_of(d, tape, out.weights, rows, sequence);
        if (!view->weights) return recur_tape_status(tape);
    }
    d->now = next;
    d->last = state;
    d->sequence = sequence;
    d->n = rows;
    d->is_begun = true;
    return RECUR_OK;
}

recur_status ri_decoder_step(ri_decoder *d, int64_t rows, const int64_t *parents, const int32_t *tokens,
                             bool only_best, ri_decoder_view *view)
{
    return step(d, rows, parents, tokens, &(wish){.all = !only_best, .score = true, .never = -1}, view);
}

recur_status ri_decoder_best(ri_decoder *d, int64_t rows, const int64_t *parents, const int32_t *tokens,
                             int32_t never, ri_decoder_view *view)
{
    return step(d, rows, parents, tokens, &(wish){.never = never}, view);
}
