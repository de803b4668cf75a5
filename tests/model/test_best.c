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
        cmocka_unit_test(the_sketch_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
