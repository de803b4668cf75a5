/* A pool of threads that computes tasks 0..n-1; the caller takes part.
 * SPDX-License-Identifier: MIT */
#ifndef RI_POOL_H
#define RI_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "recur/ctx.h"

typedef struct ri_pool ri_pool;

/* Start threads-1 workers. Returns NULL if memory or threads are missing. */
ri_pool *ri_pool_create(const recur_allocator *a, int threads);
void     ri_pool_destroy(ri_pool *pool);
int      ri_pool_threads(const ri_pool *pool);

/* Run task(arg, i) for every i in 0..n-1 and return when all are done. Which thread runs which task is open, so tasks must write
 * different outputs and read no other task's. Denormals are flushed while tasks run; the caller's setting is restored. Calls from
 * several threads take turns. A task must not call ri_pool_run. */
void ri_pool_run(ri_pool *pool, int64_t n, void (*task)(void *arg, int64_t i), void *arg);

/* Wait until n tasks of a run of exactly n tasks, n no more than the threads, have called this equally often; then what each wrote before is
 * seen by all after. Spins for a bounded time, then sleeps. n 1: returns at once. */
void ri_pool_meet(ri_pool *pool, int64_t n);

/* Whether meetings have lately taken so long that other programs must be using the cores: work that meets often is then done faster by one
 * thread. True for a pause of 20 ms after a meeting that had to sleep, for up to 2 s where that happens again and again. */
bool ri_pool_is_crowded(const ri_pool *pool);

#endif
