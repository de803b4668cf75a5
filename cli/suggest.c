/* The nearest name to one that does not exist, by edit distance: insertions, deletions, substitutions and exchanges of neighbours
 * cost 1 (Damerau 1964, in the restricted form). A name that merely goes on ("batch-size" for "batch") is near as well.
 * SPDX-License-Identifier: MIT */
#include "suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST = 48 }; /* names are shorter; longer words are not compared */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t d[LONGEST + 1][LONGEST + 1];
    if (n > LONGEST || m > LONGEST) return SIZE_MAX;
    for (size_t i = 0; i <= n; i++) d[i][0] = i;
    for (size_t j = 0; j <= m; j++) d[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            size_t change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = least(change, least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

static bool goes_on(const char *longer, const char *name)
{
    size_t n = strlen(name);
    return n > 1 && strncmp(longer, name, n) == 0;
}

void suggest_start(suggestion *s, const char *wanted)
{
    *s = (suggestion){.wanted = wanted, .distance = SIZE_MAX};
}

void suggest_offer(suggestion *s, const char *name)
{
    size_t distance = edit_distance(s->wanted, name);
    if (distance == SIZE_MAX) return;
    if (goes_on(s->wanted, name) || goes_on(name, s->wanted)) distance = least(distance, 2);
    size_t limit = strlen(s->wanted) / 2 + 1; /* beyond half the word, a suggestion only confuses */
    if (distance > limit || distance >= s->distance) return;
    s->best = name;
    s->distance = distance;
}
