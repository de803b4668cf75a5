/* Tables are in the order of what is most frequent, and end where a screen would; JSON has everything, by name.
 * SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { MOST_ROWS = 30, MOST_MATRIX = 12, MOST_MISTAKES = 10, WIDTH = 24, NARROW = 10 };

int metrics_edges(app *a, const options *o, int64_t edges[OPTION_MAX_NUMBERS], int64_t *n)
{
    const option_value *v = options_find(o, "by-length");
    *n = v->n_numbers;
    for (int i = 0; i < v->n_numbers; i++) {
        edges[i] = (int64_t)v->numbers[i];
        if ((double)edges[i] != v->numbers[i] || (i > 0 && edges[i] <= edges[i - 1]))
            return output_error(a, RECUR_EARG, "--by-length wants rising whole numbers, found '%s'",
                                v->texts[0]);
    }
    return RECUR_OK;
}

/* ---- parts of a table ---- */

static double percent(int64_t part, int64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* A name as a cell: at most `most` characters, then spaces up to `width`. */
typedef struct cell {
    char text[4 * (WIDTH + 1) + WIDTH];
} cell;

static cell cell_of(const char *name, size_t bytes, int most, int width)
{
    cell        c = {""};
    json_t     *clean = output_string(name, bytes < 4096 ? bytes : 4096); /* UTF-8 now */
    const char *p = json_string_value(clean);
    size_t      n = 0;
    int         at = 0;
    for (; p && *p; at++) {
        size_t length = 1;
        while ((p[length] & 0xc0) == 0x80) length++;
        bool is_last = at == most - 1 && p[length];
        memcpy(c.text + n, is_last ? "\xe2\x80\xa6" : p, is_last ? 3 : length);
        if ((unsigned char)c.text[n] < ' ' || c.text[n] == 0x7f) c.text[n] = '?';
        n += is_last ? 3 : length;
        p += is_last ? strlen(p) : length;
    }
    for (; at < width; at++) c.text[n++] = ' ';
    json_decref(clean);
    return c;
}

/* How many characters the widest of n names takes, between least and most. */
static int width_of(const recur_class_score *classes, const int64_t *order, int64_t n, int least, int most)
{
    for (int64_t i = 0; i < n; i++) {
        const recur_class_score *c = &classes[order[i]];
        int                      width = 0;
        for (size_t k = 0; k < c->name_bytes; k++) width += (c->name[k] & 0xc0) != 0x80;
        if (width > least) least = width < most ? width : most;
    }
    return least;
}

/* A class and its place, so that they can be sorted. */
typedef struct ranked {
    int64_t place, count;
} ranked;

static int by_count(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Return the places of n things in the order of falling counts, ties as they stand. Free them. */
static int64_t *sort_places(ranked *things, int64_t n)
{
    int64_t *order = need_memory((size_t)n, sizeof *order);
    qsort(things, (size_t)n, sizeof *things, by_count);
    for (int64_t i = 0; i < n; i++) order[i] = things[i].place;
    return order;
}

static int64_t *order_classes(const recur_class_score *classes, int64_t n)
{
    ranked *things = need_memory((size_t)n, sizeof *things);
    for (int64_t i = 0; i < n; i++) things[i] = (ranked){i, classes[i].gold};
    int64_t *order = sort_places(things, n);
    free(things);
    return order;
}

static void print_row(app *a, const char *name, int64_t gold, int64_t predicted, int64_t correct)
{
    double p = percent(correct, predicted), r = percent(correct, gold);
    output_format(a, "%s %9" PRId64 " %10" PRId64 " %9" PRId64 " %8.2f %% %8.2f %% %8.2f %%\n", name, gold,
                  predicted, correct, p, r, p + r > 0 ? 2 * p * r / (p + r) : 0);
}

static void print_head(app *a, const char *what, int width)
{
    output_format(a, "\n%s %9s %10s %9s %10s %10s %10s\n", cell_of(what, strlen(what), WIDTH, width).text,
                  "gold", "predicted", "correct", "precision", "recall", "F1");
}

static void print_rows(app *a, const recur_class_score *classes, const int64_t *order, int64_t n, int width,
                       const char *what)
{
    int64_t shown = n < MOST_ROWS ? n : MOST_ROWS;
    for (int64_t i = 0; i < shown; i++) {
        const recur_class_score *c = &classes[order[i]];
        print_row(a, cell_of(c->name, c->name_bytes, width, width).text, c->gold, c->predicted, c->correct);
    }
    if (n > shown) output_format(a, "and %" PRId64 " rarer %s; --json has them all\n", n - shown, what);
}

/* ---- labels ---- */

void metrics_range(int64_t from, int64_t to, char text[METRICS_RANGE_BYTES])
{
    if (to == INT64_MAX)
        snprintf(text, METRICS_RANGE_BYTES, "%" PRId64 " and more", from);
    else if (to == from + 1)
        snprintf(text, METRICS_RANGE_BYTES, "%" PRId64, from);
    else
        snprintf(text, METRICS_RANGE_BYTES, "%" PRId64 " to %" PRId64, from, to - 1);
}

static void print_lengths(app *a, const recur_class_report *r)
{
    if (r->n_lengths)
        output_format(a, "\n%-16s %9s %10s   %s\n", "words", "items", "accuracy", "95 % interval");
    for (int64_t i = 0; i < r->n_lengths; i++) {
        const recur_length_score *l = &r->lengths[i];
        char                      range[METRICS_RANGE_BYTES];
        metrics_range(l->from, l->to, range);
        output_format(a, "%-16s %9" PRId64, range, l->items);
        if (l->items)
            output_format(a, " %8.2f %%   %.2f to %.2f %%\n", percent(l->correct, l->items), 100 * l->low,
                          100 * l->high);
        else
            output_format(a, " %10s\n", "-");
    }
}

/* Print the whole matrix of a few classes. */
static void print_matrix(app *a, const recur_class_report *r, const int64_t *order, int width)
{
    int64_t *count = need_memory((size_t)(r->n_classes * r->n_classes), sizeof *count);
    for (int64_t i = 0; i < r->n_confusions; i++)
        count[r->confusions[i].gold * r->n_classes + r->confusions[i].predicted] = r->confusions[i].items;
    output_format(a, "\nconfusion: rows are gold, columns predicted\n%*s", width, "");
    for (int64_t j = 0; j < r->n_classes; j++) {
        const recur_class_score *c = &r->classes[order[j]];
        int                      n = width_of(r->classes, order + j, 1, 0, NARROW);
        output_format(a, " %*s%s", NARROW - n, "", cell_of(c->name, c->name_bytes, NARROW, 0).text);
    }
    output_format(a, "\n");
    for (int64_t i = 0; i < r->n_classes; i++) {
        const recur_class_score *c = &r->classes[order[i]];
        output_format(a, "%s", cell_of(c->name, c->name_bytes, width, width).text);
        for (int64_t j = 0; j < r->n_classes; j++)
            output_format(a, " %*" PRId64, NARROW, count[order[i] * r->n_classes + order[j]]);
        output_format(a, "\n");
    }
    free(count);
}

/* Print what is taken for what most often. */
static void print_mistakes(app *a, const recur_class_report *r)
{
    ranked *things = need_memory((size_t)r->n_confusions, sizeof *things);
    int64_t n = 0;
    for (int64_t i = 0; i < r->n_confusions; i++)
        if (r->confusions[i].gold != r->confusions[i].predicted)
            things[n++] = (ranked){i, r->confusions[i].items};
    int64_t *order = sort_places(things, n);
    if (n) output_format(a, "\nmost frequent mistakes\n");
    for (int64_t i = 0; i < n && i < MOST_MISTAKES; i++) {
        const recur_confusion   *m = &r->confusions[order[i]];
        const recur_class_score *g = &r->classes[m->gold], *p = &r->classes[m->predicted];
        output_format(a, "%9" PRId64 "  %s taken for %s\n", m->items,
                      cell_of(g->name, g->name_bytes, WIDTH, 0).text,
                      cell_of(p->name, p->name_bytes, WIDTH, 0).text);
    }
    free(order);
    free(things);
}

void metrics_print_classes(app *a, const recur_class_report *r)
{
    int64_t *order = order_classes(r->classes, r->n_classes);
    int width = width_of(r->classes, order, r->n_classes < MOST_ROWS ? r->n_classes : MOST_ROWS, 8, WIDTH);
    output_format(a, "items     %" PRId64 "\n", r->items);
    output_format(a, "accuracy  %.2f %%, 95 %% interval %.2f to %.2f %%\n", percent(r->correct, r->items),
                  100 * r->low, 100 * r->high);
    output_format(a, "macro F1  %.2f %%\n", 100 * r->macro_f1);
    print_lengths(a, r);
    print_head(a, "class", width);
    print_rows(a, r->classes, order, r->n_classes, width, "classes");
    if (r->n_classes <= MOST_MATRIX)
        print_matrix(a, r, order, width);
    else
        print_mistakes(a, r);
    free(order);
}

static json_t *name_json(const recur_class_report *r, int64_t place)
{
    return output_string(r->classes[place].name, r->classes[place].name_bytes);
}

static json_t *scores_json(const recur_class_score *scores, int64_t n, const char *key)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) {
        const recur_class_score *c = &scores[i];
        json_array_append_new(list, json_pack("{s:o,s:I,s:I,s:I,s:f,s:f,s:f}", key,
                                              output_string(c->name, c->name_bytes), "gold",
                                              (json_int_t)c->gold, "predicted", (json_int_t)c->predicted,
                                              "correct", (json_int_t)c->correct, "precision", c->precision,
                                              "recall", c->recall, "f1", c->f1));
    }
    return list;
}

static json_t *unseen_json(const recur_unseen_label *unseen, int64_t n, const char *name_key,
                           const char *count_key)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:o,s:I}", name_key,
                                              output_string(unseen[i].name, unseen[i].name_bytes), count_key,
                                              (json_int_t)unseen[i].items));
    return list;
}

static json_t *lengths_json(const recur_class_report *r)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < r->n_lengths; i++) {
        const recur_length_score *l = &r->lengths[i];
        json_t                   *to = l->to == INT64_MAX ? json_null() : json_integer(l->to);
        json_array_append_new(list,
                              json_pack("{s:I,s:o,s:I,s:o,s:o,s:o}", "from", (json_int_t)l->from, "to", to,
                                        "items", (json_int_t)l->items, "accuracy", output_number(l->accuracy),
                                        "low", output_number(l->low), "high", output_number(l->high)));
    }
    return list;
}

json_t *metrics_json_classes(const recur_class_report *r)
{
    json_t *confusion = json_array();
    for (int64_t i = 0; i < r->n_confusions; i++)
        json_array_append_new(confusion,
                              json_pack("{s:o,s:o,s:I}", "gold", name_json(r, r->confusions[i].gold),
                                        "predicted", name_json(r, r->confusions[i].predicted), "items",
                                        (json_int_t)r->confusions[i].items));
    json_t *o =
        json_pack("{s:s,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "task", "classify", "items", (json_int_t)r->items,
                  "accuracy", output_number(r->accuracy), "macro_f1", output_number(r->macro_f1), "low",
                  output_number(r->low), "high", output_number(r->high), "classes",
                  scores_json(r->classes, r->n_classes, "label"), "confusion", confusion);
    if (r->n_lengths) json_object_set_new(o, "by_length", lengths_json(r));
    if (r->n_unseen) json_object_set_new(o, "unseen", unseen_json(r->unseen, r->n_unseen, "label", "items"));
    return o;
}

/* ---- tags ---- */

static void note_tags(app *a, const recur_tag_report *r)
{
    if (r->gold_broken || r->predicted_broken)
        progress_say(a,
                     "note: spans that begin with I or E are read as conlleval reads them: %" PRId64
                     " of the truth, %" PRId64 " predicted",
                     r->gold_broken, r->predicted_broken);
    if (r->foreign)
        progress_say(a, "note: %" PRId64 " predicted tags are neither O nor begin with B, I, E, S: read as O",
                     r->foreign);
}

void metrics_print_tags(app *a, const recur_tag_report *r)
{
    bool        has_spans = r->scheme != RECUR_TAGS_PLAIN;
    const char *what = has_spans ? "type" : "tag";
    int64_t    *order = order_classes(r->types, r->n_types);
    int         width = width_of(r->types, order, r->n_types < MOST_ROWS ? r->n_types : MOST_ROWS, 9, WIDTH);
    output_format(a, "sentences  %" PRId64 "\ntokens     %" PRId64 "\naccuracy   %.2f %%\n", r->sentences,
                  r->tokens, percent(r->correct, r->tokens));
    print_head(a, what, width);
    if (has_spans)
        print_row(a, cell_of("all spans", 9, WIDTH, width).text, r->gold_spans, r->predicted_spans,
                  r->correct_spans);
    print_rows(a, r->types, order, r->n_types, width, has_spans ? "types" : "tags");
    free(order);
    note_tags(a, r);
}

json_t *metrics_json_tags(app *a, const recur_tag_report *r)
{
    static const char *const schemes[] = {"plain", "BIO", "BIOES"};
    json_t *o = json_pack("{s:s,s:I,s:I,s:o}", "task", "tag", "sentences", (json_int_t)r->sentences, "tokens",
                          (json_int_t)r->tokens, "accuracy", output_number(r->accuracy));
    if (r->scheme == RECUR_TAGS_PLAIN) {
        json_object_set_new(o, "scheme", json_string(schemes[r->scheme]));
        json_object_set_new(o, "tags", scores_json(r->types, r->n_types, "tag"));
    } else {
        json_t *spans =
            json_pack("{s:f,s:f,s:f,s:s,s:I,s:I,s:I,s:o}", "precision", r->precision, "recall", r->recall,
                      "f1", r->f1, "scheme", schemes[r->scheme], "gold", (json_int_t)r->gold_spans,
                      "predicted", (json_int_t)r->predicted_spans, "correct", (json_int_t)r->correct_spans,
                      "types", scores_json(r->types, r->n_types, "type"));
        json_object_update(o, spans);
        json_decref(spans);
    }
    if (r->n_unseen) json_object_set_new(o, "unseen", unseen_json(r->unseen, r->n_unseen, "tag", "tokens"));
    note_tags(a, r);
    return o;
}
