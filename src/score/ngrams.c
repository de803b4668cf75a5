/* N-grams are named order by order: the name of one is the number of the pair (name of the one without its last token, last token). So equality of
 * n-grams is equality of two numbers, and a long n-gram costs no more than a short one.
 *
 * SPDX-License-Identifier: MIT */
#include "score/ngrams.h"

#include <string.h>

void ri_ngrams_init(ri_ngrams *ngrams, const recur_allocator *allocator)
{
    *ngrams = (ri_ngrams){.allocator = allocator};
    ri_pairs_init(&ngrams->grams, allocator);
}

void ri_ngrams_destroy(ri_ngrams *ngrams)
{
    const recur_allocator *a = ngrams->allocator;
    ri_release(a, ngrams->heads);
    ri_release(a, ngrams->found);
    ri_pairs_destroy(&ngrams->grams);
    ri_ngrams_init(ngrams, a);
}

int64_t ri_ngrams_of(int64_t n, int order)
{
    return n >= order ? n - order + 1 : 0;
}

/* Make room for n heads and for 3 counts of n_counted n-grams. */
static bool make_room(ri_ngrams *g, int64_t n, int64_t n_counted)
{
    if (!g->heads || n > g->head_room) {
        int32_t *heads = ri_allocate(g->allocator, (size_t)n, 2 * sizeof *heads);
        if (!heads) return false;
        ri_release(g->allocator, g->heads);
        g->heads = heads;
        g->head_room = 2 * n;
    }
    if (!g->found || n_counted > g->count_room) {
        int64_t *found = ri_allocate(g->allocator, (size_t)n_counted, 6 * sizeof *found);
        if (!found) return false;
        ri_release(g->allocator, g->found);
        g->found = found;
        g->count_room = 2 * n_counted;
    }
    return true;
}

/* Name the n-grams of the hypothesis and count them. */
static bool count_hypothesis(ri_ngrams *g, ri_ids h, int order, int64_t *in_hypothesis)
{
    for (int64_t i = 0; i < ri_ngrams_of(h.n, order); i++) {
        int64_t name = ri_pairs_add(&g->grams, (ri_pair){g->heads[i], h.ids[i + order - 1]});
        if (name < 0) return false;
        g->heads[i] = (int32_t)name;
        in_hypothesis[name]++;
    }
    return true;
}

/* Count those n-grams of a reference that the hypothesis has; most becomes the greatest counts so far. */
static void count_reference(ri_ngrams *g, ri_ids r, int32_t *heads, int order, int64_t *in_reference,
                            int64_t *most)
{
    int64_t n = ri_ngrams_of(r.n, order);
    for (int64_t i = 0; i < n; i++) {
        if (heads[i] < 0) continue;
        heads[i] = (int32_t)ri_pairs_find(&g->grams, (ri_pair){heads[i], r.ids[i + order - 1]});
        if (heads[i] >= 0 && ++in_reference[heads[i]] > most[heads[i]]) most[heads[i]]++;
    }
    for (int64_t i = 0; i < n; i++)
        if (heads[i] >= 0) in_reference[heads[i]] = 0;
}

bool ri_ngrams_match(ri_ngrams *ngrams, ri_ids hypothesis, const ri_ids *references, int n_references,
                     int n_orders, int64_t *matches)
{
    int64_t n = hypothesis.n;
    for (int k = 0; k < n_references; k++) n += references[k].n;
    if (!make_room(ngrams, n, hypothesis.n)) return false;
    memset(ngrams->heads, 0, (size_t)n * sizeof *ngrams->heads); /* the empty n-gram, alike everywhere */
    int64_t *in_hypothesis = ngrams->found, *in_reference = in_hypothesis + hypothesis.n;
    int64_t *most = in_reference + hypothesis.n;
    for (int order = 1; order <= n_orders; order++) {
        ri_pairs_clear(&ngrams->grams);
        memset(in_hypothesis, 0, (size_t)hypothesis.n * 3 * sizeof *in_hypothesis);
        if (!count_hypothesis(ngrams, hypothesis, order, in_hypothesis)) return false;
        int32_t *heads = ngrams->heads + hypothesis.n;
        for (int k = 0; k < n_references; heads += references[k++].n)
            count_reference(ngrams, references[k], heads, order, in_reference, most);
        matches[order - 1] = 0;
        for (int64_t i = 0; i < ngrams->grams.n; i++)
            matches[order - 1] += in_hypothesis[i] < most[i] ? in_hypothesis[i] : most[i];
    }
    return true;
}

/* One row of the table of all pairs of beginnings at a time: longest[j] is of a's first i and b's first j. */
int64_t ri_common_subsequence(ri_ngrams *ngrams, ri_ids a, ri_ids b)
{
    if (!make_room(ngrams, b.n + 1, 0)) return -1;
    int32_t *longest = ngrams->heads;
    memset(longest, 0, (size_t)(b.n + 1) * sizeof *longest);
    for (int64_t i = 0; i < a.n; i++) {
        int32_t diagonal = 0; /* the row before, one to the left */
        for (int64_t j = 0; j < b.n; j++) {
            int32_t above = longest[j + 1];
            if (a.ids[i] == b.ids[j])
                longest[j + 1] = diagonal + 1;
            else if (longest[j] > above)
                longest[j + 1] = longest[j];
            diagonal = above;
        }
    }
    return longest[b.n];
}
