/* The first record of a file: whether it is a header, and where the columns are; and the records that follow.
 *
 * SPDX-License-Identifier: MIT */
#include "data/number.h"
#include "data/reader.h"

static bool is_name(const char *column)
{
    return column && !ri_record_is_number(column);
}

static bool any_named(const recur_source *s, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (is_name(names[i])) return true;
    return (!s->bare && is_name(s->label)) || is_name(s->id);
}

/* Whether a cell of the columns is no number. */
static bool has_words(const recur_reader *r)
{
    const int64_t *columns = r->columns.data;
    float          value;
    for (int64_t i = 0; i < r->columns.n; i++)
        if (!ri_number_parse(ri_record_field(&r->record, columns[i]), &value)) return true;
    return false;
}

static recur_status find(const recur_reader *r, const char *column, int64_t *index)
{
    return ri_record_column(&r->lines, &r->record, r->has_header, column, index);
}

static recur_status find_columns(recur_reader *r, const char *const *names, int n)
{
    const recur_source *s = &r->source;
    recur_status        status = RECUR_OK;
    r->columns.n = 0;
    r->label = r->id = -1;
    if (s->label && !s->bare) status = find(r, s->label, &r->label);
    if (status == RECUR_OK && r->format == RECUR_SERIES_CSV) status = find(r, s->id, &r->id);
    for (int64_t i = 0; i < (n > 0 ? n : r->n_columns) && status == RECUR_OK; i++) {
        int64_t column = i;
        if (n > 0) status = find(r, names[i], &column);
        bool is_wanted = n > 0 || (column != r->label && column != r->id);
        if (status == RECUR_OK && is_wanted && !ri_vec_add_int64(&r->ctx->allocator, &r->columns, column))
            status = ri_no_memory(r->ctx, "columns");
    }
    return status;
}

/* Whether an empty line is an item. */
static bool counts_empty(const recur_reader *r)
{
    return r->source.bare && r->format != RECUR_SERIES_CSV;
}

/* Read the first record that is not empty. */
static recur_status read_first(recur_reader *r, bool *found)
{
    bool is_csv = r->format != RECUR_TSV;
    r->n_empty = 0;
    for (;;) {
        recur_status status = ri_record_next(&r->lines, is_csv, &r->record, found);
        if (status != RECUR_OK || !*found || !ri_record_is_empty(&r->record)) return status;
        if (counts_empty(r))
            r->n_empty++;
        else
            r->n_skipped++;
    }
}

recur_status ri_reader_begin_records(recur_reader *r, const char *const *names, int n, bool *found)
{
    recur_status status = read_first(r, found);
    if (status != RECUR_OK) return status;
    if (!*found) {
        *found = r->n_empty > 0;
        return RECUR_OK;
    }
    bool is_open = r->source.header == RECUR_HEADER_DEFAULT, is_named = any_named(&r->source, names, n);
    r->n_columns = r->record.fields.n;
    r->has_header = r->source.header == RECUR_HEADER_YES || (is_open && is_named);
    status = find_columns(r, names, n);
    if (is_open && !is_named) {
        if (r->format == RECUR_SERIES_CSV)
            r->has_header = has_words(r);
        else
            r->may_have_header = !r->source.bare;
    }
    r->has_record = !r->has_header;
    return status;
}

recur_status ri_reader_next_record(recur_reader *r, bool *found)
{
    *found = true;
    if (r->has_record) {
        r->has_record = false;
        return RECUR_OK;
    }
    for (;;) {
        recur_status status = ri_record_next(&r->lines, r->format != RECUR_TSV, &r->record, found);
        if (status != RECUR_OK || !*found) return status;
        if (!ri_record_is_empty(&r->record)) return ri_record_check(&r->lines, &r->record, r->n_columns);
        if (counts_empty(r)) return RECUR_OK;
        r->n_skipped++;
    }
}
