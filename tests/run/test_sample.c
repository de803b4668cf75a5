/* Sampling: distributions by chi-square with fixed seeds, cuts that hold exactly, extremes, refusals.
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "recur/stream.h"
#include "run/sample.h"

enum { V = 8, DRAWS = 20000 };

static const float logits[V] = {0.5f, -1.0f, 2.0f, 1.5f, 0.0f, 2.0f, -3.0f, 1.0f};
static const int   order[V] = {2, 5, 3, 7, 0, 4, 1, 6}; /* by falling logit, then id */

/* Draw many and count; every draw must succeed. */
static void count(const recur_sampling *s, int counts[V])
{
    int32_t scratch[V];
    memset(counts, 0, V * sizeof *counts);
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        int32_t id = -1;
        assert_int_equal(recur_sample(s, draw, V, logits, scratch, &id), RECUR_OK);
        assert_in_range(id, 0, V - 1);
        counts[id]++;
    }
}

/* Compare counts with exp(logit / temperature) over the first n of order; the others must be 0. 29.9 is the 0.9999 quantile of
 * chi-square with 7 degrees of freedom, so it is generous for fewer. */
static void assert_distributed(const int counts[V], double temperature, int n)
{
    double mass = 0, chi = 0;
    for (int i = 0; i < n; i++) mass += exp(logits[order[i]] / temperature);
    for (int i = 0; i < V; i++) {
        if (i >= n) {
            assert_int_equal(counts[order[i]], 0);
            continue;
        }
        double wanted = DRAWS * exp(logits[order[i]] / temperature) / mass;
        assert_true(wanted > 5);
        chi += (counts[order[i]] - wanted) * (counts[order[i]] - wanted) / wanted;
    }
    assert_true(chi < 29.9);
}

static void temperatures(void **state)
{
    (void)state;
    const double temperatures[] = {0, 1, 0.7, 2.5, 1e30};
    for (size_t i = 0; i < sizeof temperatures / sizeof *temperatures; i++) {
        int            counts[V];
        recur_sampling s = {.temperature = temperatures[i], .seed = i};
        count(&s, counts);
        assert_distributed(counts, temperatures[i] > 0 ? temperatures[i] : 1, V);
    }
}

static void top_k(void **state)
{
    (void)state;
    for (int k = 1; k <= V + 1; k++) {
        int            counts[V];
        recur_sampling s = {.top_k = k, .seed = 7};
        count(&s, counts);
        assert_distributed(counts, 1, k < V ? k : V);
    }
}

/* The smallest number of the first ones that hold mass p among the k first. */
static int nucleus(double p, int k)
{
    double mass = 0, held = 0;
    for (int i = 0; i < k; i++) mass += exp(logits[order[i]]);
    int n = 0;
    while (held < p * mass) held += exp(logits[order[n++]]);
    return n;
}

static void top_p(void **state)
{
    (void)state;
    const double ps[] = {1e-9, 0.3, 0.31, 0.5, 0.7, 0.9, 0.99};
    for (size_t i = 0; i < sizeof ps / sizeof *ps; i++) {
        int            counts[V];
        recur_sampling s = {.top_p = ps[i], .seed = i};
        count(&s, counts);
        assert_distributed(counts, 1, nucleus(ps[i], V));
        s.top_k = 5;
        count(&s, counts);
        assert_distributed(counts, 1, nucleus(ps[i], 5));
    }
}

/* Cuts that leave everything are no cuts: the same token for every draw. */
static void full_cuts_change_nothing(void **state)
{
    (void)state;
    recur_sampling plain = {.seed = 3}, full = {.seed = 3, .top_k = V, .top_p = 1};
    for (uint64_t draw = 0; draw < 500; draw++) {
        int32_t scratch[V], a, b;
        assert_int_equal(recur_sample(&plain, draw, V, logits, scratch, &a), RECUR_OK);
        assert_int_equal(recur_sample(&full, draw, V, logits, scratch, &b), RECUR_OK);
        assert_int_equal(a, b);
    }
}

static void greedy(void **state)
{
    (void)state;
    int32_t        scratch[V], id;
    recur_sampling s = {.greedy = true};
    assert_int_equal(recur_sample(&s, 9, V, logits, scratch, &id), RECUR_OK);
    assert_int_equal(id, 2); /* not 5, which is as likely */
    assert_int_equal(ri_sample_without(&s, 9, V, logits, 2, scratch, &id), RECUR_OK);
    assert_int_equal(id, 5);

    const float    apart[3] = {1, 1.0001f, -1};
    recur_sampling cold = {.temperature = 1e-30};
    for (uint64_t draw = 0; draw < 100; draw++) {
        assert_int_equal(recur_sample(&cold, draw, 3, apart, scratch, &id), RECUR_OK);
        assert_int_equal(id, 1);
    }
}

static void extremes(void **state)
{
    (void)state;
    int32_t        scratch[3], id;
    const float    wide[3] = {-FLT_MAX, FLT_MAX, -FLT_MAX};
    recur_sampling any[] = {
        {0}, {.temperature = 5e-324}, {.top_k = 2}, {.top_p = 0.5}, {.temperature = 0.1, .top_k = 3}};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        for (uint64_t draw = 0; draw < 50; draw++) {
            assert_int_equal(recur_sample(&any[i], draw, 3, wide, scratch, &id), RECUR_OK);
            assert_int_equal(id, 1);
        }
    const float one = -5;
    assert_int_equal(recur_sample(&any[0], 0, 1, &one, scratch, &id), RECUR_OK);
    assert_int_equal(id, 0);
}

static void banned_is_never_drawn(void **state)
{
    (void)state;
    recur_sampling any[] = {
        {0}, {.temperature = DBL_MAX}, {.top_k = 1}, {.top_p = 0.6, .temperature = 1e300}};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        for (uint64_t draw = 0; draw < 2000; draw++) {
            int32_t scratch[V], id;
            assert_int_equal(ri_sample_without(&any[i], draw, V, logits, 2, scratch, &id), RECUR_OK);
            assert_int_not_equal(id, 2);
        }
    int32_t     scratch, id;
    const float one = 0;
    assert_int_equal(ri_sample_without(&any[0], 0, 1, &one, 0, &scratch, &id), RECUR_EARG);
}

static void repeats(void **state)
{
    (void)state;
    recur_sampling s = {.seed = 11, .top_p = 0.95}, other = {.seed = 12, .top_p = 0.95};
    int            n_equal = 0;
    for (uint64_t draw = 0; draw < 200; draw++) {
        int32_t scratch[V], a, b, c;
        recur_sample(&s, draw, V, logits, scratch, &a);
        recur_sample(&s, draw, V, logits, scratch, &b);
        recur_sample(&other, draw, V, logits, scratch, &c);
        assert_int_equal(a, b);
        n_equal += a == c;
    }
    assert_in_range(n_equal, 1, 199);
}

/* A large vocabulary: what top_k keeps is what a plain search finds. */
static void large_vocabulary(void **state)
{
    (void)state;
    enum { N = 5000, K = 37 };
    static float   x[N];
    static int32_t scratch[N];
    uint32_t       seed = 1;
    for (int i = 0; i < N; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 20) / 256; /* many ties */
    }
    recur_sampling s = {.top_k = K, .temperature = 1e9};
    bool           seen[N] = {false};
    for (uint64_t draw = 0; draw < 4000; draw++) {
        int32_t id;
        assert_int_equal(recur_sample(&s, draw, N, x, scratch, &id), RECUR_OK);
        seen[id] = true;
    }
    for (int i = 0; i < N; i++) {
        int before = 0;
        for (int j = 0; j < N; j++) before += x[j] > x[i] || (x[j] == x[i] && j < i);
        assert_int_equal(seen[i], before < K);
    }
}

static void refusals(void **state)
{
    (void)state;
    int32_t              scratch[V], id;
    const recur_sampling ok = {0};
    const recur_sampling bad[] = {{.temperature = -1},
                                  {.temperature = NAN},
                                  {.temperature = INFINITY},
                                  {.top_k = -1},
                                  {.top_p = -0.1},
                                  {.top_p = 1.5},
                                  {.top_p = NAN},
                                  {.greedy = true, .top_k = -1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(recur_sample(&bad[i], 0, V, logits, scratch, &id), RECUR_EARG);
    assert_int_equal(recur_sample(NULL, 0, V, logits, scratch, &id), RECUR_EARG);
    assert_int_equal(recur_sample(&ok, 0, 0, logits, scratch, &id), RECUR_EARG);
    assert_int_equal(recur_sample(&ok, 0, V, NULL, scratch, &id), RECUR_EARG);
    assert_int_equal(recur_sample(&ok, 0, V, logits, NULL, &id), RECUR_EARG);
    assert_int_equal(recur_sample(&ok, 0, V, logits, scratch, NULL), RECUR_EARG);
    const float broken[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        float x[2] = {0, broken[i]};
        assert_int_equal(recur_sample(&ok, 0, 2, x, scratch, &id), RECUR_EDIVERGED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temperatures),
        cmocka_unit_test(top_k),
        cmocka_unit_test(top_p),
        cmocka_unit_test(full_cuts_change_nothing),
        cmocka_unit_test(greedy),
        cmocka_unit_test(extremes),
        cmocka_unit_test(banned_is_never_drawn),
        cmocka_unit_test(repeats),
        cmocka_unit_test(large_vocabulary),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
