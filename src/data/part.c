/* What is made of a part before it is encoded: vocabularies from the counts of its forms, labels from those of its names.
 *
 * SPDX-License-Identifier: MIT */
#include "data/part.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text/labels.h"
#include "text/vocab.h"
#include "text/words.h"

recur_status ri_part_check(recur_ctx *ctx, const recur_part *part)
{
    if (!part || !part->data || (part->items && part->n < 0))
        return RI_FAIL(ctx, RECUR_EARG, "a part wants a dataset and its items");
    for (int64_t i = 0; i < ri_part_items(part); i++) {
        int64_t item = ri_part_item(part, i);
        if (item < 0 || item >= part->data->ends.n)
            return RI_FAIL(ctx, RECUR_EARG, "item %" PRId64 " of a dataset; wanted one of its %" PRId64, item,
                           part->data->ends.n);
    }
    return RECUR_OK;
}

static recur_status check_raw(recur_ctx *ctx, const recur_part *part, const char *what)
{
    recur_status status = ri_part_check(ctx, part);
    if (status == RECUR_OK && part->data->is_encoded)
        status = RI_FAIL(ctx, RECUR_EARG, "%s of an encoded dataset; wanted before it is encoded", what);
    return status;
}

/* Count how often each form occurs in a part: [forms]; the caller releases it. */
static recur_status count_forms(recur_ctx *ctx, const recur_part *part, int64_t **counts)
{
    const recur_dataset *d = part->data;
    int64_t             *n = *counts = ri_allocate(&ctx->allocator, (size_t)d->forms.table.n, sizeof *n);
    if (!n) return ri_no_memory(ctx, "counting tokens");
    for (int64_t i = 0; i < ri_part_items(part); i++) {
        int64_t        item = ri_part_item(part, i), length = recur_dataset_length(d, item);
        const int32_t *ids = recur_dataset_ids(d, item);
        for (int64_t t = 0; t < length; t++) n[ids[t]]++;
    }
    return RECUR_OK;
}

/* ---- vocabularies ---- */

/* Add count to the token that a form is. */
static recur_status count_folded(ri_intern *tokens, const recur_dataset *d, ri_span form, int64_t count)
{
    const recur_allocator *a = tokens->table.allocator;
    char                  *room = ri_allocate(a, form.size, 2);
    if (!room) return ri_no_memory(d->ctx, "a vocabulary");
    int64_t id = ri_intern_add(tokens, ri_words_fold(&d->rule, d->kind == RECUR_DATA_TAGGED, form, room));
    ri_release(a, room);
    if (id < 0) return ri_no_memory(d->ctx, "a vocabulary");
    tokens->table.entries[id].count += count;
    return RECUR_OK;
}

static recur_status count_characters(ri_intern *tokens, const recur_dataset *d, ri_span form, int64_t count)
{
    ri_cursor cursor = {.unit = RECUR_CHAR, .text = form.bytes, .bytes = form.size};
    for (ri_span character; ri_split_next(&cursor, &character);) {
        int64_t id = ri_intern_add(tokens, character);
        if (id < 0) return ri_no_memory(d->ctx, "a vocabulary");
        tokens->table.entries[id].count += count;
    }
    return RECUR_OK;
}

typedef recur_status counter(ri_intern *tokens, const recur_dataset *d, ri_span form, int64_t count);

/* Build a vocabulary of what count finds in the part's forms. */
static recur_status build(recur_ctx *ctx, const recur_part *part, recur_unit unit, counter *count,
                          const recur_vocab_opts *opts, recur_vocab **vocab)
{
    const recur_dataset *d = part->data;
    int64_t             *counts;
    ri_intern            tokens;
    recur_status         status = count_forms(ctx, part, &counts);
    ri_intern_init(&tokens, &ctx->allocator);
    for (int64_t i = 0; i < d->forms.table.n && status == RECUR_OK; i++)
        if (counts[i] > 0) status = count(&tokens, d, d->forms.table.entries[i].span, counts[i]);
    if (status == RECUR_OK)
        status =
            ri_vocab_from_counts(&ctx->allocator, unit, &tokens.table, opts, true, vocab, ri_ctx_error(ctx));
    ri_intern_destroy(&tokens);
    ri_release(&ctx->allocator, counts);
    return status;
}

static const recur_vocab_opts everything;

recur_status recur_part_vocab(recur_ctx *ctx, const recur_part *part, const recur_vocab_opts *opts,
                              recur_vocab **vocab)
{
    if (!ctx || !vocab) return RECUR_EARG;
    *vocab = NULL;
    if (!opts) opts = &everything;
    recur_status status = check_raw(ctx, part, "the vocabulary");
    if (status == RECUR_OK) status = ri_vocab_check_opts(opts, ri_ctx_error(ctx));
    if (status != RECUR_OK) return status;
    const recur_dataset *d = part->data;
    if (d->kind == RECUR_DATA_SERIES)
        return RI_FAIL(ctx, RECUR_EARG, "series have no vocabulary; wanted text or tagged words");
    recur_unit unit = d->rule.unit;
    if (unit == RECUR_BYTE) return recur_vocab_build(ctx, unit, 0, NULL, NULL, opts, vocab);
    return build(ctx, part, unit, count_folded, opts, vocab);
}

recur_status recur_part_characters(recur_ctx *ctx, const recur_part *part, const recur_vocab_opts *opts,
                                   recur_vocab **characters)
{
    if (!ctx || !characters) return RECUR_EARG;
    *characters = NULL;
    if (!opts) opts = &everything;
    recur_status status = check_raw(ctx, part, "the characters");
    if (status == RECUR_OK) status = ri_vocab_check_opts(opts, ri_ctx_error(ctx));
    if (status != RECUR_OK) return status;
    if (part->data->kind != RECUR_DATA_TAGGED)
        return RI_FAIL(ctx, RECUR_EARG, "the characters of words are for tagged words");
    return build(ctx, part, RECUR_CHAR, count_characters, opts, characters);
}

/* ---- labels ---- */

/* The labels or tags of an item: n of them. */
static const int32_t *labels_of(const recur_dataset *d, int64_t item, int64_t *n)
{
    if (d->kind == RECUR_DATA_TAGGED) {
        *n = recur_dataset_length(d, item);
        return recur_dataset_tags(d, item);
    }
    *n = 1;
    return (const int32_t *)d->labels.data + item;
}

typedef struct counted {
    ri_span name;
    int64_t count;
} counted;

static int by_name(const void *a, const void *b)
{
    ri_span x = ((const counted *)a)->name, y = ((const counted *)b)->name;
    int     order = memcmp(x.bytes, y.bytes, x.size < y.size ? x.size : y.size);
    return order ? order : (x.size > y.size) - (x.size < y.size);
}

/* Name some of the labels that occur at most so often: "a", "b", "c" ... */
static void name_some(const counted *labels, int64_t n, int64_t at_most, char *text, size_t size)
{
    size_t used = 0;
    int    n_named = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < n && n_named < 4; i++) {
        if (labels[i].count > at_most) continue;
        int bytes = labels[i].name.size < 30 ? (int)labels[i].name.size : 30;
        int w = snprintf(text + used, size - used, "%s\"%.*s\"", n_named ? ", " : "", bytes,
                         labels[i].name.bytes);
        used += w > 0 ? (size_t)w : 0;
        if (used >= size) return;
        n_named++;
    }
}

/* The file that the labels are from, of several the first. */
static const char *file_of(const recur_dataset *d)
{
    return d->files.table.n ? d->files.table.entries[0].span.bytes : "the training data";
}

/* Refuse labels that are none. */
static recur_status check_labels(recur_ctx *ctx, const recur_dataset *d, const counted *labels, int64_t n,
                                 int64_t total, int64_t most)
{
    bool        is_tagged = d->kind == RECUR_DATA_TAGGED;
    const char *what = is_tagged ? "tags" : "labels", *of = is_tagged ? "words" : "items";
    char        some[200];
    name_some(labels, n, INT64_MAX, some, sizeof some);
    if (n == 0) return RI_FAIL(ctx, RECUR_EDATA, "the training data have no %s; wanted at least two", what);
    if (n == 1)
        return RI_FAIL(ctx, RECUR_EDATA,
                       "%s: there is nothing to learn: all %" PRId64
                       " %s have the same %s, %s; wanted at least two",
                       file_of(d), total, of, is_tagged ? "tag" : "label", some);
    bool is_doubtful = (n > 20 && total / 2 < n) || (n > 1000 && total / 10 < n);
    if (most > 0 ? n > most : is_doubtful)
        return RI_FAIL(
            ctx, RECUR_EDATA,
            "%s: %" PRId64 " different %s for %" PRId64 " %s (%s ...): is this the right column? Wanted %s",
            file_of(d), n, what, total, of, some, most > 0 ? "no more than were allowed" : "far fewer");
    return RECUR_OK;
}

static void log_rare(recur_ctx *ctx, const recur_dataset *d, const counted *labels, int64_t n)
{
    char    some[200];
    int64_t n_rare = 0;
    for (int64_t i = 0; i < n; i++) n_rare += labels[i].count == 1;
    if (n_rare == 0) return;
    name_some(labels, n, 1, some, sizeof some);
    bool is_tagged = d->kind == RECUR_DATA_TAGGED;
    ri_log(ctx, "%" PRId64 " %s%s only once in the training data: %s%s", n_rare, is_tagged ? "tag" : "label",
           n_rare == 1 ? " occurs" : "s occur", some, n_rare > 4 ? " ..." : "");
}

/* Count the labels of a part by their number in names. */
static void count_raw(const recur_part *part, counted *labels)
{
    for (int64_t i = 0; i < ri_part_items(part); i++) {
        int64_t        n;
        const int32_t *ids = labels_of(part->data, ri_part_item(part, i), &n);
        for (int64_t t = 0; t < n; t++)
            if (ids[t] >= 0) labels[ids[t]].count++;
    }
}

recur_status recur_part_labels(recur_ctx *ctx, const recur_part *part, int64_t most, recur_labels **labels)
{
    if (!ctx || !labels) return RECUR_EARG;
    *labels = NULL;
    recur_status status = check_raw(ctx, part, "the labels");
    if (status == RECUR_OK && most < 0)
        status = RI_FAIL(ctx, RECUR_EARG, "at most %" PRId64 " labels; wanted 0 or more", most);
    if (status == RECUR_OK && !part->data->is_labelled)
        status = RI_FAIL(ctx, RECUR_EARG, "the dataset was read without labels");
    if (status != RECUR_OK) return status;
    const recur_dataset   *d = part->data;
    const recur_allocator *a = &ctx->allocator;
    int64_t                n = 0, total = 0;
    counted               *found = ri_allocate(a, (size_t)d->names.table.n, sizeof *found);
    ri_span               *names = ri_allocate(a, (size_t)d->names.table.n, sizeof *names);
    if (found && names) {
        count_raw(part, found);
        for (int64_t i = 0; i < d->names.table.n; i++) {
            total += found[i].count;
            if (found[i].count > 0) found[n++] = (counted){d->names.table.entries[i].span, found[i].count};
        }
        qsort(found, (size_t)n, sizeof *found, by_name);
        for (int64_t i = 0; i < n; i++) names[i] = found[i].name;
        status = check_labels(ctx, d, found, n, total, most);
        if (status == RECUR_OK) status = ri_labels_create(a, names, n, labels, ri_ctx_error(ctx));
        if (status == RECUR_OK) log_rare(ctx, d, found, n);
    } else {
        status = ri_no_memory(ctx, "the labels");
    }
    ri_release(a, found);
    ri_release(a, names);
    return status;
}

recur_status recur_labels_create(recur_ctx *ctx, int64_t n, const char *const *names, recur_labels **labels)
{
    if (!ctx || !labels) return RECUR_EARG;
    *labels = NULL;
    if (n < 1 || n > INT32_MAX || !names)
        return RI_FAIL(ctx, RECUR_EARG, "%" PRId64 " labels; wanted at least one", n);
    ri_span *spans = ri_allocate(&ctx->allocator, (size_t)n, sizeof *spans);
    if (!spans) return ri_no_memory(ctx, "the labels");
    for (int64_t i = 0; i < n; i++) spans[i] = (ri_span){names[i], names[i] ? strlen(names[i]) : 0};
    recur_status status = ri_labels_create(&ctx->allocator, spans, n, labels, ri_ctx_error(ctx));
    ri_release(&ctx->allocator, spans);
    return status;
}

recur_status recur_part_count_labels(recur_ctx *ctx, const recur_part *part, const recur_labels *labels,
                                     int64_t *counts)
{
    if (!ctx) return RECUR_EARG;
    recur_status status = ri_part_check(ctx, part);
    if (status != RECUR_OK) return status;
    const recur_dataset *d = part->data;
    if (!labels || !counts || !d->is_labelled)
        return RI_FAIL(ctx, RECUR_EARG, "counting labels wants labels, a dataset that has some and a place");
    int64_t n_labels = recur_labels_count(labels);
    memset(counts, 0, (size_t)n_labels * sizeof *counts);
    for (int64_t i = 0; i < ri_part_items(part); i++) {
        int64_t        n;
        const int32_t *ids = labels_of(d, ri_part_item(part, i), &n);
        for (int64_t t = 0; t < n; t++) {
            int64_t id = ids[t];
            if (id >= 0 && !d->is_encoded)
                id = ri_table_find(&labels->names.table, d->names.table.entries[id].span);
            if (id >= 0 && id < n_labels) counts[id]++;
        }
    }
    return RECUR_OK;
}

/* ---- series ---- */

recur_status recur_part_moments(recur_ctx *ctx, const recur_part *part, double *mean, double *deviation)
{
    if (!ctx) return RECUR_EARG;
    recur_status status = ri_part_check(ctx, part);
    if (status != RECUR_OK) return status;
    const recur_dataset *d = part->data;
    if (d->kind != RECUR_DATA_SERIES || !mean || !deviation)
        return RI_FAIL(ctx, RECUR_EARG, "moments want series and two places");
    int64_t F = d->features, n = 0;
    for (int64_t i = 0; i < ri_part_items(part); i++) n += recur_dataset_length(d, ri_part_item(part, i));
    if (n == 0) return RI_FAIL(ctx, RECUR_EDATA, "the series have no rows; wanted some");
    for (int64_t f = 0; f < F; f++) {
        double sum[2] = {0, 0};
        for (int pass = 0; pass < 2; pass++) { /* the second: squares around the mean */
            double centre = pass ? sum[0] / (double)n : 0;
            for (int64_t i = 0; i < ri_part_items(part); i++) {
                int64_t      item = ri_part_item(part, i), length = recur_dataset_length(d, item);
                const float *rows = recur_dataset_rows(d, item);
                for (int64_t t = 0; t < length; t++) {
                    double x = (double)rows[t * F + f] - centre;
                    sum[pass] += pass ? x * x : x;
                }
            }
        }
        mean[f] = sum[0] / (double)n;
        deviation[f] = sum[1] > 0 ? sqrt(sum[1] / (double)n) : 1;
    }
    return RECUR_OK;
}
