/* Dropout: how often, by how much, and what its numbers depend on: seed, step, operation, layer, sequence, time and unit; not on the
 * lengths of batch mates, nor on the form of the batch.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

enum { WIDTH = 16 };

typedef struct fixture {
    recur_ctx  *ctx;
    recur_tape *tape;
    recur_pack *pack;
} fixture;

static int open_fixture(void **state)
{
    static fixture f;
    f.ctx = proof_ctx(RECUR_F32, 2);
    PROOF_OK(f.ctx, recur_tape_create(f.ctx, &f.tape));
    PROOF_OK(f.ctx, recur_pack_create(f.ctx, &f.pack));
    *state = &f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    recur_pack_destroy(f->pack);
    recur_tape_destroy(f->tape);
    recur_ctx_destroy(f->ctx);
    return 0;
}

static recur_var ones(fixture *f, recur_shape shape)
{
    int64_t n = proof_count(shape);
    float  *x = calloc((size_t)n, sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++) x[i] = 1;
    recur_var v = recur_input(f->tape, shape, x);
    free(x);
    return v;
}

/* The mask of a fresh tape for a shape. */
static double *mask_of(fixture *f, recur_shape shape, const recur_pack *pack, double p, uint64_t seed,
                       uint64_t step)
{
    recur_tape_reset(f->tape);
    recur_tape_set_noise(f->tape, seed, step);
    recur_var y = recur_dropout(f->tape, ones(f, shape), pack, p);
    PROOF_OK(f->ctx, recur_tape_status(f->tape));
    return proof_values(f->ctx, f->tape, y);
}

/* 200,000 draws: the share of zeros within four standard deviations of p, and all others 1/(1-p). */
static void rate_and_scale(void **state)
{
    const double  rates[] = {0.0, 0.1, 0.5, 0.9};
    const int64_t n = 20 * 100 * 100;
    for (int i = 0; i < 4; i++) {
        double  p = rates[i];
        double *mask = mask_of(*state, RECUR_SHAPE(20, 100, 100), NULL, p, 1, 1);
        int64_t n_zeros = 0;
        for (int64_t j = 0; j < n; j++) {
            n_zeros += mask[j] == 0;
            if (mask[j] != 0) assert_true(fabs(mask[j] - 1 / (1 - p)) <= 1e-6 / (1 - p));
        }
        assert_true(fabs((double)n_zeros / (double)n - p) <= 4 * sqrt(p * (1 - p) / (double)n));
        free(mask);
    }
}

/* Neighbours in unit, sequence and time are dropped together as often as chance says. */
static void no_correlation(void **state)
{
    enum { T = 40, B = 40, F = 40 };
    double       *mask = mask_of(*state, RECUR_SHAPE(T, B, F), NULL, 0.5, 3, 4);
    const int64_t stride[] = {1, F, B * F};
    for (int k = 0; k < 3; k++) {
        int64_t n = T * B * F - stride[k], both = 0;
        for (int64_t i = 0; i < n; i++) both += mask[i] == 0 && mask[i + stride[k]] == 0;
        assert_true(fabs((double)both / (double)n - 0.25) <= 5 * sqrt(0.25 * 0.75 / (double)n));
    }
    free(mask);
}

/* The share of equal elements of two masks of p = 1/2: 1 if they are the same, about 1/2 if they have nothing to do with each other. */
static double likeness(const double *a, const double *b, int64_t n)
{
    int64_t equal = 0;
    for (int64_t i = 0; i < n; i++) equal += a[i] == b[i];
    return (double)equal / (double)n;
}

static void assert_unrelated(const double *a, const double *b, int64_t n)
{
    assert_true(fabs(likeness(a, b, n) - 0.5) <= 5 * sqrt(0.25 / (double)n));
}

static void depends_on_seed_and_step(void **state)
{
    const int64_t     n = 30 * 10 * WIDTH;
    const recur_shape shape = RECUR_SHAPE(30, 10, WIDTH);
    double *a = mask_of(*state, shape, NULL, 0.5, 1, 1), *again = mask_of(*state, shape, NULL, 0.5, 1, 1);
    double *step = mask_of(*state, shape, NULL, 0.5, 1, 2), *seed = mask_of(*state, shape, NULL, 0.5, 2, 1);
    assert_memory_equal(a, again, (size_t)n * sizeof *a);
    assert_unrelated(a, step, n);
    assert_unrelated(a, seed, n);
    assert_unrelated(step, seed, n);
    free(a);
    free(again);
    free(step);
    free(seed);
}

/* Two operations of one pass have masks of their own. */
static void depends_on_operation(void **state)
{
    fixture      *f = *state;
    const int64_t n = 30 * 10 * WIDTH;
    recur_tape_reset(f->tape);
    recur_var x = ones(f, RECUR_SHAPE(30, 10, WIDTH));
    double   *a = proof_values(f->ctx, f->tape, recur_dropout(f->tape, x, NULL, 0.5));
    double   *b = proof_values(f->ctx, f->tape, recur_dropout(f->tape, x, NULL, 0.5));
    assert_unrelated(a, b, n);
    free(a);
    free(b);
}

/* The masks of sequence 0 and of step 0 do not change with the lengths of the others, and a grid in a pack is a plain array. */
static void independent_of_mates(void **state)
{
    fixture      *f = *state;
    const int64_t one[3] = {5, 3, 7}, two[3] = {5, 9, 0};
    double       *first, *second, *plain;
    PROOF_OK(f->ctx, recur_pack_set(f->pack, 3, one, NULL));
    first = mask_of(f, RECUR_SHAPE(15, WIDTH), f->pack, 0.5, 1, 1);
    int64_t row[5];
    for (int64_t t = 0; t < 5; t++) row[t] = recur_pack_row(f->pack, 0, t);
    PROOF_OK(f->ctx, recur_pack_set(f->pack, 3, two, NULL));
    second = mask_of(f, RECUR_SHAPE(14, WIDTH), f->pack, 0.5, 1, 1);
    plain = mask_of(f, RECUR_SHAPE(9, 3, WIDTH), NULL, 0.5, 1, 1);
    for (int64_t t = 0; t < 5; t++) {
        double *here = second + recur_pack_row(f->pack, 0, t) * WIDTH;
        assert_memory_equal(first + row[t] * WIDTH, here, WIDTH * sizeof *first);
        assert_memory_equal(plain + t * 3 * WIDTH, here, WIDTH * sizeof *first);
    }
    for (int64_t t = 0; t < 9; t++)
        assert_memory_equal(plain + (t * 3 + 1) * WIDTH, second + recur_pack_row(f->pack, 1, t) * WIDTH,
                            WIDTH * sizeof *first);
    free(first);
    free(second);
    free(plain);
}

/* Inside a stack the sequence's output, and its input's gradient, do not feel its mates either. */
static void stack_independent_of_mates(void **state)
{
    enum { I = 5, H = 12, T = 6 };
    fixture       *f = *state;
    recur_rnn_spec spec = {
        .cell = RECUR_GRU, .input = I, .hidden = H, .layers = 3, .dropout = 0.5, .bidirectional = true};
    recur_params *params;
    recur_rnn    *rnn;
    double       *found[2], *grads[2];
    const int64_t lengths[2][3] = {{T, 2, 9}, {T, 7, 0}};
    PROOF_OK(f->ctx, recur_params_create(f->ctx, 1, &params));
    PROOF_OK(f->ctx, recur_rnn_create(params, "rnn", &spec, &rnn));
    for (int i = 0; i < 2; i++) {
        recur_tape_reset(f->tape);
        recur_tape_set_noise(f->tape, 5, 6);
        PROOF_OK(f->ctx, recur_pack_set(f->pack, 3, lengths[i], NULL));
        recur_var x = proof_input(f->tape, RECUR_SHAPE(9, 3, I), 1);
        recur_seq y = recur_rnn_apply(f->tape, rnn, recur_pack_padded(f->tape, x, f->pack, RECUR_TIME_MAJOR),
                                      f->pack, RECUR_NO_STATE);
        found[i] =
            proof_values(f->ctx, f->tape, recur_pad_packed(f->tape, y.output, f->pack, RECUR_TIME_MAJOR));
        PROOF_OK(f->ctx, recur_backward(f->tape, recur_sum(f->tape, y.output)));
        grads[i] = proof_gradient(f->ctx, f->tape, x);
    }
    for (int64_t t = 0; t < T; t++) {
        assert_memory_equal(found[0] + t * 3 * 2 * H, found[1] + t * 3 * 2 * H, 2 * H * sizeof(double));
        assert_memory_equal(grads[0] + t * 3 * I, grads[1] + t * 3 * I, I * sizeof(double));
    }
    for (int i = 0; i < 2; i++) {
        free(found[i]);
        free(grads[i]);
    }
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
}

/* Layers drop different units: a relu stack of identity matrices lets the masks through. */
static void depends_on_layer(void **state)
{
    enum { H = 64, T = 30 };
    fixture       *f = *state;
    recur_rnn_spec spec = {
        .cell = RECUR_RNN_RELU, .input = H, .hidden = H, .layers = 3, .dropout = 0.5, .no_bias = true};
    recur_params *params;
    recur_rnn    *rnn;
    recur_trace   trace;
    PROOF_OK(f->ctx, recur_params_create(f->ctx, 1, &params));
    PROOF_OK(f->ctx, recur_rnn_create(params, "rnn", &spec, &rnn));
    double *identity = proof_doubles(H * H), *nothing = proof_doubles(H * H);
    for (int i = 0; i < H; i++) identity[i * H + i] = 1;
    for (int64_t i = 0; i < recur_params_tensors(params);
         i++) /* weight_ih, weight_hh of each layer in turn */
        PROOF_OK(f->ctx, recur_params_set(params, i, i % 2 ? nothing : identity));
    recur_tape_reset(f->tape);
    recur_tape_set_noise(f->tape, 1, 1);
    recur_rnn_apply_traced(f->tape, rnn, ones(f, RECUR_SHAPE(T, 1, H)), NULL, RECUR_NO_STATE, &trace);
    PROOF_OK(f->ctx, recur_tape_status(f->tape));
    double *h = proof_values(f->ctx, f->tape, trace.h); /* [3,T,H]: 1; 0 or 2; 0, 0 or 4 */
    int64_t n_zeros[3] = {0, 0, 0};
    for (int l = 0; l < 3; l++)
        for (int i = 0; i < T * H; i++) n_zeros[l] += h[l * T * H + i] == 0;
    double n = T * H;
    assert_int_equal(n_zeros[0], 0);
    assert_true(fabs((double)n_zeros[1] / n - 0.5) < 5 * sqrt(0.25 / n));
    assert_true(fabs((double)n_zeros[2] / n - 0.75) < 5 * sqrt(0.1875 / n));
    free(h);
    free(identity);
    free(nothing);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
}

static void identity_in_inference(void **state)
{
    fixture *f = *state;
    recur_tape_reset(f->tape);
    recur_tape_set_inference(f->tape, true);
    recur_var x = ones(f, RECUR_SHAPE(3, 2, WIDTH)), y = recur_dropout(f->tape, x, NULL, 0.5);
    recur_tape_set_inference(f->tape, false);
    PROOF_OK(f->ctx, recur_tape_status(f->tape));
    assert_int_equal(x.id, y.id);
}

static void rates_out_of_range(void **state)
{
    fixture     *f = *state;
    const double wrong[] = {-0.1, 1.0, 1.5, NAN};
    for (int i = 0; i < 4; i++) {
        recur_tape_reset(f->tape);
        recur_var y = recur_dropout(f->tape, ones(f, RECUR_SHAPE(3, 2)), NULL, wrong[i]);
        assert_int_equal(y.id, 0);
        PROOF_REFUSED(f->ctx, recur_tape_status(f->tape));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_and_scale),           cmocka_unit_test(no_correlation),
        cmocka_unit_test(depends_on_seed_and_step), cmocka_unit_test(depends_on_operation),
        cmocka_unit_test(independent_of_mates),     cmocka_unit_test(stack_independent_of_mates),
        cmocka_unit_test(depends_on_layer),         cmocka_unit_test(identity_in_inference),
        cmocka_unit_test(rates_out_of_range),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
