/* Decoding by utf8proc, which refuses overlong forms, surrogates and code points above U+10FFFF; ASCII takes a short cut.
 *
 * SPDX-License-Identifier: MIT */
#include "text/utf8.h"

#include <inttypes.h>
#include <string.h>

#include <utf8proc.h>

size_t ri_utf8_next(const char *text, size_t left, int32_t *code_point)
{
    unsigned char first = (unsigned char)*text;
    if (first < 0x80) {
        *code_point = first;
        return 1;
    }
    utf8proc_ssize_t n = left > 4 ? 4 : (utf8proc_ssize_t)left;
    n = utf8proc_iterate((const utf8proc_uint8_t *)text, n, code_point);
    return n > 0 ? (size_t)n : 0;
}

/* Of White_Space, what is no separator by its category is U+0009 to U+000D and U+0085. */
bool ri_utf8_is_space(int32_t code_point)
{
    if (code_point <= ' ') return code_point == ' ' || (code_point >= '\t' && code_point <= '\r');
    if (code_point < 0x80) return false;
    if (code_point == 0x85) return true;
    utf8proc_category_t category = utf8proc_category(code_point);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

int64_t ri_utf8_line(const char *text, size_t at)
{
    int64_t line = 1;
    for (const char *end = text + at; (text = memchr(text, '\n', (size_t)(end - text))); text++) line++;
    return line;
}

recur_status ri_utf8_fail(const char *where, const char *text, size_t at, ri_error *error)
{
    return ri_fail(error, RECUR_EDATA, "%s%s at byte %zu (line %" PRId64 "); --unit byte reads any bytes",
                   where, text[at] ? "invalid UTF-8" : "a NUL byte", at, ri_utf8_line(text, at));
}

recur_status ri_utf8_check(const char *where, const char *text, size_t bytes, ri_error *error)
{
    int32_t code_point;
    for (size_t at = 0, n; at < bytes; at += n) {
        n = ri_utf8_next(text + at, bytes - at, &code_point);
        if (n == 0 || code_point == 0) return ri_utf8_fail(where, text, at, error);
    }
    return RECUR_OK;
}
