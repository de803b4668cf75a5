/* Schedules against their closed forms, and the tables that users know.
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "recur/recur.h"

static double rate(recur_schedule s, int64_t epoch, int64_t step)
{
    return recur_schedule_rate(&s, 2, epoch, step);
}

static void near(double a, double b)
{
    assert_true(fabs(a - b) <= 1e-15 * fabs(b) || a == b);
}

static void constant_stays(void **state)
{
    (void)state;
    for (int64_t e = 1; e < 100; e++) assert_true(rate((recur_schedule){0}, e, 1000 * e) == 2);
}

static void step_begins_after_its_epoch(void **state)
{
    (void)state;
    recur_schedule s = {.kind = RECUR_STEP, .factor = 0.5, .after = 4};
    for (int64_t e = 1; e <= 4; e++) assert_true(rate(s, e, 1) == 2);
    double wanted = 2;
    for (int64_t e = 5; e < 60; e++) assert_true(rate(s, e, 1) == (wanted *= 0.5));
}

static void exponential_falls_every_epoch(void **state)
{
    (void)state;
    recur_schedule s = {.kind = RECUR_EXPONENTIAL, .factor = 0.97};
    double         wanted = 2;
    for (int64_t e = 1; e < 60; e++, wanted *= 0.97) assert_true(fabs(rate(s, e, 1) / wanted - 1) < 1e-14);
}

static void cosine_falls_from_all_to_nothing(void **state)
{
    (void)state;
    recur_schedule s = {.kind = RECUR_COSINE, .epochs = 8};
    assert_true(rate(s, 1, 1) == 2);
    near(rate(s, 5, 1), 1);
    near(rate(s, 3, 1), 1 + sqrt(0.5));
    for (int64_t e = 1; e < 9; e++) assert_true(rate(s, e + 1, 1) < rate(s, e, 1));
    for (int64_t e = 9; e < 20; e++) assert_true(rate(s, e, 1) == 0);
}

static void warmup_climbs_whatever_the_kind(void **state)
{
    (void)state;
    for (int kind = RECUR_CONSTANT; kind <= RECUR_COSINE; kind++) {
        recur_schedule cold = {.kind = (recur_schedule_kind)kind, .factor = 0.9, .after = 1, .epochs = 30};
        recur_schedule warm = cold;
        warm.warmup = 10;
        for (int64_t step = 1; step <= 40; step++) {
            double share = step < 10 ? (double)step / 10 : 1;
            near(rate(warm, 3, step), share * rate(cold, 3, step));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_stays),
        cmocka_unit_test(step_begins_after_its_epoch),
        cmocka_unit_test(exponential_falls_every_epoch),
        cmocka_unit_test(cosine_falls_from_all_to_nothing),
        cmocka_unit_test(warmup_climbs_whatever_the_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
