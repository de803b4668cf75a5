/* Names of tags taken apart, and spans: beside conlleval's own tables of when one ends and when one begins.
 * SPDX-License-Identifier: MIT */
#include "score/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static void check_split(const char *name, bool is_tag, char prefix, const char *type)
{
    char        found_prefix;
    const char *found_type;
    size_t      bytes;
    assert_int_equal(ri_tag_split(name, strlen(name), &found_prefix, &found_type, &bytes), is_tag);
    assert_int_equal(found_prefix, prefix);
    assert_int_equal(bytes, strlen(type));
    assert_memory_equal(found_type, type, bytes);
}

static void names_are_taken_apart(void **state)
{
    (void)state;
    check_split("O", true, 'O', "");
    check_split("B-PER", true, 'B', "PER");
    check_split("I-A-B", true, 'I', "A-B");
    check_split("E--", true, 'E', "-");
    check_split("S", true, 'S', "");
    check_split("S-", true, 'S', "");
    const char *others[] = {"",    "o",     "b-PER", "BPER",  "NN",    "IN", "-",
                            "-X-", "O-PER", "SYM",   "X-PER", "B_PER", "."};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) check_split(others[i], false, 'O', "");
}

/* conlleval's tables: pairs of prefixes, same type. */
static bool is_in(const char *pairs, char before, char tag)
{
    for (; *pairs; pairs += 3)
        if (pairs[0] == before && pairs[1] == tag) return true;
    return false;
}

static bool ends(ri_tag before, ri_tag tag)
{
    return is_in("BB BS BO IB IS IO EE EI EO EB ES SB SI SE SS SO ", before.prefix, tag.prefix) ||
           (before.prefix != 'O' && before.type != tag.type);
}

static bool begins(ri_tag before, ri_tag tag)
{
    return tag.prefix == 'B' || tag.prefix == 'S' || is_in("EE EI SE SI OE OI ", before.prefix, tag.prefix) ||
           (tag.prefix != 'O' && before.type != tag.type);
}

/* Find spans as conlleval does, tag by tag. Returns how many. */
static int64_t reference(const ri_tag *tag_of, const int32_t *tags, int64_t n, ri_tag_span *spans)
{
    const ri_tag outside = {'O', -1};
    int64_t      found = 0, begin = 0;
    for (int64_t t = 0; t <= n; t++) {
        ri_tag before = t > 0 ? tag_of[tags[t - 1]] : outside, tag = t < n ? tag_of[tags[t]] : outside;
        if (ends(before, tag)) spans[found++] = (ri_tag_span){begin, t, before.type};
        if (begins(before, tag)) begin = t;
    }
    return found;
}

static const ri_tag TAGS[9] = {{'O', -1}, {'B', 0}, {'I', 0}, {'E', 0}, {'S', 0},
                               {'B', 1},  {'I', 1}, {'E', 1}, {'S', 1}};

static void check_spans(int64_t n, const int32_t *tags)
{
    ri_tag_span  wanted[64], span;
    int64_t      n_wanted = reference(TAGS, tags, n, wanted), k = 0;
    ri_span_walk walk = {TAGS, tags, n, 0};
    while (ri_span_next(&walk, &span)) {
        assert_true(k < n_wanted);
        assert_int_equal(span.begin, wanted[k].begin);
        assert_int_equal(span.end, wanted[k].end);
        assert_int_equal(span.type, wanted[k].type);
        k++;
    }
    assert_int_equal(k, n_wanted);
    assert_false(ri_span_next(&walk, &span));
}

/* All sequences of up to five tags, of nine; and long random ones. */
static void spans_are_conllevals(void **state)
{
    (void)state;
    int32_t tags[60];
    int64_t n_sequences = 1;
    for (int64_t n = 0; n <= 5; n++, n_sequences *= 9) {
        for (int64_t s = 0; s < n_sequences; s++) {
            int64_t rest = s;
            for (int64_t t = 0; t < n; t++, rest /= 9) tags[t] = (int32_t)(rest % 9);
            check_spans(n, tags);
        }
    }
    for (uint64_t s = 0; s < 1000; s++) {
        for (int64_t t = 0; t < 60; t++) tags[t] = (int32_t)(9 * ri_uniform(1, s, (uint64_t)t));
        check_spans(60, tags);
    }
}

static void prefixes(void **state)
{
    (void)state;
    const ri_tag_span one = {4, 5, 0}, three = {4, 7, 0};
    assert_int_equal(ri_span_prefix(&one, 4, false), 'B');
    assert_int_equal(ri_span_prefix(&one, 4, true), 'S');
    const char *bio = "BII", *bioes = "BIE";
    for (int64_t t = 4; t < 7; t++) {
        assert_int_equal(ri_span_prefix(&three, t, false), bio[t - 4]);
        assert_int_equal(ri_span_prefix(&three, t, true), bioes[t - 4]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_taken_apart),
        cmocka_unit_test(spans_are_conllevals),
        cmocka_unit_test(prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
