/* An arena: memory given out in a row and taken back all at once.
 *
 *   block 0 [#########################]    while it grows: further blocks
 *   block 1 [##########...............]    at reset: one block as large as what the pass took from all of them
 *
 * So a loop of passes allocates only until the largest pass has been seen once.
 * SPDX-License-Identifier: MIT */
#ifndef RI_ARENA_H
#define RI_ARENA_H

#include <stddef.h>

#include "recur/ctx.h"

typedef struct ri_arena_block ri_arena_block;

typedef struct ri_arena {
    const recur_allocator *allocator;
    ri_arena_block        *newest;
    size_t                 total_bytes;
} ri_arena;

void  ri_arena_init(ri_arena *arena, const recur_allocator *allocator);
void  ri_arena_destroy(ri_arena *arena);
void *ri_arena_take(ri_arena *arena, size_t n, size_t size); /* aligned to 64, NOT cleared; NULL: no memory */
void  ri_arena_reset(ri_arena *arena);
size_t ri_arena_bytes(const ri_arena *arena);

#endif
