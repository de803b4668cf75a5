/* The characters of a text by what they are made for: words, numbers, spaces and the rest.
 * SPDX-License-Identifier: MIT */
#ifndef RI_GLYPH_H
#define RI_GLYPH_H

#include <stdbool.h>

#include "text/split.h"

/* Combining marks are letters here; at the end of the text there is nothing. */
typedef enum ri_kind { RI_SPACE, RI_LETTER, RI_NUMBER, RI_OTHER, RI_NOTHING } ri_kind;

/* A code point of a text, with its kind. A byte that is no text has the code point -1 and is of kind RI_OTHER. */
typedef struct ri_glyph {
    int32_t code_point;
    size_t  size;
    ri_kind kind;
} ri_glyph;

/* Return what stands at offset at, which is at most text.size. */
ri_glyph ri_glyph_at(ri_span text, size_t at);

#endif
