/* The forgetting curve: one input is exchanged, and the state goes on; how far can it still be seen?
 *
 * Each sequence runs twice side by side, as it is and with one input from elsewhere in the data, at places drawn at random.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "diag/probe.h"

enum { ROUNDS = 4, TRIES = 16 }; /* places in each sequence; draws for an input that is another one */

static const double   REACH = 1e-2;
static const uint64_t PLACES = UINT64_C(0x666f7267) << 32; /* the stream of the seed */

/* What is summed of a lane. */
typedef struct lane_sum {
    const recur_lane *lane;
    const ri_stack   *stack;
    int64_t           k, lags;
    int64_t          *count;
    double           *sum;
    double           *before, *after; /* [P] room for a row each */
} lane_sum;

/* A run: the sequences and, behind them, those with an exchanged input. */
typedef struct pairing {
    recur_probe *p;
    uint64_t     drawn; /* numbers of the stream so far */
    ri_sequence *both;  /* [2n] */
    int64_t     *place; /* [n] the step of the stack that reads what was exchanged; -1: there is none */
} pairing;

static int64_t draw(pairing *a, int64_t n)
{
    int64_t i = (int64_t)(ri_uniform(a->p->seed, PLACES, a->drawn++) * (double)n);
    return i < n ? i : n - 1;
}

/* ---- exchanging ---- */

static bool is_same(const recur_probe *p, const ri_sequence *s, int64_t t, const ri_sequence *o, int64_t u)
{
    size_t F = s->rows ? (size_t)p->model->spec.classify.features : 0;
    if (s->rows) return memcmp(s->rows + (size_t)t * F, o->rows + (size_t)u * F, F * sizeof(float)) == 0;
    return s->ids[t] == o->ids[u] && (!s->forms || s->forms[t] == o->forms[u]);
}

static int32_t *copy_ids(recur_probe *p, const int32_t *ids, int64_t n)
{
    int32_t *copy = ri_probe_spare(p, n, sizeof *copy);
    if (copy) memcpy(copy, ids, (size_t)n * sizeof *copy);
    return copy;
}

/* Step t of s becomes step u of o. */
static bool exchange(recur_probe *p, ri_sequence *s, int64_t t, const ri_sequence *o, int64_t u)
{
    if (s->rows) {
        size_t F = (size_t)p->model->spec.classify.features;
        float *rows = ri_probe_spare(p, s->n, F * sizeof *rows);
        if (!rows) return false;
        memcpy(rows, s->rows, (size_t)s->n * F * sizeof *rows);
        memcpy(rows + (size_t)t * F, o->rows + (size_t)u * F, F * sizeof *rows);
        s->rows = rows;
        return true;
    }
    int32_t *ids = copy_ids(p, s->ids, s->n), *forms = s->forms ? copy_ids(p, s->forms, s->n) : NULL;
    if (!ids || (s->forms && !forms)) return false;
    ids[t] = o->ids[u];
    if (forms) forms[t] = o->forms[u];
    s->ids = ids;
    s->forms = forms;
    return true;
}

/* Exchange a token that the decoder reads. */
static recur_status change_target(pairing *a, ri_sequence *s, int64_t *place)
{
    int64_t t = draw(a, s->n_target);
    *place = -1;
    for (int i = 0; i < TRIES; i++) {
        const ri_sequence *o = &a->p->sequences[draw(a, a->p->n)];
        int32_t            other = o->target[draw(a, o->n_target)];
        if (other == s->target[t]) continue;
        int32_t *target = copy_ids(a->p, s->target, s->n_target);
        if (!target) return ri_probe_no_memory(a->p);
        target[t] = other;
        s->target = target;
        *place = t + 1; /* the mark comes first */
        return RECUR_OK;
    }
    return RECUR_OK;
}

static recur_status change_input(pairing *a, ri_sequence *s, int64_t *place)
{
    recur_probe *p = a->p;
    int64_t      t = draw(a, s->n);
    bool         is_backwards = p->model->seq2seq && p->model->spec.seq2seq.reverse_source;
    *place = -1;
    for (int i = 0; i < TRIES; i++) {
        const ri_sequence *o = &p->sequences[draw(a, p->n)];
        int64_t            u = draw(a, o->n);
        if (is_same(p, s, t, o, u)) continue;
        if (!exchange(p, s, t, o, u)) return ri_probe_no_memory(p);
        *place = is_backwards ? s->n - 1 - t : t;
        return RECUR_OK;
    }
    return RECUR_OK;
}

/* ---- measuring ---- */

static double distance(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

static double norm(const double *a, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * a[i];
    return sqrt(sum);
}

/* Sequence i of a group of n, from the exchanged step on. */
static void compare(recur_probe *p, const ri_walk *walk, int64_t i, int64_t n, int64_t steps, int64_t place,
                    lane_sum *lane)
{
    int64_t P = lane->lane->outputs;
    for (int64_t lag = 0;; lag++) {
        int64_t             t = lane->lane->is_reverse ? place - lag : place + lag;
        const ri_rnn_trace *trace;
        if (t < 0 || t >= steps) return;
        int64_t row = ri_walk_row(walk, i, t, &trace);
        ri_probe_read(p, trace->values.h, lane->k, row, false, lane->before);
        row = ri_walk_row(walk, n + i, t, &trace);
        ri_probe_read(p, trace->values.h, lane->k, row, false, lane->after);
        double size = norm(lane->before, P);
        if (!(size > 0)) continue;
        lane->sum[lag] += distance(lane->before, lane->after, P) / size;
        lane->count[lag]++;
    }
}

/* One round over all sequences, exchanging what one kind of stack reads. */
static recur_status round_of(pairing *a, bool of_decoder, lane_sum *lanes, int64_t n_lanes)
{
    recur_probe *p = a->p;
    recur_status status = RECUR_OK;
    for (int64_t first = 0, n; first < p->n && !status; first += n) {
        recur_var loss;
        n = (ri_probe_group(p, p->sequences, first, p->n) + 1) / 2;
        for (int64_t i = 0; i < n && !status; i++) {
            a->both[i] = a->both[n + i] = p->sequences[first + i];
            status = of_decoder ? change_target(a, &a->both[n + i], &a->place[i])
                                : change_input(a, &a->both[n + i], &a->place[i]);
        }
        if (!status) status = ri_probe_put(p, 2 * n, a->both, NULL, RI_VALUES, &loss);
        for (int64_t l = 0; l < n_lanes && !status; l++) {
            ri_walk walk;
            if (lanes[l].stack->is_decoder != of_decoder) continue;
            status = ri_probe_walk(p, lanes[l].stack, &walk);
            for (int64_t i = 0; i < n && !status; i++)
                if (a->place[i] >= 0)
                    compare(p, &walk, i, n, ri_probe_steps(p, lanes[l].stack, &a->both[i]), a->place[i],
                            &lanes[l]);
        }
    }
    return status;
}

/* ---- what it says ---- */

static lane_sum *begin(recur_probe *p, int64_t *n)
{
    lane_sum         *lanes = ri_probe_spare(p, p->n_lanes, sizeof *lanes);
    const recur_lane *at = p->lanes;
    *n = 0;
    for (int s = 0; lanes && s < p->n_stacks; s++) {
        const ri_stack *stack = &p->stacks[s];
        for (int64_t k = 0; k < stack->rnn->L * stack->rnn->D; k++, at++) {
            if (stack->is_speller) continue;
            lane_sum *lane = &lanes[(*n)++];
            *lane = (lane_sum){.lane = at, .stack = stack, .k = k};
            for (int64_t i = 0; i < p->n; i++) {
                int64_t steps = ri_probe_steps(p, stack, &p->sequences[i]);
                if (steps > lane->lags) lane->lags = steps;
            }
            lane->count = ri_probe_keep(p, lane->lags, sizeof *lane->count);
            lane->sum = ri_probe_keep(p, lane->lags, sizeof *lane->sum);
            lane->before = ri_probe_spare(p, at->outputs, sizeof *lane->before);
            lane->after = ri_probe_spare(p, at->outputs, sizeof *lane->after);
            if (!lane->count || !lane->sum || !lane->before || !lane->after) return NULL;
        }
    }
    return lanes;
}

/* Lags that no sequence reached from its place are left out at the end. */
static recur_lane_memory conclude(const lane_sum *lane)
{
    recur_lane_memory m = {.lane = *lane->lane, .count = lane->count, .difference = lane->sum};
    while (m.lags < lane->lags && lane->count[m.lags]) {
        lane->sum[m.lags] /= (double)lane->count[m.lags];
        m.lags++;
    }
    for (int64_t k = 0; k < m.lags; k++)
        if (m.difference[k] >= REACH * m.difference[0] && m.difference[k] > 0) m.reach = k;
    m.is_open = m.lags > 0 && m.reach == m.lags - 1;
    return m;
}

static recur_status run_all(recur_probe *p, recur_forgetting *forgetting)
{
    int64_t            n;
    pairing            a = {.p = p};
    lane_sum          *lanes = begin(p, &n);
    recur_lane_memory *out = lanes ? ri_probe_keep(p, n, sizeof *out) : NULL;
    a.both = ri_probe_spare(p, 2 * p->n, sizeof *a.both);
    a.place = ri_probe_spare(p, p->n, sizeof *a.place);
    if (!out || !a.both || !a.place) return ri_probe_no_memory(p);
    recur_status status = RECUR_OK;
    for (int i = 0; i < ROUNDS && !status; i++) {
        status = round_of(&a, false, lanes, n);
        if (!status && p->model->seq2seq) status = round_of(&a, true, lanes, n);
    }
    if (status) return status;
    for (int64_t l = 0; l < n; l++) out[l] = conclude(&lanes[l]);
    *forgetting = (recur_forgetting){.n = n, .lanes = out};
    return RECUR_OK;
}

recur_status recur_probe_forgetting(recur_probe *p, recur_forgetting *forgetting)
{
    return p && forgetting ? ri_probe_end(p, run_all(p, forgetting)) : RECUR_EARG;
}
