/* recur lab cell: one cell, three times over the same sequence. The equation written out in double, the library's cell called once for each
 * step with the state handed on, and the whole sequence in one call: the first agrees to rounding, the others to the bit.
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

static const option cell_rows[] = {
    {.name = "cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = CELL_CHOICES,
     .fallback = "rnn",
     .flags = OPTION_USUAL,
     .help = "rnn, relu, lstm or gru"},
    ROW_INT("input", 1, 4096, "10", "values of one step"),
    ROW_INT("hidden", 1, 4096, "20", "units"),
    ROW_INT("steps", 1, 10000, "5", "length of the sequence"),
    ROW_SEED("of weights and inputs"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        cell_group = {"Experiment", cell_rows};
static const option_group *const cell_groups[] = {&cell_group, &common_group, NULL};

enum { SHOWN = 3 }; /* components of a state */

typedef struct session {
    lab            l;
    recur_rnn_spec spec;
    int64_t        T;
    recur_params  *params;
    recur_rnn     *rnn;
    recur_tape    *tape;
    recur_var      x;             /* [T,1,I] */
    double        *weights[4];    /* W_ih [GH,I], W_hh [GH,H], b_ih, b_hh [GH] */
    double        *inputs;        /* [T,I] */
    double        *a, *u, *h, *c; /* [GH], [GH], [H], [H] */
    float         *stepped;       /* [T,H] */
    double        *cell_norms;    /* [T]: of c, stepped */
    const float   *whole;         /* [T,H] */
} session;

/* ---- the equation, in double ---- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* y = W x + b, W [rows,n] */
static void affine(int64_t rows, int64_t n, const double *W, const double *b, const double *x, double *y)
{
    for (int64_t i = 0; i < rows; i++) {
        y[i] = b[i];
        for (int64_t k = 0; k < n; k++) y[i] += W[i * n + k] * x[k];
    }
}

/* One unit. a and u are what it gets from the input and from the state before, H apart for its gates. */
static void unit(recur_cell cell, int64_t H, const double *a, const double *u, double *h, double *c)
{
    if (cell == RECUR_RNN_TANH) {
        *h = tanh(a[0] + u[0]);
    } else if (cell == RECUR_RNN_RELU) {
        *h = fmax(a[0] + u[0], 0);
    } else if (cell == RECUR_LSTM) {
        const double i = sigmoid(a[0] + u[0]), f = sigmoid(a[H] + u[H]);
        const double g = tanh(a[2 * H] + u[2 * H]), o = sigmoid(a[3 * H] + u[3 * H]);
        *c = f * *c + i * g;
        *h = o * tanh(*c);
    } else {
        const double r = sigmoid(a[0] + u[0]), z = sigmoid(a[H] + u[H]);
        const double n = tanh(a[2 * H] + r * u[2 * H]);
        *h = (1 - z) * n + z * *h;
    }
}

static void by_equation(session *s, int64_t t)
{
    const int64_t H = s->spec.hidden, I = s->spec.input, rows = cell_products(s->spec.cell) * H;
    affine(rows, I, s->weights[0], s->weights[2], s->inputs + t * I, s->a);
    affine(rows, H, s->weights[1], s->weights[3], s->h, s->u);
    for (int64_t j = 0; j < H; j++) unit(s->spec.cell, H, s->a + j, s->u + j, s->h + j, s->c + j);
}

static const char *equation(recur_cell cell)
{
    switch (cell) {
    case RECUR_RNN_TANH:
        return "    h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)\n";
    case RECUR_RNN_RELU:
        return "    h_t = max(0, W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)\n";
    case RECUR_LSTM:
        return "    i, f, o = sigmoid(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), g = tanh(...)\n"
               "    c_t = f c_(t-1) + i g      h_t = o tanh(c_t)\n";
    default:
        return "    r, z = sigmoid(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)\n"
               "    n = tanh(W_in x_t + b_in + r (W_hn h_(t-1) + b_hn))      h_t = (1 - z) n + z h_(t-1)\n";
    }
}

/* ---- the library's cell ---- */

static recur_status make(session *s, uint64_t seed)
{
    recur_ctx   *ctx = s->l.app->ctx;
    int64_t      inputs;
    recur_status status = recur_params_create(ctx, seed, &s->params);
    if (!status) status = recur_rnn_create(s->params, "", &s->spec, &s->rnn);
    if (!status)
        status = recur_params_add(s->params, "inputs", RECUR_SHAPE(s->T, 1, s->spec.input), (recur_init){0},
                                  &inputs);
    if (!status) status = recur_tape_create(ctx, &s->tape);
    if (status) return status;
    s->x = recur_param(s->tape, s->params, inputs);
    return recur_params_get(s->params, inputs, s->inputs);
}

static recur_status read_weights(session *s)
{
    static const char *const names[] = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"};
    recur_status             status = RECUR_OK;
    for (int i = 0; i < 4 && !status; i++) {
        recur_tensor_info info;
        const int64_t     index = recur_params_find(s->params, names[i]);
        status = recur_params_info(s->params, index, &info);
        if (status) break;
        s->weights[i] = need_memory((size_t)info.count, sizeof(double));
        status = recur_params_get(s->params, index, s->weights[i]);
    }
    return status;
}

static recur_status by_steps(session *s)
{
    const int64_t H = s->spec.hidden;
    recur_state   state = RECUR_NO_STATE;
    for (int64_t t = 0; t < s->T; t++) {
        const recur_seq y = recur_rnn_step(s->tape, s->rnn, recur_pick_step(s->tape, s->x, t), state);
        if (recur_tape_status(s->tape)) return recur_tape_status(s->tape);
        memcpy(s->stepped + t * H, recur_value(s->tape, y.output), (size_t)H * sizeof(float));
        if (s->spec.cell == RECUR_LSTM) s->cell_norms[t] = recur_norm(recur_value(s->tape, y.c), H);
        state = recur_final(y);
    }
    return RECUR_OK;
}

static recur_status in_one_call(session *s, recur_shape *output, recur_shape *last)
{
    const recur_seq y = recur_rnn_apply(s->tape, s->rnn, s->x, NULL, RECUR_NO_STATE);
    s->whole = recur_value(s->tape, y.output);
    *output = recur_shape_of(s->tape, recur_swap(s->tape, y.output));
    *last = recur_shape_of(s->tape, y.h);
    return recur_tape_status(s->tape);
}

/* ---- saying ---- */

static void introduce(session *s, uint64_t seed)
{
    lab_say(&s->l,
            "A recurrent cell reads one input at a time. Its state h carries what it has read into the next "
            "step, and the\nweights are the same at every step.\n\n%s\n"
            "Cell %s: %" PRId64 " inputs of N(0,1), %" PRId64 " units, default weights, seed %" PRIu64
            ". The same sequence three times: by\nthe equation in double, by one call for each step, and in "
            "one call for all %" PRId64 ".\n\n"
            "                                                           by the equation         in one call\n"
            "step       |h|  h[0], h[1] ...%*s|h|  difference       |h|  same bits%s\n",
            equation(s->spec.cell), cell_name(s->spec.cell), s->spec.input, s->spec.hidden, seed, s->T, 31,
            "", s->spec.cell == RECUR_LSTM ? "       |c|" : "");
}

/* What the equation and the whole sequence make of step t, beside the cell stepped by hand. Returns whether the bits are the same. */
static bool say_step(session *s, int64_t t, double *worst)
{
    const int64_t H = s->spec.hidden, n = H < SHOWN ? H : SHOWN;
    const float  *h = s->stepped + t * H, *whole = s->whole + t * H;
    const bool    is_same = memcmp(h, whole, (size_t)H * sizeof *h) == 0;
    double        square = 0, difference = 0;
    char          shown[64] = "";
    json_t       *first = json_array();
    by_equation(s, t);
    for (int64_t j = 0; j < H; j++) {
        square += s->h[j] * s->h[j];
        difference = fmax(difference, fabs(s->h[j] - (double)h[j]));
    }
    for (int64_t j = 0; j < n; j++) {
        snprintf(shown + strlen(shown), sizeof shown - strlen(shown), "%9.6f ", (double)h[j]);
        json_array_append_new(first, output_number((double)h[j]));
    }
    lab_say(&s->l, "%4" PRId64 " %9.6f  %-33s %12.6f   %9.1e %9.6f  %9s", t, recur_norm(h, H), shown,
            sqrt(square), difference, recur_norm(whole, H), is_same ? "yes" : "no");
    if (s->spec.cell == RECUR_LSTM) lab_say(&s->l, " %9.6f", s->cell_norms[t]);
    lab_say(&s->l, "\n");
    json_t *line =
        json_pack("{s:s,s:I,s:o,s:o,s:o,s:o,s:o,s:b}", "cell", cell_name(s->spec.cell), "step", (json_int_t)t,
                  "norm", output_number(recur_norm(h, H)), "h", first, "equation_norm",
                  output_number(sqrt(square)), "difference", output_number(difference), "whole_norm",
                  output_number(recur_norm(whole, H)), "equal", is_same);
    if (s->spec.cell == RECUR_LSTM) json_object_set_new(line, "cell_norm", output_number(s->cell_norms[t]));
    lab_json(&s->l, line);
    *worst = fmax(*worst, difference);
    return is_same;
}

static void say_all(session *s, const recur_shape *output, const recur_shape *last)
{
    double worst = 0;
    bool   is_same = true;
    for (int64_t t = 0; t < s->T; t++) is_same = say_step(s, t, &worst) && is_same;
    lab_say(&s->l,
            "\nAll hidden states: (%" PRId64 ", %" PRId64 ", %" PRId64 "), batch first. Final one: (%" PRId64
            ", %" PRId64 ", %" PRId64 ").\n"
            "Step by step and in one call: %s. From the equation the states differ by at most %.1e;\nfloat32 "
            "rounds each result by up to 6.0e-08 of its size.\n",
            output->size[0], output->size[1], output->size[2], last->size[0], last->size[1], last->size[2],
            is_same ? "the same to the bit" : "different bits", worst);
}

/* The components of the state that are shown, step by step. */
static int draw(session *s)
{
    static const char *const names[SHOWN] = {"h[0]", "h[1]", "h[2]"};
    const int64_t            H = s->spec.hidden, n = H < SHOWN ? H : SHOWN;
    double                  *values = need_memory((size_t)(s->T * (n + 1)), sizeof *values);
    double                  *steps = values + s->T * n;
    recur_curve              curves[SHOWN];
    char                     title[96];
    for (int64_t t = 0; t < s->T; t++) steps[t] = (double)t;
    for (int64_t j = 0; j < n; j++) {
        for (int64_t t = 0; t < s->T; t++) values[j * s->T + t] = (double)s->whole[t * H + j];
        curves[j] = (recur_curve){names[j], (int)j, false, s->T, steps, values + j * s->T};
    }
    const recur_plot plot = {
        .title = "Components of the state", .x = "step", .y = "", .n = n, .curves = curves};
    snprintf(title, sizeof title, "A cell over time: %s, %" PRId64 " inputs, %" PRId64 " units",
             cell_name(s->spec.cell), s->spec.input, H);
    int code = lab_plots(&s->l, title, &plot, 1);
    free(values);
    return code;
}

/* ---- all together ---- */

static recur_status run_all(session *s, uint64_t seed)
{
    recur_shape  output, last;
    recur_status status = make(s, seed);
    if (!status) status = read_weights(s);
    if (!status) status = by_steps(s);
    if (!status) status = in_one_call(s, &output, &last);
    if (status) return status;
    introduce(s, seed);
    say_all(s, &output, &last);
    return RECUR_OK;
}

static void take(session *s)
{
    const size_t H = (size_t)s->spec.hidden, rows = (size_t)cell_products(s->spec.cell) * H, T = (size_t)s->T;
    s->inputs = need_memory(T * (size_t)s->spec.input, sizeof(double));
    s->a = need_memory(rows, sizeof(double));
    s->u = need_memory(rows, sizeof(double));
    s->h = need_memory(H, sizeof(double));
    s->c = need_memory(H, sizeof(double));
    s->stepped = need_memory(T * H, sizeof(float));
    s->cell_norms = need_memory(T, sizeof(double));
}

static void release(session *s)
{
    double *const all[] = {s->inputs,     s->a,          s->u,          s->h,          s->c,
                           s->cell_norms, s->weights[0], s->weights[1], s->weights[2], s->weights[3]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    free(s->stepped);
    recur_tape_destroy(s->tape);
    recur_rnn_destroy(s->rnn);
    recur_params_destroy(s->params);
}

static int cell(app *a, options *o)
{
    session s = {.spec = {.cell = cell_of(options_find(o, "cell")->choice),
                          .input = options_int(o, "input"),
                          .hidden = options_int(o, "hidden")},
                 .T = options_int(o, "steps")};
    int     code = lab_open(&s.l, a, o, "A cell, step by step and in one call");
    if (code) return code;
    take(&s);
    recur_status status = run_all(&s, (uint64_t)options_int(o, "seed"));
    code = status ? output_failure(a, status) : draw(&s);
    release(&s);
    return lab_close(&s.l, code);
}

const command lab_cell_command = {
    .name = "lab cell",
    .synopsis = "[options]",
    .brief = "",
    .summary = "a cell stepped by hand beside the whole sequence in one call",
    .notes = "The equation in double, one call for each step, and one call for all steps: norms and first "
             "components of the\nstate, equal to the bit.\n",
    .groups = cell_groups,
    .args = "",
    .run = cell,
};
