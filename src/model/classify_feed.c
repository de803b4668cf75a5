/* Batches as input: see classify_feed.h.
 * SPDX-License-Identifier: MIT */
#include "model/classify_feed.h"

#include <inttypes.h>
#include <string.h>

#include "base/rng.h"
#include "model/model.h"
#include "nn/params.h"

recur_status ri_classify_check(const recur_model *model, const recur_part *part, const char *what)
{
    static const char *const kinds[] = {
        [RECUR_DATA_TEXT] = "texts", [RECUR_DATA_TAGGED] = "tagged words", [RECUR_DATA_SERIES] = "series"};
    recur_ctx   *ctx = recur_model_params(model)->ctx;
    recur_status status = ri_model_want(model, RECUR_TASK_CLASSIFY, what);
    if (status) return status;
    if (!part || !part->data) return RI_FAIL(ctx, RECUR_EARG, "%s: no data were given", what);
    int64_t F = recur_classify_get_spec(model)->features;
    if (recur_dataset_kind(part->data) != (F ? RECUR_DATA_SERIES : RECUR_DATA_TEXT))
        return RI_FAIL(ctx, RECUR_EARG, "%s: the model reads %s, found %s", what, F ? "series" : "texts",
                       kinds[recur_dataset_kind(part->data)]);
    if (recur_dataset_features(part->data) != F)
        return RI_FAIL(ctx, RECUR_EDATA,
                       "%s: the series have rows of %" PRId64 " numbers; wanted %" PRId64
                       " as the model was made for",
                       what, recur_dataset_features(part->data), F);
    return RECUR_OK;
}

recur_status ri_classify_feed_init(ri_classify_feed *feed, const recur_model *model)
{
    *feed = (ri_classify_feed){.model = model, .ctx = recur_model_params(model)->ctx};
    return recur_pack_create(feed->ctx, &feed->pack);
}

void ri_classify_feed_free(ri_classify_feed *feed)
{
    if (!feed->ctx) return;
    const recur_allocator *a = &feed->ctx->allocator;
    ri_release(a, feed->ids);
    ri_release(a, feed->rows);
    ri_release(a, feed->starts);
    recur_pack_destroy(feed->pack);
}

/* Make room for the batch; what was there is not needed. */
static recur_status make_room(ri_classify_feed *feed, const recur_batch *batch)
{
    const recur_allocator *a = &feed->ctx->allocator;
    int64_t                F = recur_classify_get_spec(feed->model)->features;
    if (batch->n > feed->item_capacity) {
        ri_release(a, feed->starts);
        feed->starts = ri_allocate(a, (size_t)batch->n, sizeof *feed->starts);
        feed->item_capacity = feed->starts ? batch->n : 0;
    }
    if (batch->n_steps > feed->capacity) {
        ri_release(a, feed->ids);
        ri_release(a, feed->rows);
        feed->ids = ri_allocate(a, (size_t)batch->n_steps, sizeof *feed->ids);
        feed->rows = F ? ri_allocate(a, (size_t)batch->n_steps, (size_t)F * sizeof *feed->rows) : NULL;
        feed->capacity = feed->ids && (!F || feed->rows) ? batch->n_steps : 0;
    }
    bool fits = batch->n <= feed->item_capacity && batch->n_steps <= feed->capacity;
    return fits ? RECUR_OK : ri_no_memory(feed->ctx, "a batch");
}

static bool is_dropped(const ri_word_drop *drop, int64_t item, int64_t t)
{
    static const uint64_t stream = UINT64_C(0x776f7264)
                                   << 32; /* apart from what dropout draws by the same seed */
    ri_block counter = {{(uint32_t)drop->step, (uint32_t)(drop->step >> 32), (uint32_t)item, (uint32_t)t}};
    ri_block drawn = ri_philox(counter, drop->seed ^ stream);
    return (double)drawn.word[0] < drop->p * 4294967296.0;
}

/* Copy the tokens, some of them replaced. */
static const int32_t *const *drop_words(ri_classify_feed *feed, const recur_batch *batch,
                                        const ri_word_drop *drop)
{
    int32_t *to = feed->ids;
    for (int64_t i = 0; i < batch->n; i++) {
        feed->starts[i] = to;
        for (int64_t t = 0; t < batch->lengths[i]; t++)
            *to++ = is_dropped(drop, batch->items[i], t) ? drop->unknown : batch->ids[i][t];
    }
    return feed->starts;
}

/* Put the rows of series in the pack's order. */
static recur_var put_rows(ri_classify_feed *feed, recur_tape *tape, const recur_batch *batch)
{
    int64_t F = recur_classify_get_spec(feed->model)->features;
    for (int64_t i = 0; i < batch->n; i++)
        for (int64_t t = 0; t < batch->lengths[i]; t++)
            memcpy(feed->rows + recur_pack_row(feed->pack, i, t) * F, batch->rows[i] + t * F,
                   (size_t)F * sizeof *feed->rows);
    return recur_input(tape, RECUR_SHAPE(batch->n_steps, F), feed->rows);
}

recur_status ri_classify_feed_put(ri_classify_feed *feed, recur_tape *tape, const recur_batch *batch,
                                  const ri_word_drop *drop, recur_var *logits, recur_var *weights)
{
    recur_status status = make_room(feed, batch);
    if (status) return status;
    const int32_t *const *ids = batch->ids;
    if (ids && drop && drop->p > 0) ids = drop_words(feed, batch, drop);
    status = recur_pack_set(feed->pack, batch->n, batch->lengths, ids);
    if (status) return status;
    recur_var rows = batch->rows ? put_rows(feed, tape, batch) : RECUR_NONE;
    *logits = recur_classify_logits(tape, feed->model, feed->pack, rows, weights);
    return RECUR_OK;
}
