/* An array that grows by doubling. All zeros: empty.
 * SPDX-License-Identifier: MIT */
#ifndef RI_VEC_H
#define RI_VEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"

typedef struct ri_vec {
    void   *data;
    int64_t n, capacity; /* elements; every call names their size */
} ri_vec;

enum { RI_VEC_FIRST = 16 };

/* Add n elements and return the first of them, which is not set; NULL if there is no memory. */
static inline void *ri_vec_add(const recur_allocator *a, ri_vec *vec, int64_t n, size_t size)
{
    if (!vec->data || n > vec->capacity - vec->n) {
        int64_t capacity = vec->capacity > 0 ? vec->capacity : RI_VEC_FIRST;
        if (n > INT64_MAX / 4 - vec->n) return NULL;
        while (capacity - vec->n < n) capacity *= 2;
        if ((uint64_t)capacity > SIZE_MAX) return NULL;
        void *data = ri_grow(a, vec->data, (size_t)vec->n, (size_t)capacity, size);
        if (!data) return NULL;
        vec->data = data;
        vec->capacity = capacity;
    }
    void *first = (char *)vec->data + (size_t)vec->n * size;
    vec->n += n;
    return first;
}

static inline bool ri_vec_add_int32(const recur_allocator *a, ri_vec *vec, int32_t value)
{
    int32_t *p = ri_vec_add(a, vec, 1, sizeof *p);
    if (p) *p = value;
    return p;
}

static inline bool ri_vec_add_int64(const recur_allocator *a, ri_vec *vec, int64_t value)
{
    int64_t *p = ri_vec_add(a, vec, 1, sizeof *p);
    if (p) *p = value;
    return p;
}

static inline void ri_vec_free(const recur_allocator *a, ri_vec *vec)
{
    ri_release(a, vec->data);
    *vec = (ri_vec){0};
}

#endif
