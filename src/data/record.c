/* Records. A row of TSV is a line cut at its tabs. A row of CSV may run over several lines (RFC 4180, Shafranovich 2005); its
 * fields are copied together, since a line is gone when the next is read.
 *
 * SPDX-License-Identifier: MIT */
#include "data/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct ri_field {
    size_t begin, size; /* from the record's base */
} ri_field;

static recur_status no_memory(const ri_lines *lines)
{
    return ri_no_memory(lines->ctx, "a row");
}

static recur_status add_field(const ri_lines *lines, ri_record *r, size_t begin, size_t size)
{
    ri_field *f = ri_vec_add(&lines->ctx->allocator, &r->fields, 1, sizeof *f);
    if (!f) return no_memory(lines);
    *f = (ri_field){begin, size};
    return RECUR_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static recur_status split_blanks(const ri_lines *lines, ri_record *r, ri_span line)
{
    recur_status status = RECUR_OK;
    for (size_t at = 0, end; at < line.size && status == RECUR_OK; at = end) {
        for (end = at; end < line.size && is_blank(line.bytes[end]) == is_blank(line.bytes[at]);) end++;
        if (!is_blank(line.bytes[at])) status = add_field(lines, r, at, end - at);
    }
    return status;
}

static recur_status split_tabs(const ri_lines *lines, ri_record *r, ri_span line)
{
    for (size_t at = 0;;) {
        const char  *tab = at < line.size ? memchr(line.bytes + at, '\t', line.size - at) : NULL;
        size_t       end = tab ? (size_t)(tab - line.bytes) : line.size;
        recur_status status = add_field(lines, r, at, end - at);
        if (status != RECUR_OK || !tab) return status;
        at = end + 1;
    }
}

/* ---- CSV ---- */

/* A place in a record's lines. */
typedef struct csv {
    ri_lines  *lines;
    ri_record *record;
    ri_span    line;
    size_t     at;
} csv;

static recur_status copy(csv *c, const char *bytes, size_t n)
{
    char *to = ri_vec_add(&c->lines->ctx->allocator, &c->record->copy, (int64_t)n, 1);
    if (!to) return no_memory(c->lines);
    if (n > 0) memcpy(to, bytes, n);
    return RECUR_OK;
}

static recur_status plain_field(csv *c)
{
    const char *from = c->line.bytes + c->at;
    size_t      left = c->line.size - c->at;
    const char *comma = left ? memchr(from, ',', left) : NULL;
    size_t      n = comma ? (size_t)(comma - from) : left;
    if (n > 0 && memchr(from, '"', n))
        return ri_lines_fail(
            c->lines, c->lines->number,
            "a quote inside a field that does not begin with one; wanted the field quoted and "
            "the quote doubled");
    c->at += n;
    return copy(c, from, n);
}

/* The line ends inside quotes: so does not the field. */
static recur_status go_on(csv *c, int64_t opened)
{
    bool         found;
    recur_status status = copy(c, "\n", 1);
    if (status == RECUR_OK) status = ri_lines_next(c->lines, &c->line, &found);
    if (status != RECUR_OK) return status;
    c->at = 0;
    if (found && (size_t)c->record->copy.n <= c->lines->longest) return RECUR_OK;
    if (found)
        return ri_lines_fail(c->lines, opened, "the quote that opens here is not closed before %zu MiB",
                             c->lines->longest >> 20);
    return ri_lines_fail(c->lines, opened,
                         "the quote that opens here is not closed before the end of the file");
}

static recur_status quoted_field(csv *c)
{
    int64_t opened = c->lines->number;
    c->at++;
    for (;;) {
        const char  *from = c->line.bytes + c->at;
        size_t       left = c->line.size - c->at;
        const char  *quote = left ? memchr(from, '"', left) : NULL;
        size_t       n = quote ? (size_t)(quote - from) : left;
        recur_status status = copy(c, from, n);
        if (status == RECUR_OK && !quote) status = go_on(c, opened);
        if (status != RECUR_OK) return status;
        if (!quote) continue;
        c->at += n + 1;
        if (c->at == c->line.size || c->line.bytes[c->at] == ',') return RECUR_OK;
        if (c->line.bytes[c->at] != '"')
            return ri_lines_fail(c->lines, c->lines->number,
                                 "a character after a closing quote; wanted a comma or the line's end");
        status = copy(c, "\"", 1);
        if (status != RECUR_OK) return status;
        c->at++;
    }
}

static recur_status split_csv(ri_lines *lines, ri_record *r, ri_span line)
{
    csv c = {.lines = lines, .record = r, .line = line};
    r->copy.n = 0;
    for (;; c.at++) {
        size_t       begin = (size_t)r->copy.n;
        bool         is_quoted = c.at < c.line.size && c.line.bytes[c.at] == '"';
        recur_status status = is_quoted ? quoted_field(&c) : plain_field(&c);
        if (status == RECUR_OK) status = add_field(lines, r, begin, (size_t)r->copy.n - begin);
        if (status != RECUR_OK) return status;
        if (c.at == c.line.size) break;
    }
    r->base = r->copy.data;
    return RECUR_OK;
}

/* ---- both ---- */

recur_status ri_record_split(const ri_lines *lines, ri_record *record, ri_span line, bool at_tabs)
{
    record->fields.n = 0;
    record->line = lines->number;
    record->base = line.bytes;
    return at_tabs ? split_tabs(lines, record, line) : split_blanks(lines, record, line);
}

recur_status ri_record_next(ri_lines *lines, bool is_csv, ri_record *record, bool *found)
{
    ri_span      line;
    recur_status status = ri_lines_next(lines, &line, found);
    if (status != RECUR_OK || !*found) return status;
    if (!is_csv) return ri_record_split(lines, record, line, true);
    record->fields.n = 0;
    record->line = lines->number;
    return split_csv(lines, record, line);
}

void ri_record_free(const recur_allocator *a, ri_record *record)
{
    ri_vec_free(a, &record->fields);
    ri_vec_free(a, &record->copy);
}

ri_span ri_record_field(const ri_record *record, int64_t i)
{
    ri_field f = ((const ri_field *)record->fields.data)[i];
    return (ri_span){record->base + f.begin, f.size};
}

bool ri_record_is_empty(const ri_record *record)
{
    return record->fields.n == 1 && ri_record_field(record, 0).size == 0;
}

recur_status ri_record_check(const ri_lines *lines, const ri_record *record, int64_t n)
{
    if (record->fields.n == n) return RECUR_OK;
    return ri_lines_fail(lines, record->line,
                         "%" PRId64 " column%s; wanted %" PRId64 ", as in the first line", record->fields.n,
                         record->fields.n == 1 ? "" : "s", n);
}

/* ---- columns ---- */

bool ri_record_is_number(const char *column)
{
    return *column && column[strspn(column, "0123456789")] == '\0';
}

/* Say which columns there are. */
static recur_status fail_missing(const ri_lines *lines, const ri_record *record, const char *column)
{
    char   names[200] = "";
    size_t used = 0;
    for (int64_t i = 0; i < record->fields.n && used < sizeof names; i++) {
        ri_span name = ri_record_field(record, i);
        int     n = name.size < 40 ? (int)name.size : 40;
        int     w = snprintf(names + used, sizeof names - used, "%s%.*s", i ? ", " : "", n, name.bytes);
        used += w > 0 ? (size_t)w : 0;
    }
    return ri_lines_fail(lines, record->line, "there is no column \"%.60s\"; found %s%s", column, names,
                         used >= sizeof names ? " ..." : "");
}

static recur_status find_name(const ri_lines *lines, const ri_record *record, const char *column,
                              int64_t *index)
{
    size_t size = strlen(column);
    *index = -1;
    for (int64_t i = 0; i < record->fields.n; i++) {
        ri_span name = ri_record_field(record, i);
        if (name.size != size || memcmp(name.bytes, column, size) != 0) continue;
        if (*index >= 0)
            return ri_lines_fail(lines, record->line,
                                 "columns %" PRId64 " and %" PRId64
                                 " are both named \"%.60s\"; wanted a number",
                                 *index + 1, i + 1, column);
        *index = i;
    }
    return *index < 0 ? fail_missing(lines, record, column) : RECUR_OK;
}

recur_status ri_record_column(const ri_lines *lines, const ri_record *record, bool has_header,
                              const char *column, int64_t *index)
{
    if (!ri_record_is_number(column)) {
        if (has_header) return find_name(lines, record, column, index);
        return RI_FAIL(lines->ctx, RECUR_EARG,
                       "column \"%.60s\" has a name, but there is no header; wanted a number from 1", column);
    }
    int64_t number = strlen(column) < 10 ? strtol(column, NULL, 10) : INT64_MAX;
    if (number < 1) return RI_FAIL(lines->ctx, RECUR_EARG, "there is no column 0; columns count from 1");
    if (number > record->fields.n)
        return ri_lines_fail(lines, record->line, "there is no column %.20s; found %" PRId64 " columns",
                             column, record->fields.n);
    *index = number - 1;
    return RECUR_OK;
}
