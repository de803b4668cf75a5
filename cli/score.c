/* recur score classify and tag: the metrics of labels and tags in plain files, whoever predicted them. Texts are in score_seq.c.
 *
 * Both commands walk over two files in step and stop where they do not fit together, with file and line.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "lines.h"
#include "memory.h"
#include "metrics.h"
#include "rows.h"

static int open_both(app *a, const options *o)
{
    if (o->n_args < 2)
        return output_error(a, RECUR_EARG, "recur score wants GOLD and PREDICTED, found one file");
    if (strcmp(o->args[0], "-") == 0 && strcmp(o->args[1], "-") == 0)
        return output_error(a, RECUR_EARG, "stdin is GOLD and PREDICTED; it can be read once");
    return app_open(a, o);
}

/* ---- classify: one label on each line ---- */

static const option class_rows[] = {
    ROW_BY_LENGTH("accuracy"),
    ROW_END,
};

static const option_group        class_group = {"Scores", class_rows};
static const option_group *const class_groups[] = {&class_group, &common_group, NULL};

/* A line: the label ends at the first tab. */
typedef struct label_line {
    slice label, rest;
    bool  has_rest;
} label_line;

/* Read the next line. Returns an exit code, the error said; *found is false at the end. */
static int next_label(app *a, line_file *f, label_line *l, bool *found)
{
    slice line;
    int   code = lines_next(a, f, &line, found);
    if (code || !*found) return code;
    const char *tab = memchr(line.bytes, '\t', line.size);
    *l = (label_line){.label = line, .has_rest = tab};
    if (tab) {
        l->label.size = (size_t)(tab - line.bytes);
        l->rest = (slice){tab + 1, line.size - l->label.size - 1};
    }
    if (l->label.size == 0)
        return output_error(a, RECUR_EDATA, "%s:%" PRId64 ": no label; wanted one on every line", f->name,
                            f->line);
    return RECUR_OK;
}

typedef struct class_job {
    line_file           gold, predicted;
    recur_vocab        *words; /* counts words; NULL: nobody asks for lengths */
    recur_class_scorer *scorer;
} class_job;

/* Count the words behind the label. */
static int count_words(app *a, const class_job *j, const label_line *l, int64_t *n)
{
    *n = 0;
    if (!j->words) return RECUR_OK;
    if (!l->has_rest)
        return output_error(a, RECUR_EDATA,
                            "%s:%" PRId64 ": a label alone; --by-length wants its text after it and a tab",
                            j->gold.name, j->gold.line);
    if (recur_vocab_encode(a->ctx, j->words, l->rest.bytes, l->rest.size, NULL, n, NULL))
        return output_error(a, RECUR_EDATA,
                            "%s:%" PRId64 ": text that is not UTF-8; its words cannot be counted",
                            j->gold.name, j->gold.line);
    return RECUR_OK;
}

static int count_item(app *a, class_job *j, const label_line *g, const label_line *p)
{
    int32_t gold, predicted;
    int64_t words;
    int     code = count_words(a, j, g, &words);
    if (code) return code;
    recur_status status = recur_class_scorer_label(j->scorer, g->label.bytes, g->label.size, &gold);
    if (!status) status = recur_class_scorer_label(j->scorer, p->label.bytes, p->label.size, &predicted);
    if (!status) status = recur_class_scorer_add(j->scorer, gold, predicted, words);
    return status ? output_failure(a, status) : RECUR_OK;
}

static int count_items(app *a, class_job *j)
{
    for (;;) {
        label_line g, p;
        bool       has_g, has_p;
        int        code = next_label(a, &j->gold, &g, &has_g);
        if (!code) code = next_label(a, &j->predicted, &p, &has_p);
        if (code) return code;
        if (has_g != has_p) {
            const line_file *shorter = has_g ? &j->predicted : &j->gold,
                            *longer = has_g ? &j->gold : &j->predicted;
            return output_error(a, RECUR_EDATA,
                                "%s ends after line %" PRId64 " and %s goes on with %s:%" PRId64
                                "; wanted as many lines in both",
                                shorter->name, shorter->line, longer->name, longer->name, longer->line);
        }
        if (!has_g) return RECUR_OK;
        code = count_item(a, j, &g, &p);
        if (code) return code;
    }
}

static recur_status open_class_job(app *a, const options *o, const int64_t *edges, int64_t n_edges,
                                   class_job *j)
{
    const char  *any_word = "a"; /* the others are unknown to the vocabulary, and counted all the same */
    recur_status status = lines_open(a, o->args[0], &j->gold);
    if (!status) status = lines_open(a, o->args[1], &j->predicted);
    if (!status && n_edges)
        status = recur_vocab_build(a->ctx, RECUR_WORD, 1, &any_word, &(size_t){1}, NULL, &j->words);
    if (!status)
        status = recur_class_scorer_create(a->ctx, &(recur_scorer_opts){.n_edges = n_edges, .edges = edges},
                                           &j->scorer);
    return status;
}

static int report_classes(app *a, const class_job *j)
{
    enum { MANY = 1000 };
    recur_class_report r;
    recur_status       status = recur_class_scorer_report(j->scorer, &r);
    if (status) return output_failure(a, status);
    if (r.n_classes >= MANY)
        progress_say(
            a, "note: %" PRId64 " different labels in %" PRId64 " items; is the label the first column?",
            r.n_classes, r.items);
    if (a->json)
        output_json(a, metrics_json_classes(&r));
    else
        metrics_print_classes(a, &r);
    return RECUR_OK;
}

static int score_classify(app *a, options *o)
{
    int64_t   edges[OPTION_MAX_NUMBERS], n_edges;
    class_job j = {0};
    int       code = metrics_edges(a, o, edges, &n_edges);
    if (!code) code = open_both(a, o);
    if (code) return code;
    recur_status status = open_class_job(a, o, edges, n_edges, &j);
    code = status ? output_failure(a, status) : count_items(a, &j);
    if (!code) code = report_classes(a, &j);
    recur_class_scorer_destroy(j.scorer);
    recur_vocab_destroy(j.words);
    lines_close(a, &j.gold);
    lines_close(a, &j.predicted);
    return code;
}

const command score_classify_command = {
    .name = "score classify",
    .synopsis = "GOLD PREDICTED [options]",
    .brief = "",
    .summary = "accuracy, F1 and confusion of predicted labels",
    .notes =
        "Both files have a label on each line; what follows it after a tab is not looked at, such as the\n"
        "probabilities that recur predict writes. --by-length counts the words that follow it in GOLD.\n",
    .groups = class_groups,
    .args = "GOLD PREDICTED",
    .run = score_classify,
};

/* ---- tag: a tag in a column of each line, empty lines between sentences ---- */

static const option tag_rows[] = {
    {.name = "tag",
     .form = "COLUMN",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "the last",
     .help = "column of the tag in GOLD: a number from 1 or a name of CoNLL-U"},
    {.name = "predicted-tag",
     .form = "COLUMN",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "the last",
     .help = "column of the tag in PREDICTED"},
    ROW_END,
};

static const option_group        tag_group = {"Scores", tag_rows};
static const option_group *const tag_groups[] = {&tag_group, &common_group, NULL};

enum { PIECE_ITEMS = 1000, PIECE_TOKENS = 100000, MAX_COLUMN = 1000000 };

/* A file of tagged words, read piece by piece. The reader decides what is a word, a comment or the end of a sentence; the tag is cut from
 * the word's line here, since the file may hold nothing but tags. */
typedef struct tag_file {
    const char    *path, *name;
    int64_t        column;              /* 0: the last */
    bool           is_split, is_tabbed; /* as the first word's line says: columns between tabs */
    recur_reader  *reader;
    recur_dataset *piece;
    int64_t        item;       /* of the piece: the next one */
    int64_t        line, read; /* of the sentence's first word; read so far */
    int32_t       *tags;       /* [n] */
    int64_t        n, capacity;
} tag_file;

typedef struct tag_job {
    tag_file          gold, predicted;
    recur_tag_scorer *scorer;
} tag_job;

/* Take the number of a column, which may have a name in CoNLL-U; 0 where none is given. */
static int take_column(app *a, const options *o, const char *label, int64_t *column)
{
    static const char *const names[] = {"ID",    "FORM", "LEMMA",  "UPOS", "XPOS",
                                        "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"};
    const char              *text = options_text(o, label);
    char                    *end;
    *column = 0;
    if (!text) return RECUR_OK;
    for (int i = 0; i < 10; i++)
        if (strcmp(text, names[i]) == 0) *column = i + 1;
    if (*column) return RECUR_OK;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end || number < 1 || number > MAX_COLUMN)
        return output_error(a, RECUR_EARG,
                            "--%s wants a number from 1 to %d or a name of CoNLL-U such as UPOS, found '%s'",
                            label, MAX_COLUMN, text);
    *column = number;
    return RECUR_OK;
}

static recur_status open_tags(app *a, const char *path, tag_file *f)
{
    static const recur_source source = {.format = RECUR_CONLL, .bare = true, .keep_lines = true};
    f->path = path;
    f->name = lines_name(path);
    return recur_reader_open(a->ctx, &source, 1, &f->path, &f->reader);
}

static void close_tags(tag_file *f)
{
    recur_dataset_destroy(f->piece);
    recur_reader_close(f->reader);
    free(f->tags);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Find a column of a line, the last one for 0. It is empty where there is none. */
static slice find_column(slice line, int64_t column, bool is_tabbed)
{
    slice  found = {line.bytes, 0};
    size_t at = 0;
    for (int64_t i = 1; at <= line.size && (column == 0 || i <= column); i++) {
        while (at < line.size && (is_tabbed ? line.bytes[at] == ' ' : is_blank(line.bytes[at]))) at++;
        size_t begin = at;
        while (at < line.size && (is_tabbed ? line.bytes[at] != '\t' : !is_blank(line.bytes[at]))) at++;
        if (!is_tabbed && at == begin) break; /* blanks at the end */
        if (column == 0 || i == column) found = (slice){line.bytes + begin, at - begin};
        at++;
    }
    while (found.size > 0 && is_blank(found.bytes[found.size - 1])) found.size--;
    return found;
}

/* Take the tag of the word in a line. */
static int take_tag(app *a, tag_job *j, tag_file *f, slice line)
{
    if (!f->is_split) f->is_tabbed = memchr(line.bytes, '\t', line.size);
    f->is_split = true;
    slice tag = find_column(line, f->column, f->is_tabbed);
    if (tag.size == 0 && f->column)
        return output_error(a, RECUR_EDATA, "%s:%" PRId64 ": no tag in column %" PRId64, f->name, f->read,
                            f->column);
    if (tag.size == 0)
        return output_error(a, RECUR_EDATA, "%s:%" PRId64 ": no tag in the last column", f->name, f->read);
    if (f->n == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 64;
        f->tags = need_more(f->tags, (size_t)f->capacity, sizeof *f->tags);
    }
    recur_status status = recur_tag_scorer_tag(j->scorer, tag.bytes, tag.size, &f->tags[f->n]);
    if (status) return output_failure(a, status);
    if (f->n++ == 0) f->line = f->read;
    return RECUR_OK;
}

/* Take the tags of an item; without words it has none. */
static int take_item(app *a, tag_job *j, tag_file *f)
{
    slice   line;
    int64_t token;
    int     code = RECUR_OK;
    for (int64_t k = 0; !code; k++) {
        line.bytes = recur_dataset_line(f->piece, f->item, k, &line.size, &token);
        if (!line.bytes) break;
        f->read++;
        if (token >= 0) code = take_tag(a, j, f, line);
    }
    f->item++;
    return code;
}

/* Read the next sentence that has words. f->n is 0 at the end. */
static int next_sentence(app *a, tag_job *j, tag_file *f)
{
    int code = RECUR_OK;
    f->n = 0;
    while (!code && f->n == 0) {
        if (!f->piece || f->item == recur_dataset_items(f->piece)) {
            recur_dataset_destroy(f->piece);
            f->item = 0;
            recur_status status = recur_reader_next(f->reader, PIECE_ITEMS, PIECE_TOKENS, &f->piece);
            if (status) return output_failure(a, status);
            if (!f->piece) return RECUR_OK;
        }
        code = take_item(a, j, f);
    }
    return code;
}

static int unequal(app *a, const tag_job *j, int64_t n_sentences)
{
    const tag_file *g = &j->gold, *p = &j->predicted;
    if (g->n && p->n)
        return output_error(a, RECUR_EDATA,
                            "%s:%" PRId64 ": a sentence of %" PRId64 " words begins here, in %s:%" PRId64
                            " one of %" PRId64 "; wanted as many",
                            g->name, g->line, g->n, p->name, p->line, p->n);
    const tag_file *shorter = g->n ? p : g, *longer = g->n ? g : p;
    return output_error(a, RECUR_EDATA,
                        "%s ends after %" PRId64 " sentences and %s goes on with %s:%" PRId64
                        "; wanted as many in both",
                        shorter->name, n_sentences, longer->name, longer->name, longer->line);
}

static int count_sentences(app *a, tag_job *j)
{
    for (int64_t n = 0;; n++) {
        int code = next_sentence(a, j, &j->gold);
        if (!code) code = next_sentence(a, j, &j->predicted);
        if (!code && j->gold.n != j->predicted.n) code = unequal(a, j, n);
        if (!code && j->gold.n == 0 && n == 0)
            code = output_error(a, RECUR_EDATA, "%s is empty; wanted tagged words", j->gold.name);
        if (code || j->gold.n == 0) return code;
        recur_status status = recur_tag_scorer_add(j->scorer, j->gold.n, j->gold.tags, j->predicted.tags);
        if (status) return output_failure(a, status);
    }
}

static int report_tags(app *a, const tag_job *j)
{
    recur_tag_report r;
    recur_status     status = recur_tag_scorer_report(j->scorer, &r);
    if (status) return output_failure(a, status);
    if (a->json)
        output_json(a, metrics_json_tags(a, &r));
    else
        metrics_print_tags(a, &r);
    return RECUR_OK;
}

static int score_tag(app *a, options *o)
{
    tag_job j = {0};
    int     code = take_column(a, o, "tag", &j.gold.column);
    if (!code) code = take_column(a, o, "predicted-tag", &j.predicted.column);
    if (!code) code = open_both(a, o);
    if (code) return code;
    recur_status status = recur_tag_scorer_create(a->ctx, NULL, &j.scorer);
    if (!status) status = open_tags(a, o->args[0], &j.gold);
    if (!status) status = open_tags(a, o->args[1], &j.predicted);
    code = status ? output_failure(a, status) : count_sentences(a, &j);
    if (!code) code = report_tags(a, &j);
    close_tags(&j.predicted);
    close_tags(&j.gold);
    recur_tag_scorer_destroy(j.scorer);
    return code;
}

const command score_tag_command = {
    .name = "score tag",
    .synopsis = "GOLD PREDICTED [options]",
    .brief = "",
    .summary = "accuracy and spans of predicted tags, as conlleval and seqeval count",
    .notes = "Both files have columns, a word on each line and an empty line between sentences (CoNLL). "
             "Spans are\n"
             "scored where all tags of GOLD are O or have B-, I-, E- or S- in front; others are scored one "
             "by one.\n",
    .groups = tag_groups,
    .args = "GOLD PREDICTED",
    .run = score_tag,
};
