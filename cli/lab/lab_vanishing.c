/* recur lab vanishing: how much each step of a sequence could teach, before any training. For each kind of cell and many seeds, the gradient of
 * the last state by every input, and how fast it shrinks going back.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "memory.h"
#include "rows.h"
#include "vanishing.h"

static const option vanishing_rows[] = {
    {.name = "cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "all|" CELL_CHOICES,
     .fallback = "all",
     .flags = OPTION_USUAL,
     .help = "rnn, relu, lstm, gru, or all of them"},
    {.name = "init",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "default|orthogonal|identity|chrono:T|uniform:R|all",
     .fallback = "default",
     .flags = OPTION_USUAL,
     .help = "how weights start, as train has it; all: every way that a cell has, in turn"},
    {.name = "forget-bias",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = -1000,
     .max = 1000,
     .flags = OPTION_USUAL,
     .default_says = "as --init says",
     .help = "LSTM: the two biases of the forget gate start as X and 0"},
    {.name = "update-bias",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = -1000,
     .max = 1000,
     .default_says = "as --init says",
     .help = "GRU: the two biases of the update gate start as X and 0"},
    {.name = "zero-biases", .type = OPTION_SWITCH, .help = "all other biases start as 0"},
    {.name = "gain",
     .form = "G",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1000,
     .fallback = "1",
     .flags = OPTION_ABOVE,
     .help = "multiply the recurrent matrices by G"},
    {.name = "input-sd",
     .form = "S",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1e6,
     .fallback = "1",
     .help = "standard deviation of the inputs"},
    ROW_INT("input", 1, 65536, "32", "values of one step"),
    ROW_INT("hidden", 1, 8192, "64", "units of each layer"),
    ROW_INT("layers", 1, 256, "1", "layers of the stack"),
    ROW_INT("steps", 2, 100000, "100", "length of the sequence"),
    ROW_INT("seeds", 1, 10000, "10", "measure so many stacks of each kind"),
    ROW_SEED("the first of them; of weights and inputs"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        vanishing_group = {"Experiment", vanishing_rows};
static const option_group *const vanishing_groups[] = {&vanishing_group, &common_group, NULL};

/* What `--init all` goes through; cells in the order of CELL_CHOICES. bias: of the forget or update gate, 0: not set. */
static const struct {
    recur_init_kind kind;
    double          bias;
    bool            of[N_CELLS];
} ways[] = {{RECUR_INIT_DEFAULT, 0, {true, true, true, true}},
            {RECUR_INIT_ORTHOGONAL, 0, {true, true, true, true}},
            {RECUR_INIT_IDENTITY, 0, {true, true, false, false}},
            {RECUR_INIT_DEFAULT, 1, {false, false, true, true}},
            {RECUR_INIT_DEFAULT, 2, {false, false, true, true}},
            {RECUR_INIT_DEFAULT, 4, {false, false, true, true}},
            {RECUR_INIT_CHRONO, 0, {false, false, true, true}}};

/* ---- which stacks ---- */

static void name_start(const reach *r, char *name, size_t size)
{
    static const char *const names[] = {"default", "uniform", "orthogonal", "identity", "chrono"};
    size_t                   n = (size_t)snprintf(name, size, "%s", names[r->spec.init.kind]);
    if (r->spec.init.kind == RECUR_INIT_CHRONO || r->spec.init.kind == RECUR_INIT_UNIFORM)
        n += (size_t)snprintf(name + n, size - n, ":%g", r->spec.init.value);
    if (r->spec.init.kind == RECUR_INIT_DEFAULT && (r->spec.set_forget_bias || r->set_update_bias)) n = 0;
    if (r->spec.set_forget_bias)
        snprintf(name + n, size - n, "%sforget bias %g", n ? ", " : "", r->spec.forget_bias);
    if (r->set_update_bias) snprintf(name + n, size - n, "%supdate bias %g", n ? ", " : "", r->update_bias);
}

static void add(vanishing *v, int cell, const reach *what)
{
    subject *s = &v->subjects[v->n++];
    size_t   steps = (size_t)v->steps, layers = (size_t)v->layers;
    *s = (subject){.cell = cell_name(cell_of(cell)), .what = *what};
    name_start(what, s->start, sizeof s->start);
    s->mean = need_memory(steps, sizeof *s->mean);
    s->least = need_memory(steps, sizeof *s->least);
    s->spread = need_memory(steps, sizeof *s->spread);
    s->ratio = need_memory((size_t)v->seeds, sizeof *s->ratio);
    s->predicted = need_memory(steps, sizeof *s->predicted);
    s->rate = need_memory(layers, sizeof *s->rate);
    if (!reach_predict(what, s->predicted, s->rate)) {
        free(s->predicted);
        s->predicted = NULL;
        return;
    }
    for (size_t t = 0; t < steps; t++) s->predicted[t] = exp(s->predicted[t]);
}

static void add_ways(vanishing *v, int cell, const reach *base)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!ways[i].of[cell]) continue;
        reach what = *base;
        what.spec.init.kind = ways[i].kind;
        if (ways[i].kind == RECUR_INIT_CHRONO) what.spec.init.value = fmax((double)v->steps, 3);
        what.spec.set_forget_bias = cell_of(cell) == RECUR_LSTM && ways[i].bias != 0;
        what.set_update_bias = cell_of(cell) == RECUR_GRU && ways[i].bias != 0;
        what.spec.forget_bias = what.update_bias = ways[i].bias;
        add(v, cell, &what);
    }
}

/* The stack that the options describe, of one kind of cell. */
static void add_given(vanishing *v, const options *o, int cell, const reach *base)
{
    static const recur_init_kind kinds[] = {RECUR_INIT_DEFAULT, RECUR_INIT_ORTHOGONAL, RECUR_INIT_IDENTITY,
                                            RECUR_INIT_CHRONO, RECUR_INIT_UNIFORM};
    const option_value          *init = options_find(o, "init");
    reach                        what = *base;
    what.spec.init.kind = kinds[init->choice];
    what.spec.init.value = init->n_numbers ? init->numbers[0] : 0;
    what.spec.set_forget_bias = cell_of(cell) == RECUR_LSTM && options_given(o, "forget-bias");
    what.spec.forget_bias = options_number(o, "forget-bias");
    what.set_update_bias = cell_of(cell) == RECUR_GRU && options_given(o, "update-bias");
    what.update_bias = options_number(o, "update-bias");
    add(v, cell, &what);
}

/* Refuse what the cells chosen do not have. */
static int check(app *a, const options *o)
{
    const char *cell = options_text(o, "cell"), *init = options_text(o, "init"),
               *out = options_text(o, "out");
    bool                is_all = strcmp(cell, "all") == 0, is_survey = strcmp(init, "all") == 0;
    const option_value *v = options_find(o, "init");
    if (options_given(o, "forget-bias") && (is_survey || (!is_all && strcmp(cell, "lstm") != 0)))
        return output_error(a, RECUR_EARG,
                            "--forget-bias is for LSTM cells and one --init, found --cell %s --init %s", cell,
                            init);
    if (options_given(o, "update-bias") && (is_survey || (!is_all && strcmp(cell, "gru") != 0)))
        return output_error(a, RECUR_EARG,
                            "--update-bias is for GRU cells and one --init, found --cell %s --init %s", cell,
                            init);
    if (strncmp(init, "chrono", 6) == 0 && (strcmp(cell, "rnn") == 0 || strcmp(cell, "relu") == 0))
        return output_error(a, RECUR_EARG, "--init chrono is for gates, --cell lstm or gru, found --cell %s",
                            cell);
    if (strncmp(init, "chrono", 6) == 0 && !(v->numbers[0] > 2))
        return output_error(a, RECUR_EARG, "--init chrono:T wants more than 2 steps, found %g",
                            v->numbers[0]);
    if (is_survey && is_all && out && path_ends_in(out, ".svg"))
        return output_error(
            a, RECUR_EARG,
            "--init all draws a picture for each kind of cell: --out wants FILE.html, or one --cell");
    return RECUR_OK;
}

static void read_options(vanishing *v, const options *o)
{
    int  chosen = options_find(o, "cell")->choice - 1; /* -1: all */
    bool is_chrono = strncmp(options_text(o, "init"), "chrono", 6) == 0;
    v->steps = options_int(o, "steps");
    v->layers = options_int(o, "layers");
    v->seeds = options_int(o, "seeds");
    v->first_seed = options_int(o, "seed");
    v->is_survey = strcmp(options_text(o, "init"), "all") == 0;
    v->norms = need_memory((size_t)v->steps, sizeof *v->norms);
    reach base = {
        .spec = {.input = options_int(o, "input"), .hidden = options_int(o, "hidden"), .layers = v->layers},
        .steps = v->steps,
        .input_sd = options_number(o, "input-sd"),
        .gain = options_number(o, "gain"),
        .zero_biases = options_on(o, "zero-biases")};
    for (int c = 0; c < N_CELLS; c++) {
        bool has_gates = cell_of(c) == RECUR_LSTM || cell_of(c) == RECUR_GRU;
        if ((chosen >= 0 && chosen != c) || (is_chrono && !has_gates)) continue;
        base.spec.cell = cell_of(c);
        if (v->is_survey)
            add_ways(v, c, &base);
        else
            add_given(v, o, c, &base);
    }
}

/* ---- measuring ---- */

/* Take in the norms of one seed: sums of logarithms and of their squares, until all are there. */
static void take(vanishing *v, subject *s, int64_t i)
{
    s->ratio[i] = log10(v->norms[v->steps - 1] / v->norms[0]);
    for (int64_t t = 0; t < v->steps; t++) {
        double exponent = log10(v->norms[t]);
        s->mean[t] += exponent;
        s->spread[t] += exponent * exponent;
        s->least[t] = i ? fmin(s->least[t], v->norms[t]) : v->norms[t];
    }
}

static void settle(const vanishing *v, subject *s)
{
    double n = (double)v->seeds;
    for (int64_t t = 0; t < v->steps; t++) {
        double mean = s->mean[t] / n;
        s->mean[t] = pow(10, mean);
        s->spread[t] =
            isfinite(mean) && n > 1 ? sqrt(fmax(s->spread[t] - n * mean * mean, 0) / (n - 1)) : NAN;
    }
}

static int measure(vanishing *v, int i)
{
    subject *s = &v->subjects[i];
    app     *a = v->lab.app;
    for (int64_t seed = 0; seed < v->seeds && !a->is_broken; seed++) {
        recur_status status = reach_measure(a->ctx, &s->what, (uint64_t)(v->first_seed + seed), v->norms);
        if (status) return output_failure(a, status);
        take(v, s, seed);
        vanishing_say_seed(v, s, v->first_seed + seed, v->norms);
        progress_draw(a, (i + (double)(seed + 1) / (double)v->seeds) / v->n, NULL);
    }
    settle(v, s);
    return RECUR_OK;
}

static void release(vanishing *v)
{
    for (int i = 0; i < v->n; i++) {
        subject *s = &v->subjects[i];
        free(s->mean);
        free(s->least);
        free(s->spread);
        free(s->ratio);
        free(s->predicted);
        free(s->rate);
    }
    free(v->norms);
}

static int vanishing_run(app *a, options *o)
{
    vanishing v = {.n = 0};
    int       code = check(a, o);
    if (!code) code = lab_open(&v.lab, a, o, "How far a gradient reaches");
    if (code) return code;
    read_options(&v, o);
    vanishing_introduce(&v);
    for (int i = 0; i < v.n && !code; i++) code = measure(&v, i);
    if (!code) vanishing_say_tables(&v);
    if (!code) vanishing_conclude(&v);
    if (!code) code = vanishing_draw(&v);
    release(&v);
    return lab_close(&v.lab, code);
}

const command lab_vanishing_command = {
    .name = "lab vanishing",
    .synopsis = "[options]",
    .brief = "",
    .summary = "how far a gradient reaches before any training, by cell and initialisation",
    .notes = "The loss is the sum of the last state; its gradient by the input of every step, for several "
             "seeds, beside what "
             "mean-field\ntheory predicts. --init all compares the ways to start.\n",
    .groups = vanishing_groups,
    .args = "",
    .run = vanishing_run,
};
