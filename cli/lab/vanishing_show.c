/* What lab vanishing shows: norms over the steps, how fast they fall, what was predicted, and what the textbook says of it.
 * SPDX-License-Identifier: MIT */
#include "vanishing.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* What is left of a gradient at its horizon, and the textbook's factor. */
static const double HORIZON = 0.01, TEXTBOOK = 4e5;

/* ---- figures ---- */

static double mean_ratio(const vanishing *v, const subject *s)
{
    double sum = 0;
    for (int64_t i = 0; i < v->seeds; i++) sum += s->ratio[i];
    return sum / (double)v->seeds;
}

/* The spread of single seeds: standard deviation, least and greatest. */
static double spread(const vanishing *v, const subject *s, double *least, double *greatest)
{
    double mean = mean_ratio(v, s), sum = 0;
    *least = HUGE_VAL;
    *greatest = -HUGE_VAL;
    for (int64_t i = 0; i < v->seeds; i++) {
        sum += (s->ratio[i] - mean) * (s->ratio[i] - mean);
        *least = fmin(*least, s->ratio[i]);
        *greatest = fmax(*greatest, s->ratio[i]);
    }
    return v->seeds > 1 ? sqrt(sum / (double)(v->seeds - 1)) : 0;
}

/* Of the layer in which gradients live longest. */
static double slowest(const vanishing *v, const subject *s)
{
    double rate = s->rate[0];
    for (int64_t l = 1; l < v->layers; l++) rate = fmax(rate, s->rate[l]);
    return rate;
}

static double predicted_ratio(const vanishing *v, const subject *s)
{
    return log10(s->predicted[v->steps - 1] / s->predicted[0]);
}

/* A power of ten as it is printed; a gradient of exactly 0 makes one that is infinite. */
static const char *power(double exponent, char text[16])
{
    snprintf(text, 16, isfinite(exponent) ? "10^%.1f" : "-", exponent);
    return text;
}

/* The factor of each step, from the first gradient on that is not 0. */
static double per_step(const vanishing *v, const subject *s)
{
    int64_t t = 0, last = v->steps - 1;
    while (t < last && !(s->mean[t] > 0)) t++;
    return t < last ? pow(s->mean[t] / s->mean[last], 1 / (double)(last - t)) : 0;
}

/* ---- words ---- */

void vanishing_introduce(vanishing *v)
{
    const reach *r = &v->subjects[0].what;
    char         layers[32] = "";
    v->is_textbook = r->spec.input == 32 && r->spec.hidden == 64 && v->steps == 100 && v->layers == 1 &&
                     r->input_sd == 1 && r->gain == 1 && !r->zero_biases;
    if (v->layers > 1) snprintf(layers, sizeof layers, ", %" PRId64 " layers", v->layers);
    lab_say(&v->lab,
            "How much could each step of a sequence teach? The loss is the sum of the last of %" PRId64
            " states; its gradient\n"
            "by the input of step t comes back through every step between, each a Jacobian that shrinks or "
            "stretches "
            "it:\n\n"
            "    dloss/dx_t = W_ih^T D_t (W_hh^T D_t+1) ... (W_hh^T D_T-1) 1      D = diag(1 - h^2), for a "
            "tanh RNN\n\n"
            "Stacks that nobody has trained: %" PRId64 " inputs of N(0, %g^2), %" PRId64
            " units%s; seeds %" PRId64 " to %" PRId64 ", geometric means.\n",
            v->steps, r->spec.input, r->input_sd, r->spec.hidden, layers, v->first_seed,
            v->first_seed + v->seeds - 1);
}

enum { N_SHOWN = 6 };

/* The steps that the textbook prints, of as many steps as there are. */
static void shown_steps(int64_t steps, int64_t shown[N_SHOWN])
{
    static const int percent[N_SHOWN] = {0, 10, 25, 50, 75, 100};
    for (int i = 0; i < N_SHOWN; i++) shown[i] = percent[i] < 100 ? steps * percent[i] / 100 : steps - 1;
}

static void say_norms(vanishing *v)
{
    int64_t shown[N_SHOWN];
    shown_steps(v->steps, shown);
    lab_say(&v->lab, "\nnorm of the gradient  step");
    for (int i = 0; i < N_SHOWN; i++) lab_say(&v->lab, "%*" PRId64, i ? 10 : 5, shown[i]);
    lab_say(&v->lab, "\n");
    for (int k = 0; k < v->n; k++) {
        const subject *s = &v->subjects[k];
        lab_say(&v->lab, "%-5s %-19s", s->cell, s->start);
        for (int i = 0; i < N_SHOWN; i++) lab_say(&v->lab, " %9.1e", s->mean[shown[i]]);
        lab_say(&v->lab, "\n");
    }
}

static void say_ratio(vanishing *v, const subject *s)
{
    char    mean[16], theory[16], low[16], high[16], sd[16] = "-", after[24] = "-";
    double  least, greatest, deviation = spread(v, s, &least, &greatest);
    int64_t horizon = reach_horizon(s->mean, v->steps, HORIZON);
    int64_t far = reach_horizon(s->mean, v->steps, 1 / TEXTBOOK) + 1;
    if (isnan(s->mean[v->steps - 1])) {
        lab_say(&v->lab, "%-5s %-19s      no numbers\n", s->cell, s->start);
        return;
    }
    if (isfinite(deviation)) snprintf(sd, sizeof sd, "%.1f", deviation);
    if (far < v->steps) snprintf(after, sizeof after, "%" PRId64, far);
    lab_say(&v->lab, "%-5s %-19s %8s %4s   %8s .. %-8s %9.3f %11s %7s%-5" PRId64 "%11s\n", s->cell, s->start,
            power(mean_ratio(v, s), mean), sd, power(least, low), power(greatest, high), per_step(v, s),
            power(s->predicted ? predicted_ratio(v, s) : NAN, theory),
            horizon < v->steps - 1 ? "" : ">=", horizon, after);
}

void vanishing_say_tables(vanishing *v)
{
    say_norms(v);
    lab_say(
        &v->lab,
        "\n%25s last/first   +-   of single seeds          per step  mean field  1 %% left  400,000 after\n",
        "");
    for (int k = 0; k < v->n; k++) say_ratio(v, &v->subjects[k]);
    lab_say(&v->lab, "\n1 %% left: the greatest lag at which a hundredth of the last step's gradient "
                     "arrives. 400,000 after: "
                     "so many steps\nback it is 400,000 times smaller.\n");
}

/* Say which gradients are exactly 0, and why: float32 has no number for them, or every path back goes through a relu that is shut. */
static void say_zeros(vanishing *v, const subject *s)
{
    static const double SMALL = 1e-30;
    int64_t             n = 0;
    if (isnan(s->mean[v->steps - 1]))
        lab_say(&v->lab, "%s %s: the state grows beyond float32, which ends at 10^38.\n", s->cell, s->start);
    while (n < v->steps && s->least[n] == 0) n++;
    if (n == 0) return;
    bool is_small = n < v->steps && s->least[n] < SMALL;
    lab_say(&v->lab, "%s %s: the first %" PRId64 " gradients are exactly 0%s: %s.\n", s->cell, s->start, n,
            v->seeds > 1 ? " for one seed or more" : "",
            is_small ? "float32 ends at 10^-38" : "every path back goes through a unit that is shut");
}

/* The textbook prints the RNN's gradients, in float. */
static void say_textbook(vanishing *v, const subject *s)
{
    lab_say(
        &v->lab,
        "\nThe textbook says of this RNN that the first gradient is nearly 400,000 times smaller. It is "
        "10^%.1f times; 400,000\nare reached %" PRId64
        " steps back. A norm summed in float32 hides it: squares of numbers below 10^-23 are 0 there, and\n"
        "so is the norm (here sums are in double). What does give 400,000 is an orthogonal matrix, biases 0 "
        "and "
        "smaller\ninputs: recur lab vanishing --cell rnn --init orthogonal --input-sd 0.5\n",
        mean_ratio(v, s), reach_horizon(s->mean, v->steps, 1 / TEXTBOOK) + 1);
}

void vanishing_conclude(vanishing *v)
{
    for (int k = 0; k < v->n; k++) {
        const subject *s = &v->subjects[k];
        say_zeros(v, s);
        if (!s->predicted) continue;
        lab_say(&v->lab, "%s %s: mean-field theory says lambda1 = %.4f%s, a factor of %.3f for each step.\n",
                s->cell, s->start, slowest(v, s), v->layers > 1 ? " in the slowest layer" : "",
                exp(slowest(v, s)));
    }
    for (int k = 0; k < v->n && v->is_textbook; k++)
        if (strcmp(v->subjects[k].cell, "rnn") == 0 && strcmp(v->subjects[k].start, "default") == 0)
            say_textbook(v, &v->subjects[k]);
}

/* ---- JSON ---- */

void vanishing_say_seed(vanishing *v, const subject *s, int64_t seed, const double *norms)
{
    const reach *r = &s->what;
    lab_json(&v->lab,
             json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:b,s:o,s:o,s:o,s:o,s:I}", "cell", s->cell,
                       "init", s->start, "layers", (json_int_t)v->layers, "steps", (json_int_t)v->steps,
                       "seed", (json_int_t)seed, "input", (json_int_t)r->spec.input, "hidden",
                       (json_int_t)r->spec.hidden, "input_sd", r->input_sd, "gain", r->gain, "zero_biases",
                       (int)r->zero_biases, "grad_norms", output_numbers(v->steps, norms), "log10_ratio",
                       output_number(log10(norms[v->steps - 1] / norms[0])), "mean_field_log10_ratio",
                       s->predicted ? output_number(predicted_ratio(v, s)) : json_null(), "lambda1",
                       s->predicted ? output_number(slowest(v, s)) : json_null(), "horizon",
                       (json_int_t)reach_horizon(norms, v->steps, HORIZON)));
}

/* ---- the picture ---- */

enum { N_PLOTS = 2, MAX_CURVES = 2 * MAX_SUBJECTS, MOST_POINTS = 34 };

typedef struct picture {
    int64_t     n_points;
    double      x[MOST_POINTS], y[N_PLOTS][MAX_CURVES][MOST_POINTS];
    char        labels[MAX_CURVES][96];
    recur_curve curves[N_PLOTS][MAX_CURVES];
    int         n;
} picture;

/* Steps that are shown: the first, the last, and so many between. */
static void choose_points(picture *p, int64_t steps)
{
    p->n_points = steps < MOST_POINTS ? steps : MOST_POINTS;
    for (int64_t i = 0; i < p->n_points; i++) p->x[i] = (double)(i * (steps - 1) / (p->n_points - 1));
}

/* Add the curve of some values [steps] of a subject, or none where they are NULL, to a plot. */
static void add_curve(picture *p, int plot, const char *label, int colour, bool is_dashed,
                      const double *values)
{
    double *y = p->y[plot][p->n];
    for (int64_t i = 0; values && i < p->n_points; i++) y[i] = values[(int64_t)p->x[i]];
    p->curves[plot][p->n] = (recur_curve){.label = label,
                                          .colour = colour,
                                          .is_dashed = is_dashed,
                                          .n = values ? p->n_points : 0,
                                          .x = p->x,
                                          .y = y};
}

/* Norms, and how they differ from seed to seed, for subjects from first on. */
static int draw(vanishing *v, picture *p, const char *title, int first, int n)
{
    p->n = 0;
    for (int k = 0; k < n; k++) {
        const subject *s = &v->subjects[first + k];
        char          *label = p->labels[p->n];
        snprintf(label, sizeof p->labels[0], "%s, %s", s->cell, s->start);
        add_curve(p, 0, label, k % 5, k >= 5, s->mean);
        add_curve(p, 1, label, k % 5, k >= 5, s->spread);
        p->n++;
        if (!s->predicted) continue;
        label = p->labels[p->n];
        snprintf(label, sizeof p->labels[0], "%s, %s: mean field", s->cell, s->start);
        add_curve(p, 0, label, k % 5, true, s->predicted);
        add_curve(p, 1, label, k % 5, true, NULL);
        p->n++;
    }
    const recur_plot plots[N_PLOTS] = {
        {"norm of the gradient by the input (geometric mean)", "step", "", true, 0, 0, p->n, p->curves[0]},
        {"powers of ten between seeds (standard deviation)", "step", "", false, 0, 0, p->n, p->curves[1]}};
    return lab_plots(&v->lab, title, plots, N_PLOTS);
}

/* One picture; of a survey one for each kind of cell. */
int vanishing_draw(vanishing *v)
{
    const recur_rnn_spec *spec = &v->subjects[0].what.spec;
    picture              *p = need_memory(1, sizeof *p);
    char                  title[160];
    int                   code = RECUR_OK, n = 0;
    choose_points(p, v->steps);
    for (int first = 0; first < v->n && !code; first += n) {
        const char *cell = v->subjects[first].cell;
        n = v->is_survey ? 1 : v->n - first;
        while (first + n < v->n && strcmp(v->subjects[first + n].cell, cell) == 0) n++;
        snprintf(title, sizeof title,
                 "%s%sGradient of the last state: %" PRId64 " inputs, %" PRId64 " units, %" PRId64
                 " steps, %" PRId64 " seeds",
                 v->is_survey ? cell : "", v->is_survey ? ": " : "", spec->input, spec->hidden, v->steps,
                 v->seeds);
        code = draw(v, p, title, first, n);
    }
    free(p);
    return code;
}
