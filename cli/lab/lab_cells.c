/* recur lab cells: the textbook's comparison of cells, measured. Gates, states and parameters are counted; the horizon is how far back
 * the gradient of the last state by the input is within a factor of the last step's, before any training; times are measured in turns.
 *
 *   horizon = greatest k with |dL/dx_(T-k)| >= |dL/dx_T| / factor      L = sum of h_T; geometric mean over seeds
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cells.h"
#include "lab.h"
#include "memory.h"
#include "reach.h"
#include "rows.h"

static const option cells_rows[] = {
    ROW_INT("input", 1, 4096, "128", "values of one step"),
    ROW_INT("hidden", 1, 4096, "256", "units"),
    ROW_INT("steps", 2, 10000, "100", "length of the sequences"),
    ROW_INT("batch", 1, 4096, "32", "sequences side by side where time is measured"),
    ROW_ABOVE("factor", "X", 1, 1e30, "1000",
              "the gradient is beyond the horizon once it has fallen by so much"),
    ROW_INT("seeds", 1, 1000, "5", "weights and inputs that the horizon is measured with"),
    ROW_SEED("the first of them"),
    ROW_ABOVE("seconds", "S", 0, 3600, "0.3", "measure each time at least so long"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        cells_group = {"Experiment", cells_rows};
static const option_group *const cells_groups[] = {&cells_group, &common_group, NULL};

enum {
    N_STARTS = 2,
    N_TIMES = 3,
    N_CASES = N_COMPARED * N_TIMES
}; /* default and recommended; what is timed */

static const recur_bench_mode modes[N_TIMES] = {RECUR_BENCH_TRAIN, RECUR_BENCH_INFER, RECUR_BENCH_STEP};

/* How far back a stack sees. Horizons are T-1 where the beginning is within. */
typedef struct view {
    double *norms; /* [T], shares of the last */
    int64_t horizon, least, most;
} view;

typedef struct session {
    lab                l;
    recur_rnn_spec     spec;
    int64_t            T, B, seeds;
    uint64_t           seed;
    double             factor;
    view               views[N_COMPARED][N_STARTS];
    int64_t            parameters[N_COMPARED];
    recur_bench_case   cases[N_CASES];
    recur_bench_result times[N_CASES];
    double             done; /* share, of the whole */
} session;

/* ---- the horizon ---- */

/* Gates that remember up to the length of the sequences; for a vanilla cell a matrix that neither shrinks nor stretches. */
static recur_init recommended(recur_cell cell, int64_t T)
{
    if (cell == RECUR_RNN_TANH) return (recur_init){.kind = RECUR_INIT_ORTHOGONAL};
    return (recur_init){.kind = RECUR_INIT_CHRONO, .value = (double)T};
}

/* How many parameters a stack has. */
static recur_status count(recur_ctx *ctx, const recur_rnn_spec *spec, int64_t *parameters)
{
    recur_params *params = NULL;
    recur_rnn    *rnn = NULL;
    recur_status  status = recur_params_create(ctx, 1, &params);
    if (!status) status = recur_rnn_create(params, "", spec, &rnn);
    if (!status) *parameters = recur_params_count(params);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
    return status;
}

static void widen(view *v, int64_t horizon, bool is_first)
{
    if (is_first || horizon < v->least) v->least = horizon;
    if (is_first || horizon > v->most) v->most = horizon;
}

/* Measure norms over the seeds; those of the geometric mean stay in v->norms, as shares of the last. */
static recur_status measure_view(session *s, int cell, int start)
{
    view        *v = &s->views[cell][start];
    reach        r = {.spec = s->spec, .steps = s->T, .input_sd = 1, .gain = 1};
    double      *norms = need_memory((size_t)s->T, sizeof *norms);
    recur_status status = RECUR_OK;
    r.spec.cell = cells_compared[cell];
    if (start == 1) r.spec.init = recommended(r.spec.cell, s->T);
    for (int64_t i = 0; i < s->seeds && !status; i++) {
        status = reach_measure(s->l.app->ctx, &r, s->seed + (uint64_t)i, norms);
        if (status) break;
        for (int64_t t = 0; t < s->T; t++) v->norms[t] += log(norms[t] / norms[s->T - 1]) / (double)s->seeds;
        widen(v, reach_horizon(norms, s->T, 1 / s->factor), i == 0);
    }
    for (int64_t t = 0; t < s->T; t++) v->norms[t] = exp(v->norms[t]);
    v->horizon = reach_horizon(v->norms, s->T, 1 / s->factor);
    free(norms);
    return status ? status : count(s->l.app->ctx, &r.spec, &s->parameters[cell]);
}

/* ---- time ---- */

static bool on_tick(void *user, double share)
{
    const session *s = user;
    progress_draw(s->l.app, s->done + (1 - s->done) * share, NULL);
    return true;
}

/* Training and inference of a batch of sequences, and one step of one sequence. */
static recur_status measure_times(session *s, double seconds)
{
    const recur_bench_opts  opts = {.seconds = seconds, .user = s, .tick = on_tick};
    const recur_bench_shape shape = {s->T, s->B, s->spec.input, s->spec.hidden, 1, false};
    for (int i = 0; i < N_CASES; i++) {
        recur_bench_case *c = &s->cases[i];
        *c = (recur_bench_case){
            .shape = shape, .mode = modes[i / N_COMPARED], .cell = cells_compared[i % N_COMPARED]};
        if (c->mode == RECUR_BENCH_STEP) c->shape.B = 1;
    }
    return recur_bench_run(s->l.app->ctx, s->cases, N_CASES, &opts, s->times);
}

/* Microseconds of one step of the batch. */
static double step_us(const session *s, int time, int cell)
{
    const recur_bench_result *r = &s->times[time * N_COMPARED + cell];
    return 1e3 * r->ms / (modes[time] == RECUR_BENCH_STEP ? 1 : (double)s->T);
}

/* ---- saying ---- */

static void introduce(session *s)
{
    lab_say(
        &s->l,
        "What do gates cost, and what do they bring? The textbook's table of cells, counted and measured: "
        "%" PRId64 " inputs,\n%" PRId64 " units, %" PRId64
        " steps of N(0,1). The horizon is how many steps back the gradient of the last state's sum by "
        "the\ninput is at "
        "least 1/%g of that by the last input, before any training: geometric mean of %" PRId64
        " seed%s (least to most).\nTimes: medians, all in turns, %d thread%s, kernels %s.\n\n"
        "%-32s %15s %15s %15s   textbook: rnn, gru, lstm\n",
        s->spec.input, s->spec.hidden, s->T, s->factor, s->seeds, s->seeds == 1 ? "" : "s",
        recur_ctx_threads(s->l.app->ctx), recur_ctx_threads(s->l.app->ctx) == 1 ? "" : "s",
        recur_bench_kernels(s->l.app->ctx), "", "rnn", "gru", "lstm");
}

static int64_t state_vectors(int cell)
{
    return cells_compared[cell] == RECUR_LSTM ? 2 : 1;
}

static void say_counts(session *s)
{
    const int64_t *p = s->parameters;
    lab_say(&s->l, "%-32s %15d %15d %15d   0, 2, 3\n", "gates", 0, 2, 3);
    lab_say(&s->l, "%-32s %15s %15s %15s   1, 1, 2\n", "state vectors", "1 (h)", "1 (h)", "2 (h, c)");
    lab_say(&s->l, "%-32s", "bytes of one sequence's state");
    for (int i = 0; i < N_COMPARED; i++)
        lab_say(&s->l, " %15zu", (size_t)(state_vectors(i) * s->spec.hidden) * sizeof(float));
    lab_say(&s->l, "\n%-32s %15" PRId64 " %15" PRId64 " %15" PRId64 "   ~n^2, ~3n^2, ~4n^2\n", "parameters",
            p[0], p[1], p[2]);
    lab_say(&s->l, "%-32s %15.2f %15.2f %15.2f\n", "  times the rnn's", 1.0, (double)p[1] / (double)p[0],
            (double)p[2] / (double)p[0]);
}

/* log10 of the last gradient over the first. */
static double fall(const view *v)
{
    return -log10(v->norms[0]);
}

static const char *steps_says(const session *s, int64_t horizon, char text[24])
{
    snprintf(text, 24, "%s%" PRId64, horizon == s->T - 1 ? ">=" : "", horizon);
    return text;
}

static void say_views(session *s, int start)
{
    lab_say(&s->l, "%-32s", start ? "horizon, orthogonal or chrono" : "horizon, default weights");
    for (int i = 0; i < N_COMPARED; i++) {
        const view *r = &s->views[i][start];
        char        mean[24], least[24], most[24], all[80];
        snprintf(all, sizeof all, "%s (%s-%s)", steps_says(s, r->horizon, mean),
                 steps_says(s, r->least, least), steps_says(s, r->most, most));
        lab_say(&s->l, " %15s", r->least == r->most ? mean : all);
    }
    lab_say(&s->l, "%s\n%-32s", start ? "" : "   poor, good, good", "  fall over all steps");
    for (int i = 0; i < N_COMPARED; i++) {
        char power[24];
        snprintf(power, sizeof power, "10^%.1f", fall(&s->views[i][start]));
        lab_say(&s->l, " %15s", power);
    }
    lab_say(&s->l, "\n");
}

static void say_times(session *s)
{
    static const char *const names[N_TIMES] = {"training, us a step", "inference, us a step",
                                               "one sequence by steps, us"};
    for (int k = 0; k < N_TIMES; k++) {
        const double rnn = step_us(s, k, 0);
        lab_say(&s->l, "%-32s %15.1f %15.1f %15.1f%s\n", names[k], rnn, step_us(s, k, 1), step_us(s, k, 2),
                k == 0 ? "   fastest, middle, slowest" : "");
        lab_say(&s->l, "%-32s %15.2f %15.2f %15.2f\n", "  times the rnn's", 1.0, step_us(s, k, 1) / rnn,
                step_us(s, k, 2) / rnn);
    }
    lab_say(&s->l,
            "\nA step of training and inference is one step of %" PRId64
            " sequences, forward and backward or forward alone. The\nrecommended weights: orthogonal for the "
            "vanilla cell, chrono:%" PRId64 " for gates.\n",
            s->B, s->T);
}

/* null: beyond the length that was measured. */
static json_t *horizon_json(const session *s, int64_t horizon)
{
    return horizon == s->T - 1 ? json_null() : json_integer(horizon);
}

static void say_json(session *s)
{
    for (int i = 0; i < N_COMPARED; i++) {
        char init[48] = "orthogonal";
        if (i > 0) snprintf(init, sizeof init, "chrono:%" PRId64, s->T);
        const view *r = s->views[i];
        lab_json(&s->l,
                 json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:o}",
                           "cell", cell_name(cells_compared[i]), "input", (json_int_t)s->spec.input, "hidden",
                           (json_int_t)s->spec.hidden, "steps", (json_int_t)s->T, "batch", (json_int_t)s->B,
                           "gates", (json_int_t)cell_products(cells_compared[i]) - 1, "state_vectors",
                           (json_int_t)state_vectors(i), "state_bytes",
                           (json_int_t)(state_vectors(i) * s->spec.hidden * (int64_t)sizeof(float)),
                           "parameters", (json_int_t)s->parameters[i], "factor", output_number(s->factor),
                           "horizon", horizon_json(s, r[0].horizon), "log10_fall", output_number(fall(&r[0])),
                           "horizon_recommended", horizon_json(s, r[1].horizon), "recommended", init,
                           "log10_fall_recommended", output_number(fall(&r[1])), "train_us",
                           output_number(step_us(s, 0, i)), "infer_us", output_number(step_us(s, 1, i)),
                           "stream_us", output_number(step_us(s, 2, i))));
    }
}

/* ---- the picture ---- */

/* Relative to the gradient by the last input, going back. */
static void trace(const session *s, int start, const double *lags, double *values,
                  recur_curve curves[N_COMPARED])
{
    for (int i = 0; i < N_COMPARED; i++) {
        double *y = values + (start * N_COMPARED + i) * s->T;
        for (int64_t k = 0; k < s->T; k++) y[k] = s->views[i][start].norms[s->T - 1 - k];
        curves[i] = (recur_curve){cell_name(cells_compared[i]), i, false, s->T, lags, y};
    }
}

static int draw(session *s)
{
    double     *values = need_memory((size_t)s->T * (N_COMPARED * N_STARTS + 1), sizeof *values);
    double     *lags = values + s->T * N_COMPARED * N_STARTS;
    recur_curve curves[N_STARTS][N_COMPARED];
    recur_plot  plots[N_STARTS];
    double      least = 1;
    char        title[128];
    for (int64_t k = 0; k < s->T; k++) lags[k] = (double)k;
    for (int start = 0; start < N_STARTS; start++) {
        trace(s, start, lags, values, curves[start]);
        plots[start] = (recur_plot){.title = start ? "Orthogonal or chrono weights" : "Default weights",
                                    .x = "steps back",
                                    .y = "share of the last",
                                    .is_log = true,
                                    .n = N_COMPARED,
                                    .curves = curves[start]};
    }
    for (double *y = values; y < lags; y++)
        if (*y > 0) least = fmin(least, *y);
    for (int start = 0; start < N_STARTS; start++) {
        plots[start].low = least;
        plots[start].high = 1;
    }
    snprintf(title, sizeof title,
             "Gradient by the input, before training: %" PRId64 " inputs, %" PRId64 " units", s->spec.input,
             s->spec.hidden);
    int code = lab_plots(&s->l, title, plots, N_STARTS);
    free(values);
    return code;
}

/* ---- all together ---- */

/* Gradients take a tenth of the bar. */
static recur_status measure(session *s, double seconds)
{
    recur_status status = RECUR_OK;
    for (int i = 0; i < N_COMPARED * N_STARTS && !status; i++) {
        status = measure_view(s, i / N_STARTS, i % N_STARTS);
        s->done = 0.1 * (i + 1) / (N_COMPARED * N_STARTS);
        progress_draw(s->l.app, s->done, NULL);
    }
    return status ? status : measure_times(s, seconds);
}

static int cells(app *a, options *o)
{
    session s = {.spec = {.input = options_int(o, "input"), .hidden = options_int(o, "hidden")},
                 .T = options_int(o, "steps"),
                 .B = options_int(o, "batch"),
                 .seeds = options_int(o, "seeds"),
                 .seed = (uint64_t)options_int(o, "seed"),
                 .factor = options_number(o, "factor")};
    int     code = lab_open(&s.l, a, o, "Cells compared");
    if (code) return code;
    for (int i = 0; i < N_COMPARED * N_STARTS; i++)
        s.views[i / N_STARTS][i % N_STARTS].norms = need_memory((size_t)s.T, sizeof(double));
    recur_status status = measure(&s, options_number(o, "seconds"));
    if (status) {
        code = output_failure(a, status);
    } else {
        introduce(&s);
        say_counts(&s);
        for (int start = 0; start < N_STARTS; start++) say_views(&s, start);
        say_times(&s);
        say_json(&s);
        code = draw(&s);
    }
    for (int i = 0; i < N_COMPARED * N_STARTS; i++) free(s.views[i / N_STARTS][i % N_STARTS].norms);
    return lab_close(&s.l, code);
}

const command lab_cells_command = {
    .name = "lab cells",
    .synopsis = "[options]",
    .brief = "",
    .summary = "RNN, GRU and LSTM compared: gates, state, parameters, horizon, time",
    .notes =
        "The horizon is how many steps back the gradient of the last state has not yet fallen by --factor, "
        "with default\nweights and with recommended ones. Times are measured in turns.\n",
    .groups = cells_groups,
    .args = "",
    .run = cells,
};
