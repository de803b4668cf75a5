/* BLEU, chrF and ROUGE against sacreBLEU and rouge-score: overlap.json.
 *
 * BLEU and chrF must agree to the bit but for exp and log of another libm; ROUGE is a mean, which is rounded once here and exactly there.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "recur/recur.h"
#include "text/evaluation.h"

static const double ROUNDING = 1e-13;

enum { MOST_REFERENCES = 4 };

static json_t    *golden;
static recur_ctx *ctx;

static int open_golden(void **state)
{
    json_error_t error;
    (void)state;
    golden = json_load_file("tests/golden/overlap.json", JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!golden) fprintf(stderr, "%s: line %d\n", error.text, error.line);
    return !golden || recur_ctx_create(&(recur_ctx_opts){.threads = 1}, &ctx);
}

static int close_golden(void **state)
{
    (void)state;
    json_decref(golden);
    recur_ctx_destroy(ctx);
    return 0;
}

static void ok(recur_status status)
{
    if (status) fail_msg("%s", recur_error(ctx));
}

static void same(const char *name, const char *what, double found, const json_t *wanted)
{
    double w = json_number_value(wanted);
    if (fabs(found - w) <= ROUNDING * (1 + fabs(w))) return;
    fail_msg("%s, %s: %.17g, wanted %.17g", name, what, found, w);
}

static const json_t *at(const json_t *array, size_t i)
{
    return json_array_get(array, i);
}

/* Score a case; the caller destroys the scorer. */
static recur_seq_scorer *score(const json_t *row, recur_tokenisation tokenise, bool chrf_words,
                               recur_seq_report *r)
{
    const json_t *hypotheses = json_object_get(row, "hypotheses"),
                 *streams = json_object_get(row, "references");
    size_t                n_references = json_array_size(streams);
    recur_seq_scorer     *scorer;
    recur_seq_scorer_opts opts = {
        .n_references = (int)n_references, .tokenise = tokenise, .chrf_words = chrf_words};
    assert_true(n_references <= MOST_REFERENCES);
    ok(recur_seq_scorer_create(ctx, &opts, &scorer));
    for (size_t i = 0; i < json_array_size(hypotheses); i++) {
        const char   *references[MOST_REFERENCES];
        size_t        bytes[MOST_REFERENCES];
        const json_t *h = at(hypotheses, i);
        for (size_t k = 0; k < n_references; k++) {
            references[k] = json_string_value(at(at(streams, k), i));
            bytes[k] = json_string_length(at(at(streams, k), i));
        }
        ok(recur_seq_scorer_add(scorer, json_string_value(h), json_string_length(h), references, bytes, 0));
    }
    ok(recur_seq_scorer_report(scorer, r));
    assert_int_equal(r->all.items, json_array_size(hypotheses));
    return scorer;
}

static void check_bleu(const char *name, const recur_seq_report *r, const json_t *row)
{
    const recur_seq_score *s = &r->all;
    const char            *signature = json_string_value(at(row, 8));
    same(name, "BLEU", s->bleu.value, at(row, 0));
    for (size_t n = 0; n < 4; n++) same(name, "a precision", s->precisions[n], at(row, n + 1));
    same(name, "brevity penalty", s->brevity_penalty, at(row, 5));
    assert_int_equal(s->hypothesis_tokens, json_integer_value(at(row, 6)));
    assert_int_equal(s->reference_tokens, json_integer_value(at(row, 7)));
    assert_memory_equal(r->signature, signature, strlen(signature));
    assert_string_equal(r->signature + strlen(signature), "|version:recur-" RECUR_VERSION);
}

static void check_rouge(const char *name, const recur_seq_score *s, const json_t *rows)
{
    for (size_t i = 0; i < 3; i++) {
        same(name, "precision of ROUGE", s->rouge[i].precision, at(at(rows, i), 0));
        same(name, "recall of ROUGE", s->rouge[i].recall, at(at(rows, i), 1));
        same(name, "F1 of ROUGE", s->rouge[i].f1.value, at(at(rows, i), 2));
    }
}

static void check_within(const char *name, recur_measure m)
{
    if (!(m.low <= m.high)) fail_msg("%s: an interval from %g to %g", name, m.low, m.high);
}

static void scores_are_those_of_the_packages(void **state)
{
    (void)state;
    size_t  i;
    json_t *row;
    json_array_foreach(json_object_get(golden, "cases"), i, row)
    {
        const char       *name = json_string_value(json_object_get(row, "name"));
        recur_seq_report  r;
        recur_seq_scorer *scorer = score(row, RECUR_TOKENISE_13A, false, &r);
        check_bleu(name, &r, json_object_get(row, "bleu_13a"));
        same(name, "chrF", r.all.chrf.value, json_object_get(row, "chrf"));
        check_rouge(name, &r.all, json_object_get(row, "rouge"));
        check_within(name, r.all.bleu);
        check_within(name, r.all.chrf);
        recur_seq_scorer_destroy(scorer);
        scorer = score(row, RECUR_TOKENISE_NONE, true, &r);
        check_bleu(name, &r, json_object_get(row, "bleu_none"));
        same(name, "chrF++", r.all.chrf.value, json_object_get(row, "chrf_words"));
        recur_seq_scorer_destroy(scorer);
    }
    assert_true(i > 80);
}

static void words_are_those_of_13a(void **state)
{
    (void)state;
    size_t  i;
    json_t *row;
    json_array_foreach(json_object_get(golden, "words_13a"), i, row)
    {
        ri_span text = {json_string_value(at(row, 0)), json_string_length(at(row, 0))}, word;
        char   *room = malloc(RI_EVAL_13A_BYTES(text.size)), found[1000] = "";
        ri_span cut = ri_eval_13a(text, room);
        size_t  n = 0, place = 0;
        for (; ri_eval_next(cut, &place, &word); n += word.size) {
            if (n) found[n++] = ' ';
            memcpy(found + n, word.bytes, word.size);
        }
        assert_int_equal(n, json_string_length(at(row, 1)));
        assert_memory_equal(found, json_string_value(at(row, 1)), n + 1);
        free(room);
    }
    assert_true(i > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_packages),
        cmocka_unit_test(words_are_those_of_13a),
    };
    return cmocka_run_group_tests(tests, open_golden, close_golden);
}
