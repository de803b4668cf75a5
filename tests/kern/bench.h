/* How fast each kernel of each table is, in one thread on data in cache, beside the peak of its instruction set in the same run: `test_kern --bench`. Each number is the best of several short runs.
 * SPDX-License-Identifier: MIT */
#ifndef KERN_BENCH_H
#define KERN_BENCH_H

#include <time.h>

static volatile float sink; /* keeps results alive */

/* ---- kernels: each runs once on the data below and returns the operations, or numbers, it did ---- */

enum { MAX_ROWS = 96, DEPTH = 256, STATE = RK_MAX_WIDTH, LENGTH = 8192 };

static float bench_a[MAX_ROWS * DEPTH], bench_panel[DEPTH * RK_MAX_WIDTH],
    bench_block[MAX_ROWS * RK_MAX_WIDTH], bench_states[5][MAX_ROWS * STATE], bench_vectors[4][LENGTH];

static double bench_peak(const table *t)
{
    return t->peak(2000, bench_vectors[0]);
}
static double product_of(const table *t, int64_t m, int64_t k)
{
    int64_t n = RK_VECS * t->lanes;
    t->product(m, n, 1, k, bench_a, DEPTH, 0, bench_panel, bench_block, n, bench_block, n);
    return 2.0 * (double)(m * n * k);
}
static double bench_product(const table *t)
{
    return product_of(t, 96, DEPTH);
}
static double bench_product_32(const table *t)
{
    return product_of(t, 32, DEPTH);
}
static double bench_product_16x64(const table *t)
{
    return product_of(t, 16, 64);
}
static double bench_product_1(const table *t)
{
    return product_of(t, 1, DEPTH);
}
static double bench_outer(const table *t)
{
    int64_t     n = RK_VECS * t->lanes;
    const real *row[96];
    for (int64_t r = 0; r < 96; r++) row[r] = bench_a + r * DEPTH;
    t->outer(n, n, 96, row, 0, bench_panel, n, bench_block, n);
    return 2.0 * (double)(n * n * 96);
}
static double bench_column_sum(const table *t)
{
    t->column_sum(64, 96, bench_a, DEPTH, bench_vectors[0]);
    return 64 * 96;
}
static double bench_lstm(const table *t)
{
    t->lstm(32, t->lanes, bench_block, bench_states[0], STATE, bench_states[1], STATE, bench_states[2],
            STATE);
    return (double)(32 * t->lanes);
}
static double bench_lstm_back(const table *t)
{
    t->lstm_back(32, t->lanes, bench_block, bench_states[0], STATE, bench_states[1], STATE, bench_states[2],
                 STATE, bench_states[3], STATE, NULL, 0);
    return (double)(32 * t->lanes);
}
static double bench_gru(const table *t)
{
    t->gru(32, t->lanes, false, bench_block, bench_states[0], STATE, bench_states[1], STATE);
    return (double)(32 * t->lanes);
}
static double bench_gru_back(const table *t)
{
    t->gru_back(32, t->lanes, false, bench_block, bench_states[0], STATE, bench_states[1], STATE);
    return (double)(32 * t->lanes);
}
static double bench_vanilla(const table *t)
{
    int64_t n = RK_VECS * t->lanes;
    t->vanilla(32, n, false, bench_block, bench_states[0], STATE);
    return (double)(32 * n);
}
static double bench_vanilla_back(const table *t)
{
    int64_t n = RK_VECS * t->lanes;
    t->vanilla_back(32, n, false, bench_block, bench_states[0], STATE, bench_states[1], STATE);
    return (double)(32 * n);
}
static double bench_tanh(const table *t)
{
    t->tanh_forward(LENGTH, bench_vectors[0], bench_vectors[1]);
    return LENGTH;
}
static double bench_sigmoid(const table *t)
{
    t->sigmoid(LENGTH, bench_vectors[0], bench_vectors[1]);
    return LENGTH;
}
static double bench_softmax(const table *t)
{
    sink = (float)t->cross_entropy_inplace(LENGTH, bench_vectors[0], 3, 1);
    return LENGTH;
}
/* 16 keys of 64 numbers */
static double bench_tanh_scores(const table *t)
{
    t->tanh_scores(16, 64, bench_vectors[0], bench_block, 64, bench_vectors[1], bench_vectors[2]);
    return 16 * 64;
}
static double bench_tanh_scores_back(const table *t)
{
    t->tanh_scores_back(16, 64, bench_vectors[0], bench_block, 64, bench_vectors[1], bench_vectors[2],
                        bench_vectors[0], bench_panel, bench_vectors[3]);
    return 16 * 64;
}
static double bench_row_dots(const table *t)
{
    t->row_dots(16, 64, bench_vectors[0], bench_block, 64, bench_vectors[2]);
    return 16 * 64;
}
static double bench_dot(const table *t)
{
    sink = (float)t->dot(LENGTH, bench_vectors[0], bench_vectors[1]);
    return LENGTH;
}
static double bench_adam(const table *t)
{
    rk_update u = {.optim = RECUR_ADAM,
                   .lr = 1e-3,
                   .beta1 = 0.9,
                   .beta2 = 0.999,
                   .epsilon = 1e-8,
                   .bias1 = 0.1,
                   .bias2 = 0.001,
                   .grad_scale = 1};
    t->update(LENGTH, &u, bench_vectors[0], bench_vectors[1], bench_vectors[2], bench_vectors[3]);
    return LENGTH;
}

static const struct {
    const char *name;
    double (*run)(const table *t);
} benches[] = {
    {"GFLOP/s", NULL},
    {"peak", bench_peak},
    {"product 96 rows, K 256", bench_product},
    {"product 32 rows, K 256", bench_product_32},
    {"product 16 rows, K 64", bench_product_16x64},
    {"product 1 row, K 256", bench_product_1},
    {"outer, 96 rows", bench_outer},
    {"10^9 numbers (cells: units) a second", NULL},
    {"column_sum", bench_column_sum},
    {"lstm", bench_lstm},
    {"lstm_back", bench_lstm_back},
    {"gru", bench_gru},
    {"gru_back", bench_gru_back},
    {"vanilla", bench_vanilla},
    {"vanilla_back", bench_vanilla_back},
    {"tanh", bench_tanh},
    {"sigmoid", bench_sigmoid},
    {"cross_entropy_inplace", bench_softmax},
    {"tanh_scores", bench_tanh_scores},
    {"tanh_scores_back", bench_tanh_scores_back},
    {"row_dots", bench_row_dots},
    {"dot", bench_dot},
    {"update by Adam", bench_adam},
};

/* ---- time ---- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Modest numbers everywhere, so that no time goes into denormals or infinities. */
static void fill_bench_data(void)
{
    float *const  all[] = {bench_a, bench_panel, bench_block, bench_states[0], bench_vectors[0]};
    const int64_t n[] = {MAX_ROWS * DEPTH, DEPTH * RK_MAX_WIDTH, MAX_ROWS * RK_MAX_WIDTH,
                         5 * MAX_ROWS * STATE, 4 * LENGTH};
    for (int b = 0; b < 5; b++)
        for (int64_t i = 0; i < n[b]; i++) all[b][i] = 0.1f + fabsf(uniform(0.1));
}

/* Work per nanosecond: the best of 7 stretches of at least 3 ms. */
static double speed(double (*run)(const table *t), const table *t)
{
    double best = 0;
    for (int try = 0; try < 7; try++) {
        fill_bench_data();
        double work = 0, start = seconds(), now = start;
        for (; now - start < 3e-3; now = seconds())
            for (int i = 0; i < 10; i++) work += run(t);
        best = fmax(best, work / (now - start) * 1e-9);
    }
    return best;
}

static void run_benches(int n, const table *const *tables)
{
    for (size_t b = 0; b < sizeof benches / sizeof *benches; b++) {
        if (!benches[b].run) {
            printf("%s%-38s", b ? "\n" : "", benches[b].name);
            for (int i = 0; i < n; i++) printf("%10s", tables[i]->name);
        } else {
            printf("%-38s", benches[b].name);
            for (int i = 0; i < n; i++) printf("%10.2f", speed(benches[b].run, tables[i]));
        }
        printf("\n");
    }
}

#endif
