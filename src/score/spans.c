/* Spans do not overlap and leave nothing out, so that a walk needs two questions: does one begin at this tag, does it go on to this one?
 *
 * SPDX-License-Identifier: MIT */
#include "score/spans.h"

bool ri_tag_split(const char *name, size_t bytes, char *prefix, const char **type, size_t *type_bytes)
{
    *prefix = 'O';
    *type = name;
    *type_bytes = 0;
    if (bytes == 1 && name[0] == 'O') return true;
    if (bytes == 0 || (bytes > 1 && name[1] != '-')) return false;
    if (name[0] != 'B' && name[0] != 'I' && name[0] != 'E' && name[0] != 'S') return false;
    *prefix = name[0];
    if (bytes > 2) {
        *type = name + 2;
        *type_bytes = bytes - 2;
    }
    return true;
}

static bool goes_on(ri_tag before, ri_tag tag)
{
    return (before.prefix == 'B' || before.prefix == 'I') && (tag.prefix == 'I' || tag.prefix == 'E') &&
           before.type == tag.type;
}

bool ri_span_next(ri_span_walk *walk, ri_tag_span *span)
{
    const ri_tag  *tag_of = walk->tag_of;
    const int32_t *tags = walk->tags;
    int64_t        t = walk->at;
    while (t < walk->n && tag_of[tags[t]].prefix == 'O') t++;
    walk->at = t;
    if (t == walk->n) return false;
    *span = (ri_tag_span){.begin = t, .type = tag_of[tags[t]].type};
    for (t++; t < walk->n && goes_on(tag_of[tags[t - 1]], tag_of[tags[t]]);) t++;
    span->end = walk->at = t;
    return true;
}

char ri_span_prefix(const ri_tag_span *span, int64_t t, bool has_ends)
{
    bool is_first = t == span->begin, is_last = t + 1 == span->end;
    if (!has_ends) return is_first ? 'B' : 'I';
    if (is_first) return is_last ? 'S' : 'B';
    return is_last ? 'E' : 'I';
}
