/* The rule that cuts text into words, with Unicode's categories from utf8proc; ASCII takes a short cut.
 *
 *   I didn't pay $1,299.95 (well-made!)
 *   I didn't pay $ 1,299.95 ( well - made ! )
 *
 * SPDX-License-Identifier: MIT */
#include "text/words.h"

#include <utf8proc.h>

#include "text/utf8.h"

enum { APOSTROPHE = '\'', RIGHT_QUOTE = 0x2019 };

typedef enum kind { SPACE, LETTER, NUMBER, OTHER, NOTHING } kind; /* marks are letters here */

static kind kind_of_ascii(int32_t c)
{
    int32_t lower = c | 0x20;
    if (lower >= 'a' && lower <= 'z') return LETTER;
    if (c >= '0' && c <= '9') return NUMBER;
    return ri_utf8_is_space(c) ? SPACE : OTHER;
}

static kind kind_of(int32_t code_point)
{
    if (code_point < 0x80) return kind_of_ascii(code_point);
    if (ri_utf8_is_space(code_point)) return SPACE;
    switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return NUMBER;
    default:
        return OTHER;
    }
}

/* A code point of a text, with its kind. A byte that is no text is of kind OTHER. */
typedef struct glyph {
    int32_t code_point;
    size_t  size;
    kind    kind;
} glyph;

static glyph look(ri_span text, size_t at)
{
    glyph g = {.kind = NOTHING};
    if (at >= text.size) return g;
    g.size = ri_utf8_next(text.bytes + at, text.size - at, &g.code_point);
    if (g.size == 0) return (glyph){.code_point = -1, .size = 1, .kind = OTHER};
    g.kind = kind_of(g.code_point);
    return g;
}

static bool is_wordly(kind k)
{
    return k == LETTER || k == NUMBER;
}

/* Whether g stays inside a word between the code points before and after it. */
static bool joins(glyph g, kind before, kind after)
{
    if (g.code_point == APOSTROPHE || g.code_point == RIGHT_QUOTE) return is_wordly(after);
    return (g.code_point == '.' || g.code_point == ',') && before == NUMBER && after == NUMBER;
}

/* Return where the word ends that starts with the glyph g at offset at. */
static size_t end_of_word(ri_span text, size_t at, glyph g)
{
    for (;;) {
        kind before = g.kind;
        at += g.size;
        g = look(text, at);
        if (is_wordly(g.kind)) continue;
        if (g.kind != OTHER || !joins(g, before, look(text, at + g.size).kind)) return at;
        g.kind = before; /* what follows is of a word, so two joiners never meet */
    }
}

static size_t end_of_run(ri_span text, size_t at)
{
    for (glyph g; (g = look(text, at)).kind != SPACE && g.kind != NOTHING;) at += g.size;
    return at;
}

bool ri_words_next(const recur_text_rule *rule, ri_span text, size_t *at, ri_span *token)
{
    size_t start = *at;
    glyph  g = look(text, start);
    if (rule->unit == RECUR_WORD)
        for (; g.kind == SPACE; g = look(text, start)) start += g.size;
    if (g.kind == NOTHING) {
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
        glyph g = look(text, at);
        n += g.kind != SPACE && !is_inside;
        is_inside = g.kind != SPACE;
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
