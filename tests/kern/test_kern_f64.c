/* The reference kernels for double against the equations. The same cases as for float, with tolerances a thousand million times smaller.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <float.h>

#include "kern/kern.h"

typedef double       real;
typedef rk_table_f64 table;
#define REAL_EPSILON DBL_EPSILON
#define CELL_TOLERANCE 1e-14
#define SMALLEST DBL_MIN
#define real_fma fma

#include "harness.h"

#include "products.inc"

#include "cells.inc"

#include "vectors.inc"

#include "attention.inc"

int main(void)
{
    static const test_case cases[] = {
#define REF &rk_f64_ref, "f64 ref"
        {"product", test_product, REF},
        {"outer", test_outer, REF},
        {"column_sum", test_column_sum, REF},
        {"LSTM", test_lstm, REF},
        {"GRU", test_gru, REF},
        {"vanilla", test_vanilla, REF},
        {"elementwise", test_elementwise, REF},
        {"sums", test_sums, REF},
        {"limits", test_limits, REF},
        {"softmax", test_softmax, REF},
        {"attention", test_attention, REF},
        {"update", test_update, REF},
    };
    return run_cases(sizeof cases / sizeof *cases, cases);
}
