/* CoNLL: a word per line with its columns, an empty line after each sentence. Which lines are words, comments or neither is
 * told in recur/dataset.h.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "data/reader.h"

enum { LONGEST_SENTENCE = 1000000, LONG_SENTENCE = 10000, CONLLU_COLUMNS = 10, FORM = 1, UPOS = 3 };

/* A sentence while it is read. */
typedef struct sentence {
    int64_t n;    /* words */
    int64_t line; /* of the first */
} sentence;

static recur_status begin(recur_reader *r, recur_dataset *d, bool *found)
{
    (void)d;
    r->n_fields = 0;
    *found = true;
    return RECUR_OK;
}

/* ---- columns ---- */

static int64_t number_of(const char *column)
{
    static const char *const names[CONLLU_COLUMNS] = {"ID",    "FORM", "LEMMA",  "UPOS", "XPOS",
                                                      "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"};
    for (int i = 0; i < CONLLU_COLUMNS; i++)
        if (strcasecmp(column, names[i]) == 0) return i + 1;
    return 0;
}

static recur_status find_column(const recur_reader *r, const char *column, int64_t preset, int64_t *index)
{
    char number[24];
    *index = preset;
    if (!column) return RECUR_OK;
    if (!ri_record_is_number(column)) {
        int64_t n = number_of(column);
        if (n == 0)
            return RI_FAIL(
                r->ctx, RECUR_EARG,
                "there is no column \"%.60s\"; wanted a number from 1 or a name of CoNLL-U (FORM, UPOS)",
                column);
        snprintf(number, sizeof number, "%" PRId64, n);
        column = number;
    }
    return ri_record_column(&r->lines, &r->record, false, column, index);
}

/* Learn from the first word line where the columns are. */
static recur_status find_columns(recur_reader *r, bool is_tabbed)
{
    int64_t      n = r->record.fields.n, token, tag = -1;
    bool         is_conllu = n == CONLLU_COLUMNS;
    const char  *column = r->source.bare && n == 1 ? NULL : r->source.token; /* words alone */
    recur_status status = find_column(r, column, is_conllu ? FORM : 0, &token);
    if (status == RECUR_OK && !r->source.bare)
        status = find_column(r, r->source.tag, is_conllu ? UPOS : n - 1, &tag);
    if (status == RECUR_OK && token == tag)
        status =
            ri_lines_fail(&r->lines, r->lines.number,
                          "words and tags are both in column %" PRId64 "; wanted two columns", token + 1);
    r->columns.n = 0;
    if (status == RECUR_OK && !(ri_vec_add_int64(&r->ctx->allocator, &r->columns, token) &&
                                ri_vec_add_int64(&r->ctx->allocator, &r->columns, tag)))
        status = ri_no_memory(r->ctx, "columns");
    if (status != RECUR_OK) return status;
    r->n_fields = n;
    r->is_tabbed = is_tabbed;
    return RECUR_OK;
}

/* ---- lines ---- */

static bool is_comment(const recur_reader *r, const sentence *s, ri_span line)
{
    if (line.bytes[0] != '#' || memchr(line.bytes, '\t', line.size)) return false;
    if (r->n_fields == 0) return line.size > 1 && line.bytes[1] == ' ';
    return r->is_tabbed || (s->n == 0 && r->record.fields.n != r->n_fields);
}

/* Whether the first of ten columns is a range (1-2) or the number of an empty node (1.1). */
static bool is_no_word(const recur_reader *r, ri_span first)
{
    if (r->record.fields.n != CONLLU_COLUMNS) return false;
    int    n_marks = 0;
    size_t i = 0;
    for (; i < first.size; i++) {
        char c = first.bytes[i];
        n_marks += c == '-' || c == '.';
        if (c != '-' && c != '.' && (c < '0' || c > '9')) return false;
    }
    return n_marks == 1 && first.size > 2 && first.bytes[0] >= '0' && first.bytes[first.size - 1] >= '0';
}

static bool is_skipped(const recur_reader *r, const sentence *s, ri_span line)
{
    static const char start[] = "-DOCSTART-";
    ri_span           first = ri_record_field(&r->record, 0);
    return is_comment(r, s, line) || is_no_word(r, first) ||
           (first.size == strlen(start) && memcmp(first.bytes, start, first.size) == 0);
}

static recur_status add_word(recur_reader *r, recur_dataset *d, sentence *s)
{
    int64_t        number = r->lines.number;
    const int64_t *columns = r->columns.data;
    ri_span        form = ri_reader_trim(ri_record_field(&r->record, columns[0]));
    if (form.size == 0) return ri_lines_fail(&r->lines, number, "the word is empty");
    if (s->n++ == 0) s->line = number;
    if (s->n > LONGEST_SENTENCE)
        return ri_lines_fail(
            &r->lines, s->line,
            "the sentence that begins here has more than 1,000,000 words; wanted an empty line "
            "after each sentence");
    recur_status status = ri_dataset_add_token(d, form);
    if (status != RECUR_OK || columns[1] < 0) return status;
    ri_span tag = ri_reader_trim(ri_record_field(&r->record, columns[1]));
    if (tag.size == 0) return ri_lines_fail(&r->lines, number, "the tag is empty");
    return ri_dataset_add_tag(d, tag, r->lines.name, number);
}

/* Read a line that is not empty. token is the place of its word, -1 if it is none. */
static recur_status read_line(recur_reader *r, recur_dataset *d, ri_span line, sentence *s, int64_t *token)
{
    bool         is_tabbed = r->n_fields > 0 ? r->is_tabbed : memchr(line.bytes, '\t', line.size) != NULL;
    recur_status status = ri_record_split(&r->lines, &r->record, line, is_tabbed);
    *token = -1;
    if (status != RECUR_OK || is_skipped(r, s, line)) return status;
    if (r->n_fields == 0) status = find_columns(r, is_tabbed);
    if (status == RECUR_OK && r->record.fields.n != r->n_fields)
        status = ri_lines_fail(&r->lines, r->lines.number,
                               "%" PRId64 " column%s; wanted %" PRId64 ", as in the first word line",
                               r->record.fields.n, r->record.fields.n == 1 ? "" : "s", r->n_fields);
    *token = s->n;
    return status == RECUR_OK ? add_word(r, d, s) : status;
}

static recur_status close(recur_reader *r, recur_dataset *d, const sentence *s)
{
    if (s->n > LONG_SENTENCE)
        ri_log(r->ctx,
               "%s, line %" PRId64 ": a sentence of %" PRId64 " words begins here; are empty lines missing?",
               r->lines.name, s->line, s->n);
    return ri_dataset_close(d, -1, s->n);
}

static recur_status read_sentence(recur_reader *r, recur_dataset *d, bool *found)
{
    sentence s = {0};
    int64_t  n_kept = d->kept_lines.n;
    for (;;) {
        ri_span      line;
        int64_t      token = -1;
        recur_status status = ri_lines_next(&r->lines, &line, found);
        if (status != RECUR_OK) return status;
        if (!*found) {
            *found = s.n > 0 || d->kept_lines.n > n_kept;
            return *found ? close(r, d, &s) : RECUR_OK;
        }
        bool is_empty = ri_reader_trim(line).size == 0;
        if (!is_empty) status = read_line(r, d, line, &s, &token);
        if (status == RECUR_OK && r->source.keep_lines) status = ri_dataset_keep_line(d, line, token);
        if (status != RECUR_OK) return status;
        if (is_empty && s.n > 0) return close(r, d, &s);
    }
}

const ri_format ri_format_conll = {RECUR_DATA_TAGGED, begin, read_sentence};
