/* Open addressing with linear probing; at most half the slots are taken.
 *
 * SPDX-License-Identifier: MIT */
#include "score/cells.h"

#include "base/hash.h"

enum { FIRST_SLOTS = 256 };

/* Return the slot of (row, column), or the free one where it belongs. */
static ri_cell *slot_of(ri_cell *slots, int64_t n_slots, int32_t row, int32_t column)
{
    const int32_t key[2] = {row, column};
    uint64_t      hash = ri_hash(RI_HASH_START, key, sizeof key);
    int64_t       i = (int64_t)((hash ^ hash >> 32) & (uint64_t)(n_slots - 1));
    while (slots[i].count && (slots[i].row != row || slots[i].column != column)) i = (i + 1) & (n_slots - 1);
    return &slots[i];
}

static bool enlarge(ri_cells *cells)
{
    int64_t  n_slots = cells->n_slots ? 2 * cells->n_slots : FIRST_SLOTS;
    ri_cell *slots = ri_allocate(cells->allocator, (size_t)n_slots, sizeof *slots);
    if (!slots) return false;
    for (int64_t i = 0; i < cells->n_slots; i++) {
        const ri_cell *cell = &cells->slots[i];
        if (cell->count) *slot_of(slots, n_slots, cell->row, cell->column) = *cell;
    }
    ri_release(cells->allocator, cells->slots);
    cells->slots = slots;
    cells->n_slots = n_slots;
    return true;
}

void ri_cells_init(ri_cells *cells, const recur_allocator *allocator)
{
    *cells = (ri_cells){.allocator = allocator};
}

void ri_cells_destroy(ri_cells *cells)
{
    ri_release(cells->allocator, cells->slots);
    ri_cells_init(cells, cells->allocator);
}

bool ri_cells_add(ri_cells *cells, int32_t row, int32_t column)
{
    if (2 * cells->n >= cells->n_slots && !enlarge(cells)) return false;
    ri_cell *cell = slot_of(cells->slots, cells->n_slots, row, column);
    if (!cell->count) {
        *cell = (ri_cell){.row = row, .column = column};
        cells->n++;
    }
    cell->count++;
    return true;
}
