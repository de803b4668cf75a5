/* Unicode: code points of UTF-8, white space, and where in a text something is.
 * SPDX-License-Identifier: MIT */
#ifndef RI_UTF8_H
#define RI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Return how many bytes the code point at text takes, 0 if the bytes are not UTF-8. left is at least 1. */
size_t ri_utf8_next(const char *text, size_t left, int32_t *code_point);

/* Return whether a code point has Unicode's property White_Space. */
bool ri_utf8_is_space(int32_t code_point);

/* Return the line, from 1, that byte at of a text lies on. */
int64_t ri_utf8_line(const char *text, size_t at);

/* Say which byte is not text: RECUR_EDATA for a NUL or invalid UTF-8 at byte at. where opens the sentence ("" or "FILE: "). */
recur_status ri_utf8_fail(const char *where, const char *text, size_t at, ri_error *error);

/* Check that a text is UTF-8 without NUL bytes. Errors: RECUR_EDATA, as ri_utf8_fail. */
recur_status ri_utf8_check(const char *where, const char *text, size_t bytes, ri_error *error);

#endif
