/* Bytes of markup, XML or HTML, that grow piece by piece. What means something to either is escaped in one place, here.
 * SPDX-License-Identifier: MIT */
#ifndef RI_MARKUP_H
#define RI_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

/* The bytes so far; begins as {.allocator = a}. After has_failed nothing more is added: there was no memory. */
typedef struct ri_markup {
    const recur_allocator *allocator;
    char                  *bytes;
    size_t                 size, capacity;
    bool                   has_failed;
} ri_markup;

void ri_markup_free(ri_markup *m);

/* Add what is markup already. */
void ri_markup_bytes(ri_markup *m, const char *bytes, size_t n);
void ri_markup_put(ri_markup *m, const char *text);

/* Add a text: what means something is written as its name; control characters, which XML does not know, as '?'. */
void ri_markup_text(ri_markup *m, const char *text);

/* The same for n bytes, with lines and tabs kept. */
void ri_markup_lines(ri_markup *m, const char *text, size_t n);

#endif
