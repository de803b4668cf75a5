/* Symptoms: a log and the measures of a probe, reduced to the numbers that rules look at. See recur/verdict.h.
 *
 * Which lane counts. A stack remembers as well as the best of its lanes: information takes the layer that keeps it. So of each stack the lane
 * that holds longest is taken, and of several stacks (encoder and decoder) the worst. Illnesses of units are those of the worst lane.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "recur/verdict.h"

/* ---- order statistics without memory ---- */

typedef double (*value_at)(const void *of, int64_t i);

static int64_t count_up_to(const void *of, int64_t n, value_at at, double x)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) count += isfinite(at(of, i)) && at(of, i) <= x;
    return count;
}

/* The least value that a share of the finite ones does not exceed, by bisection; NaN where there is none. */
static double quantile(const void *of, int64_t n, value_at at, double share)
{
    enum { HALVINGS = 60 };
    double low = NAN, high = NAN;
    for (int64_t i = 0; i < n; i++) {
        double x = at(of, i);
        if (!isfinite(x)) continue;
        low = low <= x ? low : x;
        high = high >= x ? high : x;
    }
    if (isnan(high)) return NAN;
    double wanted = share * (double)count_up_to(of, n, at, high);
    if ((double)count_up_to(of, n, at, low) >= wanted) return low;
    for (int k = 0; k < HALVINGS; k++) {
        double middle = low + (high - low) / 2;
        if ((double)count_up_to(of, n, at, middle) >= wanted)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static double array_at(const void *of, int64_t i)
{
    return ((const double *)of)[i];
}

static double greater(double a, double b)
{
    return a >= b || isnan(b) ? a : b;
}

static double lesser(double a, double b)
{
    return a <= b || isnan(b) ? a : b;
}

void recur_symptoms_clear(recur_symptoms *s)
{
    if (!s) return;
    *s = (recur_symptoms){
        .lr = NAN,
        .clip = NAN,
        .ignorance = NAN,
        .guess = NAN,
        .worst_loss = NAN,
        .loss_rise = NAN,
        .norm = NAN,
        .worst_norm = NAN,
        .clip_rate = NAN,
        .valid_rise = NAN,
        .horizon = NAN,
        .left = NAN,
        .peak = NAN,
        .kept = NAN,
        .tau = NAN,
        .saturated = NAN,
        .dead = NAN,
        .loss = NAN,
        .update_ratio = NAN,
        .context_gain = NAN,
        .lyapunov = NAN,
    };
}

/* ---- the log ---- */

static double loss_at(const void *of, int64_t i)
{
    const recur_report *r = (const recur_report *)of + i;
    return r->event == RECUR_EVENT_STEP ? r->loss : NAN;
}

static double norm_at(const void *of, int64_t i)
{
    const recur_report *r = (const recur_report *)of + i;
    return r->event == RECUR_EVENT_STEP ? r->grad_norm : NAN;
}

/* The lowest median of five reports of steps that follow each other (validation stands between them); NaN with fewer. */
static double lowest_median(const recur_report *reports, int64_t n)
{
    enum { WINDOW = 5 };
    double  last[WINDOW], lowest = NAN;
    int64_t n_steps = 0;
    for (int64_t i = 0; i < n; i++) {
        double loss = loss_at(reports, i);
        if (isnan(loss)) continue;
        last[n_steps++ % WINDOW] = loss;
        if (n_steps >= WINDOW) lowest = lesser(lowest, quantile(last, WINDOW, array_at, 0.5));
    }
    return lowest;
}

static void look_at_validation(recur_symptoms *s, const recur_run_log *log)
{
    double last = NAN, lowest = NAN;
    for (int64_t i = 0; i < log->n; i++) {
        if (log->reports[i].event != RECUR_EVENT_VALID || isnan(log->reports[i].loss)) continue;
        last = log->reports[i].loss;
        lowest = lesser(lowest, last);
    }
    s->valid_rise = lowest > 0 ? last / lowest : NAN;
}

void recur_symptoms_log(recur_symptoms *s, const recur_run_log *log)
{
    if (!s || !log) return;
    int64_t n = log->n, n_norms = 0, last_quarter = n - n / 4;
    double  clipped = 0;
    for (int64_t i = 0; i < n; i++) {
        const recur_report *r = &log->reports[i];
        s->has_diverged = r->event == RECUR_EVENT_DIVERGED; /* and was not resumed: then it is not the last */
        if (r->event != RECUR_EVENT_STEP) continue;
        s->worst_loss = greater(s->worst_loss, r->loss);
        s->worst_norm = greater(s->worst_norm, r->grad_norm);
        if (isnan(r->clip_rate)) continue;
        clipped += r->clip_rate;
        n_norms++;
    }
    s->norm = quantile(log->reports, n, norm_at, 0.5);
    s->clip_rate = n_norms ? clipped / (double)n_norms : NAN;
    s->loss_rise = quantile(log->reports + last_quarter, n - last_quarter, loss_at, 0.5) -
                   lowest_median(log->reports, n);
    look_at_validation(s, log);
}

/* ---- gradient flow ---- */

static bool is_spelling(const recur_lane *lane)
{
    return strncmp(lane->stack, "characters", strlen("characters")) ==
           0; /* of words: short, and beside the text */
}

/* What is left of the gradient at the span, or at the last lag below it that a sequence reaches. */
static double left_at(const recur_lane_flow *f, int64_t span)
{
    int64_t lag = span < f->lags - 1 ? span : f->lags - 1;
    if (lag < 0) return NAN;
    return f->c ? greater(f->h[lag], f->c[lag]) : f->h[lag];
}

/* Where pooling or attention sees every step (no span), what stands at a lag came there directly, and is more than at lag 0 where that is looked at
 * less: it has not grown. */
void recur_symptoms_flow(recur_symptoms *s, const recur_flow *flow)
{
    if (!s || !flow) return;
    for (int64_t i = 0; i < flow->n; i++) {
        const char *stack = flow->lanes[i].lane.stack;
        double      horizon = NAN, left = NAN;
        if (s->span > 0 || strcmp(stack, "decoder") == 0) s->peak = greater(s->peak, flow->lanes[i].peak);
        for (int64_t j = 0; j < flow->n; j++) {
            const recur_lane_flow *f = &flow->lanes[j];
            if (strcmp(f->lane.stack, stack) != 0 || f->lags < 1) continue;
            horizon = greater(horizon, (double)f->horizon);
            left = greater(left, left_at(f, s->span));
        }
        s->horizon = lesser(s->horizon, horizon);
        s->left = lesser(s->left, left);
    }
}

/* ---- gates and units ---- */

/* A share of the values of all gates, or of states where there are no gates: the content of an LSTM's cell may be any number, and its tanh
 * is often full where it counts or keeps. */
static double saturated_share(const recur_lane_gates *g)
{
    double sum = 0;
    for (int i = 0; i < g->n_gates; i++) sum += g->gates[i].low + g->gates[i].high;
    return g->n_gates ? sum / g->n_gates : g->saturated;
}

/* A GRU has a second way for its state, through the candidate: where its gate forgets it may still remember. */
static void look_at_forgetting(recur_symptoms *s, const recur_lane_gates *g)
{
    double kept = g->has_tau && g->lane.cell == RECUR_LSTM ? 1 - g->tau[0] : NAN;
    if (is_spelling(&g->lane) || isnan(kept) || kept >= s->kept) return;
    s->kept = kept;
    s->tau = g->tau_median;
}

void recur_symptoms_gates(recur_symptoms *s, const recur_gates *gates)
{
    if (!s || !gates) return;
    for (int64_t i = 0; i < gates->n; i++) {
        const recur_lane_gates *g = &gates->lanes[i];
        s->saturated = greater(s->saturated, saturated_share(g));
        if (g->lane.outputs > 0) s->dead = greater(s->dead, (double)g->n_dead / (double)g->lane.outputs);
        look_at_forgetting(s, g);
    }
}

/* ---- updates and context ---- */

static bool is_weight_matrix(const recur_tensor_update *t)
{
    return !t->is_frozen && strstr(t->name, "weight");
}

static double ratio_at(const void *of, int64_t i)
{
    const recur_tensor_update *t = (const recur_tensor_update *)of + i;
    return is_weight_matrix(t) ? t->ratio : NAN;
}

static double adaptive_ratio_at(const void *of, int64_t i)
{
    const recur_tensor_update *t = (const recur_tensor_update *)of + i;
    return is_weight_matrix(t) ? t->adam_ratio : NAN;
}

void recur_symptoms_updates(recur_symptoms *s, const recur_updates *updates, bool is_adaptive)
{
    if (!s || !updates) return;
    bool is_clipped = !is_adaptive && s->clip > 0 && updates->grad_norm > s->clip;
    if (isnan(s->loss)) s->loss = updates->loss;
    s->update_ratio = quantile(updates->tensors, updates->n, is_adaptive ? adaptive_ratio_at : ratio_at, 0.5);
    if (is_clipped) s->update_ratio *= s->clip / updates->grad_norm;
}

void recur_symptoms_context(recur_symptoms *s, const recur_context *context)
{
    if (!s || !context) return;
    double cut = NAN, best = NAN;
    for (int64_t i = 0; i < context->n && s->bptt > 0; i++) {
        if (context->steps[i] < s->bptt) continue;
        if (isnan(cut)) cut = context->loss[i]; /* the least context that is not shorter */
        best = lesser(best, context->loss[i]);
    }
    s->context_gain = cut > 0 ? (cut - best) / cut : NAN;
}

void recur_symptoms_dynamics(recur_symptoms *s, const recur_lanes_dynamics *dynamics)
{
    if (!s || !dynamics) return;
    for (int64_t i = 0; i < dynamics->n; i++) s->lyapunov = greater(s->lyapunov, dynamics->lanes[i].lyapunov);
}
