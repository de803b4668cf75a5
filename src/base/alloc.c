/* Alignment on top of an allocator that knows none: more is asked for, and what was given is kept just before the aligned address.
 *
 *   given                    aligned to 64
 *   v                        v
 *   [....][ given  ][ mapped ][ n * size bytes ............ ]
 *
 * Without an allocator of the host large blocks are mapped, each by itself: malloc keeps freed memory for later requests, and a tape that
 * has grown and is merged would leave a tenth of the process behind in it. The system is asked for large pages there: decoding one
 * sentence, which reads all weights once for every token, took 43 ms of the processor instead of 57; layers showed no difference.
 *
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What lies before the aligned address. */
typedef struct origin {
    void  *given;
    size_t mapped; /* bytes; 0: given by an allocator */
} origin;

enum { OVERHEAD = (int)sizeof(origin) + RI_ALIGN - 1, LARGE = 1 << 20 };

/* Memory of zeros. */
static void *map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
#ifdef MADV_HUGEPAGE
    (void)madvise(p, bytes, MADV_HUGEPAGE); /* a wish: without large pages all is as it was */
#endif
    return p;
}

void *ri_allocate(const recur_allocator *a, size_t n, size_t size)
{
    if (size != 0 && n > (SIZE_MAX - OVERHEAD) / size) return NULL;
    size_t bytes = n * size + OVERHEAD;
    origin from = {.mapped = !a->allocate && bytes >= LARGE ? bytes : 0};
    from.given = from.mapped ? map(bytes) : a->allocate ? a->allocate(a->user, bytes) : calloc(bytes, 1);
    if (!from.given) return NULL;
    if (a->allocate) memset(from.given, 0, bytes);
    uintptr_t first = (uintptr_t)from.given + sizeof from;
    char     *aligned = (char *)from.given + sizeof from + (RI_ALIGN - first % RI_ALIGN) % RI_ALIGN;
    memcpy(aligned - sizeof from, &from, sizeof from);
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
    origin from;
    memcpy(&from, (char *)p - sizeof from, sizeof from);
    if (from.mapped)
        munmap(from.given, from.mapped);
    else if (a->allocate)
        a->release(a->user, from.given);
    else
        free(from.given);
}

char *ri_copy_string(const recur_allocator *a, const char *s)
{
    size_t bytes = strlen(s) + 1;
    char  *copy = ri_allocate(a, bytes, 1);
    if (copy) memcpy(copy, s, bytes);
    return copy;
}
