/* How parameters start: computed in double on the host, then written.
 * SPDX-License-Identifier: MIT */
#include "nn/init.h"

#include <math.h>

#include "base/rng.h"

recur_status ri_init_simple(recur_params *p, int64_t index, recur_init init)
{
    if (!ri_init_is_simple(init) || !isfinite(init.value))
        return RI_FAIL(p->ctx, RECUR_EARG, "initialisation %d of value %g does not fit parameter %s",
                       (int)init.kind, init.value, p->tensors[index].name);
    int64_t n = p->tensors[index].count;
    if (init.kind == RECUR_INIT_CONSTANT) {
        if (init.value != 0) ri_init_rows(p, index, 0, n, NULL, init.value);
        return RECUR_OK; /* it is zero already; whoever reads a file into it does not want its pages touched twice */
    }
    double *values = ri_allocate(&p->ctx->allocator, (size_t)n, sizeof *values);
    if (!values) return ri_no_memory(p->ctx, "initial values");
    for (int64_t i = 0; i < n; i++) {
        uint64_t stream = (uint64_t)index, at = (uint64_t)i;
        if (init.kind == RECUR_INIT_UNIFORM)
            values[i] = init.value * (2 * ri_uniform(p->seed, stream, at) - 1);
        else
            values[i] = init.value * ri_normal(p->seed, stream, at);
    }
    recur_status status = recur_params_set(p, index, values);
    ri_release(&p->ctx->allocator, values);
    return status;
}

static double dot(int64_t n, const double *a, const double *b)
{
    double s = 0;
    for (int64_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

/* Modified Gram-Schmidt over m rows of length n >= m, each row cleaned twice so that rounding does not tilt it. */
static void orthonormalise(int64_t m, int64_t n, double *rows)
{
    for (int64_t i = 0; i < m; i++) {
        double *row = rows + i * n;
        for (int pass = 0; pass < 2; pass++)
            for (int64_t j = 0; j < i; j++) {
                double *other = rows + j * n, along = dot(n, row, other);
                for (int64_t k = 0; k < n; k++) row[k] -= along * other[k];
            }
        double length = sqrt(dot(n, row, row));
        for (int64_t k = 0; k < n; k++) row[k] /= length;
    }
}

recur_status ri_init_orthogonal(recur_params *p, int64_t index, int64_t groups, double gain)
{
    const ri_tensor *t = &p->tensors[index];
    int64_t          rows = t->shape.size[0] / groups, cols = t->shape.size[1], each = rows * cols;
    int64_t          m = rows < cols ? rows : cols, n = rows < cols ? cols : rows;
    double          *values = ri_allocate(&p->ctx->allocator, (size_t)t->count, sizeof *values);
    double          *basis = ri_allocate(&p->ctx->allocator, (size_t)each, sizeof *basis);
    recur_status     status = RECUR_OK;
    if (!values || !basis) status = ri_no_memory(p->ctx, "initial values");
    for (int64_t g = 0; !status && g < groups; g++) {
        for (int64_t i = 0; i < each; i++)
            basis[i] = ri_normal(p->seed, (uint64_t)index, (uint64_t)(g * each + i));
        orthonormalise(m, n, basis);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < cols; c++)
                values[g * each + r * cols + c] = gain * (rows < cols ? basis[r * n + c] : basis[c * n + r]);
    }
    if (!status) status = recur_params_set(p, index, values);
    ri_release(&p->ctx->allocator, basis);
    ri_release(&p->ctx->allocator, values);
    return status;
}

recur_status ri_init_identity(recur_params *p, int64_t index, int64_t groups, double gain)
{
    const ri_tensor *t = &p->tensors[index];
    int64_t          rows = t->shape.size[0] / groups, cols = t->shape.size[1];
    double          *values = ri_allocate(&p->ctx->allocator, (size_t)t->count, sizeof *values);
    if (!values) return ri_no_memory(p->ctx, "initial values");
    for (int64_t g = 0; g < groups; g++)
        for (int64_t i = 0; i < rows && i < cols; i++) values[(g * rows + i) * cols + i] = gain;
    recur_status status = recur_params_set(p, index, values);
    ri_release(&p->ctx->allocator, values);
    return status;
}

void ri_init_rows(recur_params *p, int64_t index, int64_t first, int64_t n, const double *values,
                  double constant)
{
    void *at = ri_at(p->ctx, ri_params_value(p, index), first);
    if (values)
        p->ctx->dev->write(p->ctx, n, values, at);
    else
        p->ctx->dev->fill(p->ctx, n, constant, at);
    ri_params_touch(p);
}

recur_status recur_params_add(recur_params *p, const char *name, recur_shape shape, recur_init init,
                              int64_t *index)
{
    if (!p || !name || !index) return RECUR_EARG;
    int64_t      added;
    recur_status status = ri_params_add(p, "", name, shape, &added);
    if (status) return status;
    if (init.kind == RECUR_INIT_DEFAULT) init = (recur_init){RECUR_INIT_NORMAL, 1};
    status = ri_init_simple(p, added, init);
    if (status)
        ri_params_truncate(p, added);
    else
        *index = added;
    return status;
}
