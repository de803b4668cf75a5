/* Series: .ts files as sktime, aeon and the UEA archive have them (Bagnall et al. 2018), and CSV with a row per step.
 *
 *   .ts    1.5,1.6,1.7:0.1,0.2,0.3:yes      two dimensions of three steps each, then the label
 *
 * The dimensions of a .ts line come one after the other; the dataset wants them step by step.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "data/number.h"
#include "data/reader.h"

/* Say what a value is that is no number. */
static recur_status fail_value(const recur_reader *r, int64_t line, ri_span value)
{
    value = ri_reader_trim(value);
    bool is_missing = value.size == 0 || (value.size == 1 && value.bytes[0] == '?') ||
                      (value.size == 3 && strncasecmp(value.bytes, "nan", 3) == 0);
    if (is_missing)
        return ri_lines_fail(&r->lines, line,
                             "a value is missing (\"%.*s\"); wanted a number: fill it in first",
                             (int)value.size, value.bytes);
    return ri_lines_fail(&r->lines, line, "\"%.*s\" is no number that a float can hold; wanted one",
                         (int)(value.size < 40 ? value.size : 40), value.bytes);
}

/* Set how many features there are, or check it. */
static recur_status check_features(recur_reader *r, recur_dataset *d, int64_t line, int64_t n)
{
    if (r->features == 0) r->features = n;
    d->features = r->features;
    if (n == r->features) return RECUR_OK;
    return ri_lines_fail(&r->lines, line,
                         "%" PRId64 " dimension%s; wanted %" PRId64 ", as in the first series", n,
                         n == 1 ? "" : "s", r->features);
}

/* ---- .ts: the lines before the data ---- */

static bool begins(ri_span line, const char *word)
{
    size_t n = strlen(word);
    return line.size >= n && strncasecmp(line.bytes, word, n) == 0 &&
           (line.size == n || line.bytes[n] == ' ' || line.bytes[n] == '\t');
}

static bool says_true(ri_span line, const char *word)
{
    if (!begins(line, word)) return false;
    size_t n = strlen(word);
    return begins(ri_reader_trim((ri_span){line.bytes + n, line.size - n}), "true");
}

static recur_status read_declaration(recur_reader *r, ri_span line)
{
    if (begins(line, "@data")) r->ts_in_data = true;
    if (says_true(line, "@timestamps"))
        return ri_lines_fail(&r->lines, r->lines.number, "the series have time stamps; wanted values alone");
    if (says_true(line, "@targetlabel"))
        return ri_lines_fail(&r->lines, r->lines.number,
                             "the series have numbers to predict; wanted classes");
    if (!begins(line, "@classlabel")) return RECUR_OK;
    r->ts_is_labelled = says_true(line, "@classlabel");
    if (!r->ts_is_labelled && !r->source.bare)
        return ri_lines_fail(&r->lines, r->lines.number, "the series have no labels; wanted some");
    return RECUR_OK;
}

static recur_status begin_ts(recur_reader *r, recur_dataset *d, bool *found)
{
    (void)d;
    r->ts_in_data = false;
    r->ts_is_labelled = !r->source.bare;
    *found = true;
    return RECUR_OK;
}

/* Find the next line of data. Where no labels are read an empty one is an item. */
static recur_status next_series(recur_reader *r, ri_span *line, bool *found)
{
    for (;;) {
        recur_status status = ri_lines_next(&r->lines, line, found);
        if (status != RECUR_OK || !*found) return status;
        *line = ri_reader_trim(*line);
        char first = line->size > 0 ? line->bytes[0] : '\0';
        if (first == '#') continue;
        if (first == '@' && !r->ts_in_data) {
            status = read_declaration(r, *line);
            if (status != RECUR_OK) return status;
        } else if (first != '\0' || r->source.bare) {
            r->ts_in_data = true;
            return RECUR_OK;
        }
    }
}

/* ---- .ts: the data ---- */

/* Read the values of one dimension behind those in r->values. */
static recur_status read_dimension(recur_reader *r, ri_span text)
{
    for (size_t at = 0;;) {
        const char *comma = at < text.size ? memchr(text.bytes + at, ',', text.size - at) : NULL;
        size_t      end = comma ? (size_t)(comma - text.bytes) : text.size;
        ri_span     cell = {text.bytes + at, end - at};
        float      *value = ri_vec_add(&r->ctx->allocator, &r->values, 1, sizeof *value);
        if (!value) return ri_no_memory(r->ctx, "a series");
        if (!ri_number_parse(cell, value)) return fail_value(r, r->lines.number, cell);
        if (!comma) return RECUR_OK;
        at = end + 1;
    }
}

/* Read all dimensions of a text and count them; each has as many steps as the first. */
static recur_status read_dimensions(recur_reader *r, ri_span text, int64_t *n)
{
    int64_t steps = 0;
    *n = 0;
    r->values.n = 0;
    for (size_t at = 0;;) {
        const char  *colon = at < text.size ? memchr(text.bytes + at, ':', text.size - at) : NULL;
        size_t       end = colon ? (size_t)(colon - text.bytes) : text.size;
        int64_t      before = r->values.n;
        recur_status status = read_dimension(r, (ri_span){text.bytes + at, end - at});
        if (status != RECUR_OK) return status;
        if (++*n == 1) steps = r->values.n;
        if (r->values.n - before != steps)
            return ri_lines_fail(&r->lines, r->lines.number,
                                 "dimension %" PRId64 " has %" PRId64 " steps; wanted %" PRId64
                                 ", as many as the first",
                                 *n, r->values.n - before, steps);
        if (!colon) return RECUR_OK;
        at = end + 1;
    }
}

/* Copy r->values [F,steps] into the dataset as rows [steps,F]. */
static recur_status add_rows(recur_reader *r, recur_dataset *d)
{
    int64_t      F = d->features, steps = r->values.n / F;
    const float *from = r->values.data;
    float       *to = ri_vec_add(&r->ctx->allocator, &d->values, r->values.n, sizeof *to);
    if (!to) return ri_no_memory(r->ctx, "a series");
    for (int64_t t = 0; t < steps; t++)
        for (int64_t f = 0; f < F; f++) to[t * F + f] = from[f * steps + t];
    return RECUR_OK;
}

/* Take the label off the end of a line. */
static recur_status take_label(recur_reader *r, recur_dataset *d, ri_span *line, int32_t *label)
{
    size_t n = line->size;
    while (n > 0 && line->bytes[n - 1] != ':') n--;
    if (n == 0)
        return ri_lines_fail(&r->lines, r->lines.number, "no colon; wanted values, a colon and the label");
    ri_span text = {line->bytes + n, line->size - n};
    *line = (ri_span){line->bytes, n - 1};
    return r->source.bare ? RECUR_OK : ri_reader_label(r, d, text, r->lines.number, label);
}

static recur_status read_ts(recur_reader *r, recur_dataset *d, bool *found)
{
    ri_span      line;
    int32_t      label = -1;
    int64_t      n;
    recur_status status = next_series(r, &line, found);
    if (status != RECUR_OK || !*found) return status;
    if (line.size == 0) return ri_dataset_close(d, label, 0);
    if (r->ts_is_labelled) status = take_label(r, d, &line, &label);
    if (status == RECUR_OK) status = read_dimensions(r, line, &n);
    if (status == RECUR_OK) status = check_features(r, d, r->lines.number, n);
    if (status == RECUR_OK) status = add_rows(r, d);
    return status == RECUR_OK ? ri_dataset_close(d, label, 0) : status;
}

const ri_format ri_format_ts = {RECUR_DATA_SERIES, begin_ts, read_ts};

/* ---- CSV: a row per step ---- */

static recur_status begin_csv(recur_reader *r, recur_dataset *d, bool *found)
{
    ri_intern_destroy(&r->ids);
    recur_status status = ri_reader_begin_records(r, r->source.values, r->source.n_values, found);
    if (status != RECUR_OK || !*found) return status;
    if (r->columns.n == 0)
        return ri_lines_fail(&r->lines, r->record.line, "there is no column of values; wanted at least one");
    return check_features(r, d, r->record.line, r->columns.n);
}

static recur_status add_row(recur_reader *r, recur_dataset *d)
{
    const int64_t *columns = r->columns.data;
    float         *row = ri_vec_add(&r->ctx->allocator, &d->values, d->features, sizeof *row);
    if (!row) return ri_no_memory(r->ctx, "a series");
    for (int64_t f = 0; f < d->features; f++) {
        ri_span cell = ri_record_field(&r->record, columns[f]);
        if (!ri_number_parse(cell, &row[f])) return fail_value(r, r->record.line, cell);
    }
    return RECUR_OK;
}

/* Number the series of the row. */
static recur_status read_id(recur_reader *r, int64_t *id)
{
    ri_span name = ri_record_field(&r->record, r->id);
    if (name.size == 0) return ri_lines_fail(&r->lines, r->record.line, "the id is empty");
    *id = ri_intern_add(&r->ids, name);
    return *id < 0 ? ri_no_memory(r->ctx, "the ids of the series") : RECUR_OK;
}

static recur_status read_row_label(recur_reader *r, recur_dataset *d, int32_t *label)
{
    if (r->label < 0) return RECUR_OK;
    return ri_reader_label(r, d, ri_record_field(&r->record, r->label), r->record.line, label);
}

/* Read the rows that follow the first of series `mine`, up to one of another, which then waits. */
static recur_status read_rest(recur_reader *r, recur_dataset *d, int64_t mine, int32_t label)
{
    for (bool found;;) {
        int64_t      id = -1;
        int32_t      again = -1;
        recur_status status = ri_reader_next_record(r, &found);
        if (status != RECUR_OK || !found) return status;
        status = read_id(r, &id);
        if (status != RECUR_OK) return status;
        r->has_record = id != mine;
        if (r->has_record) return RECUR_OK;
        status = read_row_label(r, d, &again);
        if (status == RECUR_OK && again != label)
            status =
                ri_lines_fail(&r->lines, r->record.line,
                              "the label is another than in the rows before; wanted one for each series");
        if (status == RECUR_OK) status = add_row(r, d);
        if (status != RECUR_OK) return status;
    }
}

static recur_status read_csv(recur_reader *r, recur_dataset *d, bool *found)
{
    int32_t      label = -1;
    int64_t      id = -1, n_ids = r->ids.table.n - r->has_record;
    recur_status status = ri_reader_next_record(r, found);
    if (status != RECUR_OK || !*found) return status;
    status = read_id(r, &id);
    if (status == RECUR_OK && id < n_ids)
        status = ri_lines_fail(&r->lines, r->record.line,
                               "series \"%.60s\" had ended before; wanted its rows together",
                               r->ids.table.entries[id].span.bytes);
    d->features = r->features;
    if (status == RECUR_OK) status = read_row_label(r, d, &label);
    if (status == RECUR_OK) status = add_row(r, d);
    if (status == RECUR_OK) status = read_rest(r, d, id, label);
    return status == RECUR_OK ? ri_dataset_close(d, label, 0) : status;
}

const ri_format ri_format_series_csv = {RECUR_DATA_SERIES, begin_csv, read_csv};
