/* The pool: every task once, from one caller and from several, for every number of threads; denormals flushed and restored.
 *
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/denormal.h"
#include "base/pool.h"

static const recur_allocator HEAP;

enum { MAX_TASKS = 1000 };

typedef struct job {
    int64_t sum_of[MAX_TASKS]; /* one place per task */
    int64_t factor;
} job;

static void add(void *arg, int64_t i)
{
    job *j = arg;
    j->sum_of[i] += j->factor * (i + 1);
}

/* Run jobs of many sizes, at once and after pauses long enough for the workers to fall asleep. */
static void run_many(ri_pool *pool, int rounds)
{
    job *j = calloc(1, sizeof *j);
    for (int r = 0; r < rounds; r++) {
        int64_t n = (int64_t)r * 7919 % (r % 50 == 0 ? MAX_TASKS : 9);
        for (int64_t i = 0; i < n; i++) j->sum_of[i] = i;
        j->factor = r;
        ri_pool_run(pool, n, add, j);
        for (int64_t i = 0; i < n; i++) assert_int_equal(j->sum_of[i], i + r * (i + 1));
        if (r % 500 == 0) nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    free(j);
}

static void every_task_runs_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 5; threads++) {
        ri_pool *pool = ri_pool_create(&HEAP, threads);
        assert_non_null(pool);
        assert_int_equal(ri_pool_threads(pool), threads);
        run_many(pool, 5000);
        ri_pool_destroy(pool);
    }
}

static void *call(void *pool)
{
    run_many(pool, 2000);
    return NULL;
}

static void callers_take_turns(void **state)
{
    (void)state;
    ri_pool  *pool = ri_pool_create(&HEAP, 3);
    pthread_t callers[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&callers[i], NULL, call, pool), 0);
    for (int i = 0; i < 4; i++) pthread_join(callers[i], NULL);
    ri_pool_destroy(pool);
}

/* Two tasks that each wait for the other: done only if two threads compute. */
static void meet(void *arg, int64_t i)
{
    _Atomic int *n_here = arg;
    (void)i;
    atomic_fetch_add(n_here, 1);
    for (int64_t end = time(NULL) + 20; atomic_load(n_here) < 2 && time(NULL) < end;) sched_yield();
}

static void workers_take_part(void **state)
{
    (void)state;
    ri_pool *pool = ri_pool_create(&HEAP, 2);
    for (int r = 0; r < 20; r++) {
        _Atomic int n_here = 0;
        int64_t     start = time(NULL);
        ri_pool_run(pool, 2, meet, (void *)&n_here);
        assert_true(time(NULL) - start < 15);
        if (r % 5 == 0) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    ri_pool_destroy(pool);
}

static void sleep_long(void *arg, int64_t i)
{
    (void)arg;
    nanosleep(&(struct timespec){.tv_nsec = i == 0 ? 0 : 2000000}, NULL);
}

/* Tasks far longer than the spin: the caller or the workers sleep while they wait. */
static void sleepers_are_woken(void **state)
{
    (void)state;
    ri_pool *pool = ri_pool_create(&HEAP, 2);
    for (int r = 0; r < 100; r++) ri_pool_run(pool, 3, sleep_long, NULL);
    ri_pool_destroy(pool);
}

static void pools_may_be_idle(void **state)
{
    (void)state;
    for (int r = 0; r < 100; r++) ri_pool_destroy(ri_pool_create(&HEAP, 4));
    ri_pool_destroy(NULL);
}

static void halve_smallest(void *arg, int64_t i)
{
    volatile float smallest = 1.17549435e-38f;
    ((float *)arg)[i] = smallest * 0.5f;
}

static void denormals_are_flushed_and_the_caller_keeps_his_setting(void **state)
{
    (void)state;
#if !defined(__SSE2__) && !defined(__aarch64__)
    skip();
#endif
    if (getenv("RECUR_UNDER_VALGRIND")) skip(); /* it does not flush denormals */
    float    halves[64];
    uint64_t before = ri_denormals_flush();
    ri_denormals_restore(before);
    for (int threads = 1; threads <= 3; threads++) {
        ri_pool *pool = ri_pool_create(&HEAP, threads);
        for (int i = 0; i < 64; i++) halves[i] = 1;
        ri_pool_run(pool, 64, halve_smallest, halves);
        for (int i = 0; i < 64; i++) assert_true(halves[i] == 0);
        ri_pool_run(pool, 1, halve_smallest, halves);
        assert_true(halves[0] == 0);
        halve_smallest(halves, 0);
        assert_true(halves[0] > 0);
        ri_pool_destroy(pool);
    }
}

/* An allocator whose n-th request fails. */
typedef struct failing {
    int left, n_live;
} failing;

static void *allocate_or_fail(void *user, size_t bytes)
{
    failing *f = user;
    if (f->left-- == 0) return NULL;
    f->n_live++;
    return malloc(bytes);
}

static void release(void *user, void *memory)
{
    ((failing *)user)->n_live--;
    free(memory);
}

static void missing_memory_is_reported_without_a_leak(void **state)
{
    (void)state;
    failing  f = {0};
    ri_pool *pool = NULL;
    int      n_failures = 0;
    for (int k = 0; !pool; k++) {
        f = (failing){.left = k};
        recur_allocator a = {allocate_or_fail, release, &f};
        pool = ri_pool_create(&a, 3);
        if (!pool) {
            assert_int_equal(f.n_live, 0);
            n_failures++;
        }
    }
    assert_true(n_failures > 0);
    ri_pool_destroy(pool);
    assert_int_equal(f.n_live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(callers_take_turns),
        cmocka_unit_test(workers_take_part),
        cmocka_unit_test(sleepers_are_woken),
        cmocka_unit_test(pools_may_be_idle),
        cmocka_unit_test(denormals_are_flushed_and_the_caller_keeps_his_setting),
        cmocka_unit_test(missing_memory_is_reported_without_a_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
