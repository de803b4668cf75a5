/* How parameters start: ranges, orthogonality, biases, names, counts; the same seed gives the same weights.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

typedef struct model {
    recur_ctx    *ctx;
    recur_params *params;
    recur_rnn    *rnn;
} model;

static model open_model(uint64_t seed, recur_rnn_spec spec)
{
    model m = {.ctx = proof_ctx(RECUR_F32, 1)};
    PROOF_OK(m.ctx, recur_params_create(m.ctx, seed, &m.params));
    PROOF_OK(m.ctx, recur_rnn_create(m.params, "rnn", &spec, &m.rnn));
    return m;
}

static void close_model(model *m)
{
    recur_rnn_destroy(m->rnn);
    recur_params_destroy(m->params);
    recur_ctx_destroy(m->ctx);
}

static double *tensor(const model *m, const char *name, int64_t *n)
{
    recur_tensor_info info;
    PROOF_OK(m->ctx, recur_params_info(m->params, recur_params_find(m->params, name), &info));
    double *w = proof_doubles(info.count);
    PROOF_OK(m->ctx, recur_params_get(m->params, recur_params_find(m->params, name), w));
    *n = info.count;
    return w;
}

/* Mean 0, spread to the ends, and no further: n numbers of U(-bound, bound). */
static void assert_uniform(const double *w, int64_t n, double bound)
{
    double sum = 0, squares = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += w[i];
        squares += w[i] * w[i];
        largest = fmax(largest, fabs(w[i]));
    }
    assert_true(largest <= bound * (1 + 1e-6));
    assert_true(largest >= bound * pow(1e-9, 1 / (double)n)); /* all of n are smaller once in a milliard */
    assert_true(fabs(sum / (double)n) < 5 * bound / sqrt(3.0 * (double)n));
    assert_true(fabs(squares / (double)n / (bound * bound / 3) - 1) < 5 * 0.9 / sqrt((double)n));
}

static void assert_constant(const double *w, int64_t n, double value)
{
    for (int64_t i = 0; i < n; i++) assert_true(fabs(w[i] - value) <= 1e-7 * fabs(value));
}

/* All tensors of a stack are U(±1/sqrt(H)) by default. */
static void default_bounds(void **state)
{
    (void)state;
    const recur_cell cells[] = {RECUR_LSTM, RECUR_GRU, RECUR_RNN_TANH, RECUR_RNN_RELU};
    for (int c = 0; c < 4; c++) {
        model m = open_model(
            1, (recur_rnn_spec){
                   .cell = cells[c], .input = 48, .hidden = 100, .layers = 2, .bidirectional = true});
        for (int64_t i = 0; i < recur_params_tensors(m.params); i++) {
            recur_tensor_info info;
            int64_t           n;
            PROOF_OK(m.ctx, recur_params_info(m.params, i, &info));
            double *w = tensor(&m, info.name, &n);
            assert_uniform(w, n, 0.1);
            free(w);
        }
        close_model(&m);
    }
}

static void layer_defaults(void **state)
{
    (void)state;
    recur_embedding *embedding;
    recur_linear    *linear;
    int64_t          n;
    model            m = open_model(1, (recur_rnn_spec){.input = 2, .hidden = 2});
    PROOF_OK(m.ctx,
             recur_embedding_create(m.params, "embedding",
                                    &(recur_embedding_spec){.vocabulary = 200, .size = 50}, &embedding));
    PROOF_OK(m.ctx, recur_linear_create(m.params, "head", &(recur_linear_spec){.input = 25, .output = 300},
                                        &linear));
    double *w = tensor(&m, "head.weight", &n), *b = tensor(&m, "head.bias", &n);
    assert_int_equal(n, 300);
    assert_uniform(w, 25 * 300, 0.2);
    assert_uniform(b, 300, 0.2);
    free(w);
    free(b);
    double *e = tensor(&m, "embedding.weight", &n), sum = 0, squares = 0, fourth = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += e[i];
        squares += e[i] * e[i];
        fourth += e[i] * e[i] * e[i] * e[i];
    }
    assert_true(fabs(sum / (double)n) < 0.05 && fabs(squares / (double)n - 1) < 0.07 &&
                fabs(fourth / (double)n - 3) < 0.5); /* N(0,1), 10,000 of them */
    free(e);
    recur_linear_destroy(linear);
    recur_embedding_destroy(embedding);
    close_model(&m);
}

static void simple_kinds(void **state)
{
    (void)state;
    int64_t n;
    model m = open_model(1, (recur_rnn_spec){.input = 40, .hidden = 50, .init = {RECUR_INIT_UNIFORM, 0.08}});
    double *w = tensor(&m, "rnn.weight_hh_l0", &n), *b = tensor(&m, "rnn.bias_hh_l0", &n);
    assert_uniform(w, 4 * 50 * 50, 0.08);
    assert_uniform(b, 4 * 50, 0.08);
    free(w);
    free(b);
    close_model(&m);

    m = open_model(1, (recur_rnn_spec){.input = 4, .hidden = 5, .init = {RECUR_INIT_CONSTANT, 0.25}});
    w = tensor(&m, "rnn.weight_ih_l0", &n);
    b = tensor(&m, "rnn.bias_ih_l0", &n);
    assert_constant(w, 4 * 5 * 4, 0.25);
    assert_constant(b, 4 * 5, 0.25);
    free(w);
    free(b);
    close_model(&m);

    m = open_model(1, (recur_rnn_spec){.input = 40, .hidden = 50, .init = {RECUR_INIT_NORMAL, 0.5}});
    w = tensor(&m, "rnn.weight_hh_l0", &n);
    double squares = 0;
    for (int64_t i = 0; i < n; i++) squares += w[i] * w[i];
    assert_true(fabs(squares / (double)n / 0.25 - 1) < 0.07);
    free(w);
    close_model(&m);
}

/* Each gate's recurrent matrix W: W W^T = value^2 I, to 1e-6 in float. */
static void orthogonal(void **state)
{
    (void)state;
    const struct {
        recur_cell cell;
        int        gates;
        double     value;
    } cases[] = {{RECUR_LSTM, 4, 0}, {RECUR_GRU, 3, 0}, {RECUR_RNN_TANH, 1, 0}, {RECUR_RNN_TANH, 1, 1.1}};
    enum { H = 40 };
    for (int c = 0; c < 4; c++) {
        int64_t n;
        double  scale = cases[c].value != 0 ? cases[c].value : 1;
        model   m = open_model(1, (recur_rnn_spec){.cell = cases[c].cell,
                                                   .input = 7,
                                                   .hidden = H,
                                                   .init = {RECUR_INIT_ORTHOGONAL, cases[c].value}});
        double *w = tensor(&m, "rnn.weight_hh_l0", &n);
        for (int g = 0; g < cases[c].gates; g++)
            for (int i = 0; i < H; i++)
                for (int j = 0; j < H; j++) {
                    double dot = 0;
                    for (int k = 0; k < H; k++) dot += w[(g * H + i) * H + k] * w[(g * H + j) * H + k];
                    assert_true(fabs(dot - (i == j ? scale * scale : 0)) <= 1e-6);
                }
        free(w);
        double *b = tensor(&m, "rnn.bias_hh_l0", &n);
        assert_constant(b, n, 0);
        free(b);
        close_model(&m);
    }
}

/* Two gates are not the same orthogonal matrix. */
static void gates_differ(void **state)
{
    (void)state;
    enum { H = 12 };
    int64_t n;
    model   m = open_model(1, (recur_rnn_spec){.input = 7, .hidden = H, .init = {RECUR_INIT_ORTHOGONAL, 0}});
    double *w = tensor(&m, "rnn.weight_hh_l0", &n);
    for (int g = 1; g < 4; g++) assert_memory_not_equal(w, w + g * H * H, H * H * sizeof *w);
    free(w);
    close_model(&m);
}

static void identity(void **state)
{
    (void)state;
    enum { H = 9 };
    int64_t n;
    model   m = open_model(
          1, (recur_rnn_spec){
                 .cell = RECUR_RNN_RELU, .input = 7, .hidden = H, .init = {RECUR_INIT_IDENTITY, 0.5}});
    double *w = tensor(&m, "rnn.weight_hh_l0", &n), *b = tensor(&m, "rnn.bias_ih_l0", &n);
    for (int i = 0; i < H; i++)
        for (int j = 0; j < H; j++) assert_true(w[i * H + j] == (i == j ? 0.5 : 0));
    assert_constant(b, H, 0);
    free(w);
    free(b);
    close_model(&m);
}

/* The sum of an LSTM's two biases of gate g (i f g o), unit j. */
static double bias(const model *m, int gate, int H, int j)
{
    int64_t n;
    double *ih = tensor(m, "rnn.bias_ih_l0", &n), *hh = tensor(m, "rnn.bias_hh_l0", &n);
    double  b = ih[gate * H + j] + hh[gate * H + j];
    free(ih);
    free(hh);
    return b;
}

static void forget_bias(void **state)
{
    (void)state;
    enum { H = 8 };
    int64_t     n;
    model       m = open_model(1, (recur_rnn_spec){.input = 3,
                                                   .hidden = H,
                                                   .layers = 2,
                                                   .bidirectional = true,
                                                   .set_forget_bias = true,
                                                   .forget_bias = 1.5});
    const char *suffixes[] = {"l0", "l0_reverse", "l1", "l1_reverse"};
    for (int i = 0; i < 4; i++) {
        char name[40];
        snprintf(name, sizeof name, "rnn.bias_ih_%s", suffixes[i]);
        double *ih = tensor(&m, name, &n);
        snprintf(name, sizeof name, "rnn.bias_hh_%s", suffixes[i]);
        double *hh = tensor(&m, name, &n);
        for (int j = 0; j < H; j++) {
            assert_true((ih[H + j] == 1.5 && hh[H + j] == 0) || (ih[H + j] == 0 && hh[H + j] == 1.5));
            assert_true(fabs(ih[j]) <= 1 / sqrt(H) && ih[j] != 0); /* the other gates keep the default */
        }
        free(ih);
        free(hh);
    }
    close_model(&m);
}

/* Forget bias log(u), u from U(1, Tmax-1), input bias its negative: units remember 1 to Tmax steps (Tallec, Ollivier 2018). */
static void chrono_lstm(void **state)
{
    (void)state;
    enum { H = 200 };
    const double reach = 100;
    double       least = 1e9, most = 0;
    model m = open_model(1, (recur_rnn_spec){.input = 3, .hidden = H, .init = {RECUR_INIT_CHRONO, reach}});
    for (int j = 0; j < H; j++) {
        double f = bias(&m, 1, H, j), u = exp(f);
        assert_true(u >= 1 - 1e-5 && u <= reach);
        assert_true(fabs(bias(&m, 0, H, j) + f) <= 1e-5);
        least = fmin(least, u);
        most = fmax(most, u);
    }
    assert_true(least < 10 && most > 90);
    close_model(&m);
}

/* GRU: z keeps the old state, so its bias is log(u). */
static void chrono_gru(void **state)
{
    (void)state;
    enum { H = 200 };
    double least = 1e9, most = 0;
    model  m = open_model(
         1, (recur_rnn_spec){.cell = RECUR_GRU, .input = 3, .hidden = H, .init = {RECUR_INIT_CHRONO, 100}});
    for (int j = 0; j < H; j++) {
        double u = exp(bias(&m, 1, H, j));
        assert_true(u >= 1 - 1e-5 && u <= 100);
        least = fmin(least, u);
        most = fmax(most, u);
    }
    assert_true(least < 10 && most > 90);
    close_model(&m);
}

/* All values of a set, in order. */
static double *everything(const model *m)
{
    double *all = proof_doubles(recur_params_count(m->params)), *at = all;
    for (int64_t i = 0; i < recur_params_tensors(m->params); i++) {
        recur_tensor_info info;
        PROOF_OK(m->ctx, recur_params_info(m->params, i, &info));
        PROOF_OK(m->ctx, recur_params_get(m->params, i, at));
        at += info.count;
    }
    return all;
}

static void seeds(void **state)
{
    (void)state;
    const recur_init kinds[] = {
        {RECUR_INIT_DEFAULT, 0}, {RECUR_INIT_ORTHOGONAL, 0}, {RECUR_INIT_NORMAL, 1}, {RECUR_INIT_CHRONO, 50}};
    for (int k = 0; k < 4; k++) {
        recur_rnn_spec spec = {.input = 6, .hidden = 11, .layers = 2, .init = kinds[k]};
        model          m[3] = {open_model(5, spec), open_model(5, spec), open_model(6, spec)};
        double        *w[3] = {everything(&m[0]), everything(&m[1]), everything(&m[2])};
        size_t         size = (size_t)recur_params_count(m[0].params) * sizeof(double);
        assert_memory_equal(w[0], w[1], size);
        assert_memory_not_equal(w[0], w[2], size);
        for (int i = 0; i < 3; i++) {
            free(w[i]);
            close_model(&m[i]);
        }
    }
}

/* The textbook's table, two biases as PyTorch. */
static void counts(void **state)
{
    (void)state;
    const struct {
        recur_cell cell;
        int64_t    hidden, count;
    } table[] = {{RECUR_RNN_TANH, 256, 98816}, {RECUR_GRU, 256, 296448}, {RECUR_LSTM, 256, 395264},
                 {RECUR_RNN_TANH, 64, 12416},  {RECUR_GRU, 64, 37248},   {RECUR_LSTM, 64, 49664}};
    for (int i = 0; i < 6; i++) {
        model m =
            open_model(1, (recur_rnn_spec){.cell = table[i].cell, .input = 128, .hidden = table[i].hidden});
        assert_int_equal(recur_params_count(m.params), table[i].count);
        close_model(&m);
    }
}

/* Names, order and shapes are those of PyTorch's state_dict. */
static void names(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int64_t     rows, cols; /* cols 0: a vector */
    } wanted[] = {
        {"rnn.weight_ih_l0", 20, 3},         {"rnn.weight_hh_l0", 20, 2}, {"rnn.bias_ih_l0", 20, 0},
        {"rnn.bias_hh_l0", 20, 0},           {"rnn.weight_hr_l0", 2, 5},  {"rnn.weight_ih_l0_reverse", 20, 3},
        {"rnn.weight_hh_l0_reverse", 20, 2}, {"rnn.weight_ih_l1", 20, 4}, {"rnn.weight_hr_l1_reverse", 2, 5}};
    model m = open_model(
        1, (recur_rnn_spec){.input = 3, .hidden = 5, .projection = 2, .layers = 2, .bidirectional = true});
    assert_int_equal(recur_params_tensors(m.params), 20);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        recur_tensor_info info;
        PROOF_OK(m.ctx, recur_params_info(m.params, recur_params_find(m.params, wanted[i].name), &info));
        assert_int_equal(info.shape.rank, wanted[i].cols ? 2 : 1);
        assert_int_equal(info.shape.size[0], wanted[i].rows);
        if (wanted[i].cols) assert_int_equal(info.shape.size[1], wanted[i].cols);
    }
    close_model(&m);
}

/* Options that do not belong to the cell, and sizes that cannot be; params keep nothing of what was refused. */
static void refusals(void **state)
{
    (void)state;
    const recur_rnn_spec wrong[] = {
        {.input = 0, .hidden = 4},
        {.input = 4, .hidden = 0},
        {.input = -1, .hidden = 4},
        {.input = 4, .hidden = 4, .layers = -1},
        {.input = 4, .hidden = 4, .projection = 4},
        {.input = 4, .hidden = 4, .projection = -2},
        {.cell = RECUR_GRU, .input = 4, .hidden = 4, .projection = 2},
        {.cell = RECUR_LSTM, .input = 4, .hidden = 4, .reset_before = true},
        {.cell = RECUR_GRU, .input = 4, .hidden = 4, .set_forget_bias = true},
        {.cell = RECUR_RNN_TANH, .input = 4, .hidden = 4, .init = {RECUR_INIT_CHRONO, 10}},
        {.cell = (recur_cell)9, .input = 4, .hidden = 4},
        {.input = 4, .hidden = 4, .dropout = 1},
        {.input = 4, .hidden = 4, .dropout = -0.5},
        {.input = (int64_t)1 << 60, .hidden = (int64_t)1 << 60},
        {.input = 4, .hidden = 4, .init = {(recur_init_kind)77, 0}},
    };
    recur_ctx    *ctx = proof_ctx(RECUR_F32, 1);
    recur_params *params;
    PROOF_OK(ctx, recur_params_create(ctx, 1, &params));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        recur_rnn   *rnn = NULL;
        recur_status status = recur_rnn_create(params, "rnn", &wrong[i], &rnn);
        if (status != RECUR_EARG) fail_msg("specification %zu: %s", i, recur_status_name(status));
        PROOF_REFUSED(ctx, status);
        assert_int_equal(recur_params_tensors(params), 0);
        assert_int_equal(recur_params_count(params), 0);
    }
    recur_rnn *first, *second = NULL;
    PROOF_OK(ctx, recur_rnn_create(params, "rnn", &(recur_rnn_spec){.input = 2, .hidden = 2}, &first));
    int64_t n = recur_params_tensors(params);
    PROOF_REFUSED(ctx, recur_rnn_create(params, "rnn", &(recur_rnn_spec){.input = 2, .hidden = 2}, &second));
    assert_int_equal(recur_params_tensors(params), n);
    recur_rnn_destroy(first);
    recur_params_destroy(params);
    recur_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_bounds), cmocka_unit_test(layer_defaults), cmocka_unit_test(simple_kinds),
        cmocka_unit_test(orthogonal),     cmocka_unit_test(gates_differ),   cmocka_unit_test(identity),
        cmocka_unit_test(forget_bias),    cmocka_unit_test(chrono_lstm),    cmocka_unit_test(chrono_gru),
        cmocka_unit_test(seeds),          cmocka_unit_test(counts),         cmocka_unit_test(names),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
