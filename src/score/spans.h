/* Spans in sequences of tags, also of such as break their scheme.
 *
 * Whether a span begins or ends between two tags is decided as by conlleval (Tjong Kim Sang and Buchholz 2000), which reads BIO and BIOES
 * by the same rules, and so does seqeval in its default mode:
 *
 *   it ends     after E and S; before O, B and S; before another type
 *   it begins   with B and S; with I and E after O, E or S, or after another type
 *
 * Hence every sequence of tags has spans, and to repair it is to write these anew.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SPANS_H
#define RI_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A tag taken apart. */
typedef struct ri_tag {
    char    prefix; /* O B I E S */
    int32_t type;   /* -1 for O */
} ri_tag;

/* Tokens begin <= t < end are a span. */
typedef struct ri_tag_span {
    int64_t begin, end;
    int32_t type;
} ri_tag_span;

/* A walk over the spans of n tags, which are numbers: tag_of says what they mean. Begins with at 0. */
typedef struct ri_span_walk {
    const ri_tag  *tag_of;
    const int32_t *tags; /* [n] */
    int64_t        n, at;
} ri_span_walk;

/* Take the name of a tag apart: "B-PER" is B and PER, "B" is B and "", "O" is O. Returns false for any other name, prefix is then O. */
bool ri_tag_split(const char *name, size_t bytes, char *prefix, const char **type, size_t *type_bytes);

/* Find the next span. Returns false at the end. */
bool ri_span_next(ri_span_walk *walk, ri_tag_span *span);

/* Return the prefix that token t of a span has: in BIOES where has_ends, in BIO otherwise. */
char ri_span_prefix(const ri_tag_span *span, int64_t t, bool has_ends);

#endif
