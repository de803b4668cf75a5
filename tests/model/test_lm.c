/* The language model: its parts under PyTorch's names, how they start, its loss against its logits, windows with carried state, and
 * what is refused.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>

#include "model/lm_fixture.h"

/* ---- what it is made of ---- */

static void assert_tensors(const recur_params *params, int n, const char *const *names)
{
    assert_int_equal(recur_params_tensors(params), n);
    for (int i = 0; i < n; i++)
        if (recur_params_find(params, names[i]) < 0) fail_msg("no tensor %s", names[i]);
}

static void names(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = lm_model(ctx, lm_spec(0));
    assert_tensors(recur_model_params(model), 6,
                   (const char *const[]){"rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0",
                                         "rnn.bias_hh_l0", "head.weight", "head.bias"});
    recur_model_destroy(model);
    model = lm_model(ctx, lm_spec(8));
    assert_tensors(recur_model_params(model), 7,
                   (const char *const[]){"embedding.weight", "rnn.weight_ih_l0", "rnn.weight_hh_l0",
                                         "rnn.weight_hr_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0",
                                         "head.bias"});
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* The published parameter counts of two recipes, and their operations by hand. */
static void counts(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model;
    char         text[65];
    for (int i = 0; i < 65; i++) text[i] = (char)(' ' + i);
    recur_vocab *vocab = NULL;
    const char  *texts = text;
    size_t       bytes = 65;
    LM_OK(ctx, recur_vocab_build(ctx, RECUR_CHAR, 1, &texts, &bytes, NULL, &vocab));
    recur_lm_spec spec = {.rnn = {.hidden = 128, .layers = 2}};
    LM_OK(ctx, recur_lm_create(ctx, &spec, vocab, 1, &model));
    assert_int_equal(recur_params_count(recur_model_params(model)), 240321);
    assert_int_equal(recur_model_flops_per_step(model), 2 * (4 * 128 * (128 + 128 + 128) + 65 * 128));
    assert_int_equal(recur_lm_get_spec(model)->rnn.input, 65);
    assert_int_equal(recur_lm_get_spec(model)->rnn.layers, 2);
    recur_model_destroy(model);

    model = lm_model(ctx, lm_spec(8)); /* embed 8, LSTM 20 projected to 8 */
    assert_int_equal(recur_model_flops_per_step(model), 2 * (80 * (8 + 8) + 8 * 20 + 11 * 8));
    assert_int_equal(recur_lm_get_spec(model)->rnn.layers, 1);
    recur_model_destroy(model);
    model = lm_model(ctx, lm_spec(5)); /* embed 6, GRU 16, two layers */
    assert_int_equal(recur_model_flops_per_step(model), 2 * (48 * (6 + 16) + 48 * (16 + 16) + 11 * 16));
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* Mean and greatest size of a tensor's values. */
static void measure(recur_ctx *ctx, const recur_model *model, const char *name, double *square,
                    double *greatest)
{
    const recur_params *params = recur_model_params(model);
    int64_t             index = recur_params_find(params, name);
    recur_tensor_info   info;
    LM_OK(ctx, recur_params_info(params, index, &info));
    double *values = malloc((size_t)info.count * sizeof *values);
    LM_OK(ctx, recur_params_get(params, index, values));
    *square = *greatest = 0;
    for (int64_t i = 0; i < info.count; i++) {
        *square += values[i] * values[i] / (double)info.count;
        *greatest = fmax(*greatest, fabs(values[i]));
    }
    free(values);
}

/* Uniform, normal and constant reach embedding and head; the other starts leave them their own. */
static void starts(void **state)
{
    (void)state;
    lm_memory        memory;
    recur_ctx       *ctx = lm_ctx(&memory, RECUR_F32);
    const recur_init inits[] = {{RECUR_INIT_UNIFORM, 0.08}, {RECUR_INIT_NORMAL, 0.02},
                                {RECUR_INIT_CONSTANT, 0.3}, {RECUR_INIT_DEFAULT, 0},
                                {RECUR_INIT_ORTHOGONAL, 0}, {RECUR_INIT_IDENTITY, 0.5},
                                {RECUR_INIT_CHRONO, 20}};
    for (int i = 0; i < 7; i++) {
        recur_model  *model;
        recur_lm_spec spec = {.embed = 100, .rnn = {.hidden = 64, .init = inits[i]}};
        LM_OK(ctx, recur_lm_create(ctx, &spec, lm_vocab(ctx, RECUR_BYTE, "x"), 1, &model));
        double square[2], greatest[2];
        measure(ctx, model, "embedding.weight", &square[0], &greatest[0]);
        measure(ctx, model, "head.weight", &square[1], &greatest[1]);
        double own[2] = {1, 1.0 / 64 / 3}; /* N(0,1); U(+-1/8) */
        for (int k = 0; k < 2; k++) {
            double wanted = i == 0 ? 0.08 * 0.08 / 3 : i == 1 ? 0.02 * 0.02 : i == 2 ? 0.09 : own[k];
            assert_true(fabs(square[k] / wanted - 1) < 0.05);
            if (i == 0) assert_true(greatest[k] <= (double)0.08f);
        }
        recur_model_destroy(model);
    }
    lm_end(&memory, ctx);
}

static void same_seed_same_model(void **state)
{
    (void)state;
    lm_memory  memory;
    recur_ctx *ctx = lm_ctx(&memory, RECUR_F32);
    double     x[3][99];
    for (int i = 0; i < 3; i++) {
        recur_model  *model;
        recur_lm_spec spec = {.embed = 9, .rnn = {.hidden = 4}};
        LM_OK(ctx,
              recur_lm_create(ctx, &spec, lm_vocab(ctx, RECUR_CHAR, "abcdefghijk"), i == 2 ? 8 : 7, &model));
        LM_OK(ctx, recur_params_get(recur_model_params(model), 0, x[i]));
        recur_model_destroy(model);
    }
    assert_memory_equal(x[0], x[1], sizeof x[0]);
    assert_memory_not_equal(x[0], x[2], sizeof x[0]);
    lm_end(&memory, ctx);
}

/* ---- what it computes ---- */

/* The loss is the mean of -log softmax of the logits at the targets, computed here from the logits by hand. */
static void loss_against_logits(void **state)
{
    (void)state;
    enum { T = 13 };
    const int32_t tokens[T] = {0, 3, 1, 10, 7, 7, 2, 9, 5, 4, 8, 6, 0};
    const int32_t targets[T] = {3, 1, 10, 7, 7, 2, 9, 5, 4, 8, 6, 0, RECUR_IGNORE};
    for (int i = 0; i < LM_SPECS; i++) {
        lm_memory    memory;
        recur_ctx   *ctx = lm_ctx(&memory, RECUR_F64);
        recur_model *model = lm_model(ctx, lm_spec(i));
        double      *logits = lm_logits(ctx, model, tokens, T), wanted = 0;
        for (int t = 0; t < T - 1; t++) {
            double mass = 0;
            for (int v = 0; v < 11; v++) mass += exp(logits[t * 11 + v]);
            wanted += log(mass) - logits[t * 11 + targets[t]];
        }
        recur_tape *tape;
        recur_pack *in, *out;
        LM_OK(ctx, recur_tape_create(ctx, &tape));
        LM_OK(ctx, recur_pack_create(ctx, &in));
        LM_OK(ctx, recur_pack_create(ctx, &out));
        LM_OK(ctx, recur_pack_set_grid(in, T, 1, tokens));
        LM_OK(ctx, recur_pack_set_grid(out, T, 1, targets));
        recur_tape_set_inference(tape, true);
        double mean =
            recur_scalar(tape, recur_lm_loss(tape, model, in, out, RECUR_NO_STATE, RECUR_MEAN, NULL));
        double sum = recur_scalar(tape, recur_lm_loss(tape, model, in, out, RECUR_NO_STATE, RECUR_SUM, NULL));
        LM_OK(ctx, recur_tape_status(tape));
        assert_true(fabs(sum - wanted) < 1e-12 * wanted);
        assert_true(fabs(mean - wanted / (T - 1)) < 1e-12 * wanted);
        free(logits);
        recur_pack_destroy(in);
        recur_pack_destroy(out);
        recur_tape_destroy(tape);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

/* Two windows with carried state have the logits of one long sequence, to the bit. */
static void windows(void **state)
{
    (void)state;
    enum { T = 12, CUT = 5, V = 11 };
    const int32_t tokens[T] = {0, 3, 1, 10, 7, 7, 2, 9, 5, 4, 8, 6};
    for (int i = 0; i < LM_SPECS; i++) {
        lm_memory    memory;
        recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
        recur_model *model = lm_model(ctx, lm_spec(i));
        double      *whole = lm_logits(ctx, model, tokens, T), parts[T * V];
        recur_tape  *tape;
        recur_pack  *first, *second;
        recur_state  carried, end;
        LM_OK(ctx, recur_tape_create(ctx, &tape));
        LM_OK(ctx, recur_pack_create(ctx, &first));
        LM_OK(ctx, recur_pack_create(ctx, &second));
        LM_OK(ctx, recur_pack_set_grid(first, CUT, 1, tokens));
        LM_OK(ctx, recur_pack_set_grid(second, T - CUT, 1, tokens + CUT));
        recur_tape_set_inference(tape, true);
        recur_var a = recur_lm_logits(tape, model, first, RECUR_NO_STATE, &carried);
        recur_var b = recur_lm_logits(tape, model, second, carried, &end);
        LM_OK(ctx, recur_value_f64(tape, a, parts));
        LM_OK(ctx, recur_value_f64(tape, b, parts + CUT * V));
        assert_memory_equal(whole, parts, sizeof parts);
        assert_int_equal(end.c.id != 0, recur_lm_get_spec(model)->rnn.cell == RECUR_LSTM);
        free(whole);
        recur_pack_destroy(first);
        recur_pack_destroy(second);
        recur_tape_destroy(tape);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

/* Dropout acts in training and only there: the loss then depends on the noise, and in inference it does not. */
static void dropout(void **state)
{
    (void)state;
    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
    const int32_t tokens[6] = {0, 3, 1, 10, 7, 7};
    recur_tape   *tape;
    recur_pack   *pack;
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    LM_OK(ctx, recur_pack_create(ctx, &pack));
    LM_OK(ctx, recur_pack_set_grid(pack, 6, 1, tokens));
    for (int with = 0; with < 2; with++) {
        recur_lm_spec spec = {.embed = 6, .dropout = with ? 0.5 : 0, .rnn = {.hidden = 8}};
        recur_model  *model = lm_model(ctx, spec);
        double        loss[4];
        for (int i = 0; i < 4; i++) {
            recur_tape_reset(tape);
            recur_tape_set_inference(tape, i >= 2);
            recur_tape_set_noise(tape, (uint64_t)i, 1);
            loss[i] =
                recur_scalar(tape, recur_lm_loss(tape, model, pack, pack, RECUR_NO_STATE, RECUR_MEAN, NULL));
        }
        assert_int_equal(loss[0] != loss[1], with);
        assert_true(loss[2] == loss[3]);
        assert_int_equal(loss[0] != loss[2], with);
        recur_model_destroy(model);
    }
    recur_pack_destroy(pack);
    recur_tape_destroy(tape);
    lm_end(&memory, ctx);
}

/* It acts in two places. On the embedding: the final state then depends on the noise. On the stack's output, the only place where there
 * is no embedding: the loss does and the state does not. */
static void dropout_in_two_places(void **state)
{
    (void)state;
    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
    const int32_t tokens[6] = {0, 3, 1, 10, 7, 7};
    recur_tape   *tape;
    recur_pack   *pack;
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    LM_OK(ctx, recur_pack_create(ctx, &pack));
    LM_OK(ctx, recur_pack_set_grid(pack, 6, 1, tokens));
    for (int embeds = 0; embeds < 2; embeds++) {
        recur_model *model =
            lm_model(ctx, (recur_lm_spec){.embed = embeds ? 6 : 0, .dropout = 0.5, .rnn = {.hidden = 8}});
        double loss[2], h[2][8];
        for (int i = 0; i < 2; i++) {
            recur_state final;
            recur_tape_reset(tape);
            recur_tape_set_noise(tape, (uint64_t)i, 1);
            loss[i] = recur_scalar(
                tape, recur_lm_loss(tape, model, pack, pack, RECUR_NO_STATE, RECUR_MEAN, &final));
            LM_OK(ctx, recur_value_f64(tape, final.h, h[i]));
        }
        assert_true(loss[0] != loss[1]);
        assert_int_equal(memcmp(h[0], h[1], sizeof h[0]) != 0, embeds);
        recur_model_destroy(model);
    }
    recur_pack_destroy(pack);
    recur_tape_destroy(tape);
    lm_end(&memory, ctx);
}

/* A tied table gets the gradients of both its uses: finite differences along every element agree. */
static void tied_gradient(void **state)
{
    (void)state;
    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F64);
    const int32_t tokens[5] = {0, 3, 1, 10, 7}, targets[5] = {3, 1, 10, 7, 2};
    recur_model  *model = lm_model(ctx, (recur_lm_spec){.embed = 5, .tie = true, .rnn = {.hidden = 5}});
    recur_params *params = recur_model_params(model);
    int64_t       table = recur_params_find(params, "embedding.weight");
    recur_tape   *tape;
    recur_pack   *in, *out;
    double        w[55], g[55];
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    LM_OK(ctx, recur_pack_create(ctx, &in));
    LM_OK(ctx, recur_pack_create(ctx, &out));
    LM_OK(ctx, recur_pack_set_grid(in, 5, 1, tokens));
    LM_OK(ctx, recur_pack_set_grid(out, 5, 1, targets));
    LM_OK(ctx, recur_backward(tape, recur_lm_loss(tape, model, in, out, RECUR_NO_STATE, RECUR_SUM, NULL)));
    LM_OK(ctx, recur_params_grad(params, table, g));
    LM_OK(ctx, recur_params_get(params, table, w));
    for (int i = 0; i < 55; i++) {
        double loss[2], kept = w[i];
        for (int k = 0; k < 2; k++) {
            w[i] = kept + (k ? 1e-5 : -1e-5);
            LM_OK(ctx, recur_params_set(params, table, w));
            recur_tape_reset(tape);
            loss[k] =
                recur_scalar(tape, recur_lm_loss(tape, model, in, out, RECUR_NO_STATE, RECUR_SUM, NULL));
        }
        w[i] = kept;
        assert_true(fabs((loss[1] - loss[0]) / 2e-5 - g[i]) < 1e-7);
    }
    recur_pack_destroy(in);
    recur_pack_destroy(out);
    recur_tape_destroy(tape);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* ---- what is refused ---- */

static void refusals(void **state)
{
    (void)state;
    const struct {
        const char   *says;
        recur_lm_spec spec;
    } bad[] = {
        {"generation has no future", {.rnn = {.hidden = 4, .bidirectional = true}}},
        {"embed", {.embed = -1, .rnn = {.hidden = 4}}},
        {"embed", {.embed = INT64_C(1) << 40, .rnn = {.hidden = 4}}},
        {"tie wants an embedding of the stack's output size 4, found embed 5",
         {.embed = 5, .tie = true, .rnn = {.hidden = 4}}},
        {"tie wants", {.tie = true, .rnn = {.hidden = 4}}},
        {"size 2", {.embed = 4, .tie = true, .rnn = {.hidden = 4, .projection = 2}}},
        {"dropout", {.dropout = 1, .rnn = {.hidden = 4}}},
        {"dropout", {.dropout = -0.5, .rnn = {.hidden = 4}}},
        {"dropout", {.dropout = NAN, .rnn = {.hidden = 4}}},
        {"finite", {.rnn = {.hidden = 4, .init = {RECUR_INIT_UNIFORM, NAN}}}},
        {"finite", {.rnn = {.hidden = 4, .set_forget_bias = true, .forget_bias = INFINITY}}},
        {"", {.rnn = {.hidden = 0}}},
        {"", {.rnn = {.hidden = 4, .layers = -1}}},
        {"", {.rnn = {.cell = RECUR_GRU, .hidden = 4, .projection = 2}}},
        {"", {.rnn = {.hidden = 4, .reset_before = true}}},
    };
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model;
    LM_FAILS(ctx, RECUR_EARG, "vocabulary", recur_lm_create(ctx, &bad[0].spec, NULL, 1, &model));
    long live = memory.live;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        LM_FAILS(ctx, RECUR_EARG, bad[i].says,
                 recur_lm_create(ctx, &bad[i].spec, lm_vocab(ctx, RECUR_CHAR, "ab"), 1, &model));
        assert_null(model);
        assert_int_equal(memory.live, live); /* the vocabulary went as well */
    }
    LM_FAILS(ctx, RECUR_EARG, "spec", recur_lm_create(ctx, NULL, lm_vocab(ctx, RECUR_CHAR, "ab"), 1, &model));
    assert_int_equal(memory.live, live);
    recur_model_destroy(NULL);
    lm_end(&memory, ctx);
}

static void no_memory(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = NULL;
    LM_FAILS(ctx, RECUR_EARG, "vocabulary", recur_lm_create(ctx, &(recur_lm_spec){0}, NULL, 1, &model));
    long live = memory.live;
    for (long at = 1;; at++) {
        recur_lm_spec spec = {.embed = 4,
                              .rnn = {.hidden = 4, .layers = 2, .init = {RECUR_INIT_ORTHOGONAL, 1}}};
        recur_vocab  *vocab = lm_vocab(ctx, RECUR_CHAR, "ab");
        memory.fail_at = memory.n + at;
        recur_status status = recur_lm_create(ctx, &spec, vocab, 1, &model);
        memory.fail_at = 0;
        if (!status) {
            assert_true(at > 10);
            break;
        }
        LM_FAILS(ctx, RECUR_EMEMORY, "memory", status);
        assert_null(model);
        assert_int_equal(memory.live, live);
    }
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(counts),
        cmocka_unit_test(starts),
        cmocka_unit_test(same_seed_same_model),
        cmocka_unit_test(windows),
        cmocka_unit_test(loss_against_logits),
        cmocka_unit_test(dropout),
        cmocka_unit_test(tied_gradient),
        cmocka_unit_test(dropout_in_two_places),
        cmocka_unit_test(refusals),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
