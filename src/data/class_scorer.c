/* All that a report on single labels needs are the counts of pairs (truth, prediction), and of items and right ones by length.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "data/scorer.h"
#include "score/cells.h"
#include "score/rate.h"

struct recur_class_scorer {
    recur_ctx          *ctx;
    ri_intern           names;
    ri_cells            cells;
    int64_t             n_trained, items, correct;
    int64_t             n_lengths;
    recur_length_score *lengths; /* [n_lengths] from, to, items, correct; the rest when reported */
    ri_score_lists      lists;
    recur_confusion    *confusions;
};

/* Make the ranges that n edges cut the lengths into. */
static recur_status cut_lengths(recur_class_scorer *s, int64_t n, const int64_t *edges)
{
    recur_status status = ri_score_check_edges(s->ctx, n, edges);
    if (status || n == 0) return status;
    s->lengths = ri_allocate(&s->ctx->allocator, (size_t)n + 1, sizeof *s->lengths);
    if (!s->lengths) return ri_no_memory(s->ctx, "the scores by length");
    s->n_lengths = n + 1;
    for (int64_t i = 0; i <= n; i++) {
        s->lengths[i].from = i > 0 ? edges[i - 1] : 0;
        s->lengths[i].to = i < n ? edges[i] : INT64_MAX;
    }
    return RECUR_OK;
}

recur_status recur_class_scorer_create(recur_ctx *ctx, const recur_scorer_opts *opts,
                                       recur_class_scorer **scorer)
{
    if (!ctx || !scorer) return RECUR_EARG;
    *scorer = NULL;
    recur_scorer_opts o = opts ? *opts : (recur_scorer_opts){0};
    if (o.n_trained < 0 || o.n_edges < 0 || (o.n_edges > 0 && !o.edges))
        return RI_FAIL(ctx, RECUR_EARG, "a scorer wants counts of 0 or more, and edges where it has some");
    recur_class_scorer *s = ri_allocate(&ctx->allocator, 1, sizeof *s);
    if (!s) return ri_no_memory(ctx, "a scorer");
    s->ctx = ctx;
    s->n_trained = o.n_trained;
    ri_intern_init(&s->names, &ctx->allocator);
    ri_cells_init(&s->cells, &ctx->allocator);
    recur_status status = cut_lengths(s, o.n_edges, o.edges);
    if (status) {
        recur_class_scorer_destroy(s);
        return status;
    }
    *scorer = s;
    return RECUR_OK;
}

void recur_class_scorer_destroy(recur_class_scorer *scorer)
{
    if (!scorer) return;
    const recur_allocator *a = &scorer->ctx->allocator;
    ri_score_lists_free(&scorer->lists, a);
    ri_release(a, scorer->confusions);
    ri_release(a, scorer->lengths);
    ri_cells_destroy(&scorer->cells);
    ri_intern_destroy(&scorer->names);
    ri_release(a, scorer);
}

recur_status recur_class_scorer_label(recur_class_scorer *scorer, const char *name, size_t bytes,
                                      int32_t *label)
{
    if (!scorer) return RECUR_EARG;
    if (!label || (!name && bytes > 0))
        return RI_FAIL(scorer->ctx, RECUR_EARG, "a label wants a name and a place for its number");
    *label = (int32_t)ri_intern_add(&scorer->names, (ri_span){name, bytes});
    return *label < 0 ? ri_no_memory(scorer->ctx, "the labels") : RECUR_OK;
}

static void count_length(recur_class_scorer *s, int64_t length, bool is_right)
{
    int64_t low = 0, high = s->n_lengths; /* the range is in low <= i < high */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (length < s->lengths[middle].from)
            high = middle;
        else
            low = middle;
    }
    s->lengths[low].items++;
    s->lengths[low].correct += is_right;
}

recur_status recur_class_scorer_add(recur_class_scorer *scorer, int32_t gold, int32_t predicted,
                                    int64_t length)
{
    if (!scorer) return RECUR_EARG;
    int64_t n = scorer->names.table.n;
    if (gold < 0 || gold >= n || predicted < 0 || predicted >= n)
        return RI_FAIL(scorer->ctx, RECUR_EARG,
                       "labels %d and %d of an item; wanted numbers from 0 to %" PRId64, (int)gold,
                       (int)predicted, n - 1);
    if (scorer->n_lengths && length < 0)
        return RI_FAIL(scorer->ctx, RECUR_EARG, "an item is %" PRId64 " long; wanted 0 or more", length);
    if (!ri_cells_add(&scorer->cells, gold, predicted))
        return ri_no_memory(scorer->ctx, "the confusion matrix");
    scorer->items++;
    scorer->correct += gold == predicted;
    if (scorer->n_lengths) count_length(scorer, length, gold == predicted);
    return RECUR_OK;
}

/* ---- the report ---- */

/* Fill classes in the order of their numbers, those that occur moved to the front; place becomes the place of each number. Returns how
 * many occur. */
static int64_t gather_classes(recur_class_scorer *s)
{
    recur_class_score *classes = s->lists.classes;
    int64_t            n = s->names.table.n, n_used = 0;
    for (int64_t i = 0; i < s->cells.n_slots; i++) {
        const ri_cell *cell = &s->cells.slots[i];
        if (!cell->count) continue;
        classes[cell->row].gold += cell->count;
        classes[cell->column].predicted += cell->count;
        if (cell->row == cell->column) classes[cell->row].correct += cell->count;
    }
    for (int64_t id = 0; id < n; id++) {
        recur_class_score c = classes[id];
        ri_span           name = s->names.table.entries[id].span;
        ri_score_lists_see(&s->lists, &s->names, id, c.gold, s->n_trained);
        c.name = name.bytes;
        c.name_bytes = name.size;
        if (c.gold || c.predicted) classes[n_used++] = c;
    }
    return n_used;
}

/* Return the place of a label among n classes sorted by name. */
static int64_t place_of(const recur_class_score *classes, int64_t n, ri_span name)
{
    int64_t low = 0, high = n;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (ri_score_compare(name, (ri_span){classes[middle].name, classes[middle].name_bytes}) < 0)
            high = middle;
        else
            low = middle;
    }
    return low;
}

static int by_place(const void *left, const void *right)
{
    const recur_confusion *a = left, *b = right;
    if (a->gold != b->gold) return a->gold < b->gold ? -1 : 1;
    return (a->predicted > b->predicted) - (a->predicted < b->predicted);
}

static void gather_confusions(recur_class_scorer *s, int64_t n_classes)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->cells.n_slots; i++) {
        const ri_cell *cell = &s->cells.slots[i];
        if (!cell->count) continue;
        s->confusions[n++] = (recur_confusion){
            .gold = place_of(s->lists.classes, n_classes, s->names.table.entries[cell->row].span),
            .predicted = place_of(s->lists.classes, n_classes, s->names.table.entries[cell->column].span),
            .items = cell->count};
    }
    qsort(s->confusions, (size_t)n, sizeof *s->confusions, by_place);
}

static double mean_f1(const recur_class_score *classes, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += classes[i].f1;
    return n > 0 ? sum / (double)n : NAN;
}

recur_status recur_class_scorer_report(recur_class_scorer *scorer, recur_class_report *report)
{
    if (!scorer) return RECUR_EARG;
    recur_class_scorer    *s = scorer;
    const recur_allocator *a = &s->ctx->allocator;
    if (!report) return RI_FAIL(s->ctx, RECUR_EARG, "a report wants a place");
    ri_release(a, s->confusions);
    s->confusions = ri_allocate(a, (size_t)s->cells.n, sizeof *s->confusions);
    if (!s->confusions || !ri_score_lists_begin(&s->lists, a, s->names.table.n))
        return ri_no_memory(s->ctx, "the report of a scorer");
    int64_t n = gather_classes(s);
    ri_score_lists_end(&s->lists, n);
    gather_confusions(s, n);
    for (int64_t i = 0; i < s->n_lengths; i++) {
        recur_length_score *l = &s->lengths[i];
        l->accuracy = ri_score_accuracy(l->correct, l->items);
        ri_score_interval(l->correct, l->items, &l->low, &l->high);
    }
    *report = (recur_class_report){.items = s->items,
                                   .correct = s->correct,
                                   .accuracy = ri_score_accuracy(s->correct, s->items),
                                   .macro_f1 = mean_f1(s->lists.classes, n),
                                   .n_classes = n,
                                   .classes = s->lists.classes,
                                   .n_confusions = s->cells.n,
                                   .confusions = s->confusions,
                                   .n_lengths = s->n_lengths,
                                   .lengths = s->lengths,
                                   .unseen_items = s->lists.unseen_items,
                                   .n_unseen = s->lists.n_unseen,
                                   .unseen = s->lists.unseen};
    ri_score_interval(s->correct, s->items, &report->low, &report->high);
    return RECUR_OK;
}
