/* Cutting a text into tokens.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SPLIT_H
#define RI_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "recur/text.h"

typedef struct ri_cursor {
    recur_unit  unit;
    const char *text;
    size_t      bytes;
    size_t      at; /* where the next token is looked for */
} ri_cursor;

typedef struct ri_span {
    const char *bytes;
    size_t      size;
} ri_span;

/* The most bytes of a piece, and so of a token of byte pairs: what one costs to encode has a bound. */
enum { RI_PIECE_BYTES = 128 };

/* Find the next token (of byte pairs: the next piece, whose tokens bpe.h finds) and move behind it. Returns false at the end (at is then bytes) and where the text is not UTF-8 or holds a NUL
 * byte (at is then the offset of what is wrong). */
bool ri_split_next(ri_cursor *cursor, ri_span *token);

#endif
