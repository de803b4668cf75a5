/* recur lab bidirectional: what an output can see. In one direction y_t is a function of x_1 .. x_t, so its gradient by x_s is 0 for s > t, exactly;
 * in two directions it is a function of all. Then why such a net cannot generate: taught to name the next of random symbols, which nobody can know,
 * it reads it.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "dice.h"
#include "lab.h"
#include "memory.h"
#include "rows.h"
#include "small_net.h"

static const option bidirectional_rows[] = {
    ROW_CELL(CELL_CHOICES, "rnn, relu, lstm or gru"),
    ROW_INT("steps", 2, 64, "12", "length of the sequences"),
    ROW_INT("hidden", 1, 4096, "32", "units of each direction"),
    {.name = "layers",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 64,
     .fallback = "1",
     .help = "layers of the stack"},
    {.name = "symbols",
     .form = "N",
     .type = OPTION_INT,
     .min = 2,
     .max = 1000,
     .fallback = "8",
     .help = "how many different ones there are"},
    ROW_INT("updates", 1, 1e6, "300", "of each net that learns to name the next symbol"),
    ROW_SEED("of weights and sequences"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        bidirectional_group = {"Experiment", bidirectional_rows};
static const option_group *const bidirectional_groups[] = {&bidirectional_group, &common_group, NULL};

enum { N_NETS = 2, BATCH = 64, TESTS = 16 }; /* one direction, two; batches of tests */

/* What one net shows. right: share of next symbols named rightly, where the next one is among the inputs and at the last step, where it is not. */
typedef struct sight {
    float  *norms;                              /* [T,T] of the gradient of y_t by x_s; row t */
    int64_t after, after_zero, upto, upto_zero; /* s > t, s <= t: gradients, and those that are exactly 0 */
    double  loss, right_inside, right_last;
} sight;

typedef struct bidirectional {
    lab            lab;
    recur_rnn_spec spec;
    int64_t        T, V, updates;
    uint64_t       seed;
    sight          sights[N_NETS];
    double         done; /* nets */
} bidirectional;

/* ---- random symbols, and the next ones ---- */

typedef struct lesson {
    recur_pack *read, *next; /* [T,B] */
    int32_t    *ids;         /* [T+1,B] */
} lesson;

static recur_status lesson_begin(const bidirectional *b, lesson *l)
{
    *l = (lesson){.ids = need_memory((size_t)((b->T + 1) * BATCH), sizeof *l->ids)};
    recur_status status = recur_pack_create(b->lab.app->ctx, &l->read);
    return status ? status : recur_pack_create(b->lab.app->ctx, &l->next);
}

static void lesson_end(lesson *l)
{
    recur_pack_destroy(l->read);
    recur_pack_destroy(l->next);
    free(l->ids);
}

static recur_status lesson_draw(const bidirectional *b, lesson *l, uint64_t number)
{
    dice d = dice_at(b->seed, 0, number);
    for (int64_t i = 0; i < (b->T + 1) * BATCH; i++) l->ids[i] = (int32_t)dice_below(&d, b->V);
    recur_status status = recur_pack_set_grid(l->read, b->T, BATCH, l->ids);
    return status ? status : recur_pack_set_grid(l->next, b->T, BATCH, l->ids + BATCH);
}

static recur_var answer_of(small_net *net, const bidirectional *b, const lesson *l)
{
    recur_tape_reset(net->tape);
    recur_var x = recur_one_hot(net->tape, l->read, b->V);
    return recur_linear_apply(net->tape, net->out,
                              recur_rnn_apply(net->tape, net->rnn, x, l->read, RECUR_NO_STATE).output);
}

/* ---- what it sees ---- */

/* The gradients of one output by all inputs, which are random numbers that both nets share. */
static recur_status look_at(const bidirectional *b, small_net *net, const float *x, int64_t t, float *norms)
{
    double *row = need_memory((size_t)b->T, sizeof *row);
    recur_tape_reset(net->tape);
    recur_var    in = recur_input(net->tape, RECUR_SHAPE(b->T, 1, b->V), x);
    recur_seq    y = recur_rnn_apply(net->tape, net->rnn, in, NULL, RECUR_NO_STATE);
    recur_status status =
        recur_backward(net->tape, recur_sum(net->tape, recur_pick_step(net->tape, y.output, t)));
    if (!status) status = recur_gradient_flow(net->tape, in, row);
    for (int64_t s = 0; s < b->T; s++) norms[s] = (float)row[s];
    free(row);
    return status;
}

static recur_status look(const bidirectional *b, small_net *net, sight *found)
{
    dice         d = dice_at(b->seed, 1, 0);
    float       *x = need_memory((size_t)(b->T * b->V), sizeof *x);
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < b->T * b->V; i++) x[i] = 2 * dice_uniform(&d) - 1;
    found->norms = need_memory((size_t)(b->T * b->T), sizeof *found->norms);
    for (int64_t t = 0; t < b->T && !status; t++) {
        float *row = found->norms + t * b->T;
        status = look_at(b, net, x, t, row);
        for (int64_t s = 0; s < b->T; s++) {
            *(s > t ? &found->after : &found->upto) += 1;
            *(s > t ? &found->after_zero : &found->upto_zero) += row[s] == 0;
        }
    }
    recur_params_zero_grad(net->params);
    free(x);
    return status;
}

/* ---- what it learns ---- */

static recur_status learn(bidirectional *b, small_net *net, lesson *l, sight *found)
{
    recur_step_report r;
    recur_status      status = RECUR_OK;
    for (int64_t i = 0; i < b->updates && !status; i++) {
        status = lesson_draw(b, l, (uint64_t)(TESTS + i));
        if (status) break;
        recur_var loss = recur_cross_entropy(net->tape, answer_of(net, b, l), l->next, RECUR_MEAN);
        status = recur_trainer_step(net->trainer, net->tape, loss, &r);
        if (!status) found->loss = r.loss;
        progress_draw(b->lab.app, (b->done + (double)(i + 1) / (double)b->updates) / N_NETS, NULL);
    }
    b->done++;
    return status;
}

static bool is_greatest(const float *row, int64_t n, int32_t right)
{
    for (int64_t i = 0; i < n; i++)
        if (i != right && row[i] >= row[right]) return false;
    return true;
}

static recur_status test(const bidirectional *b, small_net *net, lesson *l, sight *found)
{
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < TESTS && !status; i++) {
        status = lesson_draw(b, l, (uint64_t)i);
        if (status) break;
        const float *logits = recur_value(net->tape, answer_of(net, b, l));
        status = recur_tape_status(net->tape);
        if (status) break;
        for (int64_t k = 0; k < b->T * BATCH; k++) {
            bool is_last = k >= (b->T - 1) * BATCH,
                 is_right = is_greatest(logits + k * b->V, b->V, l->ids[k + BATCH]);
            if (is_last)
                found->right_last += (double)is_right / (TESTS * BATCH);
            else
                found->right_inside += (double)is_right / (double)(TESTS * BATCH * (b->T - 1));
        }
    }
    return status;
}

static recur_status make(bidirectional *b, int which)
{
    const recur_train_opts opts = {.lr = 0.01, .clip_norm = 1};
    small_net              net = {0};
    lesson                 l = {0};
    sight                 *found = &b->sights[which];
    b->spec.bidirectional = which == 1;
    recur_status status = small_net_create(&net, b->lab.app->ctx, b->seed, &b->spec, b->V, &opts);
    if (!status) status = lesson_begin(b, &l);
    if (!status) status = look(b, &net, found);
    if (!status) status = learn(b, &net, &l, found);
    if (!status) status = test(b, &net, &l, found);
    lesson_end(&l);
    small_net_destroy(&net);
    return status;
}

/* ---- showing ---- */

static const char *const net_names[N_NETS] = {"one direction", "two directions"};

static void introduce(bidirectional *b)
{
    lab_say(&b->lab,
            "What can an output see? A stack reads %" PRId64
            " inputs; the gradient of output y_t by input x_s says whether y_t\n"
            "depends on it at all. One direction: y_t = f(x_1 .. x_t). Two: y_t = [f(x_1 .. x_t), g(x_t .. "
            "x_T)].\n\n",
            b->T);
}

/* Both matrices, a sign for each gradient. */
static void say_matrices(bidirectional *b)
{
    int width = (int)(b->T > 14 ? b->T : 14);
    lab_say(&b->lab, "        %-*s   %-*s   x across, y down; # a gradient, . exactly 0\n", width,
            net_names[0], width, net_names[1]);
    for (int64_t t = 0; t < b->T; t++) {
        lab_say(&b->lab, "   y%-3" PRId64 " ", t + 1);
        for (int k = 0; k < N_NETS; k++) {
            for (int64_t s = 0; s < b->T; s++)
                lab_say(&b->lab, "%c", b->sights[k].norms[t * b->T + s] == 0 ? '.' : '#');
            lab_say(&b->lab, "%*s", width - (int)b->T + 3, "");
        }
        lab_say(&b->lab, "\n");
    }
    lab_say(&b->lab, "\n%-15s %28s %28s\n", "", "exactly 0 for s > t", "exactly 0 for s <= t");
    for (int k = 0; k < N_NETS; k++) {
        const sight *s = &b->sights[k];
        lab_say(&b->lab, "%-15s %19" PRId64 " of %5" PRId64 " %19" PRId64 " of %5" PRId64 "\n", net_names[k],
                s->after_zero, s->after, s->upto_zero, s->upto);
    }
}

static void say_lesson(bidirectional *b)
{
    lab_say(&b->lab,
            "\nWhy two directions cannot generate: to write is to choose x_t+1 by y_t, and y_t has read it. "
            "Both nets learn to\n"
            "name the next of %" PRId64 " symbols drawn at random, %" PRId64
            " updates. Nobody can know them: right is 1 in %" PRId64 ", %.1f %%, and the\nloss ln %" PRId64
            " = %.3f.\n\n",
            b->V, b->updates, b->V, 100 / (double)b->V, b->V, log((double)b->V));
    lab_say(&b->lab, "%-15s %9s %28s %28s\n", "", "loss", "right, next one is read",
            "right at the end, it is not");
    for (int k = 0; k < N_NETS; k++) {
        const sight *s = &b->sights[k];
        lab_say(&b->lab, "%-15s %9.3f %26.1f %% %26.1f %%\n", net_names[k], s->loss, 100 * s->right_inside,
                100 * s->right_last);
    }
    lab_say(&b->lab, "\nThe net of two directions has learnt to copy the answer. Where there is no next "
                     "input yet, at the end "
                     "of what has been\nwritten so far, it knows no more than the other. To label what is "
                     "there already it is the better "
                     "one; to go on it is of\nno use, so recur train lm refuses --bidirectional.\n");
}

static void say_json(bidirectional *b, int which)
{
    const sight *s = &b->sights[which];
    json_t      *rows = json_array();
    for (int64_t t = 0; t < b->T; t++) {
        json_t *row = json_array();
        for (int64_t i = 0; i < b->T; i++)
            json_array_append_new(row, output_number((double)s->norms[t * b->T + i]));
        json_array_append_new(rows, row);
    }
    lab_json(&b->lab, json_pack("{s:i,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o}", "directions", which + 1, "after",
                                (json_int_t)s->after, "after_zero", (json_int_t)s->after_zero, "up_to",
                                (json_int_t)s->upto, "up_to_zero", (json_int_t)s->upto_zero, "loss",
                                output_number(s->loss), "right_inside", output_number(s->right_inside),
                                "right_last", output_number(s->right_last), "grad_norms", rows));
}

/* Both matrices side by side, a column free between them. */
static int draw(bidirectional *b)
{
    const int64_t T = b->T, columns = N_NETS * T + 1;
    char(*texts)[8] = need_memory((size_t)T, sizeof *texts);
    recur_map_word *x = need_memory((size_t)columns, sizeof *x), *y = need_memory((size_t)T, sizeof *y);
    float          *shares = need_memory((size_t)(columns * T), sizeof *shares), greatest = 0;
    recur_picture  *picture = NULL;
    for (int k = 0; k < N_NETS; k++)
        for (int64_t i = 0; i < T * T; i++) greatest = fmaxf(greatest, b->sights[k].norms[i]);
    for (int64_t t = 0; t < T; t++) {
        snprintf(texts[t], sizeof texts[t], "%d", (int)(t + 1));
        x[t] = x[T + 1 + t] = y[t] = (recur_map_word){texts[t], strlen(texts[t])};
        for (int k = 0; k < N_NETS; k++)
            for (int64_t s = 0; s < T; s++) /* the fourth root: what is small shall be seen, 0 stays 0 */
                shares[t * columns + k * (T + 1) + s] =
                    sqrtf(sqrtf(b->sights[k].norms[t * T + s] / greatest));
    }
    x[T] = (recur_map_word){"", 0};
    const recur_attention_map map = {.title = "What an output sees: one direction, two directions",
                                     .note = "a column for each x, a row for each y; shade: fourth root of "
                                             "the gradient's norm; empty: exactly 0",
                                     .n_source = columns,
                                     .n_target = T,
                                     .source = x,
                                     .target = y,
                                     .weights = shares};
    recur_status              status = recur_attention_draw(b->lab.app->ctx, &map, &picture);
    free(texts);
    free(x);
    free(y);
    free(shares);
    return status ? output_failure(b->lab.app, status) : lab_picture(&b->lab, picture);
}

/* ---- all of it ---- */

static int bidirectional_run(app *a, options *o)
{
    bidirectional b = {.T = options_int(o, "steps"),
                       .V = options_int(o, "symbols"),
                       .updates = options_int(o, "updates"),
                       .seed = (uint64_t)options_int(o, "seed")};
    int           code = lab_open(&b.lab, a, o, "What two directions see");
    if (code) return code;
    b.spec = (recur_rnn_spec){.cell = cell_of(options_find(o, "cell")->choice),
                              .input = b.V,
                              .hidden = options_int(o, "hidden"),
                              .layers = options_int(o, "layers"),
                              .init = {RECUR_INIT_ORTHOGONAL, 0}};
    introduce(&b);
    for (int k = 0; k < N_NETS && !code; k++) {
        recur_status status = make(&b, k);
        if (status)
            code = output_failure(a, status);
        else
            say_json(&b, k);
    }
    if (!code) say_matrices(&b);
    if (!code && (b.lab.out || b.lab.page)) code = draw(&b);
    if (!code) say_lesson(&b);
    for (int k = 0; k < N_NETS; k++) free(b.sights[k].norms);
    return lab_close(&b.lab, code);
}

const command lab_bidirectional_command = {
    .name = "lab bidirectional",
    .synopsis = "[options]",
    .brief = "",
    .summary = "what an output sees in one direction and in two, and why two cannot generate",
    .notes = "The gradient of each output by each input, where it is exactly 0; then both nets learn to name "
             "the next of random symbols.\n",
    .groups = bidirectional_groups,
    .args = "",
    .run = bidirectional_run,
};
