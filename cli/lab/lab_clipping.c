/* recur lab clipping: the same exploding run three times, from the same weights and over the same sequences: without clipping, with the gradient's
 * norm clipped (Pascanu, Mikolov and Bengio 2013), and with each of its elements clipped.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "lab.h"
#include "lag_task.h"
#include "memory.h"
#include "rows.h"
#include "small_net.h"

static const option clipping_rows[] = {
    {.name = "task",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = LAG_KINDS,
     .fallback = "adding",
     .flags = OPTION_USUAL,
     .help =
         "what is learnt: recall the first symbol, add two marked numbers, or copy 10 symbols after blanks"},
    {.name = "cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "rnn|relu", /* the first of CELL_CHOICES */
     .fallback = "rnn",
     .flags = OPTION_USUAL,
     .help = "rnn or relu"},
    ROW_ABOVE("gain", "G", 0, 1000, "1.2", "the recurrent matrix starts as G times an orthogonal one"),
    ROW_INT("lag", 2, 10000, "10", "how long ago that is which is asked for"),
    ROW_INT("hidden", 1, 4096, "64", "units"),
    ROW_INT("updates", 10, 1e6, "1500", "of each run"),
    ROW_ABOVE("lr", "X", 0, 1e6, "0.1", "learning rate (SGD)"),
    ROW_ABOVE("clip", "X", 0, 1e6, "1", "greatest norm, of the second run"),
    ROW_ABOVE("clip-value", "X", 0, 1e6, "0.1", "greatest element, of the third run"),
    {.name = "batch",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 4096,
     .fallback = "32",
     .help = "fresh sequences of an update"},
    ROW_SEED("of weights and sequences"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        clipping_group = {"Experiment", clipping_rows};
static const option_group *const clipping_groups[] = {&clipping_group, &common_group, NULL};

enum { N_RUNS = 3 };

/* One run. What lies behind the update that diverged is NaN. */
typedef struct clipped_run {
    recur_train_opts opts;
    char             name[48];
    double          *loss, *norm; /* [updates] before each update */
    int64_t          n;           /* updates made */
    int64_t          n_clipped;
} clipped_run;

typedef struct clipping {
    lab            lab;
    lag_task       task;
    recur_rnn_spec spec;
    double         gain;
    int64_t        updates;
    clipped_run    runs[N_RUNS];
} clipping;

/* ---- a run ---- */

static recur_status update(small_net *net, lag_batch *batch, int64_t number, recur_step_report *r)
{
    recur_tape_reset(net->tape);
    recur_status status = lag_batch_draw(batch, LAG_TRAINING, number);
    if (status) return status;
    recur_var x = lag_batch_input(batch, net->tape);
    recur_seq seq = recur_rnn_apply(net->tape, net->rnn, x, lag_batch_pack(batch), RECUR_NO_STATE);
    recur_var answer = lag_batch_answer(batch, net->tape, net->rnn, seq, net->out);
    return recur_trainer_step(net->trainer, net->tape, lag_batch_loss(batch, net->tape, answer), r);
}

/* A run that diverges has ended; that is what it was for. */
static recur_status run(clipping *c, int which)
{
    clipped_run *r = &c->runs[which];
    small_net    net = {0};
    lag_batch   *batch = NULL;
    recur_status status =
        small_net_create(&net, c->lab.app->ctx, c->task.seed, &c->spec, lag_outputs(c->task.kind), &r->opts);
    if (!status) status = lag_batch_create(c->lab.app->ctx, &c->task, &batch);
    for (int64_t i = 0; i < c->updates; i++) r->loss[i] = r->norm[i] = NAN;
    for (int64_t i = 0; i < c->updates && !status; i++) {
        recur_step_report report;
        status = update(&net, batch, i, &report);
        if (status) break;
        r->loss[i] = report.loss;
        r->norm[i] = report.grad_norm;
        r->n_clipped = report.n_clipped;
        r->n++;
        progress_draw(c->lab.app, (which + (double)(i + 1) / (double)c->updates) / N_RUNS, NULL);
    }
    lag_batch_destroy(batch);
    small_net_destroy(&net);
    return status == RECUR_EDIVERGED ? RECUR_OK : status;
}

/* ---- figures ---- */

enum { N_WINDOWS = 10 };

/* The updates of a window, of those that a run has made. */
static int64_t window_end(const clipping *c, const clipped_run *r, int window)
{
    int64_t end = c->updates * (window + 1) / N_WINDOWS;
    return end < r->n ? end : r->n;
}

static double mean_loss(const clipping *c, const clipped_run *r, int window)
{
    double  sum = 0;
    int64_t first = c->updates * window / N_WINDOWS, end = window_end(c, r, window);
    for (int64_t i = first; i < end; i++) sum += r->loss[i];
    return end > first ? sum / (double)(end - first) : NAN;
}

static double greatest(const double *values, int64_t first, int64_t end)
{
    double most = NAN;
    for (int64_t i = first; i < end; i++) most = fmax(most, values[i]);
    return most;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_norm(const clipped_run *r)
{
    if (r->n == 0) return NAN;
    double *sorted = need_memory((size_t)r->n, sizeof *sorted);
    memcpy(sorted, r->norm, (size_t)r->n * sizeof *sorted);
    qsort(sorted, (size_t)r->n, sizeof *sorted, ascending);
    double median = sorted[r->n / 2];
    free(sorted);
    return median;
}

/* ---- showing ---- */

static void introduce(clipping *c)
{
    const double norm = c->runs[1].opts.clip_norm;
    lab_say(&c->lab,
            "A vanilla RNN of %" PRId64
            " units whose recurrent matrix starts as %g times an orthogonal one; it learns the task "
            "'%s' at lag\n%" PRId64
            " by SGD at rate %g. Three runs from the same weights over the same sequences:\n\n"
            "    %-20s W <- W - rate g\n"
            "    %-20s g * min(1, %g / |g|): in the direction of g, at most %g far\n"
            "    %-20s each element of g by itself: bounded too, in another direction\n",
            c->spec.hidden, c->gain, lag_kind_name(c->task.kind), c->task.lag, c->runs[0].opts.lr,
            c->runs[0].name, c->runs[1].name, norm, norm * c->runs[1].opts.lr, c->runs[2].name);
}

static void say_windows(clipping *c)
{
    lab_say(&c->lab, "\nupdates     ");
    for (int k = 0; k < N_RUNS; k++) lab_say(&c->lab, " %24s", c->runs[k].name);
    lab_say(&c->lab, "\n            ");
    for (int k = 0; k < N_RUNS; k++) lab_say(&c->lab, " %12s %11s", "mean loss", "most |g|");
    lab_say(&c->lab, "\n");
    for (int w = 0; w < N_WINDOWS; w++) {
        int64_t first = c->updates * w / N_WINDOWS;
        lab_say(&c->lab, "%5" PRId64 " - %-5" PRId64, first + 1, c->updates * (w + 1) / N_WINDOWS);
        for (int k = 0; k < N_RUNS; k++) {
            const clipped_run *r = &c->runs[k];
            if (first < r->n)
                lab_say(&c->lab, " %12.4g %11.3g", mean_loss(c, r, w),
                        greatest(r->norm, first, window_end(c, r, w)));
            else
                lab_say(&c->lab, " %12s %11s", "diverged", "-");
        }
        lab_say(&c->lab, "\n");
    }
}

static void conclude(clipping *c)
{
    lag_score without = lag_baseline(&c->task);
    lab_say(&c->lab, "\nOne who remembers nothing has a loss of %.4g.\n", without.loss);
    for (int k = 0; k < N_RUNS; k++) {
        const clipped_run *r = &c->runs[k];
        lab_say(&c->lab, "%-20s |g| median %.3g, greatest %.3g; loss at worst %.4g", r->name, median_norm(r),
                greatest(r->norm, 0, r->n), greatest(r->loss, 0, r->n));
        if (r->n < c->updates)
            lab_say(&c->lab, "; no number any more at update %" PRId64 ".\n", r->n + 1);
        else
            lab_say(&c->lab, ", at the end %.4g; %.0f %% of the updates were clipped.\n",
                    mean_loss(c, r, N_WINDOWS - 1), 100 * (double)r->n_clipped / (double)r->n);
    }
}

static void say_json(clipping *c, const clipped_run *r)
{
    lab_json(&c->lab,
             json_pack("{s:s,s:s,s:I,s:f,s:f,s:f,s:f,s:I,s:b,s:I,s:o,s:o,s:o,s:o}", "run", r->name, "task",
                       lag_kind_name(c->task.kind), "lag", (json_int_t)c->task.lag, "gain", c->gain, "lr",
                       r->opts.lr, "clip", r->opts.clip_norm, "clip_value", r->opts.clip_value, "updates",
                       (json_int_t)r->n, "diverged", (int)(r->n < c->updates), "clipped",
                       (json_int_t)r->n_clipped, "final_loss", output_number(mean_loss(c, r, N_WINDOWS - 1)),
                       "greatest_norm", output_number(greatest(r->norm, 0, r->n)), "loss",
                       output_numbers(r->n, r->loss), "grad_norm", output_numbers(r->n, r->norm)));
}

enum { N_PLOTS = 2, MOST_POINTS = 50 };

/* The norms of the first updates, where a run explodes, one by one; the losses of all, means of as many stretches as there is room for. What is
 * far above the loss of one who remembers nothing would flatten the rest. */
static int draw(clipping *c)
{
    double       x[N_PLOTS][MOST_POINTS], y[N_PLOTS][N_RUNS][MOST_POINTS];
    recur_curve  curves[N_PLOTS][N_RUNS];
    char         title[128];
    int64_t      n = c->updates < MOST_POINTS ? c->updates : MOST_POINTS;
    const double most = 100 * lag_baseline(&c->task).loss;
    for (int64_t i = 0; i < n; i++) {
        int64_t first = i * c->updates / n, end = (i + 1) * c->updates / n;
        x[0][i] = (double)(i + 1);
        x[1][i] = (double)end;
        for (int k = 0; k < N_RUNS; k++) {
            double sum = 0;
            for (int64_t u = first; u < end; u++) sum += c->runs[k].loss[u] / (double)(end - first);
            y[0][k][i] = c->runs[k].norm[i];
            y[1][k][i] = sum < most ? sum : NAN;
        }
    }
    for (int p = 0; p < N_PLOTS; p++)
        for (int k = 0; k < N_RUNS; k++)
            curves[p][k] = (recur_curve){c->runs[k].name, k, false, n, x[p], y[p][k]};
    snprintf(title, sizeof title, "Clipping: %s at lag %" PRId64 ", gain %g, SGD at rate %g",
             lag_kind_name(c->task.kind), c->task.lag, c->gain, c->runs[0].opts.lr);
    const recur_plot plots[N_PLOTS] = {
        {"norm of the gradient, first updates", "update", "", true, 0, 0, N_RUNS, curves[0]},
        {"mean loss, where it is a number", "update", "", true, 0, 0, N_RUNS, curves[1]}};
    return lab_plots(&c->lab, title, plots, N_PLOTS);
}

/* ---- all of it ---- */

static void prepare(clipping *c, const options *o)
{
    const double norm = options_number(o, "clip"), value = options_number(o, "clip-value");
    for (int k = 0; k < N_RUNS; k++) {
        clipped_run *r = &c->runs[k];
        r->opts = (recur_train_opts){.optim = RECUR_SGD, .lr = options_number(o, "lr")};
        if (k == 1) r->opts.clip_norm = norm;
        if (k == 2) r->opts.clip_value = value;
        r->loss = need_memory((size_t)c->updates, sizeof *r->loss);
        r->norm = need_memory((size_t)c->updates, sizeof *r->norm);
    }
    snprintf(c->runs[0].name, sizeof c->runs[0].name, "not clipped");
    snprintf(c->runs[1].name, sizeof c->runs[1].name, "norm at most %g", norm);
    snprintf(c->runs[2].name, sizeof c->runs[2].name, "values at most %g", value);
}

static int clipping_run(app *a, options *o)
{
    clipping c = {.updates = options_int(o, "updates"), .gain = options_number(o, "gain")};
    c.task = (lag_task){.kind = (lag_kind)options_find(o, "task")->choice,
                        .lag = options_int(o, "lag"),
                        .batch = options_int(o, "batch"),
                        .seed = (uint64_t)options_int(o, "seed")};
    c.spec = (recur_rnn_spec){.cell = cell_of(options_find(o, "cell")->choice),
                              .input = lag_inputs(c.task.kind),
                              .hidden = options_int(o, "hidden"),
                              .init = {RECUR_INIT_ORTHOGONAL, c.gain}};
    int code = lab_open(&c.lab, a, o, "Clipping an exploding gradient");
    if (code) return code;
    prepare(&c, o);
    introduce(&c);
    for (int k = 0; k < N_RUNS && !code; k++) {
        recur_status status = run(&c, k);
        if (status)
            code = output_failure(a, status);
        else
            say_json(&c, &c.runs[k]);
    }
    if (!code) say_windows(&c);
    if (!code) conclude(&c);
    if (!code) code = draw(&c);
    for (int k = 0; k < N_RUNS; k++) {
        free(c.runs[k].loss);
        free(c.runs[k].norm);
    }
    return lab_close(&c.lab, code);
}

const command lab_clipping_command = {
    .name = "lab clipping",
    .synopsis = "[options]",
    .brief = "",
    .summary = "an exploding run without clipping, with the gradient's norm clipped, and with its values",
    .notes =
        "A vanilla RNN that starts with a gain above 1 learns a task; three runs differ in clipping only.\n",
    .groups = clipping_groups,
    .args = "",
    .run = clipping_run,
};
