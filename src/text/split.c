/* One function for each unit; each reads every byte once.
 *
 * SPDX-License-Identifier: MIT */
#include "text/split.h"

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

bool ri_split_next(ri_cursor *cursor, ri_span *token)
{
    switch (cursor->unit) {
    case RECUR_CHAR:
        return next_character(cursor, token);
    case RECUR_BYTE:
        return next_byte(cursor, token);
    case RECUR_WORD:
        return next_word(cursor, token);
    }
    return false;
}
