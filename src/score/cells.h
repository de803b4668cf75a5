/* A matrix of counts that is mostly zeros: the truth by what was said.
 * SPDX-License-Identifier: MIT */
#ifndef RI_CELLS_H
#define RI_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"

typedef struct ri_cell {
    int32_t row, column;
    int64_t count; /* 0: a free slot */
} ri_cell;

typedef struct ri_cells {
    const recur_allocator *allocator;
    ri_cell               *slots; /* [n_slots] */
    int64_t                n, n_slots;
} ri_cells;

void ri_cells_init(ri_cells *cells, const recur_allocator *allocator);
void ri_cells_destroy(ri_cells *cells);

/* Count one more at (row, column). Returns false if there is no memory; nothing is counted then. */
bool ri_cells_add(ri_cells *cells, int32_t row, int32_t column);

#endif
