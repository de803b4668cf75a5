/* Batches: places in an order of rounded length, cut once; an epoch exchanges the items of one rounded length among their
 * places.
 *
 *   rounded    5  5  5  5  6  6 | 6  6  7 | 9 10 ...      cuts: at most so many items, or rounded lengths
 *   items      the four of length 5 in any order, then the four of length 6 ...
 *
 * Since each place keeps its rounded length, the cuts hold for every epoch.
 *
 * SPDX-License-Identifier: MIT */
#include "recur/batches.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/part.h"
#include "data/shuffle.h"

struct recur_batches {
    recur_ctx           *ctx;
    const recur_dataset *data;
    recur_batch_opts     opts; /* completed */
    int64_t              n, n_tokens, n_batches, epoch;
    int64_t             *plain;  /* [n]: items by rounded length, then as in the part */
    int64_t             *places; /* [n]: items of this epoch */
    int64_t             *begins; /* [n_batches+1]: places where batches begin */
    int64_t             *order;  /* [n_batches]: which batch comes when */

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

/* ---- planning ---- */

static int64_t rounded(int64_t length)
{
    int64_t step = 1;
    while (length > 16 * step) step *= 2;
    return (length + step - 1) / step * step;
}

typedef struct ranked {
    int64_t rounded, place, item;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->rounded != y->rounded) return x->rounded < y->rounded ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static void *take(const recur_batches *b, int64_t n, size_t size)
{
    return ri_allocate(&b->ctx->allocator, (size_t)n, size);
}

static recur_status no_memory(const recur_batches *b)
{
    return ri_no_memory(b->ctx, "batches");
}

/* Put the part's items in the plain order. */
static recur_status sort_items(recur_batches *b, const recur_part *part)
{
    ranked *ranks = take(b, b->n, sizeof *ranks);
    b->plain = take(b, b->n, sizeof *b->plain);
    b->places = take(b, b->n, sizeof *b->places);
    bool ok = ranks && b->plain && b->places;
    if (ok) {
        for (int64_t i = 0; i < b->n; i++) {
            int64_t item = ri_part_item(part, i), length = recur_dataset_length(b->data, item);
            ranks[i] = (ranked){rounded(length), i, item};
            b->n_tokens += length;
        }
        qsort(ranks, (size_t)b->n, sizeof *ranks, by_rank);
        for (int64_t i = 0; i < b->n; i++) b->plain[i] = ranks[i].item;
    }
    ri_release(&b->ctx->allocator, ranks);
    return ok ? RECUR_OK : no_memory(b);
}

static int64_t rounded_at(const recur_batches *b, int64_t place)
{
    return rounded(recur_dataset_length(b->data, b->plain[place]));
}

/* Return where the batch ends that begins at a place. An item costs at least one token, so that empty ones have a bound. */
static int64_t end_of_batch(const recur_batches *b, int64_t begin)
{
    int64_t tokens = 0, end = begin;
    for (; end < b->n && end - begin < b->opts.items; end++) {
        int64_t cost = rounded_at(b, end);
        if (cost < 1) cost = 1;
        if (end > begin && cost > b->opts.tokens - tokens) break;
        if (cost > b->opts.tokens) return end + 1;
        tokens += cost;
    }
    return end;
}

static recur_status cut(recur_batches *b, int64_t *largest, int64_t *most_tokens)
{
    for (int64_t at = 0; at < b->n; at = end_of_batch(b, at)) b->n_batches++;
    b->begins = take(b, b->n_batches + 1, sizeof *b->begins);
    b->order = take(b, b->n_batches, sizeof *b->order);
    if (!b->begins || !b->order) return no_memory(b);
    for (int64_t i = 0; i < b->n_batches; i++) {
        int64_t begin = b->begins[i], end = b->begins[i + 1] = end_of_batch(b, begin), tokens = 0;
        for (int64_t k = begin; k < end; k++) tokens += rounded_at(b, k);
        if (end - begin > *largest) *largest = end - begin;
        if (tokens > *most_tokens) *most_tokens = tokens;
    }
    return RECUR_OK;
}

/* Take the memory of the largest batch. */
static recur_status make_room(recur_batches *b, int64_t items, int64_t tokens)
{
    bool ok =
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
    return ok ? RECUR_OK : no_memory(b);
}

static recur_status check(recur_ctx *ctx, const recur_part *part, const recur_batch_opts *opts)
{
    recur_status status = ri_part_check(ctx, part);
    if (status != RECUR_OK) return status;
    if (opts->items < 0 || opts->tokens < 0)
        return RI_FAIL(ctx, RECUR_EARG,
                       "batches of %" PRId64 " items and %" PRId64 " tokens; wanted 0 or more", opts->items,
                       opts->tokens);
    if (part->data->kind != RECUR_DATA_SERIES && !part->data->is_encoded)
        return RI_FAIL(ctx, RECUR_EARG, "batches want a dataset that is encoded");
    if (ri_part_items(part) == 0) return RI_FAIL(ctx, RECUR_EDATA, "there are no items to make batches of");
    return RECUR_OK;
}

/* Put an epoch in order. */
static void arrange(recur_batches *b, int64_t epoch)
{
    memcpy(b->places, b->plain, (size_t)b->n * sizeof *b->places);
    for (int64_t i = 0; i < b->n_batches; i++) b->order[i] = i;
    b->epoch = epoch;
    if (epoch == 0) return;
    for (int64_t begin = 0, end; begin < b->n; begin = end) {
        int64_t length = rounded_at(b, begin);
        for (end = begin + 1; end < b->n && rounded_at(b, end) == length;) end++;
        ri_shuffle(b->places + begin, end - begin, b->opts.seed, RI_ORDER_ITEMS, epoch, begin);
    }
    ri_shuffle(b->order, b->n_batches, b->opts.seed, RI_ORDER_BATCHES, epoch, 0);
}

recur_status recur_batches_create(recur_ctx *ctx, const recur_part *part, const recur_batch_opts *opts,
                                  recur_batches **batches)
{
    if (!ctx || !batches) return RECUR_EARG;
    *batches = NULL;
    recur_batch_opts o = opts ? *opts : (recur_batch_opts){0};
    recur_status     status = check(ctx, part, &o);
    if (status != RECUR_OK) return status;
    if (o.items == 0) o.items = o.tokens > 0 ? INT64_MAX : 32;
    if (o.tokens == 0) o.tokens = INT64_MAX;
    recur_batches *b = ri_allocate(&ctx->allocator, 1, sizeof *b);
    if (!b) return ri_no_memory(ctx, "batches");
    b->ctx = ctx;
    b->data = part->data;
    b->opts = o;
    b->n = ri_part_items(part);
    int64_t largest = 0, tokens = 0;
    status = sort_items(b, part);
    if (status == RECUR_OK) status = cut(b, &largest, &tokens);
    if (status == RECUR_OK) status = make_room(b, largest, tokens);
    if (status != RECUR_OK) {
        recur_batches_destroy(b);
        return status;
    }
    arrange(b, 0);
    *batches = b;
    return RECUR_OK;
}

void recur_batches_destroy(recur_batches *b)
{
    if (!b) return;
    void *const     blocks[] = {b->plain,       b->places, b->begins, b->order,        b->lengths,
                                b->ids,         b->tags,   b->forms,  b->rows,         b->labels,
                                b->form_places, b->seen,   b->met,    b->form_lengths, b->form_characters};
    recur_allocator a = b->ctx->allocator;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ri_release(&a, blocks[i]);
    ri_release(&a, b);
}

int64_t recur_batches_count(const recur_batches *b)
{
    return b->n_batches;
}

int64_t recur_batches_items(const recur_batches *b)
{
    return b->n;
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
    if (!batch || epoch < 0 || i < 0 || i >= b->n_batches)
        return RI_FAIL(b->ctx, RECUR_EARG, "batch %" PRId64 " of epoch %" PRId64 "; wanted one of %" PRId64,
                       i, epoch, b->n_batches);
    if (epoch != b->epoch) arrange(b, epoch);
    const recur_dataset *d = b->data;
    int64_t              begin = b->begins[b->order[i]], end = b->begins[b->order[i] + 1];
    bool is_series = d->kind == RECUR_DATA_SERIES, has_tags = d->kind == RECUR_DATA_TAGGED && d->is_labelled;
    *batch = (recur_batch){.n = end - begin,
                           .items = b->places + begin,
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
