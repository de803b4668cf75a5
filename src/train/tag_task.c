/* Tagging as a task: batches of sentences of similar length, one update each.
 *
 * The tags of the training part are written anew once, repaired and in the scheme to learn, into an array of all words of the dataset.
 *
 * Hidden words: one that occurs once in the training part is read as "<unk>" with some probability (Lample et al. 2016), for else
 * nothing would ever say what an unknown word is like. Whether it is depends on the seed, the epoch and its place in the data alone.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "data/dataset.h"
#include "data/part.h"
#include "model/tag.h"
#include "text/labels.h"
#include "train/task.h"

typedef struct tag_task {
    recur_ctx        *ctx;
    recur_model      *model;
    const recur_part *train, *valid;
    recur_tag_opts    opts; /* completed */
    recur_batches    *batches;
    ri_tag_batch      batch;
    int32_t          *tags;    /* [words of the dataset] to learn */
    bool             *is_rare; /* [V] occurs once */
    int32_t          *ids;     /* room for the words of a batch, some of them hidden */
    const int32_t   **read, **wanted;
    int64_t           n_ids, n_items;
} tag_task;

/* ---- before ---- */

static recur_status no_memory(const tag_task *t)
{
    return ri_no_memory(t->ctx, "training a tagger");
}

static recur_status check(const tag_task *t)
{
    if (!(t->opts.hide >= 0 && t->opts.hide <= 1))
        return RI_FAIL(t->ctx, RECUR_EARG,
                       "training: words are hidden with a probability of %g, wanted 0 to 1", t->opts.hide);
    recur_status status = ri_part_check(t->ctx, t->train);
    if (!status) status = ri_tag_check_data(t->model, t->train->data, true);
    if (!status && t->valid) status = ri_part_check(t->ctx, t->valid);
    if (!status && t->valid) status = ri_tag_check_data(t->model, t->valid->data, true);
    return status;
}

/* Write the tags of the training part anew. */
static recur_status convert(tag_task *t)
{
    const recur_dataset *d = t->train->data;
    int64_t              n_repaired = 0;
    recur_status         status = RECUR_OK;
    for (int64_t i = 0; i < ri_part_items(t->train) && !status; i++) {
        int64_t        item = ri_part_item(t->train, i), n = recur_dataset_length(d, item);
        int32_t       *to = t->tags + ri_tag_place(d, item);
        const int32_t *from = recur_dataset_tags(d, item);
        for (int64_t s = 0; s < n; s++) {
            if (from[s] < 0 || from[s] >= recur_labels_count(t->model->parts.labels))
                return RI_FAIL(t->ctx, RECUR_EARG, "training: the labels do not hold all tags of the data");
            to[s] = from[s];
        }
        status = ri_tag_to_learn(t->model, n, to, &n_repaired);
    }
    if (n_repaired)
        ri_log(t->ctx,
               "%" PRId64
               " tags of the training data break their scheme, such as I-X after O; they are learnt as "
               "conlleval reads them",
               n_repaired);
    return status;
}

static recur_status find_rare(tag_task *t)
{
    int64_t  V = recur_vocab_size(t->model->parts.vocab);
    int64_t *counts = ri_allocate(&t->ctx->allocator, (size_t)V, sizeof *counts);
    if (!counts) return no_memory(t);
    for (int64_t i = 0; i < ri_part_items(t->train); i++) {
        int64_t        item = ri_part_item(t->train, i);
        const int32_t *ids = recur_dataset_ids(t->train->data, item);
        for (int64_t s = 0; s < recur_dataset_length(t->train->data, item); s++) counts[ids[s]]++;
    }
    for (int64_t id = 0; id < V; id++) t->is_rare[id] = counts[id] == 1;
    ri_release(&t->ctx->allocator, counts);
    return RECUR_OK;
}

/* Take memory for the largest batch; every epoch has the same sizes. */
static recur_status make_room(tag_task *t)
{
    recur_batch batch;
    for (int64_t i = 0; i < recur_batches_count(t->batches); i++) {
        recur_status status = recur_batches_get(t->batches, 1, i, &batch);
        if (status) return status;
        if (batch.n_steps > t->n_ids) t->n_ids = batch.n_steps;
        if (batch.n > t->n_items) t->n_items = batch.n;
    }
    t->n_ids += t->n_ids / 8; /* lengths of a rounded one differ by at most so much */
    const recur_allocator *a = &t->ctx->allocator;
    t->ids = ri_allocate(a, (size_t)t->n_ids, sizeof *t->ids);
    t->read = ri_allocate(a, (size_t)t->n_items, sizeof *t->read);
    t->wanted = ri_allocate(a, (size_t)t->n_items, sizeof *t->wanted);
    return t->ids && t->read && t->wanted ? RECUR_OK : no_memory(t);
}

static recur_status prepare(tag_task *t)
{
    const recur_allocator *a = &t->ctx->allocator;
    recur_status           status = check(t);
    if (!status) status = recur_batches_create(t->ctx, t->train, &t->opts.batches, &t->batches);
    if (!status) status = make_room(t);
    if (status) return status;
    t->tags = ri_allocate(a, (size_t)recur_dataset_tokens(t->train->data), sizeof *t->tags);
    t->is_rare = ri_allocate(a, (size_t)recur_vocab_size(t->model->parts.vocab), sizeof *t->is_rare);
    if (!t->tags || !t->is_rare) return no_memory(t);
    status = convert(t);
    if (!status) status = find_rare(t);
    return status ? status : ri_tag_batch_init(&t->batch, t->ctx);
}

static void clean_up(tag_task *t)
{
    const recur_allocator *a = &t->ctx->allocator;
    ri_tag_batch_free(&t->batch, t->ctx);
    recur_batches_destroy(t->batches);
    ri_release(a, t->tags);
    ri_release(a, t->is_rare);
    ri_release(a, t->ids);
    ri_release(a, (void *)t->read);
    ri_release(a, (void *)t->wanted);
}

/* ---- what a run asks for ---- */

/* The streams of a seed are many; this one lies apart from those of weights, dropout and orders. */
static const uint64_t HIDE_STREAM = UINT64_C(0x68696465) << 32;

static void hide_words(tag_task *t, const recur_batch *batch, int64_t epoch)
{
    int32_t  unknown = recur_vocab_unknown(t->model->parts.vocab);
    int32_t *at = t->ids;
    for (int64_t i = 0; i < batch->n; i++) {
        int64_t place = ri_tag_place(t->train->data, batch->items[i]);
        t->read[i] = at;
        t->wanted[i] = t->tags + place;
        for (int64_t s = 0; s < batch->lengths[i]; s++) {
            int32_t id = batch->ids[i][s];
            bool is_hidden = t->is_rare[id] && ri_uniform(t->opts.batches.seed, HIDE_STREAM + (uint64_t)epoch,
                                                          (uint64_t)(place + s)) < t->opts.hide;
            *at++ = is_hidden ? unknown : id;
        }
    }
}

static recur_status loss(void *self, recur_tape *tape, int64_t epoch, int64_t step_in_epoch, recur_var *out,
                         ri_batch *said)
{
    tag_task    *t = self;
    recur_batch  batch;
    recur_status status = recur_batches_get(t->batches, epoch, step_in_epoch, &batch);
    if (status) return status;
    hide_words(t, &batch, epoch);
    status = ri_tag_batch_fill(&t->batch, t->model, &batch, t->read, t->wanted);
    if (status) return status;
    recur_var scores = ri_tag_scores(tape, t->model, &t->batch);
    *out = ri_tag_loss(tape, t->model, scores, &t->batch, RECUR_MEAN);
    *said = (ri_batch){.items = batch.n_steps, .per_item = 1};
    return RECUR_OK;
}

static recur_status validate(void *self, const recur_run_hooks *hooks, ri_validation *found)
{
    tag_task         *t = self;
    recur_tag_scorer *scorer = NULL;
    recur_tag_report  report;
    recur_status      status = recur_tag_scorer_create(t->ctx, NULL, &scorer);
    if (!status) status = recur_tag_evaluate(t->model, t->valid, hooks, scorer, &found->loss);
    if (!status) status = recur_tag_scorer_report(scorer, &report);
    if (!status) {
        found->accuracy = report.accuracy;
        bool has_spans = t->model->spec.tag.scheme != RECUR_TAGS_PLAIN;
        found->f1 =
            has_spans && isnan(report.f1) ? 0 : report.f1; /* of data with nothing but O it has none */
    }
    recur_tag_scorer_destroy(scorer);
    return status;
}

static void describe(void *self, ri_fingerprint *f)
{
    static const char *const schemes[] = {
        [RECUR_TAGS_PLAIN] = "plain", [RECUR_TAGS_BIO] = "bio", [RECUR_TAGS_BIOES] = "bioes"};
    const tag_task       *t = self;
    const recur_tag_spec *spec = recur_tag_get_spec(t->model);
    ri_fingerprint_name(f, "task", "tag");
    ri_fingerprint_stack(f, &spec->rnn);
    ri_fingerprint_int(f, "embed", spec->embed);
    ri_fingerprint_int(f, "frozen embedding", spec->frozen_embedding);
    ri_fingerprint_int(f, "char embed", spec->char_embed);
    ri_fingerprint_int(f, "char hidden", spec->char_hidden);
    ri_fingerprint_int(f, "letters", spec->rule.letters);
    ri_fingerprint_int(f, "crf", spec->crf);
    ri_fingerprint_name(f, "scheme", schemes[spec->scheme]);
    ri_fingerprint_int(f, "vocabulary", recur_vocab_size(t->model->parts.vocab));
    ri_fingerprint_int(f, "labels", recur_labels_count(t->model->parts.labels));
    ri_fingerprint_real(f, "dropout", spec->dropout);
    ri_fingerprint_real(f, "hidden words", t->opts.hide);
    ri_fingerprint_int(f, "batch", t->opts.batches.items);
    ri_fingerprint_int(f, "batch tokens", t->opts.batches.tokens);
    ri_fingerprint_int(f, "order", (int64_t)t->opts.batches.seed);
    ri_fingerprint_int(f, "training sentences", ri_part_items(t->train));
    ri_fingerprint_int(f, "validation sentences", t->valid ? ri_part_items(t->valid) : 0);
}

recur_status recur_tag_train(recur_model *model, const recur_part *train, const recur_part *valid,
                             const recur_tag_opts *opts, const recur_run_opts *run,
                             const recur_run_hooks *hooks, recur_report *done)
{
    if (!model) return RECUR_EARG;
    recur_status status = ri_model_want(model, RECUR_TASK_TAG, "training on tagged words");
    if (status) return status;
    tag_task t = {.ctx = model->ctx, .model = model, .train = train, .valid = valid};
    if (opts) t.opts = *opts;
    status = prepare(&t);
    if (!status) {
        ri_task task = {.model = model,
                        .steps_per_epoch = recur_batches_count(t.batches),
                        .self = &t,
                        .loss = loss,
                        .validate = valid ? validate : NULL,
                        .describe = describe};
        status = ri_run(&task, run ? run : &(recur_run_opts){0}, hooks, done);
    }
    clean_up(&t);
    return status;
}
