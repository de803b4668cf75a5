/* Interned strings: each different one is copied once and has a number, in the order of their coming.
 * SPDX-License-Identifier: MIT */
#ifndef RI_INTERN_H
#define RI_INTERN_H

#include "text/table.h"

typedef struct ri_intern_block ri_intern_block;

typedef struct ri_intern {
    ri_table         table; /* its spans point into the blocks */
    ri_intern_block *newest;
} ri_intern;

void ri_intern_init(ri_intern *intern, const recur_allocator *allocator);
void ri_intern_destroy(ri_intern *intern);

/* Return the number of a string, which is copied if it is new; -1 if there is no memory. */
int64_t ri_intern_add(ri_intern *intern, ri_span span);

#endif
