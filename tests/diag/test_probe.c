/* Measures of language models against values found in another way: differences, cells computed by hand, cut sequences scored one by one.
 * SPDX-License-Identifier: MIT */
#include "diag/probe_fixture.h"

/* ---- gradient flow ---- */

enum { T = 6, MOST = 8 };

/* The loss of the last of T tokens as a function of the state after step t. */
static double loss_from(const probe_case *c, const int32_t *ids, int64_t t, const double *h,
                        const double *cell, int64_t P)
{
    recur_tape *tape;
    recur_pack *read, *wanted;
    int32_t     targets[T];
    int64_t     n = T - 1 - t;
    for (int64_t i = 0; i < n; i++) targets[i] = i == n - 1 ? ids[T] : RECUR_IGNORE;
    LM_OK(c->ctx, recur_tape_create(c->ctx, &tape));
    LM_OK(c->ctx, recur_pack_create(c->ctx, &read));
    LM_OK(c->ctx, recur_pack_create(c->ctx, &wanted));
    LM_OK(c->ctx, recur_pack_set_grid(read, n, 1, ids + t + 1));
    LM_OK(c->ctx, recur_pack_set_grid(wanted, n, 1, targets));
    recur_tape_set_inference(tape, true);
    recur_state state = {recur_input_f64(tape, RECUR_SHAPE(1, 1, P), h),
                         cell ? recur_input_f64(tape, RECUR_SHAPE(1, 1, P), cell) : RECUR_NONE};
    double loss = recur_scalar(tape, recur_lm_loss(tape, c->model, read, wanted, state, RECUR_SUM, NULL));
    LM_OK(c->ctx, recur_tape_status(tape));
    recur_pack_destroy(wanted);
    recur_pack_destroy(read);
    recur_tape_destroy(tape);
    return loss;
}

static void state_after(const probe_case *c, const int32_t *ids, int64_t n, double *h, double *cell)
{
    recur_tape *tape;
    recur_pack *read;
    recur_state final;
    LM_OK(c->ctx, recur_tape_create(c->ctx, &tape));
    LM_OK(c->ctx, recur_pack_create(c->ctx, &read));
    LM_OK(c->ctx, recur_pack_set_grid(read, n, 1, ids));
    recur_tape_set_inference(tape, true);
    recur_lm_logits(tape, c->model, read, RECUR_NO_STATE, &final);
    LM_OK(c->ctx, recur_value_f64(tape, final.h, h));
    if (final.c.id) LM_OK(c->ctx, recur_value_f64(tape, final.c, cell));
    recur_pack_destroy(read);
    recur_tape_destroy(tape);
}

/* Norm of the loss's differences by h, or by c, which takes h along, after step t. */
static double differences(const probe_case *c, const int32_t *ids, int64_t t, int64_t H, bool is_lstm,
                          bool by_cell)
{
    const double step = 1e-5;
    double       h[MOST], cell[MOST], square = 0;
    state_after(c, ids, t + 1, h, cell);
    for (int64_t j = 0; j < H; j++) {
        double was_h = h[j], was_c = cell[j], loss[2];
        for (int side = 0; side < 2; side++) {
            double by = side ? -step : step;
            if (by_cell) {
                cell[j] = was_c + by;
                h[j] = was_h / tanh(was_c) * tanh(cell[j]);
            } else {
                h[j] = was_h + by;
            }
            loss[side] = loss_from(c, ids, t, h, is_lstm ? cell : NULL, H);
        }
        h[j] = was_h;
        cell[j] = was_c;
        square += pow((loss[0] - loss[1]) / (2 * step), 2);
    }
    return sqrt(square);
}

static void the_flow_is_that_of_differences(void **state)
{
    (void)state;
    for (int cell = RECUR_LSTM; cell <= RECUR_RNN_RELU; cell++) {
        probe_case c;
        recur_flow flow;
        bool       is_lstm = cell == RECUR_LSTM;
        probe_open(
            &c, RECUR_F64,
            (recur_lm_spec){.dropout = 0.5, .embed = 3, .rnn = {.cell = (recur_cell)cell, .hidden = 5}},
            probe_text, (recur_probe_opts){.sequences = 3, .steps = T});
        LM_OK(c.ctx, recur_probe_flow(c.probe, &flow));
        assert_int_equal(flow.n, 1);
        const recur_lane_flow *f = &flow.lanes[0];
        assert_int_equal(f->lags, T);
        assert_string_equal(f->lane.stack, "rnn");
        const int32_t *ids = recur_corpus_tokens(c.corpus);
        int64_t        far = (recur_corpus_size(c.corpus) - 1 - T) / 2;
        for (int64_t lag = 1; lag < T; lag++) {
            double h = 0, in_c = 0;
            for (int i = 0; i < 3; i++) {
                h += log(differences(&c, ids + i * far, T - 1 - lag, 5, is_lstm, false)) / 3;
                if (is_lstm) in_c += log(differences(&c, ids + i * far, T - 1 - lag, 5, true, true)) / 3;
            }
            assert_int_equal(f->count[lag], 3);
            probe_near(log(f->h[lag] * f->h_start), h, 1e-6);
            if (is_lstm) probe_near(log(f->c[lag] * f->c_start), in_c, 1e-6);
        }
        assert_true(f->h[0] == 1 && (f->c != NULL) == is_lstm);
        probe_close(&c);
    }
}

/* One unit that reads nothing: h' = tanh(w h) near 0 is w h, so a step's factor is w. */
static void the_rate_is_the_weight_and_the_horizon_where_it_falls_to_a_hundredth(void **state)
{
    (void)state;
    probe_case c;
    recur_flow flow;
    probe_open(&c, RECUR_F64, (recur_lm_spec){.rnn = {.cell = RECUR_RNN_RELU, .hidden = 1}}, probe_text,
               (recur_probe_opts){.steps = 40});
    probe_set(c.model, "rnn.weight_ih_l0", -1, 0);
    probe_set(c.model, "rnn.bias_ih_l0", -1, 1);
    probe_set(c.model, "rnn.bias_hh_l0", -1, 0);
    const struct {
        double  weight;
        int64_t horizon;
        bool    is_open;
    } cases[] = {{0.5, 6, false}, {0.8, 20, false}, {0.95, 39, true}, {1.25, 39, true}};
    for (int i = 0; i < 4; i++) {
        probe_set(c.model, "rnn.weight_hh_l0", -1, cases[i].weight);
        LM_OK(c.ctx, recur_probe_flow(c.probe, &flow));
        probe_near(flow.lanes[0].rate, cases[i].weight, 1e-12);
        assert_int_equal(flow.lanes[0].horizon, cases[i].horizon);
        assert_int_equal(flow.lanes[0].is_open, cases[i].is_open);
        probe_near(flow.lanes[0].peak, i == 3 ? pow(1.25, 39) : 1, 1e-9);
    }
    recur_pulse pulse;
    LM_OK(c.ctx, recur_probe_pulse(c.probe, &pulse));
    assert_true(pulse.horizon == 39 && pulse.lags == 40 && pulse.is_open && pulse.dead == 0);
    probe_near(pulse.rate, 1.25, 1e-12);
    assert_true(recur_params_grad_norm(recur_model_params(c.model)) == 0);
    probe_close(&c);
}

/* ---- gates ---- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* One unit whose gates hear of nothing but their biases. */
static void gates_of_one_unit_are_those_of_their_biases(void **state)
{
    (void)state;
    probe_case  c;
    recur_gates gates;
    probe_open(&c, RECUR_F64, (recur_lm_spec){.rnn = {.hidden = 1}}, probe_text,
               (recur_probe_opts){.sequences = 2, .steps = 20});
    static const double bias[4] = {-4, 3, 0.5, 4};
    probe_set(c.model, "rnn.weight_ih_l0", -1, 0);
    probe_set(c.model, "rnn.weight_hh_l0", -1, 0);
    probe_set(c.model, "rnn.bias_hh_l0", -1, 0);
    for (int g = 0; g < 4; g++) probe_set(c.model, "rnn.bias_ih_l0", g, bias[g]);
    LM_OK(c.ctx, recur_probe_gates(c.probe, &gates));
    const recur_lane_gates *l = &gates.lanes[0];
    double                  tau = -1 / log(sigmoid(3)); /* 20.6 steps: bin 5, 16 to 32 */
    assert_true(gates.n == 1 && l->n_gates == 4 && l->has_tau && l->rows == 40);
    for (int g = 0; g < 4; g++)
        probe_near(l->gates[g].mean, g == 2 ? tanh(bias[g]) : sigmoid(bias[g]), 1e-12);
    assert_true(l->gates[0].low == 1 && l->gates[0].high == 0 && l->gates[1].low == 0 &&
                l->gates[1].high == 1);
    assert_true(l->gates[2].low == 0 && l->gates[2].high == 0 && l->gates[3].high == 1);
    assert_string_equal(l->gates[1].name, "f");
    probe_near(l->unit_tau[0], tau, 1e-9);
    probe_near(l->tau_median, tau, 1e-9);
    for (int i = 0; i < RECUR_TAU_BINS; i++) assert_true(l->tau[i] == (i == 5 ? 1 : 0));
    assert_true(l->saturated == 0); /* c climbs to i g / (1-f) = .16 */

    recur_pulse pulse;
    probe_set(c.model, "rnn.bias_ih_l0", 0, 0);
    LM_OK(c.ctx, recur_probe_gates(c.probe, &gates));
    LM_OK(c.ctx, recur_probe_pulse(c.probe, &pulse));
    double cell = 0, n = 0;
    for (int t = 0; t < 20; t++) {
        cell = sigmoid(3) * cell + sigmoid(0) * tanh(0.5);
        n += tanh(cell) > 0.99;
    }
    assert_true(n > 0 && n < 20);
    probe_near(gates.lanes[0].saturated, n / 20, 1e-12);
    probe_near(pulse.saturated, n / 20, 1e-12);

    probe_set(c.model, "rnn.bias_ih_l0", 1, 40); /* a forget gate that rounds to 1 holds for ever */
    LM_OK(c.ctx, recur_probe_gates(c.probe, &gates));
    assert_true(gates.lanes[0].unit_tau[0] == INFINITY && gates.lanes[0].tau_median == INFINITY);
    for (int i = 0; i < RECUR_TAU_BINS; i++)
        assert_true(gates.lanes[0].tau[i] == (i == RECUR_TAU_BINS - 1 ? 1 : 0));
    probe_close(&c);
}

static void a_grus_update_gate_is_what_keeps(void **state)
{
    (void)state;
    probe_case  c;
    recur_gates gates;
    probe_open(&c, RECUR_F64, (recur_lm_spec){.rnn = {.cell = RECUR_GRU, .hidden = 1}}, probe_text,
               (recur_probe_opts){.sequences = 2, .steps = 20});
    probe_set(c.model, "rnn.weight_ih_l0", -1, 0);
    probe_set(c.model, "rnn.weight_hh_l0", -1, 0);
    probe_set(c.model, "rnn.bias_hh_l0", -1, 0);
    probe_set(c.model, "rnn.bias_ih_l0", 0, 0);
    probe_set(c.model, "rnn.bias_ih_l0", 1, -1);
    probe_set(c.model, "rnn.bias_ih_l0", 2, 5);
    LM_OK(c.ctx, recur_probe_gates(c.probe, &gates));
    const recur_lane_gates *l = &gates.lanes[0];
    probe_near(l->unit_tau[0], -1 / log(sigmoid(-1)), 1e-9); /* .76 steps: bin 0 */
    assert_true(l->n_gates == 3 && l->tau[0] == 1 && l->gates[2].high == 1 && l->gates[2].low == 0);
    assert_string_equal(l->gates[1].name, "z");
    /* h_t = tanh(5) (1 - z^t): above .99 from t = 4 on */
    double z = sigmoid(-1);
    int    n = 0;
    for (int t = 1; t <= 20; t++) n += tanh(5) * (1 - pow(z, t)) > 0.99;
    probe_near(l->saturated, n / 20.0, 1e-12);
    probe_close(&c);
}

/* A relu unit that is shut for good, one that is always open, one that opens at one character only. */
static void units_that_do_nothing_are_dead(void **state)
{
    (void)state;
    for (int dtype = RECUR_F32; dtype <= RECUR_F64; dtype++) {
        probe_case  c;
        recur_gates gates;
        probe_open(&c, (recur_dtype)dtype, (recur_lm_spec){.rnn = {.cell = RECUR_RNN_RELU, .hidden = 3}},
                   probe_text, (recur_probe_opts){.steps = 30});
        int64_t V = recur_vocab_size(recur_model_vocab(c.model));
        probe_set(c.model, "rnn.weight_ih_l0", -1, 0);
        probe_set(c.model, "rnn.weight_hh_l0", -1, 0);
        probe_set(c.model, "rnn.bias_ih_l0", -1, 0);
        probe_set(c.model, "rnn.bias_hh_l0", -1, 0);
        probe_set(c.model, "rnn.bias_ih_l0", 0, -1);
        probe_set(c.model, "rnn.bias_ih_l0", 1, 0.25);
        probe_set(c.model, "rnn.weight_ih_l0", 2 * V + probe_id(c.ctx, c.model, "j"), 1);
        LM_OK(c.ctx, recur_probe_gates(c.probe, &gates));
        const recur_lane_gates *l = &gates.lanes[0];
        assert_true(l->n_dead == 1 && l->is_dead[0] && !l->is_dead[1] && !l->is_dead[2]);
        assert_true(l->n_gates == 0 && !l->has_tau && !l->unit_tau && l->saturated == 0);
        probe_near(l->mean[1], 0.25, 1e-9);
        probe_near(l->deviation[1], 0, 1e-9);
        probe_near(pow(l->deviation[2], 2), l->mean[2] * (1 - l->mean[2]), 1e-7);
        recur_pulse pulse;
        LM_OK(c.ctx, recur_probe_pulse(c.probe, &pulse));
        probe_near(pulse.dead, 1.0 / 3, 1e-12);
        probe_close(&c);

        probe_open(&c, (recur_dtype)dtype, (recur_lm_spec){.rnn = {.cell = RECUR_RNN_TANH, .hidden = 2}},
                   probe_text, (recur_probe_opts){.steps = 30});
        probe_set(c.model, "rnn.weight_hh_l0", -1, 0);
        probe_set(c.model, "rnn.weight_ih_l0", -1, 0);
        probe_set(c.model, "rnn.bias_ih_l0", -1, 5); /* it stands at tanh(5): dead, and saturated */
        probe_set(c.model, "rnn.bias_hh_l0", -1, 0);
        probe_set(c.model, "rnn.weight_ih_l0", V + probe_id(c.ctx, c.model, "e"), -5);
        LM_OK(c.ctx, recur_probe_gates(c.probe, &gates));
        l = &gates.lanes[0];
        assert_true(l->n_dead == 1 && l->is_dead[0] && !l->is_dead[1]);
        assert_true(l->saturated > 0.9 && l->saturated < 1);
        probe_close(&c);
    }
}

/* ---- dynamics ---- */

/* The largest exponent along a window is what recur_lyapunov says of the same stack and tokens. */
static void exponents_are_those_of_the_stack(void **state)
{
    (void)state;
    probe_case           c;
    recur_lanes_dynamics found;
    probe_open(&c, RECUR_F64, (recur_lm_spec){.embed = 3, .rnn = {.hidden = 6}}, probe_text,
               (recur_probe_opts){.sequences = 1, .steps = 60});
    LM_OK(c.ctx, recur_probe_dynamics(c.probe, &found));
    recur_driven *driven;
    double        exponent;
    LM_OK(c.ctx, recur_driven_create_lm(c.ctx, c.model, 60, recur_corpus_tokens(c.corpus), &driven));
    recur_system        system = recur_driven_system(driven);
    recur_lyapunov_opts opts = {.k = 1, .steps = 45, .warmup = 1, .settle = 14};
    LM_OK(c.ctx, recur_lyapunov(c.ctx, &system, NULL, &opts, &exponent, NULL));
    assert_true(found.n == 1 && found.lanes[0].n == 12 && found.lanes[0].steps == 45);
    assert_true(isnan(found.lanes[0].error) && exponent < 0);
    probe_near(found.lanes[0].lyapunov, exponent, 1e-9);

    double at[12] = {0}, next[12], jacobian[144], singular[12];
    for (int64_t t = 0; t < 30; t++) { /* the first step, then half of the others */
        LM_OK(c.ctx, system.advance(system.user, t, at, next));
        memcpy(at, next, sizeof at);
    }
    LM_OK(c.ctx, recur_system_jacobian(&system, 30, at, jacobian));
    LM_OK(c.ctx, recur_singular_values(c.ctx, 12, 12, jacobian, singular));
    for (int i = 0; i < 12; i++) probe_near(found.lanes[0].singular[i], singular[i], 1e-9);
    recur_driven_destroy(driven);
    probe_close(&c);
}

/* relu(w h + 1) with h above 0: every step's Jacobian is w times a rotation's size, here the diagonal itself. */
static void the_exponent_of_a_diagonal_is_its_logarithm(void **state)
{
    (void)state;
    for (int dtype = RECUR_F32; dtype <= RECUR_F64; dtype++) {
        probe_case           c;
        recur_lanes_dynamics found;
        probe_open(&c, (recur_dtype)dtype,
                   (recur_lm_spec){.rnn = {.cell = RECUR_RNN_RELU, .hidden = 2, .layers = 2}}, probe_text,
                   (recur_probe_opts){.sequences = 3, .steps = 30});
        static const double weights[2][2] = {{0.75, 0.5}, {0.875, 0.25}};
        for (int l = 0; l < 2; l++) {
            char w_ih[32], w_hh[32], b[32];
            snprintf(w_ih, sizeof w_ih, "rnn.weight_ih_l%d", l);
            snprintf(w_hh, sizeof w_hh, "rnn.weight_hh_l%d", l);
            snprintf(b, sizeof b, "rnn.bias_ih_l%d", l);
            probe_set(c.model, w_ih, -1, 0.125);
            probe_set(c.model, w_hh, -1, 0);
            probe_set(c.model, w_hh, 0, weights[l][0]);
            probe_set(c.model, w_hh, 3, weights[l][1]);
            probe_set(c.model, b, -1, 1);
        }
        probe_set(c.model, "rnn.bias_hh_l0", -1, 0);
        probe_set(c.model, "rnn.bias_hh_l1", -1, 0);
        LM_OK(c.ctx, recur_probe_dynamics(c.probe, &found));
        assert_int_equal(found.n, 2);
        for (int l = 0; l < 2;
             l++) { /* the vector turns into its direction as (.25 / .875)^7, (.5 / .75)^7 */
            probe_near(found.lanes[l].lyapunov, log(weights[l][0]), 2e-3);
            assert_true(found.lanes[l].error < 1e-6);
            probe_near(found.lanes[l].singular[0], weights[l][0], 1e-6);
            probe_near(found.lanes[l].singular[1], weights[l][1], 1e-6);
        }
        probe_close(&c);
    }
}

/* ---- updates ---- */

static void updates_are_the_gradients_of_the_mean_loss(void **state)
{
    (void)state;
    probe_case    c;
    recur_updates updates;
    const double  lr = 0.25;
    probe_open(&c, RECUR_F64, (recur_lm_spec){.embed = 4, .rnn = {.hidden = 5, .layers = 2}}, probe_text,
               (recur_probe_opts){.sequences = 1, .steps = 30});
    LM_OK(c.ctx, recur_params_freeze(recur_model_params(c.model), 1, true));
    LM_OK(c.ctx, recur_probe_updates(c.probe, lr, &updates));

    recur_params *params = recur_model_params(c.model);
    recur_tape   *tape;
    recur_pack   *read, *wanted;
    LM_OK(c.ctx, recur_tape_create(c.ctx, &tape));
    LM_OK(c.ctx, recur_pack_create(c.ctx, &read));
    LM_OK(c.ctx, recur_pack_create(c.ctx, &wanted));
    LM_OK(c.ctx, recur_pack_set_grid(read, 30, 1, recur_corpus_tokens(c.corpus)));
    LM_OK(c.ctx, recur_pack_set_grid(wanted, 30, 1, recur_corpus_tokens(c.corpus) + 1));
    recur_var loss = recur_lm_loss(tape, c.model, read, wanted, RECUR_NO_STATE, RECUR_MEAN, NULL);
    LM_OK(c.ctx, recur_backward(tape, loss));
    probe_near(updates.loss, recur_scalar(tape, loss), 1e-12);
    probe_near(updates.grad_norm, recur_params_grad_norm(params), 1e-12);
    assert_int_equal(updates.n, recur_params_tensors(params));
    for (int64_t i = 0; i < updates.n; i++) {
        const recur_tensor_update *u = &updates.tensors[i];
        double                     values[400], weight = 0, grad = 0, n = 0;
        assert_true(u->count <= 400 && u->is_frozen == (i == 1));
        LM_OK(c.ctx, recur_params_get(params, i, values));
        for (int64_t k = 0; k < u->count; k++) weight += values[k] * values[k];
        LM_OK(c.ctx, recur_params_grad(params, i, values));
        for (int64_t k = 0; k < u->count; k++) {
            grad += values[k] * values[k];
            n += values[k] != 0;
        }
        probe_near(u->weight_norm, sqrt(weight), 1e-12);
        probe_near(u->grad_norm, sqrt(grad), 1e-12);
        probe_near(u->ratio, lr * sqrt(grad / weight), 1e-12);
        probe_near(u->adam_ratio, lr * sqrt(n / weight), 1e-12);
    }
    recur_pack_destroy(wanted);
    recur_pack_destroy(read);
    recur_tape_destroy(tape);
    probe_close(&c);
}

/* ---- context ---- */

static void the_loss_of_a_cut_context_is_that_of_cut_data(void **state)
{
    (void)state;
    for (int dtype = RECUR_F32; dtype <= RECUR_F64; dtype++) {
        probe_case    c;
        recur_context context;
        probe_open(&c, (recur_dtype)dtype, (recur_lm_spec){.rnn = {.hidden = 6}}, probe_text,
                   (recur_probe_opts){.sequences = 2, .steps = 12});
        LM_OK(c.ctx, recur_probe_context(c.probe, &context));
        const int32_t *ids = recur_corpus_tokens(c.corpus);
        int64_t        room = recur_corpus_size(c.corpus) - 12;
        assert_true(context.n == 5 && context.tokens == 16);
        static const int64_t steps[] = {1, 2, 4, 8, 12};
        for (int i = 0; i < 5; i++) {
            double sum = 0;
            assert_int_equal(context.steps[i], steps[i]);
            for (int64_t k = 0; k < 16; k++) {
                int64_t at = 12 + k * ((room - 1) / 15);
                sum += probe_loss(c.ctx, c.model, ids + at - steps[i], steps[i], ids[at]);
            }
            probe_near(context.loss[i], sum / 16, dtype == RECUR_F32 ? 1e-5 : 1e-12);
        }
        probe_close(&c);
    }
}

/* A cell that hears nothing of its past gains nothing by context. */
static void without_memory_the_shortest_context_does(void **state)
{
    (void)state;
    probe_case    c;
    recur_context context;
    probe_open(&c, RECUR_F64, (recur_lm_spec){.rnn = {.cell = RECUR_RNN_TANH, .hidden = 6}}, probe_text,
               (recur_probe_opts){.steps = 20});
    probe_set(c.model, "rnn.weight_hh_l0", -1, 0);
    LM_OK(c.ctx, recur_probe_context(c.probe, &context));
    assert_int_equal(context.effective, 1);
    for (int64_t i = 1; i < context.n; i++) probe_near(context.loss[i], context.loss[0], 1e-12);
    probe_close(&c);
}

/* ---- forgetting ---- */

/* h' = h + 1 whatever is read, and 2 more at one character: after an exchange the difference stays, and h grows. */
static void the_forgetting_curve_of_a_sum(void **state)
{
    (void)state;
    probe_case       c;
    recur_forgetting forgetting;
    probe_open(&c, RECUR_F64, (recur_lm_spec){.rnn = {.cell = RECUR_RNN_RELU, .hidden = 1}}, "aaaaaaaaaaaab",
               (recur_probe_opts){.sequences = 1, .steps = 12});
    probe_set(c.model, "rnn.weight_ih_l0", -1, 1);
    probe_set(c.model, "rnn.weight_hh_l0", -1, 0.5);
    probe_set(c.model, "rnn.bias_ih_l0", -1, 0);
    probe_set(c.model, "rnn.bias_hh_l0", -1, 0);
    LM_OK(c.ctx, recur_probe_forgetting(c.probe, &forgetting));
    assert_int_equal(forgetting.n, 1);
    assert_int_equal(forgetting.lanes[0].lags, 0); /* there is nothing else to read than "a" */
    probe_close(&c);

    probe_open(&c, RECUR_F64, (recur_lm_spec){.rnn = {.cell = RECUR_RNN_RELU, .hidden = 1}},
               "abababababababab", (recur_probe_opts){.sequences = 1, .steps = 12});
    probe_set(c.model, "rnn.weight_ih_l0", -1, 2);
    probe_set(c.model, "rnn.weight_ih_l0", 1, 3);
    probe_set(c.model, "rnn.weight_hh_l0", -1, 0.5);
    probe_set(c.model, "rnn.bias_ih_l0", -1, 0);
    probe_set(c.model, "rnn.bias_hh_l0", -1, 0);
    LM_OK(c.ctx, recur_probe_forgetting(c.probe, &forgetting));
    const recur_lane_memory *m = &forgetting.lanes[0];
    assert_true(m->lags > 3 && m->count[0] == 4 && m->count[m->lags - 1] >= 1);
    /* h is between 2 and 6, the difference .5^k */
    for (int64_t k = 0; k < m->lags; k++)
        assert_true(m->difference[k] >= pow(0.5, (double)k) / 6 &&
                    m->difference[k] <= pow(0.5, (double)k) / 2);
    assert_true(m->reach >= 5 && m->reach <= 8);
    probe_set(c.model, "rnn.weight_hh_l0", -1, 0);
    LM_OK(c.ctx, recur_probe_forgetting(c.probe, &forgetting));
    assert_true(forgetting.lanes[0].reach == 0 && forgetting.lanes[0].difference[1] == 0);
    probe_close(&c);
}

/* ---- lengths and refusals ---- */

static void a_probe_says_what_it_looks_at(void **state)
{
    (void)state;
    probe_case    c;
    recur_lengths lengths;
    probe_open(&c, RECUR_F32, (recur_lm_spec){.rnn = {.hidden = 4}}, probe_text,
               (recur_probe_opts){.steps = 10});
    LM_OK(c.ctx, recur_probe_lengths(c.probe, &lengths));
    int64_t size = (int64_t)strlen(probe_text);
    assert_true(lengths.items == 1 && lengths.longest == size && lengths.median == size);
    assert_true(lengths.sequences == (size - 1) / 10 && lengths.most_steps == 10);
    probe_close(&c);
}

static void what_cannot_be_looked_at_is_refused(void **state)
{
    (void)state;
    probe_case       c;
    recur_corpus    *tiny = NULL;
    recur_probe     *probe = NULL;
    recur_probe_opts wrong = {.steps = -1};
    probe_open(&c, RECUR_F32, (recur_lm_spec){.rnn = {.hidden = 4}}, probe_text, (recur_probe_opts){0});
    LM_OK(c.ctx, recur_corpus_encode(c.ctx, recur_model_vocab(c.model), "ab", 2, &tiny));
    recur_probe_data none = {0}, two = {.corpus = tiny}, all = {.corpus = c.corpus};
    LM_FAILS(c.ctx, RECUR_EARG, "corpus", recur_probe_create(c.model, &none, NULL, &probe));
    LM_FAILS(c.ctx, RECUR_EDATA, "2 tokens; wanted 3 or more",
             recur_probe_create(c.model, &two, NULL, &probe));
    LM_FAILS(c.ctx, RECUR_EARG, "steps", recur_probe_create(c.model, &all, &wrong, &probe));
    assert_null(probe);
    recur_corpus_destroy(tiny);
    probe_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_flow_is_that_of_differences),
        cmocka_unit_test(the_rate_is_the_weight_and_the_horizon_where_it_falls_to_a_hundredth),
        cmocka_unit_test(gates_of_one_unit_are_those_of_their_biases),
        cmocka_unit_test(a_grus_update_gate_is_what_keeps),
        cmocka_unit_test(units_that_do_nothing_are_dead),
        cmocka_unit_test(exponents_are_those_of_the_stack),
        cmocka_unit_test(the_exponent_of_a_diagonal_is_its_logarithm),
        cmocka_unit_test(updates_are_the_gradients_of_the_mean_loss),
        cmocka_unit_test(the_loss_of_a_cut_context_is_that_of_cut_data),
        cmocka_unit_test(without_memory_the_shortest_context_does),
        cmocka_unit_test(the_forgetting_curve_of_a_sum),
        cmocka_unit_test(a_probe_says_what_it_looks_at),
        cmocka_unit_test(what_cannot_be_looked_at_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
