/* Stacks of cells as dynamical systems: their Jacobians against differences, formulas and whole-sequence gradients; exponents that are known
 * exactly; language models reading text.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"
#include "diag/orthonormal.h"
#include "model/lm_fixture.h"
#include "proof/proof.h"

static bool is_near(double found, double wanted, double error)
{
    if (fabs(found - wanted) <= error) return true;
    print_error("%.17g, wanted %.17g\n", found, wanted);
    return false;
}

enum { T = 9, I = 5 };

/* A stack and a system of it. */
typedef struct fixture {
    recur_ctx    *ctx;
    recur_params *params;
    recur_rnn    *rnn;
    recur_driven *driven;
    recur_system  system;
    double       *inputs, *start;
} fixture;

static fixture make(recur_rnn_spec spec, double scale)
{
    fixture f = {.ctx = proof_ctx(RECUR_F64, 1)};
    spec.input = I;
    PROOF_OK(f.ctx, recur_params_create(f.ctx, 1, &f.params));
    PROOF_OK(f.ctx, recur_rnn_create(f.params, "", &spec, &f.rnn));
    if (scale > 0) proof_fill(f.ctx, f.params, scale);
    f.inputs = proof_numbers(50, T * I);
    PROOF_OK(f.ctx, recur_driven_create(f.ctx, f.rnn, T, f.inputs, &f.driven));
    f.system = recur_driven_system(f.driven);
    f.start = proof_numbers(51, f.system.n);
    return f;
}

static void end(fixture *f)
{
    recur_driven_destroy(f->driven);
    recur_rnn_destroy(f->rnn);
    recur_params_destroy(f->params);
    recur_ctx_destroy(f->ctx);
    free(f->inputs);
    free(f->start);
}

static const recur_rnn_spec specs[] = {
    {.cell = RECUR_RNN_TANH, .hidden = 7},
    {.cell = RECUR_RNN_RELU, .hidden = 7},
    {.cell = RECUR_LSTM, .hidden = 6},
    {.cell = RECUR_GRU, .hidden = 7},
    {.cell = RECUR_GRU, .hidden = 6, .reset_before = true, .layers = 2},
    {.cell = RECUR_LSTM, .hidden = 6, .layers = 2, .projection = 4},
    {.cell = RECUR_LSTM, .hidden = 5, .layers = 3, .no_bias = true, .dropout = 0.5},
    {.cell = RECUR_RNN_TANH, .hidden = 5, .layers = 2},
};

enum { SPECS = sizeof specs / sizeof *specs };

/* The system's layers and sizes, as its state has them: h [L,P], c [L,H]. */
static int64_t layers(const recur_rnn_spec *s)
{
    return s->layers ? s->layers : 1;
}

static recur_state state_of(const fixture *f, recur_tape *tape, const recur_rnn_spec *s)
{
    int64_t     L = layers(s), P = s->projection ? s->projection : s->hidden;
    recur_state state = {recur_input_f64(tape, RECUR_SHAPE(L, 1, P), f->start), RECUR_NONE};
    if (s->cell == RECUR_LSTM)
        state.c = recur_input_f64(tape, RECUR_SHAPE(L, 1, s->hidden), f->start + L * P);
    return state;
}

static void steps_are_those_of_a_whole_sequence(void **state)
{
    (void)state;
    for (int i = 0; i < SPECS; i++) {
        fixture     f = make(specs[i], 0.7);
        recur_tape *tape;
        double     *s = proof_doubles(f.system.n), *next = proof_doubles(f.system.n);
        memcpy(s, f.start, (size_t)f.system.n * sizeof *s);
        for (int t = 0; t < T; t++) {
            assert_int_equal(f.system.advance(f.system.user, t, s, next), RECUR_OK);
            memcpy(s, next, (size_t)f.system.n * sizeof *s);
        }
        PROOF_OK(f.ctx, recur_tape_create(f.ctx, &tape));
        recur_tape_set_inference(tape, true);
        recur_seq y = recur_rnn_apply(tape, f.rnn, recur_input_f64(tape, RECUR_SHAPE(T, 1, I), f.inputs),
                                      NULL, state_of(&f, tape, &specs[i]));
        double   *h = proof_values(f.ctx, tape, y.h);
        int64_t   n_h = proof_count(recur_shape_of(tape, y.h));
        for (int64_t k = 0; k < n_h; k++) assert_true(s[k] == h[k]);
        if (y.c.id) {
            double *c = proof_values(f.ctx, tape, y.c);
            for (int64_t k = 0; k < f.system.n - n_h; k++) assert_true(s[n_h + k] == c[k]);
            free(c);
        }
        free(h);
        free(s);
        free(next);
        recur_tape_destroy(tape);
        end(&f);
    }
}

/* Steps' Jacobians against differences of the steps themselves. */
static void jacobians_are_those_of_differences(void **state)
{
    (void)state;
    const double h = 1e-6;
    for (int i = 0; i < SPECS; i++) {
        fixture f = make(specs[i], 0.7);
        int64_t n = f.system.n;
        double *j = proof_doubles(n * n), *moved = proof_doubles(n), *up = proof_doubles(n),
               *down = proof_doubles(n);
        assert_int_equal(recur_system_jacobian(&f.system, 4, f.start, j), RECUR_OK);
        memcpy(moved, f.start, (size_t)n * sizeof *moved);
        for (int64_t c = 0; c < n; c++) {
            moved[c] = f.start[c] + h;
            assert_int_equal(f.system.advance(f.system.user, 4, moved, up), RECUR_OK);
            moved[c] = f.start[c] - h;
            assert_int_equal(f.system.advance(f.system.user, 4, moved, down), RECUR_OK);
            moved[c] = f.start[c];
            for (int64_t r = 0; r < n; r++)
                assert_true(is_near(j[r * n + c], (up[r] - down[r]) / (2 * h), 1e-8));
        }
        free(j);
        free(moved);
        free(up);
        free(down);
        end(&f);
    }
}

/* The gradient that recur_rnn_apply sends to its initial state, against the transposed Jacobians multiplied out here. */
static void gradients_are_transposed_products(void **state)
{
    (void)state;
    for (int i = 0; i < SPECS; i++) {
        recur_rnn_spec spec = specs[i];
        spec.dropout = 0; /* a system has none */
        fixture     f = make(spec, 0.7);
        int64_t     n = f.system.n;
        recur_tape *tape;
        PROOF_OK(f.ctx, recur_tape_create(f.ctx, &tape));
        recur_state before = state_of(&f, tape, &spec);
        recur_seq   y =
            recur_rnn_apply(tape, f.rnn, recur_input_f64(tape, RECUR_SHAPE(T, 1, I), f.inputs), NULL, before);
        recur_var loss =
            recur_add(tape, proof_weigh(tape, y.h, 60),
                      y.c.id ? proof_weigh(tape, y.c, 61) : recur_scale(tape, recur_sum(tape, y.h), 0));
        PROOF_OK(f.ctx, recur_backward(tape, loss));
        int64_t n_h = proof_count(recur_shape_of(tape, y.h));
        double *v = proof_doubles(n), *next = proof_doubles(n), *j = proof_doubles(n * n),
               *states = proof_doubles((T + 1) * n);
        for (int64_t k = 0; k < n; k++)
            v[k] = k < n_h ? proof_number(60, (uint64_t)k) : proof_number(61, (uint64_t)(k - n_h));
        memcpy(states, f.start, (size_t)n * sizeof *states);
        for (int t = 0; t < T; t++)
            assert_int_equal(f.system.advance(f.system.user, t, states + t * n, states + (t + 1) * n),
                             RECUR_OK);
        for (int t = T - 1; t >= 0; t--) {
            assert_int_equal(recur_system_jacobian(&f.system, t, states + t * n, j), RECUR_OK);
            for (int64_t c = 0; c < n; c++) {
                next[c] = 0;
                for (int64_t r = 0; r < n; r++) next[c] += j[r * n + c] * v[r];
            }
            memcpy(v, next, (size_t)n * sizeof *v);
        }
        double *dh = proof_gradient(f.ctx, tape, before.h),
               *dc = y.c.id ? proof_gradient(f.ctx, tape, before.c) : NULL;
        double most = 0;
        for (int64_t k = 0; k < n; k++) most = fmax(most, fabs(v[k]));
        assert_true(most > 0);
        for (int64_t k = 0; k < n; k++)
            assert_true(is_near(k < n_h ? dh[k] : dc[k - n_h], v[k], 1e-12 * most));
        free(v);
        free(next);
        free(j);
        free(states);
        free(dh);
        free(dc);
        recur_tape_destroy(tape);
        end(&f);
    }
}

/* ---- the input ---- */

typedef struct input_function {
    const fixture        *f;
    const recur_rnn_spec *spec;
} input_function;

static recur_var next_h(void *user, recur_tape *tape, recur_var x)
{
    const input_function *u = user;
    return recur_rnn_step(tape, u->f->rnn, x, state_of(u->f, tape, u->spec)).h;
}

static recur_var next_c(void *user, recur_tape *tape, recur_var x)
{
    const input_function *u = user;
    return recur_rnn_step(tape, u->f->rnn, x, state_of(u->f, tape, u->spec)).c;
}

static void jacobians_by_the_input(void **state)
{
    (void)state;
    for (int i = 0; i < SPECS; i++) {
        recur_rnn_spec spec = specs[i];
        spec.dropout = 0;
        fixture        f = make(spec, 0.7);
        input_function u = {&f, &spec};
        int64_t        n = f.system.n, n_c = spec.cell == RECUR_LSTM ? layers(&spec) * spec.hidden : 0;
        double *found = proof_doubles(n * I), *wanted = proof_doubles(n * I), *coarse = proof_doubles(n * I);
        const double *x = f.inputs + 3 * I;
        PROOF_OK(f.ctx, recur_driven_input_jacobian(f.driven, 3, f.start, found));
        PROOF_OK(f.ctx, recur_jacobian(f.ctx, next_h, &u, RECUR_SHAPE(1, I), x, n - n_c, wanted));
        PROOF_OK(f.ctx,
                 recur_jacobian_differences(f.ctx, next_h, &u, RECUR_SHAPE(1, I), x, n - n_c, 0, coarse));
        if (n_c) {
            double *below = wanted + (n - n_c) * I;
            PROOF_OK(f.ctx, recur_jacobian(f.ctx, next_c, &u, RECUR_SHAPE(1, I), x, n_c, below));
            PROOF_OK(f.ctx, recur_jacobian_differences(f.ctx, next_c, &u, RECUR_SHAPE(1, I), x, n_c, 0,
                                                       coarse + (n - n_c) * I));
        }
        for (int64_t k = 0; k < n * I; k++) {
            assert_true(is_near(found[k], wanted[k], 1e-14));
            assert_true(is_near(found[k], coarse[k], 1e-8));
        }
        free(found);
        free(wanted);
        free(coarse);
        end(&f);
    }
}

/* ---- exponents that are known ---- */

/* At the state 0 with inputs 0, a tanh cell's Jacobian is its recurrent matrix. */
static void a_scaled_orthogonal_matrix(void **state)
{
    (void)state;
    enum { H = 16 };
    const double g[] = {0.9, 1, 0.3};
    for (int i = 0; i < 3; i++) {
        fixture f = make(
            (recur_rnn_spec){.cell = RECUR_RNN_TANH, .hidden = H, .init = {RECUR_INIT_ORTHOGONAL, g[i]}}, 0);
        double        zeros[100 * I] = {0}, exponents[H];
        recur_driven *still;
        PROOF_OK(f.ctx, recur_driven_create(f.ctx, f.rnn, 100, zeros, &still));
        recur_system system = recur_driven_system(still);
        PROOF_OK(f.ctx,
                 recur_lyapunov(f.ctx, &system, NULL, &(recur_lyapunov_opts){.steps = 100}, exponents, NULL));
        for (int k = 0; k < H; k++) assert_true(is_near(exponents[k], log(g[i]), 1e-8));
        recur_driven_destroy(still);
        end(&f);
    }
}

static void set(const fixture *f, const char *name, double (*value)(int64_t i, double old))
{
    int64_t           index = recur_params_find(f->params, name);
    recur_tensor_info info;
    PROOF_OK(f->ctx, recur_params_info(f->params, index, &info));
    double *w = proof_doubles(info.count);
    PROOF_OK(f->ctx, recur_params_get(f->params, index, w));
    for (int64_t i = 0; i < info.count; i++) w[i] = value(i, w[i]);
    PROOF_OK(f->ctx, recur_params_set(f->params, index, w));
    free(w);
}

enum { UNITS = 6 };

static double zero(int64_t i, double old)
{
    (void)i, (void)old;
    return 0;
}

static double no_forget_input(int64_t i, double old) /* of weight_ih [4H,I] */
{
    int64_t gate = i / I / UNITS;
    return gate == 1 ? 0 : old;
}

static double forget_bias(int64_t i, double old) /* of bias_ih [4H] */
{
    return i / UNITS == 1 ? 2.5 : old;
}

static double no_forget_bias(int64_t i, double old)
{
    return i / UNITS == 1 ? 0 : old;
}

/* Without W_hh, and without inputs at the forget gate, c' = sigmoid(b) c + what does not depend on the state; h' follows from c'. */
static void an_lstm_without_recurrence(void **state)
{
    (void)state;
    enum { STEPS = 60 };
    fixture f = make((recur_rnn_spec){.cell = RECUR_LSTM, .hidden = UNITS}, 0.8);
    set(&f, "weight_hh_l0", zero);
    set(&f, "weight_ih_l0", no_forget_input);
    set(&f, "bias_ih_l0", forget_bias);
    set(&f, "bias_hh_l0", no_forget_bias);
    double       *inputs = proof_numbers(70, STEPS * I), exponents[2 * UNITS], errors[2 * UNITS];
    recur_driven *driven;
    PROOF_OK(f.ctx, recur_driven_create(f.ctx, f.rnn, STEPS, inputs, &driven));
    recur_system system = recur_driven_system(driven);
    assert_int_equal(system.n, 2 * UNITS);
    recur_lyapunov_opts opts = {.steps = STEPS - 15, .warmup = 5, .settle = 10};
    PROOF_OK(f.ctx, recur_lyapunov(f.ctx, &system, NULL, &opts, exponents, errors));
    double wanted = -log1p(exp(-2.5));
    for (int k = 0; k < UNITS; k++) assert_true(is_near(exponents[k], wanted, 1e-8) && errors[k] < 1e-8);
    for (int k = UNITS; k < 2 * UNITS; k++) assert_true(exponents[k] == -INFINITY);
    assert_true(recur_kaplan_yorke(exponents, 2 * UNITS, 2 * UNITS) == 0);
    opts.k = UNITS; /* fewer vectors find the same */
    PROOF_OK(f.ctx, recur_lyapunov(f.ctx, &system, NULL, &opts, exponents, NULL));
    for (int k = 0; k < UNITS; k++) assert_true(is_near(exponents[k], wanted, 1e-8));
    recur_driven_destroy(driven);
    free(inputs);
    end(&f);
}

/* Of a tanh cell: the sum of all exponents is ln |det W| + the mean of sum ln (1 - h^2). */
static void the_sum_rule(void **state)
{
    (void)state;
    enum { H = 12, STEPS = 300, WARM = 40 };
    fixture f = make((recur_rnn_spec){.cell = RECUR_RNN_TANH, .hidden = H}, 0.9);
    double *inputs = proof_numbers(71, STEPS * I), *w = proof_doubles(H * H), diagonal[H], s[H] = {0},
           next[H];
    double        exponents[H], sum = 0, wanted = 0;
    recur_driven *driven;
    PROOF_OK(f.ctx, recur_driven_create(f.ctx, f.rnn, STEPS, inputs, &driven));
    recur_system        system = recur_driven_system(driven);
    recur_lyapunov_opts opts = {.steps = STEPS - WARM - 10, .warmup = WARM, .settle = 10};
    PROOF_OK(f.ctx, recur_lyapunov(f.ctx, &system, NULL, &opts, exponents, NULL));
    for (int t = 0; t < STEPS - 10; t++) {
        assert_int_equal(system.advance(system.user, t, s, next), RECUR_OK);
        memcpy(s, next, sizeof s);
        for (int k = 0; k < H && t >= WARM; k++) wanted += log(1 - s[k] * s[k]) / (STEPS - WARM - 10);
    }
    PROOF_OK(f.ctx, recur_params_get(f.params, recur_params_find(f.params, "weight_hh_l0"), w));
    ri_orthonormalise(H, H, w, diagonal, NULL);
    for (int k = 0; k < H; k++) {
        wanted += log(diagonal[k]);
        sum += exponents[k];
    }
    assert_true(is_near(sum, wanted, 1e-8));
    recur_driven_destroy(driven);
    free(inputs);
    free(w);
    end(&f);
}

/* ---- language models ---- */

static void a_language_model_reads(void **state)
{
    (void)state;
    enum { N = 12 };
    const int32_t tokens[N] = {0, 3, 9, 10, 1, 1, 7, 2, 5, 8, 4, 6}, *const rows[] = {tokens};
    const int64_t length = N;
    for (int i = 0; i < LM_SPECS; i++)
        for (int dtype = 0; dtype < 2; dtype++) {
            lm_memory  memory, memory64;
            recur_ctx *ctx = lm_ctx(&memory, dtype ? RECUR_F64 : RECUR_F32),
                      *f64 = lm_ctx(&memory64, RECUR_F64);
            recur_model  *model = lm_model(ctx, lm_spec(i));
            recur_driven *driven;
            recur_tape   *tape;
            recur_pack   *pack;
            recur_state   final;
            LM_OK(f64, recur_driven_create_lm(f64, model, N, tokens, &driven));
            recur_system system = recur_driven_system(driven);
            LM_OK(ctx, recur_tape_create(ctx, &tape));
            recur_tape_set_inference(tape, true);
            LM_OK(ctx, recur_pack_create(ctx, &pack));
            LM_OK(ctx, recur_pack_set(pack, 1, &length, rows));
            const recur_rnn_spec *spec = &recur_lm_get_spec(model)->rnn;
            int64_t               L = layers(spec), P = spec->projection ? spec->projection : spec->hidden;
            int64_t               n_h = L * P;
            double               *s = proof_doubles(system.n), *next = proof_doubles(system.n);
            /* from zeros, also where the model has a start of its own */
            recur_state           zeros = {recur_input(tape, RECUR_SHAPE(L, 1, P), NULL), RECUR_NONE};
            if (spec->cell == RECUR_LSTM) zeros.c = recur_input(tape, RECUR_SHAPE(L, 1, spec->hidden), NULL);
            recur_lm_logits(tape, model, pack, zeros, &final);
            LM_OK(ctx, recur_tape_status(tape));
            double *h = proof_values(ctx, tape, final.h);
            for (int t = 0; t < N; t++) {
                assert_int_equal(system.advance(system.user, t, s, next), RECUR_OK);
                memcpy(s, next, (size_t)system.n * sizeof *s);
            }
            for (int64_t k = 0; k < n_h; k++) assert_true(is_near(s[k], h[k], dtype ? 0 : 1e-5));
            free(h);
            free(s);
            free(next);
            recur_pack_destroy(pack);
            recur_tape_destroy(tape);
            recur_driven_destroy(driven);
            recur_model_destroy(model);
            lm_end(&memory64, f64);
            lm_end(&memory, ctx);
        }
}

/* ---- what cannot be ---- */

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    fixture        f = make((recur_rnn_spec){.cell = RECUR_GRU, .hidden = 4}, 0.5);
    recur_ctx     *f32 = proof_ctx(RECUR_F32, 1);
    recur_rnn_spec both = {.input = I, .hidden = 4, .bidirectional = true};
    recur_rnn     *two_ways;
    recur_driven  *driven;
    double         s[4] = {0}, j[16];
    PROOF_REFUSED(f32, recur_driven_create(f32, f.rnn, T, f.inputs, &driven));
    assert_null(driven);
    PROOF_REFUSED(f.ctx, recur_driven_create(f.ctx, f.rnn, 0, f.inputs, &driven));
    PROOF_OK(f.ctx, recur_rnn_create(f.params, "two", &both, &two_ways));
    PROOF_REFUSED(f.ctx, recur_driven_create(f.ctx, two_ways, T, f.inputs, &driven));
    assert_non_null(strstr(recur_error(f.ctx), "bidirectional"));
    recur_rnn_destroy(two_ways);
    assert_int_equal(f.system.advance(f.system.user, T, s, s), RECUR_EARG);
    assert_non_null(strstr(recur_error(f.ctx), "steps 0 to 8"));
    assert_int_equal(recur_system_jacobian(&f.system, -1, s, j), RECUR_EARG);
    assert_int_equal(recur_driven_input_jacobian(f.driven, T, s, j), RECUR_EARG);
    assert_int_equal(recur_lyapunov(f.ctx, &f.system, NULL, &(recur_lyapunov_opts){.steps = T + 1}, s, NULL),
                     RECUR_EARG);
    recur_ctx_destroy(f32);
    end(&f);

    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F64);
    recur_model  *model = lm_model(ctx, lm_spec(0));
    const int32_t wrong[] = {0, 11};
    LM_FAILS(ctx, RECUR_EARG, "token 1 is 11", recur_driven_create_lm(ctx, model, 2, wrong, &driven));
    assert_null(driven);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* ---- memory ---- */

static recur_status use_everything(const recur_allocator *a, void *arg, ri_error *error)
{
    recur_ctx    *ctx;
    recur_model  *model = NULL;
    recur_driven *driven = NULL;
    recur_vocab  *vocab = NULL;
    recur_lm_spec spec = {.embed = 3, .rnn = {.cell = RECUR_LSTM, .hidden = 4, .layers = 2}};
    const char   *text = "abcd";
    size_t        bytes = 4;
    const int32_t tokens[] = {0, 1, 2, 3, 0, 1};
    double       *out = arg, errors[16], matrix[16 * 16];
    recur_status  status =
        recur_ctx_create(&(recur_ctx_opts){.threads = 1, .dtype = RECUR_F64, .allocator = *a}, &ctx);
    if (status) return ri_fail(error, status, "no memory for a context");
    status = recur_vocab_build(ctx, RECUR_CHAR, 1, &text, &bytes, NULL, &vocab);
    if (!status) status = recur_lm_create(ctx, &spec, vocab, 1, &model);
    if (!status) status = recur_driven_create_lm(ctx, model, 6, tokens, &driven);
    recur_system system = driven ? recur_driven_system(driven) : (recur_system){0};
    if (!status)
        status =
            recur_lyapunov(ctx, &system, NULL, &(recur_lyapunov_opts){.steps = 5, .settle = 1}, out, errors);
    if (!status) status = recur_jacobian_product(ctx, &system, NULL, 1, 5, 4, out + 16);
    if (!status) status = recur_system_jacobian(&system, 2, out, matrix);
    if (!status) status = recur_singular_values(ctx, 16, 16, matrix, errors);
    if (!status) status = recur_driven_input_jacobian(driven, 2, out, matrix);
    snprintf(error->text, sizeof error->text, "%s", recur_error(ctx));
    recur_driven_destroy(driven);
    recur_model_destroy(model);
    recur_ctx_destroy(ctx);
    return status;
}

static recur_var squares(void *user, recur_tape *tape, recur_var x)
{
    (void)user;
    return recur_mul(tape, x, x);
}

static recur_status differentiate(const recur_allocator *a, void *arg, ri_error *error)
{
    recur_ctx   *ctx;
    double       x[] = {1, 2, 3};
    recur_status status =
        recur_ctx_create(&(recur_ctx_opts){.threads = 1, .dtype = RECUR_F64, .allocator = *a}, &ctx);
    if (status) return ri_fail(error, status, "no memory for a context");
    status = recur_jacobian(ctx, squares, NULL, RECUR_SHAPE(3), x, 3, arg);
    if (!status) status = recur_jacobian_differences(ctx, squares, NULL, RECUR_SHAPE(3), x, 3, 0, arg);
    snprintf(error->text, sizeof error->text, "%s", recur_error(ctx));
    recur_ctx_destroy(ctx);
    return status;
}

static void memory_runs_out(void **state)
{
    (void)state;
    double out[32], jacobian[9];
    assert_true(fail_every_allocation(use_everything, out) > 40);
    for (int i = 0; i < 32; i++) assert_true(isfinite(out[i]));
    assert_true(fail_every_allocation(differentiate, jacobian) > 6);
    assert_true(is_near(jacobian[4], 4, 1e-8) && is_near(jacobian[1], 0, 1e-8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_those_of_a_whole_sequence),
        cmocka_unit_test(jacobians_are_those_of_differences),
        cmocka_unit_test(gradients_are_transposed_products),
        cmocka_unit_test(jacobians_by_the_input),
        cmocka_unit_test(a_scaled_orthogonal_matrix),
        cmocka_unit_test(an_lstm_without_recurrence),
        cmocka_unit_test(the_sum_rule),
        cmocka_unit_test(a_language_model_reads),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
