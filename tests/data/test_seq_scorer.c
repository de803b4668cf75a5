/* The scorer of texts by its public functions: what is counted, by length, with which intervals, and what is refused. Numbers of other programs are in
 * tests/golden.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "base/rng.h"
#include "recur/recur.h"
#include "score/rate.h"

static recur_ctx *ctx;

static int open_ctx(void **state)
{
    (void)state;
    return (int)recur_ctx_create(&(recur_ctx_opts){.threads = 1}, &ctx);
}

static int close_ctx(void **state)
{
    (void)state;
    recur_ctx_destroy(ctx);
    return 0;
}

static void ok(recur_status status)
{
    if (status) fail_msg("%s: %s", recur_status_name(status), recur_error(ctx));
}

static recur_seq_scorer *create(recur_seq_scorer_opts opts)
{
    recur_seq_scorer *s;
    ok(recur_seq_scorer_create(ctx, &opts, &s));
    return s;
}

static void add(recur_seq_scorer *s, const char *hypothesis, const char *reference, int64_t length)
{
    size_t bytes = strlen(reference);
    ok(recur_seq_scorer_add(s, hypothesis, strlen(hypothesis), &reference, &bytes, length));
}

static recur_seq_report report(recur_seq_scorer *s)
{
    recur_seq_report r;
    ok(recur_seq_scorer_report(s, &r));
    return r;
}

static void check(double found, double wanted)
{
    if (!(fabs(found - wanted) < 1e-12)) fail_msg("%.17g, wanted %.17g", found, wanted);
}

static void nothing_counted(void **state)
{
    (void)state;
    recur_seq_scorer *s = create((recur_seq_scorer_opts){.n_edges = 1, .edges = (int64_t[]){5}});
    recur_seq_report  r = report(s);
    assert_true(r.all.items == 0 && r.n_lengths == 2 && r.lengths[1].items == 0);
    assert_true(isnan(r.all.bleu.value) && isnan(r.all.exact_match.low) && isnan(r.all.rouge[2].f1.high));
    assert_true(isnan(r.all.precisions[0]) && isnan(r.all.brevity_penalty) && isnan(r.lengths[0].chrf.value));
    recur_seq_scorer_destroy(s);
    recur_seq_scorer_destroy(NULL);
}

static void exact_match_looks_past_the_ends(void **state)
{
    (void)state;
    recur_seq_scorer *s = create((recur_seq_scorer_opts){0});
    add(s, " a b", "a b\t ", 0);
    add(s, "a  b", "a b", 0);
    add(s, "A b", "a b", 0);
    add(s, "", " ", 0);
    check(report(s).all.exact_match.value, 0.5);
    recur_seq_scorer_destroy(s);
}

static void tokens_are_compared_place_by_place(void **state)
{
    (void)state;
    recur_seq_scorer *s = create((recur_seq_scorer_opts){0}),
                     *c = create((recur_seq_scorer_opts){.by_characters = true});
    assert_true(isnan(report(s).all.token_accuracy.value));
    add(s, "a b c", "a x c d", 0); /* 2 of 4 */
    add(s, "a b c", "b c", 0);     /* 0 of 3 */
    add(s, "", "", 0);
    check(report(s).all.token_accuracy.value, 2.0 / 7);
    add(c, "12\xc3\xa9", "13\xc3\xa9 5", 0); /* 2 of 5 */
    check(report(c).all.token_accuracy.value, 0.4);
    recur_seq_scorer_destroy(c);
    recur_seq_scorer_destroy(s);
}

static void the_best_reference_counts(void **state)
{
    (void)state;
    recur_seq_scorer *s = create((recur_seq_scorer_opts){.n_references = 3});
    const char       *references[] = {"a b c d", "a b", "x"};
    size_t            bytes[] = {7, 3, 1};
    ok(recur_seq_scorer_add(s, "a b", 3, references, bytes, 0));
    recur_seq_report r = report(s);
    check(r.all.exact_match.value, 1);
    check(r.all.token_accuracy.value, 1);
    check(r.all.rouge[0].f1.value, 1);
    check(r.all.chrf.value, 100);
    assert_int_equal(r.all.reference_tokens, 2);
    assert_non_null(strstr(r.signature, "nrefs:3|"));
    recur_seq_scorer_destroy(s);
}

static void ranges_add_up(void **state)
{
    (void)state;
    static const int64_t edges[] = {3, 10};
    recur_seq_scorer    *s = create((recur_seq_scorer_opts){.n_edges = 2, .edges = edges});
    recur_seq_scorer    *part = create((recur_seq_scorer_opts){0});
    const int64_t        lengths[] = {0, 2, 3, 9, 10, 99};
    for (int i = 0; i < 6; i++) {
        char text[20];
        snprintf(text, sizeof text, "one two three %d", i % 4);
        add(s, text, "one two three 0", lengths[i]);
        if (lengths[i] >= 3 && lengths[i] < 10) add(part, text, "one two three 0", 0);
    }
    recur_seq_report r = report(s), p = report(part);
    assert_int_equal(r.n_lengths, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(r.lengths[i].items, 2);
    assert_true(r.lengths[0].from == 0 && r.lengths[0].to == 3 && r.lengths[2].to == INT64_MAX);
    check(r.lengths[1].bleu.value, p.all.bleu.value);
    check(r.lengths[1].bleu.low, p.all.bleu.low);
    check(r.lengths[1].rouge[2].f1.high, p.all.rouge[2].f1.high);
    check(r.lengths[0].exact_match.value, 0.5);
    check(r.lengths[1].exact_match.value, 0);
    assert_true(r.lengths[1].hypothesis_tokens == 8);
    recur_seq_scorer_destroy(part);
    recur_seq_scorer_destroy(s);
}

/* The share of exact matches in a resample is binomial, whose quantiles are known. */
static void intervals_are_those_of_the_bootstrap(void **state)
{
    (void)state;
    enum { N = 400 };
    recur_seq_scorer *s = create((recur_seq_scorer_opts){0});
    int64_t           right = 0;
    for (uint64_t i = 0; i < N; i++) {
        bool is_right = ri_uniform(5, 1, i) < 0.3;
        add(s, is_right ? "a b c d e" : "a b x d e", "a b c d e", 0);
        right += is_right;
    }
    recur_seq_report r = report(s), again = report(s);
    double           low, high;
    ri_score_interval(right, N, &low, &high);
    assert_true(fabs(r.all.exact_match.low - low) < 0.012 && fabs(r.all.exact_match.high - high) < 0.012);
    assert_true(r.all.bleu.low < r.all.bleu.value && r.all.bleu.value < r.all.bleu.high);
    assert_true(r.all.bleu.low == again.all.bleu.low && r.all.chrf.high == again.all.chrf.high);
    /* each of 5 tokens but one is right wherever the item is wrong: the interval is as wide, a fifth as high */
    check(r.all.token_accuracy.low, 1 - (1 - r.all.exact_match.low) / 5);
    recur_seq_scorer_destroy(s);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    recur_seq_scorer     *s = NULL;
    recur_seq_scorer_opts falling = {.n_edges = 2, .edges = (int64_t[]){5, 5}}, none = {.n_references = -1};
    assert_int_equal(recur_seq_scorer_create(ctx, &falling, &s), RECUR_EARG);
    assert_contains(recur_error(ctx), "edge 2 of the lengths is 5 after 5");
    assert_int_equal(recur_seq_scorer_create(ctx, &none, &s), RECUR_EARG);
    assert_null(s);
    s = create((recur_seq_scorer_opts){.n_references = 2, .n_edges = 1, .edges = (int64_t[]){5}});
    const char *references[] = {"a", "b\xff"};
    size_t      bytes[] = {1, 2}, one[] = {1, 1};
    assert_int_equal(recur_seq_scorer_add(s, "a", 1, references, bytes, 0), RECUR_EDATA);
    assert_contains(recur_error(ctx), "reference 2 is not UTF-8 at byte 1");
    assert_int_equal(recur_seq_scorer_add(s, "\xed\xa0\x80", 3, references, one, 0), RECUR_EDATA);
    assert_contains(recur_error(ctx), "the hypothesis is not UTF-8 at byte 0");
    assert_int_equal(recur_seq_scorer_add(s, "a", 1, references, one, -1), RECUR_EARG);
    assert_int_equal(recur_seq_scorer_add(s, NULL, 1, references, one, 0), RECUR_EARG);
    assert_int_equal(recur_seq_scorer_add(s, "a", 1, NULL, one, 0), RECUR_EARG);
    assert_int_equal(report(s).all.items, 0);
    recur_seq_scorer_destroy(s);
}

static recur_status score_something(recur_ctx *c)
{
    recur_seq_scorer           *s = NULL;
    recur_seq_report            r;
    const recur_seq_scorer_opts opts = {.chrf_words = true, .n_edges = 1, .edges = (int64_t[]){5}};
    recur_status                status = recur_seq_scorer_create(c, &opts, &s);
    for (int i = 0; i < 40 && !status; i++) {
        char        text[200];
        const char *reference = text;
        size_t      bytes = (size_t)snprintf(text, sizeof text, "the %d cat%d sat, on mat %d%d", i, i, i, i);
        status = recur_seq_scorer_add(s, "the 1 cat sat on the mat", 24, &reference, &bytes, i);
    }
    if (!status) status = recur_seq_scorer_report(s, &r);
    recur_seq_scorer_destroy(s);
    return status;
}

static void missing_memory_is_reported(void **state)
{
    (void)state;
    recur_status status = RECUR_EMEMORY;
    for (int64_t k = 0; status == RECUR_EMEMORY; k++) {
        memory_watch   w = {.left = -1};
        recur_ctx_opts opts = {.threads = 1, .allocator = watched(&w)};
        recur_ctx     *c;
        assert_int_equal(recur_ctx_create(&opts, &c), RECUR_OK);
        int64_t n_live = w.n_live;
        w.left = k;
        status = score_something(c);
        if (status == RECUR_EMEMORY) assert_contains(recur_error(c), "no memory");
        assert_int_equal(w.n_live, n_live);
        w.left = -1;
        recur_ctx_destroy(c);
        if (status == RECUR_OK) assert_true(k > 20);
    }
    assert_int_equal(status, RECUR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_counted),
        cmocka_unit_test(exact_match_looks_past_the_ends),
        cmocka_unit_test(tokens_are_compared_place_by_place),
        cmocka_unit_test(the_best_reference_counts),
        cmocka_unit_test(ranges_add_up),
        cmocka_unit_test(intervals_are_those_of_the_bootstrap),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, open_ctx, close_ctx);
}
