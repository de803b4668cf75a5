/* Growing bytes, and the five characters that mean something.
 * SPDX-License-Identifier: MIT */
#include "draw/markup.h"

#include <string.h>

void ri_markup_free(ri_markup *m)
{
    ri_release(m->allocator, m->bytes);
    *m = (ri_markup){.allocator = m->allocator};
}

void ri_markup_bytes(ri_markup *m, const char *bytes, size_t n)
{
    if (m->has_failed) return;
    if (n > m->capacity - m->size) {
        size_t more = 2 * m->capacity + n + 1024;
        char  *grown = ri_grow(m->allocator, m->bytes, m->size, more, 1);
        if (!grown) {
            m->has_failed = true;
            return;
        }
        m->bytes = grown;
        m->capacity = more;
    }
    memcpy(m->bytes + m->size, bytes, n);
    m->size += n;
}

void ri_markup_put(ri_markup *m, const char *text)
{
    ri_markup_bytes(m, text, strlen(text));
}

static void put_escaped(ri_markup *m, const char *text, size_t n, const char *allowed)
{
    for (const char *p = text; p < text + n; p++) {
        if (*p == '&')
            ri_markup_put(m, "&amp;");
        else if (*p == '<')
            ri_markup_put(m, "&lt;");
        else if (*p == '>')
            ri_markup_put(m, "&gt;");
        else if (*p == '"')
            ri_markup_put(m, "&quot;");
        else if ((unsigned char)*p < ' ' && (!*p || !strchr(allowed, *p)))
            ri_markup_put(m, "?");
        else
            ri_markup_bytes(m, p, 1);
    }
}

void ri_markup_text(ri_markup *m, const char *text)
{
    if (text) put_escaped(m, text, strlen(text), "");
}

void ri_markup_lines(ri_markup *m, const char *text, size_t n)
{
    put_escaped(m, text, n, "\n\t");
}
