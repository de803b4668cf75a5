/* Open addressing with linear probing. At most half the slots are taken, so a probe ends soon; the whole hash is compared before
 * the bytes are.
 *
 * SPDX-License-Identifier: MIT */
#include "text/table.h"

#include <string.h>

#include "base/hash.h"

enum { FIRST_CAPACITY = 256 };

/* The low bits choose the slot; folding lets the high bits, which mix best, take part. */
static uint64_t hash_of(ri_span span)
{
    uint64_t hash = ri_hash(RI_HASH_START, span.bytes, span.size);
    return hash ^ hash >> 32;
}

/* Return the slot that holds the string, or the free one where it belongs. */
static uint64_t slot_of(const ri_table *table, ri_span span, uint64_t hash)
{
    uint64_t slot = hash & (table->n_slots - 1);
    for (; table->slots[slot]; slot = (slot + 1) & (table->n_slots - 1)) {
        const ri_entry *e = &table->entries[table->slots[slot] - 1];
        if (e->hash == hash && e->span.size == span.size && memcmp(e->span.bytes, span.bytes, span.size) == 0)
            break;
    }
    return slot;
}

/* Double the room for entries, and make the slots twice as many as that. */
static bool enlarge(ri_table *table)
{
    int64_t capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
    if (capacity > INT32_MAX) capacity = INT32_MAX;
    uint64_t n_slots = 2 * FIRST_CAPACITY;
    while (n_slots < 2 * (uint64_t)capacity) n_slots *= 2;
    uint32_t *slots = ri_allocate(table->allocator, n_slots, sizeof *slots);
    ri_entry *entries =
        slots ? ri_grow(table->allocator, table->entries, (size_t)table->n, (size_t)capacity, sizeof *entries)
              : NULL;
    if (!entries) {
        ri_release(table->allocator, slots);
        return false;
    }
    ri_release(table->allocator, table->slots);
    table->entries = entries;
    table->capacity = capacity;
    table->slots = slots;
    table->n_slots = n_slots;
    for (int64_t i = 0; i < table->n; i++) {
        uint64_t slot = entries[i].hash & (n_slots - 1);
        while (slots[slot]) slot = (slot + 1) & (n_slots - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    return true;
}

void ri_table_init(ri_table *table, const recur_allocator *allocator)
{
    *table = (ri_table){.allocator = allocator};
}

void ri_table_destroy(ri_table *table)
{
    ri_release(table->allocator, table->entries);
    ri_release(table->allocator, table->slots);
    ri_table_init(table, table->allocator);
}

int64_t ri_table_find(const ri_table *table, ri_span span)
{
    if (table->n == 0) return -1;
    return (int64_t)table->slots[slot_of(table, span, hash_of(span))] - 1;
}

int64_t ri_table_add(ri_table *table, ri_span span)
{
    uint64_t hash = hash_of(span);
    uint64_t slot = table->n > 0 ? slot_of(table, span, hash) : 0;
    if (table->n > 0 && table->slots[slot]) return (int64_t)table->slots[slot] - 1;
    if (table->n == INT32_MAX) return -1;
    if (table->n == table->capacity) {
        if (!enlarge(table)) return -1;
    }
    slot = slot_of(table, span, hash);
    table->entries[table->n] = (ri_entry){.span = span, .hash = hash};
    table->slots[slot] = (uint32_t)++table->n;
    return table->n - 1;
}
