/* Every name is taken apart once, when it comes in.
 *
 * SPDX-License-Identifier: MIT */
#include "data/tag_set.h"

#include <string.h>

enum { FIRST_CAPACITY = 32 };

void ri_tag_set_init(ri_tag_set *set, const recur_allocator *allocator)
{
    *set = (ri_tag_set){0};
    ri_intern_init(&set->names, allocator);
    ri_intern_init(&set->types, allocator);
}

void ri_tag_set_destroy(ri_tag_set *set)
{
    const recur_allocator *a = set->names.table.allocator;
    ri_intern_destroy(&set->names);
    ri_intern_destroy(&set->types);
    ri_release(a, set->tag_of);
    ri_release(a, set->is_foreign);
    ri_tag_set_init(set, a);
}

/* Make room for one more tag. */
static bool make_room(ri_tag_set *set)
{
    const recur_allocator *a = set->names.table.allocator;
    int64_t                n = set->names.table.n;
    if (n < set->capacity) return true;
    int64_t capacity = set->capacity ? 2 * set->capacity : FIRST_CAPACITY;
    ri_tag *tag_of = ri_grow(a, set->tag_of, (size_t)n, (size_t)capacity, sizeof *tag_of);
    if (!tag_of) return false;
    set->tag_of = tag_of;
    bool *is_foreign = ri_grow(a, set->is_foreign, (size_t)n, (size_t)capacity, sizeof *is_foreign);
    if (!is_foreign) return false;
    set->is_foreign = is_foreign;
    set->capacity = capacity;
    return true;
}

int32_t ri_tag_set_add(ri_tag_set *set, const char *bytes, size_t size)
{
    int64_t     known = ri_table_find(&set->names.table, (ri_span){bytes, size});
    const char *type;
    size_t      type_size;
    ri_tag      tag = {.type = -1};
    if (known >= 0) return (int32_t)known;
    if (!make_room(set)) return -1;
    bool is_foreign = !ri_tag_split(bytes, size, &tag.prefix, &type, &type_size);
    if (tag.prefix != 'O') {
        tag.type = (int32_t)ri_intern_add(&set->types, (ri_span){type, type_size});
        if (tag.type < 0) return -1;
    }
    int32_t id = (int32_t)ri_intern_add(&set->names, (ri_span){bytes, size});
    if (id < 0) return -1;
    set->tag_of[id] = tag;
    set->is_foreign[id] = is_foreign;
    return id;
}

/* Return the number of the tag of that prefix and type; -1 if there is no memory. */
static int32_t compose(ri_tag_set *set, char prefix, int32_t type)
{
    const recur_allocator *a = set->names.table.allocator;
    ri_span                name = set->types.table.entries[type].span;
    char                  *full = ri_allocate(a, name.size + 2, 1);
    if (!full) return -1;
    full[0] = prefix;
    full[1] = '-';
    memcpy(full + 2, name.bytes, name.size);
    int32_t id = ri_tag_set_add(set, full, name.size ? name.size + 2 : 1);
    ri_release(a, full);
    return id;
}

/* Write one span. Returns how many tags changed, -1 if there is no memory. */
static int64_t write_span(ri_tag_set *set, const ri_tag_span *span, bool has_ends, int32_t *tags)
{
    int64_t n_changed = 0;
    for (int64_t t = span->begin; t < span->end; t++) {
        char prefix = ri_span_prefix(span, t, has_ends);
        if (set->tag_of[tags[t]].prefix == prefix) continue;
        int32_t id = compose(set, prefix, span->type);
        if (id < 0) return -1;
        tags[t] = id;
        n_changed++;
    }
    return n_changed;
}

int64_t ri_tag_set_rewrite(ri_tag_set *set, recur_tag_scheme scheme, int64_t n, int32_t *tags)
{
    if (scheme == RECUR_TAGS_PLAIN) return 0;
    ri_span_walk walk = {set->tag_of, tags, n, 0};
    ri_tag_span  span, next;
    int64_t      n_changed = 0;
    bool         has_span = ri_span_next(&walk, &span);
    while (has_span) {
        has_span = ri_span_next(&walk, &next); /* found before the one in front of it is changed */
        int64_t changed = write_span(set, &span, scheme == RECUR_TAGS_BIOES, tags);
        if (changed < 0) return -1;
        n_changed += changed;
        walk.tag_of = set->tag_of; /* it may have grown */
        span = next;
    }
    return n_changed;
}

/* ---- schemes ---- */

recur_tag_scheme ri_tag_set_scheme(const ri_tag_set *set)
{
    recur_tag_scheme scheme = RECUR_TAGS_PLAIN;
    for (int64_t id = 0; id < set->names.table.n; id++) {
        char prefix = set->tag_of[id].prefix;
        if (set->is_foreign[id]) return RECUR_TAGS_PLAIN;
        if (prefix == 'E' || prefix == 'S') scheme = RECUR_TAGS_BIOES;
        if (prefix != 'O' && scheme == RECUR_TAGS_PLAIN) scheme = RECUR_TAGS_BIO;
    }
    return scheme;
}

bool ri_tag_set_complete(ri_tag_set *set, recur_tag_scheme scheme)
{
    const char *prefixes = scheme == RECUR_TAGS_BIOES ? "BIES" : scheme == RECUR_TAGS_BIO ? "BI" : "";
    for (int64_t type = 0; type < set->types.table.n; type++)
        for (const char *p = prefixes; *p; p++)
            if (compose(set, *p, (int32_t)type) < 0) return false;
    return true;
}

/* In BIO a span may end anywhere and goes on with I; in BIOES it must end with E, and one of a single token is S. */
bool ri_tag_set_may_follow(const ri_tag_set *set, recur_tag_scheme scheme, int32_t a, int32_t b)
{
    if (scheme == RECUR_TAGS_PLAIN) return true;
    bool   has_ends = scheme == RECUR_TAGS_BIOES;
    ri_tag before = a < 0 ? (ri_tag){'O', -1} : set->tag_of[a],
           tag = b < 0 ? (ri_tag){'O', -1} : set->tag_of[b];
    bool is_open = before.prefix == 'B' || before.prefix == 'I',
         goes_on = tag.prefix == 'I' || tag.prefix == 'E';
    if (!has_ends && (before.prefix == 'E' || before.prefix == 'S' || tag.prefix == 'E' || tag.prefix == 'S'))
        return false;
    if (goes_on) return is_open && before.type == tag.type;
    return !has_ends || !is_open;
}
