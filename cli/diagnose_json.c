/* What was found, as lines of JSON: one of the model, one of each lane, context, training and lengths where there are; one of each
 * illness; the verdict last.
 * SPDX-License-Identifier: MIT */
#include "diagnose.h"

#include <string.h>

static json_t *counts(int64_t n, const int64_t *values)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) json_array_append_new(list, json_integer(values[i]));
    return list;
}

/* A number that is NaN where nothing is known is null. */
static json_t *count_or_null(int64_t n)
{
    return n ? json_integer(n) : json_null();
}

static void tell_model(const diagnosis *d)
{
    char text[512];
    d->task->describe(d->model, text, sizeof text);
    output_json(d->app,
                json_pack("{s:s,s:s,s:s,s:I,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o}", "kind", "model", "task",
                          d->task->name, "architecture", text, "size", (json_int_t)d->data.size, "unit",
                          d->data.unit, "sequences", (json_int_t)d->lengths.sequences, "steps",
                          (json_int_t)d->lengths.most_steps, "median_length", (json_int_t)d->lengths.median,
                          "span", count_or_null(d->symptoms.span), "bptt", count_or_null(d->symptoms.bptt),
                          "loss", output_number(d->updates.loss), "guess", output_number(d->data.guess), "lr",
                          output_number(d->symptoms.lr)));
}

static json_t *gates_of(const recur_lane_gates *g)
{
    json_t *gates = json_object();
    for (int i = 0; i < g->n_gates; i++)
        json_object_set_new(gates, g->gates[i].name,
                            json_pack("{s:f,s:f,s:f}", "low", g->gates[i].low, "high", g->gates[i].high,
                                      "mean", g->gates[i].mean));
    return gates;
}

/* Lanes of gates; those that gradients were followed in have more. */
static void tell_lane(const diagnosis *d, const recur_lane_gates *g)
{
    char name[LANE_BYTES];
    diagnose_lane(&g->lane, name);
    json_t *line = json_pack("{s:s,s:s,s:s,s:I,s:b,s:o,s:I,s:o,s:o}", "kind", "lane", "lane", name, "stack",
                             g->lane.stack, "layer", (json_int_t)g->lane.layer, "reverse", g->lane.is_reverse,
                             "saturated", output_number(g->saturated), "dead", (json_int_t)g->n_dead, "gates",
                             gates_of(g), "tau", g->has_tau ? output_number(g->tau_median) : json_null());
    if (g->has_tau) json_object_set_new(line, "tau_shares", output_numbers(RECUR_TAU_BINS, g->tau));
    for (int64_t i = 0; i < d->flow.n; i++) {
        const recur_lane_flow     *f = &d->flow.lanes[i];
        const recur_lane_memory   *m = &d->forgetting.lanes[i];
        const recur_lane_dynamics *l = &d->dynamics.lanes[i];
        if (strcmp(f->lane.stack, g->lane.stack) != 0 || f->lane.layer != g->lane.layer ||
            f->lane.is_reverse != g->lane.is_reverse)
            continue;
        json_object_set_new(line, "horizon", json_integer(f->horizon));
        json_object_set_new(line, "horizon_is_open", json_boolean(f->is_open));
        json_object_set_new(line, "rate", output_number(f->rate));
        json_object_set_new(line, "gradient_h", output_numbers(f->lags, f->h));
        if (f->c) json_object_set_new(line, "gradient_c", output_numbers(f->lags, f->c));
        json_object_set_new(line, "reach", json_integer(m->reach));
        json_object_set_new(line, "difference", output_numbers(m->lags, m->difference));
        json_object_set_new(line, "lyapunov", output_number(l->lyapunov));
        json_object_set_new(line, "lyapunov_error", output_number(l->error));
        json_object_set_new(line, "singular", l->singular ? output_numbers(l->n, l->singular) : json_null());
    }
    output_json(d->app, line);
}

static void tell_training(const diagnosis *d)
{
    const recur_symptoms *s = &d->symptoms;
    if (d->has_log)
        output_json(d->app, json_pack("{s:s,s:I,s:b,s:o,s:o,s:o,s:o,s:o,s:o}", "kind", "training", "reports",
                                      (json_int_t)d->log.n, "diverged", s->has_diverged, "worst_loss",
                                      output_number(s->worst_loss), "loss_rise", output_number(s->loss_rise),
                                      "grad_norm", output_number(s->norm), "worst_norm",
                                      output_number(s->worst_norm), "clip_rate", output_number(s->clip_rate),
                                      "update_ratio", output_number(s->update_ratio)));
}

static void tell_lengths(const diagnosis *d)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < d->n_buckets; i++)
        json_array_append_new(list, json_pack("{s:I,s:I,s:I,s:o}", "from", (json_int_t)d->buckets[i].from,
                                              "to", (json_int_t)d->buckets[i].to, "items",
                                              (json_int_t)d->buckets[i].items, "accuracy",
                                              output_number(d->buckets[i].accuracy)));
    json_t *line = json_pack("{s:s,s:o}", "kind", "by_length", "by_length", list);
    if (d->n_buckets)
        output_json(d->app, line);
    else
        json_decref(line);
}

static void tell_illness(const diagnosis *d, const recur_finding *f)
{
    output_json(d->app, json_pack("{s:s,s:s,s:s,s:o,s:f,s:s,s:s,s:o}", "kind", "illness", "name",
                                  recur_illness_name(f->rule->illness), "quantity", f->rule->quantity,
                                  "value", output_number(f->value), "threshold", f->rule->threshold, "says",
                                  f->says, "advice", f->advice, "may_follow_from",
                                  f->has_cause ? json_string(recur_illness_name(f->cause)) : json_null()));
}

void diagnose_tell_json(const diagnosis *d)
{
    json_t *names = json_array();
    tell_model(d);
    for (int64_t i = 0; i < d->gates.n; i++) tell_lane(d, &d->gates.lanes[i]);
    output_json(d->app, json_pack("{s:s,s:o,s:o,s:I}", "kind", "context", "steps",
                                  counts(d->context.n, d->context.steps), "loss",
                                  output_numbers(d->context.n, d->context.loss), "effective",
                                  (json_int_t)d->context.effective));
    tell_training(d);
    tell_lengths(d);
    for (int i = 0; i < d->n_found; i++) {
        tell_illness(d, &d->found[i]);
        json_array_append_new(names, json_string(recur_illness_name(d->found[i].rule->illness)));
    }
    output_json(d->app, json_pack("{s:s,s:b,s:o}", "kind", "verdict", "healthy", d->n_found == 0, "illnesses",
                                  names));
}
