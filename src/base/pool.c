/* Threads that take task numbers from one atomic counter, the ticket.
 *
 *   ticket   [ run number : 32 | next task : 32 ]
 *
 * A thread takes task i of run r by changing the ticket from (r,i) to (r,i+1). Between two runs the ticket is CLOSED under the new
 * run's number while the job (n, task, arg) is written, so a thread that read a mixture of two jobs fails to change the ticket and
 * looks again. Hence the caller waits for tasks, never for workers: one that sleeps through a short run is not missed.
 *
 * Waiting is a spin of SPIN_NS (of MEETING_NS in a meeting), then sleep. Whoever changes what others wait for looks, after the change, whether anyone sleeps; whoever
 * goes to sleep says so first and looks again. Both orders are sequentially consistent, so no wake-up is lost.
 *
 * SPDX-License-Identifier: MIT */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "base/alloc.h"
#include "base/denormal.h"

enum {
    SPIN_NS = 20000,     /* for work or for the end of a run */
    MEETING_NS = 200000, /* for the others of a team: a tick of the system must not look like a crowd */
    QUICK_LOOKS = 64,
    SPINS_PER_LOOK = 32,
    FIRST_PAUSE_NS = 20000000,
    LONGEST_PAUSE_NS = 2000000000
};

static const uint64_t CLOSED = UINT32_MAX; /* a task number that no run reaches */

typedef void task_function(void *arg, int64_t i);

struct ri_pool {
    recur_allocator allocator;
    int             n_threads, n_started;
    pthread_t      *threads; /* [n_threads-1] */

    pthread_mutex_t turn; /* held by the caller whose run it is */
    pthread_mutex_t lock; /* for sleeping only */
    pthread_cond_t  has_work, is_done;

    _Alignas(RI_ALIGN) _Atomic uint64_t ticket;
    _Alignas(RI_ALIGN) _Atomic uint64_t done; /* tasks of this run that are finished */
    _Alignas(RI_ALIGN) _Atomic uint64_t n;    /* the job */
    _Atomic(task_function *) task;
    _Atomic(void *)          arg;
    _Atomic int              n_asleep;
    _Atomic bool             caller_asleep, is_stopping;

    pthread_cond_t has_met;
    _Alignas(RI_ALIGN) _Atomic uint64_t meetings; /* that are over */
    _Atomic int64_t n_arrived;                    /* at the one that is not */
    _Atomic int     n_waiting;                    /* of these, asleep */
    _Atomic int64_t crowded_until, pause; /* ns: after a meeting that took long; see ri_pool_is_crowded */
};

static void relax(void)
{
#if defined(__SSE2__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool has_new_run(const ri_pool *pool, uint32_t seen)
{
    uint64_t ticket = atomic_load(&pool->ticket);
    return (uint32_t)(ticket >> 32) != seen && (ticket & UINT32_MAX) != CLOSED;
}

static bool must_look(const ri_pool *pool, uint32_t seen)
{
    return has_new_run(pool, seen) || atomic_load(&pool->is_stopping);
}

static bool is_finished(const ri_pool *pool, uint32_t n)
{
    return atomic_load(&pool->done) == n;
}

/* Spin until ready(pool, value) or the time is up; return which. The first looks are quick: the clock takes as long as a meeting should. */
static bool spin(const ri_pool *pool, bool (*ready)(const ri_pool *, uint32_t), uint32_t value, int64_t ns)
{
    for (int i = 0; i < QUICK_LOOKS; i++)
        if (ready(pool, value)) return true;
    int64_t end = now_ns() + ns;
    do {
        for (int i = 0; i < SPINS_PER_LOOK; i++) {
            if (ready(pool, value)) return true;
            relax();
        }
    } while (now_ns() < end);
    return false;
}

/* Compute tasks until none is left to take. Returns the number of the last run that was open. */
static uint32_t take_part(ri_pool *pool)
{
    for (;;) {
        uint64_t       ticket = atomic_load(&pool->ticket);
        uint64_t       i = ticket & UINT32_MAX, n = atomic_load(&pool->n);
        task_function *task = atomic_load(&pool->task);
        void          *arg = atomic_load(&pool->arg);
        if (i >= n) return (uint32_t)(ticket >> 32) - (i == CLOSED); /* a closed run is still to come */
        if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1)) continue;
        task(arg, (int64_t)i);
        bool is_last = atomic_fetch_add(&pool->done, 1) + 1 == n;
        if (is_last && atomic_load(&pool->caller_asleep)) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->is_done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static void *work(void *argument)
{
    ri_pool *pool = argument;
    uint32_t seen = 0;
    ri_denormals_flush();
    while (!atomic_load(&pool->is_stopping)) {
        if (!spin(pool, must_look, seen, SPIN_NS)) {
            pthread_mutex_lock(&pool->lock);
            atomic_fetch_add(&pool->n_asleep, 1);
            while (!must_look(pool, seen)) pthread_cond_wait(&pool->has_work, &pool->lock);
            atomic_fetch_sub(&pool->n_asleep, 1);
            pthread_mutex_unlock(&pool->lock);
        }
        if (has_new_run(pool, seen)) seen = take_part(pool);
    }
    return NULL;
}

static void wake_workers(ri_pool *pool)
{
    if (atomic_load(&pool->n_asleep) == 0) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->has_work);
    pthread_mutex_unlock(&pool->lock);
}

static void wait_until_finished(ri_pool *pool, uint32_t n)
{
    if (spin(pool, is_finished, n, SPIN_NS)) return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->caller_asleep, true);
    while (!is_finished(pool, n)) pthread_cond_wait(&pool->is_done, &pool->lock);
    atomic_store(&pool->caller_asleep, false);
    pthread_mutex_unlock(&pool->lock);
}

static void run_shared(ri_pool *pool, int64_t n, task_function *task, void *arg)
{
    pthread_mutex_lock(&pool->turn);
    uint64_t run = ((atomic_load(&pool->ticket) >> 32) + 1) & UINT32_MAX;
    atomic_store(&pool->ticket, run << 32 | CLOSED);
    atomic_store(&pool->done, 0);
    atomic_store(&pool->n, (uint64_t)n);
    atomic_store(&pool->task, task);
    atomic_store(&pool->arg, arg);
    atomic_store(&pool->ticket, run << 32);
    wake_workers(pool);
    take_part(pool);
    wait_until_finished(pool, (uint32_t)n);
    pthread_mutex_unlock(&pool->turn);
}

/* Start a worker that no signal is delivered to: they are the program's. */
static bool start_worker(ri_pool *pool)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&pool->threads[pool->n_started], NULL, work, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0) pool->n_started++;
    return failure == 0;
}

ri_pool *ri_pool_create(const recur_allocator *a, int threads)
{
    ri_pool *pool = ri_allocate(a, 1, sizeof *pool);
    if (!pool) return NULL;
    pool->allocator = *a;
    pool->n_threads = threads;
    pool->threads = ri_allocate(a, (size_t)threads, sizeof *pool->threads);
    if (!pool->threads) {
        ri_release(a, pool);
        return NULL;
    }
    pthread_mutex_init(&pool->turn, NULL); /* plain mutexes and conditions of the C library cannot fail */
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->has_work, NULL);
    pthread_cond_init(&pool->is_done, NULL);
    pthread_cond_init(&pool->has_met, NULL);
    while (pool->n_started < threads - 1) {
        if (!start_worker(pool)) {
            ri_pool_destroy(pool);
            return NULL;
        }
    }
    return pool;
}

void ri_pool_destroy(ri_pool *pool)
{
    if (!pool) return;
    atomic_store(&pool->is_stopping, true);
    wake_workers(pool);
    for (int i = 0; i < pool->n_started; i++) pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->is_done);
    pthread_cond_destroy(&pool->has_met);
    pthread_cond_destroy(&pool->has_work);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->turn);
    recur_allocator a = pool->allocator;
    ri_release(&a, pool->threads);
    ri_release(&a, pool);
}

int ri_pool_threads(const ri_pool *pool)
{
    return pool->n_threads;
}

void ri_pool_run(ri_pool *pool, int64_t n, void (*task)(void *arg, int64_t i), void *arg)
{
    uint64_t before = ri_denormals_flush();
    if (n <= 1 || pool->n_threads == 1 || n >= UINT32_MAX) {
        for (int64_t i = 0; i < n; i++) task(arg, i); /* alone: no lock, no call of the system */
    } else {
        run_shared(pool, n, task, arg);
    }
    ri_denormals_restore(before);
}

static bool is_over(const ri_pool *pool, uint32_t meeting)
{
    return (uint32_t)atomic_load(&pool->meetings) != meeting;
}

/* Somebody did not come in time: another program has his core. Each time it happens anew the pause doubles. */
static void note_crowd(ri_pool *pool)
{
    int64_t now = now_ns(), until = atomic_load(&pool->crowded_until), pause = atomic_load(&pool->pause);
    if (now < until) return;
    if (pause == 0 || now > until + pause)
        pause = FIRST_PAUSE_NS; /* it had gone well for as long as the pause */
    atomic_store(&pool->crowded_until, now + pause);
    atomic_store(&pool->pause, 2 * pause < LONGEST_PAUSE_NS ? 2 * pause : LONGEST_PAUSE_NS);
}

bool ri_pool_is_crowded(const ri_pool *pool)
{
    int64_t until = atomic_load(&pool->crowded_until);
    return until != 0 && now_ns() < until;
}

void ri_pool_meet(ri_pool *pool, int64_t n)
{
    if (n <= 1) return;
    uint32_t meeting = (uint32_t)atomic_load(&pool->meetings);
    if (atomic_fetch_add(&pool->n_arrived, 1) + 1 == n) { /* the last opens the door */
        atomic_store(&pool->n_arrived, 0);
        atomic_fetch_add(&pool->meetings, 1);
        if (atomic_load(&pool->n_waiting) == 0) return;
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->has_met);
        pthread_mutex_unlock(&pool->lock);
        return;
    }
    if (spin(pool, is_over, meeting, MEETING_NS)) return;
    note_crowd(pool);
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->n_waiting, 1);
    while (!is_over(pool, meeting)) pthread_cond_wait(&pool->has_met, &pool->lock);
    atomic_fetch_sub(&pool->n_waiting, 1);
    pthread_mutex_unlock(&pool->lock);
}
