/* Time that only goes forward, for rates and budgets; never for results.
 * SPDX-License-Identifier: MIT */
#ifndef RI_CLOCK_H
#define RI_CLOCK_H

#include <time.h>

/* Return seconds since some fixed moment. */
static inline double ri_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
