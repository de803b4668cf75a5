/* Scorers by their public functions: what is counted, named and refused. Numbers from other programs are in tests/golden.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "recur/recur.h"

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

static void check_name(const char *name, size_t bytes, const char *wanted)
{
    assert_int_equal(bytes, strlen(wanted));
    assert_memory_equal(name, wanted, bytes);
}

/* ---- labels ---- */

static recur_class_scorer *class_scorer(recur_scorer_opts opts, const char *labels)
{
    recur_class_scorer *s;
    ok(recur_class_scorer_create(ctx, &opts, &s));
    for (int32_t i = 0, label; labels[i]; i++) { /* one letter each */
        ok(recur_class_scorer_label(s, labels + i, 1, &label));
        assert_int_equal(label, i);
    }
    return s;
}

static void nothing_counted(void **state)
{
    (void)state;
    recur_class_scorer *s = class_scorer((recur_scorer_opts){0}, "ab");
    recur_class_report  r;
    ok(recur_class_scorer_report(s, &r));
    assert_int_equal(r.items, 0);
    assert_true(isnan(r.accuracy) && isnan(r.macro_f1) && isnan(r.low) && isnan(r.high));
    assert_true(r.n_classes == 0 && r.n_confusions == 0 && r.n_lengths == 0 && r.n_unseen == 0);
    recur_class_scorer_destroy(s);
    recur_class_scorer_destroy(NULL);
}

static void names_are_any_bytes(void **state)
{
    (void)state;
    recur_class_scorer *s = class_scorer((recur_scorer_opts){0}, "");
    recur_class_report  r;
    int32_t             a, b, c, again;
    ok(recur_class_scorer_label(s, "x\0y", 3, &a));
    ok(recur_class_scorer_label(s, "\xff", 1, &b));
    ok(recur_class_scorer_label(s, NULL, 0, &c));
    ok(recur_class_scorer_label(s, "x\0y", 3, &again));
    assert_true(a == 0 && b == 1 && c == 2 && again == a);
    ok(recur_class_scorer_add(s, a, b, 0));
    ok(recur_class_scorer_add(s, c, c, 0));
    ok(recur_class_scorer_report(s, &r));
    assert_int_equal(r.n_classes, 3);
    assert_int_equal(r.classes[0].name_bytes, 0);
    assert_memory_equal(r.classes[1].name, "x\0y", 3);
    assert_memory_equal(r.classes[2].name, "\xff", 1);
    recur_class_scorer_destroy(s);
}

/* A report does not depend on the order of naming, and counting goes on after it. */
static void order_and_going_on(void **state)
{
    (void)state;
    recur_class_scorer *s = class_scorer((recur_scorer_opts){0}, "cab");
    recur_class_report  r;
    ok(recur_class_scorer_add(s, 0, 2, 0));
    ok(recur_class_scorer_report(s, &r));
    assert_int_equal(r.n_classes, 2); /* a occurs nowhere */
    ok(recur_class_scorer_add(s, 1, 1, 0));
    ok(recur_class_scorer_add(s, 0, 2, 0));
    ok(recur_class_scorer_report(s, &r));
    assert_int_equal(r.items, 3);
    assert_int_equal(r.n_classes, 3);
    check_name(r.classes[0].name, r.classes[0].name_bytes, "a");
    check_name(r.classes[2].name, r.classes[2].name_bytes, "c");
    assert_int_equal(r.n_confusions, 2);
    assert_true(r.confusions[0].gold == 0 && r.confusions[0].predicted == 0 && r.confusions[0].items == 1);
    assert_true(r.confusions[1].gold == 2 && r.confusions[1].predicted == 1 && r.confusions[1].items == 2);
    assert_true(r.accuracy == 1.0 / 3 && r.low == 0 && r.high == 1);
    recur_class_scorer_destroy(s);
}

static void by_length(void **state)
{
    (void)state;
    const int64_t       edges[] = {20, 50};
    const int64_t       lengths[] = {0, 19, 20, 49, 50, INT64_MAX};
    recur_class_scorer *s = class_scorer((recur_scorer_opts){.n_edges = 2, .edges = edges}, "ab");
    recur_class_report  r;
    for (int i = 0; i < 6; i++) ok(recur_class_scorer_add(s, 0, i == 2 || i > 3, lengths[i]));
    ok(recur_class_scorer_report(s, &r));
    assert_int_equal(r.n_lengths, 3);
    const double accuracy[] = {1, 0.5, 0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(r.lengths[i].items, 2);
        assert_true(r.lengths[i].accuracy == accuracy[i]);
        assert_int_equal(r.lengths[i].from, i ? edges[i - 1] : 0);
        assert_int_equal(r.lengths[i].to, i < 2 ? edges[i] : INT64_MAX);
    }
    assert_true(r.lengths[1].low == 0 && r.lengths[1].high == 1);
    recur_class_scorer_destroy(s);
    s = class_scorer((recur_scorer_opts){.n_edges = 2, .edges = edges}, "a");
    ok(recur_class_scorer_report(s, &r));
    assert_true(isnan(r.lengths[2].accuracy) && isnan(r.lengths[2].low));
    recur_class_scorer_destroy(s);
}

/* Training knew b and a; z and y are in the data. */
static void unseen_labels_are_named(void **state)
{
    (void)state;
    recur_class_scorer *s = class_scorer((recur_scorer_opts){.n_trained = 2}, "bazyx");
    recur_class_report  r;
    ok(recur_class_scorer_add(s, 2, 0, 0));
    ok(recur_class_scorer_add(s, 3, 1, 0));
    ok(recur_class_scorer_add(s, 2, 1, 0));
    ok(recur_class_scorer_add(s, 1, 1, 0));
    ok(recur_class_scorer_report(s, &r));
    assert_int_equal(r.unseen_items, 3);
    assert_int_equal(r.n_unseen, 2);
    check_name(r.unseen[0].name, r.unseen[0].name_bytes, "y");
    check_name(r.unseen[1].name, r.unseen[1].name_bytes, "z");
    assert_true(r.unseen[0].items == 1 && r.unseen[1].items == 2);
    assert_true(r.accuracy == 0.25);
    recur_class_scorer_destroy(s);
}

/* A label of its own for every item: what is kept grows with them, and is still right. */
static void many_labels(void **state)
{
    (void)state;
    enum { N = 5000 };
    recur_class_scorer *s = class_scorer((recur_scorer_opts){0}, "");
    recur_class_report  r;
    for (int i = 0; i < N; i++) {
        char    name[16];
        int32_t label;
        snprintf(name, sizeof name, "%05d", N - 1 - i);
        ok(recur_class_scorer_label(s, name, 5, &label));
        ok(recur_class_scorer_add(s, label, label, 0));
    }
    ok(recur_class_scorer_report(s, &r));
    assert_true(r.n_classes == N && r.n_confusions == N && r.accuracy == 1 && r.macro_f1 == 1);
    for (int64_t i = 0; i < N; i++) assert_true(r.confusions[i].gold == i && r.confusions[i].predicted == i);
    check_name(r.classes[42].name, r.classes[42].name_bytes, "00042");
    recur_class_scorer_destroy(s);
}

#define assert_refused(call, part)                                                                           \
    do {                                                                                                     \
        assert_int_equal((call), RECUR_EARG);                                                                \
        assert_contains(recur_error(ctx), (part));                                                           \
    } while (0)

static void refused(void **state)
{
    (void)state;
    const int64_t       falling[] = {20, 20}, zero[] = {0};
    recur_class_scorer *s;
    recur_tag_scorer   *t;
    int32_t             label;
    assert_refused(recur_class_scorer_create(ctx, &(recur_scorer_opts){.n_edges = 2, .edges = falling}, &s),
                   "edge 2 of the lengths is 20 after 20");
    assert_null(s);
    assert_refused(recur_class_scorer_create(ctx, &(recur_scorer_opts){.n_edges = 1, .edges = zero}, &s),
                   "0 after 0");
    assert_refused(recur_class_scorer_create(ctx, &(recur_scorer_opts){.n_edges = 1}, &s), "edges");
    assert_refused(recur_class_scorer_create(ctx, &(recur_scorer_opts){.n_trained = -1}, &s), "counts");
    assert_refused(recur_tag_scorer_create(ctx, &(recur_scorer_opts){.n_edges = 1, .edges = falling}, &t),
                   "no lengths");
    assert_int_equal(recur_class_scorer_create(NULL, NULL, &s), RECUR_EARG);
    assert_int_equal(recur_class_scorer_report(NULL, NULL), RECUR_EARG);

    s = class_scorer((recur_scorer_opts){.n_edges = 1, .edges = falling}, "ab");
    assert_refused(recur_class_scorer_add(s, 0, 2, 0),
                   "labels 0 and 2 of an item; wanted numbers from 0 to 1");
    assert_refused(recur_class_scorer_add(s, -1, 0, 0), "labels -1");
    assert_refused(recur_class_scorer_add(s, 0, 0, -1), "-1 long");
    assert_refused(recur_class_scorer_label(s, NULL, 2, &label), "name");
    assert_refused(recur_class_scorer_report(s, NULL), "place");
    recur_class_scorer_destroy(s);

    ok(recur_tag_scorer_create(ctx, NULL, &t));
    ok(recur_tag_scorer_tag(t, "O", 1, &label));
    assert_refused(recur_tag_scorer_add(t, 1, &label, (int32_t[]){1}), "tags 0 and 1 of a token");
    assert_refused(recur_tag_scorer_add(t, 1, &label, NULL), "1 tokens wants its tags twice");
    assert_refused(recur_tag_scorer_add(t, -1, &label, &label), "-1 tokens");
    assert_refused(recur_tag_scorer_tag(t, "O", 1, NULL), "place");
    assert_refused(recur_tag_scorer_report(t, NULL), "place");
    recur_tag_scorer_destroy(t);
    recur_tag_scorer_destroy(NULL);
}

/* ---- tags ---- */

/* Count one sentence, its tags with blanks between them. */
static void add(recur_tag_scorer *s, const char *gold, const char *predicted)
{
    int32_t     tags[2][32];
    int64_t     n[2] = {0, 0};
    const char *texts[] = {gold, predicted};
    for (int k = 0; k < 2; k++) {
        for (const char *p = texts[k]; *p; p += strspn(p, " ")) {
            size_t bytes = strcspn(p, " ");
            ok(recur_tag_scorer_tag(s, p, bytes, &tags[k][n[k]++]));
            p += bytes;
        }
    }
    assert_int_equal(n[0], n[1]);
    ok(recur_tag_scorer_add(s, n[0], tags[0], tags[1]));
}

static recur_tag_report report_on(recur_tag_scorer *s)
{
    recur_tag_report r;
    ok(recur_tag_scorer_report(s, &r));
    return r;
}

static void schemes_are_found(void **state)
{
    (void)state;
    static const struct {
        const char      *gold, *predicted;
        recur_tag_scheme scheme;
    } cases[] = {
        {"O B-X I-X", "O O O", RECUR_TAGS_BIO},
        {"O O", "O B-X", RECUR_TAGS_BIO},
        {"B-X I-X", "B-X E-X", RECUR_TAGS_BIOES},
        {"S-X O", "B-X O", RECUR_TAGS_BIOES},
        {"NN VB", "NN NN", RECUR_TAGS_PLAIN},
        {"O O", "O O", RECUR_TAGS_PLAIN},
        {"B-X NN", "B-X I-X", RECUR_TAGS_PLAIN},
        {"B-X O", "NN O", RECUR_TAGS_BIO},
        {"", "", RECUR_TAGS_PLAIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        recur_tag_scorer *s;
        ok(recur_tag_scorer_create(ctx, NULL, &s));
        add(s, cases[i].gold, cases[i].predicted);
        assert_int_equal(report_on(s).scheme, cases[i].scheme);
        recur_tag_scorer_destroy(s);
    }
}

static void plain_tags(void **state)
{
    (void)state;
    recur_tag_scorer *s;
    ok(recur_tag_scorer_create(ctx, NULL, &s));
    add(s, "NN VB NN", "NN NN NN");
    add(s, "DT", "DT");
    recur_tag_report r = report_on(s);
    assert_true(r.sentences == 2 && r.tokens == 4 && r.correct == 3 && r.accuracy == 0.75);
    assert_true(isnan(r.precision) && isnan(r.recall) && isnan(r.f1) && r.gold_spans == 0 && r.foreign == 0);
    assert_int_equal(r.n_types, 3);
    check_name(r.types[1].name, r.types[1].name_bytes, "NN");
    assert_true(r.types[1].precision == 2.0 / 3 && r.types[1].recall == 1);
    recur_tag_scorer_destroy(s);
}

static void broken_foreign_and_unseen(void **state)
{
    (void)state;
    recur_tag_scorer *s;
    int32_t           tag;
    ok(recur_tag_scorer_create(ctx, &(recur_scorer_opts){.n_trained = 2}, &s));
    ok(recur_tag_scorer_tag(s, "O", 1, &tag));
    ok(recur_tag_scorer_tag(s, "B-X", 3, &tag));
    add(s, "O I-X I-X B-X B-Q", "I-X O E-X ? B-X");
    recur_tag_report r = report_on(s);
    assert_true(r.gold_broken == 1 && r.predicted_broken == 2 && r.foreign == 1);
    assert_true(r.gold_spans == 3 && r.predicted_spans == 3 && r.correct_spans == 0 && r.f1 == 0);
    assert_true(r.unseen_tokens == 3 && r.n_unseen == 2);
    check_name(r.unseen[0].name, r.unseen[0].name_bytes, "B-Q");
    check_name(r.unseen[1].name, r.unseen[1].name_bytes, "I-X");
    assert_int_equal(r.unseen[1].items, 2);
    recur_tag_scorer_destroy(s);
}

/* ---- memory ---- */

static recur_status score_labels(recur_ctx *c)
{
    const int64_t       edges[] = {3};
    recur_class_scorer *s;
    recur_class_report  r;
    recur_status        status =
        recur_class_scorer_create(c, &(recur_scorer_opts){.n_trained = 1, .n_edges = 1, .edges = edges}, &s);
    for (int i = 0; i < 300 && !status; i++) {
        char    name[16];
        int32_t label;
        snprintf(name, sizeof name, "%d", i);
        status = recur_class_scorer_label(s, name, strlen(name), &label);
        if (!status) status = recur_class_scorer_add(s, label, label / 2, i);
    }
    if (!status) status = recur_class_scorer_report(s, &r);
    if (!status) assert_true(r.correct == 1 && r.n_unseen == 299);
    recur_class_scorer_destroy(s);
    return status;
}

static recur_status score_tags(recur_ctx *c)
{
    recur_tag_scorer *s;
    recur_tag_report  r;
    recur_status      status = recur_tag_scorer_create(c, NULL, &s);
    for (int i = 0; i < 100 && !status; i++) {
        char    name[16];
        int32_t tag;
        snprintf(name, sizeof name, "B-%d", i);
        status = recur_tag_scorer_tag(s, name, strlen(name), &tag);
        if (!status) status = recur_tag_scorer_add(s, 1, &tag, &tag);
    }
    if (!status) status = recur_tag_scorer_report(s, &r);
    if (!status) assert_true(r.correct_spans == 100 && r.n_types == 100 && r.f1 == 1);
    recur_tag_scorer_destroy(s);
    return status;
}

static recur_status (*const scorings[])(recur_ctx *) = {score_labels, score_tags};

static void memory_runs_out(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        recur_status status = RECUR_EMEMORY;
        for (int64_t k = 0; status; k++) {
            memory_watch w = {.left = -1};
            recur_ctx   *c;
            assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = 1, .allocator = watched(&w)}, &c),
                             RECUR_OK);
            w.left = k;
            status = scorings[what](c);
            assert_true(status == RECUR_OK || status == RECUR_EMEMORY);
            if (status) assert_contains(recur_error(c), "no memory");
            recur_ctx_destroy(c);
            assert_int_equal(w.n_live, 0);
            assert_true(status || k > 10);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_counted),
        cmocka_unit_test(names_are_any_bytes),
        cmocka_unit_test(order_and_going_on),
        cmocka_unit_test(by_length),
        cmocka_unit_test(unseen_labels_are_named),
        cmocka_unit_test(many_labels),
        cmocka_unit_test(refused),
        cmocka_unit_test(schemes_are_found),
        cmocka_unit_test(plain_tags),
        cmocka_unit_test(broken_foreign_and_unseen),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, open_ctx, close_ctx);
}
