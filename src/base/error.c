/* Sentences are formatted beside the error and copied in, so a sentence may quote the one it replaces.
 *
 * SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Shorten a sentence of n bytes that was cut in the middle of a character. */
static void drop_half_character(char *text, size_t n)
{
    size_t start = n;
    while (start > 0 && n - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t        wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (n - start + 1 < wanted) text[start - 1] = '\0';
}

/* Blank control characters: 0x00-0x1f, 0x7f, and U+0080-U+009F, which some terminals obey as well. */
static void blank_controls(char *text)
{
    unsigned char before = 0;
    for (char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte < 0x20 || byte == 0x7f) {
            *c = '?';
        } else if (before == 0xc2 && byte >= 0x80 && byte <= 0x9f) {
            c[-1] = c[0] = '?';
        }
        before = byte;
    }
}

recur_status ri_fail(ri_error *error, recur_status status, const char *format, ...)
{
    char    text[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n < 0) text[0] = '\0';
    if (n >= (int)sizeof text) drop_half_character(text, sizeof text - 1);
    blank_controls(text);
    memcpy(error->text, text, sizeof text);
    error->status = status;
    return status;
}
