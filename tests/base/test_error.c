/* Sentences: cut at whole characters, harmless on a terminal.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

static void keeps_status_and_sentence(void **state)
{
    (void)state;
    ri_error e = {0};
    assert_int_equal(ri_fail(&e, RECUR_EIO, "cannot read %s: %d", "x", 7), RECUR_EIO);
    assert_int_equal(e.status, RECUR_EIO);
    assert_string_equal(e.text, "cannot read x: 7");
    ri_fail(&e, RECUR_EDATA, "in y: %s", e.text); /* quoting itself */
    assert_string_equal(e.text, "in y: cannot read x: 7");
}

static void control_characters_are_blanked(void **state)
{
    (void)state;
    ri_error e;
    ri_fail(&e, RECUR_EDATA, "%s",
            "a\x1b[2Jb\nc\x7f"
            "d\xc2\x9b"
            "e");
    assert_string_equal(e.text, "a?[2Jb?c?d??e");
    ri_fail(&e, RECUR_EDATA, "%s", "\xc3\xa9 \xe2\x82\xac \xc2\xa0");
    assert_string_equal(e.text, "\xc3\xa9 \xe2\x82\xac \xc2\xa0");
}

static void long_sentences_end_at_a_whole_character(void **state)
{
    (void)state;
    static const char *const CHARACTERS[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (int k = 0; k < 4; k++) {
        size_t width = strlen(CHARACTERS[k]);
        for (size_t shift = 0; shift < 5; shift++) {
            char   long_text[1000] = "";
            size_t n = shift;
            memset(long_text, '.', shift);
            for (; n + width < sizeof long_text; n += width) memcpy(long_text + n, CHARACTERS[k], width + 1);
            ri_error e;
            ri_fail(&e, RECUR_EDATA, "%s", long_text);
            size_t length = strlen(e.text);
            assert_true(length > sizeof e.text - 1 - width && length < sizeof e.text);
            assert_int_equal((length - shift) % width, 0);
            assert_memory_equal(e.text, long_text, length);
        }
    }
}

static void invalid_bytes_at_the_cut_stay_inside(void **state)
{
    (void)state;
    char long_text[1000];
    memset(long_text, 0x80, sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    ri_error e;
    ri_fail(&e, RECUR_EDATA, "%s", long_text);
    assert_true(strlen(e.text) < sizeof e.text);
}

static void every_status_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(recur_status_name(RECUR_OK), "RECUR_OK");
    assert_string_equal(recur_status_name(RECUR_EDATA), "RECUR_EDATA");
    assert_string_equal(recur_status_name(RECUR_STOPPED), "RECUR_STOPPED");
    for (int i = RECUR_OK; i <= RECUR_STOPPED; i++) {
        assert_string_not_equal(recur_status_name((recur_status)i), "RECUR_UNKNOWN");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(recur_status_name((recur_status)i), recur_status_name((recur_status)j));
    }
    assert_string_equal(recur_status_name((recur_status)99), "RECUR_UNKNOWN");
}

static void the_version_is_the_headers(void **state)
{
    (void)state;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", RECUR_VERSION_MAJOR, RECUR_VERSION_MINOR,
             RECUR_VERSION_PATCH);
    assert_string_equal(recur_version(), version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_status_and_sentence),
        cmocka_unit_test(control_characters_are_blanked),
        cmocka_unit_test(long_sentences_end_at_a_whole_character),
        cmocka_unit_test(invalid_bytes_at_the_cut_stay_inside),
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(the_version_is_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
