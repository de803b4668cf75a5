/* Random tanh networks of 256 units against the theory of infinitely many: the largest exponent within 0.02 per step.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

enum { N = 256, I = 32, WARMUP = 60, STEPS = 240, SETTLE = 20, T = WARMUP + STEPS + SETTLE, NETWORKS = 3 };

static void scale(const recur_ctx *ctx, recur_params *params, const char *name, double by)
{
    int64_t           index = recur_params_find(params, name);
    recur_tensor_info info;
    PROOF_OK(ctx, recur_params_info(params, index, &info));
    double *w = proof_doubles(info.count);
    PROOF_OK(ctx, recur_params_get(params, index, w));
    for (int64_t i = 0; i < info.count; i++) w[i] *= by;
    PROOF_OK(ctx, recur_params_set(params, index, w));
    free(w);
}

/* The largest exponent of one network with recurrent weights N(0, g^2/N) and inputs N(0, s2) at each unit, new ones at each step. */
static double measure(double g, double s2, uint64_t seed)
{
    recur_ctx    *ctx = proof_ctx(RECUR_F64, 1);
    recur_params *params, *noise;
    recur_rnn    *rnn;
    recur_driven *driven;
    int64_t       index;
    double        exponent, *inputs = proof_doubles(T * I);
    PROOF_OK(ctx, recur_params_create(ctx, seed, &params));
    PROOF_OK(ctx, recur_params_create(ctx, seed + 1000, &noise));
    PROOF_OK(ctx, recur_params_add(noise, "x", RECUR_SHAPE(T, I), (recur_init){0}, &index));
    PROOF_OK(ctx, recur_params_get(noise, index, inputs));
    recur_rnn_spec spec = {.cell = RECUR_RNN_TANH, .input = I, .hidden = N, .init = {RECUR_INIT_NORMAL, 1}};
    PROOF_OK(ctx, recur_rnn_create(params, "", &spec, &rnn));
    scale(ctx, params, "weight_hh_l0", g / sqrt(N));
    scale(ctx, params, "weight_ih_l0", sqrt(s2 / I));
    scale(ctx, params, "bias_ih_l0", 0);
    scale(ctx, params, "bias_hh_l0", 0);
    PROOF_OK(ctx, recur_driven_create(ctx, rnn, T, inputs, &driven));
    recur_system        system = recur_driven_system(driven);
    recur_lyapunov_opts opts = {.k = 1, .steps = STEPS, .warmup = WARMUP, .settle = SETTLE};
    PROOF_OK(ctx, recur_lyapunov(ctx, &system, NULL, &opts, &exponent, NULL));
    recur_driven_destroy(driven);
    recur_rnn_destroy(rnn);
    recur_params_destroy(noise);
    recur_params_destroy(params);
    recur_ctx_destroy(ctx);
    free(inputs);
    return exponent;
}

static void networks_follow_the_theory(void **state)
{
    (void)state;
    const double cases[][2] = {{0.5, 0.5},     {0.9, 1.0 / 6}, {1, 1.0 / 6}, {1.3, 1.0 / 6},
                               {1.6, 1.0 / 6}, {2, 1.0 / 6},   {3, 1.0 / 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double g = cases[i][0], s2 = cases[i][1], mean = 0, wanted = recur_mean_field(g, s2, NULL);
        for (uint64_t seed = 1; seed <= NETWORKS; seed++) mean += measure(g, s2, seed) / NETWORKS;
        if (!(fabs(mean - wanted) < 0.02)) fail_msg("g %g: %.4f, the theory says %.4f", g, mean, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(networks_follow_the_theory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
