/* The rule that cuts text into words.
 *
 *   I didn't pay $1,299.95 (well-made!)
 *   I didn't pay $ 1,299.95 ( well - made ! )
 *
 * SPDX-License-Identifier: MIT */
#include "text/words.h"

#include <utf8proc.h>

#include "text/glyph.h"
#include "text/utf8.h"

enum { APOSTROPHE = '\'', RIGHT_QUOTE = 0x2019 };

static bool is_wordly(ri_kind k)
{
    return k == RI_LETTER || k == RI_NUMBER;
}

/* Whether g stays inside a word between the code points before and after it. */
static bool joins(ri_glyph g, ri_kind before, ri_kind after)
{
    if (g.code_point == APOSTROPHE || g.code_point == RIGHT_QUOTE) return is_wordly(after);
    return (g.code_point == '.' || g.code_point == ',') && before == RI_NUMBER && after == RI_NUMBER;
}

/* Return where the word ends that starts with the glyph g at offset at. */
static size_t end_of_word(ri_span text, size_t at, ri_glyph g)
{
    for (;;) {
        ri_kind before = g.kind;
        at += g.size;
        g = ri_glyph_at(text, at);
        if (is_wordly(g.kind)) continue;
        if (g.kind != RI_OTHER || !joins(g, before, ri_glyph_at(text, at + g.size).kind)) return at;
        g.kind = before; /* what follows is of a word, so two joiners never meet */
    }
}

static size_t end_of_run(ri_span text, size_t at)
{
    for (ri_glyph g; (g = ri_glyph_at(text, at)).kind != RI_SPACE && g.kind != RI_NOTHING;) at += g.size;
    return at;
}

bool ri_words_next(const recur_text_rule *rule, ri_span text, size_t *at, ri_span *token)
{
    size_t   start = *at;
    ri_glyph g = ri_glyph_at(text, start);
    if (rule->unit == RECUR_WORD)
        for (; g.kind == RI_SPACE; g = ri_glyph_at(text, start)) start += g.size;
    if (g.kind == RI_NOTHING) {
        *at = start;
        return false;
    }
    size_t end = start + g.size;
    if (rule->unit == RECUR_BYTE) end = start + 1;
    if (rule->unit == RECUR_WORD) {
        if (rule->splitting == RECUR_SPLIT_SPACES)
            end = end_of_run(text, end);
        else if (is_wordly(g.kind))
            end = end_of_word(text, start, g);
    }
    *token = (ri_span){text.bytes + start, end - start};
    *at = end;
    return true;
}

int64_t ri_words_count(ri_span text)
{
    int64_t n = 0;
    bool    is_inside = false;
    for (size_t at = 0; at < text.size;) {
        ri_glyph g = ri_glyph_at(text, at);
        n += g.kind != RI_SPACE && !is_inside;
        is_inside = g.kind != RI_SPACE;
        at += g.size;
    }
    return n;
}

recur_text_rule ri_words_rule(recur_text_rule rule)
{
    if (rule.letters == RECUR_LETTERS_DEFAULT)
        rule.letters = rule.unit == RECUR_WORD ? RECUR_LETTERS_LOWER : RECUR_LETTERS_KEPT;
    return rule;
}

ri_span ri_words_fold(const recur_text_rule *rule, bool is_tagged, ri_span form, char *folded)
{
    bool is_lower = rule->letters == RECUR_LETTERS_LOWER;
    if (!is_tagged && !is_lower) return form;
    char *to = folded;
    for (size_t at = 0, n; at < form.size; at += n) {
        int32_t c;
        n = ri_utf8_next(form.bytes + at, form.size - at, &c);
        if (n == 0) return form; /* the caller has checked: this cannot be */
        if (is_lower) c = c == RIGHT_QUOTE ? APOSTROPHE : utf8proc_tolower(c);
        if (is_tagged && ri_utf8_is_space(c)) c = '_';
        to += utf8proc_encode_char(c, (utf8proc_uint8_t *)to);
    }
    return (ri_span){folded, (size_t)(to - folded)};
}
