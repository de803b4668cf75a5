/* Numbers by strtof, whose decimal point is the locale's.
 *
 * SPDX-License-Identifier: MIT */
#include "data/number.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool ri_number_parse(ri_span text, float *number)
{
    char text_of_c[LONGEST + 1];
    while (text.size > 0 && is_blank(text.bytes[0])) text.bytes++, text.size--;
    while (text.size > 0 && is_blank(text.bytes[text.size - 1])) text.size--;
    if (text.size == 0 || text.size > LONGEST) return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.bytes[i];
        if (c == '\0' || !strchr("0123456789+-.eE", c)) return false;
        text_of_c[i] = c == '.' ? *localeconv()->decimal_point : c;
    }
    text_of_c[text.size] = '\0';
    char *end;
    *number = strtof(text_of_c, &end);
    return *end == '\0' && isfinite(*number);
}
