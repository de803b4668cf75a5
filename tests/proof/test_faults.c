/* Memory runs out at every allocation in turn: always RECUR_EMEMORY, nothing is lost, and the same objects work again afterwards.
 *
 * An allocator counts down and fails once at the k-th call, for every k until a run needs fewer calls. It also counts what is still out:
 * nothing may be left when everything is destroyed.
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

/* An allocator that counts. */
typedef struct memory_meter {
    int64_t calls, fail_at; /* fail_at 0: never */
    int64_t outstanding;
} memory_meter;

static void *meter_allocate(void *user, size_t bytes)
{
    memory_meter *m = user;
    m->calls++;
    if (m->calls == m->fail_at) return NULL;
    m->outstanding++;
    return malloc(bytes);
}

static void meter_release(void *user, void *memory)
{
    ((memory_meter *)user)->outstanding--;
    free(memory);
}

static recur_status metered_ctx(memory_meter *m, recur_ctx **ctx)
{
    recur_allocator allocator = {meter_allocate, meter_release, m};
    return recur_ctx_create(&(recur_ctx_opts){.threads = 2, .allocator = allocator}, ctx);
}

/* A two-layer bidirectional LSTM tagger with everything that takes memory. */
typedef struct model {
    recur_ctx       *ctx;
    recur_params    *params;
    recur_embedding *embedding;
    recur_rnn       *rnn;
    recur_linear    *head;
    recur_tape      *tape;
    recur_pack      *tokens, *targets;
    recur_trainer   *trainer;
} model;

enum { V = 11, E = 3, H = 5, B = 4 };

static recur_status fill_packs(model *m)
{
    const int64_t  lengths[B] = {3, 5, 0, 2};
    int32_t        ids[5] = {1, 4, 9, 10, 0};
    const int32_t *rows[B] = {ids, ids, ids, ids};
    recur_status   status = recur_pack_set(m->tokens, B, lengths, rows);
    return status ? status : recur_pack_set(m->targets, B, lengths, rows);
}

static recur_status build_layers(model *m)
{
    recur_status         status;
    recur_embedding_spec table = {.vocabulary = V, .size = E};
    recur_rnn_spec       spec = {.input = E,
                                 .hidden = H,
                                 .layers = 2,
                                 .bidirectional = true,
                                 .dropout = 0.3,
                                 .trained_state = true,
                                 .init = {RECUR_INIT_ORTHOGONAL, 0}};
    if ((status = recur_params_create(m->ctx, 1, &m->params))) return status;
    if ((status = recur_embedding_create(m->params, "embedding", &table, &m->embedding))) return status;
    if ((status = recur_rnn_create(m->params, "rnn", &spec, &m->rnn))) return status;
    return recur_linear_create(m->params, "head", &(recur_linear_spec){.input = 2 * H, .output = V},
                               &m->head);
}

static recur_status build(model *m)
{
    recur_status status;
    if ((status = build_layers(m))) return status;
    if ((status = recur_tape_create(m->ctx, &m->tape))) return status;
    if ((status = recur_pack_create(m->ctx, &m->tokens))) return status;
    if ((status = recur_pack_create(m->ctx, &m->targets))) return status;
    return recur_trainer_create(m->params, &(recur_train_opts){.lr = 0.01, .clip_norm = 1}, &m->trainer);
}

static void destroy(model *m)
{
    recur_trainer_destroy(m->trainer);
    recur_pack_destroy(m->targets);
    recur_pack_destroy(m->tokens);
    recur_tape_destroy(m->tape);
    recur_linear_destroy(m->head);
    recur_rnn_destroy(m->rnn);
    recur_embedding_destroy(m->embedding);
    recur_params_destroy(m->params);
    recur_ctx_destroy(m->ctx);
}

/* One pass, forwards and backwards; traced ones take more memory. */
static recur_status pass(model *m, double *loss_value)
{
    recur_tape_reset(m->tape);
    recur_params_zero_grad(m->params);
    recur_status status = fill_packs(m);
    if (status) return status;
    recur_trace trace;
    recur_var   x = recur_dropout(m->tape, recur_embed(m->tape, m->embedding, m->tokens), m->tokens, 0.2);
    recur_seq   y = recur_rnn_apply_traced(m->tape, m->rnn, x, m->tokens, RECUR_NO_STATE, &trace);
    recur_var   logits = recur_linear_apply(m->tape, m->head, y.output);
    recur_var   loss = recur_cross_entropy(m->tape, logits, m->targets, RECUR_MEAN);
    loss = recur_add(m->tape, loss,
                     recur_linear_cross_entropy(m->tape, m->head, y.output, m->targets, RECUR_SUM));
    *loss_value = recur_scalar(m->tape, loss);
    return recur_backward(m->tape, loss);
}

/* What a pass gives when nothing fails. */
static double reference(double *norm)
{
    model  m = {.ctx = proof_ctx(RECUR_F32, 2)};
    double loss;
    assert_int_equal(build(&m), RECUR_OK);
    PROOF_OK(m.ctx, pass(&m, &loss));
    *norm = recur_params_grad_norm(m.params);
    destroy(&m);
    return loss;
}

static void pass_survives(void **state)
{
    (void)state;
    double  norm, loss, wanted = reference(&norm);
    int64_t k = 1;
    for (bool has_failed = true; has_failed; k++) {
        memory_meter meter = {0};
        model        m = {0};
        assert_int_equal(metered_ctx(&meter, &m.ctx), RECUR_OK);
        assert_int_equal(build(&m), RECUR_OK);
        meter.fail_at = meter.calls + k;
        recur_status status = pass(&m, &loss);
        has_failed = meter.calls >= meter.fail_at;
        meter.fail_at = 0;
        if (status != (has_failed ? RECUR_EMEMORY : RECUR_OK))
            fail_msg("failing at allocation %lld: %s", (long long)k, recur_status_name(status));
        if (has_failed) {
            assert_non_null(strstr(recur_error(m.ctx), "memory"));
            PROOF_OK(m.ctx, pass(&m, &loss));
        }
        assert_true(loss == wanted);
        assert_true(recur_params_grad_norm(m.params) == norm);
        destroy(&m);
        assert_int_equal(meter.outstanding, 0);
    }
    assert_true(k > 5); /* a pass does allocate */
}

/* Making a context and everything else. */
static void building_survives(void **state)
{
    (void)state;
    int64_t k = 1;
    for (bool has_failed = true; has_failed; k++) {
        memory_meter meter = {.fail_at = k};
        model        m = {0};
        recur_status status = metered_ctx(&meter, &m.ctx);
        if (status) assert_null(m.ctx);
        if (!status) status = build(&m);
        has_failed = meter.calls >= k;
        if (status != (has_failed ? RECUR_EMEMORY : RECUR_OK))
            fail_msg("failing at allocation %lld: %s", (long long)k, recur_status_name(status));
        destroy(&m);
        assert_int_equal(meter.outstanding, 0);
    }
    assert_true(k > 10);
}

/* A stack that could not be made leaves params as they were, and can then be made. */
static void params_are_unchanged(void **state)
{
    (void)state;
    int64_t k = 1;
    for (bool has_failed = true; has_failed; k++) {
        memory_meter  meter = {0};
        recur_ctx    *ctx;
        recur_params *params;
        recur_rnn    *rnn = NULL;
        int64_t       index;
        double        value = 0.5;
        assert_int_equal(metered_ctx(&meter, &ctx), RECUR_OK);
        PROOF_OK(ctx, recur_params_create(ctx, 1, &params));
        PROOF_OK(ctx, recur_params_add(params, "own", RECUR_SHAPE(1), (recur_init){RECUR_INIT_CONSTANT, 0.5},
                                       &index));
        meter.fail_at = meter.calls + k;
        recur_rnn_spec spec = {.input = 20, .hidden = 30, .layers = 2, .init = {RECUR_INIT_ORTHOGONAL, 0}};
        recur_status   status = recur_rnn_create(params, "rnn", &spec, &rnn);
        has_failed = meter.calls >= meter.fail_at;
        meter.fail_at = 0;
        assert_int_equal(status, has_failed ? RECUR_EMEMORY : RECUR_OK);
        if (has_failed) {
            assert_int_equal(recur_params_tensors(params), 1);
            assert_int_equal(recur_params_count(params), 1);
            PROOF_OK(ctx, recur_params_get(params, 0, &value));
            assert_true(value == 0.5);
            PROOF_OK(ctx, recur_rnn_create(params, "rnn", &spec, &rnn));
        }
        recur_rnn_destroy(rnn);
        recur_params_destroy(params);
        recur_ctx_destroy(ctx);
        assert_int_equal(meter.outstanding, 0);
    }
}

/* After the first pass over the largest batch nothing is allocated, nor after the first update. */
static void nothing_after_the_first_pass(void **state)
{
    (void)state;
    memory_meter meter = {0};
    model        m = {0};
    double       loss;
    assert_int_equal(metered_ctx(&meter, &m.ctx), RECUR_OK);
    assert_int_equal(build(&m), RECUR_OK);
    PROOF_OK(m.ctx, pass(&m, &loss));
    recur_tape_reset(m.tape); /* blocks become one */
    int64_t calls = meter.calls;
    size_t  bytes = recur_tape_bytes(m.tape);
    for (int i = 0; i < 5; i++) {
        PROOF_OK(m.ctx, pass(&m, &loss));
        assert_int_equal(recur_tape_bytes(m.tape), bytes);
    }
    assert_int_equal(meter.calls, calls);
    for (int i = 0; i < 5; i++) {
        recur_tape_reset(m.tape);
        recur_var x = recur_embed(m.tape, m.embedding, m.tokens);
        recur_seq y = recur_rnn_apply(m.tape, m.rnn, x, m.tokens, RECUR_NO_STATE);
        PROOF_OK(m.ctx,
                 recur_trainer_step(
                     m.trainer, m.tape,
                     recur_linear_cross_entropy(m.tape, m.head, y.output, m.targets, RECUR_MEAN), NULL));
    }
    assert_int_equal(meter.calls, calls);
    destroy(&m);
    assert_int_equal(meter.outstanding, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pass_survives),
        cmocka_unit_test(building_survives),
        cmocka_unit_test(params_are_unchanged),
        cmocka_unit_test(nothing_after_the_first_pass),
    };
    return cmocka_run_group_tests_name("memory runs out", tests, NULL, NULL);
}
