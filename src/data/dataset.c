/* A dataset: making it item by item, and looking at it.
 *
 * SPDX-License-Identifier: MIT */
#include "data/dataset.h"

#include <inttypes.h>
#include <string.h>

#include "text/words.h"

static recur_status no_memory(const recur_dataset *d)
{
    return RI_FAIL(d->ctx, RECUR_EMEMORY, "no memory for item %" PRId64 " of a dataset", d->ends.n);
}

recur_status ri_dataset_create(recur_ctx *ctx, const recur_source *source, recur_data_kind kind,
                               recur_dataset **dataset)
{
    recur_dataset *d = *dataset = ri_allocate(&ctx->allocator, 1, sizeof *d);
    if (!d) return ri_no_memory(ctx, "a dataset");
    d->ctx = ctx;
    d->kind = kind;
    d->rule = source->rule;
    if (kind == RECUR_DATA_TAGGED) d->rule.unit = RECUR_WORD;
    d->rule = ri_words_rule(d->rule);
    d->keeps_forms = kind == RECUR_DATA_TAGGED || (kind == RECUR_DATA_TEXT && source->keep_forms);
    d->is_labelled = !source->bare;
    ri_intern_init(&d->forms, &ctx->allocator);
    ri_intern_init(&d->names, &ctx->allocator);
    ri_intern_init(&d->files, &ctx->allocator);
    return RECUR_OK;
}

void recur_dataset_destroy(recur_dataset *d)
{
    if (!d) return;
    const recur_allocator *a = &d->ctx->allocator;
    ri_vec *const          vecs[] = {&d->ends,       &d->labels,    &d->words,  &d->ids,
                                     &d->tags,       &d->values,    &d->places, &d->kept_bytes,
                                     &d->kept_lines, &d->kept_ends, &d->unseen, &d->unseen_counts};
    for (size_t i = 0; i < sizeof vecs / sizeof *vecs; i++) ri_vec_free(a, vecs[i]);
    ri_intern_destroy(&d->forms);
    ri_intern_destroy(&d->names);
    ri_intern_destroy(&d->files);
    ri_release(a, d->form_ids);
    ri_release(a, d->characters);
    ri_release(a, d->character_ends);
    ri_release(a, d);
}

/* ---- making ---- */

int64_t ri_dataset_size(const recur_dataset *d)
{
    if (d->kind != RECUR_DATA_SERIES) return d->ids.n;
    return d->features > 0 ? d->values.n / d->features : 0;
}

int64_t ri_dataset_begin(const recur_dataset *d, int64_t item)
{
    return item > 0 ? ((const int64_t *)d->ends.data)[item - 1] : 0;
}

static int64_t kept_begin(const recur_dataset *d, int64_t item)
{
    return item > 0 ? ((const int64_t *)d->kept_ends.data)[item - 1] : 0;
}

recur_status ri_dataset_add_token(recur_dataset *d, ri_span form)
{
    int64_t id = ri_intern_add(&d->forms, form);
    if (id < 0 || !ri_vec_add_int32(&d->ctx->allocator, &d->ids, (int32_t)id)) return no_memory(d);
    return RECUR_OK;
}

recur_status ri_dataset_add_text(recur_dataset *d, ri_span text, int64_t *n_words)
{
    ri_span token;
    for (size_t at = 0; ri_words_next(&d->rule, text, &at, &token);) {
        recur_status status = ri_dataset_add_token(d, token);
        if (status != RECUR_OK) return status;
    }
    *n_words += ri_words_count(text);
    return RECUR_OK;
}

recur_status ri_dataset_name(recur_dataset *d, ri_span name, const char *file, int64_t line, int32_t *id)
{
    int64_t number = ri_intern_add(&d->names, name);
    int64_t place = ri_intern_add(&d->files, (ri_span){file, strlen(file)});
    if (number < 0 || place < 0) return no_memory(d);
    if (number == d->places.n) {
        ri_place *p = ri_vec_add(&d->ctx->allocator, &d->places, 1, sizeof *p);
        if (!p) return no_memory(d);
        *p = (ri_place){(int32_t)place, line};
    }
    *id = (int32_t)number;
    return RECUR_OK;
}

recur_status ri_dataset_add_tag(recur_dataset *d, ri_span tag, const char *file, int64_t line)
{
    int32_t      id = -1;
    recur_status status = ri_dataset_name(d, tag, file, line, &id);
    if (status == RECUR_OK && !ri_vec_add_int32(&d->ctx->allocator, &d->tags, id)) status = no_memory(d);
    return status;
}

recur_status ri_dataset_keep_line(recur_dataset *d, ri_span line, int64_t token)
{
    int64_t begin = d->kept_bytes.n;
    char   *copy = ri_vec_add(&d->ctx->allocator, &d->kept_bytes, (int64_t)line.size, 1);
    if (!copy) return no_memory(d);
    if (line.size > 0) memcpy(copy, line.bytes, line.size);
    ri_kept_line *kept = ri_vec_add(&d->ctx->allocator, &d->kept_lines, 1, sizeof *kept);
    if (!kept) return no_memory(d);
    *kept = (ri_kept_line){begin, d->kept_bytes.n, token};
    return RECUR_OK;
}

recur_status ri_dataset_close(recur_dataset *d, int32_t label, int64_t words)
{
    const recur_allocator *a = &d->ctx->allocator;
    int64_t                n = d->ends.n;
    if (ri_vec_add_int32(a, &d->labels, label) &&
        ri_vec_add_int32(a, &d->words, words < INT32_MAX ? (int32_t)words : INT32_MAX) &&
        ri_vec_add_int64(a, &d->kept_ends, d->kept_lines.n) &&
        ri_vec_add_int64(a, &d->ends, ri_dataset_size(d)))
        return RECUR_OK;
    d->labels.n = d->words.n = d->kept_ends.n = n;
    return no_memory(d);
}

void ri_dataset_drop_open(recur_dataset *d)
{
    int64_t begin = ri_dataset_begin(d, d->ends.n);
    if (d->kind == RECUR_DATA_SERIES)
        d->values.n = begin * d->features;
    else
        d->ids.n = begin;
    if (d->tags.n > begin) d->tags.n = begin;
    d->kept_lines.n = kept_begin(d, d->ends.n);
}

/* Take elements begin to end out of an array. */
static void cut(ri_vec *vec, int64_t begin, int64_t end, size_t size)
{
    if (begin == end || vec->n < end) return;
    char *data = vec->data;
    memmove(data + (size_t)begin * size, data + (size_t)end * size, (size_t)(vec->n - end) * size);
    vec->n -= end - begin;
}

void ri_dataset_drop_item(recur_dataset *d, int64_t item)
{
    int64_t *ends = d->ends.data, begin = ri_dataset_begin(d, item), end = ends[item];
    int64_t  F = d->features;
    cut(&d->ids, begin, end, sizeof(int32_t));
    cut(&d->tags, begin, end, sizeof(int32_t));
    cut(&d->values, begin * F, end * F, sizeof(float));
    cut(&d->labels, item, item + 1, sizeof(int32_t));
    cut(&d->words, item, item + 1, sizeof(int32_t));
    cut(&d->kept_ends, item, item + 1, sizeof(int64_t));
    cut(&d->ends, item, item + 1, sizeof(int64_t));
    for (int64_t i = item; i < d->ends.n; i++) ends[i] -= end - begin;
}

/* ---- looking ---- */

recur_data_kind recur_dataset_kind(const recur_dataset *d)
{
    return d->kind;
}

int64_t recur_dataset_items(const recur_dataset *d)
{
    return d->ends.n;
}

int64_t recur_dataset_tokens(const recur_dataset *d)
{
    return ri_dataset_begin(d, d->ends.n);
}

int64_t recur_dataset_features(const recur_dataset *d)
{
    return d->features;
}

uint64_t recur_dataset_checksum(const recur_dataset *d)
{
    return d->checksum;
}

bool recur_dataset_has_header(const recur_dataset *d)
{
    return d->has_header;
}

bool recur_dataset_is_stream(const recur_dataset *d)
{
    return d->is_stream;
}

int64_t recur_dataset_length(const recur_dataset *d, int64_t item)
{
    return ((const int64_t *)d->ends.data)[item] - ri_dataset_begin(d, item);
}

int64_t recur_dataset_words(const recur_dataset *d, int64_t item)
{
    return d->kind == RECUR_DATA_TEXT ? ((const int32_t *)d->words.data)[item]
                                      : recur_dataset_length(d, item);
}

/* The address of an item's first element; an item without any still has one. */
static const int32_t *at_item(const recur_dataset *d, const void *array, int64_t item)
{
    static const int32_t nothing[1];
    return array ? (const int32_t *)array + ri_dataset_begin(d, item) : nothing;
}

const int32_t *recur_dataset_ids(const recur_dataset *d, int64_t item)
{
    return d->kind == RECUR_DATA_SERIES ? NULL : at_item(d, d->ids.data, item);
}

const int32_t *recur_dataset_tags(const recur_dataset *d, int64_t item)
{
    return d->kind == RECUR_DATA_TAGGED && d->is_labelled ? at_item(d, d->tags.data, item) : NULL;
}

const float *recur_dataset_rows(const recur_dataset *d, int64_t item)
{
    if (d->kind != RECUR_DATA_SERIES) return NULL;
    static const float nothing[1];
    return d->values.data ? (const float *)d->values.data + ri_dataset_begin(d, item) * d->features : nothing;
}

int32_t recur_dataset_label(const recur_dataset *d, int64_t item)
{
    return ((const int32_t *)d->labels.data)[item];
}

/* The raw ids of an item's tokens; NULL where they are no longer kept. */
static const int32_t *raw_ids(const recur_dataset *d, int64_t item)
{
    if (d->kind == RECUR_DATA_SERIES || (d->is_encoded && !d->form_ids)) return NULL;
    return at_item(d, d->is_encoded ? d->form_ids : d->ids.data, item);
}

const char *recur_dataset_form(const recur_dataset *d, int64_t item, int64_t t, size_t *bytes)
{
    if (item < 0 || item >= d->ends.n || t < 0 || t >= recur_dataset_length(d, item)) return NULL;
    const int32_t *ids = raw_ids(d, item);
    if (!ids) return NULL;
    ri_span form = d->forms.table.entries[ids[t]].span;
    *bytes = form.size;
    return form.bytes;
}

const char *recur_dataset_line(const recur_dataset *d, int64_t item, int64_t k, size_t *bytes, int64_t *token)
{
    if (item < 0 || item >= d->ends.n || k < 0) return NULL;
    int64_t at = kept_begin(d, item);
    if (k >= ((const int64_t *)d->kept_ends.data)[item] - at) return NULL;
    const ri_kept_line *line = (const ri_kept_line *)d->kept_lines.data + at + k;
    *bytes = (size_t)(line->end - line->begin);
    if (token) *token = line->token;
    return (const char *)d->kept_bytes.data + line->begin;
}

int64_t recur_dataset_unknown(const recur_dataset *d)
{
    return d->n_unknown;
}

int64_t recur_dataset_unseen(const recur_dataset *d)
{
    return d->unseen.n;
}

const char *recur_dataset_unseen_name(const recur_dataset *d, int64_t k, int64_t *count)
{
    if (k < 0 || k >= d->unseen.n) return NULL;
    if (count) *count = ((const int64_t *)d->unseen_counts.data)[k];
    return d->names.table.entries[((const int32_t *)d->unseen.data)[k]].span.bytes;
}

int64_t recur_dataset_forms(const recur_dataset *d)
{
    return d->kind == RECUR_DATA_TAGGED ? d->forms.table.n : 0;
}

const int32_t *recur_dataset_form_ids(const recur_dataset *d, int64_t item)
{
    return d->kind == RECUR_DATA_TAGGED ? raw_ids(d, item) : NULL;
}

const int32_t *recur_dataset_form_characters(const recur_dataset *d, int32_t form, int64_t *n)
{
    if (!d->characters || form < 0 || form >= d->forms.table.n) return NULL;
    int64_t begin = form > 0 ? d->character_ends[form - 1] : 0;
    *n = d->character_ends[form] - begin;
    return d->characters + begin;
}
