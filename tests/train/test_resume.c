/* Resuming equals never having stopped, to the bit: every plan, stopped at random points, once and again and again.
 * SPDX-License-Identifier: MIT */
#include "train/plans.h"

enum { CUTS = 20 };

static uint32_t draw(uint32_t stream, uint32_t i)
{
    return ri_philox((ri_block){{i, stream}}, 2024).word[0];
}

/* Run a plan unbroken; returns the number of ticks. */
static int64_t run_whole(const plan *p, char dir[TINY_PATH])
{
    stopper      s = {0};
    recur_report done;
    tiny_directory(dir);
    assert_int_equal(plan_train(p, dir, false, NULL, &s, &done), RECUR_OK);
    assert_int_equal(done.event, RECUR_EVENT_DONE);
    assert_true(s.ticks > CUTS);
    return s.ticks;
}

static void assert_ended_alike(const char *whole, const char *dir)
{
    tiny_assert_same_run(whole, dir);
    tiny_assert_same_file(whole, dir, "memory.safetensors");
}

static bool is_finished(const char *dir)
{
    recur_ctx *ctx;
    bool       finished;
    assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = 1}, &ctx), RECUR_OK);
    assert_int_equal(recur_run_finished(ctx, dir, &finished), RECUR_OK);
    recur_ctx_destroy(ctx);
    return finished;
}

static void one_stop_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < N_PLANS; k++) {
        char    whole[TINY_PATH], dir[TINY_PATH];
        int64_t ticks = run_whole(&plans[k], whole);
        for (uint32_t i = 0; i < CUTS; i++) {
            stopper s = {.stop_at = 1 + draw(k, i) % (ticks - 1)};
            tiny_directory(dir);
            assert_int_equal(plan_train(&plans[k], dir, false, NULL, &s, NULL), RECUR_STOPPED);
            assert_int_equal(s.ticks, s.stop_at);
            assert_false(is_finished(dir));
            assert_int_equal(plan_train(&plans[k], dir, true, NULL, NULL, NULL), RECUR_OK);
            assert_true(is_finished(dir));
            assert_ended_alike(whole, dir);
            tiny_remove(dir);
        }
        tiny_remove(whole);
    }
}

static void stopping_all_the_time_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < N_PLANS; k++) {
        char         whole[TINY_PATH], dir[TINY_PATH];
        uint32_t     n_stops = 0;
        recur_status status = RECUR_STOPPED;
        run_whole(&plans[k], whole);
        tiny_directory(dir);
        while (status == RECUR_STOPPED) {
            stopper s = {.stop_at =
                             4 + draw(k + 100, n_stops) % 4}; /* a validation alone takes three ticks */
            status = plan_train(&plans[k], dir, true, NULL, &s, NULL);
            n_stops++;
            assert_true(n_stops < 200);
        }
        assert_int_equal(status, RECUR_OK);
        assert_true(n_stops > 5);
        assert_ended_alike(whole, dir);
        tiny_remove(dir);
        tiny_remove(whole);
    }
}

static void the_memory_holds_the_best_model(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < N_PLANS; k++) {
        char whole[TINY_PATH];
        run_whole(&plans[k], whole);
        size_t n, m;
        char  *file = tiny_read(whole, "model.safetensors", &n),
             *memory = tiny_read(whole, "memory.safetensors", &m);
        assert_int_equal(n, m);
        assert_memory_equal(file, memory, n);
        free(file);
        free(memory);
        tiny_remove(whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_stop_changes_nothing),
        cmocka_unit_test(stopping_all_the_time_changes_nothing),
        cmocka_unit_test(the_memory_holds_the_best_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
