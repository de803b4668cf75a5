/* Parameters: one block of values and one of gradients, with a list of named views into them.
 * SPDX-License-Identifier: MIT */
#include "nn/params.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/shape.h"

enum { MAX_NAME = 255 };

recur_status recur_params_create(recur_ctx *ctx, uint64_t seed, recur_params **out)
{
    if (!ctx || !out) return RECUR_EARG;
    *out = NULL;
    recur_params *p = ri_allocate(&ctx->allocator, 1, sizeof *p);
    if (!p) return ri_no_memory(ctx, "parameters");
    p->ctx = ctx;
    p->seed = seed;
    p->version = 1;
    if (pthread_mutex_init(&p->panel_lock, NULL)) {
        ri_release(&ctx->allocator, p);
        return ri_no_memory(ctx, "a lock");
    }
    *out = p;
    return RECUR_OK;
}

void recur_params_destroy(recur_params *p)
{
    if (!p) return;
    const recur_allocator *a = &p->ctx->allocator;
    ri_params_truncate(p, 0);
    ri_release(a, p->tensors);
    ri_release(a, p->values);
    ri_release(a, p->grads);
    pthread_mutex_destroy(&p->panel_lock);
    ri_release(a, p);
}

void ri_params_truncate(recur_params *p, int64_t n)
{
    const recur_allocator *a = &p->ctx->allocator;
    while (p->n_tensors > n) {
        ri_tensor *t = &p->tensors[--p->n_tensors];
        p->size = t->offset;
        ri_release(a, t->name);
        for (int i = 0; i < RI_COPIES; i++) ri_release(a, t->copy[i]);
    }
}

static recur_status grow_block(recur_params *p, void **block, int64_t capacity)
{
    void *grown =
        ri_grow(&p->ctx->allocator, *block, (size_t)p->size, (size_t)capacity, p->ctx->dev->element_bytes);
    if (!grown) return ri_no_memory(p->ctx, "parameters");
    *block = grown;
    return RECUR_OK;
}

static recur_status grow_blocks(recur_params *p, int64_t capacity)
{
    recur_status status = grow_block(p, &p->values, capacity);
    if (!status) status = grow_block(p, &p->grads, capacity);
    if (!status) {
        p->capacity = capacity;
        p->used = p->size;
    }
    return status;
}

recur_status ri_params_reserve(recur_params *p, int64_t n_tensors, int64_t n_elements)
{
    if (n_elements > (INT64_MAX - p->size) / 2 || n_tensors > n_elements)
        return ri_no_memory(p->ctx, "parameters");
    int64_t capacity = p->size + n_elements + n_tensors * (RI_PARAM_ALIGN - 1);
    return capacity > p->capacity ? grow_blocks(p, capacity) : RECUR_OK;
}

/* Make room for one more tensor and for size elements in both blocks. */
static recur_status make_room(recur_params *p, int64_t size)
{
    if (p->n_tensors == p->tensor_capacity) {
        int64_t    n = p->tensor_capacity ? 2 * p->tensor_capacity : 16;
        ri_tensor *grown =
            ri_grow(&p->ctx->allocator, p->tensors, (size_t)p->n_tensors, (size_t)n, sizeof *grown);
        if (!grown) return ri_no_memory(p->ctx, "parameters");
        p->tensors = grown;
        p->tensor_capacity = n;
    }
    if (size <= p->capacity) return RECUR_OK;
    return grow_blocks(
        p, size + size / 8); /* a large table is followed by many small tensors: they must not copy it each */
}

recur_status ri_params_add(recur_params *p, const char *prefix, const char *name, recur_shape shape,
                           int64_t *index)
{
    char full[MAX_NAME + 1];
    int  length = snprintf(full, sizeof full, "%s%s%s", prefix, *prefix ? "." : "", name);
    if (length < 1 || length > MAX_NAME)
        return RI_FAIL(p->ctx, RECUR_EARG, "a parameter's name has %d bytes, wanted 1 to %d", length,
                       MAX_NAME);
    if (recur_params_find(p, full) >= 0)
        return RI_FAIL(p->ctx, RECUR_EARG, "parameter %s exists already", full);
    int64_t count = ri_shape_count(shape);
    if (count < 1) return RI_FAIL(p->ctx, RECUR_EARG, "parameter %s has a size below 1 or too large", full);
    int64_t size = p->size + (count + RI_PARAM_ALIGN - 1) / RI_PARAM_ALIGN * RI_PARAM_ALIGN;

    recur_status status = make_room(p, size);
    if (status) return status;
    ri_tensor *t = &p->tensors[p->n_tensors];
    *t = (ri_tensor){.shape = shape, .count = count, .offset = p->size};
    t->name = ri_copy_string(&p->ctx->allocator, full);
    if (!t->name) return ri_no_memory(p->ctx, "a parameter's name");
    const ri_dev *dev = p->ctx->dev;
    int64_t       left = (size < p->used ? size : p->used) - p->size; /* of a truncated tensor */
    if (left > 0) {
        dev->fill(p->ctx, left, 0, ri_at(p->ctx, p->values, p->size));
        dev->fill(p->ctx, left, 0, ri_at(p->ctx, p->grads, p->size));
    }
    p->size = size;
    if (size > p->used) p->used = size;
    *index = p->n_tensors++;
    ri_params_touch(p);
    return RECUR_OK;
}

int64_t recur_params_tensors(const recur_params *p)
{
    return p ? p->n_tensors : 0;
}

int64_t recur_params_count(const recur_params *p)
{
    int64_t n = 0;
    for (int64_t i = 0; p && i < p->n_tensors; i++) n += p->tensors[i].count;
    return n;
}

static recur_status check_index(const recur_params *p, int64_t index, const void *out)
{
    if (!p || !out) return RECUR_EARG;
    if (index < 0 || index >= p->n_tensors)
        return RI_FAIL(p->ctx, RECUR_EARG, "there is no parameter %lld, wanted 0 to %lld", (long long)index,
                       (long long)p->n_tensors - 1);
    return RECUR_OK;
}

recur_status recur_params_info(const recur_params *p, int64_t index, recur_tensor_info *info)
{
    recur_status status = check_index(p, index, info);
    if (status) return status;
    const ri_tensor *t = &p->tensors[index];
    *info = (recur_tensor_info){t->name, t->shape, t->count};
    return RECUR_OK;
}

int64_t recur_params_find(const recur_params *p, const char *name)
{
    for (int64_t i = 0; p && name && i < p->n_tensors; i++)
        if (!strcmp(p->tensors[i].name, name)) return i;
    return -1;
}

void *ri_params_value(const recur_params *p, int64_t index)
{
    return ri_at(p->ctx, p->values, p->tensors[index].offset);
}

void *ri_params_grad_of(const recur_params *p, int64_t index)
{
    return ri_at(p->ctx, p->grads, p->tensors[index].offset);
}

void ri_params_touch(recur_params *p)
{
    p->version++;
}

recur_status recur_params_get(const recur_params *p, int64_t index, double *values)
{
    recur_status status = check_index(p, index, values);
    if (!status) p->ctx->dev->read(p->ctx, p->tensors[index].count, ri_params_value(p, index), values);
    return status;
}

recur_status recur_params_set(recur_params *p, int64_t index, const double *values)
{
    recur_status status = check_index(p, index, values);
    if (status) return status;
    p->ctx->dev->write(p->ctx, p->tensors[index].count, values, ri_params_value(p, index));
    ri_params_touch(p);
    return RECUR_OK;
}

recur_status recur_params_set_rows(recur_params *p, int64_t index, int64_t first, int64_t n,
                                   const double *values)
{
    recur_status status = check_index(p, index, values);
    if (status) return status;
    const ri_tensor *t = &p->tensors[index];
    int64_t          rows = t->shape.rank > 0 ? t->shape.size[0] : 1, width = t->count / rows;
    if (first < 0 || n < 0 || n > rows || first > rows - n)
        return RI_FAIL(p->ctx, RECUR_EARG, "parameter %s has %lld rows, wanted %lld from %lld on", t->name,
                       (long long)rows, (long long)n, (long long)first);
    p->ctx->dev->write(p->ctx, n * width, values, ri_at(p->ctx, ri_params_value(p, index), first * width));
    ri_params_touch(p);
    return RECUR_OK;
}

recur_status recur_params_grad(const recur_params *p, int64_t index, double *values)
{
    recur_status status = check_index(p, index, values);
    if (status) return status;
    const ri_tensor *t = &p->tensors[index];
    if (!t->is_frozen) p->ctx->dev->read(p->ctx, t->count, ri_params_grad_of(p, index), values);
    for (int64_t i = 0; t->is_frozen && i < t->count; i++) values[i] = 0;
    return RECUR_OK;
}

/* ---- what learns ---- */

recur_status recur_params_freeze(recur_params *p, int64_t index, bool is_frozen)
{
    recur_status status = check_index(p, index, p);
    if (status) return status;
    ri_tensor *t = &p->tensors[index];
    t->is_frozen = is_frozen;
    p->ctx->dev->fill(p->ctx, t->count, 0, ri_params_grad_of(p, index));
    return RECUR_OK;
}

bool recur_params_is_frozen(const recur_params *p, int64_t index)
{
    return p && index >= 0 && index < p->n_tensors && p->tensors[index].is_frozen;
}

bool ri_params_next_stretch(const recur_params *p, ri_stretch *s)
{
    int64_t i = s->next, n = p->n_tensors;
    while (i < n && p->tensors[i].is_frozen) i++;
    if (i == n) return false;
    s->first = p->tensors[i].offset;
    while (i < n && !p->tensors[i].is_frozen) i++;
    s->n = (i < n ? p->tensors[i].offset : p->size) - s->first;
    s->next = i;
    return true;
}

double ri_params_square_norm(const recur_params *p, double clip_value, int64_t *n_clipped)
{
    double total = 0;
    *n_clipped = 0;
    for (ri_stretch s = {0}; ri_params_next_stretch(p, &s);) {
        int64_t n;
        total += p->ctx->dev->square_norm(p->ctx, s.n, ri_at(p->ctx, p->grads, s.first), clip_value, &n);
        *n_clipped += n;
    }
    return total;
}

void recur_params_zero_grad(recur_params *p)
{
    p->ctx->dev->fill(p->ctx, p->size, 0, p->grads);
}

double recur_params_grad_norm(const recur_params *p)
{
    int64_t n_clipped;
    return sqrt(ri_params_square_norm(p, 0, &n_clipped));
}

static size_t copy_bytes(const recur_params *p, const ri_matrix *m, ri_copy which)
{
    const ri_dev *dev = p->ctx->dev;
    return which == RI_SKETCH ? dev->sketch_bytes(m->rows, m->cols)
                              : dev->panel_bytes(p->ctx, m, which == RI_BACK_PANEL);
}

static void copy_fill(const recur_params *p, const ri_matrix *m, ri_copy which, const void *w, void *copy)
{
    if (which == RI_SKETCH)
        p->ctx->dev->sketch_fill(p->ctx, m->rows, m->cols, w, copy);
    else
        p->ctx->dev->panel_fill(p->ctx, m, which == RI_BACK_PANEL, w, copy);
}

/* The lock lets several threads run one model: the first to come packs, the others find the copy ready. */
static recur_status copy_of(const recur_params *p, int64_t index, ri_copy which, const void **copy)
{
    recur_params *params =
        (recur_params *)(uintptr_t)p; /* the copies are a cache: logically the set does not change */
    ri_tensor *t = &params->tensors[index];
    ri_matrix  matrix = {t->kind, t->cell, t->reset_before, t->shape.size[0], t->shape.size[1]};
    void     **at = &t->copy[which];
    pthread_mutex_lock(&params->panel_lock);
    recur_status status = RECUR_OK;
    if (!*at) {
        *at = ri_allocate(&p->ctx->allocator, copy_bytes(p, &matrix, which), 1);
        t->copy_version[which] = 0;
        if (!*at) status = ri_no_memory(p->ctx, "packed weights");
    }
    if (!status && t->copy_version[which] != p->version) {
        copy_fill(p, &matrix, which, ri_params_value(p, index), *at);
        t->copy_version[which] = p->version;
    }
    *copy = *at;
    pthread_mutex_unlock(&params->panel_lock);
    return status;
}

recur_status ri_params_panel(const recur_params *p, int64_t index, bool is_back, const void **panel)
{
    return copy_of(p, index, is_back ? RI_BACK_PANEL : RI_FORWARD_PANEL, panel);
}

recur_status ri_params_sketch(const recur_params *p, int64_t index, const void **sketch)
{
    return copy_of(p, index, RI_SKETCH, sketch);
}
