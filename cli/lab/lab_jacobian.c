/* recur lab jacobian: one Jacobian by hand, then products of many.
 *
 *   d h_T / d h_(T-s) = J_T J_(T-1) ... J_(T-s+1),      |product| <= product of |J_t|
 *
 * The bound on the right is where "above 1 it explodes, below 1 it vanishes" comes from. It is an equation for a linear recurrence with a scaled
 * orthogonal matrix only; for others it says little, as directions that one step stretches are not those that the next one stretches.
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

static const option jacobian_rows[] = {
    {.name = "cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = CELL_CHOICES,
     .fallback = "lstm",
     .flags = OPTION_USUAL,
     .help = "of the third network, which starts as training would start it"},
    ROW_INT("hidden", 1, 1024, "64", "units"),
    ROW_INT("input", 1, 65536, "32", "values of one step, drawn from N(0,1)"),
    ROW_INT("steps", 1, 100000, "100", "factors of the products"),
    ROW_ABOVE("gain", "G", 0, 100, "1.1", "of the orthogonal matrix of the first two networks"),
    {.name = "forget-bias",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = -HUGE_VAL,
     .max = HUGE_VAL,
     .needs = "cell=lstm",
     .flags = OPTION_USUAL,
     .help = "of the third network"},
    ROW_SEED("seed of weights and inputs"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        jacobian_group = {"Experiment", jacobian_rows};
static const option_group *const jacobian_groups[] = {&jacobian_group, &common_group, NULL};

enum { N_NETWORKS = 3, MAX_POINTS = 20, N_CURVES = 4 };

enum { BOUND, LARGEST, MEDIAN, SMALLEST };

/* The products of one network: powers of ten of singular values, for growing numbers of factors. */
typedef struct growth {
    const char *name, *title;
    wild_spec   spec;
    double      steps[MAX_POINTS], curves[N_CURVES][MAX_POINTS];
    double      least, most; /* of the largest singular values of single steps */
} growth;

typedef struct session {
    lab        lab;
    recur_ctx *ctx; /* float64 */
    int64_t    steps, each, n_points;
    int        done; /* networks */
    growth     networks[N_NETWORKS];
    char       titles[N_NETWORKS][64];
} session;

static int failure(const session *s, recur_status status)
{
    return output_error(s->lab.app, status, "%s", recur_error(s->ctx));
}

/* ---- the textbook's example ---- */

/* f(x1,x2) = (x1^2 + x2, 3 x1 x2). */
static recur_var example_function(void *user, recur_tape *tape, recur_var x)
{
    (void)user;
    recur_var x1 = recur_slice(tape, x, 0, 1), x2 = recur_slice(tape, x, 1, 1);
    recur_var results[] = {recur_add(tape, recur_mul(tape, x1, x1), x2),
                           recur_scale(tape, recur_mul(tape, x1, x2), 3)};
    return recur_join(tape, 2, results);
}

static json_t *matrix(const double m[4])
{
    return json_pack("[[o,o],[o,o]]", output_number(m[0]), output_number(m[1]), output_number(m[2]),
                     output_number(m[3]));
}

static int example(session *s)
{
    const double      at[] = {1, 2};
    const recur_shape shape = RECUR_SHAPE(2);
    double            j[4], d[4], v[2];
    recur_status      status = recur_jacobian(s->ctx, example_function, NULL, shape, at, 2, j);
    if (!status) status = recur_jacobian_differences(s->ctx, example_function, NULL, shape, at, 2, 0, d);
    if (!status) status = recur_singular_values(s->ctx, 2, 2, j, v);
    if (status) return failure(s, status);
    lab_say(
        &s->lab,
        "The Jacobian of a function says how each result moves with each argument. The textbook's example:\n"
        "f(x1, x2) = (x1^2 + x2, 3 x1 x2) at (1, 2).\n\n"
        "    walking back         differences\n"
        "    %6.3f %6.3f        %.8f %.8f\n"
        "    %6.3f %6.3f        %.8f %.8f\n\n"
        "Its singular values are %.4f and %.4f: the rows are parallel, so one direction of x moves "
        "nothing.\n\n",
        j[0], j[1], d[0], d[1], j[2], j[3], d[2], d[3], v[0], v[1]);
    lab_json(&s->lab,
             json_pack("{s:s,s:o,s:o,s:[o,o]}", "part", "example", "automatic", matrix(j), "differences",
                       matrix(d), "singular_values", output_number(v[0]), output_number(v[1])));
    return RECUR_OK;
}

static void powers(session *s)
{
    const double bases[] = {0.9, 1.1};
    lab_say(&s->lab,
            "A gradient that goes s steps back is multiplied by s such matrices. 0.9^100 = %.3e and 1.1^100 "
            "= %.1f\n"
            "are the right figures if each of them is 0.9 or 1.1 times an orthogonal matrix, as in a linear "
            "recurrence.\n"
            "What happens in others is below: products of up to %" PRId64 " step Jacobians, %" PRId64
            " units, as powers of ten.\n"
            "bound: each step's largest singular value multiplied; then the product's own.\n\n",
            pow(0.9, 100), pow(1.1, 100), s->steps, s->networks[0].spec.hidden);
    for (int i = 0; i < 2; i++)
        lab_json(&s->lab, json_pack("{s:s,s:o,s:i,s:o}", "part", "powers", "base", output_number(bases[i]),
                                    "steps", 100, "value", output_number(pow(bases[i], 100))));
}

/* ---- products ---- */

static void tick(session *s, double share)
{
    progress_draw(s->lab.app, (s->done + share) / N_NETWORKS, NULL);
}

/* The bound, from the last step back: logarithms of each step's largest singular value, added up. */
static recur_status measure_bound(session *s, const wild *w, growth *g)
{
    int64_t      n = w->system.n;
    double      *states = need_memory((size_t)((s->steps + 1) * n), sizeof *states);
    double      *j = need_memory((size_t)(n * n), sizeof *j), *v = need_memory((size_t)n, sizeof *v);
    recur_status status = RECUR_OK;
    double       sum = 0;
    g->least = HUGE_VAL;
    for (int64_t t = 0; t < s->steps && !status; t++)
        status = w->system.advance(w->system.user, t, states + t * n, states + (t + 1) * n);
    for (int64_t i = 1; i <= s->steps && !status; i++) {
        int64_t t = s->steps - i;
        status = recur_system_jacobian(&w->system, t, states + t * n, j);
        if (!status) status = recur_singular_values(s->ctx, n, n, j, v);
        if (status) break;
        sum += log10(v[0]);
        g->least = fmin(g->least, v[0]);
        g->most = fmax(g->most, v[0]);
        if (i % s->each == 0) g->curves[BOUND][i / s->each - 1] = sum;
        tick(s, 0.9 * (double)i / (double)s->steps);
    }
    free(v);
    free(j);
    free(states);
    return status;
}

static recur_status measure_product(session *s, const wild *w, growth *g)
{
    int64_t      n = w->system.n, counted = s->n_points * s->each;
    double      *logs = need_memory((size_t)(s->n_points * n), sizeof *logs);
    recur_status status =
        recur_jacobian_product(s->ctx, &w->system, NULL, s->steps - counted, s->steps, s->each, logs);
    for (int64_t i = 0; i < s->n_points; i++) {
        g->steps[i] = (double)((i + 1) * s->each);
        g->curves[LARGEST][i] = logs[i * n] / log(10);
        g->curves[MEDIAN][i] = logs[i * n + (n - 1) / 2] / log(10);
        g->curves[SMALLEST][i] = logs[i * n + n - 1] / log(10);
    }
    free(logs);
    return status;
}

static int measure(session *s, growth *g)
{
    wild         w;
    recur_status status = wild_make(s->ctx, &g->spec, &w);
    if (!status) status = measure_bound(s, &w, g);
    if (!status) status = measure_product(s, &w, g);
    wild_free(&w);
    s->done++;
    return status ? failure(s, status) : RECUR_OK;
}

/* ---- saying ---- */

static void say_table(session *s)
{
    lab_say(&s->lab, "       ");
    for (int k = 0; k < N_NETWORKS; k++) lab_say(&s->lab, "  %-32s", s->networks[k].title);
    lab_say(&s->lab, "\n  steps");
    for (int k = 0; k < N_NETWORKS; k++) lab_say(&s->lab, "    bound largest  median smallest");
    lab_say(&s->lab, "\n");
    for (int64_t i = 0; i < s->n_points; i++) {
        lab_say(&s->lab, "%7.0f", s->networks[0].steps[i]);
        for (int k = 0; k < N_NETWORKS; k++) {
            const growth *g = &s->networks[k];
            lab_say(&s->lab, " %8.2f%8.2f%8.2f %8.2f", g->curves[BOUND][i], g->curves[LARGEST][i],
                    g->curves[MEDIAN][i], g->curves[SMALLEST][i]);
        }
        lab_say(&s->lab, "\n");
    }
}

static void say_verdict(session *s)
{
    const growth *g = &s->networks[1];
    double        last = g->curves[LARGEST][s->n_points - 1], bound = g->curves[BOUND][s->n_points - 1];
    lab_say(&s->lab,
            "\nOf the second network each step's largest singular value lies between %.3f and %.3f. ",
            g->least, g->most);
    if (g->least > 1 && last < 0)
        lab_say(&s->lab,
                "All are above 1, and the product\nstill vanishes: its largest singular value is 10^%.1f "
                "where the bound "
                "is 10^%+.1f. The unit that saturates in one\nstep is not the one that does in the next, and "
                "a gradient "
                "has to pass all of them.\n",
                last, bound);
    else
        lab_say(&s->lab, "The product's is 10^%+.1f,\nthe bound 10^%+.1f.\n", last, bound);
}

static void say_json(session *s)
{
    for (int k = 0; k < N_NETWORKS; k++) {
        const growth *g = &s->networks[k];
        for (int64_t i = 0; i < s->n_points; i++)
            lab_json(&s->lab, json_pack("{s:s,s:s,s:s,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "part", "product",
                                        "system", g->name, "cell", cell_name(g->spec.cell), "hidden",
                                        (json_int_t)g->spec.hidden, "steps", (json_int_t)g->steps[i],
                                        "log10_bound", output_number(g->curves[BOUND][i]), "log10_largest",
                                        output_number(g->curves[LARGEST][i]), "log10_median",
                                        output_number(g->curves[MEDIAN][i]), "log10_smallest",
                                        output_number(g->curves[SMALLEST][i]), "step_least",
                                        output_number(g->least), "step_most", output_number(g->most)));
    }
}

/* The picture leaves out what lies below 10^-50, so that the rest can be seen. */
static int draw(session *s)
{
    static const char *const labels[N_CURVES] = {"bound", "largest", "median", "smallest"};
    recur_curve              curves[N_NETWORKS][N_CURVES];
    recur_plot               plots[N_NETWORKS];
    double                   shown[N_NETWORKS][N_CURVES][MAX_POINTS];
    for (int k = 0; k < N_NETWORKS; k++) {
        const growth *g = &s->networks[k];
        for (int c = 0; c < N_CURVES; c++) {
            for (int64_t i = 0; i < s->n_points; i++)
                shown[k][c][i] = g->curves[c][i] < -50 ? NAN : g->curves[c][i];
            curves[k][c] = (recur_curve){labels[c], c, c == BOUND, s->n_points, g->steps, shown[k][c]};
        }
        plots[k] =
            (recur_plot){.title = g->title, .x = "steps", .y = "log10", .n = N_CURVES, .curves = curves[k]};
    }
    return lab_plots(&s->lab, "Singular values of products of step Jacobians", plots, N_NETWORKS);
}

/* ---- all of it ---- */

static void choose_networks(session *s, const options *o)
{
    wild_spec still = {.cell = RECUR_RNN_TANH,
                       .hidden = options_int(o, "hidden"),
                       .input = options_int(o, "input"),
                       .steps = s->steps,
                       .is_orthogonal = true,
                       .gain = options_number(o, "gain"),
                       .seed = (uint64_t)options_int(o, "seed")};
    wild_spec squashed = still, usual = still;
    squashed.noise = 1.0 / 6; /* what 32 inputs give 64 units by PyTorch's default */
    usual.cell = cell_of(options_find(o, "cell")->choice);
    usual.is_default = true;
    usual.set_forget_bias = options_given(o, "forget-bias");
    if (usual.set_forget_bias) usual.forget_bias = options_number(o, "forget-bias");
    /* a tanh cell without inputs stays at 0, where tanh is the identity: its Jacobian is the linear recurrence's */
    s->networks[0] = (growth){.name = "linear", .spec = still};
    s->networks[1] = (growth){.name = "tanh", .spec = squashed};
    s->networks[2] = (growth){.name = "cell", .spec = usual};
    snprintf(s->titles[0], sizeof s->titles[0], "linear, %g x orthogonal", still.gain);
    snprintf(s->titles[1], sizeof s->titles[1], "tanh, %g x orthogonal", still.gain);
    snprintf(s->titles[2], sizeof s->titles[2], "%s as it starts", cell_name(usual.cell));
    for (int k = 0; k < N_NETWORKS; k++) s->networks[k].title = s->titles[k];
}

static int experiment(session *s)
{
    int code = example(s);
    if (!code) powers(s);
    for (int k = 0; k < N_NETWORKS && !code; k++) code = measure(s, &s->networks[k]);
    if (code) return code;
    progress_clear(s->lab.app);
    say_table(s);
    say_verdict(s);
    say_json(s);
    return draw(s);
}

static int jacobian(app *a, options *o)
{
    session s = {.steps = options_int(o, "steps")};
    s.each = (s.steps + MAX_POINTS - 1) / MAX_POINTS;
    s.n_points = s.steps / s.each;
    choose_networks(&s, o);
    int code = lab_open(&s.lab, a, o, "Jacobians and their products");
    if (code) return code;
    const recur_ctx_opts opts = {.threads = recur_ctx_threads(a->ctx), .dtype = RECUR_F64};
    recur_status         status = recur_ctx_create(&opts, &s.ctx);
    code = status ? output_error(a, status, "no context of float64 could be made") : experiment(&s);
    recur_ctx_destroy(s.ctx);
    return lab_close(&s.lab, code);
}

const command lab_jacobian_command = {
    .name = "lab jacobian",
    .synopsis = "[options]",
    .brief = "",
    .summary = "Jacobians, their products, and why 1.1^100 is not what happens",
    .notes = "A 2x2 Jacobian by walking back and by differences; then singular values of products of step "
             "Jacobians of a\n"
             "linear recurrence, of a tanh network with the same matrix, and of a cell as it starts. All in "
             "float64.\n",
    .groups = jacobian_groups,
    .args = "",
    .run = jacobian,
};
