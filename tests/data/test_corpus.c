/* Corpora: encoding through the public functions, parts, and errors with their sentences.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "recur/corpus.h"

typedef struct fixture {
    memory_watch memory;
    recur_ctx   *ctx;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->memory.left = -1;
    recur_ctx_opts opts = {.threads = 1, .allocator = watched(&f->memory)};
    return recur_ctx_create(&opts, &f->ctx) == RECUR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    recur_ctx_destroy(f->ctx);
    int64_t n_live = f->memory.n_live;
    free(f);
    return n_live ? -1 : 0;
}

static recur_vocab *build(recur_ctx *ctx, recur_unit unit, const char *text, const recur_vocab_opts *opts)
{
    recur_vocab *v;
    size_t       bytes = strlen(text);
    if (recur_vocab_build(ctx, unit, 1, &text, &bytes, opts, &v) != RECUR_OK)
        fail_msg("%s", recur_error(ctx));
    return v;
}

static void a_text_becomes_tokens(void **state)
{
    recur_ctx    *ctx = ((fixture *)*state)->ctx;
    recur_vocab  *v = build(ctx, RECUR_WORD, "a b a\n", NULL); /* <unk> a \n b */
    recur_corpus *c;
    assert_int_equal(recur_corpus_encode(ctx, v, "b x a\ny", 7, &c), RECUR_OK);
    const int32_t wanted[] = {3, 0, 1, 2, 0};
    assert_int_equal(recur_corpus_size(c), 5);
    assert_memory_equal(recur_corpus_tokens(c), wanted, sizeof wanted);
    assert_int_equal(recur_corpus_unknown(c), 2);
    recur_vocab_destroy(v); /* not kept */
    recur_corpus *part;
    assert_int_equal(recur_corpus_slice(ctx, c, 1, 4, &part), RECUR_OK);
    recur_corpus_destroy(c); /* copied */
    assert_int_equal(recur_corpus_size(part), 3);
    assert_memory_equal(recur_corpus_tokens(part), wanted + 1, 3 * sizeof *wanted);
    assert_int_equal(recur_corpus_unknown(part), 1);
    recur_corpus_destroy(part);
    recur_corpus_destroy(NULL);
}

static void a_corpus_may_be_empty(void **state)
{
    recur_ctx    *ctx = ((fixture *)*state)->ctx;
    recur_vocab  *v = build(ctx, RECUR_CHAR, "ab", NULL);
    recur_corpus *c, *part;
    assert_int_equal(recur_corpus_encode(ctx, v, NULL, 0, &c), RECUR_OK);
    assert_int_equal(recur_corpus_size(c), 0);
    assert_int_equal(recur_corpus_slice(ctx, c, 0, 0, &part), RECUR_OK);
    assert_int_equal(recur_corpus_size(part), 0);
    recur_corpus_destroy(part);
    recur_corpus_destroy(c);
    recur_vocab_destroy(v);
}

static void ranges_outside_are_refused(void **state)
{
    recur_ctx    *ctx = ((fixture *)*state)->ctx;
    recur_vocab  *v = build(ctx, RECUR_CHAR, "ab", NULL);
    recur_corpus *c, *part;
    assert_int_equal(recur_corpus_encode(ctx, v, "abab", 4, &c), RECUR_OK);
    const int64_t ranges[][2] = {{-1, 2}, {3, 2}, {0, 5}, {5, 5}, {INT64_MIN, INT64_MAX}};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(recur_corpus_slice(ctx, c, ranges[i][0], ranges[i][1], &part), RECUR_EARG);
        assert_null(part);
        assert_contains(recur_error(ctx), "wanted a range inside its 4");
    }
    recur_corpus_destroy(c);
    recur_vocab_destroy(v);
}

static void faults_of_the_text_are_named(void **state)
{
    recur_ctx    *ctx = ((fixture *)*state)->ctx;
    recur_vocab  *v = build(ctx, RECUR_CHAR, "ab", NULL), *none;
    recur_corpus *c;
    assert_int_equal(recur_corpus_encode(ctx, v, "abc", 3, &c), RECUR_EDATA);
    assert_null(c);
    assert_contains(recur_error(ctx), "U+0063 'c' at byte 2 (line 1)");
    assert_int_equal(recur_corpus_encode(ctx, v, "a\xff", 2, &c), RECUR_EDATA);
    assert_contains(recur_error(ctx), "invalid UTF-8 at byte 1");
    const char *text = "a\0";
    size_t      bytes = 2;
    assert_int_equal(recur_vocab_build(ctx, RECUR_WORD, 1, &text, &bytes, NULL, &none), RECUR_EDATA);
    assert_null(none);
    assert_contains(recur_error(ctx), "a NUL byte at byte 1");
    recur_vocab_destroy(v);
}

static void impossible_arguments_are_refused(void **state)
{
    recur_ctx    *ctx = ((fixture *)*state)->ctx;
    recur_vocab  *v = build(ctx, RECUR_BYTE, "", NULL), *none;
    recur_corpus *c;
    const char   *text = NULL;
    size_t        bytes = 5;
    int64_t       n;
    assert_int_equal(recur_vocab_build(ctx, RECUR_BYTE, 1, &text, &bytes, NULL, &none), RECUR_EARG);
    assert_int_equal(recur_vocab_build(ctx, RECUR_CHAR, -1, &text, &bytes, NULL, &none), RECUR_EARG);
    assert_int_equal(recur_vocab_build(ctx, (recur_unit)7, 0, NULL, NULL, NULL, &none), RECUR_EARG);
    assert_contains(recur_error(ctx), "unit of a vocabulary is 7");
    assert_int_equal(recur_vocab_encode(ctx, NULL, "", 0, NULL, &n, NULL), RECUR_EARG);
    assert_int_equal(recur_vocab_encode(ctx, v, NULL, 1, NULL, &n, NULL), RECUR_EARG);
    assert_int_equal(recur_vocab_encode(ctx, v, "", 0, NULL, NULL, NULL), RECUR_EARG);
    assert_int_equal(recur_corpus_encode(ctx, NULL, "", 0, &c), RECUR_EARG);
    assert_int_equal(recur_corpus_slice(ctx, NULL, 0, 0, &c), RECUR_EARG);
    recur_vocab_destroy(v);
}

static void missing_memory_is_reported(void **state)
{
    fixture     *f = *state;
    recur_vocab *v = build(f->ctx, RECUR_WORD, "a b", NULL);
    int          n_failures = 0;
    int64_t      n_live = f->memory.n_live;
    for (int k = 0;; k++, n_failures++) {
        recur_corpus *c, *part = NULL;
        f->memory.left = k;
        recur_status status = recur_corpus_encode(f->ctx, v, "a b a", 5, &c);
        if (status == RECUR_OK) status = recur_corpus_slice(f->ctx, c, 0, 1, &part);
        f->memory.left = -1;
        recur_corpus_destroy(part);
        recur_corpus_destroy(c);
        assert_int_equal(f->memory.n_live, n_live);
        if (status == RECUR_OK) break;
        assert_int_equal(status, RECUR_EMEMORY);
        assert_contains(recur_error(f->ctx), "no memory");
    }
    assert_int_equal(n_failures, 4);
    recur_vocab_destroy(v);
}

#define CORPUS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CORPUS_TEST(a_text_becomes_tokens),
        CORPUS_TEST(a_corpus_may_be_empty),
        CORPUS_TEST(ranges_outside_are_refused),
        CORPUS_TEST(faults_of_the_text_are_named),
        CORPUS_TEST(impossible_arguments_are_refused),
        CORPUS_TEST(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
