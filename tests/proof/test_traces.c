/* Traces: the inner values of a stack are what the equations say, and the gradients of h and c at a step are the total derivatives of
 * the loss by the state there: against differences on one layer, and through the weight gradients they imply on whole stacks.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

enum { I = 3, H = 4, T = 5, B = 2 };

typedef struct model {
    recur_ctx     *ctx;
    recur_params  *params;
    recur_rnn     *rnn;
    recur_tape    *tape, *other;
    recur_pack    *pack;
    recur_rnn_spec spec;
} model;

static void open_model(model *m, recur_rnn_spec spec)
{
    *m = (model){.ctx = proof_ctx(RECUR_F64, 1), .spec = spec};
    PROOF_OK(m->ctx, recur_params_create(m->ctx, 1, &m->params));
    PROOF_OK(m->ctx, recur_rnn_create(m->params, "rnn", &spec, &m->rnn));
    PROOF_OK(m->ctx, recur_tape_create(m->ctx, &m->tape));
    PROOF_OK(m->ctx, recur_tape_create(m->ctx, &m->other));
    PROOF_OK(m->ctx, recur_pack_create(m->ctx, &m->pack));
    proof_fill(m->ctx, m->params, 0.8);
}

static void close_model(model *m)
{
    recur_pack_destroy(m->pack);
    recur_tape_destroy(m->other);
    recur_tape_destroy(m->tape);
    recur_rnn_destroy(m->rnn);
    recur_params_destroy(m->params);
    recur_ctx_destroy(m->ctx);
}

/* ---- one layer, against differences ---- */

/* The loss as a function of the state [B,H] after step t: what that step's output and all later steps add to it. */
static double loss_from(model *m, const double *x, const double *weights, int64_t t, const double *h,
                        const double *c)
{
    recur_tape *tape = m->other;
    double      loss = 0;
    for (int i = 0; i < B * H; i++) loss += weights[t * B * H + i] * h[i];
    recur_tape_reset(tape);
    recur_state state = {recur_input_f64(tape, RECUR_SHAPE(1, B, H), h),
                         c ? recur_input_f64(tape, RECUR_SHAPE(1, B, H), c) : RECUR_NONE};
    recur_var   rest = recur_dot(tape, state.h, proof_input(tape, RECUR_SHAPE(1, B, H), 20));
    if (c)
        rest = recur_add(tape, rest, recur_dot(tape, state.c, proof_input(tape, RECUR_SHAPE(1, B, H), 21)));
    if (t < T - 1) {
        recur_var in = recur_input_f64(tape, RECUR_SHAPE(T - 1 - t, B, I), x + (t + 1) * B * I);
        recur_seq y = recur_rnn_apply(tape, m->rnn, in, NULL, state);
        rest = recur_dot(tape, y.h, proof_input(tape, RECUR_SHAPE(1, B, H), 20));
        if (c)
            rest = recur_add(tape, rest, recur_dot(tape, y.c, proof_input(tape, RECUR_SHAPE(1, B, H), 21)));
        recur_var w = recur_input_f64(tape, RECUR_SHAPE(T - 1 - t, B, H), weights + (t + 1) * B * H);
        rest = recur_add(tape, rest, recur_dot(tape, y.output, w));
    }
    PROOF_OK(m->ctx, recur_tape_status(tape));
    return loss + recur_scalar(tape, rest);
}

/* The difference by h[i], or by c[i]: then h, which c determines, moves along. */
static double difference(model *m, const double *x, const double *weights, int64_t t, const double *h,
                         const double *c, const double *o, int i, bool by_cell)
{
    const double step = 6e-6;
    double       moved_h[B * H], moved_c[B * H], loss[2];
    for (int side = 0; side < 2; side++) {
        double by = side ? -step : step;
        memcpy(moved_h, h, sizeof moved_h);
        if (c) memcpy(moved_c, c, sizeof moved_c);
        if (by_cell) {
            moved_c[i] += by;
            moved_h[i] = o[i] * tanh(moved_c[i]);
        } else {
            moved_h[i] += by;
        }
        loss[side] = loss_from(m, x, weights, t, moved_h, c ? moved_c : NULL);
    }
    return (loss[0] - loss[1]) / (2 * step);
}

static void by_differences(recur_cell cell, bool reset_before)
{
    model m;
    open_model(&m, (recur_rnn_spec){.cell = cell, .input = I, .hidden = H, .reset_before = reset_before});
    recur_trace trace;
    double     *x = proof_numbers(1, T * B * I), *weights = proof_numbers(2, T * B * H);
    recur_seq   y = recur_rnn_apply_traced(m.tape, m.rnn, recur_input_f64(m.tape, RECUR_SHAPE(T, B, I), x),
                                           NULL, RECUR_NO_STATE, &trace);
    recur_var   loss =
        recur_add(m.tape, recur_dot(m.tape, y.output, recur_input_f64(m.tape, RECUR_SHAPE(T, B, H), weights)),
                  recur_dot(m.tape, y.h, proof_input(m.tape, RECUR_SHAPE(1, B, H), 20)));
    bool is_lstm = cell == RECUR_LSTM;
    if (is_lstm)
        loss = recur_add(m.tape, loss, recur_dot(m.tape, y.c, proof_input(m.tape, RECUR_SHAPE(1, B, H), 21)));
    PROOF_OK(m.ctx, recur_tape_status(m.tape));
    double *h = proof_values(m.ctx, m.tape, trace.h),
           *c = is_lstm ? proof_values(m.ctx, m.tape, trace.c) : NULL;
    double *gates = is_lstm ? proof_values(m.ctx, m.tape, trace.gates) : NULL;
    PROOF_OK(m.ctx, recur_backward(m.tape, loss));
    double *dh = proof_gradient(m.ctx, m.tape, trace.h),
           *dc = is_lstm ? proof_gradient(m.ctx, m.tape, trace.c) : NULL;
    for (int64_t t = 0; t < T; t++) {
        double  o[B * H];
        int64_t at = t * B * H;
        for (int i = 0; is_lstm && i < B * H; i++) o[i] = gates[(t * B + i / H) * 4 * H + 3 * H + i % H];
        for (int i = 0; i < B * H; i++) {
            double numeric = difference(&m, x, weights, t, h + at, is_lstm ? c + at : NULL, o, i, false);
            assert_true(fabs(dh[at + i] - numeric) <= 1e-6);
            if (!is_lstm) continue;
            numeric = difference(&m, x, weights, t, h + at, c + at, o, i, true);
            assert_true(fabs(dc[at + i] - numeric) <= 1e-6);
        }
    }
    free(dc);
    free(dh);
    free(gates);
    free(c);
    free(h);
    free(weights);
    free(x);
    close_model(&m);
}

static void differences_lstm(void **state)
{
    (void)state;
    by_differences(RECUR_LSTM, false);
}

static void differences_gru(void **state)
{
    (void)state;
    by_differences(RECUR_GRU, false);
    by_differences(RECUR_GRU, true);
}

static void differences_rnn(void **state)
{
    (void)state;
    by_differences(RECUR_RNN_TANH, false);
    by_differences(RECUR_RNN_RELU, false);
}

/* ---- whole stacks ---- */

enum { LAYERS = 2, D = 2, K = LAYERS * D, N = 9, SEQUENCES = 4 };

static const int64_t LENGTHS[SEQUENCES] = {2, 0, 4, 3};

/* Everything a traced pass over a ragged batch says. */
typedef struct traced {
    double *h, *c, *gates, *dh, *dc; /* [K,N,H] and [K,N,G*H] */
    double *h0, *c0;                 /* [K,SEQUENCES,H] */
    int64_t G;
} traced;

static traced run_traced(model *m)
{
    recur_tape *t = m->tape;
    bool        is_lstm = m->spec.cell == RECUR_LSTM;
    recur_trace trace;
    traced      r = {.G = is_lstm ? 4 : m->spec.cell == RECUR_GRU ? 3 : 0};
    PROOF_OK(m->ctx, recur_pack_set(m->pack, SEQUENCES, LENGTHS, NULL));
    recur_state state = {proof_input(t, RECUR_SHAPE(K, SEQUENCES, H), 3),
                         is_lstm ? proof_input(t, RECUR_SHAPE(K, SEQUENCES, H), 4) : RECUR_NONE};
    recur_seq   y =
        recur_rnn_apply_traced(t, m->rnn, proof_input(t, RECUR_SHAPE(N, I), 5), m->pack, state, &trace);
    recur_var loss = proof_weigh_all(t, y, 30);
    PROOF_OK(m->ctx, recur_tape_status(t));
    r.h = proof_values(m->ctx, t, trace.h);
    r.h0 = proof_values(m->ctx, t, state.h);
    if (is_lstm) r.c = proof_values(m->ctx, t, trace.c);
    if (is_lstm) r.c0 = proof_values(m->ctx, t, state.c);
    if (r.G) r.gates = proof_values(m->ctx, t, trace.gates);
    PROOF_OK(m->ctx, recur_backward(t, loss));
    r.dh = proof_gradient(m->ctx, t, trace.h);
    if (is_lstm) r.dc = proof_gradient(m->ctx, t, trace.c);
    return r;
}

static void free_traced(traced *r)
{
    double *all[] = {r->h, r->c, r->gates, r->dh, r->dc, r->h0, r->c0};
    for (int i = 0; i < 7; i++) free(all[i]);
}

/* The state before step t of sequence b in a direction. */
static const double *before(const model *m, const double *all, const double *first, int k, int64_t b,
                            int64_t t)
{
    int64_t row = recur_pack_row(m->pack, b, k % D ? t + 1 : t - 1);
    return row < 0 ? first + (k * SEQUENCES + b) * H : all + (k * N + row) * H;
}

/* The gradients at the pre-activations of one unit that follow from those at h and c; NAN where they do not. gate holds the unit's
 * activations in PyTorch's order. The forward equations are checked on the way. */
static void unit_gradients(const model *m, const traced *r, int k, int64_t b, int64_t t, int j, double *da)
{
    int64_t       row = recur_pack_row(m->pack, b, t), at = (k * N + row) * H + j;
    const double *gate = r->gates ? r->gates + (k * N + row) * r->G * H + j : NULL;
    double        h = r->h[at], dh = r->dh[at], old = before(m, r->h, r->h0, k, b, t)[j];
    if (m->spec.cell == RECUR_LSTM) {
        double i = gate[0], f = gate[H], g = gate[2 * H], o = gate[3 * H], c = r->c[at], dc = r->dc[at];
        double c_old = before(m, r->c, r->c0, k, b, t)[j];
        assert_true(fabs(c - (f * c_old + i * g)) <= 1e-14 && fabs(h - o * tanh(c)) <= 1e-14);
        da[0] = dc * g * i * (1 - i);
        da[1] = dc * c_old * f * (1 - f);
        da[2] = dc * i * (1 - g * g);
        da[3] = dh * tanh(c) * o * (1 - o);
    } else if (m->spec.cell == RECUR_GRU) {
        double z = gate[H], n = gate[2 * H];
        assert_true(fabs(h - ((1 - z) * n + z * old)) <= 1e-14);
        da[0] = NAN; /* needs W_hn h */
        da[1] = dh * (old - n) * z * (1 - z);
        da[2] = dh * (1 - z) * (1 - n * n);
    } else {
        da[0] = dh * (1 - h * h);
    }
}

/* Sum the pre-activation gradients of one layer and direction over all rows: they must be the gradients of the input bias, and times the
 * state before, those of the recurrent matrix. */
static void check_layer(const model *m, const traced *r, int k)
{
    static const char *const SUFFIX[K] = {"l0", "l0_reverse", "l1", "l1_reverse"};
    int64_t                  G = r->G ? r->G : 1;
    char                     name[40];
    double                  *db = proof_doubles(G * H), *dw = proof_doubles(G * H * H);
    snprintf(name, sizeof name, "rnn.bias_ih_%s", SUFFIX[k]);
    PROOF_OK(m->ctx, recur_params_grad(m->params, recur_params_find(m->params, name), db));
    snprintf(name, sizeof name, "rnn.weight_hh_%s", SUFFIX[k]);
    PROOF_OK(m->ctx, recur_params_grad(m->params, recur_params_find(m->params, name), dw));
    for (int64_t b = 0; b < SEQUENCES; b++)
        for (int64_t t = 0; t < LENGTHS[b]; t++)
            for (int j = 0; j < H; j++) {
                double da[4];
                unit_gradients(m, r, k, b, t, j, da);
                for (int g = 0; g < G; g++) {
                    db[g * H + j] -= da[g];
                    const double *old = before(m, r->h, r->h0, k, b, t);
                    for (int i = 0; i < H; i++) dw[(g * H + j) * H + i] -= da[g] * old[i];
                }
            }
    bool n_is_reset =
        m->spec.cell == RECUR_GRU; /* what W_hn multiplies is changed by r: not simply the state before */
    for (int64_t i = 0; i < G * H; i++)
        if (!isnan(db[i])) assert_true(fabs(db[i]) <= 1e-13);
    for (int64_t i = 0; i < (n_is_reset ? 2 : G) * H * H; i++)
        if (!isnan(dw[i])) assert_true(fabs(dw[i]) <= 1e-13);
    free(db);
    free(dw);
}

static void whole_stacks(void **state)
{
    (void)state;
    const recur_rnn_spec specs[] = {{.cell = RECUR_LSTM},
                                    {.cell = RECUR_GRU},
                                    {.cell = RECUR_GRU, .reset_before = true},
                                    {.cell = RECUR_RNN_TANH}};
    for (int i = 0; i < 4; i++) {
        recur_rnn_spec spec = specs[i];
        spec.input = I;
        spec.hidden = H;
        spec.layers = LAYERS;
        spec.bidirectional = true;
        model m;
        open_model(&m, spec);
        traced r = run_traced(&m);
        for (int k = 0; k < K; k++) check_layer(&m, &r, k);
        free_traced(&r);
        close_model(&m);
    }
}

/* ---- with and without ---- */

static double *outputs_and_gradients(model *m, bool is_traced, int64_t *n, size_t *bytes)
{
    recur_tape *t;
    recur_trace trace;
    PROOF_OK(m->ctx, recur_tape_create(m->ctx, &t));
    recur_params_zero_grad(m->params);
    recur_var x = proof_input(t, RECUR_SHAPE(50, 20, I), 1);
    recur_seq y = is_traced ? recur_rnn_apply_traced(t, m->rnn, x, NULL, RECUR_NO_STATE, &trace)
                            : recur_rnn_apply(t, m->rnn, x, NULL, RECUR_NO_STATE);
    PROOF_OK(m->ctx, recur_backward(t, proof_weigh_all(t, y, 7)));
    *n = 50 * 20 * H * D + 50 * 20 * I;
    double *all = proof_doubles(*n);
    PROOF_OK(m->ctx, recur_value_f64(t, y.output, all));
    PROOF_OK(m->ctx, recur_grad_f64(t, x, all + 50 * 20 * H * D));
    recur_tape_reset(t); /* the arena is then one block of what the pass took */
    *bytes = recur_tape_bytes(t);
    recur_tape_destroy(t);
    return all;
}

/* Asking changes no bit, and costs memory only when asked. */
static void asking(void **state)
{
    (void)state;
    const recur_cell cells[] = {RECUR_LSTM, RECUR_GRU, RECUR_RNN_TANH};
    for (int i = 0; i < 3; i++) {
        model   m;
        int64_t n;
        size_t  plain_bytes, traced_bytes;
        open_model(&m,
                   (recur_rnn_spec){
                       .cell = cells[i], .input = I, .hidden = H, .layers = LAYERS, .bidirectional = true});
        double *plain = outputs_and_gradients(&m, false, &n, &plain_bytes);
        double *again = outputs_and_gradients(&m, true, &n, &traced_bytes);
        assert_memory_equal(plain, again, (size_t)n * sizeof *plain);
        assert_true(plain_bytes < traced_bytes);
        free(plain);
        free(again);
        close_model(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_lstm), cmocka_unit_test(differences_gru),
        cmocka_unit_test(differences_rnn),  cmocka_unit_test(whole_stacks),
        cmocka_unit_test(asking),
    };
    return cmocka_run_group_tests_name("traces", tests, NULL, NULL);
}
