/* Tags by name: their numbers, what they mean as marks of spans, and sequences written anew in a scheme.
 * SPDX-License-Identifier: MIT */
#ifndef RI_TAG_SET_H
#define RI_TAG_SET_H

#include "recur/score.h"
#include "score/spans.h"
#include "text/intern.h"

typedef struct ri_tag_set {
    ri_intern names, types; /* of tags; of span types */
    ri_tag   *tag_of;       /* [capacity], names.table.n of them in use */
    bool     *is_foreign;   /* [capacity] neither O nor B, I, E, S with a type */
    int64_t   capacity;
} ri_tag_set;

void ri_tag_set_init(ri_tag_set *set, const recur_allocator *allocator);
void ri_tag_set_destroy(ri_tag_set *set);

/* Return the number of a tag, which is taken in if it is new; -1 if there is no memory. */
int32_t ri_tag_set_add(ri_tag_set *set, const char *bytes, size_t size);

/* Write the spans of n tags anew, in BIO or BIOES, in place: this converts, and it repairs what breaks the scheme (I- after O or after
 * another type becomes B-). Tags that the scheme needs are taken in; foreign tags stay.
 *
 * Returns how many tags changed, none in plain tags; -1 if there is no memory, a part may be written then. */
int64_t ri_tag_set_rewrite(ri_tag_set *set, recur_tag_scheme scheme, int64_t n, int32_t *tags);

/* Return the scheme that the tags are of: plain where one is foreign, or none marks a span. */
recur_tag_scheme ri_tag_set_scheme(const ri_tag_set *set);

/* Take in every tag that a scheme has for the types that are there, in the order of these. Returns false if there is no memory. */
bool ri_tag_set_complete(ri_tag_set *set, recur_tag_scheme scheme);

/* Return whether tag b may follow a in a scheme; a is -1 at the start, b is -1 at the end. */
bool ri_tag_set_may_follow(const ri_tag_set *set, recur_tag_scheme scheme, int32_t a, int32_t b);

#endif
