/* The gradient of a stack's last state by its inputs, measured and predicted.
 *
 * The prediction follows squared norms, as if every matrix were drawn anew at each step (Poole et al. 2016; Schoenholz et al. 2017). In layer l,
 * with weights of variance v, E over z in N(0,1), and m the mean square of its input, of size n,
 *
 *   q = g^2 E[tanh^2(sqrt(q) z)] + s^2      g^2 = H v_hh,  s^2 = n v_ih m + variance of the two biases
 *   d = E[sech^4(sqrt(q) z)]                 so that exp(2 lambda1) = g^2 d            (relu: q = g^2 q/2 + s^2, d = 1/2)
 *   P_l(t) = g_l^2 d_l P_l(t+1) + H v_ih d_(l+1) P_(l+1)(t)      P_top(T-1) = H: the loss is a sum
 *
 * is the squared gradient by h of layer l, and I v_ih d_0 P_0(t) that by x. In one layer this is a straight line of slope lambda1.
 * SPDX-License-Identifier: MIT */
#include "reach.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"

/* ---- a stack and how it starts ---- */

static int64_t count_of(const recur_params *params, int64_t index)
{
    recur_tensor_info info;
    return recur_params_info(params, index, &info) ? 0 : info.count;
}

/* Multiply a tensor; by 0 to clear it. */
static recur_status multiply(recur_params *params, int64_t index, double by)
{
    int64_t      n = count_of(params, index);
    double      *values = need_memory((size_t)n, sizeof *values);
    recur_status status = recur_params_get(params, index, values);
    for (int64_t i = 0; i < n; i++) values[i] = by == 0 ? 0 : values[i] * by;
    if (!status) status = recur_params_set(params, index, values);
    free(values);
    return status;
}

/* Set the rows of one gate in a bias. */
static recur_status set_gate(recur_params *params, int64_t index, int64_t gate, int64_t hidden, double value)
{
    double *values = need_memory((size_t)hidden, sizeof *values);
    for (int64_t j = 0; j < hidden; j++) values[j] = value;
    recur_status status = recur_params_set_rows(params, index, gate * hidden, hidden, values);
    free(values);
    return status;
}

static int64_t tensor_of(const recur_params *params, const char *kind, int64_t layer)
{
    char name[64];
    snprintf(name, sizeof name, "%s_l%lld", kind, (long long)layer);
    return recur_params_find(params, name);
}

enum { FORGET = 1, UPDATE = 1 }; /* gates, in PyTorch's order */

static recur_status adjust(recur_params *params, const reach *r, int64_t layer)
{
    const recur_rnn_spec *s = &r->spec;
    int64_t               ih = tensor_of(params, "bias_ih", layer), hh = tensor_of(params, "bias_hh", layer);
    recur_status          status = RECUR_OK;
    if (r->gain != 1) status = multiply(params, tensor_of(params, "weight_hh", layer), r->gain);
    if (!status && r->zero_biases) status = multiply(params, ih, 0);
    if (!status && r->zero_biases) status = multiply(params, hh, 0);
    if (!status && r->zero_biases && s->set_forget_bias)
        status = set_gate(params, ih, FORGET, s->hidden, s->forget_bias);
    if (!status && r->set_update_bias) status = set_gate(params, ih, UPDATE, s->hidden, r->update_bias);
    if (!status && r->set_update_bias) status = set_gate(params, hh, UPDATE, s->hidden, 0);
    return status;
}

/* ---- measured ---- */

/* Norms that a state too large for float32 leaves are none. */
static recur_status flow(recur_tape *tape, recur_params *params, const recur_rnn *rnn, int64_t noise,
                         int64_t steps, double *norms)
{
    recur_var    x = recur_param(tape, params, noise);
    recur_seq    y = recur_rnn_apply(tape, rnn, x, NULL, RECUR_NO_STATE);
    recur_var    loss = recur_sum(tape, recur_pick_step(tape, y.output, steps - 1));
    recur_status status = recur_backward(tape, loss);
    if (!status) status = recur_gradient_flow(tape, x, norms);
    for (int64_t t = 0; t < steps && !isfinite(recur_scalar(tape, loss)); t++) norms[t] = NAN;
    return status;
}

recur_status reach_measure(recur_ctx *ctx, const reach *r, uint64_t seed, double *norms)
{
    recur_params *params = NULL;
    recur_rnn    *rnn = NULL;
    recur_tape   *tape = NULL;
    int64_t       noise = 0;
    recur_status  status = recur_params_create(ctx, seed, &params);
    if (!status) status = recur_rnn_create(params, "", &r->spec, &rnn);
    for (int64_t l = 0; !status && l < recur_rnn_get_spec(rnn)->layers; l++) status = adjust(params, r, l);
    if (!status)
        status = recur_params_add(params, "noise", RECUR_SHAPE(r->steps, 1, r->spec.input),
                                  (recur_init){RECUR_INIT_NORMAL, r->input_sd}, &noise);
    if (!status) status = recur_tape_create(ctx, &tape);
    if (!status) status = flow(tape, params, rnn, noise, r->steps, norms);
    recur_tape_destroy(tape);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
    return status;
}

int64_t reach_horizon(const double *norms, int64_t steps, double share)
{
    int64_t t = 0;
    while (t < steps - 1 && !(norms[t] >= share * norms[steps - 1])) t++;
    return steps - 1 - t;
}

/* ---- predicted ---- */

/* The variances of what a layer starts from. */
typedef struct variances {
    double ih, hh, bias;
} variances;

static bool is_random(const reach *r, variances *v)
{
    const recur_init init = r->spec.init;
    double           hidden = (double)r->spec.hidden, each = 1 / (3 * hidden);
    if (r->spec.cell == RECUR_LSTM || r->spec.cell == RECUR_GRU || init.kind == RECUR_INIT_IDENTITY)
        return false;
    if (init.kind == RECUR_INIT_UNIFORM) each = init.value * init.value / 3;
    *v = (variances){each, each, r->zero_biases ? 0 : 2 * each};
    if (init.kind == RECUR_INIT_ORTHOGONAL) *v = (variances){each, 1 / hidden, 0};
    v->hh *= r->gain * r->gain;
    return true;
}

/* Return lambda1 of a layer, and the mean square of its outputs: infinite for relu at a gain that lets its state grow. */
static double field(recur_cell cell, double g2, double s2, double *mean_square)
{
    double q = 0, rate;
    if (cell == RECUR_RNN_RELU) {
        *mean_square = g2 < 2 ? s2 / (2 - g2) : HUGE_VAL;
        return log(g2 / 2) / 2;
    }
    rate = recur_mean_field(sqrt(g2), s2, &q);
    *mean_square = (q - s2) / g2;
    return rate;
}

static double log_add(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return low == -HUGE_VAL ? high : high + log1p(exp(low - high));
}

bool reach_predict(const reach *r, double *log_norms, double *rate)
{
    variances v;
    if (!is_random(r, &v)) return false;
    int64_t layers = r->spec.layers ? r->spec.layers : 1, T = r->steps;
    double  hidden = (double)r->spec.hidden, g2 = hidden * v.hh;
    double  n = (double)r->spec.input, m = r->input_sd * r->input_sd;
    double *down =
        need_memory((size_t)layers, sizeof *down);      /* log of what P gains on its way to the input */
    double *p = need_memory((size_t)layers, sizeof *p); /* log P_l(t) */
    for (int64_t l = 0; l < layers; l++) {
        double s2 = n * v.ih * m + v.bias;
        rate[l] = field(r->spec.cell, g2, s2, &m);
        down[l] = log(n * v.ih) + 2 * rate[l] - log(g2);
        n = hidden;
        p[l] = -HUGE_VAL;
    }
    for (int64_t t = T - 1; t >= 0; t--) {
        for (int64_t l = layers - 1; l >= 0; l--) {
            p[l] += 2 * rate[l];
            if (l == layers - 1 && t == T - 1) p[l] = log(hidden);
            if (l < layers - 1) p[l] = log_add(p[l], down[l + 1] + p[l + 1]);
        }
        log_norms[t] = (down[0] + p[0]) / 2;
    }
    free(down);
    free(p);
    return true;
}
