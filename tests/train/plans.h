/* Small runs that between them use every optimiser, cell, schedule and option that has a state, and a driver that stops them anywhere.
 * SPDX-License-Identifier: MIT */
#ifndef PLANS_H
#define PLANS_H

#include "train/tiny.h"

typedef struct plan {
    const char      *name;
    recur_dtype      dtype;
    bool             has_valid;
    recur_lm_spec    spec;
    recur_lm_batches batches;
    recur_run_opts   opts;
} plan;

static const plan plans[] = {
    {.name = "adam, lstm, patience",
     .has_valid = true,
     .spec = {.embed = 5, .dropout = 0.2, .rnn = {.hidden = 8, .layers = 2, .dropout = 0.3}},
     .batches = {.batch = 4, .bptt = 8},
     .opts = {.epochs = 8,
              .eval_every = 7,
              .patience = 2,
              .report_every = 5,
              .train = {.lr = 0.08,
                        .clip_norm = 1,
                        .schedule = {.kind = RECUR_EXPONENTIAL, .factor = 0.9, .warmup = 5}}}},
    {.name = "adamw, gru, cosine, trained state",
     .has_valid = true,
     .spec = {.embed = 5, .dropout = 0.1, .rnn = {.cell = RECUR_GRU, .hidden = 8, .trained_state = true}},
     .batches = {.batch = 3, .bptt = 10},
     .opts = {.epochs = 3,
              .report_every = 4,
              .train = {.optim = RECUR_ADAMW,
                        .lr = 0.01,
                        .weight_decay = 0.1,
                        .schedule = {.kind = RECUR_COSINE}}}},
    {.name = "rmsprop, projection, sum over time, one-hot",
     .has_valid = true,
     .spec = {.dropout = 0.25, .rnn = {.hidden = 8, .projection = 4}},
     .batches = {.batch = 4, .bptt = 8, .reduction = RECUR_SUM_OVER_TIME},
     .opts = {.steps = 55,
              .eval_every = 6,
              .report_every = 1,
              .train = {.optim = RECUR_RMSPROP,
                        .momentum = 0.5,
                        .decay_rate = 0.95,
                        .lr = 0.002,
                        .clip_value = 0.1}}},
    {.name = "sgd, rnn, state not carried, step schedule",
     .has_valid = true,
     .spec = {.embed = 8, .tie = true, .dropout = 0.1, .rnn = {.cell = RECUR_RNN_TANH, .hidden = 8}},
     .batches = {.batch = 5, .bptt = 6, .reset_state = true},
     .opts = {.epochs = 3,
              .report_every = 1000,
              .train = {.optim = RECUR_SGD,
                        .lr = 0.5,
                        .momentum = 0.9,
                        .clip_norm = 0.5,
                        .schedule = {.kind = RECUR_STEP, .factor = 0.5, .after = 1}}}},
    {.name = "adam, float64, no validation",
     .dtype = RECUR_F64,
     .spec = {.embed = 5, .dropout = 0.2, .rnn = {.cell = RECUR_RNN_RELU, .hidden = 8}},
     .batches = {.batch = 4, .bptt = 8},
     .opts = {.epochs = 2, .report_every = 6}},
};
enum { N_PLANS = sizeof plans / sizeof plans[0] };

/* Stops a run at a tick. */
typedef struct stopper {
    int64_t ticks, stop_at; /* stop_at 0: never */
} stopper;

static inline bool stopper_tick(void *user, double progress, const recur_report *last)
{
    stopper *s = user;
    assert_true(progress >= 0 && progress <= 1);
    assert_non_null(last);
    return ++s->ticks != s->stop_at;
}

/* Train in a context and a model of its own, as a new process would. The model that is left in memory goes to memory.safetensors.
 * allocator, s and done may be NULL. */
static inline recur_status plan_train(const plan *p, const char *dir, bool resume,
                                      const recur_allocator *allocator, stopper *s, recur_report *done)
{
    tiny         t;
    recur_status status = tiny_open(&t, &p->spec, p->dtype, allocator);
    if (status) return status;
    recur_run_opts  opts = p->opts;
    recur_run_hooks hooks = {.user = s, .tick = s ? stopper_tick : NULL};
    opts.dir = dir;
    opts.resume = resume;
    opts.seed = 11;
    status =
        recur_lm_train(t.model, t.train, p->has_valid ? t.valid : NULL, &p->batches, &opts, &hooks, done);
    if (!status) {
        char path[TINY_PATH];
        tiny_join(path, dir, "memory.safetensors");
        status = recur_model_save(t.model, path);
    }
    tiny_close(&t);
    return status;
}

#endif
