/* Random networks. Random numbers are those that parameters start with: N(0,1), a function of seed and place.
 * SPDX-License-Identifier: MIT */
#include "wild.h"

#include <math.h>
#include <stdlib.h>

#include "memory.h"

/* Multiply a parameter. */
static recur_status scale(recur_params *params, const char *name, double by)
{
    int64_t           index = recur_params_find(params, name);
    recur_tensor_info info;
    recur_status      status = recur_params_info(params, index, &info);
    if (status) return status;
    double *values = need_memory((size_t)info.count, sizeof *values);
    status = recur_params_get(params, index, values);
    for (int64_t i = 0; i < info.count; i++) values[i] *= by;
    if (!status) status = recur_params_set(params, index, values);
    free(values);
    return status;
}

/* The forget gate's part of a bias. */
static recur_status set_forget_bias(recur_params *params, int64_t hidden, double value)
{
    int64_t      index = recur_params_find(params, "bias_ih_l0");
    double      *values = need_memory((size_t)(4 * hidden), sizeof *values);
    recur_status status = recur_params_get(params, index, values);
    for (int64_t i = hidden; i < 2 * hidden; i++) values[i] = value;
    if (!status) status = recur_params_set(params, index, values);
    free(values);
    return status;
}

static recur_status make_stack(const wild_spec *s, recur_params *params, recur_rnn **rnn)
{
    recur_rnn_spec spec = {.cell = s->cell, .input = s->input, .hidden = s->hidden};
    if (s->is_default && s->cell == RECUR_LSTM) {
        spec.set_forget_bias = s->set_forget_bias;
        spec.forget_bias = s->forget_bias;
    }
    if (s->is_default) return recur_rnn_create(params, "", &spec, rnn);
    spec.init =
        s->is_orthogonal ? (recur_init){RECUR_INIT_ORTHOGONAL, 1} : (recur_init){RECUR_INIT_NORMAL, 1};
    recur_status status = recur_rnn_create(params, "", &spec, rnn);
    double       width = sqrt((double)s->hidden);
    /* beside an orthogonal matrix the others start by default: U(+-1/sqrt(H)), of variance 1/(3H) */
    double       input = sqrt(s->noise / (double)s->input) * (s->is_orthogonal ? sqrt(3) * width : 1);
    if (!status) status = scale(params, "weight_hh_l0", s->is_orthogonal ? s->gain : s->gain / width);
    if (!status) status = scale(params, "weight_ih_l0", input);
    if (!status) status = scale(params, "bias_ih_l0", 0);
    if (!status) status = scale(params, "bias_hh_l0", 0);
    if (!status && s->cell == RECUR_LSTM) status = set_forget_bias(params, s->hidden, s->forget_bias);
    return status;
}

/* N(0,1) for each step and input. */
static recur_status draw_inputs(recur_ctx *ctx, const wild_spec *s, double *inputs)
{
    recur_params *noise = NULL;
    int64_t       index;
    if (!s->is_default && s->noise == 0) return RECUR_OK; /* zeros */
    recur_status status = recur_params_create(ctx, s->seed + 0x9e3779b9, &noise);
    if (!status)
        status = recur_params_add(noise, "inputs", RECUR_SHAPE(s->steps, s->input), (recur_init){0}, &index);
    if (!status) status = recur_params_get(noise, index, inputs);
    recur_params_destroy(noise);
    return status;
}

recur_status wild_make(recur_ctx *ctx, const wild_spec *spec, wild *w)
{
    *w = (wild){.ctx = ctx};
    recur_params *params = NULL;
    recur_rnn    *rnn = NULL;
    double       *inputs = need_memory((size_t)(spec->steps * spec->input), sizeof *inputs);
    recur_status  status = recur_params_create(ctx, spec->seed, &params);
    if (!status) status = make_stack(spec, params, &rnn);
    if (!status) status = draw_inputs(ctx, spec, inputs);
    if (!status) status = recur_driven_create(ctx, rnn, spec->steps, inputs, &w->driven);
    if (!status) w->system = recur_driven_system(w->driven);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
    free(inputs);
    return status;
}

void wild_free(wild *w)
{
    recur_driven_destroy(w->driven);
}
