/* stdout: results, each written at once. A reader that has gone (head) is no error: the program ends by SIGPIPE, as others do.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "memory.h"

static bool settle(app *a, bool is_written)
{
    if (is_written && fflush(stdout) == 0) return true;
    if (errno == EPIPE)
        a->is_broken = true;
    else if (!a->output_error)
        a->output_error = errno;
    return false;
}

bool output_bytes(app *a, const char *bytes, size_t n)
{
    progress_clear(a);
    return settle(a, fwrite(bytes, 1, n, stdout) == n);
}

bool output_format(app *a, const char *format, ...)
{
    va_list args;
    progress_clear(a);
    va_start(args, format);
    bool is_written = vprintf(format, args) >= 0;
    va_end(args);
    return settle(a, is_written);
}

bool output_json(app *a, json_t *object)
{
    char *line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    json_decref(object);
    if (!line) memory_is_out();
    bool is_written = output_format(a, "%s\n", line);
    free(line);
    return is_written;
}

json_t *output_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *output_numbers(int64_t n, const double *values)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n && values; i++) json_array_append_new(list, output_number(values[i]));
    return list;
}

/* ---- strings ---- */

/* Return the length of the UTF-8 sequence at s, 0 if it is none: overlong forms and surrogates are none. */
static size_t sequence(const unsigned char *s, size_t n)
{
    static const struct {
        unsigned char from, to, second_from, second_to;
        size_t        length;
    } forms[] = {{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                 {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                 {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s[0] < forms[i].from || s[0] > forms[i].to) continue;
        size_t length = forms[i].length;
        if (length > n) return 0;
        if (length > 1 && (s[1] < forms[i].second_from || s[1] > forms[i].second_to)) return 0;
        for (size_t k = 2; k < length; k++)
            if ((s[k] & 0xc0) != 0x80) return 0;
        return length;
    }
    return 0;
}

json_t *output_string(const char *bytes, size_t n)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    char             *text = need_memory(n + 1, 3);
    size_t            out = 0;
    for (size_t i = 0; i < n;) {
        size_t length = sequence((const unsigned char *)bytes + i, n - i);
        memcpy(text + out, length ? bytes + i : replacement, length ? length : 3);
        out += length ? length : 3;
        i += length ? length : 1;
    }
    json_t *string = json_stringn(text, out);
    free(text);
    return string;
}

/* ---- errors ---- */

int output_error(app *a, recur_status status, const char *format, ...)
{
    char    message[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    for (char *p = message; *p; p++)
        if ((unsigned char)*p < ' ') *p = '?'; /* a name must not move the terminal's cursor */
    progress_clear(a);
    bool has_color = a->bar.is_terminal && a->bar.has_color;
    fprintf(stderr, "%srecur:%s %s\n", has_color ? "\033[1;31m" : "", has_color ? "\033[0m" : "", message);
    if (a->json)
        output_json(a, json_pack("{s:{s:i,s:o}}", "error", "code", (int)status, "message",
                                 output_string(message, strlen(message))));
    return (int)status;
}

int output_failure(app *a, recur_status status)
{
    return output_error(a, status, "%s", recur_error(a->ctx));
}

/* ---- files ---- */

bool path_ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), n_ending = strlen(ending);
    return n > n_ending && strcmp(path + n - n_ending, ending) == 0;
}

int output_check_page(app *a, const char *path)
{
    if (!path || path_ends_in(path, ".html")) return RECUR_OK;
    return output_error(a, RECUR_EARG, "--out wants a file that ends in .html, found '%s'", path);
}

/* ---- the end ---- */

int output_end(app *a, int code)
{
    progress_clear(a);
    settle(a, true);
    if (a->output_error && code == RECUR_OK) {
        int reason = a->output_error;
        a->json = false; /* stdout is what does not work */
        return output_error(a, RECUR_EIO, "cannot write to stdout: %s", strerror(reason));
    }
    return code;
}
