/* Texts: rows of TSV and CSV, lines that begin with their label, and bare lines.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reader.h"
#include "text/utf8.h"

/* Complete a text, and count it if it has a label but no words. */
static recur_status close_text(recur_reader *r, recur_dataset *d, int32_t label, int64_t n_words,
                               int64_t line)
{
    if (label >= 0 && n_words == 0 && r->n_wordless++ == 0) r->wordless_line = line;
    return ri_dataset_close(d, label, n_words);
}

/* ---- rows ---- */

static recur_status begin_table(recur_reader *r, recur_dataset *d, bool *found)
{
    (void)d;
    return ri_reader_begin_records(r, r->source.text, r->source.n_text, found);
}

/* Add the columns of text, joined with a space. */
static recur_status add_columns(recur_reader *r, recur_dataset *d, int64_t *n_words)
{
    const int64_t *columns = r->columns.data;
    for (int64_t i = 0; i < r->columns.n; i++) {
        recur_status status = RECUR_OK;
        if (i > 0) status = ri_dataset_add_text(d, (ri_span){" ", 1}, n_words);
        if (status == RECUR_OK)
            status = ri_dataset_add_text(d, ri_record_field(&r->record, columns[i]), n_words);
        if (status != RECUR_OK) return status;
    }
    return RECUR_OK;
}

static recur_status read_row(recur_reader *r, recur_dataset *d, bool *found)
{
    int32_t label = -1;
    int64_t n_words = 0;
    *found = true;
    if (r->n_empty > 0) {
        r->n_empty--;
        return ri_dataset_close(d, label, 0);
    }
    recur_status status = ri_reader_next_record(r, found);
    if (status != RECUR_OK || !*found) return status;
    if (ri_record_is_empty(&r->record)) return ri_dataset_close(d, label, 0);
    if (r->label >= 0)
        status = ri_reader_label(r, d, ri_record_field(&r->record, r->label), r->record.line, &label);
    if (status == RECUR_OK) status = add_columns(r, d, &n_words);
    return status == RECUR_OK ? close_text(r, d, label, n_words, r->record.line) : status;
}

const ri_format ri_format_table = {RECUR_DATA_TEXT, begin_table, read_row};

/* ---- lines ---- */

static recur_status begin_lines(recur_reader *r, recur_dataset *d, bool *found)
{
    (void)r;
    (void)d;
    *found = true;
    return RECUR_OK;
}

/* Return how many bytes of a text lie before its first white space. */
static size_t first_word(ri_span text)
{
    int32_t c;
    size_t  at = 0;
    for (size_t n; at < text.size; at += n) {
        n = ri_utf8_next(text.bytes + at, text.size - at, &c);
        if (n > 0 && ri_utf8_is_space(c)) break;
        if (n == 0) n = 1;
    }
    return at;
}

static recur_status read_label_first(recur_reader *r, recur_dataset *d, bool *found)
{
    ri_span      line;
    int32_t      label = -1;
    int64_t      n_words = 0;
    recur_status status;
    for (;;) {
        status = ri_lines_next(&r->lines, &line, found);
        if (status != RECUR_OK || !*found) return status;
        line = ri_reader_trim(line);
        if (line.size > 0) break;
        if (r->source.bare) return ri_dataset_close(d, label, 0);
        r->n_skipped++;
    }
    size_t n = first_word(line);
    if (!r->source.bare) status = ri_reader_label(r, d, (ri_span){line.bytes, n}, r->lines.number, &label);
    ri_span text = ri_reader_trim((ri_span){line.bytes + n, line.size - n});
    if (status == RECUR_OK) status = ri_dataset_add_text(d, text, &n_words);
    return status == RECUR_OK ? close_text(r, d, label, n_words, r->lines.number) : status;
}

const ri_format ri_format_label_first = {RECUR_DATA_TEXT, begin_lines, read_label_first};

static recur_status read_line(recur_reader *r, recur_dataset *d, bool *found)
{
    ri_span      line;
    int64_t      n_words = 0;
    recur_status status = ri_lines_next(&r->lines, &line, found);
    if (status != RECUR_OK || !*found) return status;
    status = ri_dataset_add_text(d, line, &n_words);
    return status == RECUR_OK ? ri_dataset_close(d, -1, n_words) : status;
}

const ri_format ri_format_lines = {RECUR_DATA_TEXT, begin_lines, read_line};
