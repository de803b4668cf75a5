/* Alignment on top of an allocator that knows none: more is asked for, and the address that was given is kept just before
 * the aligned one.
 *
 *   given            aligned to 64
 *   v                v
 *   [....][ given  ][ n * size bytes ............ ]
 *
 * SPDX-License-Identifier: MIT */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { OVERHEAD = (int)sizeof(void *) + RI_ALIGN - 1 };

void *ri_allocate(const recur_allocator *a, size_t n, size_t size)
{
    if (size != 0 && n > (SIZE_MAX - OVERHEAD) / size) return NULL;
    size_t bytes = n * size + OVERHEAD;
    char  *given = a->allocate ? a->allocate(a->user, bytes) : calloc(bytes, 1);
    if (!given) return NULL;
    if (a->allocate) memset(given, 0, bytes);
    uintptr_t first = (uintptr_t)given + sizeof(void *);
    char     *aligned = given + sizeof(void *) + (RI_ALIGN - first % RI_ALIGN) % RI_ALIGN;
    memcpy(aligned - sizeof(void *), &given, sizeof(void *));
    return aligned;
}

void *ri_grow(const recur_allocator *a, void *p, size_t n_old, size_t n_new, size_t size)
{
    void *grown = ri_allocate(a, n_new, size);
    if (!grown) return NULL;
    if (p) memcpy(grown, p, n_old * size);
    ri_release(a, p);
    return grown;
}

void ri_release(const recur_allocator *a, void *p)
{
    if (!p) return;
    void *given;
    memcpy(&given, (char *)p - sizeof(void *), sizeof(void *));
    if (a->allocate) {
        a->release(a->user, given);
    } else {
        free(given);
    }
}

char *ri_copy_string(const recur_allocator *a, const char *s)
{
    size_t bytes = strlen(s) + 1;
    char  *copy = ri_allocate(a, bytes, 1);
    if (copy) memcpy(copy, s, bytes);
    return copy;
}
