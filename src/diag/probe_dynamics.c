/* Lanes of a trained model as dynamical systems along its data.
 *
 * A stack is a chain of drives: a layer reads what is below it and tells nothing back, so the Jacobian of the whole is block triangular and
 * each lane can be examined by itself, reverse ones too, which have steps in their own time. What a lane reads is taken from the trace, its state
 * after the first step likewise, and the rest is recur_lyapunov on a copy in float64.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "diag/probe.h"
#include "recur/dynamics.h"

enum { ORBITS = 4, LEAST_STEPS = 4, SETTLE = 16, MOST_STATE = 256, PLACES = 3 };

/* One lane under examination. */
typedef struct driven_lane {
    recur_probe      *p;
    recur_ctx        *ctx; /* of float64 */
    const recur_lane *lane;
    const ri_stack   *stack;
    int64_t           k, I, n;
    recur_params     *params;
    recur_rnn        *rnn;                          /* this lane alone */
    double           *state, *inputs;               /* [n]; [steps,I] room for the longest */
    double           *jacobian, *values, *singular; /* [n,n], [n], [n] where it is small enough */
    int64_t           n_orbits, n_places, steps;
    double            sum, square; /* of exponents, weighted by their steps */
} driven_lane;

/* A failure in the other context becomes one of the probe's. */
static recur_status told(const driven_lane *d, recur_status status)
{
    if (!status || d->ctx == d->p->ctx) return status;
    return RI_FAIL(d->p->ctx, status, "%s", recur_error(d->ctx));
}

/* ---- the lane alone ---- */

static recur_status copy_tensor(driven_lane *d, int64_t to, int64_t from)
{
    if (from < 0) return RECUR_OK;
    const recur_params *params = d->stack->rnn->params;
    recur_tensor_info   info;
    recur_status        status = recur_params_info(params, from, &info);
    double             *values = status ? NULL : ri_probe_group_take(d->p, info.count, sizeof *values);
    if (!values) return ri_probe_no_memory(d->p);
    status = recur_params_get(params, from, values);
    return status ? status : told(d, recur_params_set(d->params, to, values));
}

static recur_status copy_lane(driven_lane *d)
{
    const recur_rnn *from = d->stack->rnn;
    recur_rnn_spec   spec = {.cell = from->spec.cell,
                             .input = d->I,
                             .hidden = from->spec.hidden,
                             .projection = from->spec.projection,
                             .no_bias = from->spec.no_bias,
                             .reset_before = from->spec.reset_before,
                             .init = {RECUR_INIT_CONSTANT, 0}};
    recur_status     status = recur_params_create(d->ctx, 0, &d->params);
    if (!status) status = recur_rnn_create(d->params, "", &spec, &d->rnn);
    if (status) return told(d, status);
    const ri_rnn_tensors *a = &d->rnn->tensors[0], *b = &from->tensors[d->k];
    status = copy_tensor(d, a->w_ih, b->w_ih);
    if (!status) status = copy_tensor(d, a->w_hh, b->w_hh);
    if (!status) status = copy_tensor(d, a->b_ih, b->b_ih);
    if (!status) status = copy_tensor(d, a->b_hh, b->b_hh);
    if (!status) status = copy_tensor(d, a->w_hr, b->w_hr);
    return status;
}

/* ---- what it reads ---- */

/* Row of what the lane reads, [I]: the stack's input, or the outputs of the layer below. */
static void read_input(const driven_lane *d, const ri_rnn_trace *trace, int64_t row, double *out)
{
    int64_t        D = d->stack->rnn->D, layer = d->k / D;
    const ri_node *x = ri_tape_at(d->p->tape, trace->x);
    if (layer > 0) {
        for (int64_t i = 0; i < D; i++)
            ri_probe_read(d->p, trace->values.h, (layer - 1) * D + i, row, false, out + i * d->lane->outputs);
    } else if (x->ids) {
        memset(out, 0, (size_t)d->I * sizeof *out);
        out[x->ids[row]] = 1;
    } else {
        d->p->ctx->dev->read(d->p->ctx, d->I, ri_at(d->p->ctx, x->value, row * d->I), out);
    }
}

/* The state after the lane's first step of sequence b, and what it reads from the second on. */
static void take_orbit(driven_lane *d, const ri_walk *walk, int64_t b, int64_t T)
{
    for (int64_t i = 0; i < T; i++) {
        const ri_rnn_trace *trace;
        int64_t             row = ri_walk_row(walk, b, d->lane->is_reverse ? T - 1 - i : i, &trace);
        if (i > 0) {
            read_input(d, trace, row, d->inputs + (i - 1) * d->I);
            continue;
        }
        ri_probe_read(d->p, trace->values.h, d->k, row, false, d->state);
        if (trace->values.c.id)
            ri_probe_read(d->p, trace->values.c, d->k, row, false, d->state + d->lane->outputs);
    }
}

/* ---- along one sequence ---- */

/* Singular values of a step's Jacobian, in the middle of the sequence. */
static recur_status add_singular(driven_lane *d, const recur_system *system, int64_t steps)
{
    if (!d->singular || d->n_places == PLACES) return RECUR_OK;
    double *state = d->values; /* it is free until the values are known */
    memcpy(state, d->state, (size_t)d->n * sizeof *state);
    recur_status status = RECUR_OK;
    for (int64_t t = 0; t < steps / 2 && !status; t++) {
        status = system->advance(system->user, t, state, d->jacobian);
        memcpy(state, d->jacobian, (size_t)d->n * sizeof *state);
    }
    if (!status) status = recur_system_jacobian(system, steps / 2, state, d->jacobian);
    if (!status) status = recur_singular_values(d->ctx, d->n, d->n, d->jacobian, d->values);
    if (status) return status;
    for (int64_t i = 0; i < d->n; i++) d->singular[i] += d->values[i];
    d->n_places++;
    return RECUR_OK;
}

static recur_status add_orbit(driven_lane *d, int64_t T)
{
    recur_driven *driven = NULL;
    int64_t       steps = T - 1, settle = steps / 4 < SETTLE ? steps / 4 : SETTLE;
    recur_status  status = recur_driven_create(d->ctx, d->rnn, steps, d->inputs, &driven);
    double        exponent = 0;
    if (!status) {
        recur_system        system = recur_driven_system(driven);
        recur_lyapunov_opts opts = {.k = 1, .steps = steps - settle, .settle = settle, .seed = d->p->seed};
        status = recur_lyapunov(d->ctx, &system, d->state, &opts, &exponent, NULL);
        if (!status) status = add_singular(d, &system, steps);
    }
    recur_driven_destroy(driven);
    if (status) return told(d, status);
    double weight = (double)(steps - settle);
    d->sum += weight * exponent;
    d->square += weight * exponent * exponent;
    d->steps += steps - settle;
    d->n_orbits++;
    return RECUR_OK;
}

/* ---- a lane, all lanes ---- */

static recur_status run_lane(driven_lane *d, const ri_sequence *sequences, int64_t n, int64_t longest)
{
    recur_probe *p = d->p;
    ri_walk      walk;
    d->state = ri_probe_spare(p, d->n, sizeof *d->state);
    d->inputs = ri_probe_spare(p, longest, (size_t)d->I * sizeof *d->inputs);
    bool is_small = d->n <= MOST_STATE;
    if (is_small) {
        d->jacobian = ri_probe_spare(p, d->n, (size_t)d->n * sizeof *d->jacobian);
        d->values = ri_probe_spare(p, d->n, sizeof *d->values);
        d->singular = ri_probe_keep(p, d->n, sizeof *d->singular);
    }
    if (!d->state || !d->inputs || (is_small && (!d->jacobian || !d->values || !d->singular)))
        return ri_probe_no_memory(p);
    recur_status status = copy_lane(d);
    if (!status) status = ri_probe_walk(p, d->stack, &walk);
    for (int64_t b = 0; b < n && !status; b++) {
        int64_t T = ri_probe_steps(p, d->stack, &sequences[b]);
        if (T < LEAST_STEPS) continue;
        take_orbit(d, &walk, b, T);
        status = add_orbit(d, T);
    }
    return status;
}

static recur_lane_dynamics conclude(const driven_lane *d)
{
    recur_lane_dynamics out = {.lane = *d->lane, .n = d->n, .steps = d->steps, .lyapunov = NAN, .error = NAN};
    if (!d->steps) return out;
    double steps = (double)d->steps, mean = d->sum / steps, spread = d->square / steps - mean * mean;
    out.lyapunov = mean;
    if (d->n_orbits > 1) out.error = sqrt(fmax(spread, 0) / (double)(d->n_orbits - 1));
    for (int64_t i = 0; d->singular && i < d->n; i++) d->singular[i] /= (double)d->n_places;
    out.singular = d->singular;
    return out;
}

static recur_status examine(recur_probe *p, recur_ctx *ctx, recur_lanes_dynamics *dynamics)
{
    int64_t   n = p->n < ORBITS ? p->n : ORBITS, fit = ri_probe_group(p, p->sequences, 0, p->n), longest = 0;
    recur_var loss;
    if (fit < n) n = fit;
    recur_lane_dynamics *lanes = ri_probe_keep(p, p->n_lanes, sizeof *lanes), *out = lanes;
    if (!lanes) return ri_probe_no_memory(p);
    const recur_lane *at = p->lanes;
    recur_status      status = ri_probe_put(p, n, p->sequences, NULL, RI_VALUES, &loss);
    for (int s = 0; s < p->n_stacks && !status; s++) {
        const recur_rnn *rnn = p->stacks[s].rnn;
        for (int64_t b = 0; b < n && !p->stacks[s].is_speller; b++) {
            int64_t T = ri_probe_steps(p, &p->stacks[s], &p->sequences[b]);
            if (T > longest) longest = T;
        }
        for (int64_t k = 0; k < rnn->L * rnn->D && !status; k++, at++) {
            if (p->stacks[s].is_speller) continue;
            driven_lane d = {.p = p, .ctx = ctx, .lane = at, .stack = &p->stacks[s], .k = k};
            d.I = k / rnn->D ? rnn->D * rnn->P : rnn->spec.input;
            d.n = rnn->P + (rnn->spec.cell == RECUR_LSTM ? rnn->H : 0);
            status = run_lane(&d, p->sequences, n, longest);
            recur_rnn_destroy(d.rnn);
            recur_params_destroy(d.params);
            if (!status) *out++ = conclude(&d);
        }
    }
    *dynamics = (recur_lanes_dynamics){.n = out - lanes, .lanes = lanes};
    return status;
}

recur_status recur_probe_dynamics(recur_probe *p, recur_lanes_dynamics *dynamics)
{
    if (!p || !dynamics) return RECUR_EARG;
    recur_ctx_opts opts = p->ctx->opts;
    recur_ctx     *wide = NULL;
    opts.dtype = RECUR_F64;
    opts.threads = 1; /* a step of one vector is too little to share */
    recur_status status = RECUR_OK;
    if (p->ctx->opts.dtype != RECUR_F64) status = recur_ctx_create(&opts, &wide);
    if (status) return RI_FAIL(p->ctx, status, "no context of float64 could be made");
    status = examine(p, wide ? wide : p->ctx, dynamics);
    recur_ctx_destroy(wide);
    return ri_probe_end(p, status);
}
