/* Jacobians of functions on a tape, by walking back and by differences, and of a system's step.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "dev/ctx.h"
#include "nn/shape.h"
#include "recur/dynamics.h"

/* A function at work. */
typedef struct evaluation {
    recur_ctx          *ctx;
    recur_tape         *tape;
    recur_tape_function f;
    void               *user;
    recur_shape         shape;
    int64_t             n, m;
} evaluation;

/* Run the function at x. */
static recur_status run(const evaluation *e, const double *x, recur_var *in, recur_var *out)
{
    recur_tape_reset(e->tape);
    *in = recur_input_f64(e->tape, e->shape, x);
    *out = e->f(e->user, e->tape, *in);
    recur_status status = recur_tape_status(e->tape);
    int64_t      found = status || out->id == 0 ? 0 : ri_shape_count(recur_shape_of(e->tape, *out));
    if (!status && found != e->m)
        return RI_FAIL(e->ctx, RECUR_EARG,
                       "a Jacobian of %lld rows was wanted, but the function has %lld results",
                       (long long)e->m, (long long)found);
    return status;
}

static recur_status begin(recur_ctx *ctx, recur_tape_function f, void *user, recur_shape shape, int64_t m,
                          evaluation *e)
{
    if (ctx->opts.dtype != RECUR_F64) return RI_FAIL(ctx, RECUR_EARG, "Jacobians want a context of float64");
    *e = (evaluation){.ctx = ctx, .f = f, .user = user, .shape = shape, .m = m};
    e->n = ri_shape_count(shape);
    if (e->n < 1 || m < 1)
        return RI_FAIL(ctx, RECUR_EARG,
                       "a Jacobian of %lld results was wanted: at least 1, and an array to change",
                       (long long)m);
    return recur_tape_create(ctx, &e->tape);
}

/* Row i: the gradient of result i. */
static recur_status fill_row(const evaluation *e, const double *x, int64_t i, double *unit, double *row)
{
    recur_var    in, out;
    recur_status status = run(e, x, &in, &out);
    if (status) return status;
    unit[i] = 1;
    recur_var loss = recur_dot(e->tape, out, recur_input_f64(e->tape, recur_shape_of(e->tape, out), unit));
    unit[i] = 0;
    status = recur_backward(e->tape, loss);
    return status ? status : recur_grad_f64(e->tape, in, row);
}

recur_status recur_jacobian(recur_ctx *ctx, recur_tape_function f, void *user, recur_shape shape,
                            const double *x, int64_t m, double *jacobian)
{
    if (!ctx || !f || !x || !jacobian) return RECUR_EARG;
    evaluation   e;
    recur_status status = begin(ctx, f, user, shape, m, &e);
    if (status) return status;
    double *unit = ri_allocate(&ctx->allocator, (size_t)m, sizeof *unit);
    if (!unit) status = ri_no_memory(ctx, "a Jacobian");
    for (int64_t i = 0; !status && i < m; i++) status = fill_row(&e, x, i, unit, jacobian + i * e.n);
    ri_release(&ctx->allocator, unit);
    recur_tape_destroy(e.tape);
    return status;
}

/* Column j, by moving x[j] to both sides; values is [2,m]. */
static recur_status fill_column(const evaluation *e, double *x, int64_t j, double step, double *values,
                                double *jacobian)
{
    double at = x[j], h = step * fmax(1, fabs(at)), high = at + h, low = at - h;
    for (int side = 0; side < 2; side++) {
        recur_var in, out;
        x[j] = side ? high : low;
        recur_status status = run(e, x, &in, &out);
        if (!status) status = recur_value_f64(e->tape, out, values + side * e->m);
        if (status) return status;
    }
    x[j] = at;
    for (int64_t i = 0; i < e->m; i++) jacobian[i * e->n + j] = (values[e->m + i] - values[i]) / (high - low);
    return RECUR_OK;
}

recur_status recur_jacobian_differences(recur_ctx *ctx, recur_tape_function f, void *user, recur_shape shape,
                                        const double *x, int64_t m, double step, double *jacobian)
{
    if (!ctx || !f || !x || !jacobian) return RECUR_EARG;
    if (!(step >= 0))
        return RI_FAIL(ctx, RECUR_EARG, "differences want a step of at least 0, found %g", step);
    evaluation   e;
    recur_status status = begin(ctx, f, user, shape, m, &e);
    if (status) return status;
    recur_tape_set_inference(e.tape, true);
    double *moved = ri_allocate(&ctx->allocator, (size_t)e.n, sizeof *moved);
    double *values = ri_allocate(&ctx->allocator, (size_t)m, 2 * sizeof *values);
    if (!moved || !values) status = ri_no_memory(ctx, "a Jacobian");
    for (int64_t j = 0; !status && j < e.n; j++) moved[j] = x[j];
    for (int64_t j = 0; !status && j < e.n; j++)
        status = fill_column(&e, moved, j, step > 0 ? step : 6e-6, values, jacobian);
    ri_release(&ctx->allocator, values);
    ri_release(&ctx->allocator, moved);
    recur_tape_destroy(e.tape);
    return status;
}

recur_status recur_system_jacobian(const recur_system *system, int64_t t, const double *state,
                                   double *jacobian)
{
    bool has_size = system && system->n >= 1 && system->n <= INT32_MAX;
    if (!has_size || !system->pull || !state || !jacobian) return RECUR_EARG;
    int64_t n = system->n;
    for (int64_t i = 0; i < n * n; i++) jacobian[i] = i % (n + 1) == 0;
    return system->pull(system->user, t, state, n, jacobian);
}
