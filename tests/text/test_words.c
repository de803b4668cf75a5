/* The rule that cuts text into words, lower-case letters, interned strings, and labels as JSON.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "text/intern.h"
#include "text/labels.h"
#include "text/utf8.h"
#include "text/words.h"

static const recur_allocator HEAP;

static void check_words(recur_text_rule rule, const char *text, const char *wanted)
{
    char    found[500] = "";
    ri_span token, all = {text, strlen(text)};
    for (size_t at = 0; ri_words_next(&rule, all, &at, &token);)
        sprintf(found + strlen(found), "%s%.*s", *found ? "|" : "", (int)token.size, token.bytes);
    assert_string_equal(found, wanted);
}

static void words_by_the_rule(void **state)
{
    (void)state;
    recur_text_rule r = {.unit = RECUR_WORD};
    check_words(r, "I didn't pay $1,299.95 (well-made!)", "I|didn't|pay|$|1,299.95|(|well|-|made|!|)");
    check_words(r,
                "  a\tb\n\nc\xc2\xa0"
                "d\xe3\x80\x80"
                "e ",
                "a|b|c|d|e"); /* no-break and ideographic space */
    check_words(r, "", "");
    check_words(r, " \n ", "");
    check_words(r, "'tis the dogs' day", "'|tis|the|dogs|'|day");
    check_words(r, "rock'n'roll don\xe2\x80\x99t", "rock'n'roll|don\xe2\x80\x99t");
    check_words(r, "x''y '' '", "x|'|'|y|'|'|'");
    check_words(r, "3.14 1,000,000 3. .5 a.b 1.a a,1 1..2",
                "3.14|1,000,000|3|.|.|5|a|.|b|1|.|a|a|,|1|1|.|.|2");
    check_words(r,
                "caf\xc3\xa9 e\xcc\x81t\xc3\xa9 stra\xc3\x9f"
                "e",
                "caf\xc3\xa9|e\xcc\x81t\xc3\xa9|stra\xc3\x9f"
                "e"); /* a mark stays */
    check_words(r,
                "\xe2\x82\xac"
                "5\xe2\x80\xa6 \xf0\x9f\x98\x80!",
                "\xe2\x82\xac|5|\xe2\x80\xa6|\xf0\x9f\x98\x80|!");
    check_words(r, "a_b a/b", "a|_|b|a|/|b");
    check_words(r, "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, \xe2\x85\xa7\xc2\xbd",
                "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82|,|\xe2\x85\xa7\xc2\xbd");
    r.splitting = RECUR_SPLIT_SPACES;
    check_words(r, " didn't (stop)\xe2\x80\x83-- ok", "didn't|(stop)|--|ok");
    r.unit = RECUR_CHAR;
    check_words(r, "a \xc3\xa9", "a| |\xc3\xa9");
    r.unit = RECUR_BYTE;
    check_words(r, "\xc3\xa9", "\xc3|\xa9");
}

static void words_are_counted_by_space(void **state)
{
    (void)state;
    assert_int_equal(ri_words_count((ri_span){" a, b\tc-d \xff\xff ", 13}), 4);
    assert_int_equal(ri_words_count((ri_span){"", 0}), 0);
}

static void check_fold(recur_text_rule rule, bool is_tagged, const char *form, const char *wanted)
{
    char    room[100];
    ri_span folded = ri_words_fold(&rule, is_tagged, (ri_span){form, strlen(form)}, room);
    assert_int_equal(folded.size, strlen(wanted));
    assert_memory_equal(folded.bytes, wanted, folded.size);
}

static void letters_become_lower_case(void **state)
{
    (void)state;
    recur_text_rule r = ri_words_rule((recur_text_rule){.unit = RECUR_WORD});
    assert_int_equal(r.letters, RECUR_LETTERS_LOWER);
    check_fold(r, false, "HeLLo", "hello");
    check_fold(r, false, "\xc3\x89T\xc3\x89 \xce\xa9", "\xc3\xa9t\xc3\xa9 \xcf\x89");
    check_fold(r, false, "Don\xe2\x80\x99t", "don't");
    check_fold(r, false, "\xc8\xba\xc8\xba", "\xe2\xb1\xa5\xe2\xb1\xa5"); /* two bytes become three */
    check_fold(r, true, "New\xc2\xa0York", "new_york");
    r.letters = RECUR_LETTERS_KEPT;
    check_fold(r, true, "New York\xe2\x80\x99s", "New_York\xe2\x80\x99s");
    check_fold(r, false, "A b", "A b");
    assert_int_equal(ri_words_rule((recur_text_rule){.unit = RECUR_CHAR}).letters, RECUR_LETTERS_KEPT);
    assert_int_equal(ri_words_rule((recur_text_rule){.unit = RECUR_BYTE}).letters, RECUR_LETTERS_KEPT);
}

/* No form grows beyond the room that the contract names, whatever the code point. */
static void every_letter_fits(void **state)
{
    (void)state;
    recur_text_rule r = {.unit = RECUR_WORD, .letters = RECUR_LETTERS_LOWER};
    for (int32_t c = 1; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000) continue;
        char   form[4], room[8];
        size_t n = 0;
        if (c < 0x80) {
            form[n++] = (char)c;
        } else {
            int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
            form[n++] = (char)((0xf00 >> (more + 1) & 0xff) | c >> 6 * more);
            for (int k = more - 1; k >= 0; k--) form[n++] = (char)(0x80 | (c >> 6 * k & 0x3f));
        }
        int32_t read;
        if (ri_utf8_next(form, n, &read) != n || read != c)
            fail_msg("U+%04X is not written well", (unsigned)c);
        ri_span folded = ri_words_fold(&r, true, (ri_span){form, n}, room);
        if (folded.size < 1 || folded.size > 2 * n)
            fail_msg("U+%04X becomes %zu bytes", (unsigned)c, folded.size);
    }
}

/* ---- interned strings ---- */

static recur_status intern_many(const recur_allocator *a, void *arg, ri_error *error)
{
    ri_intern intern;
    bool      ok = true;
    (void)arg;
    ri_intern_init(&intern, a);
    for (int i = 0; i < 3000 && ok; i++) {
        char text[40];
        int  n = snprintf(text, sizeof text, "a word number %d", i % 2000);
        ok = ri_intern_add(&intern, (ri_span){text, (size_t)n}) == i % 2000;
    }
    char *large = malloc(100000);
    memset(large, 'x', 100000);
    ok = ok && ri_intern_add(&intern, (ri_span){large, 100000}) == 2000 &&
         ri_intern_add(&intern, (ri_span){"", 0}) == 2001;
    free(large);
    if (ok) assert_string_equal(intern.table.entries[1234].span.bytes, "a word number 1234");
    ri_intern_destroy(&intern);
    return ok ? RECUR_OK : ri_fail(error, RECUR_EMEMORY, "no memory");
}

static void strings_are_interned(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(intern_many, NULL) > 5);
}

/* ---- labels ---- */

static recur_status labels_there_and_back(const recur_allocator *a, void *arg, ri_error *error)
{
    const ri_span names[] = {{"pos\"itive", 9}, {"\xc3\xa9", 2}, {"0", 1}};
    recur_labels *labels, *again = NULL;
    char         *json = NULL;
    (void)arg;
    recur_status status = ri_labels_create(a, names, 3, &labels, error);
    if (status == RECUR_OK) status = ri_labels_to_json(labels, a, &json, error);
    if (status == RECUR_OK) {
        assert_string_equal(json, "[\"pos\\\"itive\",\"\xc3\xa9\",\"0\"]");
        status = ri_labels_from_json(a, json, &again, error);
    }
    if (status == RECUR_OK) {
        assert_int_equal(recur_labels_count(again), 3);
        assert_string_equal(recur_labels_name(again, 0), "pos\"itive");
        assert_int_equal(recur_labels_find(again, "0"), 2);
        assert_int_equal(recur_labels_find(again, "1"), -1);
        assert_null(recur_labels_name(again, 3));
        assert_null(recur_labels_name(again, -1));
    }
    ri_release(a, json);
    recur_labels_destroy(labels);
    recur_labels_destroy(again);
    return status;
}

static void labels_as_json(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(labels_there_and_back, NULL) > 4);
    static const char *const wrong[] = {
        "", "[", "{}", "[]", "[1]", "[\"a\",null]", "[\"a\",\"a\"]", "[\"\"]", "\"a\"", "[\"a\\u0000\"]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        recur_labels *labels;
        ri_error      error = {0};
        assert_int_equal(ri_labels_from_json(&HEAP, wrong[i], &labels, &error), RECUR_EMODEL);
        assert_null(labels);
        assert_true(strlen(error.text) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_by_the_rule),         cmocka_unit_test(words_are_counted_by_space),
        cmocka_unit_test(letters_become_lower_case), cmocka_unit_test(every_letter_fits),
        cmocka_unit_test(strings_are_interned),      cmocka_unit_test(labels_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
