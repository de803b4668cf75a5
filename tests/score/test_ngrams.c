/* N-grams and subsequences in common, against counting them one by one, and pairs that are numbered and forgotten.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "base/rng.h"
#include "score/ngrams.h"

static const recur_allocator HEAP;

static int64_t draw(int32_t *ids, int most, int kinds, uint64_t seed)
{
    int64_t n = (int64_t)(ri_uniform(seed, 3, 0) * (most + 1));
    for (int64_t i = 0; i < n; i++) ids[i] = (int32_t)(ri_uniform(seed, 3, (uint64_t)i + 1) * kinds);
    return n;
}

/* How often the n-gram at `at` of g is in s, up to place `end` of it. */
static int64_t times(ri_ids g, int64_t at, int order, ri_ids s, int64_t end)
{
    int64_t n = 0;
    for (int64_t i = 0; i + order <= s.n && i < end; i++)
        n += memcmp(s.ids + i, g.ids + at, (size_t)order * sizeof *s.ids) == 0;
    return n;
}

static int64_t matches_one_by_one(ri_ids h, const ri_ids *references, int n, int order)
{
    int64_t matches = 0;
    for (int64_t i = 0; i + order <= h.n; i++) {
        int64_t most = 0, before = times(h, i, order, h, i);
        for (int k = 0; k < n; k++) {
            int64_t found = times(h, i, order, references[k], references[k].n);
            if (found > most) most = found;
        }
        matches += before < most; /* this one finds a partner that those before it have left */
    }
    return matches;
}

static void matches_are_clipped_counts(void **state)
{
    (void)state;
    ri_ngrams g;
    ri_ngrams_init(&g, &HEAP);
    for (uint64_t seed = 0; seed < 3000; seed++) {
        int32_t h[20], r[3][20];
        int     kinds = seed % 2 ? 2 : 5, n = 1 + (int)(seed % 3);
        ri_ids  hypothesis = {h, draw(h, 20, kinds, seed * 4)}, references[3];
        int64_t found[RI_NGRAMS_MOST];
        for (int k = 0; k < n; k++)
            references[k] = (ri_ids){r[k], draw(r[k], 20, kinds, seed * 4 + 1 + (uint64_t)k)};
        assert_true(ri_ngrams_match(&g, hypothesis, references, n, RI_NGRAMS_MOST, found));
        for (int order = 1; order <= RI_NGRAMS_MOST; order++)
            assert_int_equal(found[order - 1], matches_one_by_one(hypothesis, references, n, order));
    }
    ri_ngrams_destroy(&g);
}

/* All ways to go through both. */
static int64_t longest(ri_ids a, ri_ids b)
{
    if (a.n == 0 || b.n == 0) return 0;
    ri_ids a_less = {a.ids + 1, a.n - 1}, b_less = {b.ids + 1, b.n - 1};
    if (*a.ids == *b.ids) return 1 + longest(a_less, b_less);
    int64_t x = longest(a_less, b), y = longest(a, b_less);
    return x > y ? x : y;
}

static void subsequences_are_the_longest(void **state)
{
    (void)state;
    ri_ngrams g;
    ri_ngrams_init(&g, &HEAP);
    for (uint64_t seed = 0; seed < 500; seed++) {
        int32_t a[9], b[9];
        ri_ids  x = {a, draw(a, 9, 3, 2 * seed)}, y = {b, draw(b, 9, 3, 2 * seed + 1)};
        assert_int_equal(ri_common_subsequence(&g, x, y), longest(x, y));
    }
    ri_ngrams_destroy(&g);
}

static void n_grams_of_a_sequence(void **state)
{
    (void)state;
    assert_int_equal(ri_ngrams_of(5, 1), 5);
    assert_int_equal(ri_ngrams_of(5, 4), 2);
    assert_int_equal(ri_ngrams_of(3, 4), 0);
    assert_int_equal(ri_ngrams_of(0, 1), 0);
}

static void pairs_are_numbered_and_forgotten(void **state)
{
    (void)state;
    ri_pairs p;
    ri_pairs_init(&p, &HEAP);
    assert_int_equal(ri_pairs_find(&p, (ri_pair){1, 2}), -1);
    ri_pairs_clear(&p);
    for (int round = 0; round < 3; round++) {
        int32_t n = round == 1 ? 5000 : 300;
        for (int32_t i = 0; i < n; i++) {
            ri_pair pair = {i % 70 - 3, i / 70 * (round + 1)};
            assert_int_equal(ri_pairs_find(&p, pair), -1);
            assert_int_equal(ri_pairs_add(&p, pair), i);
        }
        for (int32_t i = 0; i < n; i++)
            assert_int_equal(ri_pairs_add(&p, (ri_pair){i % 70 - 3, i / 70 * (round + 1)}), i);
        assert_int_equal(ri_pairs_find(&p, (ri_pair){0, -1}), -1);
        ri_pairs_clear(&p);
        assert_int_equal(p.n, 0);
        assert_int_equal(ri_pairs_find(&p, (ri_pair){0, 0}), -1);
    }
    for (uint64_t i = 0; i < p.n_slots; i++) assert_int_equal(p.slots[i], 0);
    ri_pairs_destroy(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_are_clipped_counts),
        cmocka_unit_test(subsequences_are_the_longest),
        cmocka_unit_test(n_grams_of_a_sequence),
        cmocka_unit_test(pairs_are_numbered_and_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
