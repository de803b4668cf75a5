/* recur lab sequential: what it costs to be sequential. With t the time of a layer, F its operations and 0 the feed-forward layer,
 *
 *   gap = t / t0 = F/F0 * (F0/t0) / (F/t) = arithmetic * waiting
 *
 * so that waiting says how much longer an operation takes in the recurrent layer: products of one step's few rows, gates, and
 * states that must be there before the next step can begin.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "lab.h"
#include "rows.h"

static const option sequential_rows[] = {
    ROW_INT("steps", 1, 1e6, "512", "length of the sequences"),
    ROW_INT("batch", 1, 65536, "32", "sequences side by side"),
    ROW_INT("input", 1, 65536, "256", "values of one step"),
    ROW_INT("hidden", 1, 65536, "256", "units, and outputs of the feed-forward layer"),
    ROW_ABOVE("seconds", "S", 0, 3600, "0.5", "measure each layer at least so long"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        sequential_group = {"Experiment", sequential_rows};
static const option_group *const sequential_groups[] = {&sequential_group, &common_group, NULL};

enum { MAX_CASES = 1 + 2 * N_COMPARED };

/* The feed-forward layer, the recurrent ones beside it, and, where they were wanted, feed-forward layers of the same operations. */
typedef struct comparison {
    recur_bench_case   what[MAX_CASES];
    recur_bench_result found[MAX_CASES];
    int64_t            n;
} comparison;

typedef struct session {
    lab               lab;
    recur_bench_shape shape;
    double            seconds;
    int               done, n; /* comparisons */
} session;

/* ---- measuring ---- */

static bool on_tick(void *user, double share)
{
    const session *s = user;
    progress_draw(s->lab.app, (s->done + share) / s->n, NULL);
    return true;
}

static void choose_cases(comparison *c, recur_bench_shape shape, bool with_equal)
{
    *c = (comparison){.n = with_equal ? MAX_CASES : 1 + N_COMPARED};
    c->what[0] = (recur_bench_case){.shape = shape, .linear = true};
    double one = recur_bench_flop(&c->what[0]) / (double)shape.H;
    for (int i = 0; i < N_COMPARED; i++) {
        recur_bench_case *cell = &c->what[1 + i], *equal = &c->what[1 + N_COMPARED + i];
        *cell = (recur_bench_case){.shape = shape, .cell = cells_compared[i]};
        if (!with_equal) continue;
        *equal = c->what[0];
        equal->shape.H = (int64_t)(recur_bench_flop(cell) / one + 0.5);
    }
}

/* Measure one comparison, in turns. */
static int compare(session *s, recur_bench_shape shape, bool with_equal, comparison *c)
{
    const recur_bench_opts opts = {.seconds = s->seconds, .user = s, .tick = on_tick};
    choose_cases(c, shape, with_equal);
    recur_status status = recur_bench_run(s->lab.app->ctx, c->what, c->n, &opts, c->found);
    s->done++;
    return status ? output_failure(s->lab.app, status) : RECUR_OK;
}

static double gap_of(const comparison *c, int cell)
{
    return c->found[1 + cell].ms / c->found[0].ms;
}

static double arithmetic_of(const comparison *c, int cell)
{
    return c->found[1 + cell].flop / c->found[0].flop;
}

/* ---- saying ---- */

static void say_json(lab *l, const char *table, const comparison *c)
{
    for (int i = 0; i < N_COMPARED; i++) {
        const recur_bench_result *r = &c->found[1 + i], *equal = &c->found[1 + N_COMPARED + i];
        const recur_bench_shape  *s = &c->what[0].shape;
        json_t                   *line = json_pack(
                              "{s:s,s:s,s:I,s:I,s:I,s:I,s:i,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "table", table, "cell",
                              cell_name(cells_compared[i]), "steps", (json_int_t)s->T, "batch", (json_int_t)s->B, "input",
                              (json_int_t)s->I, "hidden", (json_int_t)s->H, "threads", recur_ctx_threads(l->app->ctx), "ms",
                              output_number(r->ms), "linear_ms", output_number(c->found[0].ms), "gap",
                              output_number(gap_of(c, i)), "arithmetic", output_number(arithmetic_of(c, i)), "waiting",
                              output_number(gap_of(c, i) / arithmetic_of(c, i)), "percent_of_peak",
                              output_number(r->percent_of_peak), "linear_percent_of_peak",
                              output_number(c->found[0].percent_of_peak));
        if (line && c->n == MAX_CASES) {
            json_object_set_new(line, "equal_ms", output_number(equal->ms));
            json_object_set_new(line, "equal_gap", output_number(r->ms / equal->ms));
        }
        lab_json(l, line);
    }
}

static void introduce(lab *l, recur_bench_shape s)
{
    const recur_ctx *ctx = l->app->ctx;
    lab_say(l,
            "A recurrent layer cannot begin step t before step t-1 is done; a feed-forward (linear) "
            "layer does all\n"
            "%" PRId64 " steps of %" PRId64
            " sequences as one product. So the recurrent layer takes longer. How much of\n"
            "that is its larger arithmetic, and how much is waiting?\n\n"
            "    gap = time / time of the linear layer = arithmetic x waiting\n"
            "    arithmetic = how many times as many operations: G (I+H) / I, with G = 1, 3, 4 gates "
            "for rnn, gru, lstm\n"
            "    waiting = how many times as long each of them takes\n\n"
            "Inputs %" PRId64 ", units %" PRId64
            ", %d thread%s, kernels %s; medians, all layers in turns.\n\n",
            s.T, s.B, s.I, s.H, recur_ctx_threads(ctx), recur_ctx_threads(ctx) == 1 ? "" : "s",
            recur_bench_kernels(ctx));
}

static void say_gaps(lab *l, const comparison *c)
{
    lab_say(l, "layer          ms   GFLOP/s  of peak     gap = arithmetic x waiting   against a linear "
               "layer of equal arithmetic\n");
    lab_say(l, "linear  %9.2f %9.1f %6.0f %%\n", c->found[0].ms, c->found[0].gflops,
            c->found[0].percent_of_peak);
    for (int i = 0; i < N_COMPARED; i++) {
        const recur_bench_result *r = &c->found[1 + i];
        const recur_bench_case   *equal = &c->what[1 + N_COMPARED + i];
        lab_say(l, "%-7s %9.2f %9.1f %6.0f %% %7.2f = %10.2f x %7.2f   %.2f (%" PRId64 " outputs)\n",
                cell_name(cells_compared[i]), r->ms, r->gflops, r->percent_of_peak, gap_of(c, i),
                arithmetic_of(c, i), gap_of(c, i) / arithmetic_of(c, i),
                r->ms / c->found[1 + N_COMPARED + i].ms, equal->shape.H);
    }
}

/* One sentence for each cell: which part of its time beyond the linear layer's is which. */
static void say_verdict(lab *l, const comparison *c)
{
    lab_say(l, "\n");
    for (int i = 0; i < N_COMPARED; i++) {
        double gap = gap_of(c, i), arithmetic = arithmetic_of(c, i);
        if (gap > arithmetic)
            lab_say(
                l,
                "Of the %s's time %.0f %% is arithmetic at the linear layer's speed, %.0f %% is waiting.\n",
                cell_name(cells_compared[i]), 100 * arithmetic / gap, 100 - 100 * arithmetic / gap);
        else
            lab_say(l, "The %s does not wait: its operations are as fast as the linear layer's.\n",
                    cell_name(cells_compared[i]));
    }
}

/* One line of a table of how the gap moves. */
static void say_line(lab *l, int64_t value, const comparison *c)
{
    lab_say(l, "%8" PRId64, value);
    for (int i = 0; i < N_COMPARED; i++)
        lab_say(l, " %9.2f (%5.2f)", gap_of(c, i), gap_of(c, i) / arithmetic_of(c, i));
    lab_say(l, "\n");
}

static void say_head(lab *l, const char *what)
{
    lab_say(l, "\n%8s", what);
    for (int i = 0; i < N_COMPARED; i++) lab_say(l, " %9s %7s", cell_name(cells_compared[i]), "waiting");
    lab_say(l, "\n");
}

/* ---- how the gap moves ---- */

enum { MAX_VALUES = 12 };

/* 1, step, step^2 ... up to and with `last`, or as many of the greatest as there is room for. */
static int ladder(int64_t last, int64_t factor, int64_t values[MAX_VALUES])
{
    int n = 0;
    for (int64_t v = last; v > 1 && n < MAX_VALUES - 1; v /= factor) values[n++] = v;
    values[n++] = 1;
    for (int i = 0; i < n / 2; i++) {
        int64_t keep = values[i];
        values[i] = values[n - 1 - i];
        values[n - 1 - i] = keep;
    }
    return n;
}

static int vary(session *s, const char *table, int n, const int64_t *values)
{
    int code = RECUR_OK;
    say_head(&s->lab, table);
    for (int i = 0; i < n && !code; i++) {
        recur_bench_shape shape = s->shape;
        comparison        c;
        if (strcmp(table, "length") == 0) shape.T = values[i];
        if (strcmp(table, "batch") == 0) shape.B = values[i];
        if (strcmp(table, "threads") == 0) code = app_open_threads(s->lab.app, (int)values[i]);
        if (!code) code = compare(s, shape, false, &c);
        if (code) break;
        say_json(&s->lab, table, &c);
        say_line(&s->lab, values[i], &c);
    }
    return code;
}

static int draw(session *s, const comparison *c)
{
    recur_bench_gap gaps[N_COMPARED];
    char            title[160];
    recur_picture  *picture = NULL;
    for (int i = 0; i < N_COMPARED; i++)
        gaps[i] = (recur_bench_gap){cell_name(cells_compared[i]), gap_of(c, i), arithmetic_of(c, i)};
    snprintf(title, sizeof title,
             "Times as long as a linear layer: %" PRId64 " steps, batch %" PRId64 ", %" PRId64 " to %" PRId64
             ", %d thread%s",
             s->shape.T, s->shape.B, s->shape.I, s->shape.H, recur_ctx_threads(s->lab.app->ctx),
             recur_ctx_threads(s->lab.app->ctx) == 1 ? "" : "s");
    recur_status status = recur_bench_draw_gaps(s->lab.app->ctx, title, gaps, N_COMPARED, &picture);
    return status ? output_failure(s->lab.app, status) : lab_picture(&s->lab, picture);
}

static int experiment(session *s)
{
    comparison c;
    int64_t    lengths[MAX_VALUES], batches[MAX_VALUES], threads[MAX_VALUES];
    int        n_lengths = ladder(s->shape.T, 8, lengths), n_batches = ladder(s->shape.B, 4, batches);
    int        n_threads = ladder(recur_ctx_threads(s->lab.app->ctx), 2, threads);
    s->n = 1 + n_lengths + n_batches + n_threads;
    introduce(&s->lab, s->shape);
    int code = compare(s, s->shape, true, &c);
    if (code) return code;
    say_json(&s->lab, "gap", &c);
    say_gaps(&s->lab, &c);
    say_verdict(&s->lab, &c);
    code = draw(s, &c);
    lab_say(&s->lab, "\nHow the gap moves; in brackets the waiting, which arithmetic does not explain.\n");
    if (!code) code = vary(s, "length", n_lengths, lengths);
    if (!code) code = vary(s, "batch", n_batches, batches);
    if (!code) code = vary(s, "threads", n_threads, threads);
    return code;
}

static int sequential(app *a, options *o)
{
    session s = {.shape = {options_int(o, "steps"), options_int(o, "batch"), options_int(o, "input"),
                           options_int(o, "hidden"), 1, false},
                 .seconds = options_number(o, "seconds")};
    int     code = lab_open(&s.lab, a, o, "What it costs to be sequential");
    return code ? code : lab_close(&s.lab, experiment(&s));
}

const command lab_sequential_command = {
    .name = "lab sequential",
    .synopsis = "[options]",
    .brief = "",
    .summary = "what it costs that a recurrent layer is sequential",
    .notes = "RNN, GRU and LSTM against a linear layer over the same rows, and against one of equal "
             "arithmetic; then by\n"
             "length, batch and threads (1 up to --threads).\n",
    .groups = sequential_groups,
    .args = "",
    .run = sequential,
};
