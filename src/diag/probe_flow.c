/* Gradient flow: how the gradient of the loss at one step fades, going back in time.
 *
 *   relative(k) = |dL/ds_(t-k)| / |dL/ds_t|      s: h, and c of an LSTM; total derivatives, through all paths between
 *
 * For a state carried by a matrix of gain g this falls or grows as g^k (Hochreiter 1991; Bengio, Simard and Frasconi 1994; Pascanu et al.
 * 2013); along c the factor of a step is its forget gate. Sums are of logarithms: norms of different sequences differ by powers of ten, and the arithmetic
 * mean would be the greatest one.
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>

#include "diag/probe.h"

static const double HORIZON = 1e-2, FIT_ABOVE = 1e-12;

struct ri_flow_sums {
    const recur_lane *lane;
    const ri_stack   *stack;
    int64_t           k, lags, n; /* n: sequences */
    int64_t          *count;
    double           *h, *c; /* [lags] of logarithms of relative norms; c NULL unless LSTM */
    double            h_start, c_start;
};

/* Lanes that are followed: all but the speller's. */
static int64_t lanes_of(const recur_probe *p)
{
    int64_t n = 0;
    for (int s = 0; s < p->n_stacks; s++)
        if (!p->stacks[s].is_speller) n += p->stacks[s].rnn->L * p->stacks[s].rnn->D;
    return n;
}

recur_status ri_flow_begin(recur_probe *p, ri_take take, ri_flow_sums **sums)
{
    ri_flow_sums *lane = *sums = take(p, lanes_of(p), sizeof *lane);
    if (!lane) return ri_probe_no_memory(p);
    for (int s = 0, at = 0; s < p->n_stacks; s++) {
        const ri_stack *stack = &p->stacks[s];
        int64_t         lags = 0;
        for (int64_t i = 0; i < p->n; i++) {
            int64_t steps = ri_probe_steps(p, stack, &p->sequences[i]);
            if (steps > lags) lags = steps;
        }
        if (stack->is_decoder) lags--; /* the mark is not followed */
        for (int64_t k = 0; k < stack->rnn->L * stack->rnn->D; k++, at++) {
            if (stack->is_speller) continue;
            *lane = (ri_flow_sums){.lane = &p->lanes[at], .stack = stack, .k = k, .lags = lags};
            lane->count = take(p, lags, sizeof *lane->count);
            lane->h = take(p, lags, sizeof *lane->h);
            bool is_lstm = lane->lane->cell == RECUR_LSTM;
            if (is_lstm) lane->c = take(p, lags, sizeof *lane->c);
            if (!lane->count || !lane->h || (is_lstm && !lane->c)) return ri_probe_no_memory(p);
            lane++;
        }
    }
    return RECUR_OK;
}

/* ---- a pass ---- */

bool ri_flow_wants(const recur_probe *p, ri_flow_pass pass)
{
    return pass == RI_FLOW_LAST || (p->model->tag && p->model->rnn->D == 2);
}

/* The step whose loss is followed: a classifier has one, whatever is asked. */
static int64_t asked_of(const recur_probe *p, ri_flow_pass pass, const ri_sequence *s)
{
    if (pass == RI_FLOW_FIRST) return 0;
    return p->model->seq2seq ? s->n_target - 1 : s->n - 1;
}

static bool is_followed(const recur_probe *p, ri_flow_pass pass, const ri_flow_sums *lane)
{
    return !p->model->tag || lane->lane->is_reverse == (pass == RI_FLOW_FIRST);
}

/* Follow one sequence, number b of its group. */
static void follow(const recur_probe *p, const ri_walk *walk, int64_t b, const ri_sequence *s,
                   ri_flow_sums *lane)
{
    bool    is_lstm = lane->c != NULL;
    int64_t steps = ri_probe_steps(p, lane->stack, s) - lane->stack->is_decoder;
    double  h_start = 0, c_start = 0;
    for (int64_t lag = 0; lag < steps; lag++) {
        const ri_rnn_trace *trace;
        int64_t             t = lane->lane->is_reverse ? lag : steps - 1 - lag;
        int64_t             row = ri_walk_row(walk, b, t, &trace);
        double              h = ri_probe_gradient(p, trace->values.h, lane->k, row);
        double              c = is_lstm ? ri_probe_gradient(p, trace->values.c, lane->k, row) : 1;
        if (lag == 0) {
            if (h < FLT_MIN || c < FLT_MIN) return;
            h_start = log(h);
            c_start = log(c);
            lane->h_start += h_start;
            lane->c_start += c_start;
            lane->n++;
        }
        lane->h[lag] += log(fmax(h, FLT_MIN)) - h_start;
        if (is_lstm) lane->c[lag] += log(fmax(c, FLT_MIN)) - c_start;
        lane->count[lag]++;
    }
}

recur_status ri_flow_run(recur_probe *p, ri_flow_pass pass, int64_t first, int64_t n, ri_flow_sums *sums,
                         double *loss)
{
    const ri_sequence *s = p->sequences + first;
    int64_t           *asked = ri_probe_spare(p, n, sizeof *asked);
    recur_var          v;
    if (!asked) return ri_probe_no_memory(p);
    for (int64_t i = 0; i < n; i++) asked[i] = asked_of(p, pass, &s[i]);
    recur_status status = ri_probe_put(p, n, s, asked, RI_GRADIENTS, &v);
    if (status) return status;
    if (loss) *loss += recur_scalar(p->tape, v);
    status = recur_backward(p->tape, v);
    recur_params_zero_grad(p->model->params);
    for (int64_t l = 0; l < lanes_of(p) && !status; l++) {
        ri_walk walk;
        if (!is_followed(p, pass, &sums[l])) continue;
        status = ri_probe_walk(p, sums[l].stack, &walk);
        for (int64_t i = 0; i < n && !status; i++) follow(p, &walk, i, &s[i], &sums[l]);
    }
    return status;
}

/* ---- what it says ---- */

/* Horizon, rate and peak of the greater of h and c. */
static void conclude(recur_lane_flow *f)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    bool   is_fitting = true;
    f->rate = NAN;
    for (int64_t k = 0; k < f->lags && f->count[k]; k++) {
        double value = f->c ? fmax(f->h[k], f->c[k]) : f->h[k], at = (double)k, log_value = log(value);
        if (value >= HORIZON) f->horizon = k;
        if (value > f->peak) f->peak = value;
        f->is_open = f->horizon == k;
        is_fitting = is_fitting && value >= FIT_ABOVE;
        if (!is_fitting) continue;
        n += 1;
        x += at;
        y += log_value;
        xx += at * at;
        xy += at * log_value;
    }
    if (n >= 2) f->rate = exp((n * xy - x * y) / (n * xx - x * x));
}

recur_status ri_flow_end(recur_probe *p, ri_take take, const ri_flow_sums *sums, recur_flow *flow)
{
    int64_t          n = lanes_of(p);
    recur_lane_flow *lanes = take(p, n, sizeof *lanes);
    if (!lanes) return ri_probe_no_memory(p);
    for (int64_t l = 0; l < n; l++) {
        const ri_flow_sums *s = &sums[l];
        double              each = s->n ? 1 / (double)s->n : NAN;
        for (int64_t k = 0; k < s->lags; k++) {
            s->h[k] = exp(s->h[k] / (double)s->count[k]);
            if (s->c) s->c[k] = exp(s->c[k] / (double)s->count[k]);
        }
        lanes[l] = (recur_lane_flow){.lane = *s->lane,
                                     .lags = s->lags,
                                     .count = s->count,
                                     .h = s->h,
                                     .c = s->c,
                                     .h_start = exp(s->h_start * each),
                                     .c_start = s->c ? exp(s->c_start * each) : NAN};
        conclude(&lanes[l]);
    }
    *flow = (recur_flow){.n = n, .lanes = lanes};
    return RECUR_OK;
}

static recur_status run_all(recur_probe *p, recur_flow *flow)
{
    ri_flow_sums *sums;
    recur_status  status = ri_flow_begin(p, ri_probe_keep, &sums);
    for (int64_t first = 0, n; first < p->n && !status; first += n) {
        n = ri_probe_group(p, p->sequences, first, p->n);
        status = ri_flow_run(p, RI_FLOW_LAST, first, n, sums, NULL);
        if (!status && ri_flow_wants(p, RI_FLOW_FIRST))
            status = ri_flow_run(p, RI_FLOW_FIRST, first, n, sums, NULL);
    }
    return status ? status : ri_flow_end(p, ri_probe_keep, sums, flow);
}

recur_status recur_probe_flow(recur_probe *p, recur_flow *flow)
{
    return p && flow ? ri_probe_end(p, run_all(p, flow)) : RECUR_EARG;
}
