/* Unicode: every code point decodes, everything that is none is refused, and white space is Unicode's.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "text/utf8.h"

/* Encode by the definition (RFC 3629). Returns the number of bytes. */
static size_t encode(uint32_t c, char out[4])
{
    unsigned char b[4];
    size_t        n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    b[0] = (unsigned char)(n == 1 ? c : (0xf0 << (4 - n) & 0xff) | c >> 6 * (n - 1));
    for (size_t i = 1; i < n; i++) b[i] = (unsigned char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
    memcpy(out, b, n);
    return n;
}

static void every_code_point_is_read(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x120000; c++) {
        char    bytes[4];
        int32_t found = -2;
        size_t  n = encode(c, bytes);
        bool    is_valid = c < 0xd800 || (c > 0xdfff && c <= 0x10ffff);
        assert_int_equal(ri_utf8_next(bytes, n, &found), is_valid ? n : 0);
        if (is_valid) assert_int_equal(found, c);
        if (n > 1) assert_int_equal(ri_utf8_next(bytes, n - 1, &found), 0); /* cut */
    }
}

static void what_is_not_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const INVALID[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3(",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xe2\x82",
        "\xf0\x9f\x98",
    };
    for (size_t i = 0; i < sizeof INVALID / sizeof *INVALID; i++) {
        char     text[32];
        ri_error e;
        snprintf(text, sizeof text, "one\ntwo%s", INVALID[i]);
        assert_int_equal(ri_utf8_check("f: ", text, strlen(text), &e), RECUR_EDATA);
        assert_string_equal(e.text, "f: invalid UTF-8 at byte 7 (line 2); --unit byte reads any bytes");
    }
}

static void a_nul_byte_is_named(void **state)
{
    (void)state;
    ri_error e;
    assert_int_equal(ri_utf8_check("", "a\nb\n\0c", 6, &e), RECUR_EDATA);
    assert_string_equal(e.text, "a NUL byte at byte 4 (line 3); --unit byte reads any bytes");
    assert_int_equal(ri_utf8_check("", "a\nb\n", 4, &e), RECUR_OK);
    assert_int_equal(ri_utf8_check("", NULL, 0, &e), RECUR_OK);
}

static void white_space_is_unicodes(void **state)
{
    (void)state;
    static const int32_t SPACES[] = {0x09,   0x0a,   0x0b,   0x0c,   0x0d,   0x20,   0x85,   0xa0,   0x1680,
                                     0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                                     0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
    size_t               k = 0;
    for (int32_t c = 0; c <= 0x10ffff; c++) {
        bool is_space = k < sizeof SPACES / sizeof *SPACES && SPACES[k] == c;
        assert_int_equal(ri_utf8_is_space(c), is_space);
        k += is_space;
    }
}

static void lines_are_counted_from_one(void **state)
{
    (void)state;
    assert_int_equal(ri_utf8_line("a\nb\n\nc", 0), 1);
    assert_int_equal(ri_utf8_line("a\nb\n\nc", 1), 1);
    assert_int_equal(ri_utf8_line("a\nb\n\nc", 2), 2);
    assert_int_equal(ri_utf8_line("a\nb\n\nc", 5), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_read),   cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(a_nul_byte_is_named),        cmocka_unit_test(white_space_is_unicodes),
        cmocka_unit_test(lines_are_counted_from_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
