/* One function for each unit; each reads every byte once.
 *
 * SPDX-License-Identifier: MIT */
#include "text/split.h"

#include "text/glyph.h"
#include "text/utf8.h"

/* Look at the code point at offset at. Returns its size, 0 at the end and where there is none. */
static size_t look(const ri_cursor *c, size_t at, int32_t *code_point)
{
    if (at == c->bytes) return 0;
    size_t n = ri_utf8_next(c->text + at, c->bytes - at, code_point);
    return *code_point == 0 ? 0 : n;
}

static bool next_byte(ri_cursor *c, ri_span *token)
{
    if (c->at == c->bytes) return false;
    *token = (ri_span){c->text + c->at++, 1};
    return true;
}

static bool next_character(ri_cursor *c, ri_span *token)
{
    int32_t code_point;
    size_t  n = look(c, c->at, &code_point);
    *token = (ri_span){c->text + c->at, n};
    c->at += n;
    return n > 0;
}

/* A line feed, or a run of anything but white space. A run that ends in invalid bytes is still a token: they are met next. */
static bool next_word(ri_cursor *c, ri_span *token)
{
    int32_t code_point;
    size_t  n, start = c->at;
    while ((n = look(c, start, &code_point)) > 0 && code_point != '\n' && ri_utf8_is_space(code_point))
        start += n;
    size_t end = start + n;
    if (n > 0 && code_point != '\n')
        while ((n = look(c, end, &code_point)) > 0 && !ri_utf8_is_space(code_point)) end += n;
    *token = (ri_span){c->text + start, end - start};
    c->at = end;
    return end > start;
}

/* Whether a run of white space ends before the glyph g at offset at: a space belongs to what follows it, if anything does. */
static bool is_lead(ri_span text, size_t at, ri_glyph g)
{
    if (g.code_point != ' ') return false;
    ri_kind next = ri_glyph_at(text, at + 1).kind;
    return next != RI_SPACE && next != RI_NOTHING;
}

/* A run of letters, of digits or of other signs, each with the one space before it, or a run of white space: see docs/why/bpe.md. Bytes that are
 * no text are signs. */
static bool next_piece(ri_cursor *c, ri_span *token)
{
    ri_span  text = {c->text, c->bytes};
    size_t   start = c->at, end = start;
    ri_glyph g = ri_glyph_at(text, end);
    if (is_lead(text, end, g)) g = ri_glyph_at(text, ++end);
    for (ri_kind kind = g.kind; g.kind == kind && g.kind != RI_NOTHING; g = ri_glyph_at(text, end)) {
        if (end + g.size - start > RI_PIECE_BYTES) break;
        if (end > start && kind == RI_SPACE && is_lead(text, end, g)) break;
        end += g.size;
    }
    *token = (ri_span){c->text + start, end - start};
    c->at = end;
    return end > start;
}

bool ri_split_next(ri_cursor *cursor, ri_span *token)
{
    switch (cursor->unit) {
    case RECUR_CHAR:
        return next_character(cursor, token);
    case RECUR_BYTE:
        return next_byte(cursor, token);
    case RECUR_WORD:
        return next_word(cursor, token);
    case RECUR_BPE:
        return next_piece(cursor, token);
    }
    return false;
}
