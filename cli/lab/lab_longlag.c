/* recur lab longlag: how long a lag can each cell bridge? Small nets learn a task that asks for something read long ago, at several lags,
 * and are held against what can be had without memory.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "longlag.h"
#include "memory.h"
#include "rows.h"
#include "small_net.h"

static const option longlag_rows[] = {
    {.name = "task",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = LAG_KINDS,
     .fallback = "recall",
     .flags = OPTION_USUAL,
     .help = "recall the first of random symbols, add two marked numbers, or copy 10 symbols after blanks"},
    {.name = "lags",
     .form = "N,...",
     .type = OPTION_NUMBERS,
     .min = 3,
     .max = 10000,
     .least = 1,
     .most = OPTION_MAX_NUMBERS,
     .fallback = "10,20,30,50",
     .flags = OPTION_USUAL,
     .help = "how long ago"},
    {.name = "cell",
     .form = "NAME,...",
     .type = OPTION_TEXT,
     .fallback = "rnn,rnn:orthogonal,lstm,lstm:2,gru,gru:chrono,relu:identity,lstm:4",
     .flags = OPTION_USUAL,
     .help = VARIANTS_HELP},
    ROW_INT("hidden", 1, 65536, "64", "units"),
    {.name = "steps",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e9,
     .default_says = "600; adding 1000; copy 3000",
     .flags = OPTION_USUAL,
     .help = "updates of each net"},
    {.name = "batch",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 4096,
     .fallback = "64",
     .help = "fresh sequences of an update"},
    {.name = "lr",
     .form = "X",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1e6,
     .fallback = "0.004",
     .flags = OPTION_ABOVE,
     .help = "learning rate (Adam, norm clipped at 1)"},
    {.name = "tests",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e6,
     .fallback = "1024",
     .help = "new sequences that each net is tested with, rounded up to whole batches"},
    ROW_INT("seeds", 1, 1000, "1", "train so many of each net and show the mean"),
    ROW_SEED("the first of them; of weights and sequences"),
    ROW_PICTURE,
    ROW_END,
};

static const option_group        longlag_group = {"Experiment", longlag_rows};
static const option_group *const longlag_groups[] = {&longlag_group, &common_group, NULL};

static const int64_t usual_steps[] = {600, 1000, 3000}; /* by task */

lag_result *longlag_found(const longlag *l, int which, int lag)
{
    return l->found + (which * l->n_lags + lag) * l->seeds;
}

/* ---- one net ---- */

/* The norm of the gradient by the states h and c at B rows. */
static double state_norm(const recur_tape *tape, const recur_trace *trace, int64_t row, int64_t B, int64_t H)
{
    double h = recur_norm(recur_grad(tape, trace->h) + row * H, B * H), c = 0;
    if (trace->c.id) c = recur_norm(recur_grad(tape, trace->c) + row * H, B * H);
    return hypot(h, c);
}

/* How much of the gradient by the state that answers first is left at the first state. */
static recur_status measure_reach(const longlag *l, small_net *net, lag_batch *batch, double *reach)
{
    const int64_t B = l->task.batch, H = l->hidden;
    recur_trace   trace;
    recur_status  status = lag_batch_draw_distant(batch, LAG_GRADIENTS, 0);
    if (status) return status;
    recur_tape_reset(net->tape);
    recur_seq seq = recur_rnn_apply_traced(net->tape, net->rnn, lag_batch_input(batch, net->tape),
                                           lag_batch_pack(batch), RECUR_NO_STATE, &trace);
    recur_var answer = lag_batch_answer(batch, net->tape, net->rnn, seq, net->out);
    status = recur_backward(net->tape, lag_batch_loss(batch, net->tape, answer));
    if (!status)
        *reach = state_norm(net->tape, &trace, 0, B, H) /
                 state_norm(net->tape, &trace, lag_last(&l->task) * B, B, H);
    recur_params_zero_grad(net->params);
    return status;
}

static recur_var answer_of(small_net *net, lag_batch *batch)
{
    recur_var x = lag_batch_input(batch, net->tape);
    recur_seq seq = recur_rnn_apply(net->tape, net->rnn, x, lag_batch_pack(batch), RECUR_NO_STATE);
    return lag_batch_answer(batch, net->tape, net->rnn, seq, net->out);
}

static recur_status train(longlag *l, small_net *net, lag_batch *batch)
{
    recur_step_report r;
    recur_status      status = RECUR_OK;
    for (int64_t i = 0; i < l->steps && !status; i++) {
        recur_tape_reset(net->tape);
        status = lag_batch_draw(batch, LAG_TRAINING, i);
        if (status) break;
        recur_var answer = answer_of(net, batch);
        status = recur_trainer_step(net->trainer, net->tape, lag_batch_loss(batch, net->tape, answer), &r);
        l->done += (double)lag_steps(&l->task);
        progress_draw(l->app, l->done / l->work, NULL);
    }
    return status;
}

static recur_status test(const longlag *l, small_net *net, lag_batch *batch, lag_score *score)
{
    const int64_t n = (l->tests + l->task.batch - 1) / l->task.batch;
    recur_status  status = RECUR_OK;
    *score = (lag_score){0, 0};
    recur_tape_set_inference(net->tape, true);
    for (int64_t i = 0; i < n && !status; i++) {
        recur_tape_reset(net->tape);
        status = lag_batch_draw(batch, LAG_TESTS, i);
        if (status) break;
        lag_score one = lag_batch_score(batch, net->tape, answer_of(net, batch));
        status = recur_tape_status(net->tape);
        score->loss += one.loss / (double)n;
        score->accuracy += one.accuracy / (double)n;
    }
    return status;
}

/* A net that diverges has failed the task, which is a result. */
static recur_status make(longlag *l, int which, lag_result *found)
{
    small_net      net = {0};
    lag_batch     *batch = NULL;
    recur_rnn_spec spec = {.input = lag_inputs(l->task.kind), .hidden = l->hidden};
    variant_apply(&l->variants[which], l->task.lag, &spec);
    recur_status status =
        small_net_create(&net, l->app->ctx, l->task.seed, &spec, lag_outputs(l->task.kind), &l->train);
    if (!status) status = lag_batch_create(l->app->ctx, &l->task, &batch);
    if (!status) status = measure_reach(l, &net, batch, &found->reach);
    if (!status) l->parameters[which] = recur_params_count(net.params);
    if (!status) status = train(l, &net, batch);
    if (!status) status = test(l, &net, batch, &found->score);
    if (status == RECUR_EDIVERGED) {
        found->score = (lag_score){NAN, NAN};
        status = RECUR_OK;
    }
    found->gain = 1 - found->score.loss / lag_baseline(&l->task).loss;
    lag_batch_destroy(batch);
    small_net_destroy(&net);
    return status;
}

/* ---- all of them ---- */

static int make_seeds(longlag *l, int which, int lag)
{
    const uint64_t first = l->task.seed;
    recur_status   status = RECUR_OK;
    l->task.lag = (int64_t)l->lags[lag];
    for (int64_t i = 0; i < l->seeds && !status; i++) {
        l->task.seed = first + (uint64_t)i;
        status = make(l, which, &longlag_found(l, which, lag)[i]);
        if (!status) longlag_say_json(l, which, lag, i);
    }
    l->task.seed = first;
    return status ? output_failure(l->app, status) : RECUR_OK;
}

/* A file for the picture is written before anything is trained, so that a place where it cannot be is known. */
static int make_all(longlag *l)
{
    int code = l->lab.page ? RECUR_OK : longlag_draw(l);
    if (!code) longlag_introduce(l);
    for (int v = 0; v < l->n_variants && !code; v++)
        for (int i = 0; i < l->n_lags && !code; i++) code = make_seeds(l, v, i);
    if (code) return code;
    longlag_say_tables(l);
    longlag_conclude(l);
    return longlag_draw(l);
}

static int read_options(longlag *l, const options *o)
{
    const option_value *lags = options_find(o, "lags");
    l->task = (lag_task){.kind = (lag_kind)options_find(o, "task")->choice,
                         .batch = options_int(o, "batch"),
                         .seed = (uint64_t)options_int(o, "seed")};
    l->train = (recur_train_opts){.lr = options_number(o, "lr"), .clip_norm = 1};
    l->hidden = options_int(o, "hidden");
    l->steps = options_given(o, "steps") ? options_int(o, "steps") : usual_steps[l->task.kind];
    l->tests = options_int(o, "tests");
    l->seeds = options_int(o, "seeds");
    l->n_lags = lags->n_numbers;
    for (int i = 0; i < l->n_lags; i++) {
        l->lags[i] = lags->numbers[i];
        if (l->lags[i] != floor(l->lags[i]))
            return output_error(l->app, RECUR_EARG, "--lags wants whole numbers, found %g", l->lags[i]);
    }
    return variants_read(l->app, "--cell", options_text(o, "cell"), l->variants, &l->n_variants);
}

static int longlag_run(app *a, options *o)
{
    longlag l = {.app = a};
    int     code = read_options(&l, o);
    if (!code) code = lab_open(&l.lab, a, o, "Which cells bridge which lags");
    if (code) return code;
    l.found = need_memory((size_t)(l.n_variants * l.n_lags * l.seeds), sizeof *l.found);
    for (int i = 0; i < l.n_lags; i++) {
        l.task.lag = (int64_t)l.lags[i];
        l.work += (double)(l.n_variants * l.seeds * l.steps * lag_steps(&l.task));
    }
    code = make_all(&l);
    free(l.found);
    return lab_close(&l.lab, code);
}

const command lab_longlag_command = {
    .name = "lab longlag",
    .synopsis = "[options]",
    .brief = "",
    .summary = "how long a lag each cell learns to bridge",
    .notes =
        "Small nets learn to recall, add or copy what they read long ago, and are held against what can be "
        "had\nwithout memory; beside it, how much of the gradient arrives before the training.\n",
    .groups = longlag_groups,
    .args = "",
    .run = longlag_run,
};
