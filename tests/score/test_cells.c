/* Counts of pairs: beside a plain matrix, and when memory runs out.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "base/rng.h"
#include "score/cells.h"

enum { N = 97, ADDED = 30000 };

static void beside_a_plain_matrix(void **state)
{
    (void)state;
    static int64_t        wanted[N][N];
    const recur_allocator heap = {0};
    ri_cells              cells;
    int64_t               n = 0;
    ri_cells_init(&cells, &heap);
    for (uint64_t i = 0; i < ADDED; i++) {
        int32_t row = (int32_t)(ri_uniform(1, 0, i) * ri_uniform(1, 1, i) * N);
        int32_t column = (int32_t)(ri_uniform(1, 2, i) * N);
        wanted[row][column]++;
        assert_true(ri_cells_add(&cells, row, column));
    }
    for (int64_t i = 0; i < cells.n_slots; i++) {
        const ri_cell *c = &cells.slots[i];
        if (!c->count) continue;
        assert_int_equal(c->count, wanted[c->row][c->column]);
        wanted[c->row][c->column] = 0;
        n++;
    }
    assert_int_equal(n, cells.n);
    for (int i = 0; i < N * N; i++) assert_int_equal(wanted[i / N][i % N], 0);
    ri_cells_destroy(&cells);
}

static recur_status fill(const recur_allocator *a, void *arg, ri_error *error)
{
    ri_cells cells;
    bool     is_full = true;
    (void)arg;
    ri_cells_init(&cells, a);
    for (int32_t i = 0; i < 1000 && is_full; i++) {
        int64_t n = cells.n;
        is_full = ri_cells_add(&cells, i, -i);
        assert_int_equal(cells.n, is_full ? n + 1 : n);
    }
    ri_cells_destroy(&cells);
    return is_full ? RECUR_OK : ri_fail(error, RECUR_EMEMORY, "no memory");
}

static void memory_runs_out(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(fill, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beside_a_plain_matrix),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
