/* A table of different byte strings, numbered in the order of their addition.
 * SPDX-License-Identifier: MIT */
#ifndef RI_TABLE_H
#define RI_TABLE_H

#include "base/alloc.h"
#include "text/split.h"

typedef struct ri_entry {
    ri_span  span; /* points at the caller's bytes, which must outlive the table */
    uint64_t hash;
    int64_t  count;
} ri_entry;

typedef struct ri_table {
    const recur_allocator *allocator;
    ri_entry              *entries; /* [n] */
    int64_t                n, capacity;
    uint32_t              *slots; /* [n_slots]: 1 + number of an entry, 0: free */
    uint64_t               n_slots;
} ri_table;

void ri_table_init(ri_table *table, const recur_allocator *allocator);
void ri_table_destroy(ri_table *table);

/* Return the number of a string, -1 if it is not there. */
int64_t ri_table_find(const ri_table *table, ri_span span);

/* Return the number of a string, which is added with a count of 0 if it is not there; -1 if there is no memory or n is 2^31-1. */
int64_t ri_table_add(ri_table *table, ri_span span);

#endif
