/* recur lab highway: what the cell state of an LSTM is for. Along c the only factor from one step to the next is the forget gate,
 *
 *   c_t = f c_(t-1) + i g          dloss/dc_(t-1) = f dloss/dc_t        where i and f do not move with h
 *
 * so with f = 1 and i = 0 both pass as they are, and in float32 a sigmoid is exactly 1 or 0 from |a| = 18 or so on.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lab.h"
#include "memory.h"
#include "rows.h"

static const option highway_rows[] = {
    {.name = "forget-bias",
     .form = "X,...",
     .type = OPTION_NUMBERS,
     .min = -100,
     .max = 100,
     .least = 1,
     .most = RECUR_COLOURS,
     .fallback = "20,17,12,8,5",
     .flags = OPTION_USUAL,
     .help = "what the forget gates' sigmoid is given, a cell for each"},
    ROW_INT("steps", 2, 100000, "1000", "length of the sequence"),
    {.name = "input",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .fallback = "32",
     .help = "values of one step"},
    ROW_INT("hidden", 1, 8192, "64", "units"),
    ROW_SEED("of weights, inputs, the first cell state and the gradient at the last"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        highway_group = {"Experiment", highway_rows};
static const option_group *const highway_groups[] = {&highway_group, &common_group, NULL};

enum { INPUT_GATE, FORGET_GATE, N_GATES = 4 };

static const double SHUT =
    -100; /* for a sigmoid in float32 this is 0, whatever weights and inputs of this size add */

/* One cell, and what came through it. */
typedef struct crossing {
    double  bias;
    bool    is_free;     /* weights of the input and forget gates are as they start, not 0 */
    double  f;           /* of the first unit at the first step, as the cell computed it */
    int64_t n_c, n_grad; /* how many numbers are the same at both ends, to the bit */
    double  c, grad;     /* norms at the far end over those at the near one */
    double *flow;        /* [steps] norms of the gradient by c */
} crossing;

typedef struct highway {
    lab      lab;
    int64_t  T, I, H;
    uint64_t seed;
    crossing crossings[RECUR_COLOURS + 1];
    int      n;
} highway;

/* ---- one cell ---- */

static recur_status fill_rows(recur_params *params, const char *name, int64_t first, int64_t n, int64_t width,
                              double value)
{
    double *values = need_memory((size_t)(n * width), sizeof *values);
    for (int64_t i = 0; i < n * width; i++) values[i] = value;
    recur_status status = recur_params_set_rows(params, recur_params_find(params, name), first, n, values);
    free(values);
    return status;
}

/* Biases that shut the input gate and open the forget gate; without weights both are constants. */
static recur_status set_gates(const highway *w, recur_params *params, const crossing *x)
{
    recur_status status = fill_rows(params, "bias_ih_l0", INPUT_GATE * w->H, w->H, 1, SHUT);
    if (!status) status = fill_rows(params, "bias_ih_l0", FORGET_GATE * w->H, w->H, 1, x->bias);
    if (!status) status = fill_rows(params, "bias_hh_l0", INPUT_GATE * w->H, 2 * w->H, 1, 0);
    if (x->is_free) return status;
    if (!status) status = fill_rows(params, "weight_ih_l0", INPUT_GATE * w->H, 2 * w->H, w->I, 0);
    return status ? status : fill_rows(params, "weight_hh_l0", INPUT_GATE * w->H, 2 * w->H, w->H, 0);
}

static int64_t count_equal(int64_t n, const float *a, const float *b)
{
    int64_t equal = 0;
    for (int64_t i = 0; i < n; i++) equal += a[i] == b[i];
    return equal;
}

/* Compare both ends: c before the first step and after the last, and the gradient of a dot product of the last c. */
static recur_status compare(const highway *w, crossing *x, recur_tape *tape, recur_params *params,
                            const recur_rnn *rnn, int64_t first)
{
    recur_var   noise = recur_param(tape, params, first), c0 = recur_param(tape, params, first + 1);
    recur_var   given = recur_param(tape, params, first + 2);
    recur_trace trace;
    recur_seq   y = recur_rnn_apply_traced(
          tape, rnn, noise, NULL, (recur_state){recur_input(tape, RECUR_SHAPE(1, 1, w->H), NULL), c0}, &trace);
    recur_status status = recur_backward(tape, recur_dot(tape, y.c, given));
    if (status) return status;
    const float *start = recur_value(tape, c0), *end = recur_value(tape, y.c),
                *gates = recur_value(tape, trace.gates);
    const float *came = recur_grad(tape, c0), *went = recur_value(tape, given),
                *grads = recur_grad(tape, trace.c);
    x->f = (double)gates[FORGET_GATE * w->H];
    x->n_c = count_equal(w->H, start, end);
    x->n_grad = count_equal(w->H, came, went);
    x->c = recur_norm(end, w->H) / recur_norm(start, w->H);
    x->grad = recur_norm(came, w->H) / recur_norm(went, w->H);
    x->flow = need_memory((size_t)w->T, sizeof *x->flow);
    for (int64_t t = 0; t < w->T; t++)
        x->flow[t] = recur_norm(grads + t * w->H, w->H) / recur_norm(went, w->H);
    return RECUR_OK;
}

static recur_status cross(const highway *w, crossing *x)
{
    const recur_init     normal = {RECUR_INIT_NORMAL, 1};
    const recur_rnn_spec spec = {.cell = RECUR_LSTM, .input = w->I, .hidden = w->H};
    recur_params        *params = NULL;
    recur_rnn           *rnn = NULL;
    recur_tape          *tape = NULL;
    int64_t              first = 0, other = 0;
    recur_status         status = recur_params_create(w->lab.app->ctx, w->seed, &params);
    if (!status) status = recur_rnn_create(params, "", &spec, &rnn);
    if (!status) status = set_gates(w, params, x);
    if (!status) status = recur_params_add(params, "noise", RECUR_SHAPE(w->T, 1, w->I), normal, &first);
    if (!status) status = recur_params_add(params, "start", RECUR_SHAPE(1, 1, w->H), normal, &other);
    if (!status) status = recur_params_add(params, "given", RECUR_SHAPE(1, 1, w->H), normal, &other);
    if (!status) status = recur_tape_create(w->lab.app->ctx, &tape);
    if (!status) status = compare(w, x, tape, params, rnn, first);
    recur_tape_destroy(tape);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
    return status;
}

/* ---- showing ---- */

static double predicted(const highway *w, const crossing *x)
{
    return pow(x->f, (double)w->T);
}

static void introduce(highway *w)
{
    lab_say(
        &w->lab,
        "Along an LSTM's cell state the only factor from one step to the next is the forget gate:\n\n"
        "    c_t = f c_t-1 + i g          dloss/dc_t-1 = f dloss/dc_t          (f and i given)\n\n"
        "So with f = 1 and i = 0 both pass unchanged. A vanilla RNN has a matrix and a tanh there. Here i = "
        "sigmoid(%g) = 0,\nand f = sigmoid(bias); %" PRId64 " steps of %" PRId64 " random inputs, %" PRId64
        " units. After all steps:\n\n"
        "  bias        1 - f         f^%-6" PRId64 " c: norm left  same bits   gradient left  same bits\n",
        SHUT, w->T, w->I, w->H, w->T);
}

static void say(highway *w, const crossing *x)
{
    char same_c[32], same_grad[32];
    snprintf(same_c, sizeof same_c, "%" PRId64 "/%" PRId64, x->n_c, w->H);
    snprintf(same_grad, sizeof same_grad, "%" PRId64 "/%" PRId64, x->n_grad, w->H);
    lab_say(&w->lab, "%6g %12.4g %13.6g %13.6g %10s %15.6g %10s%s\n", x->bias, 1 - x->f, predicted(w, x),
            x->c, same_c, x->grad, same_grad, x->is_free ? "   gates with weights" : "");
    lab_json(&w->lab, json_pack("{s:f,s:b,s:f,s:I,s:I,s:o,s:I,s:o,s:I,s:o}", "forget_bias", x->bias,
                                "gate_weights", (int)x->is_free, "f", x->f, "steps", (json_int_t)w->T,
                                "hidden", (json_int_t)w->H, "predicted", output_number(predicted(w, x)),
                                "c_same", (json_int_t)x->n_c, "c_ratio", output_number(x->c), "grad_same",
                                (json_int_t)x->n_grad, "grad_ratio", output_number(x->grad)));
}

static void conclude(highway *w)
{
    lab_say(&w->lab, "\nThe first cell has weights at its gates and reads the inputs: where the sigmoids are "
                     "full, the sum that "
                     "they are given may\nmove by hundreds and they do not. In the others the gates are "
                     "constants, so that what is left is "
                     "f to the power of the\nsteps: a gate that is 1 %% below 1 lets 37 %% through after 100 "
                     "steps, and 4 in 100,000 "
                     "after 1000.\nWhat a trained LSTM has lies between; recur lab vanishing shows what the "
                     "bias at the start does.\n");
}

enum { MOST_POINTS = 34 };

static int draw(highway *w)
{
    double      x[MOST_POINTS], y[RECUR_COLOURS + 1][MOST_POINTS];
    char        labels[RECUR_COLOURS + 1][64], title[128];
    recur_curve curves[RECUR_COLOURS + 1];
    int64_t     n = w->T < MOST_POINTS ? w->T : MOST_POINTS;
    for (int k = 0; k < w->n; k++) {
        const crossing *c = &w->crossings[k];
        for (int64_t i = 0; i < n; i++) {
            int64_t t = i * (w->T - 1) / (n - 1);
            x[i] = (double)t;
            y[k][i] = c->flow[t];
        }
        snprintf(labels[k], sizeof labels[k], c->is_free ? "bias %g, with weights" : "bias %g", c->bias);
        curves[k] = (recur_curve){labels[k], c->is_free ? 0 : k - 1, c->is_free, n, x, y[k]};
    }
    snprintf(title, sizeof title, "Gradient along the cell state, %" PRId64 " steps", w->T);
    const recur_plot plot = {
        "norm of the gradient by c, of that at the end", "step", "", true, 0, 0, w->n, curves};
    return lab_plots(&w->lab, title, &plot, 1);
}

/* ---- all of it ---- */

static int highway_run(app *a, options *o)
{
    highway             w = {.T = options_int(o, "steps"),
                             .I = options_int(o, "input"),
                             .H = options_int(o, "hidden"),
                             .seed = (uint64_t)options_int(o, "seed")};
    const option_value *biases = options_find(o, "forget-bias");
    int                 code = lab_open(&w.lab, a, o, "The cell state as a highway");
    if (code) return code;
    w.crossings[w.n++] = (crossing){.bias = -SHUT, .is_free = true};
    for (int i = 0; i < biases->n_numbers; i++) w.crossings[w.n++] = (crossing){.bias = biases->numbers[i]};
    introduce(&w);
    for (int k = 0; k < w.n && !code; k++) {
        recur_status status = cross(&w, &w.crossings[k]);
        if (status)
            code = output_failure(a, status);
        else
            say(&w, &w.crossings[k]);
    }
    if (!code) conclude(&w);
    if (!code) code = draw(&w);
    for (int k = 0; k < w.n; k++) free(w.crossings[k].flow);
    return lab_close(&w.lab, code);
}

const command lab_highway_command = {
    .name = "lab highway",
    .synopsis = "[options]",
    .brief = "",
    .summary = "with the forget gate at 1 an LSTM's cell state and its gradient pass unchanged, to the bit",
    .notes = "The cell state and its gradient over many steps, for forget gates at 1 and slightly below.\n",
    .groups = highway_groups,
    .args = "",
    .run = highway_run,
};
