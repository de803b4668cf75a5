/* Parameters to and from .safetensors: every value passes through a buffer in host memory, so that a backend may keep its own
 * elsewhere, and nothing is changed before everything has been checked.
 * SPDX-License-Identifier: MIT */
#include "model/params_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "dev/dev.h"
#include "nn/shape.h"

/* ---- writing ---- */

/* Copy the values of every tensor into block, back to back in the context's type, and describe them. */
static void gather(const recur_params *params, char *block, ri_st_tensor *out)
{
    recur_ctx    *ctx = params->ctx;
    const ri_dev *dev = ctx->dev;
    recur_dtype   dtype = recur_ctx_dtype(ctx);
    for (int64_t i = 0; i < params->n_tensors; i++) {
        const ri_tensor *t = &params->tensors[i];
        out[i] = (ri_st_tensor){.name = t->name, .dtype = dtype, .shape = t->shape, .data = block};
        if (dtype == RECUR_F64)
            dev->read(ctx, t->count, ri_params_value(params, i), (double *)(void *)block);
        else
            dev->read_f32(ctx, t->count, ri_params_value(params, i), (float *)(void *)block);
        block += (size_t)t->count * dev->element_bytes;
    }
}

recur_status ri_params_write(const recur_params *params, const char *path, const ri_st_tensor *extra,
                             size_t n_extra, const ri_st_note *notes, size_t n_notes)
{
    recur_ctx             *ctx = params->ctx;
    const recur_allocator *a = &ctx->allocator;
    size_t                 n = (size_t)params->n_tensors;
    ri_st_tensor          *all = ri_allocate(a, n + n_extra, sizeof *all);
    char        *block = ri_allocate(a, (size_t)recur_params_count(params), ctx->dev->element_bytes);
    recur_status status;
    if (!all || !block) {
        status = ri_no_memory(ctx, "writing the parameters");
    } else {
        gather(params, block, all);
        for (size_t i = 0; i < n_extra; i++) all[n + i] = extra[i];
        status = ri_st_write(a, path, all, n + n_extra, notes, n_notes, ri_ctx_error(ctx));
    }
    ri_release(a, block);
    ri_release(a, all);
    return status;
}

recur_status recur_params_save(const recur_params *params, const char *path)
{
    if (!params) return RECUR_EARG;
    if (!path) return RI_FAIL(params->ctx, RECUR_EARG, "no path to save the parameters to");
    return ri_params_write(params, path, NULL, 0, NULL, 0);
}

/* ---- reading ---- */

enum { SHAPE_TEXT = 24 * RECUR_MAX_RANK };

/* Write a shape as "[3,4]". */
static const char *shape_text(recur_shape shape, char text[SHAPE_TEXT])
{
    size_t used = 0;
    text[used++] = '[';
    for (int i = 0; i < shape.rank; i++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT - used, "%s%" PRId64, i ? "," : "", shape.size[i]);
    snprintf(text + used, SHAPE_TEXT - used, "]");
    return text;
}

recur_status ri_params_want(recur_ctx *ctx, const ri_st_file *file, const char *path, const char *name,
                            recur_shape shape, recur_status mismatch)
{
    int64_t at = ri_st_find(file, name);
    if (at < 0) return RI_FAIL(ctx, mismatch, "%s: tensor \"%s\" is missing", path, name);
    recur_shape found = ri_st_shape(file, (size_t)at);
    if (ri_shape_equal(shape, found)) return RECUR_OK;
    char wanted_text[SHAPE_TEXT], found_text[SHAPE_TEXT];
    return RI_FAIL(ctx, mismatch, "%s: tensor \"%s\" has shape %s, wanted %s", path, name,
                   shape_text(found, found_text), shape_text(shape, wanted_text));
}

recur_status ri_params_read_tensor(const recur_params *params, const ri_st_file *file, const char *path,
                                   size_t index, double *values)
{
    recur_ctx   *ctx = params->ctx;
    recur_status status = ri_st_read(file, index, values, ri_ctx_error(ctx));
    if (status) return status;
    bool    is_f32 = recur_ctx_dtype(ctx) == RECUR_F32;
    int64_t n = ri_st_elements(file, index);
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(is_f32 ? (double)(float)values[i] : values[i])) continue;
        return RI_FAIL(ctx, RECUR_EMODEL,
                       "%s: tensor \"%s\": element %" PRId64 " is %g, wanted a finite %s number", path,
                       ri_st_name(file, index), i, values[i], is_f32 ? "float32" : "float64");
    }
    return RECUR_OK;
}

/* Refuse a tensor of the file that nobody asked for. */
static recur_status check_left_over(const recur_params *params, const ri_st_file *file, const char *path,
                                    bool (*is_extra)(const char *name), recur_status mismatch)
{
    for (size_t i = 0; i < ri_st_count(file); i++) {
        const char *name = ri_st_name(file, i);
        if (recur_params_find(params, name) >= 0 || (is_extra && is_extra(name))) continue;
        char text[SHAPE_TEXT];
        return RI_FAIL(params->ctx, mismatch,
                       "%s: tensor \"%s\" %s is left over: the model has none of that name", path, name,
                       shape_text(ri_st_shape(file, i), text));
    }
    return RECUR_OK;
}

/* Return a buffer for the largest tensor, NULL if there is no memory. */
static double *largest_buffer(const recur_params *params)
{
    int64_t largest = 0;
    for (int64_t i = 0; i < params->n_tensors; i++)
        if (params->tensors[i].count > largest) largest = params->tensors[i].count;
    return ri_allocate(&params->ctx->allocator, (size_t)largest, sizeof(double));
}

/* Check that the file has the tensors in their shapes, and no other. */
static recur_status check_tensors(const recur_params *params, const ri_st_file *file, const char *path,
                                  bool (*is_extra)(const char *name), recur_status mismatch)
{
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < params->n_tensors && !status; i++)
        status = ri_params_want(params->ctx, file, path, params->tensors[i].name, params->tensors[i].shape,
                                mismatch);
    return status ? status : check_left_over(params, file, path, is_extra, mismatch);
}

/* Take a tensor as it lies in the file, which is quick. Returns false if that cannot be, or a value is not finite. */
static bool take_floats(recur_params *params, int64_t i, const float *values)
{
    recur_ctx *ctx = params->ctx;
    int64_t    n = params->tensors[i].count;
    if (!values) return false;
    ctx->dev->write_f32(ctx, n, values, ri_params_value(params, i));
    return ctx->dev->is_finite(ctx, n, ri_params_value(params, i));
}

/* Read every tensor, which must hold finite values; into params unless it is NULL. */
static recur_status read_tensors(const recur_params *params, const ri_st_file *file, const char *path,
                                 recur_params *into)
{
    recur_ctx   *ctx = params->ctx;
    recur_status status = RECUR_OK;
    double      *values = NULL;
    for (int64_t i = 0; i < params->n_tensors && !status; i++) {
        const ri_tensor *t = &params->tensors[i];
        size_t           index = (size_t)ri_st_find(file, t->name);
        if (into && take_floats(into, i, ri_st_floats(file, index))) continue;
        if (!values) values = largest_buffer(params);
        if (!values) {
            status = ri_no_memory(ctx, "reading the parameters");
            break;
        }
        status = ri_params_read_tensor(params, file, path, index, values);
        if (!status && into) ctx->dev->write(ctx, t->count, values, ri_params_value(into, i));
    }
    if (into) ri_params_touch(into);
    ri_release(&ctx->allocator, values);
    return status;
}

recur_status ri_params_check(const recur_params *params, const ri_st_file *file, const char *path,
                             bool (*is_extra)(const char *name), recur_status mismatch)
{
    recur_status status = check_tensors(params, file, path, is_extra, mismatch);
    return status ? status : read_tensors(params, file, path, NULL);
}

recur_status ri_params_take(recur_params *params, const ri_st_file *file, const char *path)
{
    recur_status status = check_tensors(params, file, path, NULL, RECUR_EMODEL);
    return status ? status : read_tensors(params, file, path, params);
}

recur_status ri_params_fill(recur_params *params, const ri_st_file *file)
{
    recur_ctx *ctx = params->ctx;
    double    *values = largest_buffer(params);
    if (!values) return ri_no_memory(ctx, "reading the parameters");
    recur_status status = RECUR_OK;
    for (int64_t i = 0; i < params->n_tensors && !status; i++) {
        const ri_tensor *t = &params->tensors[i];
        status = ri_st_read(file, (size_t)ri_st_find(file, t->name), values, ri_ctx_error(ctx));
        if (!status) ctx->dev->write(ctx, t->count, values, ri_params_value(params, i));
    }
    ri_params_touch(params);
    ri_release(&ctx->allocator, values);
    return status;
}

recur_status recur_params_load(recur_params *params, const char *path)
{
    if (!params) return RECUR_EARG;
    recur_ctx *ctx = params->ctx;
    if (!path) return RI_FAIL(ctx, RECUR_EARG, "no path to load the parameters from");
    ri_st_file  *file = NULL;
    recur_status status = ri_st_open(&ctx->allocator, path, &file, ri_ctx_error(ctx));
    if (status) return status;
    status = ri_params_check(params, file, path, NULL, RECUR_EMODEL);
    if (!status) status = ri_params_fill(params, file);
    ri_st_close(file);
    return status;
}
