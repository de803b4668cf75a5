/* Recurrent stacks: the specification, the tensors and how they start.
 * SPDX-License-Identifier: MIT */
#include "nn/rnn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "nn/init.h"
#include "nn/layers.h"

enum { MAX_SIZE = 1 << 20 };

static recur_status check_sizes(recur_ctx *ctx, const recur_rnn_spec *s)
{
    if (s->input < 1 || s->input > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "input size %lld, wanted 1 to %d", (long long)s->input, INT32_MAX);
    if (s->hidden < 1 || s->hidden > MAX_SIZE)
        return RI_FAIL(ctx, RECUR_EARG, "hidden size %lld, wanted 1 to %d", (long long)s->hidden, MAX_SIZE);
    if (s->layers < 0 || s->layers > RI_MAX_LAYERS)
        return RI_FAIL(ctx, RECUR_EARG, "%lld layers, wanted 1 to %d", (long long)s->layers, RI_MAX_LAYERS);
    if (s->projection < 0 || s->projection >= s->hidden)
        return RI_FAIL(ctx, RECUR_EARG,
                       "projection size %lld, wanted 1 to hidden size - 1 = %lld, or 0 for none",
                       (long long)s->projection, (long long)s->hidden - 1);
    if (!(s->dropout >= 0 && s->dropout < 1))
        return RI_FAIL(ctx, RECUR_EARG, "dropout %g, wanted at least 0 and below 1", s->dropout);
    return RECUR_OK;
}

static recur_status check_options(recur_ctx *ctx, const recur_rnn_spec *s)
{
    bool is_gated = s->cell == RECUR_LSTM || s->cell == RECUR_GRU;
    if ((int)s->cell < RECUR_LSTM || (int)s->cell > RECUR_RNN_RELU)
        return RI_FAIL(ctx, RECUR_EARG, "there is no cell of number %d", (int)s->cell);
    if (s->projection && s->cell != RECUR_LSTM)
        return RI_FAIL(ctx, RECUR_EARG, "a projection belongs to LSTM cells only");
    if (s->reset_before && s->cell != RECUR_GRU)
        return RI_FAIL(ctx, RECUR_EARG, "a reset gate before the product belongs to GRU cells only");
    if (s->set_forget_bias && (s->cell != RECUR_LSTM || s->no_bias || !isfinite(s->forget_bias)))
        return RI_FAIL(ctx, RECUR_EARG,
                       "a forget bias must be finite and belongs to LSTM cells with biases only");
    if ((int)s->init.kind < RECUR_INIT_DEFAULT || (int)s->init.kind > RECUR_INIT_CONSTANT ||
        !isfinite(s->init.value))
        return RI_FAIL(ctx, RECUR_EARG, "there is no initialisation of number %d and value %g",
                       (int)s->init.kind, s->init.value);
    if (s->init.kind == RECUR_INIT_CHRONO && (!is_gated || s->no_bias || !(s->init.value > 2)))
        return RI_FAIL(ctx, RECUR_EARG,
                       "chrono initialisation belongs to LSTM and GRU cells with biases and wants a "
                       "longest time above 2 steps, found %g",
                       s->init.value);
    return RECUR_OK;
}

/* Add one tensor of layer l, direction d, under PyTorch's name; a matrix says how its panels are cut. */
static recur_status add(recur_rnn *rnn, const char *prefix, const char *tensor, int64_t l, int64_t d,
                        recur_shape shape, ri_matrix_kind kind, int64_t *index)
{
    char name[64];
    snprintf(name, sizeof name, "%s_l%lld%s", tensor, (long long)l, d ? "_reverse" : "");
    recur_status s = ri_params_add(rnn->params, prefix, name, shape, index);
    if (s) return s;
    ri_tensor *t = &rnn->params->tensors[*index];
    t->kind = kind;
    t->cell = rnn->spec.cell;
    t->reset_before = rnn->spec.reset_before;
    return RECUR_OK;
}

static recur_status add_layer(recur_rnn *rnn, const char *prefix, int64_t l, int64_t d)
{
    ri_rnn_tensors *t = &rnn->tensors[l * rnn->D + d];
    int64_t         rows = rnn->G * rnn->H, input = l ? rnn->D * rnn->P : rnn->spec.input;
    *t = (ri_rnn_tensors){-1, -1, -1, -1, -1};
    recur_status s = add(rnn, prefix, "weight_ih", l, d, RECUR_SHAPE(rows, input), RI_GATES_X, &t->w_ih);
    if (!s) s = add(rnn, prefix, "weight_hh", l, d, RECUR_SHAPE(rows, rnn->P), RI_GATES_H, &t->w_hh);
    if (!s && !rnn->spec.no_bias)
        s = add(rnn, prefix, "bias_ih", l, d, RECUR_SHAPE(rows), RI_PLAIN, &t->b_ih);
    if (!s && !rnn->spec.no_bias)
        s = add(rnn, prefix, "bias_hh", l, d, RECUR_SHAPE(rows), RI_PLAIN, &t->b_hh);
    if (!s && rnn->spec.projection)
        s = add(rnn, prefix, "weight_hr", l, d, RECUR_SHAPE(rnn->P, rnn->H), RI_PLAIN, &t->w_hr);
    return s;
}

static recur_status add_initial_state(recur_rnn *rnn, const char *prefix)
{
    int64_t      n = rnn->L * rnn->D;
    recur_status s = ri_params_add(rnn->params, prefix, "initial_h", RECUR_SHAPE(n, rnn->P), &rnn->initial_h);
    if (!s && rnn->spec.cell == RECUR_LSTM)
        s = ri_params_add(rnn->params, prefix, "initial_c", RECUR_SHAPE(n, rnn->H), &rnn->initial_c);
    return s; /* they start at zero, as the state without them would */
}

/* PyTorch's default, or the same simple rule for every tensor. */
static recur_status init_all(recur_rnn *rnn, const ri_rnn_tensors *t)
{
    recur_init init = rnn->spec.init;
    if (!ri_init_is_simple(init)) init = (recur_init){RECUR_INIT_UNIFORM, 1 / sqrt((double)rnn->H)};
    const int64_t all[] = {t->w_ih, t->w_hh, t->b_ih, t->b_hh, t->w_hr};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        recur_status s = all[i] < 0 ? RECUR_OK : ri_init_simple(rnn->params, all[i], init);
        if (s) return s;
    }
    return RECUR_OK;
}

/* Gates that remember times spread over 1 .. value steps: forget (or update) bias log(u), u uniform in [1, value-1]; an LSTM's input bias is
 * its negative (Tallec & Ollivier 2018). The other bias of these gates is 0, so that their sum is the rule's. */
static recur_status init_chrono(recur_rnn *rnn, const ri_rnn_tensors *t)
{
    recur_params *p = rnn->params;
    int64_t       H = rnn->H;
    double       *b = ri_allocate(&p->ctx->allocator, (size_t)H, sizeof *b);
    if (!b) return ri_no_memory(p->ctx, "initial values");
    uint64_t stream = (uint64_t)t->b_ih;
    for (int64_t j = 0; j < H; j++) /* indexes after those that the default has drawn */
        b[j] = log(1 + (rnn->spec.init.value - 2) * ri_uniform(p->seed, stream, (uint64_t)(4 * H + j)));
    ri_init_rows(p, t->b_ih, H, H, b, 0); /* gate 1: LSTM's f, GRU's z */
    ri_init_rows(p, t->b_hh, H, H, NULL, 0);
    if (rnn->spec.cell == RECUR_LSTM) {
        for (int64_t j = 0; j < H; j++) b[j] = -b[j];
        ri_init_rows(p, t->b_ih, 0, H, b, 0);
        ri_init_rows(p, t->b_hh, 0, H, NULL, 0);
    }
    ri_release(&p->ctx->allocator, b);
    return RECUR_OK;
}

static recur_status init_layer(recur_rnn *rnn, const ri_rnn_tensors *t)
{
    const recur_init init = rnn->spec.init;
    double           gain = init.value ? init.value : 1;
    recur_status     s = init_all(rnn, t);
    if (s) return s;
    if (init.kind == RECUR_INIT_CHRONO) s = init_chrono(rnn, t);
    if (init.kind == RECUR_INIT_ORTHOGONAL) s = ri_init_orthogonal(rnn->params, t->w_hh, rnn->G, gain);
    if (init.kind == RECUR_INIT_IDENTITY) s = ri_init_identity(rnn->params, t->w_hh, rnn->G, gain);
    bool has_zero_biases = init.kind == RECUR_INIT_ORTHOGONAL || init.kind == RECUR_INIT_IDENTITY;
    if (!s && has_zero_biases && t->b_ih >= 0) {
        ri_init_rows(rnn->params, t->b_ih, 0, rnn->G * rnn->H, NULL, 0);
        ri_init_rows(rnn->params, t->b_hh, 0, rnn->G * rnn->H, NULL, 0);
    }
    if (!s && rnn->spec.set_forget_bias) {
        ri_init_rows(rnn->params, t->b_ih, rnn->H, rnn->H, NULL, rnn->spec.forget_bias);
        ri_init_rows(rnn->params, t->b_hh, rnn->H, rnn->H, NULL, 0);
    }
    return s;
}

static recur_status build(recur_rnn *rnn, const char *prefix)
{
    recur_status s = RECUR_OK;
    for (int64_t k = 0; !s && k < rnn->L * rnn->D; k++) s = add_layer(rnn, prefix, k / rnn->D, k % rnn->D);
    if (!s && rnn->spec.trained_state) s = add_initial_state(rnn, prefix);
    for (int64_t k = 0; !s && k < rnn->L * rnn->D; k++) s = init_layer(rnn, &rnn->tensors[k]);
    return s;
}

recur_status recur_rnn_create(recur_params *params, const char *name, const recur_rnn_spec *spec,
                              recur_rnn **out)
{
    if (!params || !name || !spec || !out) return RECUR_EARG;
    *out = NULL;
    recur_ctx   *ctx = params->ctx;
    recur_status status = check_sizes(ctx, spec);
    if (!status) status = check_options(ctx, spec);
    if (status) return status;

    recur_rnn *rnn = ri_allocate(&ctx->allocator, 1, sizeof *rnn);
    if (!rnn) return ri_no_memory(ctx, "a recurrent stack");
    rnn->params = params;
    rnn->spec = *spec;
    rnn->spec.layers = rnn->L = spec->layers ? spec->layers : 1;
    rnn->D = spec->bidirectional ? 2 : 1;
    rnn->H = spec->hidden;
    rnn->P = ri_rnn_output(spec);
    rnn->G = ri_rnn_gates(spec->cell);
    rnn->initial_h = rnn->initial_c = -1;
    rnn->tensors = ri_allocate(&ctx->allocator, (size_t)(rnn->L * rnn->D), sizeof *rnn->tensors);
    int64_t before = params->n_tensors;
    status = rnn->tensors ? build(rnn, name) : ri_no_memory(ctx, "a recurrent stack");
    if (status) {
        ri_params_truncate(params, before);
        recur_rnn_destroy(rnn);
        return status;
    }
    *out = rnn;
    return RECUR_OK;
}

void recur_rnn_destroy(recur_rnn *rnn)
{
    if (!rnn) return;
    const recur_allocator *a = &rnn->params->ctx->allocator;
    ri_release(a, rnn->tensors);
    ri_release(a, rnn);
}

const recur_rnn_spec *recur_rnn_get_spec(const recur_rnn *rnn)
{
    return &rnn->spec;
}

int64_t ri_rnn_initial_h(const recur_rnn *rnn)
{
    return rnn->initial_h;
}

int64_t ri_rnn_initial_c(const recur_rnn *rnn)
{
    return rnn->initial_c;
}

recur_status ri_rnn_weights_of(const recur_rnn *rnn, int64_t layer, int64_t direction, ri_rnn_weights *w)
{
    const recur_params   *p = rnn->params;
    const ri_rnn_tensors *t = &rnn->tensors[layer * rnn->D + direction];
    *w = (ri_rnn_weights){.cell = rnn->spec.cell,
                          .reset_before = rnn->spec.reset_before,
                          .I = p->tensors[t->w_ih].shape.size[1],
                          .H = rnn->H,
                          .P = rnn->P,
                          .G = rnn->G};
    if (t->b_ih >= 0) {
        w->b_ih = ri_params_value(p, t->b_ih);
        w->b_hh = ri_params_value(p, t->b_hh);
    }
    recur_status s = ri_params_panel(p, t->w_ih, false, &w->panel_ih);
    if (!s) s = ri_params_panel(p, t->w_hh, false, &w->panel_hh);
    if (!s && t->w_hr >= 0) s = ri_params_panel(p, t->w_hr, false, &w->panel_hr);
    return s;
}

recur_status ri_rnn_back_weights(const recur_rnn *rnn, int64_t k, ri_rnn_weights *w)
{
    const ri_rnn_tensors *t = &rnn->tensors[k];
    recur_status          s = ri_params_panel(rnn->params, t->w_ih, true, &w->back_ih);
    if (!s) s = ri_params_panel(rnn->params, t->w_hh, true, &w->back_hh);
    if (!s && t->w_hr >= 0) s = ri_params_panel(rnn->params, t->w_hr, true, &w->back_hr);
    return s;
}
