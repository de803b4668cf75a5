/* Streams: the same bits as a whole sequence, no allocation while stepping, forks, and refusals that leave the state as it was.
 * SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "model/lm_fixture.h"

enum { T = 40 };

static void fill_tokens(int32_t *tokens, int32_t V)
{
    uint32_t seed = 9;
    for (int t = 0; t < T; t++) {
        seed = seed * 1664525u + 1013904223u;
        tokens[t] = (int32_t)((seed >> 16) % (uint32_t)V);
    }
}

/* A stream in memory of its own; free the memory, which *memory receives. */
static recur_stream *make_stream(recur_ctx *ctx, const recur_model *model, void **memory)
{
    recur_stream *stream = NULL;
    size_t        bytes = recur_stream_bytes(model);
    *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(*memory);
    memset(*memory, 0xff, bytes);
    LM_OK(ctx, recur_stream_init(*memory, bytes, model, &stream));
    return stream;
}

/* Step through tokens and compare every logit with wanted [T,V], bit by bit. */
static void assert_same(recur_ctx *ctx, recur_stream *stream, const int32_t *tokens, int n, int64_t V,
                        const double *wanted)
{
    double found[64];
    assert_true(V <= 64);
    for (int t = 0; t < n; t++) {
        LM_OK(ctx, recur_stream_step_f64(stream, tokens[t], found));
        assert_memory_equal(found, wanted + t * V, (size_t)V * sizeof *found);
    }
}

static void equals_whole_sequence(recur_dtype dtype)
{
    for (int i = 0; i < LM_SPECS; i++) {
        lm_memory    memory;
        recur_ctx   *ctx = lm_ctx(&memory, dtype);
        recur_model *model = lm_model(ctx, lm_spec(i));
        int64_t      V = recur_vocab_size(recur_model_vocab(model));
        int32_t      tokens[T];
        fill_tokens(tokens, (int32_t)V);
        double       *wanted = lm_logits(ctx, model, tokens, T);
        void         *own;
        recur_stream *stream = make_stream(ctx, model, &own);
        assert_same(ctx, stream, tokens, T, V, wanted);
        recur_stream_reset(stream);
        assert_same(ctx, stream, tokens, T, V, wanted);
        free(own);
        free(wanted);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

static void equals_whole_sequence_f32(void **state)
{
    (void)state;
    equals_whole_sequence(RECUR_F32);
}

static void equals_whole_sequence_f64(void **state)
{
    (void)state;
    equals_whole_sequence(RECUR_F64);
}

/* A larger model: panels of several blocks, a head of more outputs than a block. */
static void equals_whole_sequence_large(void **state)
{
    (void)state;
    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model  *model = NULL;
    recur_lm_spec spec = {.embed = 50, .rnn = {.cell = RECUR_LSTM, .hidden = 130, .layers = 2}};
    LM_OK(ctx, recur_lm_create(ctx, &spec, lm_vocab(ctx, RECUR_BYTE, "x"), 1, &model));
    int32_t tokens[T];
    fill_tokens(tokens, 256);
    double       *wanted = lm_logits(ctx, model, tokens, T);
    void         *own;
    recur_stream *stream = make_stream(ctx, model, &own);
    for (int t = 0; t < T; t++) {
        float found[256];
        LM_OK(ctx, recur_stream_step(stream, tokens[t], found));
        for (int v = 0; v < 256; v++) assert_true(found[v] == (float)wanted[t * 256 + v]);
    }
    free(own);
    free(wanted);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

static void float_and_double_agree(void **state)
{
    (void)state;
    for (int type = 0; type < 2; type++) {
        lm_memory     memory;
        recur_ctx    *ctx = lm_ctx(&memory, type ? RECUR_F64 : RECUR_F32);
        recur_model  *model = lm_model(ctx, lm_spec(4));
        void         *memory_a, *memory_b;
        recur_stream *a = make_stream(ctx, model, &memory_a), *b = make_stream(ctx, model, &memory_b);
        for (int32_t id = 0; id < 11; id++) {
            float  x[11];
            double y[11];
            LM_OK(ctx, recur_stream_step(a, id, x));
            LM_OK(ctx, recur_stream_step_f64(b, id, y));
            for (int v = 0; v < 11; v++) assert_true(x[v] == (float)y[v]);
        }
        free(memory_a);
        free(memory_b);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

static void steps_do_not_allocate(void **state)
{
    (void)state;
    for (int i = 0; i < LM_SPECS; i++) {
        lm_memory     memory;
        recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
        recur_model  *model = lm_model(ctx, lm_spec(i));
        void         *own;
        recur_stream *stream = make_stream(ctx, model, &own);
        long          before = memory.n;
        for (int32_t t = 0; t < 100; t++) {
            float logits[11];
            assert_int_equal(recur_stream_step(stream, t % 11, logits), RECUR_OK);
        }
        recur_stream_reset(stream);
        assert_int_equal(memory.n, before);
        free(own);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
    }
}

/* A fork goes on as its origin would, whatever the origin does, even after the origin's memory is gone. */
static void forks(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = lm_model(ctx, lm_spec(4));
    int32_t      tokens[T];
    fill_tokens(tokens, 11);
    double       *wanted = lm_logits(ctx, model, tokens, T);
    void         *own;
    recur_stream *stream = make_stream(ctx, model, &own), *fork;
    size_t        bytes = recur_stream_bytes(model);
    assert_same(ctx, stream, tokens, 17, 11, wanted);

    void *other = aligned_alloc(64, (bytes + 63) / 64 * 64);
    LM_OK(ctx, recur_stream_fork(stream, other, bytes, &fork));
    float logits[11];
    LM_OK(ctx, recur_stream_step(stream, 3, logits));
    LM_OK(ctx, recur_stream_step(stream, 3, logits));
    memset(own, 0xff, bytes);
    free(own);
    assert_same(ctx, fork, tokens + 17, T - 17, 11, wanted + 17 * 11);

    LM_FAILS(ctx, RECUR_EARG, "wants", recur_stream_fork(fork, other, bytes - 1, &stream));
    assert_null(stream);
    free(other);
    free(wanted);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

static void refusals(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = lm_model(ctx, lm_spec(0));
    int32_t      tokens[T];
    fill_tokens(tokens, 11);
    double       *wanted = lm_logits(ctx, model, tokens, T);
    size_t        bytes = recur_stream_bytes(model);
    char          number[32];
    void         *own;
    recur_stream *stream = make_stream(ctx, model, &own), *none = stream;
    snprintf(number, sizeof number, "%zu bytes", bytes);
    LM_FAILS(ctx, RECUR_EARG, number, recur_stream_init(NULL, bytes, model, &none));
    assert_null(none);
    LM_FAILS(ctx, RECUR_EARG, number, recur_stream_init(own, bytes - 1, model, &none));
    LM_FAILS(ctx, RECUR_EARG, number, recur_stream_init(own, 0, model, &none));
    LM_FAILS(ctx, RECUR_EARG, "aligned to 64", recur_stream_init((char *)own + 8, bytes, model, &none));

    float  logits[11];
    double logits_f64[11];
    assert_same(ctx, stream, tokens, 5, 11, wanted);
    LM_FAILS(ctx, RECUR_EARG, "token 11 ", recur_stream_step(stream, 11, logits));
    LM_FAILS(ctx, RECUR_EARG, "token -1 ", recur_stream_step(stream, -1, logits));
    LM_FAILS(ctx, RECUR_EARG, "logits", recur_stream_step(stream, 0, NULL));
    LM_FAILS(ctx, RECUR_EARG, "token 99 ", recur_stream_step_f64(stream, 99, logits_f64));
    LM_FAILS(ctx, RECUR_EARG, "logits", recur_stream_step_f64(stream, 0, NULL));
    assert_int_equal(recur_stream_step(NULL, 0, logits), RECUR_EARG);
    assert_same(ctx, stream, tokens + 5, T - 5, 11, wanted + 5 * 11);
    free(own);
    free(wanted);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* Whatever allocation fails while the weights are packed, init says so and a second try works. */
static void no_memory_at_init(void **state)
{
    (void)state;
    for (long at = 1;; at++) {
        lm_memory     memory;
        recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
        recur_model  *model = lm_model(ctx, lm_spec(7));
        size_t        bytes = recur_stream_bytes(model);
        void         *own = aligned_alloc(64, (bytes + 63) / 64 * 64);
        recur_stream *stream;
        memory.fail_at = memory.n + at;
        recur_status status = recur_stream_init(own, bytes, model, &stream);
        memory.fail_at = 0;
        if (status) {
            assert_int_equal(status, RECUR_EMEMORY);
            assert_null(stream);
            LM_OK(ctx, recur_stream_init(own, bytes, model, &stream));
        }
        free(own);
        recur_model_destroy(model);
        lm_end(&memory, ctx);
        if (!status) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_whole_sequence_f32),
        cmocka_unit_test(equals_whole_sequence_f64),
        cmocka_unit_test(equals_whole_sequence_large),
        cmocka_unit_test(float_and_double_agree),
        cmocka_unit_test(steps_do_not_allocate),
        cmocka_unit_test(forks),
        cmocka_unit_test(refusals),
        cmocka_unit_test(no_memory_at_init),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
