/* What gates and units do over the data: time constants, saturation, units that do nothing.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diag/probe.h"

static const double LOW = 0.05, HIGH = 0.95, EDGE = 0.99, STILL = 1e-4;

/* One gate over all steps and units. */
typedef struct gate_sum {
    int64_t low, high;
    double  sum;
} gate_sum;

struct ri_gate_sums {
    const recur_lane *lane;
    const ri_stack   *stack;
    int64_t           k, rows, saturated;
    int               n_gates;
    gate_sum          gates[4];
    int64_t           bins[RECUR_TAU_BINS];
    double           *log_f;          /* [H]; NULL without a forget gate */
    double           *sum, *square;   /* [P] of h */
    double           *largest;        /* [P] of |h| */
    double           *first;          /* [P]: h at the first step; sums are of differences from it */
    double           *h, *c, *values; /* [P], [H], [G*H] room for a row */
};

static int gates_of(recur_cell cell)
{
    return cell == RECUR_LSTM ? 4 : cell == RECUR_GRU ? 3 : 0;
}

static const char *const names[2][4] = {{"i", "f", "g", "o"}, {"r", "z", "n", NULL}};

static bool is_tanh(recur_cell cell, int gate)
{
    return gate == 2 && (cell == RECUR_LSTM || cell == RECUR_GRU);
}

/* An LSTM's f, a GRU's z. */
enum { FORGET = 1 };

recur_status ri_gates_begin(recur_probe *p, ri_take take, bool with_gates, ri_gate_sums **sums)
{
    ri_gate_sums *lane = *sums = take(p, p->n_lanes, sizeof *lane);
    if (!lane) return ri_probe_no_memory(p);
    const recur_lane *at = p->lanes;
    for (int s = 0; s < p->n_stacks; s++)
        for (int64_t k = 0; k < p->stacks[s].rnn->L * p->stacks[s].rnn->D; k++, lane++, at++) {
            int64_t H = at->units, P = at->outputs;
            *lane = (ri_gate_sums){.lane = at, .stack = &p->stacks[s], .k = k};
            lane->n_gates = with_gates ? gates_of(at->cell) : 0;
            lane->sum = take(p, P, sizeof *lane->sum);
            lane->square = take(p, P, sizeof *lane->square);
            lane->largest = take(p, P, sizeof *lane->largest);
            lane->first = take(p, P, sizeof *lane->first);
            lane->h = take(p, P, sizeof *lane->h);
            lane->c = take(p, H, sizeof *lane->c);
            lane->values = take(p, 4 * H, sizeof *lane->values);
            lane->log_f = take(p, H, sizeof *lane->log_f);
            if (!lane->sum || !lane->square || !lane->largest || !lane->first || !lane->h || !lane->c ||
                !lane->values || !lane->log_f)
                return ri_probe_no_memory(p);
        }
    return RECUR_OK;
}

/* ---- one row ---- */

/* A gate that has rounded to 1 never lets go: without the question log_f, 0 there, would give minus infinity. */
static double time_constant(double log_f)
{
    return log_f >= 0 ? INFINITY : -1 / log_f;
}

static int bin_of(double log_f)
{
    double tau = time_constant(log_f);
    if (!(tau < ldexp(1, RECUR_TAU_BINS - 2))) return RECUR_TAU_BINS - 1;
    int bin = 0;
    while (tau >= ldexp(1, bin)) bin++;
    return bin;
}

static void add_gates(ri_gate_sums *lane)
{
    int64_t H = lane->lane->units;
    for (int g = 0; g < lane->n_gates; g++) {
        gate_sum *gate = &lane->gates[g];
        bool      is_odd = is_tanh(lane->lane->cell, g);
        double    low = is_odd ? -EDGE : LOW, high = is_odd ? EDGE : HIGH;
        for (int64_t j = 0; j < H; j++) {
            double value = lane->values[g * H + j];
            gate->sum += value;
            gate->low += value < low;
            gate->high += value > high;
            if (g != FORGET) continue;
            double log_f = log(fmax(value, 1e-300));
            lane->log_f[j] += log_f;
            lane->bins[bin_of(log_f)]++;
        }
    }
}

static void add_states(ri_gate_sums *lane)
{
    int64_t H = lane->lane->units, P = lane->lane->outputs;
    bool    is_lstm = lane->lane->cell == RECUR_LSTM;
    if (!lane->rows) memcpy(lane->first, lane->h, (size_t)P * sizeof *lane->h);
    for (int64_t j = 0; j < P; j++) {
        double x = lane->h[j], difference = x - lane->first[j];
        lane->sum[j] += difference;
        lane->square[j] += difference * difference;
        lane->largest[j] = fmax(lane->largest[j], fabs(x));
        if (!is_lstm && lane->lane->cell != RECUR_RNN_RELU) lane->saturated += fabs(x) > EDGE;
    }
    for (int64_t j = 0; is_lstm && j < H; j++) lane->saturated += fabs(tanh(lane->c[j])) > EDGE;
    lane->rows++;
}

recur_status ri_gates_add(recur_probe *p, ri_gate_sums *sums)
{
    for (int64_t l = 0; l < p->n_lanes; l++) {
        ri_gate_sums *lane = &sums[l];
        for (const ri_rnn_trace *t = p->tape->traces; t; t = t->next) {
            int64_t N = t->steps.offset[t->steps.T];
            if (t->rnn != lane->stack->rnn) continue;
            for (int64_t row = 0; row < N; row++) {
                ri_probe_read(p, t->values.h, lane->k, row, false, lane->h);
                if (t->values.c.id) ri_probe_read(p, t->values.c, lane->k, row, false, lane->c);
                if (lane->n_gates) ri_probe_read(p, t->values.gates, lane->k, row, false, lane->values);
                add_states(lane);
                add_gates(lane);
            }
        }
    }
    return RECUR_OK;
}

/* ---- what it says ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(recur_probe *p, const double *x, int64_t n)
{
    double *sorted = ri_probe_spare(p, n, sizeof *sorted);
    if (!sorted) return NAN;
    memcpy(sorted, x, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static void conclude_gates(recur_probe *p, const ri_gate_sums *s, recur_lane_gates *out)
{
    int64_t H = s->lane->units;
    double  all = (double)s->rows * (double)H;
    out->n_gates = s->n_gates;
    for (int g = 0; g < s->n_gates; g++)
        out->gates[g] = (recur_gate_use){.name = names[s->lane->cell == RECUR_GRU][g],
                                         .low = (double)s->gates[g].low / all,
                                         .high = (double)s->gates[g].high / all,
                                         .mean = s->gates[g].sum / all};
    out->has_tau = s->n_gates > FORGET;
    out->tau_median = NAN;
    if (!out->has_tau) return;
    for (int i = 0; i < RECUR_TAU_BINS; i++) out->tau[i] = (double)s->bins[i] / all;
    for (int64_t j = 0; j < H; j++) s->log_f[j] = time_constant(s->log_f[j] / (double)s->rows);
    out->unit_tau = s->log_f;
    out->tau_median = median(p, s->log_f, H);
}

static void conclude_units(const ri_gate_sums *s, bool *is_dead, recur_lane_gates *out)
{
    double n = (double)s->rows;
    bool   is_relu = s->lane->cell == RECUR_RNN_RELU;
    for (int64_t j = 0; j < s->lane->outputs; j++) {
        double mean = s->sum[j] / n;
        s->square[j] = sqrt(fmax(s->square[j] / n - mean * mean, 0));
        s->sum[j] = s->first[j] + mean;
        is_dead[j] = is_relu ? s->largest[j] == 0 : s->square[j] < STILL;
        out->n_dead += is_dead[j];
    }
    out->is_dead = is_dead;
    out->mean = s->sum;
    out->deviation = s->square;
    int64_t states = s->lane->cell == RECUR_LSTM ? s->lane->units : s->lane->outputs;
    out->saturated = (double)s->saturated / (n * (double)states);
}

recur_status ri_gates_end(recur_probe *p, ri_take take, const ri_gate_sums *sums, recur_gates *gates)
{
    recur_lane_gates *lanes = take(p, p->n_lanes, sizeof *lanes);
    if (!lanes) return ri_probe_no_memory(p);
    for (int64_t l = 0; l < p->n_lanes; l++) {
        bool *is_dead = take(p, sums[l].lane->outputs, sizeof *is_dead);
        if (!is_dead) return ri_probe_no_memory(p);
        lanes[l] = (recur_lane_gates){.lane = *sums[l].lane, .rows = sums[l].rows};
        conclude_gates(p, &sums[l], &lanes[l]);
        conclude_units(&sums[l], is_dead, &lanes[l]);
        if (lanes[l].has_tau && isnan(lanes[l].tau_median)) return ri_probe_no_memory(p);
    }
    *gates = (recur_gates){.n = p->n_lanes, .lanes = lanes};
    return RECUR_OK;
}

static recur_status run_all(recur_probe *p, recur_gates *gates)
{
    ri_gate_sums *sums;
    recur_status  status = ri_gates_begin(p, ri_probe_keep, true, &sums);
    for (int64_t first = 0, n; first < p->n && !status; first += n) {
        recur_var loss;
        n = ri_probe_group(p, p->sequences, first, p->n);
        status = ri_probe_put(p, n, p->sequences + first, NULL, RI_VALUES, &loss);
        if (!status) status = ri_gates_add(p, sums);
    }
    return status ? status : ri_gates_end(p, ri_probe_keep, sums, gates);
}

recur_status recur_probe_gates(recur_probe *p, recur_gates *gates)
{
    return p && gates ? ri_probe_end(p, run_all(p, gates)) : RECUR_EARG;
}
