/* 13a is a chain of replacements. Its rules name only ASCII characters and "anything but a digit", which the bytes of a longer character are, too: so it
 * works on bytes.
 *
 * SPDX-License-Identifier: MIT */
#include "text/evaluation.h"

#include <string.h>

#include "text/utf8.h"

/* Python's str.isspace is White_Space and the four separators of ASCII. */
static bool is_space(int32_t c)
{
    return (c >= 0x1c && c <= 0x1f) || ri_utf8_is_space(c);
}

/* Look at the code point at *at. What is not UTF-8 is no space and one byte long. */
static size_t look(ri_span text, size_t at, bool *space)
{
    int32_t c;
    size_t  n = ri_utf8_next(text.bytes + at, text.size - at, &c);
    *space = n > 0 && is_space(c);
    return n > 0 ? n : 1;
}

bool ri_eval_next(ri_span text, size_t *at, ri_span *word)
{
    bool   space = true;
    size_t start = *at, n = 0;
    for (; start < text.size; start += n) {
        n = look(text, start, &space);
        if (!space) break;
    }
    size_t end = start;
    for (; end < text.size; end += n) {
        n = look(text, end, &space);
        if (space) break;
    }
    *word = (ri_span){text.bytes + start, end - start};
    *at = end;
    return end > start;
}

ri_span ri_eval_strip(ri_span text)
{
    size_t  at = 0;
    ri_span first = {text.bytes, 0}, last, word;
    if (!ri_eval_next(text, &at, &first)) return (ri_span){text.bytes, 0};
    for (last = first; ri_eval_next(text, &at, &word);) last = word;
    return (ri_span){first.bytes, (size_t)(last.bytes + last.size - first.bytes)};
}

/* ---- 13a ---- */

/* Replace every `from` by `to`, which is not longer, from the left. Returns the new size. */
static size_t replace(char *text, size_t n, const char *from, const char *to)
{
    size_t n_from = strlen(from), n_to = strlen(to), written = 0;
    for (size_t at = 0; at < n;) {
        bool is_found = n - at >= n_from && memcmp(text + at, from, n_from) == 0;
        if (is_found)
            memcpy(text + written, to, n_to);
        else
            text[written] = text[at];
        written += is_found ? n_to : 1;
        at += is_found ? n_from : 1;
    }
    return written;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_point(char c)
{
    return c == '.' || c == ',';
}

/* Signs that stand alone: of ASCII, all but letters, digits, the apostrophe, comma, point and hyphen. */
static bool is_sign(char c)
{
    return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
           (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

/* A rule looks at a byte and the next one, and says how many spaces are put before the first, between the two and after the second. */
typedef struct spacing {
    bool matches, before, between, after;
} spacing;

static spacing point_after_other(char first, char second)
{
    return (spacing){.matches = !is_digit(first) && is_point(second), .between = true, .after = true};
}

static spacing point_before_other(char first, char second)
{
    return (spacing){.matches = is_point(first) && !is_digit(second), .before = true, .between = true};
}

static spacing hyphen_after_digit(char first, char second)
{
    return (spacing){.matches = is_digit(first) && second == '-', .between = true, .after = true};
}

/* Copy n bytes, spaced by a rule wherever it matches; matches do not overlap. Returns the bytes written. */
static size_t space_out(spacing (*rule)(char, char), const char *from, size_t n, char *to)
{
    size_t written = 0;
    for (size_t at = 0; at < n; at++) {
        spacing s = at + 1 < n ? rule(from[at], from[at + 1]) : (spacing){0};
        if (!s.matches) {
            to[written++] = from[at];
            continue;
        }
        if (s.before) to[written++] = ' ';
        to[written++] = from[at++];
        if (s.between) to[written++] = ' ';
        to[written++] = from[at];
        if (s.after) to[written++] = ' ';
    }
    return written;
}

static size_t space_signs(const char *from, size_t n, char *to)
{
    size_t written = 0;
    for (size_t at = 0; at < n; at++) {
        bool is_alone = is_sign(from[at]) && from[at] != ' '; /* of spaces there may be any number */
        if (is_alone) to[written++] = ' ';
        to[written++] = from[at];
        if (is_alone) to[written++] = ' ';
    }
    return written;
}

/* No byte has more than 4 spaces put around it, so that two halves of the room are each large enough for every step. */
ri_span ri_eval_13a(ri_span text, char *room)
{
    ri_span stripped = ri_eval_strip(text);
    char   *a = room, *b = room + RI_EVAL_13A_BYTES(text.size) / 2;
    size_t  n = stripped.size;
    if (n > 0) memcpy(b, stripped.bytes, n);
    n = replace(b, n, "<skipped>", "");
    n = replace(b, n, "-\n", "");
    n = replace(b, n, "\n", " ");
    n = replace(b, n, "&quot;", "\"");
    n = replace(b, n, "&amp;", "&");
    n = replace(b, n, "&lt;", "<");
    n = replace(b, n, "&gt;", ">");
    a[0] = ' ';
    n = 1 + space_signs(b, n, a + 1);
    a[n++] = ' ';
    n = space_out(point_after_other, a, n, b);
    n = space_out(point_before_other, b, n, a);
    n = space_out(hyphen_after_digit, a, n, b);
    return (ri_span){b, n};
}

/* ---- rouge-score ---- */

enum { CAPITAL_I_WITH_DOT = 0x130, KELVIN_SIGN = 0x212a };

/* Return the letter or digit that a code point is in lower-case, 0 if it is none. */
static char plain(int32_t c)
{
    if (c >= 'A' && c <= 'Z') return (char)(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return (char)c;
    if (c == CAPITAL_I_WITH_DOT) return 'i';
    return c == KELVIN_SIGN ? 'k' : 0;
}

size_t ri_eval_rouge(ri_span text, size_t *at, char *word)
{
    size_t n = 0;
    while (*at < text.size) {
        int32_t c = 0;
        size_t  size = ri_utf8_next(text.bytes + *at, text.size - *at, &c);
        char    letter = size > 0 ? plain(c) : 0;
        *at += size > 0 ? size : 1;
        if (letter) word[n++] = letter;
        /* the lower-case of I with a dot is i and a combining dot, which ends a word */
        if (n > 0 && (!letter || c == CAPITAL_I_WITH_DOT)) return n;
    }
    return n;
}
