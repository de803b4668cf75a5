/* The benchmark counts right, measures every kind of case, refuses what cannot be measured, and draws what it found.
 *
 * No test here asks how fast the machine is: the figures must fit together, on any machine and under any load.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "recur/bench.h"

enum { MAX_CASES = 16 };

static const recur_bench_opts short_time = {.seconds = 1e-9}; /* the fewest rounds */

static recur_ctx *make_ctx(int threads, recur_dtype dtype)
{
    recur_ctx *ctx;
    assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = threads, .dtype = dtype}, &ctx), RECUR_OK);
    return ctx;
}

static recur_bench_shape shape_of(const char *name)
{
    for (const recur_bench_config *c = recur_bench_configs(); c->name; c++)
        if (!strcmp(c->name, name)) return c->shape;
    fail_msg("there is no configuration %s", name);
    return (recur_bench_shape){0};
}

/* ---- counting ---- */

static void operations_are_those_of_the_products(void **state)
{
    (void)state;
    const double     one = 2.0 * 512 * 256 * 512 * 32; /* 2 (I+H) H T B of configuration A */
    recur_bench_case c = {.shape = shape_of("A")};
    assert_true(recur_bench_flop(&c) == 4 * one);
    c.cell = RECUR_GRU;
    assert_true(recur_bench_flop(&c) == 3 * one);
    c.cell = RECUR_RNN_RELU;
    assert_true(recur_bench_flop(&c) == one);
    c.mode = RECUR_BENCH_TRAIN;
    assert_true(recur_bench_flop(&c) == 3 * one);
    c.mode = RECUR_BENCH_STEP;
    assert_true(recur_bench_flop(&c) == one / 512);
    c = (recur_bench_case){.shape = shape_of("A"), .linear = true};
    assert_true(recur_bench_flop(&c) == one / 2);
}

static void layers_and_directions_are_counted(void **state)
{
    (void)state;
    recur_bench_case two = {.shape = {7, 3, 5, 11, 2, false}, .cell = RECUR_RNN_TANH};
    assert_true(recur_bench_flop(&two) == 2.0 * 7 * 3 * 11 * ((5 + 11) + (11 + 11)));
    two.shape.bidirectional = true; /* the second layer reads both directions */
    assert_true(recur_bench_flop(&two) == 2 * 2.0 * 7 * 3 * 11 * ((5 + 11) + (22 + 11)));
}

static void configurations_are_there(void **state)
{
    (void)state;
    const recur_bench_config *c = recur_bench_configs();
    for (int i = 0; i < 8; i++) {
        assert_int_equal(c[i].name[0], 'A' + i);
        assert_int_equal(c[i].name[1], '\0');
    }
    assert_null(c[8].name);
    assert_true(shape_of("H").bidirectional);
    assert_int_equal(shape_of("D").L, 2);
}

/* ---- measuring ---- */

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

static void check_result(const recur_bench_case *c, const recur_bench_result *r)
{
    assert_true(r->ms > 0 && r->ms_best > 0 && r->ms_best <= r->ms);
    assert_true(r->calls >= 3);
    assert_true(r->flop == recur_bench_flop(c));
    assert_true(near(r->gflops, r->flop / r->ms * 1e-6));
    assert_true(r->peak_gflops > 0 && r->bandwidth_gbs > 0);
    assert_true(near(r->percent_of_peak, 100 * r->gflops / r->peak_gflops));
    assert_true(near(r->percent_of_product, 100 * r->gflops / r->product_gflops));
    assert_true(near(r->percent_of_bandwidth, 100 * r->bytes / r->ms * 1e-6 / r->bandwidth_gbs));
    assert_true(r->weight_bytes > 0 && r->bytes >= r->weight_bytes);
}

static int64_t small_cases(recur_bench_case cases[MAX_CASES])
{
    const recur_cell cells[] = {RECUR_LSTM, RECUR_GRU, RECUR_RNN_TANH, RECUR_RNN_RELU};
    int64_t          n = 0;
    for (int k = 0; k < 4; k++)
        for (int m = RECUR_BENCH_INFER; m <= RECUR_BENCH_STEP; m++)
            cases[n++] = (recur_bench_case){{3, 2, 5, 6, 2, false}, (recur_bench_mode)m, cells[k], false};
    cases[n++] = (recur_bench_case){{3, 2, 5, 6, 1, true}, RECUR_BENCH_TRAIN, RECUR_LSTM, false};
    cases[n++] = (recur_bench_case){{3, 2, 5, 6, 1, false}, RECUR_BENCH_INFER, RECUR_LSTM, true};
    cases[n++] = (recur_bench_case){{3, 2, 5, 6, 1, false}, RECUR_BENCH_TRAIN, RECUR_LSTM, true};
    return n;
}

static void every_kind_of_case_is_measured(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        recur_ctx         *ctx = make_ctx(threads, RECUR_F32);
        recur_bench_case   cases[MAX_CASES];
        recur_bench_result results[MAX_CASES];
        int64_t            n = small_cases(cases);
        assert_int_equal(recur_bench_run(ctx, cases, n, &short_time, results), RECUR_OK);
        for (int64_t i = 0; i < n; i++) {
            check_result(&cases[i], &results[i]);
            assert_true(results[i].peak_gflops == results[0].peak_gflops); /* they share their rounds */
        }
        recur_ctx_destroy(ctx);
    }
}

/* One sequence of many units, where threads share each step: a step alone, and a walk that ends with a step of its own. */
static void one_sequence_on_two_threads(void **state)
{
    (void)state;
    recur_ctx         *ctx = make_ctx(2, RECUR_F32);
    recur_bench_case   cases[] = {{{1, 1, 8, 256, 1, false}, RECUR_BENCH_STEP, RECUR_LSTM, false},
                                  {{1, 1, 8, 256, 1, false}, RECUR_BENCH_TRAIN, RECUR_GRU, false},
                                  {{257, 1, 8, 256, 1, false}, RECUR_BENCH_INFER, RECUR_LSTM, false}};
    recur_bench_result r[3];
    assert_int_equal(recur_bench_run(ctx, cases, 3, &short_time, r), RECUR_OK);
    for (int i = 0; i < 3; i++) check_result(&cases[i], &r[i]);
    recur_ctx_destroy(ctx);
}

static void bytes_are_the_least(void **state)
{
    (void)state;
    recur_ctx         *ctx = make_ctx(1, RECUR_F32);
    recur_bench_case   cases[] = {{{10, 1, 4, 8, 1, false}, RECUR_BENCH_INFER, RECUR_RNN_TANH, false},
                                  {{10, 1, 4, 8, 1, false}, RECUR_BENCH_STEP, RECUR_RNN_TANH, false},
                                  {{10, 1, 4, 8, 1, false}, RECUR_BENCH_TRAIN, RECUR_RNN_TANH, false}};
    recur_bench_result r[3];
    assert_int_equal(recur_bench_run(ctx, cases, 3, &short_time, r), RECUR_OK);
    assert_true(r[0].weight_bytes == 4 * (32 + 64));
    assert_true(r[0].bytes == 4 * (32 + 10 * 64 + 10 * (4 + 8)));
    assert_true(r[1].bytes == 4 * (32 + 64 + 4 + 8));
    assert_true(r[2].bytes == 2 * (r[0].bytes + 4 * 10 * 8));
    recur_ctx_destroy(ctx);
}

static void kernels_have_their_name(void **state)
{
    (void)state;
    recur_ctx *ctx = make_ctx(1, RECUR_F64);
    assert_string_equal(recur_bench_kernels(ctx), "ref");
    recur_ctx_destroy(ctx);
}

/* ---- refusing ---- */

static void refuse(recur_ctx *ctx, recur_bench_case c, double seconds, const char *sentence)
{
    recur_bench_result     r;
    const recur_bench_opts opts = {.seconds = seconds};
    assert_int_equal(recur_bench_run(ctx, &c, 1, &opts, &r), RECUR_EARG);
    assert_contains(recur_error(ctx), sentence);
}

static void what_cannot_be_measured_is_refused(void **state)
{
    (void)state;
    const recur_bench_shape good = {3, 2, 5, 6, 1, false}, both = {3, 2, 5, 6, 1, true};
    recur_ctx              *ctx = make_ctx(1, RECUR_F32), *wide = make_ctx(1, RECUR_F64);
    refuse(ctx, (recur_bench_case){.shape = {3, 2, 0, 6, 1, false}}, 1, "input 0");
    refuse(ctx, (recur_bench_case){.shape = {3, 2, 5, 6, -1, false}}, 1, "-1 layers");
    refuse(ctx, (recur_bench_case){.shape = {INT32_MAX, 2, 5, 6, 1, false}}, 1, "at most 2147483647 rows");
    refuse(ctx, (recur_bench_case){.shape = {3, 2, 5, 6, 1 << 20, false}}, 1, "layers");
    refuse(ctx, (recur_bench_case){.shape = both, .mode = RECUR_BENCH_STEP}, 1,
           "a bidirectional stack has no");
    refuse(ctx, (recur_bench_case){.shape = good, .mode = RECUR_BENCH_STEP, .linear = true}, 1,
           "a linear layer has no");
    refuse(ctx, (recur_bench_case){.shape = good}, -1, "-1 seconds");
    refuse(ctx, (recur_bench_case){.shape = good}, NAN, "nan seconds");
    refuse(wide, (recur_bench_case){.shape = good}, 1, "float64");
    recur_bench_case   c = {.shape = good};
    recur_bench_result r;
    assert_int_equal(recur_bench_run(NULL, &c, 1, NULL, &r), RECUR_EARG);
    assert_int_equal(recur_bench_run(ctx, &c, 0, NULL, &r), RECUR_EARG);
    assert_int_equal(recur_bench_run(ctx, NULL, 1, NULL, &r), RECUR_EARG);
    recur_ctx_destroy(ctx);
    recur_ctx_destroy(wide);
}

/* Ticks rise from 0; the third one stops. */
typedef struct ticks {
    int    n;
    double last;
} ticks;

static bool stop_at_third(void *user, double share)
{
    ticks *t = user;
    assert_true(share >= t->last && share <= 1);
    t->last = share;
    return ++t->n < 3;
}

static void a_tick_can_stop(void **state)
{
    (void)state;
    recur_ctx             *ctx = make_ctx(1, RECUR_F32);
    ticks                  t = {0};
    recur_bench_case       c = {.shape = {3, 2, 5, 6, 1, false}};
    recur_bench_result     r;
    const recur_bench_opts opts = {.seconds = 1e-9, .user = &t, .tick = stop_at_third};
    assert_int_equal(recur_bench_run(ctx, &c, 1, &opts, &r), RECUR_STOPPED);
    assert_int_equal(t.n, 3);
    recur_ctx_destroy(ctx);
}

/* ---- memory ---- */

static recur_status measure_and_draw(const recur_allocator *a, void *unused, ri_error *error)
{
    (void)unused;
    recur_ctx     *ctx;
    recur_picture *roof = NULL, *bars = NULL;
    recur_status   status = recur_ctx_create(&(recur_ctx_opts){.threads = 1, .allocator = *a}, &ctx);
    if (status) return ri_fail(error, status, "no memory for a context");
    recur_bench_point p = {.label = "A", .threads = 1, .what = {.shape = {3, 2, 5, 6, 1, false}}};
    p.what.mode = RECUR_BENCH_STEP;
    status = recur_bench_run(ctx, &p.what, 1, &short_time, &p.result);
    if (!status) status = recur_bench_draw_roofline(ctx, &p, 1, &roof);
    if (!status) status = recur_bench_draw_gaps(ctx, "title", &(recur_bench_gap){"lstm", 9, 8}, 1, &bars);
    recur_picture_destroy(roof);
    recur_picture_destroy(bars);
    snprintf(error->text, sizeof error->text, "%s", recur_error(ctx));
    recur_ctx_destroy(ctx);
    return status;
}

static void memory_runs_out(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(measure_and_draw, NULL) > 20);
}

/* ---- pictures ---- */

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)); text++) n++;
    return n;
}

static recur_bench_point point(const char *label, int threads, recur_bench_mode mode, double gflops)
{
    return (recur_bench_point){.label = label,
                               .threads = threads,
                               .what = {.shape = {8, 8, 8, 8, 1, false}, .mode = mode, .cell = RECUR_GRU},
                               .result = {.ms = 2,
                                          .flop = 1e9,
                                          .bytes = 1e8,
                                          .weight_bytes = 2048,
                                          .gflops = gflops,
                                          .peak_gflops = 100,
                                          .bandwidth_gbs = threads == 1 ? 50 : 60,
                                          .percent_of_peak = gflops}};
}

static void a_roofline_shows_every_case(void **state)
{
    (void)state;
    recur_ctx              *ctx = make_ctx(1, RECUR_F32);
    const recur_bench_point points[] = {
        point("A", 1, RECUR_BENCH_INFER, 80), point("B", 1, RECUR_BENCH_TRAIN, 70),
        point("1<2", 1, RECUR_BENCH_STEP, 3), point("A", 2, RECUR_BENCH_INFER, 90)};
    size_t         size;
    recur_picture *picture;
    assert_int_equal(recur_bench_draw_roofline(ctx, points, 4, &picture), RECUR_OK);
    const char *text = recur_picture_svg(picture, &size);
    assert_contains(text, ">1 thread, GFLOP/s<");
    assert_contains(text, ">2 threads, GFLOP/s<");
    assert_int_equal(count(text, "peak 100 GFLOP/s"), 2);
    assert_int_equal(count(text, ">50 GB/s (2 KiB)<"), 1);
    assert_int_equal(count(text, ">60 GB/s (2 KiB)<"), 1);
    assert_int_equal(count(text, ">A<"), 2);
    assert_contains(text, ">1&lt;2<");
    assert_contains(text, "<title>B, gru, training: 2 ms, 70.0 GFLOP/s, 70 % of the peak</title>");
    assert_int_equal(count(text, "nan") + count(text, "inf\""), 0);
    assert_contains(text + size - 7, "</svg>\n");
    recur_picture_destroy(picture);
    recur_ctx_destroy(ctx);
}

static void gaps_are_bars(void **state)
{
    (void)state;
    recur_ctx            *ctx = make_ctx(1, RECUR_F32);
    const recur_bench_gap gaps[] = {{"rnn", 1.8, 2}, {"lstm", 10, 8}};
    size_t                size;
    recur_picture        *picture;
    assert_int_equal(recur_bench_draw_gaps(ctx, "Gaps", gaps, 2, &picture), RECUR_OK);
    const char *text = recur_picture_svg(picture, &size);
    assert_contains(text, ">Gaps<");
    assert_contains(text, "1.8 = 2.0 arithmetic \xc3\x97 0.90 waiting");
    assert_contains(text, "10.0 = 8.0 arithmetic \xc3\x97 1.25 waiting");
    assert_int_equal(count(text, "width=\"-"), 0); /* a layer that does not wait has no bar of waiting */
    recur_picture_destroy(picture);
    recur_ctx_destroy(ctx);
}

static void pictures_that_cannot_be(void **state)
{
    (void)state;
    recur_ctx        *ctx = make_ctx(1, RECUR_F32);
    recur_bench_point p = point("A", 1, RECUR_BENCH_INFER, 80);
    recur_picture    *picture;
    assert_int_equal(recur_bench_draw_roofline(ctx, &p, 1, NULL), RECUR_EARG);
    assert_int_equal(recur_bench_draw_roofline(ctx, &p, 0, &picture), RECUR_EARG);
    assert_int_equal(recur_bench_draw_gaps(ctx, "t", NULL, 1, &picture), RECUR_EARG);
    recur_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_are_those_of_the_products),
        cmocka_unit_test(layers_and_directions_are_counted),
        cmocka_unit_test(configurations_are_there),
        cmocka_unit_test(every_kind_of_case_is_measured),
        cmocka_unit_test(one_sequence_on_two_threads),
        cmocka_unit_test(bytes_are_the_least),
        cmocka_unit_test(kernels_have_their_name),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
        cmocka_unit_test(a_tick_can_stop),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(a_roofline_shows_every_case),
        cmocka_unit_test(gaps_are_bars),
        cmocka_unit_test(pictures_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
