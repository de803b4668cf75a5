/* Measuring in turns. A shared machine is faster in one second than in the next, so a time alone says little: in every round the limits
 * are measured and then each case is called for a while, and of all figures the medians are compared.
 * SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "dev/dev.h"

enum { MIN_ROUNDS = 3, ROUNDS = 10, WARM_UP = 2 };

/* A growing list of measurements. */
typedef struct samples {
    double *values;
    int64_t n, capacity;
} samples;

/* A case on its way. */
typedef struct entry {
    ri_subject *subject;
    samples     seconds, bandwidth;
    int64_t     weights; /* elements */
} entry;

typedef struct session {
    recur_ctx              *ctx;
    const recur_bench_case *cases;
    recur_bench_opts        opts;
    entry                  *entries; /* [n] */
    int64_t                 n;
    samples                 peak, product;
    float                  *buffer; /* as large as the largest weights */
    float                  *room;   /* of the bare product */
} session;

static recur_status keep(recur_ctx *ctx, samples *s, double value)
{
    if (s->n == s->capacity) {
        int64_t more = s->capacity ? 2 * s->capacity : 64;
        double *grown = ri_grow(&ctx->allocator, s->values, (size_t)s->n, (size_t)more, sizeof *grown);
        if (!grown) return ri_no_memory(ctx, "measurements");
        s->values = grown;
        s->capacity = more;
    }
    s->values[s->n++] = value;
    return RECUR_OK;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sort the samples and return the middle one, of two the mean. */
static double median(samples *s)
{
    qsort(s->values, (size_t)s->n, sizeof *s->values, ascending);
    return (s->values[(s->n - 1) / 2] + s->values[s->n / 2]) / 2;
}

/* ---- life ---- */

static recur_status make_entry(session *s, int64_t i)
{
    entry       *e = &s->entries[i];
    recur_status status = ri_subject_create(s->ctx, &s->cases[i], &e->subject);
    double       seconds;
    e->weights = (int64_t)ri_bench_weights(&s->cases[i]);
    for (int k = 0; k < WARM_UP && !status; k++) status = ri_subject_call(e->subject, &seconds);
    return status;
}

static recur_status make_buffer(session *s)
{
    int64_t room = 0;
    for (int64_t i = 0; i < s->n; i++) {
        int64_t one = ri_limit_room(s->ctx, s->entries[i].weights);
        if (one > room) room = one;
    }
    int64_t product = ri_limit_product_room(s->ctx);
    s->buffer = ri_allocate(&s->ctx->allocator, (size_t)room, sizeof *s->buffer);
    s->room = ri_allocate(&s->ctx->allocator, (size_t)product, sizeof *s->room);
    if (!s->buffer || !s->room) return ri_no_memory(s->ctx, "a buffer to be read");
    s->ctx->dev->fill(s->ctx, room, 1, s->buffer);
    s->ctx->dev->fill(s->ctx, product, 1, s->room);
    return RECUR_OK;
}

static void end(session *s)
{
    const recur_allocator *a = &s->ctx->allocator;
    for (int64_t i = 0; s->entries && i < s->n; i++) {
        ri_subject_destroy(s->entries[i].subject);
        ri_release(a, s->entries[i].seconds.values);
        ri_release(a, s->entries[i].bandwidth.values);
    }
    ri_release(a, s->entries);
    ri_release(a, s->peak.values);
    ri_release(a, s->product.values);
    ri_release(a, s->buffer);
    ri_release(a, s->room);
}

static recur_status begin(session *s)
{
    s->entries = ri_allocate(&s->ctx->allocator, (size_t)s->n, sizeof *s->entries);
    if (!s->entries) return ri_no_memory(s->ctx, "measurements");
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < s->n && !status; i++) status = make_entry(s, i);
    return status ? status : make_buffer(s);
}

/* ---- measuring ---- */

/* Call a case until a slice of its time is up, once at least. */
static recur_status measure_slice(session *s, entry *e)
{
    double       began = ri_clock_seconds(), seconds;
    recur_status status = keep(s->ctx, &e->bandwidth, ri_limit_read(s->ctx, e->weights, s->buffer) * 1e-9);
    do {
        if (!status) status = ri_subject_call(e->subject, &seconds);
        if (!status) status = keep(s->ctx, &e->seconds, seconds);
    } while (!status && ri_clock_seconds() - began < s->opts.seconds / ROUNDS);
    return status;
}

static recur_status measure(session *s)
{
    double       began = ri_clock_seconds(), wanted = s->opts.seconds * (double)s->n;
    recur_status status = RECUR_OK;
    for (int64_t round = 0; !status; round++) {
        double share = fmin((ri_clock_seconds() - began) / wanted, (double)round / MIN_ROUNDS);
        if (share >= 1) break;
        status = keep(s->ctx, &s->peak, ri_limit_peak(s->ctx) * 1e-9);
        if (!status) status = keep(s->ctx, &s->product, ri_limit_product(s->ctx, s->room) * 1e-9);
        for (int64_t i = 0; i < s->n && !status; i++) {
            if (s->opts.tick && !s->opts.tick(s->opts.user, share))
                return RI_FAIL(s->ctx, RECUR_STOPPED, "the measurement was stopped");
            status = measure_slice(s, &s->entries[i]);
        }
    }
    return status;
}

static recur_bench_result conclude(session *s, int64_t i)
{
    entry             *e = &s->entries[i];
    double             unit = sizeof(float), seconds = median(&e->seconds);
    recur_bench_result r = {.ms = 1e3 * seconds,
                            .ms_best = 1e3 * e->seconds.values[0],
                            .calls = e->seconds.n,
                            .flop = recur_bench_flop(&s->cases[i]),
                            .bytes = ri_bench_traffic(&s->cases[i]) * unit,
                            .weight_bytes = (double)e->weights * unit,
                            .peak_gflops = median(&s->peak),
                            .product_gflops = median(&s->product),
                            .bandwidth_gbs = median(&e->bandwidth)};
    r.gflops = 1e-9 * r.flop / seconds;
    r.percent_of_peak = 100 * r.gflops / r.peak_gflops;
    r.percent_of_product = 100 * r.gflops / r.product_gflops;
    r.percent_of_bandwidth = 100 * 1e-9 * r.bytes / seconds / r.bandwidth_gbs;
    return r;
}

recur_status recur_bench_run(recur_ctx *ctx, const recur_bench_case *cases, int64_t n,
                             const recur_bench_opts *opts, recur_bench_result *results)
{
    if (!ctx || !cases || !results || n < 1) return RECUR_EARG;
    session s = {.ctx = ctx, .cases = cases, .n = n};
    if (opts) s.opts = *opts;
    if (s.opts.seconds == 0) s.opts.seconds = 0.5;
    recur_status status = RECUR_OK;
    if (recur_ctx_dtype(ctx) != RECUR_F32)
        status = RI_FAIL(ctx, RECUR_EARG, "speed is measured in float32, found a context of float64");
    else if (!(s.opts.seconds > 0))
        status = RI_FAIL(ctx, RECUR_EARG, "%g seconds to measure, wanted more than 0", s.opts.seconds);
    if (!status) status = begin(&s);
    if (!status) status = measure(&s);
    for (int64_t i = 0; i < n && !status; i++) results[i] = conclude(&s, i);
    end(&s);
    return status;
}

const char *recur_bench_kernels(const recur_ctx *ctx)
{
    return recur_ctx_dtype(ctx) == RECUR_F64 ? ((const rk_table_f64 *)ctx->kernels)->name
                                             : ((const rk_table_f32 *)ctx->kernels)->name;
}
