/* Learning to write a sequence from another as a task: batches of a feed, some of them together one update.
 *
 * A batch is a function of its place, so there is no position to save. Where several batches make one update, all but the last are gone back
 * from as they come: their gradients wait in the parameters, and each is weighed by the tokens of all of them together.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "model/seq2seq.h"
#include "train/task.h"

typedef struct seq2seq_task {
    recur_ctx              *ctx;
    recur_model            *model;
    const recur_pair_feed  *train, *valid;
    recur_seq2seq_opts      opts; /* completed */
    recur_seq2seq_loss_opts loss;
    recur_seq2seq_batch    *batch;
} seq2seq_task;

/* ---- before ---- */

static recur_status check_feed(const seq2seq_task *t, const recur_pair_feed *feed, const char *what)
{
    if (!feed || !feed->get || feed->count < 0 || feed->items < 0)
        return RI_FAIL(t->ctx, RECUR_EARG, "%s wants a feed of batches", what);
    if (feed->count == 0 || feed->items == 0)
        return RI_FAIL(t->ctx, RECUR_EDATA, "%s wants pairs, found none", what);
    return RECUR_OK;
}

static recur_status prepare(seq2seq_task *t)
{
    const recur_seq2seq_opts *o = &t->opts;
    if (!(o->own >= 0 && o->own <= 1) || !(o->label_smoothing >= 0 && o->label_smoothing <= 1))
        return RI_FAIL(t->ctx, RECUR_EARG,
                       "training: own and label_smoothing must be from 0 to 1, found %g and %g", o->own,
                       o->label_smoothing);
    if (o->accumulate < 0)
        return RI_FAIL(t->ctx, RECUR_EARG, "training: %" PRId64 " batches per update, wanted at least 1",
                       o->accumulate);
    if (!o->accumulate) t->opts.accumulate = 1;
    t->loss = (recur_seq2seq_loss_opts){.own = o->own, .label_smoothing = o->label_smoothing};
    recur_status status = check_feed(t, t->train, "training");
    if (!status && t->valid) status = check_feed(t, t->valid, "validation");
    return status ? status : recur_seq2seq_batch_create(t->model, &t->batch);
}

/* ---- what a run asks for ---- */

static int64_t tokens_of(const recur_pair_batch *pairs)
{
    int64_t n = pairs->n;
    for (int64_t b = 0; b < pairs->n; b++) n += pairs->target_lengths[b];
    return n;
}

static recur_status get(const seq2seq_task *t, int64_t epoch, int64_t i, recur_pair_batch *pairs)
{
    recur_status status = t->train->get(t->train->user, epoch, i, pairs);
    if (!status && !pairs->targets)
        status = RI_FAIL(t->ctx, RECUR_EARG, "training wants pairs that have targets");
    return status;
}

/* Go back from a batch that is not the last of its update. */
static recur_status go_back(const seq2seq_task *t, recur_tape *tape, recur_var loss, double *before)
{
    recur_status status = recur_tape_status(tape);
    if (status) return status;
    double value = recur_scalar(tape, loss);
    if (!isfinite(value)) return RI_FAIL(t->ctx, RECUR_EDIVERGED, "the loss is not finite");
    *before += value;
    return recur_backward(tape, loss);
}

/* Put batch i on the tape; n is how many tokens the update has, 0: those of this batch alone. */
static recur_status put(const seq2seq_task *t, recur_tape *tape, int64_t epoch, int64_t i, int64_t n,
                        recur_var *loss)
{
    recur_pair_batch pairs;
    recur_status     status = get(t, epoch, i, &pairs);
    if (!status) status = recur_seq2seq_batch_fill(t->batch, &pairs);
    if (status) return status;
    *loss = recur_seq2seq_loss(tape, t->model, t->batch, &t->loss, n ? RECUR_SUM : RECUR_MEAN);
    if (n) *loss = recur_scale(tape, *loss, 1 / (double)n);
    return RECUR_OK;
}

/* Batches [first, end) as one update. Each has noise of its own, apart from that of all steps. */
static recur_status put_several(const seq2seq_task *t, recur_tape *tape, int64_t epoch, int64_t first,
                                int64_t end, recur_var *loss, ri_batch *report)
{
    recur_status   status = RECUR_OK;
    const uint64_t seed = tape->seed, step = tape->step;
    for (int64_t i = first; i < end && !status; i++) {
        if (i > first) {
            status = go_back(t, tape, *loss, &report->before);
            recur_tape_reset(tape);
            recur_tape_set_noise(tape, seed, step | (uint64_t)(i - first) << 48);
        }
        if (!status) status = put(t, tape, epoch, i, report->items, loss);
    }
    if (status) recur_params_zero_grad(recur_model_params(t->model));
    return status;
}

static recur_status loss(void *self, recur_tape *tape, int64_t epoch, int64_t step_in_epoch, recur_var *out,
                         ri_batch *report)
{
    const seq2seq_task *t = self;
    recur_pair_batch    pairs;
    int64_t             first = step_in_epoch * t->opts.accumulate, end = first + t->opts.accumulate;
    if (end > t->train->count) end = t->train->count;
    *report = (ri_batch){.per_item = 1};
    for (int64_t i = first; i < end; i++) {
        recur_status status = get(t, epoch, i, &pairs);
        if (status) return status;
        report->items += tokens_of(&pairs);
    }
    if (end - first == 1) return put(t, tape, epoch, first, 0, out);
    return put_several(t, tape, epoch, first, end, out, report);
}

static recur_status validate(void *self, const recur_run_hooks *hooks, ri_validation *found)
{
    const seq2seq_task *t = self;
    recur_pair_score    total;
    recur_status        status = recur_seq2seq_evaluate(t->model, t->valid, hooks, NULL, NULL, &total);
    if (status) return status;
    found->loss = total.nats / (double)total.tokens;
    found->accuracy = (double)total.correct / (double)total.tokens;
    return t->opts.judge ? t->opts.judge(t->opts.user, t->model, &found->score) : RECUR_OK;
}

static void describe(void *self, ri_fingerprint *f)
{
    const seq2seq_task       *t = self;
    const recur_seq2seq_spec *spec = recur_seq2seq_get_spec(t->model);
    ri_fingerprint_name(f, "task", "seq2seq");
    ri_fingerprint_name(f, "stack", "encoder");
    ri_fingerprint_stack(f, &spec->encoder);
    ri_fingerprint_name(f, "stack", "decoder");
    ri_fingerprint_stack(f, &spec->decoder);
    ri_fingerprint_int(f, "source vocabulary", recur_vocab_size(recur_model_vocab(t->model)));
    ri_fingerprint_int(f, "target vocabulary", recur_vocab_size(recur_seq2seq_target_vocab(t->model)));
    ri_fingerprint_int(f, "source embed", spec->source_embed);
    ri_fingerprint_int(f, "target embed", spec->target_embed);
    ri_fingerprint_int(f, "bridge", spec->bridge);
    ri_fingerprint_int(f, "attention", spec->attention);
    ri_fingerprint_int(f, "attention size", spec->attention_size);
    ri_fingerprint_int(f, "input feeding", spec->input_feeding);
    ri_fingerprint_int(f, "readout", spec->readout);
    ri_fingerprint_int(f, "shared embeddings", spec->shared_embeddings);
    ri_fingerprint_int(f, "tie", spec->tie);
    ri_fingerprint_int(f, "reversed source", spec->reverse_source);
    ri_fingerprint_real(f, "dropout", spec->dropout);
    ri_fingerprint_real(f, "own tokens", t->opts.own);
    ri_fingerprint_real(f, "label smoothing", t->opts.label_smoothing);
    ri_fingerprint_int(f, "batches per update", t->opts.accumulate);
    ri_fingerprint_int(f, "batches", t->train->count);
    ri_fingerprint_hex(f, "order of batches", t->train->checksum);
    ri_fingerprint_int(f, "training pairs", t->train->items);
    ri_fingerprint_int(f, "training tokens", t->train->target_tokens);
    ri_fingerprint_int(f, "validation pairs", t->valid ? t->valid->items : 0);
}

recur_status recur_seq2seq_train(recur_model *model, const recur_pair_feed *train,
                                 const recur_pair_feed *valid, const recur_seq2seq_opts *opts,
                                 const recur_run_opts *run, const recur_run_hooks *hooks, recur_report *done)
{
    if (!model) return RECUR_EARG;
    recur_status status = ri_model_want(model, RECUR_TASK_SEQ2SEQ, "training on pairs");
    if (status) return status;
    seq2seq_task t = {.ctx = model->ctx, .model = model, .train = train, .valid = valid};
    if (opts) t.opts = *opts;
    status = prepare(&t);
    if (!status) {
        int64_t n = t.opts.accumulate, count = train->count;
        ri_task task = {.model = model,
                        .steps_per_epoch = count / n + (count % n != 0),
                        .self = &t,
                        .loss = loss,
                        .validate = valid ? validate : NULL,
                        .describe = describe};
        status = ri_run(&task, run ? run : &(recur_run_opts){0}, hooks, done);
    }
    recur_seq2seq_batch_destroy(t.batch);
    return status;
}
