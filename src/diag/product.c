/* Products of step Jacobians, never multiplied out.
 *
 * Rows V, the identity at first, go back through the steps: V J = L Q, a lower triangle times orthonormal rows, and Q is the next V. After s
 * steps the product is (L1 L2 ... Ls) Q, so its singular values are those of the triangles' product P. The diagonal of each L falls, as the
 * first row takes the direction that grows most; that of P falls like powers. P is therefore kept by columns, each a unit vector
 * and the logarithm of its length:
 *
 *   column j of P L = sum over l >= j of  L[l,j] exp(log_l) p_l
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "dev/ctx.h"
#include "diag/orbit.h"
#include "diag/orthonormal.h"
#include "diag/singular.h"

typedef struct product {
    int64_t n;
    double *rows;     /* [n,n] V */
    double *triangle; /* [n,n] L */
    double *columns;  /* [n,n]: row j is column j of P */
    double *logs;     /* [n] of the columns' lengths */
    double *copy;     /* [n,n] for the singular values */
    double *diagonal; /* [n] */
} product;

static product *make(recur_ctx *ctx, int64_t n)
{
    size_t   square = (size_t)n * (size_t)n; /* n is below 2^31 */
    product *p = ri_allocate(&ctx->allocator, 1, sizeof *p);
    double  *block = p ? ri_allocate(&ctx->allocator, square + (size_t)n, 4 * sizeof *block) : NULL;
    if (!block) {
        ri_release(&ctx->allocator, p);
        return NULL;
    }
    *p = (product){.n = n,
                   .rows = block,
                   .triangle = block + square,
                   .columns = block + 2 * square,
                   .copy = block + 3 * square,
                   .logs = block + 4 * square,
                   .diagonal = block + 4 * square + (size_t)n};
    for (int64_t i = 0; i < n; i++) p->rows[i * n + i] = p->columns[i * n + i] = 1;
    return p;
}

static void destroy(recur_ctx *ctx, product *p)
{
    if (p) ri_release(&ctx->allocator, p->rows);
    ri_release(&ctx->allocator, p);
}

/* Column j of P L into place; columns behind j are still P's. */
static void multiply_column(product *p, int64_t j)
{
    int64_t n = p->n;
    double *sum = p->diagonal, greatest = -INFINITY;
    for (int64_t l = j; l < n; l++)
        greatest = fmax(greatest, p->logs[l] + log(fabs(p->triangle[l * n + j]))); /* log 0: -infinity */
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int64_t l = j; l < n && isfinite(greatest); l++) {
        double factor = p->triangle[l * n + j];
        double scale = copysign(exp(p->logs[l] + log(fabs(factor)) - greatest), factor);
        for (int64_t i = 0; i < n && fabs(scale) > 1e-40; i++) sum[i] += scale * p->columns[l * n + i];
    }
    p->logs[j] = isfinite(greatest) ? greatest + ri_unit_log(n, sum) : -INFINITY;
    memcpy(p->columns + j * n, sum, (size_t)n * sizeof *sum);
}

static recur_status step(const ri_orbit *orbit, product *p, int64_t t)
{
    recur_status status = ri_orbit_pull(orbit, t, p->n, p->rows);
    if (status) return status;
    ri_orthonormalise(p->n, p->n, p->rows, p->diagonal, p->triangle);
    for (int64_t j = 0; j < p->n; j++) multiply_column(p, j);
    return RECUR_OK;
}

static recur_status run(const ri_orbit *orbit, product *p, int64_t each, double *logs)
{
    int64_t n = p->n;
    for (int64_t s = 1; s <= orbit->last - orbit->first; s++) {
        recur_status status = step(orbit, p, orbit->last - s);
        if (status) return status;
        if (s % each) continue;
        double *out = logs + (s / each - 1) * n;
        memcpy(out, p->logs, (size_t)n * sizeof *out);
        memcpy(p->copy, p->columns, (size_t)(n * n) * sizeof *out);
        ri_singular_logs(n, n, p->copy, out);
    }
    return RECUR_OK;
}

recur_status recur_jacobian_product(recur_ctx *ctx, const recur_system *system, const double *start,
                                    int64_t first, int64_t last, int64_t each, double *logs)
{
    if (!ctx || !logs) return RECUR_EARG;
    recur_status status = ri_system_check(ctx, system, "recur_jacobian_product");
    if (status) return status;
    if (first < 0 || last <= first || each < 1 || (last - first) % each)
        return RI_FAIL(ctx, RECUR_EARG,
                       "recur_jacobian_product: steps %lld to %lld by %lld, wanted 0 <= first < last and a "
                       "divisor of their distance",
                       (long long)first, (long long)last, (long long)each);
    ri_orbit orbit;
    product *p = NULL;
    status = ri_orbit_run(ctx, system, start, first, last, &orbit);
    if (!status && !(p = make(ctx, system->n))) status = ri_no_memory(ctx, "a product of Jacobians");
    if (!status) status = run(&orbit, p, each, logs);
    destroy(ctx, p);
    ri_orbit_free(&orbit);
    return status;
}
