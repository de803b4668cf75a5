/* recur lab parameters: how many numbers a cell learns. Each stack is made, and its tensors are counted; the formula stands beside them.
 *
 *   parameters of a layer = G (H I + H H + 2 H)        from the second layer on I is H
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "lab.h"
#include "rows.h"

static const option parameters_rows[] = {
    ROW_INT("input", 1, 65536, "128", "values of one step"),
    {.name = "hidden",
     .form = "N,...",
     .type = OPTION_NUMBERS,
     .min = 1,
     .max = 4096,
     .least = 1,
     .most = OPTION_MAX_NUMBERS,
     .fallback = "256,64",
     .flags = OPTION_USUAL,
     .help = "units; of several sizes each is compared with the first"},
    ROW_INT("layers", 1, 16, "1", "layers of the stack"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        parameters_group = {"Experiment", parameters_rows};
static const option_group *const parameters_groups[] = {&parameters_group, &common_group, NULL};

/* The parameters of a stack, by what they are. */
typedef struct count {
    int64_t all, input, recurrent, bias;
} count;

static recur_status add_up(const recur_params *params, count *c)
{
    recur_status status = RECUR_OK;
    *c = (count){.all = recur_params_count(params)};
    for (int64_t i = 0; i < recur_params_tensors(params) && !status; i++) {
        recur_tensor_info info;
        status = recur_params_info(params, i, &info);
        if (status) break;
        if (strncmp(info.name, "weight_ih", 9) == 0) c->input += info.count;
        if (strncmp(info.name, "weight_hh", 9) == 0) c->recurrent += info.count;
        if (strncmp(info.name, "bias", 4) == 0) c->bias += info.count;
    }
    return status;
}

static recur_status count_stack(recur_ctx *ctx, const recur_rnn_spec *spec, count *c)
{
    recur_params *params = NULL;
    recur_rnn    *rnn = NULL;
    recur_status  status = recur_params_create(ctx, 1, &params);
    if (!status) status = recur_rnn_create(params, "", spec, &rnn);
    if (!status) status = add_up(params, c);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
    return status;
}

static int64_t formula(const recur_rnn_spec *s)
{
    const int64_t G = cell_products(s->cell), H = s->hidden;
    return G * (H * s->input + H * H + 2 * H) + (s->layers - 1) * G * (2 * H * H + 2 * H);
}

/* ---- saying ---- */

static void introduce(lab *l, int64_t input, int64_t layers)
{
    lab_say(l,
            "What a cell learns lies in two matrices and two biases. A vanilla cell has them once; a GRU has "
            "them three\n"
            "times, an LSTM four times: once for each gate and once for what the gates let in.\n\n"
            "    parameters of a layer = G (H I + H H + 2 H)      G = 1, 3, 4 for rnn, gru, lstm\n\n"
            "I inputs, H units; from the second layer on I is H. Two biases, as in PyTorch. Counted in "
            "stacks made for it:\n"
            "%" PRId64 " inputs, %" PRId64 " layer%s.\n\n"
            "hidden  cell   parameters   formula   input matrix  recurrent matrix    biases   of rnn   of G "
            "H^2 a layer\n",
            input, layers, layers == 1 ? "" : "s");
}

static void say_line(lab *l, const recur_rnn_spec *s, const count *c, const count *rnn)
{
    const double square = (double)(cell_products(s->cell) * s->hidden * s->hidden * s->layers);
    lab_say(l,
            "%6" PRId64 "  %-5s %11" PRId64 " %9" PRId64 " %14" PRId64 " %17" PRId64 " %9" PRId64
            " %8.4g %8.2f\n",
            s->hidden, cell_name(s->cell), c->all, formula(s), c->input, c->recurrent, c->bias,
            (double)c->all / (double)rnn->all, (double)c->all / square);
    lab_json(l,
             json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "cell", cell_name(s->cell), "input",
                       (json_int_t)s->input, "hidden", (json_int_t)s->hidden, "layers", (json_int_t)s->layers,
                       "parameters", (json_int_t)c->all, "formula", (json_int_t)formula(s), "input_matrix",
                       (json_int_t)c->input, "recurrent_matrix", (json_int_t)c->recurrent, "biases",
                       (json_int_t)c->bias, "of_rnn", output_number((double)c->all / (double)rnn->all),
                       "of_square", output_number((double)c->all / square)));
}

/* How the counts of one size stand to those of the first. */
static void compare(lab *l, int64_t from, const count *first, int64_t to, const count *here)
{
    lab_say(l,
            "\nFrom %" PRId64 " to %" PRId64
            " units, times %.4g: rnn times %.4g, gru times %.4g, lstm times %.4g. In a matrix of H by H "
            "alone\n"
            "it would be times %.4g; the input matrix and the biases grow with H, not with its square.\n",
            from, to, (double)to / (double)from, (double)here[0].all / (double)first[0].all,
            (double)here[1].all / (double)first[1].all, (double)here[2].all / (double)first[2].all,
            (double)to / (double)from * (double)to / (double)from);
}

/* The formula over the sizes up to the greatest. */
static int draw(lab *l, recur_rnn_spec spec, double greatest)
{
    enum { POINTS = 64 };
    double      sizes[POINTS], counts[N_COMPARED][POINTS];
    recur_curve curves[N_COMPARED];
    char        title[96];
    for (int i = 0; i < N_COMPARED; i++) {
        spec.cell = cells_compared[i];
        for (int k = 0; k < POINTS; k++) {
            spec.hidden = (int64_t)ceil(greatest * (k + 1) / POINTS);
            sizes[k] = (double)spec.hidden;
            counts[i][k] = (double)formula(&spec);
        }
        curves[i] = (recur_curve){cell_name(spec.cell), i, false, POINTS, sizes, counts[i]};
    }
    snprintf(title, sizeof title, "%" PRId64 " inputs, %" PRId64 " layer%s", spec.input, spec.layers,
             spec.layers == 1 ? "" : "s");
    const recur_plot plot = {
        .title = title, .x = "units", .y = "parameters", .is_log = true, .n = N_COMPARED, .curves = curves};
    return lab_plots(l, "Parameters of cells", &plot, 1);
}

/* The three cells at one size. */
static recur_status one_size(lab *l, recur_rnn_spec spec, count counts[N_COMPARED])
{
    recur_status status = RECUR_OK;
    for (int i = 0; i < N_COMPARED && !status; i++) {
        spec.cell = cells_compared[i];
        status = count_stack(l->app->ctx, &spec, &counts[i]);
        if (!status) say_line(l, &spec, &counts[i], &counts[0]);
    }
    return status;
}

static int parameters(app *a, options *o)
{
    const option_value *hidden = options_find(o, "hidden");
    recur_rnn_spec      spec = {.input = options_int(o, "input"), .layers = options_int(o, "layers")};
    count               counts[OPTION_MAX_NUMBERS][N_COMPARED];
    double              greatest = 0;
    recur_status        status = RECUR_OK;
    lab                 l;
    for (int i = 0; i < hidden->n_numbers; i++)
        if (hidden->numbers[i] != (double)(int64_t)hidden->numbers[i])
            return output_error(a, RECUR_EARG, "--hidden wants whole numbers, found %g", hidden->numbers[i]);
    int code = lab_open(&l, a, o, "Parameters of cells");
    if (code) return code;
    introduce(&l, spec.input, spec.layers);
    for (int i = 0; i < hidden->n_numbers && !status; i++) {
        spec.hidden = (int64_t)hidden->numbers[i];
        status = one_size(&l, spec, counts[i]);
    }
    for (int i = 1; i < hidden->n_numbers && !status; i++)
        compare(&l, (int64_t)hidden->numbers[0], counts[0], (int64_t)hidden->numbers[i], counts[i]);
    if (!status)
        lab_say(&l, "\nThe ratio is 1 : 3 : 4 at every size: G stands before all of it. \"About n^2\" for n "
                    "units leaves out the input\nmatrix and the biases; the last column says how many times "
                    "too low that is.\n");
    for (int i = 0; i < hidden->n_numbers; i++) greatest = fmax(greatest, hidden->numbers[i]);
    return lab_close(&l, status ? output_failure(a, status) : draw(&l, spec, greatest));
}

const command lab_parameters_command = {
    .name = "lab parameters",
    .synopsis = "[options]",
    .brief = "",
    .summary = "how many parameters RNN, GRU and LSTM have, and of what",
    .notes = "Stacks of each size are made and their tensors counted, beside the formula.\n",
    .groups = parameters_groups,
    .args = "",
    .run = parameters,
};
