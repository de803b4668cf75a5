/* Batches of items of similar length: a plan by rounded length, and what a batch shows of its items.
 *
 * SPDX-License-Identifier: MIT */
#include "recur/batches.h"

#include "data/part.h"
#include "data/plan.h"

enum { EXACT = 16 }; /* lengths that are not rounded */

struct recur_batches {
    recur_ctx           *ctx;
    const recur_dataset *data;
    int64_t              n_tokens;
    ri_plan              plan;

    /* The batch that is out; room for the largest. */
    int64_t        *lengths;
    const int32_t **ids, **tags, **forms;
    const float   **rows;
    int32_t        *labels;

    /* Different forms, where there are characters. */
    int32_t        *form_places; /* [tokens] */
    int32_t        *seen;        /* [forms of the dataset]: 1 + place in the batch, 0: not in it */
    int32_t        *met;         /* [different forms]: of the batch */
    int64_t        *form_lengths;
    const int32_t **form_characters;
    int64_t         n_met;
};

/* What the plan must know of item i of a part. */
static ri_planned describe(const void *user, int64_t i)
{
    const recur_part *part = user;
    int64_t           item = ri_part_item(part, i),
            length = ri_plan_round(recur_dataset_length(part->data, item), EXACT);
    return (ri_planned){.item = item, .keys = {length}, .cost = length > 0 ? length : 1};
}

static void *take(const recur_batches *b, int64_t n, size_t size)
{
    return ri_allocate(&b->ctx->allocator, (size_t)n, size);
}

/* Take the memory of the largest batch. */
static recur_status make_room(recur_batches *b)
{
    int64_t items = b->plan.most_items, tokens = b->plan.most_cost;
    bool    ok =
        (b->lengths = take(b, items, sizeof *b->lengths)) && (b->ids = take(b, items, sizeof *b->ids)) &&
        (b->tags = take(b, items, sizeof *b->tags)) && (b->rows = take(b, items, sizeof *b->rows)) &&
        (b->labels = take(b, items, sizeof *b->labels)) && (b->forms = take(b, items, sizeof *b->forms));
    int64_t n_forms = recur_dataset_forms(b->data);
    if (ok && b->data->characters) {
        int64_t different = tokens < n_forms ? tokens : n_forms;
        ok = (b->form_places = take(b, tokens, sizeof *b->form_places)) &&
             (b->seen = take(b, n_forms, sizeof *b->seen)) && (b->met = take(b, different, sizeof *b->met)) &&
             (b->form_lengths = take(b, different, sizeof *b->form_lengths)) &&
             (b->form_characters = take(b, different, sizeof *b->form_characters));
    }
    return ok ? RECUR_OK : ri_no_memory(b->ctx, "batches");
}

recur_status recur_batches_create(recur_ctx *ctx, const recur_part *part, const recur_batch_opts *opts,
                                  recur_batches **batches)
{
    if (!ctx || !batches) return RECUR_EARG;
    *batches = NULL;
    recur_status status = ri_part_check(ctx, part);
    if (status != RECUR_OK) return status;
    if (part->data->kind != RECUR_DATA_SERIES && !part->data->is_encoded)
        return RI_FAIL(ctx, RECUR_EARG, "batches want a dataset that is encoded");
    recur_batches *b = ri_allocate(&ctx->allocator, 1, sizeof *b);
    if (!b) return ri_no_memory(ctx, "batches");
    b->ctx = ctx;
    b->data = part->data;
    status = ri_plan_create(ctx, "items", opts, ri_part_items(part), describe, part, &b->plan);
    if (status == RECUR_OK) status = make_room(b);
    if (status != RECUR_OK) {
        recur_batches_destroy(b);
        return status;
    }
    for (int64_t i = 0; i < b->plan.n; i++) b->n_tokens += recur_dataset_length(b->data, b->plan.plain[i]);
    *batches = b;
    return RECUR_OK;
}

void recur_batches_destroy(recur_batches *b)
{
    if (!b) return;
    void *const blocks[] = {b->lengths,     b->ids,  b->tags, b->forms,        b->rows,           b->labels,
                            b->form_places, b->seen, b->met,  b->form_lengths, b->form_characters};
    recur_allocator a = b->ctx->allocator;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ri_release(&a, blocks[i]);
    ri_plan_free(b->ctx, &b->plan);
    ri_release(&a, b);
}

int64_t recur_batches_count(const recur_batches *b)
{
    return b->plan.n_batches;
}

int64_t recur_batches_items(const recur_batches *b)
{
    return b->plan.n;
}

int64_t recur_batches_tokens(const recur_batches *b)
{
    return b->n_tokens;
}

/* ---- a batch ---- */

/* Number the different forms of the batch's items. */
static void find_forms(recur_batches *b, recur_batch *out)
{
    int32_t *place = b->form_places;
    for (int64_t k = 0; k < b->n_met; k++) b->seen[b->met[k]] = 0;
    b->n_met = 0;
    for (int64_t i = 0; i < out->n; i++) {
        const int32_t *forms = recur_dataset_form_ids(b->data, out->items[i]);
        b->forms[i] = place;
        for (int64_t t = 0; t < out->lengths[i]; t++) {
            int32_t *seen = &b->seen[forms[t]];
            if (*seen == 0) {
                b->met[b->n_met] = forms[t];
                b->form_characters[b->n_met] =
                    recur_dataset_form_characters(b->data, forms[t], &b->form_lengths[b->n_met]);
                *seen = (int32_t)++b->n_met;
            }
            *place++ = *seen - 1;
        }
    }
    out->n_forms = b->n_met;
    out->forms = b->forms;
    out->form_lengths = b->form_lengths;
    out->form_characters = b->form_characters;
}

recur_status recur_batches_get(recur_batches *b, int64_t epoch, int64_t i, recur_batch *batch)
{
    if (!b) return RECUR_EARG;
    if (!batch) return RI_FAIL(b->ctx, RECUR_EARG, "a batch wants a place to be put");
    const recur_dataset *d = b->data;
    const int64_t       *items;
    int64_t              n;
    recur_status         status = ri_plan_get(b->ctx, &b->plan, epoch, i, &items, &n);
    if (status != RECUR_OK) return status;
    bool is_series = d->kind == RECUR_DATA_SERIES, has_tags = d->kind == RECUR_DATA_TAGGED && d->is_labelled;
    *batch = (recur_batch){.n = n,
                           .items = items,
                           .lengths = b->lengths,
                           .ids = is_series ? NULL : b->ids,
                           .tags = has_tags ? b->tags : NULL,
                           .rows = is_series ? b->rows : NULL,
                           .labels = b->labels};
    for (int64_t k = 0; k < batch->n; k++) {
        int64_t item = batch->items[k];
        b->lengths[k] = recur_dataset_length(d, item);
        b->ids[k] = recur_dataset_ids(d, item);
        b->tags[k] = recur_dataset_tags(d, item);
        b->rows[k] = recur_dataset_rows(d, item);
        b->labels[k] = recur_dataset_label(d, item);
        batch->n_steps += b->lengths[k];
    }
    if (d->characters) find_forms(b, batch);
    return RECUR_OK;
}
