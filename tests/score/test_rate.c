/* Rates, and their intervals beside a bootstrap that really resamples. The ends themselves are compared with SciPy in tests/golden.
 * SPDX-License-Identifier: MIT */
#include "score/rate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"

static void nothing_to_be_a_part_of(void **state)
{
    (void)state;
    recur_class_score c = {.gold = 0, .predicted = 5, .correct = 0};
    double            low = 0, high = 0;
    assert_true(ri_score_rate(0, 0) == 0);
    assert_true(isnan(ri_score_accuracy(0, 0)));
    ri_score_interval(0, 0, &low, &high);
    assert_true(isnan(low) && isnan(high));
    ri_score_class(&c);
    assert_true(c.precision == 0 && c.recall == 0 && c.f1 == 0);
}

static void class_rates(void **state)
{
    (void)state;
    recur_class_score c = {.gold = 4, .predicted = 8, .correct = 2};
    ri_score_class(&c);
    assert_true(c.precision == 0.25 && c.recall == 0.5);
    assert_true(fabs(c.f1 - 1.0 / 3) < 1e-15);
}

static void all_or_none(void **state)
{
    (void)state;
    double low, high;
    ri_score_interval(7, 7, &low, &high);
    assert_true(low == 1 && high == 1);
    ri_score_interval(0, 7, &low, &high);
    assert_true(low == 0 && high == 0);
}

/* What is right seen from one side is wrong seen from the other; the accuracy lies inside; more items make it narrower. */
static void laws(void **state)
{
    (void)state;
    double narrower = 1;
    for (int64_t n = 10; n <= 100000000; n *= 10) {
        double low, high, low_wrong, high_wrong;
        ri_score_interval(n / 10 * 7, n, &low, &high);
        ri_score_interval(n - n / 10 * 7, n, &low_wrong, &high_wrong);
        assert_true(low < 0.7 && 0.7 < high);
        assert_true(fabs(low - (1 - high_wrong)) < 1e-12 && fabs(high - (1 - low_wrong)) < 1e-12);
        assert_true(high - low < narrower);
        narrower = high - low;
    }
}

static int by_size(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* 4,000 resamples of 120 items: the ends of the middle 95 % are at most two items away from those of infinitely many. */
static void resampling_comes_near(void **state)
{
    (void)state;
    enum { N = 120, RESAMPLES = 4000 };
    static int64_t counts[RESAMPLES];
    const int64_t  corrects[] = {2, 60, 97, 118};
    for (size_t k = 0; k < sizeof corrects / sizeof *corrects; k++) {
        double low, high;
        for (int r = 0; r < RESAMPLES; r++) {
            counts[r] = 0;
            for (int i = 0; i < N; i++)
                counts[r] += ri_uniform(1, (uint64_t)r, (uint64_t)i) * N < (double)corrects[k];
        }
        qsort(counts, RESAMPLES, sizeof *counts, by_size);
        ri_score_interval(corrects[k], N, &low, &high);
        assert_true(fabs(low * N - (double)counts[RESAMPLES / 40]) <= 2);
        assert_true(fabs(high * N - (double)counts[RESAMPLES - RESAMPLES / 40]) <= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_be_a_part_of),
        cmocka_unit_test(class_rates),
        cmocka_unit_test(all_or_none),
        cmocka_unit_test(laws),
        cmocka_unit_test(resampling_comes_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
