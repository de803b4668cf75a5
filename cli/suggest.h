/* The nearest name to one that does not exist.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

typedef struct suggestion {
    const char *wanted; /* what was typed */
    const char *best;   /* the nearest so far, NULL: nothing is near */
    size_t      distance;
} suggestion;

void suggest_start(suggestion *s, const char *wanted);
void suggest_offer(suggestion *s, const char *name);

#endif
