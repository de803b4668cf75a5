/* Blocks form a list, newest first; only the newest gives memory out. A new block is at least half as large as all before it,
 * so that a growing pass takes few of them.
 *
 * SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdint.h>

#include "base/alloc.h"

enum { FIRST_BLOCK = 64 * 1024 };

struct ri_arena_block {
    ri_arena_block *older;
    char           *memory;
    size_t          capacity, used;
};

/* Put an empty block of that capacity in front. Returns NULL if there is no memory. */
static ri_arena_block *add_block(ri_arena *arena, size_t capacity)
{
    ri_arena_block *block = ri_allocate(arena->allocator, 1, sizeof *block);
    if (!block) return NULL;
    block->memory = ri_allocate(arena->allocator, capacity, 1);
    if (!block->memory) {
        ri_release(arena->allocator, block);
        return NULL;
    }
    block->capacity = capacity;
    block->older = arena->newest;
    arena->newest = block;
    arena->total_bytes += capacity;
    return block;
}

void ri_arena_init(ri_arena *arena, const recur_allocator *allocator)
{
    *arena = (ri_arena){.allocator = allocator};
}

void ri_arena_destroy(ri_arena *arena)
{
    while (arena->newest) {
        ri_arena_block *block = arena->newest;
        arena->newest = block->older;
        ri_release(arena->allocator, block->memory);
        ri_release(arena->allocator, block);
    }
    arena->total_bytes = 0;
}

void *ri_arena_take(ri_arena *arena, size_t n, size_t size)
{
    if (size != 0 && n > (SIZE_MAX / 4) / size) return NULL; /* no such block, and no sum below overflows */
    size_t          bytes = (n * size + RI_ALIGN - 1) / RI_ALIGN * RI_ALIGN;
    ri_arena_block *block = arena->newest;
    if (!block || block->capacity - block->used < bytes) {
        size_t capacity = arena->total_bytes / 2 / RI_ALIGN * RI_ALIGN;
        if (capacity < FIRST_BLOCK) capacity = FIRST_BLOCK;
        if (capacity < bytes) capacity = bytes;
        block = add_block(arena, capacity);
        if (!block) return NULL;
    }
    void *taken = block->memory + block->used;
    block->used += bytes;
    return taken;
}

void ri_arena_reset(ri_arena *arena)
{
    if (!arena->newest) return;
    if (arena->newest->older) {
        size_t used = 0; /* not what the blocks could hold: the pass that is over is the measure */
        for (const ri_arena_block *block = arena->newest; block; block = block->older) used += block->used;
        ri_arena_destroy(arena);
        add_block(arena, used); /* without memory for it the arena is empty and grows again */
        return;
    }
    arena->newest->used = 0;
}

size_t ri_arena_bytes(const ri_arena *arena)
{
    return arena->total_bytes;
}
