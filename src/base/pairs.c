/* Open addressing with linear probing; at most half the slots are taken.
 *
 * SPDX-License-Identifier: MIT */
#include "base/pairs.h"

#include <stdbool.h>

enum { FIRST_CAPACITY = 128 };

/* Both numbers in one, spread by the multiplication of Fibonacci hashing (Knuth 6.4). */
static uint64_t hash_of(ri_pair pair)
{
    uint64_t both = (uint64_t)(uint32_t)pair.left << 32 | (uint32_t)pair.right;
    both *= UINT64_C(0x9e3779b97f4a7c15);
    return both ^ both >> 32;
}

/* Return the slot that holds the pair, or the free one where it belongs. */
static uint64_t slot_of(const ri_pairs *pairs, ri_pair pair)
{
    uint64_t slot = hash_of(pair) & (pairs->n_slots - 1);
    for (; pairs->slots[slot]; slot = (slot + 1) & (pairs->n_slots - 1)) {
        const ri_pair *p = &pairs->list[pairs->slots[slot] - 1];
        if (p->left == pair.left && p->right == pair.right) break;
    }
    return slot;
}

static bool enlarge(ri_pairs *pairs)
{
    int64_t capacity = pairs->capacity ? 2 * pairs->capacity : FIRST_CAPACITY;
    if (capacity > INT32_MAX) capacity = INT32_MAX;
    uint64_t n_slots = 2 * FIRST_CAPACITY;
    while (n_slots < 2 * (uint64_t)capacity) n_slots *= 2;
    uint32_t *slots = ri_allocate(pairs->allocator, n_slots, sizeof *slots);
    ri_pair  *list =
        slots ? ri_grow(pairs->allocator, pairs->list, (size_t)pairs->n, (size_t)capacity, sizeof *list)
               : NULL;
    if (!list) {
        ri_release(pairs->allocator, slots);
        return false;
    }
    ri_release(pairs->allocator, pairs->slots);
    pairs->list = list;
    pairs->capacity = capacity;
    pairs->slots = slots;
    pairs->n_slots = n_slots;
    for (int64_t i = 0; i < pairs->n; i++) slots[slot_of(pairs, list[i])] = (uint32_t)i + 1;
    return true;
}

void ri_pairs_init(ri_pairs *pairs, const recur_allocator *allocator)
{
    *pairs = (ri_pairs){.allocator = allocator};
}

void ri_pairs_destroy(ri_pairs *pairs)
{
    ri_release(pairs->allocator, pairs->list);
    ri_release(pairs->allocator, pairs->slots);
    ri_pairs_init(pairs, pairs->allocator);
}

/* The newest goes first: all that its probe passed is then still there. */
void ri_pairs_clear(ri_pairs *pairs)
{
    while (pairs->n > 0) {
        pairs->n--;
        pairs->slots[slot_of(pairs, pairs->list[pairs->n])] = 0;
    }
}

int64_t ri_pairs_find(const ri_pairs *pairs, ri_pair pair)
{
    if (pairs->n == 0) return -1;
    return (int64_t)pairs->slots[slot_of(pairs, pair)] - 1;
}

int64_t ri_pairs_add(ri_pairs *pairs, ri_pair pair)
{
    int64_t number = ri_pairs_find(pairs, pair);
    if (number >= 0) return number;
    if (pairs->n == INT32_MAX) return -1;
    if (pairs->n == pairs->capacity && !enlarge(pairs)) return -1;
    pairs->list[pairs->n] = pair;
    pairs->slots[slot_of(pairs, pair)] = (uint32_t)++pairs->n;
    return pairs->n - 1;
}
