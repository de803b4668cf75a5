/* Classification as a task: batches of items of similar length, one cross-entropy for each.
 *
 * A batch and the words dropped from it are functions of seed and place, so there is no state to carry.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "base/hash.h"
#include "data/part.h"
#include "model/classify_feed.h"
#include "model/model.h"
#include "nn/params.h"
#include "train/task.h"

typedef struct classify_task {
    recur_ctx               *ctx;
    recur_model             *model;
    const recur_part        *train, *valid;
    recur_classify_opts      opts;
    recur_cross_entropy_opts entropy;
    ri_word_drop             drop;
    recur_batches           *batches;
    ri_classify_feed         feed;
    recur_pack              *targets;
} classify_task;

static recur_status check_opts(const classify_task *t)
{
    const recur_classify_opts *o = &t->opts;
    if (!(o->word_dropout >= 0 && o->word_dropout < 1))
        return RI_FAIL(t->ctx, RECUR_EARG, "word_dropout must be at least 0 and below 1, found %g",
                       o->word_dropout);
    if (!(o->label_smoothing >= 0 && o->label_smoothing <= 1))
        return RI_FAIL(t->ctx, RECUR_EARG, "label_smoothing must be from 0 to 1, found %g",
                       o->label_smoothing);
    if (o->word_dropout > 0 && t->drop.unknown < 0)
        return RI_FAIL(t->ctx, RECUR_EARG,
                       "word_dropout wants a vocabulary with an unknown token; bytes and series have none");
    int64_t K = recur_labels_count(recur_model_labels(t->model));
    for (int64_t k = 0; o->class_weights && k < K; k++)
        if (!(o->class_weights[k] >= 0 && o->class_weights[k] < INFINITY))
            return RI_FAIL(t->ctx, RECUR_EARG, "the weight of class \"%.60s\" is %g; wanted 0 or more",
                           recur_labels_name(recur_model_labels(t->model), (int32_t)k), o->class_weights[k]);
    return RECUR_OK;
}

/* Refuse training items that teach nothing, and validation data that say nothing. */
static recur_status check_labels(const classify_task *t)
{
    int64_t           K = recur_labels_count(recur_model_labels(t->model)), n_known = 0;
    const recur_part *parts[] = {t->train, t->valid};
    for (int p = 0; p < 2 && parts[p]; p++) {
        const recur_dataset *d = parts[p]->data;
        int64_t              n = parts[p]->items ? parts[p]->n : recur_dataset_items(d);
        n_known = 0;
        for (int64_t i = 0; i < n; i++) {
            int32_t label = recur_dataset_label(d, parts[p]->items ? parts[p]->items[i] : i);
            n_known += label >= 0 && label < K;
        }
        if (p == 0 && n_known < n)
            return RI_FAIL(t->ctx, RECUR_EDATA,
                           "%" PRId64 " of %" PRId64 " training items have no label that the model knows",
                           n - n_known, n);
    }
    if (t->valid && n_known == 0)
        return RI_FAIL(t->ctx, RECUR_EDATA,
                       "no item of the validation data has a label of the training data");
    return RECUR_OK;
}

static recur_status prepare(classify_task *t)
{
    recur_status status = ri_classify_check(t->model, t->train, "training");
    if (!status && t->valid) status = ri_classify_check(t->model, t->valid, "validation");
    if (status) return status;
    const recur_vocab *vocab = recur_model_vocab(t->model);
    t->drop.unknown = vocab ? recur_vocab_unknown(vocab) : -1;
    status = check_opts(t);
    if (!status) status = recur_batches_create(t->ctx, t->train, &t->opts.batches, &t->batches);
    if (!status) status = check_labels(t);
    if (!status) status = ri_classify_feed_init(&t->feed, t->model);
    return status ? status : recur_pack_create(t->ctx, &t->targets);
}

static void clean_up(classify_task *t)
{
    recur_batches_destroy(t->batches);
    ri_classify_feed_free(&t->feed);
    recur_pack_destroy(t->targets);
}

/* ---- what a run asks for ---- */

static recur_status loss(void *self, recur_tape *tape, int64_t epoch, int64_t step_in_epoch, recur_var *out,
                         ri_batch *report)
{
    classify_task *t = self;
    recur_batch    batch;
    recur_var      logits;
    recur_status   status = recur_batches_get(t->batches, epoch, step_in_epoch, &batch);
    t->drop.step = (uint64_t)((epoch - 1) * recur_batches_count(t->batches) + step_in_epoch);
    if (!status) status = ri_classify_feed_put(&t->feed, tape, &batch, &t->drop, &logits, NULL);
    if (!status) status = recur_pack_set_grid(t->targets, 1, batch.n, batch.labels);
    if (status) return status;
    *out = recur_cross_entropy_with(tape, logits, t->targets, RECUR_MEAN, &t->entropy);
    *report = (ri_batch){.items = batch.n_steps, .per_item = 1};
    return RECUR_OK;
}

typedef struct tally {
    const recur_dataset *data;
    int64_t              items, correct, n_loss;
    double               sum_loss;
} tally;

static void count(void *user, const recur_class_guess *guess)
{
    tally *t = user;
    t->items++;
    t->correct += guess->label == recur_dataset_label(t->data, guess->item);
    if (isnan(guess->loss)) return;
    t->n_loss++;
    t->sum_loss += guess->loss;
}

static recur_status validate(void *self, const recur_run_hooks *hooks, ri_validation *found)
{
    classify_task *t = self;
    tally          all = {.data = t->valid->data};
    recur_status   status = recur_classify_predict(t->model, t->valid, NULL, hooks, count, &all);
    if (!status)
        *found = (ri_validation){.loss = all.sum_loss / (double)all.n_loss,
                                 .accuracy = (double)all.correct / (double)all.items,
                                 .f1 = NAN,
                                 .score = NAN};
    return status;
}

/* Class weights as one number: equal ones give equal numbers. */
static uint64_t hash_weights(const classify_task *t)
{
    size_t n = (size_t)recur_labels_count(recur_model_labels(t->model)) * sizeof(double);
    return t->opts.class_weights ? ri_hash(RI_HASH_START, t->opts.class_weights, n) : 0;
}

static void describe(void *self, ri_fingerprint *f)
{
    const classify_task       *t = self;
    const recur_classify_spec *spec = recur_classify_get_spec(t->model);
    const recur_vocab         *vocab = recur_model_vocab(t->model);
    ri_fingerprint_name(f, "task", "classify");
    ri_fingerprint_int(f, "features", spec->features);
    ri_fingerprint_int(f, "vocabulary", vocab ? recur_vocab_size(vocab) : 0);
    ri_fingerprint_int(f, "labels", recur_labels_count(recur_model_labels(t->model)));
    ri_fingerprint_int(f, "embed", spec->embed);
    ri_fingerprint_int(f, "frozen embedding", spec->frozen_embedding);
    ri_fingerprint_int(f, "stack", !spec->no_stack);
    if (!spec->no_stack) ri_fingerprint_stack(f, &spec->rnn);
    ri_fingerprint_int(f, "pooling", spec->pooling);
    ri_fingerprint_real(f, "dropout of the embedding", spec->embed_dropout);
    ri_fingerprint_real(f, "dropout", spec->dropout);
    ri_fingerprint_real(f, "word dropout", t->opts.word_dropout);
    ri_fingerprint_real(f, "label smoothing", t->opts.label_smoothing);
    ri_fingerprint_hex(f, "class weights", hash_weights(t));
    ri_fingerprint_int(f, "batch", t->opts.batches.items);
    ri_fingerprint_int(f, "batch tokens", t->opts.batches.tokens);
    ri_fingerprint_int(f, "training items", recur_batches_items(t->batches));
    ri_fingerprint_int(f, "training tokens", recur_batches_tokens(t->batches));
    ri_fingerprint_int(f, "validation items", t->valid ? ri_part_items(t->valid) : 0);
}

recur_status recur_classify_train(recur_model *model, const recur_part *train, const recur_part *valid,
                                  const recur_classify_opts *classify, const recur_run_opts *opts,
                                  const recur_run_hooks *hooks, recur_report *done)
{
    if (!model) return RECUR_EARG;
    static const recur_run_opts plain = {0};
    if (!opts) opts = &plain;
    classify_task t = {.ctx = recur_model_params(model)->ctx, .model = model, .train = train, .valid = valid};
    if (classify) t.opts = *classify;
    t.entropy = (recur_cross_entropy_opts){t.opts.label_smoothing, t.opts.class_weights};
    t.drop = (ri_word_drop){.p = t.opts.word_dropout, .seed = opts->seed};
    recur_status status = prepare(&t);
    if (!status) {
        ri_task task = {.model = model,
                        .steps_per_epoch = recur_batches_count(t.batches),
                        .self = &t,
                        .loss = loss,
                        .validate = valid ? validate : NULL,
                        .describe = describe};
        status = ri_run(&task, opts, hooks, done);
    }
    clean_up(&t);
    return status;
}
