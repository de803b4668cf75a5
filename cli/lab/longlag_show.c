/* What lab longlag shows: a table of success, one of loss and one of gradients by lag, what follows, lines of JSON, a picture.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "longlag.h"
#include "memory.h"

/* ---- means ---- */

/* Of all seeds; of reach the geometric mean. */
static lag_result mean(const longlag *l, int which, int lag)
{
    const lag_result *found = longlag_found(l, which, lag);
    const double      n = (double)l->seeds;
    lag_result        m = {0};
    double            logs = 0;
    for (int64_t i = 0; i < l->seeds; i++) {
        m.score.loss += found[i].score.loss / n;
        m.score.accuracy += found[i].score.accuracy / n;
        m.gain += found[i].gain / n;
        logs += log(found[i].reach) / n;
    }
    m.reach = exp(logs);
    return m;
}

static lag_score baseline(const longlag *l, int lag)
{
    lag_task task = l->task;
    task.lag = (int64_t)l->lags[lag];
    return lag_baseline(&task);
}

/* ---- words ---- */

static const char *const tasks[] = {
    "recall: read lag+1 random symbols out of 8, then say which was the first. Who remembers nothing is "
    "right\n"
    "once in 8 times and loses ln 8 = 2.079 nats.\n",
    "adding: read pairs of a number from U(0,1) and a mark, as many as the lag; one mark is set in the "
    "first\n"
    "half and one in the second. Say the sum of the two marked numbers. Who always says 1 has a mean "
    "squared\n"
    "error of 1/6 = 0.167, the variance of such a sum.\n",
    "copy: read 10 random symbols out of 8, then blanks, then a sign after lag steps, then write the "
    "symbols.\n"
    "Who remembers nothing writes blanks and guesses: 10 ln 8 / (lag+20) nats per step.\n"};

void longlag_introduce(longlag *l)
{
    lab_say(&l->lab,
            "How long a lag does each cell learn to bridge? A net of %" PRId64
            " units and a linear layer learn a task for %" PRId64 "\nupdates of %" PRId64
            " fresh sequences (Adam, rate %g, norm clipped at 1; seed %" PRIu64 "%s).\n\n%s\n",
            l->hidden, l->steps, l->task.batch, l->train.lr, l->task.seed,
            l->seeds > 1 ? " and the next ones, means" : "", tasks[l->task.kind]);
}

/* ---- tables ---- */

static void head(longlag *l, const char *what)
{
    lab_say(&l->lab, "%s\n%-18s", what, "lag");
    for (int i = 0; i < l->n_lags; i++) lab_say(&l->lab, "%10.0f", l->lags[i]);
    lab_say(&l->lab, "\n");
}

static void accuracy_table(longlag *l)
{
    head(l, l->task.kind == LAG_ADDING ? "sums that are right to 0.04, %" : "symbols that are right, %");
    lab_say(&l->lab, "%-18s", "without memory");
    for (int i = 0; i < l->n_lags; i++) lab_say(&l->lab, "%10.1f", 100 * baseline(l, i).accuracy);
    for (int v = 0; v < l->n_variants; v++) {
        lab_say(&l->lab, "\n%-18s", l->variants[v].name);
        for (int i = 0; i < l->n_lags; i++) lab_say(&l->lab, "%10.1f", 100 * mean(l, v, i).score.accuracy);
    }
    lab_say(&l->lab, "\n\n");
}

static void loss_table(longlag *l)
{
    char what[64];
    snprintf(what, sizeof what, "loss, %s", lag_loss_name(l->task.kind));
    head(l, what);
    lab_say(&l->lab, "%-18s", "without memory");
    for (int i = 0; i < l->n_lags; i++) lab_say(&l->lab, "%10.4f", baseline(l, i).loss);
    for (int v = 0; v < l->n_variants; v++) {
        lab_say(&l->lab, "\n%-18s", l->variants[v].name);
        for (int i = 0; i < l->n_lags; i++) lab_say(&l->lab, "%10.4f", mean(l, v, i).score.loss);
    }
    lab_say(&l->lab, "\n\n");
}

static void reach_table(longlag *l)
{
    head(l, "before the training: gradient by the first state / by the one that answers");
    for (int v = 0; v < l->n_variants; v++) {
        lab_say(&l->lab, "%-18s", l->variants[v].name);
        for (int i = 0; i < l->n_lags; i++) lab_say(&l->lab, "%10.1e", mean(l, v, i).reach);
        lab_say(&l->lab, "\n");
    }
}

void longlag_say_tables(longlag *l)
{
    accuracy_table(l);
    loss_table(l);
    reach_table(l);
}

/* ---- what follows ---- */

/* Of the loss that memory can save, what share makes a lag learnt, and what share is more than chance. */
static const double learnt = 0.9, begun = 0.1;

/* How many nets have learnt a lag. */
static int count_learnt(const longlag *l, int which, int lag)
{
    int n = 0;
    for (int64_t i = 0; i < l->seeds; i++) n += longlag_found(l, which, lag)[i].gain >= learnt;
    return n;
}

/* Say at which lags the mean gain lies from `least` to below `most`. Returns how many there are. */
static int name_lags(longlag *l, int which, const char *says, double least, double most)
{
    int n = 0;
    for (int i = 0; i < l->n_lags; i++) {
        double gain = mean(l, which, i).gain;
        if (!(gain >= least && gain < most)) continue;
        lab_say(&l->lab, "%s %.0f", n++ ? "," : says, l->lags[i]);
        if (l->seeds > 1) lab_say(&l->lab, " (%d of %" PRId64 ")", count_learnt(l, which, i), l->seeds);
    }
    return n;
}

void longlag_conclude(longlag *l)
{
    lab_say(&l->lab,
            "\nA lag is learnt where %.0f %% of the loss of no memory is gone, begun where %.0f %% is%s.\n",
            100 * learnt, 100 * begun,
            l->seeds > 1 ? ", on the mean; in brackets the nets that learn it" : "");
    for (int v = 0; v < l->n_variants; v++) {
        lab_say(&l->lab, "%s", l->variants[v].name);
        int n = name_lags(l, v, " learns lag", learnt, HUGE_VAL);
        n += name_lags(l, v, n ? "; begins" : " begins lag", begun, learnt);
        lab_say(&l->lab, n == l->n_lags ? ".\n"
                         : n            ? "; not the others.\n"
                                        : " learns none of these lags.\n");
    }
}

/* ---- JSON ---- */

void longlag_say_json(longlag *l, int which, int lag, int64_t seed)
{
    const lag_result *f = &longlag_found(l, which, lag)[seed];
    const lag_score   b = baseline(l, lag);
    lab_json(&l->lab, json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "task",
                                lag_kind_name(l->task.kind), "cell", l->variants[which].name, "lag",
                                (json_int_t)l->task.lag, "hidden", (json_int_t)l->hidden, "seed",
                                (json_int_t)l->task.seed, "steps", (json_int_t)l->steps, "parameters",
                                (json_int_t)l->parameters[which], "loss", output_number(f->score.loss),
                                "baseline", output_number(b.loss), "accuracy",
                                output_number(f->score.accuracy), "chance", output_number(b.accuracy), "gain",
                                output_number(f->gain), "grad_first_to_last", output_number(f->reach)));
}

/* ---- the picture ---- */

enum { N_PLOTS = 3, MAX_CURVES = MAX_VARIANTS + 1, BASELINE_COLOUR = 4 };

/* Curve c of each plot; the one behind the variants is the baseline. Two variants share a colour, the first of them dashed. */
static void fill(const longlag *l, recur_curve curves[N_PLOTS][MAX_CURVES], int c, double *values)
{
    const bool is_baseline = c == l->n_variants;
    for (int plot = 0; plot < N_PLOTS; plot++)
        curves[plot][c] = (recur_curve){.label = is_baseline ? "without memory" : l->variants[c].name,
                                        .colour = is_baseline ? BASELINE_COLOUR : c / 2,
                                        .is_dashed = is_baseline || c % 2 == 0,
                                        .n = l->n_lags,
                                        .x = l->lags,
                                        .y = values + plot * l->n_lags};
    for (int i = 0; i < l->n_lags; i++) {
        lag_result f = {.score = baseline(l, i), .reach = NAN};
        if (!is_baseline) f = mean(l, c, i);
        values[i] = 100 * f.score.accuracy;
        values[l->n_lags + i] = f.score.loss;
        values[2 * l->n_lags + i] = f.reach;
    }
}

int longlag_draw(longlag *l)
{
    const int   n = l->n_variants + 1;
    recur_curve curves[N_PLOTS][MAX_CURVES];
    char        title[160], loss[32];
    double     *values = need_memory((size_t)(N_PLOTS * n * l->n_lags), sizeof *values);
    for (int c = 0; c < n; c++) fill(l, curves, c, values + c * N_PLOTS * l->n_lags);
    snprintf(loss, sizeof loss, "loss, %s", lag_loss_name(l->task.kind));
    const recur_plot plots[N_PLOTS] = {
        {"right, %", "lag", "", false, 0, 100, n, curves[0]},
        {loss, "lag", "", false, 0, 0, n, curves[1]},
        {"before training: gradient, first / last state", "lag", "", true, 0, 0, n, curves[2]}};
    snprintf(title, sizeof title, "%s after %" PRId64 " updates, %" PRId64 " units",
             (const char *const[]){"Recall of the first symbol", "Adding two marked numbers",
                                   "Copying 10 symbols"}[l->task.kind],
             l->steps, l->hidden);
    int code = lab_plots(&l->lab, title, plots, N_PLOTS);
    free(values);
    return code;
}
