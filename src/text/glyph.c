/* Unicode's categories from utf8proc; ASCII takes a short cut.
 *
 * SPDX-License-Identifier: MIT */
#include "text/glyph.h"

#include <utf8proc.h>

#include "text/utf8.h"

static ri_kind kind_of_ascii(int32_t c)
{
    int32_t lower = c | 0x20;
    if (lower >= 'a' && lower <= 'z') return RI_LETTER;
    if (c >= '0' && c <= '9') return RI_NUMBER;
    return ri_utf8_is_space(c) ? RI_SPACE : RI_OTHER;
}

static ri_kind kind_of(int32_t code_point)
{
    if (code_point < 0x80) return kind_of_ascii(code_point);
    if (ri_utf8_is_space(code_point)) return RI_SPACE;
    switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return RI_LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return RI_NUMBER;
    default:
        return RI_OTHER;
    }
}

ri_glyph ri_glyph_at(ri_span text, size_t at)
{
    ri_glyph g = {.kind = RI_NOTHING};
    if (at >= text.size) return g;
    g.size = ri_utf8_next(text.bytes + at, text.size - at, &g.code_point);
    if (g.size == 0) return (ri_glyph){.code_point = -1, .size = 1, .kind = RI_OTHER};
    g.kind = kind_of(g.code_point);
    return g;
}
