/* Generation: what is emitted, piece by piece, what prompts do, and what is refused.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/lm_fixture.h"

enum { ROOM = 4096 };

/* What was emitted: the bytes, and how many pieces. */
typedef struct output {
    char   text[ROOM];
    size_t bytes;
    int    n, stop_after; /* 0: never */
    bool   is_whole;      /* every piece was one code point */
} output;

static bool collect(void *user, const char *bytes, size_t n)
{
    output *out = user;
    assert_true(out->bytes + n < ROOM);
    memcpy(out->text + out->bytes, bytes, n);
    out->bytes += n;
    out->text[out->bytes] = 0;
    out->n++;
    unsigned char lead = (unsigned char)bytes[0];
    if (n != (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)) out->is_whole = false;
    return out->n != out->stop_after;
}

static output generate(recur_ctx *ctx, const recur_model *model, const char *prompt, int64_t length,
                       const recur_sampling *sampling)
{
    output out = {.is_whole = true};
    LM_OK(ctx, recur_generate(model, prompt, prompt ? strlen(prompt) : 0, length, sampling, collect, &out));
    return out;
}

static recur_model *model_over(recur_ctx *ctx, recur_vocab *vocab, double init)
{
    recur_model  *model = NULL;
    recur_lm_spec spec = {.embed = 5,
                          .rnn = {.cell = RECUR_GRU, .hidden = 8, .init = {RECUR_INIT_UNIFORM, init}}};
    LM_OK(ctx, recur_lm_create(ctx, &spec, vocab, 3, &model));
    return model;
}

/* Greedy text is what following the greatest logit by hand gives. */
static void greedy_by_hand(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model   *model = lm_model(ctx, lm_spec(4));
    recur_sampling greedy = {.greedy = true};
    output         out = generate(ctx, model, "abj", 30, &greedy);
    assert_int_equal(out.n, 30);

    int32_t tokens[33];
    int64_t n;
    LM_OK(ctx, recur_vocab_encode(ctx, recur_model_vocab(model), "abj", 3, tokens, &n, NULL));
    for (int t = 3; t < 33; t++) {
        double *logits = lm_logits(ctx, model, tokens, t), *last = logits + (t - 1) * 11;
        tokens[t] = 0;
        for (int32_t v = 1; v < 11; v++)
            if (last[v] > last[tokens[t]]) tokens[t] = v;
        size_t bytes;
        assert_int_equal(*recur_vocab_token(recur_model_vocab(model), tokens[t], &bytes), out.text[t - 3]);
        free(logits);
    }
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

static void seeds(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model   *model = lm_model(ctx, lm_spec(0));
    recur_sampling one = {.seed = 1}, two = {.seed = 2};
    output         a = generate(ctx, model, "a", 200, &one), b = generate(ctx, model, "a", 200, &one);
    output         c = generate(ctx, model, "a", 200, &two), d = generate(ctx, model, "a", 200, NULL);
    output         e = generate(ctx, model, "a", 200, &(recur_sampling){0}),
           shorter = generate(ctx, model, "a", 50, &one);
    assert_string_equal(a.text, b.text);
    assert_string_not_equal(a.text, c.text);
    assert_string_equal(d.text, e.text);
    assert_memory_equal(a.text, shorter.text, 50);
    assert_int_equal(shorter.bytes, 50);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* An empty prompt is a line feed where there is one, else the first token. */
static void empty_prompts(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    recur_sampling greedy = {.greedy = true};
    const char    *texts[] = {"\tab\ncd", "bacd"}, *starts[] = {"\n", "a"};
    for (int i = 0; i < 2; i++) {
        recur_model *model = model_over(ctx, lm_vocab(ctx, RECUR_CHAR, texts[i]), 2);
        output none = generate(ctx, model, "", 20, &greedy), null = generate(ctx, model, NULL, 20, &greedy);
        output start = generate(ctx, model, starts[i], 20, &greedy);
        assert_string_equal(none.text, start.text);
        assert_string_equal(null.text, start.text);
        recur_model_destroy(model);
    }
    lm_end(&memory, ctx);
}

static void whole_code_points(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model =
        model_over(ctx, lm_vocab(ctx, RECUR_CHAR, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 0.01);
    output out = generate(ctx, model, "a", 200, NULL);
    assert_int_equal(out.n, 200);
    assert_true(out.is_whole);
    assert_non_null(strstr(out.text, "\xf0\x9f\x98\x80"));
    assert_non_null(strstr(out.text, "\xe2\x82\xac"));
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* Words are separated as in text: one space between words, none beside a line feed, none after a prompt that ends in a space. */
static void words(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = model_over(ctx, lm_vocab(ctx, RECUR_WORD, "one two three\nfour five"), 0.01);
    for (uint64_t seed = 0; seed < 20; seed++) {
        recur_sampling s = {.seed = seed};
        output at_word = generate(ctx, model, "one", 20, &s), at_space = generate(ctx, model, "one ", 20, &s);
        output at_line = generate(ctx, model, "one\n", 20, &s), at_start = generate(ctx, model, "", 20, &s);
        assert_int_equal(at_word.n, 20);
        assert_true(at_word.text[0] == ' ' || at_word.text[0] == '\n');
        assert_true(at_space.text[0] != ' ' && at_line.text[0] != ' ' && at_start.text[0] != ' ');
        assert_string_equal(at_word.text + (at_word.text[0] == ' '), at_space.text);
        assert_string_equal(generate(ctx, model, "one\xe2\x80\x83", 20, &s).text,
                            at_space.text); /* an em space */
        assert_null(strstr(at_word.text, "  "));
        assert_null(strstr(at_word.text, " \n"));
        assert_null(strstr(at_word.text, "\n "));
        assert_null(strstr(at_word.text, "onetwo"));
    }
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* "<unk>" is read in prompts and never written, even where it is by far the most likely. */
static void unknown_is_never_emitted(void **state)
{
    (void)state;
    lm_memory        memory;
    recur_ctx       *ctx = lm_ctx(&memory, RECUR_F32);
    recur_vocab     *vocab = NULL;
    const char      *text = "a a a b b b c c c d e f";
    size_t           bytes = strlen(text);
    recur_vocab_opts opts = {.min_count = 2};
    LM_OK(ctx, recur_vocab_build(ctx, RECUR_WORD, 1, &text, &bytes, &opts, &vocab));
    int32_t unk = recur_vocab_unknown(vocab);
    assert_in_range(unk, 0, 3);
    recur_model  *model = model_over(ctx, vocab, 0.5);
    recur_params *params = recur_model_params(model);
    double        bias[4] = {0};
    bias[unk] = 50;
    LM_OK(ctx, recur_params_set(params, recur_params_find(params, "head.bias"), bias));
    const recur_sampling any[] = {
        {0}, {.greedy = true}, {.top_k = 1}, {.temperature = 1e300}, {.top_p = 0.5}};
    for (int i = 0; i < 5; i++) {
        output out = generate(ctx, model, "q a zz", 100, &any[i]);
        assert_int_equal(out.n, 100);
        assert_null(strchr(out.text, '<'));
    }
    assert_true(generate(ctx, model, "", 10, NULL).n == 10);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

static void bytes_unit(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = model_over(ctx, lm_vocab(ctx, RECUR_BYTE, "x"), 0.01);
    output       out = {.is_whole = true};
    LM_OK(ctx, recur_generate(model, "\xff\0\xfe", 3, 1000, NULL, collect, &out));
    assert_int_equal(out.n, 1000);
    assert_int_equal(out.bytes, 1000);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

static void stopping(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = lm_model(ctx, lm_spec(1));
    output       out = {.stop_after = 7};
    LM_OK(ctx, recur_generate(model, "a", 1, 100, NULL, collect, &out));
    assert_int_equal(out.n, 7);
    assert_int_equal(generate(ctx, model, "a", 0, NULL).n, 0);
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

static void refusals(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = lm_model(ctx, lm_spec(1));
    output       out = {0};
    LM_FAILS(ctx, RECUR_EDATA, "", recur_generate(model, "az", 2, 5, NULL, collect, &out));
    LM_FAILS(ctx, RECUR_EDATA, "", recur_generate(model, "a\xff", 2, 5, NULL, collect, &out));
    LM_FAILS(ctx, RECUR_EARG, "length", recur_generate(model, "a", 1, -1, NULL, collect, &out));
    LM_FAILS(ctx, RECUR_EARG, "somewhere", recur_generate(model, "a", 1, 1, NULL, NULL, &out));
    LM_FAILS(ctx, RECUR_EARG, "top_p",
             recur_generate(model, "a", 1, 5, &(recur_sampling){.top_p = 2}, collect, &out));
    LM_FAILS(ctx, RECUR_EARG, "temperature -1",
             recur_generate(model, "a", 1, 5, &(recur_sampling){.temperature = -1}, collect, &out));
    assert_int_equal(recur_generate(NULL, "a", 1, 5, NULL, collect, &out), RECUR_EARG);
    assert_int_equal(out.n, 0);

    recur_params *params = recur_model_params(model);
    double        bias[11];
    for (int i = 0; i < 11; i++) bias[i] = NAN;
    LM_OK(ctx, recur_params_set(params, recur_params_find(params, "head.bias"), bias));
    LM_FAILS(ctx, RECUR_EDIVERGED, "token 1", recur_generate(model, "a", 1, 5, NULL, collect, &out));
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

static void no_memory(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = lm_model(ctx, lm_spec(4));
    output       out = {0};
    assert_int_equal(recur_generate(model, "a", 1, -1, NULL, collect, &out),
                     RECUR_EARG); /* this thread has its error now */
    long before = memory.live;
    for (long at = 1;; at++) {
        out.bytes = 0;
        memory.fail_at = memory.n + at;
        recur_status status = recur_generate(model, "abc", 3, 5, NULL, collect, &out);
        memory.fail_at = 0;
        if (!status) {
            assert_true(at > 5);
            break;
        }
        assert_int_equal(status, RECUR_EMEMORY);
        assert_true(memory.live >= before); /* what was packed stays with the model */
    }
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_by_hand), cmocka_unit_test(seeds),
        cmocka_unit_test(empty_prompts),  cmocka_unit_test(whole_code_points),
        cmocka_unit_test(words),          cmocka_unit_test(unknown_is_never_emitted),
        cmocka_unit_test(bytes_unit),     cmocka_unit_test(stopping),
        cmocka_unit_test(refusals),       cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
