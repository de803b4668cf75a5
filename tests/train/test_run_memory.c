/* Every allocation of a small training run fails once: the run says so, leaks nothing, and its directory can be resumed.
 * SPDX-License-Identifier: MIT */
#include "train/plans.h"

typedef struct failing {
    int64_t left; /* requests until the one that fails; negative: none */
    int64_t n_live, n_asked;
} failing;

static void *allocate_or_fail(void *user, size_t bytes)
{
    failing *f = user;
    f->n_asked++;
    if (f->left-- == 0) return NULL;
    void *memory = malloc(bytes);
    f->n_live += memory != NULL;
    return memory;
}

static void release(void *user, void *memory)
{
    ((failing *)user)->n_live--;
    free(memory);
}

static recur_status train(const plan *p, const char *dir, bool resume, failing *f)
{
    recur_allocator a = {allocate_or_fail, release, f};
    recur_status    status = plan_train(p, dir, resume, &a, NULL, NULL);
    assert_int_equal(f->n_live, 0);
    return status;
}

static plan short_plan(void)
{
    plan p = plans[0];
    p.opts.epochs = 0;
    p.opts.steps = 6;
    p.opts.eval_every = 2;
    return p;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    plan    p = short_plan();
    char    whole[TINY_PATH], dir[TINY_PATH];
    failing f = {.left = -1};
    tiny_directory(whole);
    assert_int_equal(train(&p, whole, false, &f), RECUR_OK);
    int64_t n = f.n_asked;
    assert_true(n > 100);
    for (int64_t k = 0; k < n; k += 1 + n / 400) {
        tiny_directory(dir);
        f = (failing){.left = k};
        assert_int_equal(train(&p, dir, true, &f), RECUR_EMEMORY);
        f = (failing){.left = -1};
        assert_int_equal(train(&p, dir, true, &f), RECUR_OK);
        tiny_assert_same_run(whole, dir);
        tiny_remove(dir);
    }
    tiny_remove(whole);
}

static void every_allocation_of_a_resumed_run_may_fail(void **state)
{
    (void)state;
    plan    p = short_plan();
    char    whole[TINY_PATH], dir[TINY_PATH];
    failing f = {.left = -1};
    tiny_directory(whole);
    stopper s = {.stop_at = 7};
    assert_int_equal(plan_train(&p, whole, false, NULL, &s, NULL), RECUR_STOPPED);
    assert_int_equal(train(&p, whole, true, &f), RECUR_OK);
    int64_t n = f.n_asked;
    for (int64_t k = 0; k < n; k += 1 + n / 200) {
        tiny_directory(dir);
        s = (stopper){.stop_at = 7};
        assert_int_equal(plan_train(&p, dir, false, NULL, &s, NULL), RECUR_STOPPED);
        f = (failing){.left = k};
        assert_int_equal(train(&p, dir, true, &f), RECUR_EMEMORY);
        f = (failing){.left = -1};
        assert_int_equal(train(&p, dir, true, &f), RECUR_OK);
        tiny_assert_same_run(whole, dir);
        tiny_remove(dir);
    }
    tiny_remove(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_allocation_of_a_resumed_run_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
