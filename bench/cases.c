/* Three cases that `recur bench` has no shape for: a ragged batch, a softmax over a large vocabulary, and the memory of training D.
 *
 *   ragged   64 sequences of 5 to 100 steps, LSTM of 256 units: training time over that of the padded batch, beside the share of cells
 *            that are valid
 *   head     400 rows, 200 -> 10,000 with cross-entropy, forward and backward: GFLOP/s beside the peak of the same seconds
 *   memory   three training steps of configuration D, and what the whole process took
 *
 * make, then: cc -O2 -Iinclude bench/cases.c build/release/librecur.a -ljansson -lutf8proc -lpthread -lm -o cases && ./cases ragged 1
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recur/recur.h"

enum { ROUNDS = 15 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, ascending);
    return x[n / 2];
}

static float *numbers(int64_t n)
{
    float   *x = malloc((size_t)n * sizeof *x);
    uint32_t r = 1;
    for (int64_t i = 0; x && i < n; i++) {
        r = r * 1664525u + 1013904223u;
        x[i] = (float)r / 2147483648.0f - 1;
    }
    return x;
}

static void check(recur_ctx *ctx, recur_status status)
{
    if (!status) return;
    fprintf(stderr, "%s\n", recur_error(ctx));
    exit(1);
}

/* Write a small tensor anew, so that weights are packed again, as after an update. */
static void change(recur_ctx *ctx, recur_params *params, const char *name)
{
    int64_t           index = recur_params_find(params, name);
    recur_tensor_info info;
    check(ctx, recur_params_info(params, index, &info));
    double *values = malloc((size_t)info.count * sizeof *values);
    check(ctx, recur_params_get(params, index, values));
    check(ctx, recur_params_set(params, index, values));
    free(values);
}

/* One training step of a stack over rows of a pack. */
static double train(recur_ctx *ctx, recur_tape *tape, recur_params *params, const recur_rnn *rnn,
                    const recur_pack *pack, int64_t I, const float *x)
{
    recur_tape_reset(tape);
    recur_var v = recur_input(tape, RECUR_SHAPE(recur_pack_rows(pack), I), x);
    recur_params_zero_grad(params);
    change(ctx, params, "rnn.bias_hh_l0");
    double began = now();
    check(ctx,
          recur_backward(tape, recur_sum(tape, recur_rnn_apply(tape, rnn, v, pack, RECUR_NO_STATE).output)));
    return now() - began;
}

static void ragged(recur_ctx *ctx)
{
    enum { B = 64, T = 100, H = 256 };
    recur_params *params;
    recur_rnn    *rnn;
    recur_tape   *tape;
    recur_pack   *packs[2];
    int64_t       lengths[2][B], rows = 0;
    check(ctx, recur_params_create(ctx, 1, &params));
    check(ctx, recur_rnn_create(params, "rnn", &(recur_rnn_spec){.cell = RECUR_LSTM, .input = H, .hidden = H},
                                &rnn));
    check(ctx, recur_tape_create(ctx, &tape));
    for (int b = 0; b < B; b++) {
        lengths[0][b] = 5 + (b * 61 + 17) % 96; /* 5 to 100, every length at most once */
        lengths[1][b] = T;
        rows += lengths[0][b];
    }
    for (int i = 0; i < 2; i++) {
        check(ctx, recur_pack_create(ctx, &packs[i]));
        check(ctx, recur_pack_set(packs[i], B, lengths[i], NULL));
    }
    float *x = numbers((int64_t)B * T * H);
    double times[2][ROUNDS];
    for (int r = -2; r < ROUNDS; r++)
        for (int i = 0; i < 2; i++) {
            double seconds = train(ctx, tape, params, rnn, packs[i], H, x);
            if (r >= 0) times[i][r] = seconds;
        }
    double share = (double)rows / (B * T), ragged = median(times[0], ROUNDS),
           padded = median(times[1], ROUNDS);
    printf(
        "ragged: %.2f ms, padded %.2f ms, ratio %.3f; %.3f of the cells are valid: %.3f times their share\n",
        1e3 * ragged, 1e3 * padded, ragged / padded, share, ragged / padded / share);
}

static void head(recur_ctx *ctx)
{
    enum { N = 400, I = 200, V = 10000 };
    recur_params *params;
    recur_linear *linear;
    recur_tape   *tape;
    recur_pack   *targets;
    int32_t       ids[N];
    for (int i = 0; i < N; i++) ids[i] = i * 7919 % V;
    check(ctx, recur_params_create(ctx, 1, &params));
    check(ctx, recur_linear_create(params, "head", &(recur_linear_spec){.input = I, .output = V}, &linear));
    check(ctx, recur_tape_create(ctx, &tape));
    check(ctx, recur_pack_create(ctx, &targets));
    check(ctx, recur_pack_set_grid(targets, N, 1, ids));
    float                 *x = numbers((int64_t)N * I);
    double                 times[ROUNDS], peaks[ROUNDS], products[ROUNDS];
    const recur_bench_case tiny = {{1, 1, 1, 1, 1, false}, RECUR_BENCH_INFER, RECUR_LSTM, false};
    const recur_bench_opts quick = {.seconds = 0.01};
    for (int r = -2; r < ROUNDS; r++) {
        recur_tape_reset(tape);
        recur_var v = recur_input(tape, RECUR_SHAPE(N, I), x);
        recur_params_zero_grad(params);
        change(ctx, params, "head.bias");
        double began = now();
        check(ctx, recur_backward(tape, recur_linear_cross_entropy(tape, linear, v, targets, RECUR_MEAN)));
        double             seconds = now() - began;
        recur_bench_result limits;
        check(ctx, recur_bench_run(ctx, &tiny, 1, &quick, &limits));
        if (r < 0) continue;
        times[r] = seconds;
        peaks[r] = limits.peak_gflops;
        products[r] = limits.product_gflops;
    }
    double gflops = 3 * 2.0 * N * I * V / median(times, ROUNDS) * 1e-9, peak = median(peaks, ROUNDS),
           product = median(products, ROUNDS);
    printf("head: %.2f ms, %.1f GFLOP/s, %.0f %% of %.0f, %.0f %% of the bare product's %.0f\n",
           1e3 * median(times, ROUNDS), gflops, 100 * gflops / peak, peak, 100 * gflops / product, product);
}

static void memory(recur_ctx *ctx)
{
    enum { T = 100, B = 64, H = 512 };
    recur_params *params;
    recur_rnn    *rnn;
    recur_tape   *tape;
    recur_pack   *pack;
    check(ctx, recur_params_create(ctx, 1, &params));
    check(ctx, recur_rnn_create(params, "rnn",
                                &(recur_rnn_spec){.cell = RECUR_LSTM, .input = H, .hidden = H, .layers = 2},
                                &rnn));
    check(ctx, recur_tape_create(ctx, &tape));
    check(ctx, recur_pack_create(ctx, &pack));
    check(ctx, recur_pack_set_grid(pack, T, B, NULL));
    float *x = numbers((int64_t)T * B * H);
    for (int i = 0; i < 3; i++) train(ctx, tape, params, rnn, pack, H, x);
    char  line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM", 5) == 0) printf("memory of training D, the whole process: %s", line);
    if (status) fclose(status);
    printf("of these, the tape's arena holds %.0f MiB and the input %.0f MiB\n",
           (double)recur_tape_bytes(tape) / (1 << 20), T * B * H * 4.0 / (1 << 20));
}

int main(int argc, char **argv)
{
    recur_ctx *ctx;
    if (argc != 3 || recur_ctx_create(&(recur_ctx_opts){.threads = atoi(argv[2])}, &ctx)) {
        fprintf(stderr, "usage: cases ragged|head|memory THREADS\n");
        return 2;
    }
    if (strcmp(argv[1], "ragged") == 0) ragged(ctx);
    if (strcmp(argv[1], "head") == 0) head(ctx);
    if (strcmp(argv[1], "memory") == 0) memory(ctx);
    recur_ctx_destroy(ctx);
    return 0;
}
