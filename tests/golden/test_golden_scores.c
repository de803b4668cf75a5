/* Scores of tags against seqeval, of labels against scikit-learn, intervals against SciPy: scores.json.
 *
 * Spans must agree to the bit; scikit-learn adds and divides in another order, so there a few units in the last place are allowed.
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
#include "score/rate.h"

static const double ROUNDING = 1e-14;

static json_t    *golden;
static recur_ctx *ctx;

static int open_golden(void **state)
{
    json_error_t error;
    (void)state;
    golden = json_load_file("tests/golden/scores.json", JSON_REJECT_DUPLICATES, &error);
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

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void same(const char *name, const char *what, double found, double wanted, double tolerance)
{
    if (fabs(found - wanted) <= tolerance) return;
    fail_msg("%s, %s: %.17g, wanted %.17g", name, what, found, wanted);
}

static void same_name(const recur_class_score *c, const json_t *row)
{
    const char *name = json_string_value(json_array_get(row, 0));
    assert_int_equal(c->name_bytes, strlen(name));
    assert_memory_equal(c->name, name, c->name_bytes);
}

/* ---- tags ---- */

/* Name the tags of a sentence, with blanks between them. Returns how many there are. */
static int64_t name_tags(recur_tag_scorer *scorer, const char *sentence, int32_t tags[64])
{
    int64_t n = 0;
    while (*sentence) {
        size_t bytes = strcspn(sentence, " ");
        assert_true(n < 64);
        ok(recur_tag_scorer_tag(scorer, sentence, bytes, &tags[n++]));
        sentence += bytes + strspn(sentence + bytes, " ");
    }
    return n;
}

static void check_types(const char *name, const recur_tag_report *r, const json_t *types)
{
    size_t  i;
    json_t *row;
    assert_int_equal(r->n_types, json_array_size(types));
    json_array_foreach(types, i, row)
    {
        const recur_class_score *c = &r->types[i];
        same_name(c, row);
        assert_int_equal(c->gold, json_integer_value(json_array_get(row, 1)));
        assert_int_equal(c->predicted, json_integer_value(json_array_get(row, 2)));
        assert_int_equal(c->correct, json_integer_value(json_array_get(row, 3)));
        same(name, "precision", c->precision, json_number_value(json_array_get(row, 4)), 0);
        same(name, "recall", c->recall, json_number_value(json_array_get(row, 5)), 0);
        same(name, "f1", c->f1, json_number_value(json_array_get(row, 6)), 0);
    }
}

static void check_tags(const json_t *c)
{
    recur_tag_scorer *scorer;
    recur_tag_report  r;
    const char       *name = text(c, "name");
    const json_t     *gold = json_object_get(c, "gold"), *predicted = json_object_get(c, "predicted");
    const json_t     *spans = json_object_get(c, "spans"), *scores = json_object_get(c, "scores");
    ok(recur_tag_scorer_create(ctx, NULL, &scorer));
    for (size_t i = 0; i < json_array_size(gold); i++) {
        int32_t g[64], p[64];
        int64_t n = name_tags(scorer, json_string_value(json_array_get(gold, i)), g);
        assert_int_equal(name_tags(scorer, json_string_value(json_array_get(predicted, i)), p), n);
        ok(recur_tag_scorer_add(scorer, n, g, p));
    }
    ok(recur_tag_scorer_report(scorer, &r));
    assert_int_not_equal(r.scheme, RECUR_TAGS_PLAIN);
    assert_int_equal(r.sentences, json_array_size(gold));
    same(name, "accuracy", r.accuracy, number(c, "accuracy"), 0);
    assert_int_equal(r.gold_spans, json_integer_value(json_array_get(spans, 0)));
    assert_int_equal(r.predicted_spans, json_integer_value(json_array_get(spans, 1)));
    assert_int_equal(r.correct_spans, json_integer_value(json_array_get(spans, 2)));
    same(name, "precision", r.precision, json_number_value(json_array_get(scores, 0)), 0);
    same(name, "recall", r.recall, json_number_value(json_array_get(scores, 1)), 0);
    same(name, "f1", r.f1, json_number_value(json_array_get(scores, 2)), 0);
    check_types(name, &r, json_object_get(c, "types"));
    recur_tag_scorer_destroy(scorer);
}

static void tags_as_seqeval(void **state)
{
    (void)state;
    size_t  i;
    json_t *c;
    assert_true(json_array_size(json_object_get(golden, "tags")) >= 50);
    json_array_foreach(json_object_get(golden, "tags"), i, c) check_tags(c);
}

/* ---- labels ---- */

static void check_classes(const char *name, const recur_class_report *r, const json_t *classes)
{
    size_t  i;
    json_t *row;
    assert_int_equal(r->n_classes, json_array_size(classes));
    json_array_foreach(classes, i, row)
    {
        const recur_class_score *c = &r->classes[i];
        same_name(c, row);
        assert_int_equal(c->gold, json_integer_value(json_array_get(row, 1)));
        same(name, "precision", c->precision, json_number_value(json_array_get(row, 2)), ROUNDING);
        same(name, "recall", c->recall, json_number_value(json_array_get(row, 3)), ROUNDING);
        same(name, "f1", c->f1, json_number_value(json_array_get(row, 4)), ROUNDING);
    }
}

static void check_matrix(const recur_class_report *r, const json_t *matrix)
{
    int64_t k = 0;
    for (int64_t i = 0; i < r->n_classes; i++) {
        for (int64_t j = 0; j < r->n_classes; j++) {
            int64_t wanted = json_integer_value(json_array_get(json_array_get(matrix, (size_t)i), (size_t)j));
            if (wanted == 0) continue;
            assert_true(k < r->n_confusions);
            assert_int_equal(r->confusions[k].gold, i);
            assert_int_equal(r->confusions[k].predicted, j);
            assert_int_equal(r->confusions[k].items, wanted);
            k++;
        }
    }
    assert_int_equal(k, r->n_confusions);
}

static void check_labels(const json_t *c)
{
    recur_class_scorer *scorer;
    recur_class_report  r;
    const char         *name = text(c, "name");
    const json_t       *gold = json_object_get(c, "gold"), *predicted = json_object_get(c, "predicted");
    ok(recur_class_scorer_create(ctx, NULL, &scorer));
    for (size_t i = 0; i < json_array_size(gold); i++) {
        const char *g = json_string_value(json_array_get(gold, i));
        const char *p = json_string_value(json_array_get(predicted, i));
        int32_t     g_label, p_label;
        ok(recur_class_scorer_label(scorer, p, strlen(p), &p_label));
        ok(recur_class_scorer_label(scorer, g, strlen(g), &g_label));
        ok(recur_class_scorer_add(scorer, g_label, p_label, 0));
    }
    ok(recur_class_scorer_report(scorer, &r));
    assert_int_equal(r.items, json_array_size(gold));
    same(name, "accuracy", r.accuracy, number(c, "accuracy"), ROUNDING);
    same(name, "macro F1", r.macro_f1, number(c, "macro_f1"), ROUNDING);
    check_classes(name, &r, json_object_get(c, "classes"));
    check_matrix(&r, json_object_get(c, "matrix"));
    recur_class_scorer_destroy(scorer);
}

static void labels_as_scikit_learn(void **state)
{
    (void)state;
    size_t  i;
    json_t *c;
    assert_true(json_array_size(json_object_get(golden, "classes")) >= 10);
    json_array_foreach(json_object_get(golden, "classes"), i, c) check_labels(c);
}

/* ---- intervals ---- */

static void intervals_as_scipy(void **state)
{
    (void)state;
    size_t  i;
    json_t *row;
    assert_true(json_array_size(json_object_get(golden, "intervals")) >= 200);
    json_array_foreach(json_object_get(golden, "intervals"), i, row)
    {
        int64_t x[4];
        double  low, high;
        for (size_t k = 0; k < 4; k++) x[k] = json_integer_value(json_array_get(row, k));
        ri_score_interval(x[0], x[1], &low, &high);
        if (low != (double)x[2] / (double)x[1] || high != (double)x[3] / (double)x[1])
            fail_msg("%lld of %lld: %.17g to %.17g, wanted %lld to %lld", (long long)x[0], (long long)x[1],
                     low * (double)x[1], high * (double)x[1], (long long)x[2], (long long)x[3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_as_seqeval),
        cmocka_unit_test(labels_as_scikit_learn),
        cmocka_unit_test(intervals_as_scipy),
    };
    return cmocka_run_group_tests_name("scores", tests, open_golden, close_golden);
}
