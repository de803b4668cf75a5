/* Readers: which format a file has, one file after the other, item by item, into datasets.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reader.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "text/utf8.h"

/* ---- what is asked for ---- */

static const ri_format *format_of(recur_format format)
{
    switch (format) {
    case RECUR_TSV:
    case RECUR_CSV:
        return &ri_format_table;
    case RECUR_LABEL_FIRST:
        return &ri_format_label_first;
    case RECUR_LINES:
        return &ri_format_lines;
    case RECUR_TS:
        return &ri_format_ts;
    case RECUR_SERIES_CSV:
        return &ri_format_series_csv;
    case RECUR_CONLL:
        return &ri_format_conll;
    case RECUR_FORMAT_DEFAULT:
        break;
    }
    return NULL;
}

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n > m && strcasecmp(path + n - m, ending) == 0;
}

static recur_format resolve(recur_format format, const char *path)
{
    if (format != RECUR_FORMAT_DEFAULT) return format;
    return ends_in(path, ".csv") ? RECUR_CSV : ends_in(path, ".ts") ? RECUR_TS : RECUR_TSV;
}

static recur_status check_columns(recur_ctx *ctx, recur_format format, const recur_source *s)
{
    bool is_table = format == RECUR_TSV || format == RECUR_CSV;
    int  n = is_table ? s->n_text : format == RECUR_SERIES_CSV ? s->n_values : 0;

    const char *const *names = is_table ? s->text : s->values;
    if (n < 0 || (is_table && n == 0))
        return RI_FAIL(ctx, RECUR_EARG, "%d columns of text; wanted at least one (--text)", n);
    for (int i = 0; i < n; i++)
        if (!names || !names[i]) return RI_FAIL(ctx, RECUR_EARG, "column %d of the list is missing", i + 1);
    if ((is_table || format == RECUR_SERIES_CSV) && !s->bare && !s->label)
        return RI_FAIL(ctx, RECUR_EARG, "no column of labels; wanted one (--label)");
    if (format == RECUR_SERIES_CSV && !s->id)
        return RI_FAIL(ctx, RECUR_EARG, "no column says which series a row belongs to; wanted one (--id)");
    if (format == RECUR_LINES && !s->bare)
        return RI_FAIL(ctx, RECUR_EARG, "lines of bare text have no labels; wanted another format");
    return RECUR_OK;
}

static recur_status check_source(recur_ctx *ctx, const recur_source *s, int n_paths, const char *const *paths)
{
    if ((unsigned)s->format > RECUR_CONLL || (unsigned)s->encoding > RECUR_LATIN1 ||
        (unsigned)s->header > RECUR_HEADER_NO || (unsigned)s->rule.unit > RECUR_WORD ||
        (unsigned)s->rule.splitting > RECUR_SPLIT_SPACES || (unsigned)s->rule.letters > RECUR_LETTERS_KEPT)
        return RI_FAIL(ctx, RECUR_EARG, "a choice of the source is none of those there are");
    if (s->rule.unit == RECUR_BYTE && s->rule.letters == RECUR_LETTERS_LOWER)
        return RI_FAIL(ctx, RECUR_EARG, "bytes have no lower-case letters; wanted words or characters");
    const ri_format *first = NULL;
    for (int i = 0; i < n_paths; i++) {
        recur_format     format = resolve(s->format, paths[i]);
        const ri_format *f = format_of(format);
        recur_status     status = check_columns(ctx, format, s);
        if (status != RECUR_OK) return status;
        if (first && f->kind != first->kind)
            return RI_FAIL(ctx, RECUR_EARG, "%.100s and %.100s hold data of different kinds", paths[0],
                           paths[i]);
        first = f;
    }
    return RECUR_OK;
}

recur_status recur_reader_open(recur_ctx *ctx, const recur_source *source, int n_paths,
                               const char *const *paths, recur_reader **reader)
{
    if (!ctx || !reader) return RECUR_EARG;
    *reader = NULL;
    if (!source) return RI_FAIL(ctx, RECUR_EARG, "reading wants a source");
    ri_lines     lines;
    recur_status status = ri_lines_init(&lines, ctx, n_paths, paths, source->encoding);
    if (status == RECUR_OK) status = check_source(ctx, source, n_paths, paths);
    if (status != RECUR_OK) return status;
    recur_reader *r = ri_allocate(&ctx->allocator, 1, sizeof *r);
    if (!r) return ri_no_memory(ctx, "a reader");
    r->ctx = ctx;
    r->source = *source;
    r->lines = lines;
    ri_intern_init(&r->ids, &ctx->allocator);
    *reader = r;
    return RECUR_OK;
}

void recur_reader_close(recur_reader *r)
{
    if (!r) return;
    const recur_allocator *a = &r->ctx->allocator;
    ri_lines_free(&r->lines);
    ri_record_free(a, &r->record);
    ri_vec_free(a, &r->columns);
    ri_vec_free(a, &r->values);
    ri_intern_destroy(&r->ids);
    ri_release(a, r);
}

/* ---- what several formats do ---- */

/* Whether white space stands at a place. size: of what stands there, one byte where it is no text. */
static bool is_space_at(ri_span text, size_t at, size_t *size)
{
    int32_t c;
    *size = ri_utf8_next(text.bytes + at, text.size - at, &c);
    if (*size > 0) return ri_utf8_is_space(c);
    *size = 1;
    return false;
}

ri_span ri_reader_trim(ri_span text)
{
    size_t begin = 0, end, n;
    while (begin < text.size && is_space_at(text, begin, &n)) begin += n;
    end = begin;
    for (size_t at = begin; at < text.size; at += n)
        if (!is_space_at(text, at, &n)) end = at + n;
    return (ri_span){text.bytes + begin, end - begin};
}

recur_status ri_reader_label(recur_reader *r, recur_dataset *dataset, ri_span field, int64_t line,
                             int32_t *label)
{
    recur_status status = r->lines.is_raw ? ri_lines_check(&r->lines, line, field) : RECUR_OK;
    if (status != RECUR_OK) return status;
    ri_span name = ri_reader_trim(field);
    if (name.size == 0) return ri_lines_fail(&r->lines, line, "the label is empty");
    return ri_dataset_name(dataset, name, r->lines.name, line, label);
}

/* ---- from file to file ---- */

static recur_status begin_file(recur_reader *r, recur_dataset *d, bool *found)
{
    recur_status status = ri_lines_open_next(&r->lines, found);
    if (status != RECUR_OK || !*found) return status;
    r->format = resolve(r->source.format, r->lines.paths[r->lines.next - 1]);
    const ri_format *f = format_of(r->format);
    r->lines.is_raw = f->kind == RECUR_DATA_TEXT && d->rule.unit == RECUR_BYTE;
    r->has_record = r->has_header = r->may_have_header = false;
    r->n_skipped = r->n_wordless = 0;
    status = f->begin(r, d, &r->in_file);
    if (r->lines.next == 1) r->first_has_header = r->has_header;
    return status;
}

/* Whether an item's label occurs there alone, and every other label of the items from it on more than once. */
static recur_status looks_like_header(const recur_dataset *d, int64_t item, bool *does)
{
    const int32_t *labels = d->labels.data;
    int64_t       *counts = ri_allocate(&d->ctx->allocator, (size_t)d->names.table.n, sizeof *counts);
    if (!counts) return ri_no_memory(d->ctx, "counting labels");
    for (int64_t i = item; i < d->ends.n; i++) counts[labels[i]]++;
    *does = d->ends.n - item > 2 && counts[labels[item]] == 1;
    for (int64_t k = 0; k < d->names.table.n; k++) *does = *does && (k == labels[item] || counts[k] != 1);
    ri_release(&d->ctx->allocator, counts);
    return RECUR_OK;
}

static void log_empty(const recur_reader *r)
{
    if (r->n_skipped > 0)
        ri_log(r->ctx, "%s: %" PRId64 " empty line%s skipped", r->lines.name, r->n_skipped,
               r->n_skipped == 1 ? "" : "s");
    if (r->n_wordless > 0)
        ri_log(r->ctx, "%s: %" PRId64 " text%s without a word, first in line %" PRId64 "; kept",
               r->lines.name, r->n_wordless, r->n_wordless == 1 ? "" : "s", r->wordless_line);
}

static recur_status end_file(recur_reader *r, recur_dataset *d, int64_t first_item)
{
    r->in_file = false;
    log_empty(r);
    if (!r->is_whole || !r->may_have_header || first_item == d->ends.n) return RECUR_OK;
    bool         does = false;
    recur_status status = looks_like_header(d, first_item, &does);
    if (status != RECUR_OK || !does) return status;
    int32_t label = ((const int32_t *)d->labels.data)[first_item];
    ri_log(r->ctx,
           "%s: the first line is taken as a header, because its label \"%.60s\" occurs in no other "
           "(--no-header)",
           r->lines.name, d->names.table.entries[label].span.bytes);
    ri_dataset_drop_item(d, first_item);
    if (r->lines.next == 1) r->first_has_header = true;
    return RECUR_OK;
}

/* Read items until there are enough of them, or no more. */
static recur_status read_items(recur_reader *r, recur_dataset *d, int64_t max_items, int64_t max_tokens)
{
    int64_t      first = 0; /* item of the open file */
    recur_status status = RECUR_OK;
    bool         found = true;
    while (status == RECUR_OK) {
        int64_t n = d->ends.n;
        if (n > 0 && (n >= max_items || ri_dataset_size(d) >= max_tokens ||
                      (!r->is_whole && r->in_file && !r->has_record && ri_lines_waits(&r->lines))))
            break;
        if (!r->in_file) {
            first = n;
            status = begin_file(r, d, &found);
            if (!found) break;
            if (!r->in_file) continue;
        }
        if (status == RECUR_OK) status = format_of(r->format)->item(r, d, &found);
        if (status == RECUR_OK && !found) status = end_file(r, d, first);
    }
    d->checksum = r->lines.checksum;
    d->has_header = r->first_has_header;
    d->is_stream = r->lines.is_stream;
    return status;
}

static recur_status create_dataset(recur_reader *r, recur_dataset **dataset)
{
    const ri_format *f = format_of(resolve(r->source.format, r->lines.paths[0]));
    return ri_dataset_create(r->ctx, &r->source, f->kind, dataset);
}

recur_status recur_reader_next(recur_reader *r, int64_t max_items, int64_t max_tokens,
                               recur_dataset **dataset)
{
    if (!r || !dataset) return RECUR_EARG;
    *dataset = NULL;
    if (max_items < 1 || max_tokens < 1)
        return RI_FAIL(r->ctx, RECUR_EARG,
                       "at most %" PRId64 " items and %" PRId64 " tokens; wanted positive numbers", max_items,
                       max_tokens);
    if (r->failure.status != RECUR_OK) {
        *ri_ctx_error(r->ctx) = r->failure;
        return r->failure.status;
    }
    recur_dataset *d;
    recur_status   status = create_dataset(r, &d);
    if (status != RECUR_OK) return status;
    status = read_items(r, d, max_items, max_tokens);
    if (status != RECUR_OK) {
        r->failure = *ri_ctx_error(r->ctx);
        ri_dataset_drop_open(d);
        if (d->ends.n > 0) status = RECUR_OK; /* the error comes with the next call */
    }
    if (status == RECUR_OK && d->ends.n > 0)
        *dataset = d;
    else
        recur_dataset_destroy(d);
    return status;
}

recur_status recur_dataset_read(recur_ctx *ctx, const recur_source *source, int n_paths,
                                const char *const *paths, recur_dataset **dataset)
{
    if (!ctx || !dataset) return RECUR_EARG;
    *dataset = NULL;
    recur_reader  *r;
    recur_dataset *d = NULL;
    recur_status   status = recur_reader_open(ctx, source, n_paths, paths, &r);
    if (status != RECUR_OK) return status;
    r->is_whole = true;
    status = create_dataset(r, &d);
    if (status == RECUR_OK) status = read_items(r, d, INT64_MAX, INT64_MAX);
    if (status == RECUR_OK && d->ends.n == 0)
        status = RI_FAIL(ctx, RECUR_EDATA, "%.100s%s; wanted data",
                         n_paths > 1 ? "there are no items in the files given" : r->lines.name,
                         n_paths > 1 ? "" : " holds no items");
    recur_reader_close(r);
    if (status == RECUR_OK)
        *dataset = d;
    else
        recur_dataset_destroy(d);
    return status;
}
