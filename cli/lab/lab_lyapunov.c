/* recur lab lyapunov: the exponents of a random network or of a trained model, and what mean-field theory says of the greatest.
 *
 *   lambda_i = lim 1/t ln (i-th singular value of J_t ... J_1)
 *
 * over the full state, h and c. The greatest says how fast gradients and perturbations grow (above 0: chaos) or vanish (below).
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "lab.h"
#include "memory.h"
#include "rows.h"
#include "wild.h"

static const option lyapunov_rows[] = {
    {.name = "cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = CELL_CHOICES,
     .fallback = "rnn",
     .flags = OPTION_USUAL,
     .help = "of the random network"},
    ROW_INT("hidden", 1, 4096, "128", "units"),
    {.name = "input",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .fallback = "32",
     .help = "values of one step, drawn from N(0,1)"},
    ROW_ABOVE("gain", "G", 0, 1000, "2", "of the spectrum's network: recurrent weights are N(0, G^2/hidden)"),
    {.name = "gains",
     .form = "FROM,TO,N",
     .type = OPTION_NUMBERS,
     .min = 0,
     .max = 1000,
     .least = 3,
     .most = 3,
     .fallback = "0.4,3.2,8",
     .flags = OPTION_USUAL,
     .help = "of the curve of the greatest exponent: N gains; 0 of them: no curve"},
    ROW_NUMBER("noise", "S2", 0, 1000, "0.1666667",
               "variance that the inputs give each pre-activation; 0: no inputs"),
    {.name = "forget-bias",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = -HUGE_VAL,
     .max = HUGE_VAL,
     .needs = "cell=lstm",
     .flags = OPTION_USUAL,
     .help = "of the random network; other biases are 0"},
    {.name = "seeds",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1000,
     .fallback = "3",
     .help = "random networks for each point of the curve"},
    {.name = "model",
     .form = "RUN",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .help = "a trained language model instead, reading --data"},
    {.name = "data", .form = "FILE", .type = OPTION_TEXT, .flags = OPTION_USUAL, .help = "text for --model"},
    {.name = "exponents",
     .form = "K",
     .type = OPTION_INT,
     .min = 0,
     .max = 65536,
     .fallback = "0",
     .default_says = "all, but at most 256 of a model",
     .flags = OPTION_USUAL,
     .help = "the K greatest; 0: all"},
    ROW_INT("steps", 2, 1e7, "500", "steps that count"),
    {.name = "warmup",
     .form = "N",
     .type = OPTION_INT,
     .min = 0,
     .max = 1e7,
     .fallback = "100",
     .help = "steps dropped before and behind them"},
    ROW_SEED("first seed of weights and inputs"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        lyapunov_group = {"Experiment", lyapunov_rows};
static const option_group *const lyapunov_groups[] = {&lyapunov_group, &common_group, NULL};

enum { MOST_OF_A_MODEL = 256 };

/* A spectrum, greatest first. */
typedef struct spectrum {
    int64_t n, k; /* numbers in the state, exponents */
    double *places, *values, *errors;
    double  dimension;
} spectrum;

/* The greatest exponent at one gain. */
typedef struct point {
    double gain, theory; /* NaN: there is none for this cell */
    double mean, error;  /* of the networks */
} point;

typedef struct session {
    lab        lab;
    recur_ctx *ctx; /* float64 */
    wild_spec  spec;
    int64_t    steps, warmup, exponents, seeds, n_points;
    double     from, to;
    int64_t    done, n_runs; /* measurements, for the progress */
    spectrum   spectrum;
    point     *points;
} session;

static int failure(const session *s, recur_status status)
{
    return output_error(s->lab.app, status, "%s", recur_error(s->ctx));
}

static bool on_tick(void *user, double share)
{
    const session *s = user;
    /* all but the first take one vector */
    double         first = s->n_runs > 1 ? 0.7 : 1, rest = s->n_runs > 1 ? 0.3 / (double)(s->n_runs - 1) : 0;
    progress_draw(s->lab.app, s->done == 0 ? first * share : first + rest * ((double)s->done - 1 + share),
                  NULL);
    return true;
}

static recur_status measure(session *s, const recur_system *system, int64_t k, double *values, double *errors)
{
    const recur_lyapunov_opts opts = {.k = k,
                                      .steps = s->steps,
                                      .warmup = s->warmup,
                                      .settle = s->warmup,
                                      .seed = s->spec.seed,
                                      .user = s,
                                      .tick = on_tick};
    recur_status              status = recur_lyapunov(s->ctx, system, NULL, &opts, values, errors);
    s->done++;
    return status;
}

/* ---- the spectrum ---- */

static recur_status measure_spectrum(session *s, const recur_system *system)
{
    spectrum *p = &s->spectrum;
    p->n = system->n;
    p->k = s->exponents == 0 || s->exponents > p->n ? p->n : s->exponents;
    p->places = need_memory((size_t)p->k, sizeof *p->places);
    p->values = need_memory((size_t)p->k, sizeof *p->values);
    p->errors = need_memory((size_t)p->k, sizeof *p->errors);
    for (int64_t i = 0; i < p->k; i++) p->places[i] = (double)(i + 1);
    recur_status status = measure(s, system, p->k, p->values, p->errors);
    if (!status) p->dimension = recur_kaplan_yorke(p->values, p->k, p->n);
    return status;
}

static void say_row(session *s, int64_t i)
{
    const spectrum *p = &s->spectrum;
    if (isfinite(p->values[i]))
        lab_say(&s->lab, "%8" PRId64 " %10.4f +- %.4f\n", i + 1, p->values[i], p->errors[i]);
    else
        lab_say(&s->lab, "%8" PRId64 " %10s   that direction is lost in one step\n", i + 1, "-inf");
}

/* The greatest eight, and a few of the rest. */
static void say_spectrum(session *s)
{
    const spectrum *p = &s->spectrum;
    int64_t         each = p->k > 16 ? (p->k - 8) / 8 : 1;
    lab_say(&s->lab, "exponent  per step    standard error\n");
    for (int64_t i = 0; i < p->k; i++)
        if (i < 8 || i == p->k - 1 || (i - 8) % each == each - 1) say_row(s, i);
    double  sum = 0;
    int64_t n_positive = 0, n_lost = 0;
    for (int64_t i = 0; i < p->k; i++) {
        sum += p->values[i];
        n_positive += p->values[i] > 0;
        n_lost += isinf(p->values[i]);
    }
    lab_say(&s->lab,
            "\n%" PRId64 " of %" PRId64 " exponents, %" PRId64 " above 0, %" PRId64 " at -inf; sum %.4f.\n",
            p->k, p->n, n_positive, n_lost, sum);
    if (isnan(p->dimension))
        lab_say(&s->lab, "Too few to tell the Kaplan-Yorke dimension: their sum is not yet negative.\n");
    else
        lab_say(&s->lab, "Kaplan-Yorke dimension %.2f of %" PRId64 ".\n", p->dimension, p->n);
    double first = p->values[0];
    if (first < 0 && isfinite(first))
        lab_say(&s->lab, "A gradient shrinks to a tenth in %.1f steps, to a millionth in %.0f.\n",
                log(0.1) / first, log(1e-6) / first);
    if (first > 0)
        lab_say(&s->lab, "A gradient grows tenfold in %.1f steps, and so does any disturbance: %s.\n",
                log(10) / first, "the network is chaotic");
}

/* What both kinds of network have; more is added to the object. */
static json_t *spectrum_json(const session *s)
{
    const spectrum *p = &s->spectrum;
    return json_pack("{s:s,s:I,s:I,s:I,s:o,s:o,s:o}", "part", "spectrum", "dimension", (json_int_t)p->n,
                     "steps", (json_int_t)s->steps, "warmup", (json_int_t)s->warmup, "exponents",
                     output_numbers(p->k, p->values), "errors", output_numbers(p->k, p->errors),
                     "kaplan_yorke", output_number(p->dimension));
}

/* ---- the curve ---- */

static bool has_theory(const session *s)
{
    return s->spec.cell == RECUR_RNN_TANH;
}

static double theory_of(const session *s, double gain)
{
    return has_theory(s) ? recur_mean_field(gain, s->spec.noise, NULL) : NAN;
}

static recur_status measure_point(session *s, point *p)
{
    double sum = 0, squares = 0, n = (double)s->seeds;
    for (int64_t i = 0; i < s->seeds; i++) {
        wild_spec spec = s->spec;
        wild      w;
        double    value = 0;
        spec.gain = p->gain;
        spec.seed += (uint64_t)i;
        recur_status status = wild_make(s->ctx, &spec, &w);
        if (!status) status = measure(s, &w.system, 1, &value, NULL);
        wild_free(&w);
        if (status) return status;
        sum += value;
        squares += value * value;
    }
    p->mean = sum / n;
    p->error = n > 1 ? sqrt(fmax(0, squares / n - p->mean * p->mean) / (n - 1)) : NAN;
    p->theory = theory_of(s, p->gain);
    return RECUR_OK;
}

static void say_point(session *s, const point *p)
{
    char error[32] = "";
    if (!isnan(p->error)) snprintf(error, sizeof error, "+- %.4f", p->error);
    lab_say(&s->lab, "%8.3f %10.4f %-10s", p->gain, p->mean, error);
    if (has_theory(s)) lab_say(&s->lab, " %10.4f %+12.4f", p->theory, p->mean - p->theory);
    lab_say(&s->lab, "\n");
    lab_json(&s->lab, json_pack("{s:s,s:s,s:I,s:o,s:o,s:I,s:o,s:o,s:o}", "part", "curve", "cell",
                                cell_name(s->spec.cell), "hidden", (json_int_t)s->spec.hidden, "gain",
                                output_number(p->gain), "noise", output_number(s->spec.noise), "seeds",
                                (json_int_t)s->seeds, "exponent", output_number(p->mean), "error",
                                output_number(p->error), "mean_field", output_number(p->theory)));
}

static int make_curve(session *s)
{
    if (s->n_points == 0) return RECUR_OK;
    for (int64_t i = 0; i < s->n_points; i++) {
        double share = s->n_points > 1 ? (double)i / (double)(s->n_points - 1) : 0;
        s->points[i].gain = s->from + share * (s->to - s->from);
        recur_status status = measure_point(s, &s->points[i]);
        if (status) return failure(s, status);
    }
    progress_clear(s->lab.app);
    lab_say(&s->lab,
            "\nThe greatest exponent against the gain, %" PRId64
            " network%s each%s\n\n    gain   measured%s\n",
            s->seeds, s->seeds == 1 ? "" : "s",
            has_theory(s) ? "; mean field: the same for infinitely many units." : ".",
            has_theory(s) ? "            mean field   difference" : "");
    for (int64_t i = 0; i < s->n_points; i++) say_point(s, &s->points[i]);
    return RECUR_OK;
}

/* ---- pictures ---- */

static int draw(session *s, const char *title)
{
    const spectrum *p = &s->spectrum;
    size_t          n = (size_t)s->n_points;
    double         *gains = need_memory(n + 1, sizeof *gains), *means = need_memory(n + 1, sizeof *means),
           *theory = need_memory(n + 1, sizeof *theory);
    for (size_t i = 0; i < n; i++) {
        gains[i] = s->points[i].gain;
        means[i] = s->points[i].mean;
        theory[i] = s->points[i].theory;
    }
    const double      one = 1, expected = n ? theory_of(s, s->spec.gain) : NAN;
    const recur_curve spectrum_curves[] = {{"measured", 0, false, p->k, p->places, p->values},
                                           {"mean field", 1, true, 1, &one, &expected}};
    const recur_curve gain_curves[] = {{"measured", 0, false, s->n_points, gains, means},
                                       {"mean field", 1, true, s->n_points, gains, theory}};
    int64_t           n_curves = n && has_theory(s) ? 2 : 1;
    const recur_plot  plots[] = {
         {.title = "spectrum", .x = "exponent", .y = "per step", .n = n_curves, .curves = spectrum_curves},
         {.title = "the greatest", .x = "gain", .y = "per step", .n = n_curves, .curves = gain_curves}};
    int code = lab_plots(&s->lab, title, plots, n ? 2 : 1);
    free(theory);
    free(means);
    free(gains);
    return code;
}

/* ---- random networks ---- */

static void introduce(session *s)
{
    lab_say(&s->lab,
            "Lyapunov exponents: a small change of the state, and a gradient, grow by exp(lambda) per step; "
            "one lambda\n"
            "for each dimension of the state. %s of %" PRId64 " units, recurrent weights N(0, %g^2/%" PRId64
            "), inputs of variance %g,\n"
            "%" PRId64 " steps after %" PRId64 "; errors from the spread of ten blocks of time.\n\n",
            cell_name(s->spec.cell), s->spec.hidden, s->spec.gain, s->spec.hidden, s->spec.noise, s->steps,
            s->warmup);
}

static int random_network(session *s)
{
    wild w;
    char title[128];
    introduce(s);
    recur_status status = wild_make(s->ctx, &s->spec, &w);
    if (!status) status = measure_spectrum(s, &w.system);
    wild_free(&w);
    if (status) return failure(s, status);
    progress_clear(s->lab.app);
    say_spectrum(s);
    double  theory = theory_of(s, s->spec.gain);
    json_t *line = spectrum_json(s);
    if (has_theory(s)) lab_say(&s->lab, "Mean-field theory says %.4f for the greatest.\n", theory);
    if (line)
        json_object_update_new(line, json_pack("{s:s,s:I,s:o,s:o,s:I,s:o}", "cell", cell_name(s->spec.cell),
                                               "hidden", (json_int_t)s->spec.hidden, "gain",
                                               output_number(s->spec.gain), "noise",
                                               output_number(s->spec.noise), "seed", (json_int_t)s->spec.seed,
                                               "mean_field", output_number(theory)));
    lab_json(&s->lab, line);
    int code = make_curve(s);
    snprintf(title, sizeof title, "Lyapunov exponents: %s of %" PRId64 " units, gain %g",
             cell_name(s->spec.cell), s->spec.hidden, s->spec.gain);
    return code ? code : draw(s, title);
}

/* ---- trained models ---- */

/* Read as many tokens as the steps want. */
static int read_tokens(session *s, const recur_model *model, const char *path, recur_corpus **corpus)
{
    app               *a = s->lab.app;
    const recur_vocab *vocab = recur_model_vocab(model);
    recur_text         text = {0};
    recur_status       status = recur_text_read(a->ctx, recur_vocab_unit(vocab), 1, &path, &text);
    if (!status) status = recur_corpus_encode(a->ctx, vocab, text.bytes, text.size, corpus);
    recur_text_free(a->ctx, &text);
    if (status) return output_failure(a, status);
    int64_t found = recur_corpus_size(*corpus), wanted = s->steps + 2 * s->warmup;
    if (found < wanted)
        return output_error(a, RECUR_EDATA,
                            "%s has %" PRId64 " tokens; %" PRId64 " steps and twice --warmup %" PRId64
                            " want %" PRId64,
                            path, found, s->steps, s->warmup, wanted);
    return RECUR_OK;
}

static void say_model(session *s, const recur_model *model, const char *path)
{
    const recur_rnn_spec *spec = &recur_lm_get_spec(model)->rnn;
    lab_say(
        &s->lab,
        "Lyapunov exponents of a trained language model as it reads %s: a small change of the state, and a\n"
        "gradient, grow by exp(lambda) per step. %s, %" PRId64 " layer%s of %" PRId64 " units, %" PRId64
        " steps after %" PRId64 ".\n\n",
        path, cell_name(spec->cell), spec->layers, spec->layers == 1 ? "" : "s", spec->hidden, s->steps,
        s->warmup);
}

static int examine(session *s, const recur_model *model, const char *path, const recur_corpus *corpus)
{
    recur_driven *driven = NULL;
    char          title[128];
    recur_status  status =
        recur_driven_create_lm(s->ctx, model, s->steps + 2 * s->warmup, recur_corpus_tokens(corpus), &driven);
    if (status) return failure(s, status);
    recur_system system = recur_driven_system(driven);
    if (s->exponents == 0) s->exponents = MOST_OF_A_MODEL;
    say_model(s, model, path);
    status = measure_spectrum(s, &system);
    recur_driven_destroy(driven);
    if (status) return failure(s, status);
    progress_clear(s->lab.app);
    say_spectrum(s);
    const recur_rnn_spec *spec = &recur_lm_get_spec(model)->rnn;
    json_t               *line = spectrum_json(s);
    if (line)
        json_object_update_new(line, json_pack("{s:s,s:I,s:I}", "cell", cell_name(spec->cell), "hidden",
                                               (json_int_t)spec->hidden, "layers", (json_int_t)spec->layers));
    lab_json(&s->lab, line);
    snprintf(title, sizeof title, "Lyapunov exponents of a trained %s, %" PRId64 " x %" PRId64 " units",
             cell_name(spec->cell), spec->layers, spec->hidden);
    return draw(s, title);
}

static int trained_model(session *s, const char *run, const char *path)
{
    app          *a = s->lab.app;
    recur_model  *model = NULL;
    recur_corpus *corpus = NULL;
    recur_status  status = recur_model_load(a->ctx, run, &model);
    int           code = status ? output_failure(a, status) : RECUR_OK;
    if (!code && recur_model_task(model) != RECUR_TASK_LM)
        code = output_error(
            a, RECUR_EARG,
            "lab lyapunov wants a language model, whose data are one sequence; %s was made for another "
            "task",
            run);
    if (!code) code = read_tokens(s, model, path, &corpus);
    if (!code) code = examine(s, model, path, corpus);
    recur_corpus_destroy(corpus);
    recur_model_destroy(model);
    return code;
}

/* ---- all of it ---- */

/* Options that belong together. */
static int check(app *a, const options *o)
{
    static const char *const random[] = {"cell",  "hidden", "input",       "gain",
                                         "gains", "noise",  "forget-bias", "seeds"};
    if (options_given(o, "model") != options_given(o, "data"))
        return output_error(a, RECUR_EARG, "--model and --data go together, found --%s alone",
                            options_given(o, "model") ? "model" : "data");
    for (size_t i = 0; i < sizeof random / sizeof *random; i++)
        if (options_given(o, "model") && options_given(o, random[i]))
            return output_error(a, RECUR_EARG, "--%s is of random networks, found it with --model",
                                random[i]);
    const double *gains = options_find(o, "gains")->numbers;
    if (!(gains[0] > 0) || gains[1] < gains[0] || gains[2] != floor(gains[2]))
        return output_error(
            a, RECUR_EARG,
            "--gains wants two gains, the second not below the first, and a whole number, found %g,%g,%g",
            gains[0], gains[1], gains[2]);
    return RECUR_OK;
}

static void read_options(session *s, const options *o)
{
    const double *gains = options_find(o, "gains")->numbers;
    s->steps = options_int(o, "steps");
    s->warmup = options_int(o, "warmup");
    s->exponents = options_int(o, "exponents");
    s->seeds = options_int(o, "seeds");
    s->from = gains[0];
    s->to = gains[1];
    s->n_points = options_given(o, "model") ? 0 : (int64_t)gains[2];
    s->points = need_memory((size_t)s->n_points + 1, sizeof *s->points);
    s->n_runs = 1 + s->n_points * s->seeds;
    s->spec = (wild_spec){.cell = cell_of(options_find(o, "cell")->choice),
                          .hidden = options_int(o, "hidden"),
                          .input = options_int(o, "input"),
                          .steps = s->steps + 2 * s->warmup,
                          .gain = options_number(o, "gain"),
                          .noise = options_number(o, "noise"),
                          .seed = (uint64_t)options_int(o, "seed")};
    if (options_given(o, "forget-bias")) s->spec.forget_bias = options_number(o, "forget-bias");
}

static int experiment(session *s, const char *run, const char *path)
{
    const recur_ctx_opts opts = {.threads = recur_ctx_threads(s->lab.app->ctx), .dtype = RECUR_F64};
    recur_status         status = recur_ctx_create(&opts, &s->ctx);
    if (status) return output_error(s->lab.app, status, "no context of float64 could be made");
    int code = run ? trained_model(s, run, path) : random_network(s);
    recur_ctx_destroy(s->ctx);
    return code;
}

static int lyapunov(app *a, options *o)
{
    session s = {0};
    int     code = check(a, o);
    if (!code) code = lab_open(&s.lab, a, o, "Lyapunov exponents");
    if (code) return code;
    read_options(&s, o);
    code = lab_close(&s.lab, experiment(&s, options_text(o, "model"), options_text(o, "data")));
    free(s.spectrum.errors);
    free(s.spectrum.values);
    free(s.spectrum.places);
    free(s.points);
    return code;
}

const command lab_lyapunov_command = {
    .name = "lab lyapunov",
    .synopsis = "[options] | --model RUN --data FILE",
    .brief = "",
    .summary = "Lyapunov exponents of a random network or of a trained model",
    .notes = "The spectrum over the full state with errors, the Kaplan-Yorke dimension, and for random tanh "
             "networks the\n"
             "greatest exponent against the gain beside mean-field theory. All in float64.\n",
    .groups = lyapunov_groups,
    .args = "",
    .run = lyapunov,
};
