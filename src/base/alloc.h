/* Memory through the caller's allocator, aligned to 64 bytes, with products checked.
 * SPDX-License-Identifier: MIT */
#ifndef RI_ALLOC_H
#define RI_ALLOC_H

#include <stddef.h>

#include "recur/ctx.h"

enum { RI_ALIGN = 64 };

/* Return n elements of that size, set to zero; NULL if there is no memory or n * size does not fit. n 0 gives a valid pointer. */
void *ri_allocate(const recur_allocator *a, size_t n, size_t size);

/* Return memory that holds n_new elements and the first n_old of p, which is released; NULL leaves p as it was. */
void *ri_grow(const recur_allocator *a, void *p, size_t n_old, size_t n_new, size_t size);

/* Free what ri_allocate gave; NULL is accepted. */
void ri_release(const recur_allocator *a, void *p);

/* Return a copy of a string, NULL if there is no memory. */
char *ri_copy_string(const recur_allocator *a, const char *s);

#endif
