/* Language modelling as a task: truncated backpropagation through time (Williams & Peng 1990) over B parallel parts of one corpus.
 *
 *   corpus    [ part 0, L tokens ][ part 1 ] ... [ part B-1 ]+1      L = (n-1)/B; what is left over at the end is not read
 *   windows   [ T ][ T ]..[ <T ]  [ T ][ T ]..                       step k reads window k of every part
 *
 * The state after a window starts the next one, without its gradient; every epoch starts from the initial state.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "model/model.h"
#include "train/lm_carry.h"
#include "train/task.h"

typedef struct lm_task {
    recur_ctx          *ctx;
    const recur_model  *model;
    const recur_corpus *train, *valid;
    recur_lm_batches    opts; /* completed */
    int64_t             part; /* L */
    recur_pack         *tokens, *targets;
    int32_t            *read, *wanted; /* [T,B] */
    ri_lm_carry         carry;
    recur_state         final; /* of the window on the tape */
} lm_task;

static recur_status check(lm_task *t)
{
    const recur_lm_batches *o = &t->opts;
    int64_t                 n = recur_corpus_size(t->train);
    if (o->batch < 1 || o->bptt < 1)
        return RI_FAIL(t->ctx, RECUR_EARG,
                       "batches: batch is %" PRId64 " and bptt %" PRId64 ", wanted positive numbers",
                       o->batch, o->bptt);
    if (o->reduction != RECUR_MEAN && o->reduction != RECUR_SUM_OVER_TIME)
        return RI_FAIL(t->ctx, RECUR_EARG,
                       "batches: the loss of a batch is a mean or a sum over time, found reduction %d",
                       (int)o->reduction);
    if (n - 1 < o->batch)
        return RI_FAIL(t->ctx, RECUR_EDATA,
                       "the training data have %" PRId64 " tokens, too few for a batch of %" PRId64
                       " sequences",
                       n, o->batch);
    if (t->valid && recur_corpus_size(t->valid) - 1 < o->bptt)
        return RI_FAIL(t->ctx, RECUR_EDATA,
                       "the validation data have %" PRId64 " tokens, fewer than one window of %" PRId64
                       " steps and a target",
                       recur_corpus_size(t->valid), o->bptt);
    return RECUR_OK;
}

static recur_status prepare(lm_task *t)
{
    recur_status status = check(t);
    if (status) return status;
    t->part = (recur_corpus_size(t->train) - 1) / t->opts.batch;
    int64_t steps = t->part < t->opts.bptt ? t->part : t->opts.bptt;
    t->read = ri_allocate(&t->ctx->allocator, (size_t)(steps * t->opts.batch), sizeof(int32_t));
    t->wanted = ri_allocate(&t->ctx->allocator, (size_t)(steps * t->opts.batch), sizeof(int32_t));
    if (!t->read || !t->wanted) return ri_no_memory(t->ctx, "batches");
    status = recur_pack_create(t->ctx, &t->tokens);
    if (!status) status = recur_pack_create(t->ctx, &t->targets);
    return status ? status : ri_lm_carry_init(&t->carry, t->model, t->opts.batch);
}

static void clean_up(lm_task *t)
{
    ri_release(&t->ctx->allocator, t->read);
    ri_release(&t->ctx->allocator, t->wanted);
    recur_pack_destroy(t->tokens);
    recur_pack_destroy(t->targets);
    ri_lm_carry_free(&t->carry);
}

/* ---- what a run asks for ---- */

static recur_status loss(void *self, recur_tape *tape, int64_t epoch, int64_t step_in_epoch, recur_var *out,
                         ri_batch *batch)
{
    (void)epoch; /* every epoch reads the same windows */
    lm_task       *t = self;
    const int32_t *ids = recur_corpus_tokens(t->train);
    int64_t        B = t->opts.batch, begin = step_in_epoch * t->opts.bptt, left = t->part - begin;
    int64_t        T = left < t->opts.bptt ? left : t->opts.bptt;
    for (int64_t i = 0; i < T; i++)
        for (int64_t b = 0; b < B; b++) {
            int64_t at = b * t->part + begin + i;
            t->read[i * B + b] = ids[at];
            t->wanted[i * B + b] = ids[at + 1];
        }
    recur_status status = recur_pack_set_grid(t->tokens, T, B, t->read);
    if (!status) status = recur_pack_set_grid(t->targets, T, B, t->wanted);
    if (status) return status;

    recur_state state = RECUR_NO_STATE;
    if (step_in_epoch > 0 && !t->opts.reset_state) state = ri_lm_carry_put(&t->carry, tape);
    *out = recur_lm_loss(tape, t->model, t->tokens, t->targets, state, t->opts.reduction, &t->final);
    *batch = (ri_batch){.items = T * B, .per_item = t->opts.reduction == RECUR_MEAN ? 1 : 1 / (double)T};
    return RECUR_OK;
}

static recur_status after(void *self, recur_tape *tape)
{
    lm_task *t = self;
    return t->opts.reset_state ? RECUR_OK : ri_lm_carry_take(&t->carry, tape, t->final);
}

static recur_status validate(void *self, const recur_run_hooks *hooks, ri_validation *found)
{
    lm_task       *t = self;
    recur_lm_score score;
    recur_status   status = recur_lm_evaluate(t->model, t->valid, hooks, &score);
    if (!status) *found = (ri_validation){.loss = score.loss, .accuracy = NAN, .f1 = NAN, .score = NAN};
    return status;
}

static void describe(void *self, ri_fingerprint *f)
{
    static const char *const cells[] = {
        [RECUR_LSTM] = "lstm", [RECUR_GRU] = "gru", [RECUR_RNN_TANH] = "rnn", [RECUR_RNN_RELU] = "relu"};
    const lm_task       *t = self;
    const recur_lm_spec *spec = recur_lm_get_spec(t->model);
    ri_fingerprint_name(f, "task", "lm");
    ri_fingerprint_name(f, "cell", cells[spec->rnn.cell]);
    ri_fingerprint_int(f, "layers", spec->rnn.layers);
    ri_fingerprint_int(f, "hidden", spec->rnn.hidden);
    ri_fingerprint_int(f, "projection", spec->rnn.projection);
    ri_fingerprint_int(f, "embed", spec->embed);
    ri_fingerprint_int(f, "tie", spec->tie);
    ri_fingerprint_int(f, "vocabulary", recur_vocab_size(recur_model_vocab(t->model)));
    ri_fingerprint_int(f, "reset before", spec->rnn.reset_before);
    ri_fingerprint_real(f, "dropout", spec->dropout);
    ri_fingerprint_real(f, "dropout between layers", spec->rnn.dropout);
    ri_fingerprint_int(f, "batch", t->opts.batch);
    ri_fingerprint_int(f, "bptt", t->opts.bptt);
    ri_fingerprint_int(f, "carry state", !t->opts.reset_state);
    ri_fingerprint_name(f, "loss", t->opts.reduction == RECUR_MEAN ? "mean" : "sum over time");
    ri_fingerprint_int(f, "training tokens", recur_corpus_size(t->train));
    ri_fingerprint_int(f, "validation tokens", t->valid ? recur_corpus_size(t->valid) : 0);
}

recur_status recur_lm_train(recur_model *model, const recur_corpus *train, const recur_corpus *valid,
                            const recur_lm_batches *batches, const recur_run_opts *opts,
                            const recur_run_hooks *hooks, recur_report *done)
{
    if (!model) return RECUR_EARG;
    recur_ctx   *ctx = recur_model_params(model)->ctx;
    recur_status status = ri_model_want(model, RECUR_TASK_LM, "training on a corpus");
    if (!status && !train) status = RI_FAIL(ctx, RECUR_EARG, "training: no corpus was given");
    if (status) return status;
    lm_task t = {.ctx = ctx, .model = model, .train = train, .valid = valid};
    if (batches) t.opts = *batches;
    if (t.opts.batch == 0) t.opts.batch = 32;
    if (t.opts.bptt == 0) t.opts.bptt = 64;
    status = prepare(&t);
    if (!status) {
        ri_task task = {.model = model,
                        .steps_per_epoch = (t.part - 1) / t.opts.bptt + 1,
                        .arrays = t.carry.arrays,
                        .n_arrays = t.opts.reset_state ? 0 : t.carry.n_arrays,
                        .self = &t,
                        .loss = loss,
                        .after = after,
                        .validate = valid ? validate : NULL,
                        .describe = describe};
        status = ri_run(&task, opts ? opts : &(recur_run_opts){0}, hooks, done);
    }
    clean_up(&t);
    return status;
}
