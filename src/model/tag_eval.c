/* Tagging a part, batch by batch in the plain order.
 *
 * A loss is asked for together with the tags, from the same scores. A sentence with a tag that the labels do not hold has none, so that
 * such sentences make batches of their own; what a sentence gets does not depend on its batch.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "data/dataset.h"
#include "data/part.h"
#include "model/tag.h"
#include "model/tick.h"

enum { BATCH_TOKENS = 2048 };

typedef struct tagging {
    const recur_model     *model;
    recur_ctx             *ctx;
    const recur_dataset   *data;
    const recur_run_hooks *hooks;
    recur_tape            *tape;
    ri_tag_batch           batch;
    int32_t               *out;     /* [tokens of the dataset] */
    bool                   is_gold; /* a loss is wanted */
    int32_t               *rows;    /* room for the tags of a batch, and for its gold */
    const int32_t        **gold;
    int64_t                n_rows, n_gold;
    double                 nats;
    int64_t                n_lost, n_done, n_all; /* words with a loss; words done, and of all */
} tagging;

static recur_status no_memory(const tagging *t)
{
    return ri_no_memory(t->ctx, "tagging");
}

/* ---- a batch ---- */

static recur_status make_room(tagging *t, const recur_batch *from)
{
    const recur_allocator *a = &t->ctx->allocator;
    if (from->n_steps > t->n_rows) {
        ri_release(a, t->rows);
        t->rows = ri_allocate(a, (size_t)from->n_steps, sizeof *t->rows);
        t->n_rows = t->rows ? from->n_steps : 0;
    }
    if (from->n > t->n_gold) {
        ri_release(a, (void *)t->gold);
        t->gold = ri_allocate(a, (size_t)from->n, sizeof *t->gold);
        t->n_gold = t->gold ? from->n : 0;
    }
    return t->n_rows >= from->n_steps && t->n_gold >= from->n ? RECUR_OK : no_memory(t);
}

/* Write the gold of a batch anew as it is learnt. */
static recur_status take_gold(tagging *t, const recur_batch *from)
{
    recur_status status = RECUR_OK;
    int32_t     *at = t->rows;
    for (int64_t i = 0; i < from->n && !status; i++) {
        int64_t n = from->lengths[i];
        memcpy(at, from->tags[i], (size_t)n * sizeof *at);
        status = ri_tag_to_learn(t->model, n, at, NULL);
        t->gold[i] = at;
        at += n;
    }
    return status;
}

/* Write the tags of a batch where they belong, as the labels' scheme has them. */
static recur_status hand_out(tagging *t, const recur_batch *from)
{
    for (int64_t i = 0; i < from->n; i++) {
        int32_t *to = t->out + ri_tag_place(t->data, from->items[i]);
        for (int64_t s = 0; s < from->lengths[i]; s++) to[s] = t->rows[recur_pack_row(t->batch.words, i, s)];
        recur_status status = ri_tag_to_show(t->model, from->lengths[i], to);
        if (status) return status;
    }
    return RECUR_OK;
}

static recur_status tag_batch(tagging *t, const recur_batch *from, bool with_loss)
{
    recur_tape_reset(t->tape);
    recur_status status = make_room(t, from);
    if (!status && with_loss) status = take_gold(t, from);
    if (!status) status = ri_tag_batch_fill(&t->batch, t->model, from, from->ids, with_loss ? t->gold : NULL);
    if (status) return status;
    recur_var scores = ri_tag_scores(t->tape, t->model, &t->batch);
    if (with_loss) {
        t->nats += recur_scalar(t->tape, ri_tag_loss(t->tape, t->model, scores, &t->batch, RECUR_SUM));
        t->n_lost += from->n_steps;
    }
    status = ri_tag_decode(t->tape, t->model, scores, &t->batch, t->rows);
    return status ? status : hand_out(t, from);
}

/* ---- all of them ---- */

static recur_status tag_items(tagging *t, const int64_t *items, int64_t n, bool with_loss)
{
    recur_batches *batches = NULL;
    recur_batch    batch;
    if (n == 0) return RECUR_OK;
    recur_status status = recur_batches_create(t->ctx, &(recur_part){t->data, items, n},
                                               &(recur_batch_opts){.tokens = BATCH_TOKENS}, &batches);
    for (int64_t i = 0; !status && i < recur_batches_count(batches); i++) {
        status = recur_batches_get(batches, 0, i, &batch);
        if (!status) status = tag_batch(t, &batch, with_loss);
        if (status) break;
        t->n_done += batch.n_steps;
        status = ri_tick(t->ctx, t->hooks, (double)t->n_done / (double)t->n_all);
    }
    recur_batches_destroy(batches);
    return status;
}

static bool has_unseen(const tagging *t, int64_t item)
{
    int64_t n = recur_dataset_length(t->data, item), n_labels = recur_labels_count(t->model->parts.labels);
    const int32_t *tags = recur_dataset_tags(t->data, item);
    for (int64_t s = 0; s < n; s++)
        if (tags[s] < 0 || tags[s] >= n_labels) return true;
    return false;
}

/* Tag the sentences that have words: those with a loss from the front of one list, those without from its end. */
static recur_status tag_part(tagging *t, const recur_part *part)
{
    int64_t  n = ri_part_items(part), n_front = 0, n_back = 0;
    int64_t *items = ri_allocate(&t->ctx->allocator, (size_t)n, sizeof *items);
    if (!items) return no_memory(t);
    for (int64_t i = 0; i < n; i++) {
        int64_t item = ri_part_item(part, i), length = recur_dataset_length(t->data, item);
        t->n_all += length;
        if (length == 0) continue;
        if (t->is_gold && !has_unseen(t, item))
            items[n_front++] = item;
        else
            items[n - ++n_back] = item;
    }
    recur_status status = ri_tag_batch_init(&t->batch, t->ctx);
    if (!status) status = recur_tape_create(t->ctx, &t->tape);
    if (!status) recur_tape_set_inference(t->tape, true);
    if (!status) status = tag_items(t, items, n_front, true);
    if (!status) status = tag_items(t, items + n - n_back, n_back, false);
    recur_tape_destroy(t->tape);
    ri_tag_batch_free(&t->batch, t->ctx);
    ri_release(&t->ctx->allocator, (void *)t->gold);
    ri_release(&t->ctx->allocator, t->rows);
    ri_release(&t->ctx->allocator, items);
    return status;
}

recur_status recur_tag_predict(const recur_model *model, const recur_part *part, const recur_run_hooks *hooks,
                               int32_t *tags)
{
    if (!model) return RECUR_EARG;
    recur_status status = ri_model_want(model, RECUR_TASK_TAG, "tagging");
    if (!status) status = ri_part_check(model->ctx, part);
    if (!status) status = ri_tag_check_data(model, part->data, false);
    if (!status && !tags) status = RI_FAIL(model->ctx, RECUR_EARG, "tagging wants a place for the tags");
    if (status) return status;
    tagging job = {.model = model, .ctx = model->ctx, .data = part->data, .hooks = hooks, .out = tags};
    return tag_part(&job, part);
}

/* ---- scores ---- */

static recur_status name_tags(const recur_model *model, const recur_dataset *data, recur_tag_scorer *scorer)
{
    recur_status status = RECUR_OK;
    int64_t n_labels = recur_labels_count(model->parts.labels), n = n_labels + recur_dataset_unseen(data);
    for (int64_t i = 0; i < n && !status; i++) {
        const char *name = i < n_labels ? recur_labels_name(model->parts.labels, (int32_t)i)
                                        : recur_dataset_unseen_name(data, i - n_labels, NULL);
        int32_t     id = -1;
        status = recur_tag_scorer_tag(scorer, name, strlen(name), &id);
        if (!status && id != i)
            status = RI_FAIL(model->ctx, RECUR_EARG, "evaluation wants a scorer that knows no tags");
    }
    return status;
}

static recur_status count(const recur_part *part, const int32_t *tags, recur_tag_scorer *scorer)
{
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < ri_part_items(part) && !status; i++) {
        int64_t item = ri_part_item(part, i), n = recur_dataset_length(part->data, item);
        if (n > 0)
            status = recur_tag_scorer_add(scorer, n, recur_dataset_tags(part->data, item),
                                          tags + ri_tag_place(part->data, item));
    }
    return status;
}

recur_status recur_tag_evaluate(const recur_model *model, const recur_part *part,
                                const recur_run_hooks *hooks, recur_tag_scorer *scorer, double *loss)
{
    if (!model) return RECUR_EARG;
    recur_ctx   *ctx = model->ctx;
    recur_status status = ri_model_want(model, RECUR_TASK_TAG, "tagging");
    if (!status) status = ri_part_check(ctx, part);
    if (!status) status = ri_tag_check_data(model, part->data, true);
    if (!status && !scorer) status = RI_FAIL(ctx, RECUR_EARG, "evaluation wants a scorer");
    if (!status) status = name_tags(model, part->data, scorer);
    if (status) return status;
    int32_t *tags = ri_allocate(&ctx->allocator, (size_t)recur_dataset_tokens(part->data), sizeof *tags);
    if (!tags) return ri_no_memory(ctx, "tagging");
    tagging job = {
        .model = model, .ctx = ctx, .data = part->data, .hooks = hooks, .out = tags, .is_gold = loss != NULL};
    status = tag_part(&job, part);
    if (!status) status = count(part, tags, scorer);
    if (!status && loss) *loss = job.n_lost ? job.nats / (double)job.n_lost : NAN;
    ri_release(&ctx->allocator, tags);
    return status;
}
