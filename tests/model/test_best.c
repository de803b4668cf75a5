/* The largest output of a linear layer by its sketch, against all outputs: ties, rows a rounding apart, numbers of every size, and what the sketch
 * must not tell.
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>

#include "model/lm_fixture.h"
#include "nn/layers.h"
#include "nn/linear.h"
#include "nn/tape.h"

enum { MOST_ROWS = 6, CASES = 400 };

/* A layer, a tape and what it reads. */
typedef struct setting {
    recur_ctx    *ctx;
    recur_params *params;
    recur_linear *layer;
    recur_tape   *tape;
    int64_t       I, O, n;
    double       *x; /* [n,I] */
} setting;

static uint32_t below(uint32_t n)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % n;
}

static double uniform(double size)
{
    return size * (2.0 * below(1 << 24) / (1 << 24) - 1);
}

static setting begin(recur_dtype dtype, int64_t I, int64_t O, int64_t n, bool no_bias)
{
    setting              s = {.I = I, .O = O, .n = n, .x = calloc((size_t)(n * I), sizeof *s.x)};
    const recur_ctx_opts opts = {.threads = 2, .dtype = dtype};
    assert_int_equal(recur_ctx_create(&opts, &s.ctx), RECUR_OK);
    LM_OK(s.ctx, recur_params_create(s.ctx, below(1000), &s.params));
    const recur_linear_spec spec = {.input = I, .output = O, .no_bias = no_bias};
    LM_OK(s.ctx, recur_linear_create(s.params, "l", &spec, &s.layer));
    LM_OK(s.ctx, recur_tape_create(s.ctx, &s.tape));
    recur_tape_set_inference(s.tape, true);
    for (int64_t i = 0; i < n * I; i++) s.x[i] = uniform(1);
    return s;
}

static void end(setting *s)
{
    recur_tape_destroy(s->tape);
    recur_linear_destroy(s->layer);
    recur_params_destroy(s->params);
    recur_ctx_destroy(s->ctx);
    free(s->x);
}

/* Write row o of the matrix, size times a number each, or what row `like` holds with its last number moved by a rounding. */
static void set_row(setting *s, int64_t o, double size, int64_t like, bool is_moved)
{
    double *w = calloc((size_t)(s->I * s->O), sizeof *w);
    LM_OK(s->ctx, recur_params_get(s->params, s->layer->weight, w));
    for (int64_t k = 0; k < s->I; k++) w[o * s->I + k] = like < 0 ? uniform(size) : w[like * s->I + k];
    if (is_moved) w[o * s->I + s->I - 1] *= 1 + 2.0 * (double)FLT_EPSILON;
    LM_OK(s->ctx, recur_params_set(s->params, s->layer->weight, w));
    free(w);
}

/* Compare with all outputs; never is not asked for. */
static void check(setting *s, int32_t never)
{
    recur_tape_reset(s->tape);
    recur_var      x = recur_input_f64(s->tape, RECUR_SHAPE(s->n, s->I), s->x);
    const int32_t *best = ri_linear_best(s->tape, s->layer, x, never);
    recur_var      y = recur_linear_apply(s->tape, s->layer, x);
    double        *all = calloc((size_t)(s->n * s->O), sizeof *all);
    LM_OK(s->ctx, recur_tape_status(s->tape));
    LM_OK(s->ctx, recur_value_f64(s->tape, y, all));
    for (int64_t r = 0; r < s->n; r++) {
        const double *row = all + r * s->O;
        int64_t       want = -1;
        for (int64_t o = 0; o < s->O; o++)
            if (o != never && (want < 0 || row[o] > row[want])) want = o;
        for (int64_t o = 0; o < s->O; o++)
            if (!(row[o] < INFINITY)) want = -1;
        assert_int_equal(best[r], want);
    }
    free(all);
}

static void the_largest_is_found(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        setting s = begin(i % 2 ? RECUR_F64 : RECUR_F32, 1 + below(300), 2 + below(200), 1 + below(MOST_ROWS),
                          i % 3 == 0);
        check(&s, -1);
        check(&s, (int32_t)below((uint32_t)s.O));
        set_row(&s, below((uint32_t)s.O), pow(10, uniform(6)), -1, false);
        check(&s, -1);
        end(&s);
    }
}

static void of_equal_ones_it_is_the_first(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        setting s = begin(i % 2 ? RECUR_F64 : RECUR_F32, 1 + below(200), 100, 2, true);
        int64_t n = 2 + below(i % 3 ? 10 : 90); /* more than a sketch tells apart, too */
        set_row(&s, 3, 3, -1, false);
        for (int64_t k = 1; k < n; k++) set_row(&s, 3 + k, 0, 3, i % 4 == 1);
        check(&s, -1);
        check(&s, 3);
        end(&s);
    }
}

static void what_is_not_finite_is_said(void **state)
{
    (void)state;
    static const double odd[] = {NAN, INFINITY, 3e38, 1e-44, 0};
    for (int i = 0; i < 50; i++) {
        setting s = begin(RECUR_F32, 1 + below(60), 2 + below(60), 3, i % 2);
        for (int64_t k = 0; k < s.I; k++) s.x[s.I + k] = i % 7 ? s.x[s.I + k] : 0;
        s.x[below((uint32_t)(3 * s.I))] = odd[i % 5];
        check(&s, -1);
        if (i % 3 == 0) set_row(&s, 1, odd[i % 2] * 1, -1, false);
        if (i % 3 == 1) set_row(&s, 1, 1e38, -1, false);
        check(&s, -1);
        end(&s);
    }
}

/* ---- errors as large as their bounds ---- */

/* Compare for a layer of given rows, biases (NULL: none) and one x. */
static void check_rows(recur_dtype dtype, int64_t I, int64_t O, const double *w, const double *b,
                       const double *x)
{
    setting s = begin(dtype, I, O, 1, !b);
    LM_OK(s.ctx, recur_params_set(s.params, s.layer->weight, w));
    if (b) LM_OK(s.ctx, recur_params_set(s.params, s.layer->bias, b));
    memcpy(s.x, x, (size_t)I * sizeof *x);
    check(&s, -1);
    end(&s);
}

/* All that x sees of two rows is one number each, and both are as far from their whole numbers as can be: the first above, the second below.
 * Their sketches have the second above the first by all but what both may be wrong. */
static void weights_between_whole_numbers(void **state)
{
    (void)state;
    enum { MOST = 20 };
    for (int i = 0; i < 200; i++) {
        int64_t I = 2 + below(MOST - 1), c = below((uint32_t)I), largest = (c + 1) % I, first = i / 2 % 2;
        double  w[2 * MOST] = {0}, x[MOST] = {0}, sign = i % 3 ? 1 : -1;
        double  q[2] = {5.49 + below(30), 4.51 + below(30)}, step = pow(10, uniform(3)), steps[2] = {step};
        steps[1] = 0.999 * step * q[0] / q[1];
        for (int r = 0; r < 2; r++) {
            double *row = w + (r == 0 ? first : 1 - first) * I;
            row[largest] = 127 * steps[r];
            row[c] = sign * q[r] * steps[r];
        }
        x[c] = sign * pow(10, uniform(3));
        check_rows(i % 5 ? RECUR_F32 : RECUR_F64, I, 2, w, NULL, x);
    }
}

/* The same of x: what is between its whole numbers is taken from one guess and added to the other. */
static void inputs_between_whole_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        const double step = 1.0 / 32767, size = pow(2, (int)below(20) - 10),
                     x[] = {1, (1000.49 + below(20000)) * step};
        double w[4] = {0}, b[2] = {0};
        int    first = i % 2, second = 1 - first;
        w[2 * first + 1] = size;
        w[2 * second + 1] = -size;
        b[second] = size * (2 * x[1] - 0.1 * step);
        check_rows(i % 5 ? RECUR_F32 : RECUR_F64, 2, 2, w, b, x);
    }
}

/* Sketches of whole numbers are exact; the chains are not, and it is they who say which is the largest. */
static void chains_round(void **state)
{
    (void)state;
    enum { I = 64, O = 20 };
    for (int i = 0; i < 40; i++) {
        double w[O * I], x[I];
        for (int k = 0; k < I; k++) x[k] = 32767;
        x[below(I)] = 32766;
        for (int k = 0; k < I; k++) w[k] = k ? 1 + below(127) : 127;
        for (int o = 0; o < O; o++) {
            if (o) memcpy(w + o * I, w, I * sizeof *w);
            for (int k = I - 1; k > 0; k--) {
                int    j = (int)below((uint32_t)k + 1);
                double kept = w[o * I + k];
                w[o * I + k] = w[o * I + j];
                w[o * I + j] = kept;
            }
        }
        check_rows(RECUR_F32, I, O, w, NULL, x);
    }
}

/* 192 in 64 parts are lost beside a great bias, 190 in one are not. */
static void chains_begin_at_the_bias(void **state)
{
    (void)state;
    enum { I = 64 };
    double       w[2 * I], x[I];
    const double b[] = {1e8, 1e8};
    for (int k = 0; k < I; k++) {
        w[k] = 3;
        w[I + k] = k == 7 ? 190 : 0;
        x[k] = 1;
    }
    check_rows(RECUR_F32, I, 2, w, b, x);
}

/* Products too small for a float are zero in the chain, so both are equal. */
static void what_is_flushed_is_equal(void **state)
{
    (void)state;
    const double w[] = {5e-21, 5e-21, 1e-20, 1e-20}, x[] = {1e-20, 1e-20};
    check_rows(RECUR_F32, 2, 2, w, NULL, x);
}

/* Not by way of all outputs. */
static void the_sketch_tells(void **state)
{
    (void)state;
    int told = 0;
    for (int i = 0; i < 50; i++) {
        setting s = begin(RECUR_F32, 200, 500, 1, false);
        recur_tape_reset(s.tape);
        recur_var    x = recur_input_f64(s.tape, RECUR_SHAPE(1, s.I), s.x);
        int32_t      best;
        ri_best_pass p = {.x = ri_node_rows(ri_tape_at(s.tape, x)), .O = s.O, .never = -1, .best = &best};
        p.w = ri_params_value(s.params, s.layer->weight);
        p.b = ri_params_value(s.params, s.layer->bias);
        p.whole = ri_tape_take(s.tape, s.I, sizeof *p.whole);
        p.dots = ri_tape_take(s.tape, s.O, sizeof *p.dots);
        p.near = ri_tape_elements(s.tape, s.I * RK_MAX_WIDTH);
        LM_OK(s.ctx, ri_params_sketch(s.params, s.layer->weight, &p.sketch));
        s.ctx->dev->linear_best(s.ctx, &p);
        told += best >= 0;
        end(&s);
    }
    assert_true(told > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_is_found),
        cmocka_unit_test(of_equal_ones_it_is_the_first),
        cmocka_unit_test(what_is_not_finite_is_said),
        cmocka_unit_test(weights_between_whole_numbers),
        cmocka_unit_test(inputs_between_whole_numbers),
        cmocka_unit_test(chains_round),
        cmocka_unit_test(chains_begin_at_the_bias),
        cmocka_unit_test(what_is_flushed_is_equal),
        cmocka_unit_test(the_sketch_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
