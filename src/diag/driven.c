/* A stack of cells with given inputs as a dynamical system.
 *
 * A step is recur_rnn_step, and its Jacobian is what the tape makes of it: k rows with the same input and state, the k vectors as
 * the gradients of their next states; one walk back gives the k products v J, whatever the cell, for all layers at once. So what is examined
 * is the very backward pass that trains.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "dev/ctx.h"
#include "model/model.h"
#include "nn/embedding.h"
#include "nn/rnn.h"
#include "recur/dynamics.h"

struct recur_driven {
    recur_ctx    *ctx;
    recur_params *params;
    recur_rnn    *rnn;
    recur_tape   *forth, *back;
    int64_t       T, I, L, P, H; /* H: of c; 0 without */
    double       *inputs;        /* [T,I] */
    double       *rows;          /* for [k,I], [L,k,P] or [L,k,H] on their way to the tape */
    double       *repeated;      /* [k,n] a state, k times; behind rows */
    int64_t       k;             /* there is room for so many */
};

/* ---- making ---- */

static recur_status copy_tensor(recur_params *to, int64_t to_index, const recur_params *from,
                                int64_t from_index)
{
    if (to_index < 0) return RECUR_OK;
    int64_t      n = to->tensors[to_index].count;
    double      *values = ri_allocate(&to->ctx->allocator, (size_t)n, sizeof *values);
    recur_status status = values ? recur_params_get(from, from_index, values)
                                 : ri_no_memory(to->ctx, "the weights of a system");
    if (!status) status = recur_params_set(to, to_index, values);
    if (!status) status = recur_params_freeze(to, to_index, true);
    ri_release(&to->ctx->allocator, values);
    return status;
}

static recur_status copy_stack(recur_driven *d, const recur_rnn *rnn)
{
    recur_rnn_spec spec = rnn->spec;
    spec.dropout = 0;
    spec.init = (recur_init){RECUR_INIT_CONSTANT, 0};
    recur_status status = recur_rnn_create(d->params, "", &spec, &d->rnn);
    for (int64_t l = 0; !status && l < rnn->L; l++) {
        const ri_rnn_tensors *to = &d->rnn->tensors[l], *from = &rnn->tensors[l];
        const recur_params   *p = rnn->params;
        if (!status) status = copy_tensor(d->params, to->w_ih, p, from->w_ih);
        if (!status) status = copy_tensor(d->params, to->w_hh, p, from->w_hh);
        if (!status) status = copy_tensor(d->params, to->b_ih, p, from->b_ih);
        if (!status) status = copy_tensor(d->params, to->b_hh, p, from->b_hh);
        if (!status) status = copy_tensor(d->params, to->w_hr, p, from->w_hr);
    }
    return status;
}

static recur_status build(recur_driven *d, const recur_rnn *rnn)
{
    recur_status status = recur_params_create(d->ctx, 0, &d->params);
    if (!status) status = copy_stack(d, rnn);
    if (!status) status = recur_tape_create(d->ctx, &d->forth);
    if (!status) status = recur_tape_create(d->ctx, &d->back);
    if (status) return status;
    recur_tape_set_inference(d->forth, true);
    d->inputs = ri_allocate(&d->ctx->allocator, (size_t)d->T, (size_t)d->I * sizeof *d->inputs);
    return d->inputs ? RECUR_OK : ri_no_memory(d->ctx, "the inputs of a system");
}

/* Make a system whose inputs are still zeros. */
static recur_status create(recur_ctx *ctx, const recur_rnn *rnn, int64_t T, recur_driven **out)
{
    *out = NULL;
    if (ctx->opts.dtype != RECUR_F64)
        return RI_FAIL(ctx, RECUR_EARG, "a stack as a system wants a context of float64");
    if (rnn->D == 2)
        return RI_FAIL(
            ctx, RECUR_EARG,
            "a bidirectional stack is no system in time: its backward direction starts at the end");
    if (T < 1) return RI_FAIL(ctx, RECUR_EARG, "a system of a stack wants at least one input");
    recur_driven *d = ri_allocate(&ctx->allocator, 1, sizeof *d);
    if (!d) return ri_no_memory(ctx, "a system");
    *d = (recur_driven){.ctx = ctx, .T = T, .I = rnn->spec.input, .L = rnn->L, .P = rnn->P};
    d->H = rnn->spec.cell == RECUR_LSTM ? rnn->H : 0;
    recur_status status = build(d, rnn);
    if (status)
        recur_driven_destroy(d);
    else
        *out = d;
    return status;
}

recur_status recur_driven_create(recur_ctx *ctx, const recur_rnn *rnn, int64_t T, const double *inputs,
                                 recur_driven **driven)
{
    if (!ctx || !rnn || !inputs || !driven) return RECUR_EARG;
    recur_status status = create(ctx, rnn, T, driven);
    if (!status) memcpy((*driven)->inputs, inputs, (size_t)(T * rnn->spec.input) * sizeof *inputs);
    return status;
}

/* Inputs as a language model's stack sees them: rows of the embedding's table, or one-hot. */
static recur_status look_up(recur_driven *d, const recur_model *model, const int32_t *tokens)
{
    int64_t V = recur_vocab_size(model->parts.vocab);
    double *table = NULL;
    if (model->embedding) {
        table = ri_allocate(&d->ctx->allocator, (size_t)V, (size_t)d->I * sizeof *table);
        if (!table) return ri_no_memory(d->ctx, "an embedding");
        recur_status status = recur_params_get(model->params, model->embedding->weight, table);
        for (int64_t t = 0; !status && t < d->T; t++)
            memcpy(d->inputs + t * d->I, table + tokens[t] * d->I, (size_t)d->I * sizeof *table);
        ri_release(&d->ctx->allocator, table);
        return status;
    }
    for (int64_t t = 0; t < d->T; t++) d->inputs[t * d->I + tokens[t]] = 1;
    return RECUR_OK;
}

recur_status recur_driven_create_lm(recur_ctx *ctx, const recur_model *model, int64_t T,
                                    const int32_t *tokens, recur_driven **driven)
{
    if (!ctx || !model || !tokens || !driven) return RECUR_EARG;
    *driven = NULL;
    if (recur_model_task(model) != RECUR_TASK_LM)
        return RI_FAIL(ctx, RECUR_EARG, "recur_driven_create_lm wants a language model");
    for (int64_t t = 0; t < T; t++)
        if (tokens[t] < 0 || tokens[t] >= recur_vocab_size(model->parts.vocab))
            return RI_FAIL(ctx, RECUR_EARG, "token %lld is %ld, wanted 0 to %lld", (long long)t,
                           (long)tokens[t], (long long)recur_vocab_size(model->parts.vocab) - 1);
    recur_status status = create(ctx, model->rnn, T, driven);
    if (!status) status = look_up(*driven, model, tokens);
    if (status) {
        recur_driven_destroy(*driven);
        *driven = NULL;
    }
    return status;
}

void recur_driven_destroy(recur_driven *d)
{
    if (!d) return;
    recur_ctx *ctx = d->ctx;
    recur_tape_destroy(d->back);
    recur_tape_destroy(d->forth);
    recur_rnn_destroy(d->rnn);
    recur_params_destroy(d->params);
    ri_release(&ctx->allocator, d->rows);
    ri_release(&ctx->allocator, d->inputs);
    ri_release(&ctx->allocator, d);
}

/* ---- states of the system and of the tape ---- */

static int64_t size_of(const recur_driven *d)
{
    return d->L * (d->P + d->H);
}

/* Numbers `offset`.. of each of k vectors of the system as a state [L,k,F] of the tape, or back. */
static void to_tape(const recur_driven *d, int64_t k, int64_t F, int64_t offset, const double *vectors,
                    double *state)
{
    for (int64_t l = 0; l < d->L; l++)
        for (int64_t r = 0; r < k; r++)
            memcpy(state + (l * k + r) * F, vectors + r * size_of(d) + offset + l * F,
                   (size_t)F * sizeof *state);
}

static void from_tape(const recur_driven *d, int64_t k, int64_t F, int64_t offset, const double *state,
                      double *vectors)
{
    for (int64_t l = 0; l < d->L; l++)
        for (int64_t r = 0; r < k; r++)
            memcpy(vectors + r * size_of(d) + offset + l * F, state + (l * k + r) * F,
                   (size_t)F * sizeof *state);
}

static recur_status make_room(recur_driven *d, int64_t k)
{
    if (k <= d->k) return RECUR_OK;
    int64_t n = size_of(d), each = d->I > n ? d->I : n;
    double *rows = ri_allocate(&d->ctx->allocator, (size_t)k, (size_t)(each + n) * sizeof *rows);
    if (!rows) return ri_no_memory(d->ctx, "vectors of a system");
    ri_release(&d->ctx->allocator, d->rows);
    d->rows = rows;
    d->repeated = rows + k * each;
    d->k = k;
    return RECUR_OK;
}

/* Vectors [k,n] of the system on a tape. */
static recur_state put(recur_driven *d, recur_tape *tape, int64_t k, const double *vectors)
{
    recur_state s = RECUR_NO_STATE;
    to_tape(d, k, d->P, 0, vectors, d->rows);
    s.h = recur_input_f64(tape, RECUR_SHAPE(d->L, k, d->P), d->rows);
    if (!d->H) return s;
    to_tape(d, k, d->H, d->L * d->P, vectors, d->rows);
    s.c = recur_input_f64(tape, RECUR_SHAPE(d->L, k, d->H), d->rows);
    return s;
}

/* Step t on a tape, k times side by side. state holds one state and is repeated. */
static recur_seq run_step(recur_driven *d, recur_tape *tape, int64_t t, int64_t k, const double *state,
                          recur_var *x, recur_state *before)
{
    int64_t n = size_of(d);
    for (int64_t r = 0; r < k; r++) {
        memcpy(d->rows + r * d->I, d->inputs + t * d->I, (size_t)d->I * sizeof *d->rows);
        memcpy(d->repeated + r * n, state, (size_t)n * sizeof *state);
    }
    *x = recur_input_f64(tape, RECUR_SHAPE(k, d->I), d->rows);
    *before = put(d, tape, k, d->repeated);
    return recur_rnn_step(tape, d->rnn, *x, *before);
}

static recur_status check_step(const recur_driven *d, int64_t t)
{
    if (t >= 0 && t < d->T) return RECUR_OK;
    return RI_FAIL(d->ctx, RECUR_EARG, "step %lld of a system whose inputs are of steps 0 to %lld",
                   (long long)t, (long long)d->T - 1);
}

/* ---- the system ---- */

static recur_status advance(void *user, int64_t t, const double *state, double *next)
{
    recur_driven *d = user;
    recur_var     x;
    recur_state   before;
    recur_status  status = check_step(d, t);
    if (!status) status = make_room(d, 1);
    if (status) return status;
    recur_tape_reset(d->forth);
    recur_seq y = run_step(d, d->forth, t, 1, state, &x, &before);
    status = recur_tape_status(d->forth);
    if (!status) status = recur_value_f64(d->forth, y.h, next);
    if (!status && d->H) status = recur_value_f64(d->forth, y.c, next + d->L * d->P);
    return status;
}

/* Vectors times the Jacobian of step t by the state, and by its input where that is wanted [k,I]. */
static recur_status walk_back(recur_driven *d, int64_t t, const double *state, int64_t k, double *vectors,
                              double *by_input)
{
    recur_var    x;
    recur_state  before;
    recur_status status = check_step(d, t);
    if (!status) status = make_room(d, k);
    if (status) return status;
    recur_tape_reset(d->back);
    recur_seq   y = run_step(d, d->back, t, k, state, &x, &before);
    recur_state upstream = put(d, d->back, k, vectors);
    recur_var   loss = recur_dot(d->back, y.h, upstream.h);
    if (d->H) loss = recur_add(d->back, loss, recur_dot(d->back, y.c, upstream.c));
    status = recur_backward(d->back, loss);
    if (!status) status = recur_grad_f64(d->back, before.h, d->rows);
    if (!status) from_tape(d, k, d->P, 0, d->rows, vectors);
    if (!status && d->H) status = recur_grad_f64(d->back, before.c, d->rows);
    if (!status && d->H) from_tape(d, k, d->H, d->L * d->P, d->rows, vectors);
    if (!status && by_input) status = recur_grad_f64(d->back, x, by_input);
    return status;
}

static recur_status pull(void *user, int64_t t, const double *state, int64_t k, double *vectors)
{
    return walk_back(user, t, state, k, vectors, NULL);
}

recur_system recur_driven_system(recur_driven *driven)
{
    if (!driven) return (recur_system){0};
    return (recur_system){.n = size_of(driven), .user = driven, .advance = advance, .pull = pull};
}

recur_status recur_driven_input_jacobian(recur_driven *d, int64_t t, const double *state, double *jacobian)
{
    if (!d || !state || !jacobian) return RECUR_EARG;
    int64_t n = size_of(d);
    double *unit = ri_allocate(&d->ctx->allocator, (size_t)n, (size_t)n * sizeof *unit);
    if (!unit) return ri_no_memory(d->ctx, "a Jacobian");
    for (int64_t i = 0; i < n; i++) unit[i * n + i] = 1;
    recur_status status = walk_back(d, t, state, n, unit, jacobian);
    ri_release(&d->ctx->allocator, unit);
    return status;
}
