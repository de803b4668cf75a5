/* The limits of the machine: what no program on these threads, with these instructions, can exceed.
 *
 * Both are measured like the work they are compared with: by the same pool, in pieces of about a quarter of a millisecond, so
 * that a thread which the system holds up costs the others a little time and not the measurement.
 * SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "bench/bench.h"
#include "kern/kern.h"

enum {
    PEAK_ROUNDS = 100000, /* of a dozen multiply-adds */
    PEAK_TASKS = 4,       /* per thread */
    READ_BYTES = 1 << 25, /* per thread: one or two milliseconds */
    READ_STEP = 2 * RK_MAX_WIDTH,
    PRODUCT_ROWS = 96, /* a product like those of a layer of 256 units: 8 panels of it, half a mebibyte */
    PRODUCT_DEPTH = 256,
    PRODUCT_PANELS = 8,
    PRODUCT_ROUNDS = 4
};

typedef struct limit_job {
    const recur_ctx *ctx;
    const float     *buffer;
    float           *room;
    int64_t          piece, rounds; /* elements of a thread's part; how often it is read */
    double          *results;       /* [tasks] */
} limit_job;

static const rk_table_f32 *kernels(const recur_ctx *ctx)
{
    return ctx->kernels;
}

/* ---- arithmetic ---- */

static void peak_task(void *arg, int64_t i)
{
    const limit_job *j = arg;
    float            y[RK_MAX_WIDTH];
    for (int k = 0; k < RK_MAX_WIDTH; k++) y[k] = (float)k / RK_MAX_WIDTH;
    j->results[i] = kernels(j->ctx)->peak(PEAK_ROUNDS, y);
}

static double run(recur_ctx *ctx, limit_job *job, int64_t tasks, void (*task)(void *, int64_t))
{
    double began = ri_clock_seconds();
    ri_pool_run(ctx->pool, tasks, task, job);
    return ri_clock_seconds() - began;
}

double ri_limit_peak(recur_ctx *ctx)
{
    enum { MAX_TASKS = 1024 * PEAK_TASKS };
    double    results[MAX_TASKS], sum = 0;
    int64_t   tasks = (int64_t)recur_ctx_threads(ctx) * PEAK_TASKS;
    limit_job job = {.ctx = ctx, .results = results};
    double    seconds = run(ctx, &job, tasks, peak_task);
    for (int64_t i = 0; i < tasks; i++) sum += results[i];
    return sum / seconds;
}

/* ---- arithmetic that reads ---- */

/* [PRODUCT_ROWS][PRODUCT_DEPTH] | panels [PRODUCT_PANELS][PRODUCT_DEPTH][width] | results [PRODUCT_ROWS][width] */
static int64_t product_piece(const recur_ctx *ctx)
{
    int64_t width = RK_VECS * kernels(ctx)->lanes;
    return PRODUCT_ROWS * PRODUCT_DEPTH + (PRODUCT_PANELS * PRODUCT_DEPTH + PRODUCT_ROWS) * width;
}

int64_t ri_limit_product_room(const recur_ctx *ctx)
{
    return product_piece(ctx) * recur_ctx_threads(ctx);
}

static void product_task(void *arg, int64_t i)
{
    const limit_job    *j = arg;
    const rk_table_f32 *k = kernels(j->ctx);
    int64_t             width = RK_VECS * k->lanes;
    float              *a = j->room + i * j->piece, *panels = a + PRODUCT_ROWS * PRODUCT_DEPTH;
    float              *c = panels + PRODUCT_PANELS * PRODUCT_DEPTH * width;
    for (int r = 0; r < PRODUCT_ROUNDS; r++)
        for (int p = 0; p < PRODUCT_PANELS; p++)
            k->product(PRODUCT_ROWS, width, 1, PRODUCT_DEPTH, a, PRODUCT_DEPTH, 0,
                       panels + p * PRODUCT_DEPTH * width, panels, 0, c, width);
}

double ri_limit_product(recur_ctx *ctx, float *room)
{
    int64_t   threads = recur_ctx_threads(ctx), width = RK_VECS * kernels(ctx)->lanes;
    limit_job job = {.ctx = ctx, .room = room, .piece = product_piece(ctx)};
    double    flop = 2.0 * PRODUCT_ROWS * PRODUCT_DEPTH * (double)width * PRODUCT_PANELS * PRODUCT_ROUNDS;
    run(ctx, &job, threads, product_task); /* the caches settle */
    return flop * (double)threads / run(ctx, &job, threads, product_task);
}

/* ---- reading ---- */

static int64_t piece_of(const recur_ctx *ctx, int64_t n)
{
    int64_t threads = recur_ctx_threads(ctx), piece = (n + threads - 1) / threads;
    return (piece + READ_STEP - 1) / READ_STEP * READ_STEP;
}

int64_t ri_limit_room(const recur_ctx *ctx, int64_t n)
{
    return piece_of(ctx, n) * recur_ctx_threads(ctx);
}

static void read_task(void *arg, int64_t i)
{
    const limit_job *j = arg;
    double           sum = 0;
    for (int64_t r = 0; r < j->rounds; r++)
        sum += kernels(j->ctx)->read_all(j->piece, j->buffer + i * j->piece);
    j->results[i] = sum;
}

double ri_limit_read(recur_ctx *ctx, int64_t n, const float *buffer)
{
    enum { MAX_TASKS = 1024 };
    double    results[MAX_TASKS];
    limit_job job = {.ctx = ctx, .buffer = buffer, .piece = piece_of(ctx, n), .results = results};
    double    bytes = (double)job.piece * sizeof *buffer;
    job.rounds = 1 + (int64_t)(READ_BYTES / bytes);
    int64_t threads = recur_ctx_threads(ctx);
    run(ctx, &job, threads, read_task); /* the caches settle */
    double seconds = run(ctx, &job, threads, read_task);
    return bytes * (double)job.rounds * (double)threads / seconds;
}
