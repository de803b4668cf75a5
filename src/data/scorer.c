/* Lists in the order of names, so that a report does not depend on the order of the data.
 *
 * SPDX-License-Identifier: MIT */
#include "data/scorer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "score/rate.h"

recur_status ri_score_check_edges(recur_ctx *ctx, int64_t n, const int64_t *edges)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t before = i > 0 ? edges[i - 1] : 0;
        if (edges[i] <= before)
            return RI_FAIL(ctx, RECUR_EARG,
                           "edge %" PRId64 " of the lengths is %" PRId64 " after %" PRId64
                           "; wanted rising numbers above 0",
                           i + 1, edges[i], before);
    }
    return RECUR_OK;
}

bool ri_score_lists_begin(ri_score_lists *lists, const recur_allocator *a, int64_t n)
{
    ri_score_lists_free(lists, a);
    lists->classes = ri_allocate(a, (size_t)n, sizeof *lists->classes);
    lists->unseen = ri_allocate(a, (size_t)n, sizeof *lists->unseen);
    return lists->classes && lists->unseen;
}

void ri_score_lists_free(ri_score_lists *lists, const recur_allocator *a)
{
    ri_release(a, lists->classes);
    ri_release(a, lists->unseen);
    *lists = (ri_score_lists){0};
}

void ri_score_lists_see(ri_score_lists *lists, const ri_intern *names, int64_t id, int64_t items,
                        int64_t n_trained)
{
    if (n_trained == 0 || id < n_trained || items == 0) return;
    ri_span name = names->table.entries[id].span;
    lists->unseen[lists->n_unseen++] = (recur_unseen_label){name.bytes, name.size, items};
    lists->unseen_items += items;
}

int ri_score_compare(ri_span a, ri_span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int    order = common ? memcmp(a.bytes, b.bytes, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_class(const void *left, const void *right)
{
    const recur_class_score *a = left, *b = right;
    return ri_score_compare((ri_span){a->name, a->name_bytes}, (ri_span){b->name, b->name_bytes});
}

static int by_label(const void *left, const void *right)
{
    const recur_unseen_label *a = left, *b = right;
    return ri_score_compare((ri_span){a->name, a->name_bytes}, (ri_span){b->name, b->name_bytes});
}

void ri_score_lists_end(ri_score_lists *lists, int64_t n)
{
    for (int64_t i = 0; i < n; i++) ri_score_class(&lists->classes[i]);
    qsort(lists->classes, (size_t)n, sizeof *lists->classes, by_class);
    qsort(lists->unseen, (size_t)lists->n_unseen, sizeof *lists->unseen, by_label);
}
