/* Lyapunov exponents: row vectors carried back along an orbit, made orthonormal again and again; the means of the logarithms of what
 * that takes from their lengths.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "dev/ctx.h"
#include "diag/orbit.h"
#include "diag/orthonormal.h"

enum { BLOCKS = 10, STREAM = 0x6c79 };

typedef struct measurement {
    const recur_lyapunov_opts *opts;
    const ri_orbit            *orbit;
    int64_t                    n, k, every, n_blocks;
    double                    *vectors;  /* [k,n] */
    double                    *diagonal; /* [k] */
    double                    *sums;     /* [n_blocks,k] */
    int64_t                   *lengths;  /* [n_blocks] in steps */
} measurement;

static recur_status check(recur_ctx *ctx, const recur_system *system, const recur_lyapunov_opts *o)
{
    const int64_t most = (int64_t)1 << 40;
    if (o->steps < 1 || o->warmup < 0 || o->settle < 0 || o->steps > most || o->warmup > most ||
        o->settle > most)
        return RI_FAIL(
            ctx, RECUR_EARG,
            "recur_lyapunov: wanted at least one step, found %lld, after %lld and before %lld that "
            "do not count",
            (long long)o->steps, (long long)o->warmup, (long long)o->settle);
    if (o->k < 0 || o->k > system->n)
        return RI_FAIL(ctx, RECUR_EARG, "recur_lyapunov: %lld exponents wanted of a state of %lld numbers",
                       (long long)o->k, (long long)system->n);
    if (o->every < 0 || o->blocks < 0 || o->blocks > o->steps)
        return RI_FAIL(ctx, RECUR_EARG, "recur_lyapunov: %lld blocks of %lld steps, every %lld",
                       (long long)o->blocks, (long long)o->steps, (long long)o->every);
    return RECUR_OK;
}

/* Go back from step `end` to step `begin`; the logarithms go to the block that a stretch ends in, where sums are wanted. */
static recur_status walk(measurement *m, int64_t end, int64_t begin, bool counts)
{
    for (int64_t t = end; t > begin;) {
        int64_t stop = t - m->every > begin ? t - m->every : begin, stretch = t - stop;
        int64_t block = (t - 1 - begin) * m->n_blocks / (end - begin);
        while (t > stop) {
            recur_status status = ri_orbit_pull(m->orbit, --t, m->k, m->vectors);
            if (status) return status;
        }
        ri_orthonormalise(m->k, m->n, m->vectors, m->diagonal, NULL);
        for (int64_t i = 0; counts && i < m->k; i++) m->sums[block * m->k + i] += log(m->diagonal[i]);
        m->lengths[block] += counts ? stretch : 0;
        double share = (double)(m->orbit->last - t) / (double)(m->orbit->last - m->orbit->first);
        if (m->opts->tick && !m->opts->tick(m->opts->user, share)) return RECUR_STOPPED;
    }
    return RECUR_OK;
}

/* Mean over time, and the standard error of a mean of blocks. */
static void conclude(const measurement *m, int64_t i, double *value, double *error)
{
    double  sum = 0, spread = 0;
    int64_t steps = 0, n = 0;
    for (int64_t b = 0; b < m->n_blocks; b++) {
        sum += m->sums[b * m->k + i];
        steps += m->lengths[b];
    }
    *value = sum / (double)steps;
    for (int64_t b = 0; b < m->n_blocks && isfinite(*value); b++) {
        if (!m->lengths[b]) continue; /* shorter than a stretch */
        double off = m->sums[b * m->k + i] / (double)m->lengths[b] - *value;
        spread += off * off;
        n++;
    }
    if (error) *error = n > 1 ? sqrt(spread / (double)(n * (n - 1))) : isfinite(*value) ? INFINITY : 0;
}

/* Put exponents in order, with their errors: where two are close, chance may have exchanged them. */
static void sort(int64_t k, double *values, double *errors)
{
    for (int64_t i = 1; i < k; i++) {
        double  value = values[i], error = errors ? errors[i] : 0;
        int64_t j = i;
        for (; j > 0 && values[j - 1] < value; j--) {
            values[j] = values[j - 1];
            if (errors) errors[j] = errors[j - 1];
        }
        values[j] = value;
        if (errors) errors[j] = error;
    }
}

static recur_status measure(measurement *m, double *exponents, double *errors)
{
    const ri_orbit *o = m->orbit;
    int64_t         settled = o->last - m->opts->settle;
    for (int64_t i = 0; i < m->k * m->n; i++) m->vectors[i] = ri_normal(m->opts->seed, STREAM, (uint64_t)i);
    ri_orthonormalise(m->k, m->n, m->vectors, m->diagonal, NULL);
    recur_status status = walk(m, o->last, settled, false);
    if (!status) status = walk(m, settled, o->first, true);
    if (status) return status;
    for (int64_t i = 0; i < m->k; i++) conclude(m, i, &exponents[i], errors ? &errors[i] : NULL);
    sort(m->k, exponents, errors);
    return RECUR_OK;
}

static recur_status take_memory(recur_ctx *ctx, measurement *m)
{
    size_t k = (size_t)m->k, blocks = (size_t)m->n_blocks;
    m->vectors = ri_allocate(&ctx->allocator, k, (size_t)m->n * sizeof *m->vectors);
    m->diagonal = ri_allocate(&ctx->allocator, k, sizeof *m->diagonal);
    m->sums = ri_allocate(&ctx->allocator, blocks, k * sizeof *m->sums);
    m->lengths = ri_allocate(&ctx->allocator, blocks, sizeof *m->lengths);
    return m->vectors && m->diagonal && m->sums && m->lengths ? RECUR_OK
                                                              : ri_no_memory(ctx, "Lyapunov exponents");
}

recur_status recur_lyapunov(recur_ctx *ctx, const recur_system *system, const double *start,
                            const recur_lyapunov_opts *opts, double *exponents, double *errors)
{
    if (!ctx || !opts || !exponents) return RECUR_EARG;
    recur_status status = ri_system_check(ctx, system, "recur_lyapunov");
    if (!status) status = check(ctx, system, opts);
    if (status) return status;
    ri_orbit    orbit;
    measurement m = {.opts = opts, .orbit = &orbit, .n = system->n, .k = opts->k ? opts->k : system->n};
    m.every = opts->every ? opts->every : 1;
    m.n_blocks = opts->blocks ? opts->blocks : opts->steps < BLOCKS ? opts->steps : BLOCKS;
    status =
        ri_orbit_run(ctx, system, start, opts->warmup, opts->warmup + opts->steps + opts->settle, &orbit);
    if (!status) status = take_memory(ctx, &m);
    if (!status) status = measure(&m, exponents, errors);
    ri_release(&ctx->allocator, m.lengths);
    ri_release(&ctx->allocator, m.sums);
    ri_release(&ctx->allocator, m.diagonal);
    ri_release(&ctx->allocator, m.vectors);
    ri_orbit_free(&orbit);
    return status;
}

double recur_kaplan_yorke(const double *exponents, int64_t k, int64_t n)
{
    double sum = 0;
    if (!exponents || k < 0 || k > n) return NAN;
    for (int64_t j = 0; j < k; j++) {
        if (sum + exponents[j] < 0) return (double)j + sum / fabs(exponents[j]);
        sum += exponents[j];
    }
    return k == n ? (double)n : NAN;
}
