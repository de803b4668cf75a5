/* The kernels for float of every instruction set that this processor has, against the equations, and the errors of their functions.
 *
 *   test_kern [--test [NAME]]     all tables, or one; RECUR_TEST_ALL_FLOATS=1 measures the errors over every float
 *   test_kern --bench [NAME]      their speed
 *   test_kern --has NAME          ends with 0 if this processor runs those kernels
 *
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <float.h>

#include "kern/kern.h"

typedef float        real;
typedef rk_table_f32 table;
#define REAL_EPSILON FLT_EPSILON
#define CELL_TOLERANCE 1e-6
#define SMALLEST 1e-37
#define real_fma fmaf

/* the errors that kern/simd/math.inc states */
#define TANH_ULPS 6.7
#define TANH_DROP 8
#define SIGMOID_ERROR 2.2e-7
#define SIGMOID_DROP 2.4e-7
#define EXP_ULPS 3.2
#define EXP_DROP 1

#include "harness.h"

#include "products.inc"

#include "cells.inc"

#include "vectors.inc"

#include "attention.inc"

#include "accuracy.h"
#include "bench.h"

static const struct {
    const char *name;
    void (*run)(const void *table);
} tests[] = {
    {"product", test_product},
    {"outer", test_outer},
    {"column_sum", test_column_sum},
    {"LSTM", test_lstm},
    {"GRU", test_gru},
    {"vanilla", test_vanilla},
    {"elementwise", test_elementwise},
    {"sums", test_sums},
    {"limits", test_limits},
    {"softmax", test_softmax},
    {"attention", test_attention},
    {"update", test_update},
    {"errors of tanh", test_tanh_errors},
    {"errors of sigmoid", test_sigmoid_errors},
    {"errors of exp", test_exp_errors},
    {"ends", test_ends},
};
enum { N_TESTS = sizeof tests / sizeof *tests };

static const char *const names[] = {"ref", "sse2", "avx2", "avx512", "neon"};
enum { N_NAMES = sizeof names / sizeof *names };

static void test_choice(const void *unused)
{
    (void)unused;
    const table *best = NULL;
    for (int i = 0; i < N_NAMES; i++) {
        doing("%s", names[i]);
        const table *t = rk_choose_f32(names[i]);
        if (!t) continue;
        best = t;
        if (strcmp(t->name, names[i]) != 0) fail_case("is %s", t->name);
        if (t->lanes < 1 || t->lanes > RK_MAX_LANES) fail_case("%d lanes", (int)t->lanes);
    }
    doing("the choice");
    if (!rk_choose_f32("ref")) fail_case("the reference is missing");
    if (rk_choose_f32(NULL) != best) fail_case("the default is not the best");
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && !rk_choose_f32("avx2"))
        fail_case("AVX2 is not used");
    if (__builtin_cpu_supports("avx512f") && !rk_choose_f32("avx512")) fail_case("AVX-512 is not used");
#endif
    if (rk_choose_f32("none") || rk_choose_f32("")) fail_case("an unknown name was taken");
}

/* Fill tables with those that this processor has, of one name or of all (NULL). */
static int collect(const char *only, const table **tables)
{
    int n = 0;
    for (int i = 0; i < N_NAMES; i++) {
        const table *t = rk_choose_f32(names[i]);
        if (t && (!only || !strcmp(only, t->name))) tables[n++] = t;
    }
    return n;
}

static int run_tests(int n_tables, const table *const *tables)
{
    test_case cases[1 + N_TESTS * N_NAMES] = {{"choice", test_choice, NULL, "all"}};
    int       n = 1;
    for (int i = 0; i < n_tables; i++)
        for (int k = 0; k < N_TESTS; k++)
            cases[n++] = (test_case){tests[k].name, tests[k].run, tables[i], tables[i]->name};
    return run_cases(n, cases);
}

int main(int argc, char **argv)
{
    const table *tables[N_NAMES];
    const char  *mode = argc > 1 ? argv[1] : "", *name = argc > 2 ? argv[2] : NULL;
    int          n = collect(name, tables);
    if (!strcmp(mode, "--has")) return n == 0;
    if (!strcmp(mode, "--bench")) {
        run_benches(n, tables);
        return 0;
    }
    if (*mode && strcmp(mode, "--test") != 0) {
        fprintf(stderr, "usage: test_kern [--test | --bench | --has] [NAME]\n");
        return 2;
    }
    return run_tests(n, tables);
}
