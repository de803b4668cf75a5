/* Encoding: one look-up for each different form and name, then every id is replaced. All memory is taken before anything
 * changes.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "data/dataset.h"
#include "text/labels.h"
#include "text/vocab.h"
#include "text/words.h"

/* What will replace what. */
typedef struct encoding {
    recur_dataset *d;
    int32_t       *tokens; /* [forms] */
    int32_t       *names;  /* [names] */
    int32_t       *form_ids, *characters;
    int64_t       *character_ends;
    ri_vec         unseen, unseen_counts;
} encoding;

static void release(encoding *e)
{
    const recur_allocator *a = &e->d->ctx->allocator;
    ri_release(a, e->tokens);
    ri_release(a, e->names);
    ri_release(a, e->form_ids);
    ri_release(a, e->characters);
    ri_release(a, e->character_ends);
    ri_vec_free(a, &e->unseen);
    ri_vec_free(a, &e->unseen_counts);
}

static recur_status no_memory(const recur_dataset *d)
{
    return ri_no_memory(d->ctx, "encoding a dataset");
}

static recur_status check(const recur_dataset *d, const recur_vocab *vocab, const recur_vocab *characters,
                          const recur_labels *labels)
{
    recur_unit unit = d->rule.unit;
    if (d->is_encoded) return RI_FAIL(d->ctx, RECUR_EARG, "the dataset is encoded already");
    if (d->kind != RECUR_DATA_SERIES &&
        (!vocab || vocab->unit != unit || (unit != RECUR_BYTE && vocab->unknown < 0)))
        return RI_FAIL(
            d->ctx, RECUR_EARG,
            "encoding wants a vocabulary of the unit that the text was read in, with \"" RI_VOCAB_UNKNOWN
            "\"");
    if (characters && d->kind != RECUR_DATA_TAGGED)
        return RI_FAIL(d->ctx, RECUR_EARG, "the characters of words are for tagged words");
    if (characters && (characters->unit != RECUR_CHAR || characters->unknown < 0))
        return RI_FAIL(d->ctx, RECUR_EARG,
                       "encoding wants characters as a vocabulary of characters with \"" RI_VOCAB_UNKNOWN
                       "\"");
    if (d->is_labelled && !labels) return RI_FAIL(d->ctx, RECUR_EARG, "encoding wants the labels");
    return RECUR_OK;
}

/* ---- look-ups ---- */

static int32_t find(const recur_vocab *vocab, ri_span token)
{
    int64_t id = ri_table_find(&vocab->table, token);
    return id >= 0 ? (int32_t)id : vocab->unknown;
}

static recur_status find_tokens(encoding *e, const recur_vocab *vocab)
{
    const recur_dataset   *d = e->d;
    const recur_allocator *a = &d->ctx->allocator;
    size_t                 longest = 0;
    for (int64_t i = 0; i < d->forms.table.n; i++)
        if (d->forms.table.entries[i].span.size > longest) longest = d->forms.table.entries[i].span.size;
    char *room = ri_allocate(a, longest, 2);
    e->tokens = ri_allocate(a, (size_t)d->forms.table.n, sizeof *e->tokens);
    if (room && e->tokens)
        for (int64_t i = 0; i < d->forms.table.n; i++) {
            ri_span form = d->forms.table.entries[i].span;
            e->tokens[i] = find(vocab, ri_words_fold(&d->rule, d->kind == RECUR_DATA_TAGGED, form, room));
        }
    recur_status status = room && e->tokens ? RECUR_OK : no_memory(d);
    ri_release(a, room);
    return status;
}

/* Find the characters of every form; with ids NULL, only where they end. */
static void find_characters(const recur_dataset *d, const recur_vocab *characters, int64_t *ends,
                            int32_t *ids)
{
    int64_t n = 0;
    for (int64_t i = 0; i < d->forms.table.n; i++) {
        ri_span   form = d->forms.table.entries[i].span;
        ri_cursor cursor = {.unit = RECUR_CHAR, .text = form.bytes, .bytes = form.size};
        for (ri_span character; ri_split_next(&cursor, &character); n++)
            if (ids) ids[n] = find(characters, character);
        ends[i] = n;
    }
}

static recur_status spell(encoding *e, const recur_vocab *characters)
{
    const recur_dataset   *d = e->d;
    const recur_allocator *a = &d->ctx->allocator;
    int64_t                n = d->forms.table.n;
    e->character_ends = ri_allocate(a, (size_t)n, sizeof *e->character_ends);
    if (!e->character_ends) return no_memory(d);
    find_characters(d, characters, e->character_ends, NULL);
    e->characters = ri_allocate(a, n > 0 ? (size_t)e->character_ends[n - 1] : 0, sizeof *e->characters);
    if (!e->characters) return no_memory(d);
    find_characters(d, characters, e->character_ends, e->characters);
    return RECUR_OK;
}

/* Count how often each name occurs; some belong to lines that are no items (a header). */
static void count_names(const recur_dataset *d, int64_t *counts)
{
    const ri_vec  *array = d->kind == RECUR_DATA_TAGGED ? &d->tags : &d->labels;
    const int32_t *ids = array->data;
    for (int64_t i = 0; i < array->n; i++)
        if (ids[i] >= 0) counts[ids[i]]++;
}

/* Labels that are not known get the numbers behind those that are. */
static recur_status number_names(encoding *e, const recur_labels *labels, const int64_t *counts)
{
    const recur_dataset   *d = e->d;
    const recur_allocator *a = &d->ctx->allocator;
    int64_t                n_labels = recur_labels_count(labels);
    for (int64_t i = 0; i < d->names.table.n; i++) {
        if (counts[i] == 0) continue;
        int64_t id = ri_table_find(&labels->names.table, d->names.table.entries[i].span);
        if (id < 0) {
            id = n_labels + e->unseen.n;
            if (id > INT32_MAX)
                return RI_FAIL(d->ctx, RECUR_EARG, "there are more than 2^31-1 different labels");
            if (!ri_vec_add_int32(a, &e->unseen, (int32_t)i) ||
                !ri_vec_add_int64(a, &e->unseen_counts, counts[i]))
                return no_memory(d);
        }
        e->names[i] = (int32_t)id;
    }
    return RECUR_OK;
}

static recur_status find_names(encoding *e, const recur_labels *labels)
{
    const recur_dataset   *d = e->d;
    const recur_allocator *a = &d->ctx->allocator;
    int64_t               *counts = ri_allocate(a, (size_t)d->names.table.n, sizeof *counts);
    e->names = ri_allocate(a, (size_t)d->names.table.n, sizeof *e->names);
    recur_status status = counts && e->names ? RECUR_OK : no_memory(d);
    if (status == RECUR_OK) {
        count_names(d, counts);
        status = number_names(e, labels, counts);
    }
    ri_release(a, counts);
    return status;
}

/* ---- replacing ---- */

static recur_status prepare(encoding *e, const recur_vocab *vocab, const recur_vocab *characters,
                            const recur_labels *labels)
{
    recur_dataset *d = e->d;
    recur_status   status = RECUR_OK;
    if (d->kind != RECUR_DATA_SERIES) status = find_tokens(e, vocab);
    if (status == RECUR_OK && characters) status = spell(e, characters);
    if (status == RECUR_OK && d->is_labelled) status = find_names(e, labels);
    if (status == RECUR_OK && d->keeps_forms) {
        e->form_ids = ri_allocate(&d->ctx->allocator, (size_t)d->ids.n, sizeof *e->form_ids);
        if (!e->form_ids) status = no_memory(d);
    }
    return status;
}

static void replace_names(const encoding *e, ri_vec *array)
{
    int32_t *ids = array->data;
    for (int64_t i = 0; i < array->n; i++)
        if (ids[i] >= 0) ids[i] = e->names[ids[i]];
}

static void replace(encoding *e, const recur_vocab *vocab)
{
    recur_dataset *d = e->d;
    int32_t       *ids = d->ids.data;
    if (e->form_ids && d->ids.n > 0) memcpy(e->form_ids, ids, (size_t)d->ids.n * sizeof *ids);
    for (int64_t i = 0; i < d->ids.n; i++) {
        ids[i] = e->tokens[ids[i]];
        d->n_unknown += ids[i] == vocab->unknown;
    }
    if (d->is_labelled) replace_names(e, d->kind == RECUR_DATA_TAGGED ? &d->tags : &d->labels);
    d->form_ids = e->form_ids;
    d->characters = e->characters;
    d->character_ends = e->character_ends;
    d->unseen = e->unseen;
    d->unseen_counts = e->unseen_counts;
    d->is_encoded = true;
    if (!d->keeps_forms) ri_intern_destroy(&d->forms);
    e->form_ids = e->characters = NULL;
    e->character_ends = NULL;
    e->unseen = e->unseen_counts = (ri_vec){0};
}

/* Name what was not known, the first ten of them. */
static void log_unseen(const recur_dataset *d)
{
    const char *what = d->kind == RECUR_DATA_TAGGED ? "tag" : "label";
    for (int64_t k = 0; k < d->unseen.n && k < 10; k++) {
        int32_t         name = ((const int32_t *)d->unseen.data)[k];
        int64_t         count = ((const int64_t *)d->unseen_counts.data)[k];
        const ri_place *place = (const ri_place *)d->places.data + name;
        ri_log(d->ctx,
               "the %s \"%.60s\" never occurred in training (%" PRId64 " time%s, first at %s, line %" PRId64
               "); it counts as wrong",
               what, d->names.table.entries[name].span.bytes, count, count == 1 ? "" : "s",
               d->files.table.entries[place->file].span.bytes, place->line);
    }
    if (d->unseen.n > 10)
        ri_log(d->ctx, "... and %" PRId64 " other %ss that never occurred in training", d->unseen.n - 10,
               what);
}

recur_status recur_dataset_encode(recur_dataset *d, const recur_vocab *vocab, const recur_vocab *characters,
                                  const recur_labels *labels)
{
    if (!d) return RECUR_EARG;
    recur_status status = check(d, vocab, characters, labels);
    if (status != RECUR_OK) return status;
    encoding e = {.d = d};
    status = prepare(&e, vocab, characters, labels);
    if (status == RECUR_OK) {
        replace(&e, vocab);
        d->n_labels = labels ? recur_labels_count(labels) : 0;
        log_unseen(d);
    }
    release(&e);
    return status;
}

recur_status recur_dataset_standardise(recur_dataset *d, const double *mean, const double *deviation)
{
    if (!d) return RECUR_EARG;
    if (d->kind != RECUR_DATA_SERIES || !mean || !deviation)
        return RI_FAIL(d->ctx, RECUR_EARG, "standardising wants series, means and deviations");
    for (int64_t f = 0; f < d->features; f++)
        if (!(deviation[f] > 0))
            return RI_FAIL(d->ctx, RECUR_EARG, "the deviation of feature %" PRId64 " is %g; wanted above 0",
                           f + 1, deviation[f]);
    float *values = d->values.data;
    for (int64_t i = 0; i < d->values.n; i++) {
        int64_t f = i % d->features;
        values[i] = (float)(((double)values[i] - mean[f]) / deviation[f]);
    }
    return RECUR_OK;
}
