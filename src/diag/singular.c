/* Singular values by one-sided Jacobi: columns are turned two by two until all are orthogonal; their lengths are then the
 * singular values.
 *
 * Here each column is a unit vector and the logarithm of a length. For a pair with lengths 1 and r <= 1, unit vectors u, v and c = u.v,
 * the rotation that makes them orthogonal has the tangent t = 2 c r / (d + sqrt(d^2 + 4 c^2 r^2)), d = 1 - r^2, and
 *
 *   u <- (u + t r v) / sqrt(1 + t^2)      v <- (v - (t/r) u) / sqrt(1 + t^2)
 *
 * in which t/r stays finite however small r is, so columns of lengths 1 and 10^-400 keep all their digits; one-sided Jacobi is as exact for columns
 * of any scale as for those of length 1 (Demmel and Veselic 1992).
 *
 * SPDX-License-Identifier: MIT */
#include "diag/singular.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "dev/ctx.h"
#include "kern/kern.h"
#include "recur/dynamics.h"

enum { MAX_SWEEPS = 60 }; /* about ten suffice */

double ri_unit_log(int64_t n, double *v)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, fabs(v[i]));
    if (!(most > 0)) return -INFINITY;
    for (int64_t i = 0; i < n; i++) v[i] /= most; /* squares neither vanish nor overflow */
    double length = sqrt(rk_f64_ref.dot(n, v, v));
    for (int64_t i = 0; i < n; i++) v[i] /= length;
    return log(most) + log(length);
}

/* Turn column p, the longer, and column q; false: they were orthogonal. */
static bool turn(int64_t n, double *u, double *v, double *log_u, double *log_v)
{
    double c = rk_f64_ref.dot(n, u, v);
    if (!(fabs(c) > 1e-15 * sqrt((double)n))) return false;
    double r = exp(*log_v - *log_u), d = 1 - r * r, t_by_r = 2 * c / (d + sqrt(d * d + 4 * c * c * r * r));
    double t = t_by_r * r, cosine = 1 / sqrt(1 + t * t);
    for (int64_t i = 0; i < n; i++) {
        double a = u[i], b = v[i];
        u[i] = cosine * (a + t * r * b);
        v[i] = cosine * (b - t_by_r * a);
    }
    *log_u += ri_unit_log(n, u);
    *log_v += ri_unit_log(n, v);
    return true;
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

void ri_singular_logs(int64_t k, int64_t n, double *vectors, double *logs)
{
    for (int64_t i = 0; i < k; i++) logs[i] += ri_unit_log(n, vectors + i * n);
    bool has_turned = true;
    for (int sweep = 0; has_turned && sweep < MAX_SWEEPS; sweep++) {
        has_turned = false;
        for (int64_t p = 0; p < k; p++)
            for (int64_t q = p + 1; q < k; q++) {
                if (isinf(logs[p]) || isinf(logs[q])) continue;
                int64_t u = logs[p] >= logs[q] ? p : q, v = p + q - u;
                has_turned |= turn(n, vectors + u * n, vectors + v * n, &logs[u], &logs[v]);
            }
    }
    qsort(logs, (size_t)k, sizeof *logs, falling);
}

recur_status recur_singular_values(recur_ctx *ctx, int64_t rows, int64_t columns, const double *matrix,
                                   double *values)
{
    if (!ctx) return RECUR_EARG;
    if (!matrix || !values || rows < 1 || columns < 1 || rows > INT32_MAX || columns > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "recur_singular_values: wanted a matrix, found [%lld,%lld]",
                       (long long)rows, (long long)columns);
    for (int64_t i = 0; i < rows * columns; i++)
        if (!isfinite(matrix[i]))
            return RI_FAIL(ctx, RECUR_EARG, "recur_singular_values: element %lld is %g", (long long)i,
                           matrix[i]);
    bool    is_tall = rows >= columns;
    int64_t k = is_tall ? columns : rows, n = is_tall ? rows : columns;
    double *vectors = ri_allocate(&ctx->allocator, (size_t)(rows * columns), sizeof *vectors);
    if (!vectors) return ri_no_memory(ctx, "singular values");
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            vectors[is_tall ? c * n + r : r * n + c] = matrix[r * columns + c];
    for (int64_t i = 0; i < k; i++) values[i] = 0;
    ri_singular_logs(k, n, vectors, values);
    for (int64_t i = 0; i < k; i++) values[i] = exp(values[i]);
    ri_release(&ctx->allocator, vectors);
    return RECUR_OK;
}
