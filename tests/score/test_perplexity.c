/* Perplexity and bits from sums of nats.
 * SPDX-License-Identifier: MIT */
#include "score/perplexity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A uniform guess among 8: ln 8 nats, 3 bits, perplexity 8. */
static void uniform_guess(void **state)
{
    (void)state;
    ri_score_nats nats = {0};
    for (int i = 0; i < 5; i++) ri_score_add(&nats, 10 * log(8), 10);
    assert_int_equal(nats.tokens, 50);
    double mean = ri_score_mean(&nats);
    assert_true(fabs(mean - log(8)) < 1e-15);
    assert_true(fabs(ri_score_perplexity(mean) - 8) < 1e-12);
    assert_true(fabs(ri_score_bits(mean) - 3) < 1e-14);
}

/* 1 + 10^8 times 1e-17 rounds to 1 when added plainly; each addend is lost. In both orders of size. */
static void rounding_is_carried(void **state)
{
    (void)state;
    ri_score_nats nats = {0};
    ri_score_add(&nats, 1, 1);
    for (int i = 0; i < 1000000; i++) ri_score_add(&nats, 1e-17, 0);
    assert_true(fabs(ri_score_mean(&nats) - (1 + 1e-11)) < 1e-15);

    ri_score_nats large = {0};
    ri_score_add(&large, 1, 1);
    ri_score_add(&large, 1e100, 0);
    ri_score_add(&large, 1, 0);
    ri_score_add(&large, -1e100, 0);
    assert_true(ri_score_mean(&large) == 2);
}

static void extremes(void **state)
{
    (void)state;
    ri_score_nats nats = {0};
    assert_true(isnan(ri_score_mean(&nats)));
    ri_score_add(&nats, 0, 4);
    assert_true(ri_score_mean(&nats) == 0);
    assert_true(ri_score_perplexity(0) == 1);
    assert_true(ri_score_bits(0) == 0);
    assert_true(isinf(ri_score_perplexity(710)));
    ri_score_add(&nats, INFINITY, 1);
    ri_score_add(&nats, 1, 1);
    assert_true(isinf(ri_score_mean(&nats)));
    ri_score_add(&nats, NAN, 1);
    assert_true(isnan(ri_score_mean(&nats)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_guess),
        cmocka_unit_test(rounding_is_carried),
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
