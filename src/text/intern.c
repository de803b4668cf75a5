/* Bytes are put one after the other into blocks, which never move, so that spans of the table stay valid. Each string is
 * followed by a NUL: whoever knows that it holds none may read it as C's.
 *
 * SPDX-License-Identifier: MIT */
#include "text/intern.h"

#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct ri_intern_block {
    ri_intern_block *older;
    size_t           size, used;
    char             bytes[];
};

void ri_intern_init(ri_intern *intern, const recur_allocator *allocator)
{
    *intern = (ri_intern){0};
    ri_table_init(&intern->table, allocator);
}

void ri_intern_destroy(ri_intern *intern)
{
    const recur_allocator *a = intern->table.allocator;
    for (ri_intern_block *b = intern->newest, *older; b; b = older) {
        older = b->older;
        ri_release(a, b);
    }
    ri_table_destroy(&intern->table);
    ri_intern_init(intern, a);
}

/* Take n bytes of the newest block, or of a new one, twice as large as the last. */
static char *take(ri_intern *intern, size_t n)
{
    ri_intern_block *b = intern->newest;
    if (!b || b->size - b->used < n) {
        size_t size = !b ? FIRST_BLOCK : b->size < LARGEST_BLOCK ? 2 * b->size : LARGEST_BLOCK;
        if (size < n) size = n;
        if (size > SIZE_MAX - sizeof *b) return NULL;
        b = ri_allocate(intern->table.allocator, 1, sizeof *b + size);
        if (!b) return NULL;
        b->size = size;
        b->older = intern->newest;
        intern->newest = b;
    }
    char *bytes = b->bytes + b->used;
    b->used += n;
    return bytes;
}

int64_t ri_intern_add(ri_intern *intern, ri_span span)
{
    int64_t id = ri_table_find(&intern->table, span);
    if (id >= 0) return id;
    char *copy = span.size < SIZE_MAX ? take(intern, span.size + 1) : NULL;
    if (!copy) return -1;
    if (span.size > 0) memcpy(copy, span.bytes, span.size);
    copy[span.size] = '\0';
    return ri_table_add(&intern->table, (ri_span){copy, span.size});
}
