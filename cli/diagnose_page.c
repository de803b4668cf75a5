/* The report of recur diagnose as a page: the verdict, then what it rests on, picture by picture.
 * SPDX-License-Identifier: MIT */
#include "diagnose.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { MOST_LANES = 10, LABEL = 96 };

/* A page that is being written. */
typedef struct sheet {
    const diagnosis *d;
    recur_ctx       *ctx;
    recur_page      *page;
    recur_status     status; /* of drawing */
} sheet;

__attribute__((format(printf, 2, 3))) static void say(sheet *s, const char *format, ...)
{
    char    text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    recur_page_paragraph(s->page, text);
}

/* Put in a picture if it could be drawn; it is destroyed. */
static void put(sheet *s, recur_status status, recur_picture *picture)
{
    if (!s->status) s->status = status;
    if (status) return;
    recur_page_picture(s->page, picture);
    recur_picture_destroy(picture);
}

static void put_plot(sheet *s, const char *title, const recur_plot *plot)
{
    recur_picture *picture = NULL;
    recur_status   status = recur_plots_draw(s->ctx, title, plot, 1, &picture);
    put(s, status, picture);
}

static void put_bars(sheet *s, const recur_bars *bars)
{
    recur_picture *picture = NULL;
    recur_status   status = recur_bars_draw(s->ctx, bars, &picture);
    put(s, status, picture);
}

/* ---- curves ---- */

/* Up to MOST_LANES curves, each with points of its own. */
typedef struct curves {
    int64_t     n;
    recur_curve of[MOST_LANES];
    char        labels[MOST_LANES][LABEL];
    double     *x[MOST_LANES], *y[MOST_LANES];
} curves;

/* Add a curve of n points at 0, 1 ..; the caller fills c->y. Returns false where there is no more room. */
static bool add_curve(curves *c, const char *label, int64_t n, bool is_dashed)
{
    if (c->n == MOST_LANES || n < 1) return false;
    int64_t i = c->n++;
    c->x[i] = need_memory((size_t)n, sizeof *c->x[i]);
    c->y[i] = need_memory((size_t)n, sizeof *c->y[i]);
    for (int64_t k = 0; k < n; k++) c->x[i][k] = (double)k;
    snprintf(c->labels[i], LABEL, "%s", label);
    c->of[i] = (recur_curve){
        c->labels[i], (int)(i % RECUR_COLOURS), is_dashed || i >= RECUR_COLOURS, n, c->x[i], c->y[i]};
    return true;
}

static void put_curves(sheet *s, const char *title, curves *c, recur_plot plot)
{
    plot.n = c->n;
    plot.curves = c->of;
    if (c->n > 0) put_plot(s, title, &plot);
    for (int64_t i = 0; i < c->n; i++) {
        free(c->x[i]);
        free(c->y[i]);
    }
}

/* ---- the verdict ---- */

static void put_verdict(sheet *s)
{
    const diagnosis *d = s->d;
    char             text[512];
    int64_t          n_rules;
    recur_rules(&n_rules);
    recur_page_heading(s->page, 2, "Verdict");
    if (!d->n_found) say(s, "No illness: none of the %" PRId64 " rules is met.", n_rules);
    for (int i = 0; i < d->n_found; i++) {
        const recur_finding *f = &d->found[i];
        snprintf(text, sizeof text, "%s%s%s", recur_illness_name(f->rule->illness),
                 f->has_cause ? ", which may follow from " : "",
                 f->has_cause ? recur_illness_name(f->cause) : "");
        recur_page_heading(s->page, 3, text);
        say(s, "%s; %s.", f->says, f->advice);
        say(s, "The rule: %s %s %g; found: %.4g. Why: %s.", f->rule->quantity,
            f->rule->is_below ? "below" : "above", f->rule->threshold, f->value, f->rule->why);
    }
}

static void put_subject(sheet *s)
{
    const diagnosis *d = s->d;
    char             text[512];
    recur_page_heading(s->page, 2, "Model and data");
    d->task->describe(d->model, text, sizeof text);
    say(s, "%s.", text);
    diagnose_training(d, text, sizeof text);
    if (*text) say(s, "%s.", text);
    say(s, "Data: %" PRId64 " %s; looked at %" PRId64 " sequences of up to %" PRId64 " steps.", d->data.size,
        d->data.unit, d->lengths.sequences, d->lengths.most_steps);
}

/* ---- gradients ---- */

static void put_flow(sheet *s)
{
    const diagnosis *d = s->d;
    curves           c = {0};
    recur_page_heading(s->page, 2, "Gradient flow");
    say(s, "How much of the gradient of one loss arrives at the state so many steps before, relative to its "
           "own step. It is the greater "
           "of h and c where there is a cell; layers that read backwards are counted in their own time.");
    for (int64_t i = 0; i < d->flow.n; i++) {
        const recur_lane_flow *f = &d->flow.lanes[i];
        char                   name[LANE_BYTES];
        diagnose_lane(&f->lane, name);
        if (!add_curve(&c, name, f->lags, f->lane.is_reverse)) continue;
        for (int64_t k = 0; k < f->lags; k++) c.y[c.n - 1][k] = f->c && f->c[k] > f->h[k] ? f->c[k] : f->h[k];
    }
    put_curves(s, "Gradient by lag", &c,
               (recur_plot){.title = "relative norm", .x = "steps back", .y = "", .is_log = true});
}

static void put_horizon(sheet *s)
{
    const diagnosis  *d = s->d;
    const char *const series[] = {"steps"};
    const char       *groups[5];
    double            values[5];
    int64_t           n = 0;
    groups[n] = "horizon", values[n++] = d->symptoms.horizon;
    if (d->symptoms.span) groups[n] = "span", values[n++] = (double)d->symptoms.span;
    if (d->symptoms.bptt) groups[n] = "bptt", values[n++] = (double)d->symptoms.bptt;
    if (d->task->kind != RECUR_TASK_LM) groups[n] = "median", values[n++] = (double)d->lengths.median;
    if (d->task->kind != RECUR_TASK_LM) groups[n] = "longest", values[n++] = (double)d->lengths.longest;
    say(s, "The horizon is the greatest lag at which a hundredth of the gradient is left; the span is over "
           "how many steps the model ought "
           "to remember.");
    put_bars(s, &(recur_bars){.title = "Horizon beside lengths",
                              .y = "steps",
                              .n_groups = n,
                              .n_series = 1,
                              .groups = groups,
                              .series = series,
                              .values = values});
}

static void put_dynamics(sheet *s)
{
    const diagnosis *d = s->d;
    curves           c = {0};
    recur_page_heading(s->page, 2, "Step Jacobians");
    say(s, "Each layer and direction as a dynamical system that the data drive. Where its largest Lyapunov "
           "exponent is above 0 differences grow from step to step, below they fade; a step's singular "
           "values say by how much in each direction.");
    for (int64_t i = 0; i < d->dynamics.n; i++) {
        const recur_lane_dynamics *l = &d->dynamics.lanes[i];
        char                       name[LANE_BYTES];
        diagnose_lane(&l->lane, name);
        if (l->steps > 0) say(s, "%s: %+.4f per step, standard error %.4f.", name, l->lyapunov, l->error);
        if (l->steps == 0) say(s, "%s: its sequences are too short to tell.", name);
        if (!l->singular || !add_curve(&c, name, l->n, l->lane.is_reverse)) continue;
        memcpy(c.y[c.n - 1], l->singular, (size_t)l->n * sizeof *l->singular);
    }
    put_curves(s, "Singular values of a step's Jacobian", &c,
               (recur_plot){.title = "singular value", .x = "number", .y = "", .is_log = true});
}

/* ---- gates ---- */

static void put_taus(sheet *s)
{
    static const char *const groups[RECUR_TAU_BINS] = {"<1",  "1",   "2",   "4",  "8",  "16", "32", "64",
                                                       "128", "256", "512", "1k", "2k", "4k", "8k", "16k+"};
    const diagnosis         *d = s->d;
    char                     labels[MOST_LANES][LANE_BYTES];
    const char              *series[MOST_LANES];
    double                   values[MOST_LANES * RECUR_TAU_BINS];
    int64_t                  n = 0;
    for (int64_t i = 0; i < d->gates.n && n < MOST_LANES; i++) {
        const recur_lane_gates *g = &d->gates.lanes[i];
        if (!g->has_tau) continue;
        diagnose_lane(&g->lane, labels[n]);
        series[n] = labels[n];
        for (int k = 0; k < RECUR_TAU_BINS; k++) values[n * RECUR_TAU_BINS + k] = 100 * g->tau[k];
        n++;
    }
    if (!n) return;
    recur_page_heading(s->page, 2, "Time constants");
    say(s, "A gate that stays as it is keeps a share 1/e of the state over -1/ln f steps. How often the "
           "gates have which: each bar reaches "
           "from its number to twice that.");
    put_bars(s, &(recur_bars){.title = "Time constants of the forget (update) gates",
                              .y = "% of all values",
                              .n_groups = RECUR_TAU_BINS,
                              .n_series = n,
                              .groups = groups,
                              .series = series,
                              .values = values});
}

/* For each lane of that cell the saturated share of each of its gates, and of its states. */
static void put_saturation_of(sheet *s, recur_cell cell)
{
    enum { GROUPS = 5 };
    const diagnosis *d = s->d;
    char             labels[MOST_LANES][LANE_BYTES];
    const char      *series[MOST_LANES], *groups[GROUPS];
    double           values[MOST_LANES * GROUPS];
    int64_t          n = 0, n_groups = 0;
    for (int64_t i = 0; i < d->gates.n && n < MOST_LANES; i++) {
        const recur_lane_gates *g = &d->gates.lanes[i];
        if (g->lane.cell != cell) continue;
        n_groups = g->n_gates + 1;
        diagnose_lane(&g->lane, labels[n]);
        series[n] = labels[n];
        for (int k = 0; k < g->n_gates; k++) {
            groups[k] = g->gates[k].name;
            values[n * n_groups + k] = 100 * (g->gates[k].low + g->gates[k].high);
        }
        groups[n_groups - 1] = "state";
        values[n * n_groups + n_groups - 1] = 100 * g->saturated;
        say(s, "%s: %" PRId64 " of %" PRId64 " units are dead.", labels[n], g->n_dead, g->lane.outputs);
        n++;
    }
    if (!n) return;
    put_bars(s, &(recur_bars){.title = "Where the slope is next to nothing",
                              .y = "% of all values",
                              .high = 100,
                              .n_groups = n_groups,
                              .n_series = n,
                              .groups = groups,
                              .series = series,
                              .values = values});
}

/* A picture for each kind of cell: an encoder's gates need not be its decoder's. */
static void put_saturation(sheet *s)
{
    static const recur_cell cells[] = {RECUR_LSTM, RECUR_GRU, RECUR_RNN_TANH, RECUR_RNN_RELU};
    recur_page_heading(s->page, 2, "Saturation");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) put_saturation_of(s, cells[i]);
}

/* ---- memory ---- */

static void put_context(sheet *s)
{
    const diagnosis *d = s->d;
    int64_t          n = d->context.n;
    curves           c = {0};
    recur_page_heading(s->page, 2, "Loss by context");
    say(s, "The loss when the model may read only so many steps. %" PRId64 " steps have 98 %% of the gain.",
        d->context.effective);
    if (!add_curve(&c, "model", n, false) || !add_curve(&c, "guessing by frequency", n, true)) return;
    for (int64_t i = 0; i < n; i++) {
        c.x[0][i] = c.x[1][i] = log2((double)d->context.steps[i] + (d->context.steps[0] == 0));
        c.y[0][i] = d->context.loss[i];
        c.y[1][i] = d->data.guess;
    }
    put_curves(s, "Loss by context", &c,
               (recur_plot){.title = "nats",
                            .x = d->context.steps[0] == 0 ? "log2 of 1 + steps" : "log2 of steps",
                            .y = ""});
}

static void put_forgetting(sheet *s)
{
    const diagnosis *d = s->d;
    curves           c = {0};
    recur_page_heading(s->page, 2, "Forgetting");
    say(s, "One input is exchanged; how much the state still differs so many steps later.");
    for (int64_t i = 0; i < d->forgetting.n; i++) {
        const recur_lane_memory *m = &d->forgetting.lanes[i];
        char                     name[LANE_BYTES];
        diagnose_lane(&m->lane, name);
        if (!add_curve(&c, name, m->lags, m->lane.is_reverse)) continue;
        for (int64_t k = 0; k < m->lags; k++) c.y[c.n - 1][k] = m->difference[k];
    }
    put_curves(s, "What is left of one exchanged input", &c,
               (recur_plot){.title = "|h' - h| / |h|", .x = "steps later", .y = "", .is_log = true});
}

static void put_lengths(sheet *s)
{
    const diagnosis  *d = s->d;
    const char *const series[] = {"accuracy"};
    char              labels[MOST_BUCKETS][64];
    const char       *groups[MOST_BUCKETS];
    double            values[MOST_BUCKETS];
    if (!d->n_buckets) return;
    recur_page_heading(s->page, 2, "Accuracy by length");
    for (int64_t i = 0; i < d->n_buckets; i++) {
        snprintf(labels[i], sizeof labels[i], "%" PRId64 " to %" PRId64, d->buckets[i].from,
                 d->buckets[i].to - 1);
        groups[i] = labels[i];
        values[i] = 100 * d->buckets[i].accuracy;
    }
    put_bars(s, &(recur_bars){.title = "Accuracy by length, quarters of the data",
                              .y = "%",
                              .high = 100,
                              .n_groups = d->n_buckets,
                              .n_series = 1,
                              .groups = groups,
                              .series = series,
                              .values = values});
}

/* ---- training ---- */

/* One number of the step reports over the steps; of validation the loss too. */
static void put_reports(sheet *s, const char *title, const char *unit, bool is_log,
                        double (*of)(const recur_report *r), bool has_valid)
{
    const recur_run_log *log = &s->d->log;
    curves               c = {0};
    for (int is_valid = 0; is_valid <= has_valid; is_valid++) {
        recur_event event = is_valid ? RECUR_EVENT_VALID : RECUR_EVENT_STEP;
        int64_t     n = 0, i = c.n;
        if (!add_curve(&c, is_valid ? "validation" : "training", log->n, false)) break;
        for (int64_t k = 0; k < log->n; k++) {
            if (log->reports[k].event != event || !isfinite(of(&log->reports[k]))) continue;
            c.x[i][n] = (double)log->reports[k].step;
            c.y[i][n++] = of(&log->reports[k]);
        }
        c.of[i].n = n;
    }
    put_curves(s, title, &c, (recur_plot){.title = unit, .x = "step", .y = "", .is_log = is_log});
}

static double loss_of(const recur_report *r)
{
    return r->loss;
}

static double norm_of(const recur_report *r)
{
    return r->grad_norm;
}

static double clip_rate_of(const recur_report *r)
{
    return 100 * r->clip_rate;
}

static void put_training(sheet *s)
{
    recur_page_heading(s->page, 2, "Training");
    if (!s->d->has_log) {
        say(s, "Left out: there is no log.");
        return;
    }
    put_reports(s, "Loss in training", "nats", false, loss_of, true);
    put_reports(s, "Norm of the gradient before clipping", "norm", true, norm_of, false);
    put_reports(s, "Steps that were clipped", "%", false, clip_rate_of, false);
}

/* ---- text ---- */

static void put_passage(sheet *s)
{
    const diagnosis *d = s->d;
    const passage   *p = &d->passage;
    const char      *units[RECUR_FEATURES + 2];
    recur_picture   *picture = NULL;
    if (p->n < 1) return;
    recur_page_heading(s->page, 2, "Cells over a passage");
    say(s, "Units that follow quotations, brackets or the place in the line, found by their correlation with "
           "them; and the gate that holds "
           "longest. Values are those after the token was read.");
    recur_map_word *words = need_memory((size_t)p->n, sizeof *words);
    for (int64_t i = 0; i < p->n; i++)
        words[i].bytes = recur_vocab_token(recur_model_vocab(d->model),
                                           recur_corpus_tokens(d->data.corpus)[p->begin + i], &words[i].size);
    for (int64_t i = 0; i < p->n_traits; i++) units[i] = p->names[i];
    const recur_passage drawing = {.title = "Cells over a passage",
                                   .n_words = p->n,
                                   .n_units = p->n_traits,
                                   .words = words,
                                   .units = units,
                                   .values = p->values};
    recur_status        status = recur_passage_draw(s->ctx, &drawing, &picture);
    put(s, status, picture);
    free(words);
}

int diagnose_page(const diagnosis *d, const char *path)
{
    sheet s = {.d = d, .ctx = d->app->ctx};
    char  title[512];
    snprintf(title, sizeof title, "recur diagnose %s", d->path);
    recur_status status = recur_page_create(s.ctx, title, &s.page);
    if (status) return output_failure(d->app, status);
    put_verdict(&s);
    put_subject(&s);
    put_flow(&s);
    put_horizon(&s);
    put_taus(&s);
    put_saturation(&s);
    put_context(&s);
    put_forgetting(&s);
    put_dynamics(&s);
    put_training(&s);
    put_lengths(&s);
    put_passage(&s);
    status = s.status ? s.status : recur_page_save(s.page, path);
    recur_page_destroy(s.page);
    return status ? output_failure(d->app, status) : RECUR_OK;
}
