/* What was found, as tables and a verdict on a terminal.
 * SPDX-License-Identifier: MIT */
#include "diagnose.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void diagnose_lane(const recur_lane *lane, char text[LANE_BYTES])
{
    snprintf(text, LANE_BYTES, "%.40s, layer %" PRId64 "%s", lane->stack, lane->layer + 1,
             lane->is_reverse ? ", backwards" : "");
}

void diagnose_training(const diagnosis *d, char *text, size_t size)
{
    static const char *const optims[] = {"Adam", "AdamW", "RMSprop", "SGD"};
    const recur_symptoms    *s = &d->symptoms;
    size_t                   n = 0;
    *text = '\0';
    if (d->has_config)
        n += (size_t)snprintf(text, size, "trained by %s, rate %g, clip %g", optims[d->training.optim], s->lr,
                              s->clip);
    if (n < size && d->has_config && s->bptt)
        n += (size_t)snprintf(text + n, size - n, ", windows of %" PRId64, s->bptt);
    if (d->has_log && d->log.n > 0 && n < size)
        snprintf(text + n, size - n, "%s%" PRId64 " steps", n ? ", " : "trained for ",
                 d->log.reports[d->log.n - 1].step);
}

/* ---- tables ---- */

/* A number where there is one: "-" stands for none. */
static const char *figure(const char *format, double x, char text[32])
{
    if (isnan(x)) return "-";
    snprintf(text, 32, format, x); // NOLINT: the format is a constant of this file
    return text;
}

static void tell_subject(const diagnosis *d)
{
    app *a = d->app;
    char text[512];
    d->task->describe(d->model, text, sizeof text);
    output_format(a, "%s\n", text);
    diagnose_training(d, text, sizeof text);
    if (*text) output_format(a, "%s\n", text);
    output_format(a, "data: %" PRId64 " %s", d->data.size, d->data.unit);
    if (d->task->kind != RECUR_TASK_LM)
        output_format(a,
                      " in %" PRId64 " sequences of %" PRId64 " to %" PRId64 ", half of them up to %" PRId64,
                      d->lengths.items, d->lengths.shortest, d->lengths.longest, d->lengths.median);
    output_format(a, "; looked at: %" PRId64 " of up to %" PRId64 " steps\n", d->lengths.sequences,
                  d->lengths.most_steps);
    if (d->symptoms.span)
        output_format(a, "span, over which it ought to remember: %" PRId64 " steps\n", d->symptoms.span);
}

static void tell_lags(const diagnosis *d)
{
    app *a = d->app;
    output_format(a, "\nGradient of one loss by the state k steps before, relative to k = 0\n%-28s", "k");
    for (int64_t k = 1; k < d->lengths.most_steps && k <= 128; k *= 2) output_format(a, "%9" PRId64, k);
    output_format(a, "  horizon\n");
    for (int64_t i = 0; i < d->flow.n; i++) {
        const recur_lane_flow *f = &d->flow.lanes[i];
        char                   name[LANE_BYTES];
        diagnose_lane(&f->lane, name);
        output_format(a, "%-28s", name);
        for (int64_t k = 1; k < d->lengths.most_steps && k <= 128; k *= 2) {
            char   text[32];
            double left = k < f->lags ? f->h[k] : NAN;
            if (k < f->lags && f->c && f->c[k] > left) left = f->c[k];
            output_format(a, "%9s", figure("%.1e", left, text));
        }
        output_format(a, "  %s%" PRId64 "\n", f->is_open ? "over " : "", f->horizon);
    }
}

static void tell_units(const diagnosis *d)
{
    app *a = d->app;
    output_format(a, "\n%-28s %10s %6s %10s   %s\n", "Units", "saturated", "dead", "tau",
                  "gates below .05 / above .95");
    for (int64_t i = 0; i < d->gates.n; i++) {
        const recur_lane_gates *g = &d->gates.lanes[i];
        char                    name[LANE_BYTES], tau[32];
        diagnose_lane(&g->lane, name);
        output_format(a, "%-28s %8.1f %% %6" PRId64 " %10s  ", name, 100 * g->saturated, g->n_dead,
                      figure("%.3g", g->has_tau ? g->tau_median : NAN, tau));
        for (int k = 0; k < g->n_gates; k++)
            output_format(a, " %s %.0f/%.0f %%", g->gates[k].name, 100 * g->gates[k].low,
                          100 * g->gates[k].high);
        output_format(a, "\n");
    }
}

static void tell_context(const diagnosis *d)
{
    app *a = d->app;
    output_format(
        a, "\nLoss with the context cut to so many steps (98 %% of the gain is there with %" PRId64 ")\n",
        d->context.effective);
    for (int64_t i = 0; i < d->context.n; i++) output_format(a, "%8" PRId64, d->context.steps[i]);
    output_format(a, "\n");
    for (int64_t i = 0; i < d->context.n; i++) output_format(a, "%8.4f", d->context.loss[i]);
    output_format(a, "\nguessing by frequency has %.4f\n", d->data.guess);
}

static void tell_forgetting(const diagnosis *d)
{
    app *a = d->app;
    output_format(
        a, "\nOne input exchanged: how much of the difference in the state is left k steps later\n%-28s",
        "k");
    for (int64_t k = 1; k < d->lengths.most_steps && k <= 128; k *= 2) output_format(a, "%9" PRId64, k);
    output_format(a, "    reach\n");
    for (int64_t i = 0; i < d->forgetting.n; i++) {
        const recur_lane_memory *m = &d->forgetting.lanes[i];
        char                     name[LANE_BYTES], text[32];
        diagnose_lane(&m->lane, name);
        output_format(a, "%-28s", name);
        for (int64_t k = 1; k < d->lengths.most_steps && k <= 128; k *= 2)
            output_format(a, "%9s",
                          figure("%.1e", k < m->lags ? m->difference[k] / m->difference[0] : NAN, text));
        output_format(a, "  %s%" PRId64 "\n", m->is_open ? "over " : "", m->reach);
    }
}

static void tell_dynamics(const diagnosis *d)
{
    app *a = d->app;
    output_format(a, "\n%-28s %18s   %s\n", "Step Jacobians", "Lyapunov exponent",
                  "singular values: greatest, middle, least");
    for (int64_t i = 0; i < d->dynamics.n; i++) {
        const recur_lane_dynamics *l = &d->dynamics.lanes[i];
        char                       name[LANE_BYTES], text[2][32];
        diagnose_lane(&l->lane, name);
        output_format(a, "%-28s %9s +- %5s   ", name, figure("%+.4f", l->lyapunov, text[0]),
                      figure("%.4f", l->error, text[1]));
        if (l->singular)
            output_format(a, "%.3g, %.3g, %.3g\n", l->singular[0], l->singular[l->n / 2],
                          l->singular[l->n - 1]);
        else
            output_format(a, "-\n");
    }
}

static void tell_training(const diagnosis *d)
{
    const recur_symptoms *s = &d->symptoms;
    char                  text[3][32];
    if (!d->has_log) return;
    output_format(d->app,
                  "\nTraining: gradient norm %s in the middle, %s at most; clipped in %s %% of the steps\n",
                  figure("%.3g", s->norm, text[0]), figure("%.3g", s->worst_norm, text[1]),
                  figure("%.0f", 100 * s->clip_rate, text[2]));
    output_format(d->app, "loss %s at most; a step moves the weights by %s of their size\n",
                  figure("%.4g", s->worst_loss, text[0]), figure("%.2g", s->update_ratio, text[1]));
}

static void tell_lengths(const diagnosis *d)
{
    if (!d->n_buckets) return;
    output_format(d->app, "\n%-14s %8s %10s\n", "Length", "items", "accuracy");
    for (int64_t i = 0; i < d->n_buckets; i++) {
        const length_bucket *b = &d->buckets[i];
        char                 range[64];
        snprintf(range, sizeof range, "%" PRId64 " to %" PRId64, b->from, b->to - 1);
        output_format(d->app, "%-14s %8" PRId64 " %8.2f %%\n", range, b->items, 100 * b->accuracy);
    }
}

static void tell_passage(const diagnosis *d)
{
    const passage *p = &d->passage;
    if (p->n > 0) output_format(d->app, "\n");
    for (int64_t i = 0; i < p->n_traits; i++) output_format(d->app, "%s\n", p->names[i]);
}

/* ---- verdict ---- */

static void tell_verdict(const diagnosis *d)
{
    app    *a = d->app;
    int64_t n_rules;
    recur_rules(&n_rules);
    output_format(a, "\nVerdict\n");
    if (!d->n_found) output_format(a, "no illness: none of the %" PRId64 " rules is met\n", n_rules);
    for (int i = 0; i < d->n_found; i++) {
        const recur_finding *f = &d->found[i];
        output_format(a, "%s%s%s: %s: %s\n", recur_illness_name(f->rule->illness),
                      f->has_cause ? ", which may follow from " : "",
                      f->has_cause ? recur_illness_name(f->cause) : "", f->says, f->advice);
    }
}

void diagnose_tell(const diagnosis *d)
{
    tell_subject(d);
    tell_lags(d);
    tell_units(d);
    tell_context(d);
    tell_forgetting(d);
    tell_dynamics(d);
    tell_training(d);
    tell_lengths(d);
    tell_passage(d);
    tell_verdict(d);
}

/* ---- help ---- */

void diagnose_rules(app *a)
{
    int64_t           n;
    const recur_rule *rules = recur_rules(&n);
    output_format(a, "\nRules (docs/diagnose.md has why):\n");
    for (int64_t i = 0; i < n; i++)
        output_format(a, "  %-14s %s %s %g\n",
                      i && rules[i].illness == rules[i - 1].illness ? ""
                                                                    : recur_illness_name(rules[i].illness),
                      rules[i].quantity, rules[i].is_below ? "below" : "above", rules[i].threshold);
}
