/* Tags written anew: BIO to BIOES and back, and repair.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "base/rng.h"
#include "data/tag_set.h"

enum { MOST = 64 };

static const recur_allocator HEAP;

/* Take in the tags of a text, with blanks between them. Returns how many. */
static int64_t take(ri_tag_set *set, const char *text, int32_t *tags)
{
    int64_t n = 0;
    while (*text) {
        size_t bytes = strcspn(text, " ");
        assert_true(n < MOST);
        tags[n] = ri_tag_set_add(set, text, bytes);
        assert_true(tags[n++] >= 0);
        text += bytes + strspn(text + bytes, " ");
    }
    return n;
}

static void check(recur_tag_scheme scheme, const char *text, const char *wanted, int64_t n_changed)
{
    ri_tag_set set;
    int32_t    tags[MOST];
    char       found[1000] = "";
    ri_tag_set_init(&set, &HEAP);
    int64_t n = take(&set, text, tags);
    assert_int_equal(ri_tag_set_rewrite(&set, scheme, n, tags), n_changed);
    for (int64_t t = 0; t < n; t++) {
        ri_span name = set.names.table.entries[tags[t]].span;
        sprintf(found + strlen(found), "%s%.*s", t ? " " : "", (int)name.size, name.bytes);
    }
    assert_string_equal(found, wanted);
    ri_tag_set_destroy(&set);
}

static void conversion(void **state)
{
    (void)state;
    check(RECUR_TAGS_BIOES, "O B-X O B-Y I-Y B-X I-X I-X", "O S-X O B-Y E-Y B-X I-X E-X", 3);
    check(RECUR_TAGS_BIO, "O S-X O B-Y E-Y B-X I-X E-X", "O B-X O B-Y I-Y B-X I-X I-X", 3);
    check(RECUR_TAGS_BIOES, "B I B O", "B E S O", 2);
    check(RECUR_TAGS_BIO, "B-A-B E-A-B", "B-A-B I-A-B", 1);
    check(RECUR_TAGS_BIOES, "", "", 0);
}

static void repair(void **state)
{
    (void)state;
    check(RECUR_TAGS_BIO, "I-X I-X O I-X B-X I-Y I-Y", "B-X I-X O B-X B-X B-Y I-Y", 3);
    check(RECUR_TAGS_BIO, "B-X I-X I-X B-X O O", "B-X I-X I-X B-X O O", 0);
    check(RECUR_TAGS_BIO, "E-X E-X I-X", "B-X B-X B-X", 3);
    check(RECUR_TAGS_BIOES, "E-X E-X I-X O B-X O I-Y E-X", "S-X S-X S-X O S-X O S-Y S-X", 6);
    check(RECUR_TAGS_BIOES, "B-X I-X S-X", "B-X E-X S-X", 1);
}

static void what_is_no_span_stays(void **state)
{
    (void)state;
    check(RECUR_TAGS_PLAIN, "I-X B-X NN", "I-X B-X NN", 0);
    check(RECUR_TAGS_BIO, "NN I-X O-X I-X", "NN B-X O-X B-X", 2);
}

/* Find the spans of tags. Returns how many. */
static int64_t spans_of(const ri_tag_set *set, const int32_t *tags, ri_tag_span *spans)
{
    ri_span_walk walk = {set->tag_of, tags, MOST, 0};
    int64_t      n = 0;
    while (ri_span_next(&walk, &spans[n])) n++;
    return n;
}

/* Whatever the tags are: writing keeps the spans, writing again changes nothing, and by way of the other scheme the same comes out. */
static void laws(void **state)
{
    (void)state;
    static const char *const names[] = {"O", "B-X", "I-X", "E-X", "S-X", "B-Y", "I-Y", "E-Y", "S-Y"};
    for (uint64_t s = 0; s < 500; s++) {
        ri_tag_set  set;
        int32_t     tags[MOST], direct[MOST];
        ri_tag_span before[MOST], after[MOST];
        ri_tag_set_init(&set, &HEAP);
        for (int64_t t = 0; t < MOST; t++) {
            const char *name = names[(int)(9 * ri_uniform(2, s, (uint64_t)t))];
            tags[t] = direct[t] = ri_tag_set_add(&set, name, strlen(name));
        }
        int64_t n = spans_of(&set, tags, before);
        assert_true(ri_tag_set_rewrite(&set, RECUR_TAGS_BIOES, MOST, tags) > 0);
        assert_int_equal(ri_tag_set_rewrite(&set, RECUR_TAGS_BIOES, MOST, tags), 0);
        assert_int_equal(spans_of(&set, tags, after), n);
        for (int64_t i = 0; i < n; i++)
            assert_true(before[i].begin == after[i].begin && before[i].end == after[i].end &&
                        before[i].type == after[i].type);
        ri_tag_set_rewrite(&set, RECUR_TAGS_BIO, MOST, tags);
        ri_tag_set_rewrite(&set, RECUR_TAGS_BIO, MOST, direct);
        assert_memory_equal(tags, direct, sizeof tags);
        assert_int_equal(spans_of(&set, tags, after), n);
        ri_tag_set_destroy(&set);
    }
}

/* Take in many tags, and write a sequence in both schemes. */
static recur_status use(const recur_allocator *a, void *arg, ri_error *error)
{
    ri_tag_set set;
    int32_t    tags[MOST];
    bool       is_done = true;
    (void)arg;
    ri_tag_set_init(&set, a);
    for (int i = 0; i < MOST && is_done; i++) {
        char name[16];
        snprintf(name, sizeof name, "I-%d", i);
        tags[i] = ri_tag_set_add(&set, name, strlen(name));
        is_done = tags[i] >= 0;
    }
    is_done = is_done && ri_tag_set_rewrite(&set, RECUR_TAGS_BIO, MOST, tags) == MOST;
    is_done = is_done && ri_tag_set_rewrite(&set, RECUR_TAGS_BIOES, MOST, tags) == MOST;
    ri_tag_set_destroy(&set);
    return is_done ? RECUR_OK : ri_fail(error, RECUR_EMEMORY, "no memory");
}

static void memory_runs_out(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(use, NULL) > 10);
}

/* ---- schemes ---- */

static void schemes_are_found(void **state)
{
    (void)state;
    const struct {
        const char      *tags;
        recur_tag_scheme scheme;
    } cases[] = {
        {"", RECUR_TAGS_PLAIN},      {"O", RECUR_TAGS_PLAIN},           {"O NN B-X", RECUR_TAGS_PLAIN},
        {"O I-X", RECUR_TAGS_BIO},   {"B O", RECUR_TAGS_BIO},           {"B-X I-X E-Y", RECUR_TAGS_BIOES},
        {"S-X O", RECUR_TAGS_BIOES}, {"B-X Special", RECUR_TAGS_PLAIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ri_tag_set set;
        int32_t    tags[MOST];
        ri_tag_set_init(&set, &HEAP);
        take(&set, cases[i].tags, tags);
        assert_int_equal(ri_tag_set_scheme(&set), cases[i].scheme);
        ri_tag_set_destroy(&set);
    }
}

/* Every pair of tags may stand together just where writing the sequence anew changes nothing. */
static void what_may_follow_needs_no_repair(void **state)
{
    (void)state;
    const recur_tag_scheme schemes[] = {RECUR_TAGS_BIO, RECUR_TAGS_BIOES};
    for (int k = 0; k < 2; k++) {
        ri_tag_set set;
        int32_t    tags[MOST];
        ri_tag_set_init(&set, &HEAP);
        take(&set, "O B-X I-Y", tags);
        assert_true(ri_tag_set_complete(&set, schemes[k]));
        int32_t n = (int32_t)set.names.table.n;
        assert_int_equal(n, k ? 9 : 5);
        for (int32_t a = 0; a < n; a++)
            for (int32_t b = 0; b < n; b++) {
                int32_t pair[2] = {a, b};
                bool    is_legal = ri_tag_set_may_follow(&set, schemes[k], -1, a) &&
                                ri_tag_set_may_follow(&set, schemes[k], a, b) &&
                                ri_tag_set_may_follow(&set, schemes[k], b, -1);
                assert_int_equal(ri_tag_set_rewrite(&set, schemes[k], 2, pair) == 0, is_legal);
            }
        ri_tag_set_destroy(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversion),
        cmocka_unit_test(repair),
        cmocka_unit_test(what_is_no_span_stays),
        cmocka_unit_test(laws),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(schemes_are_found),
        cmocka_unit_test(what_may_follow_needs_no_repair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
