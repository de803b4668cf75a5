/* Orbits of dynamical systems, kept to be walked back.
 * SPDX-License-Identifier: MIT */
#ifndef RI_ORBIT_H
#define RI_ORBIT_H

#include "recur/dynamics.h"

/* The states before steps first to last-1. */
typedef struct ri_orbit {
    recur_ctx          *ctx;
    const recur_system *system;
    int64_t             first, last;
    double             *states; /* [last-first,n] */
} ri_orbit;

/* Whether a system can be run at all. Errors: RECUR_EARG. */
recur_status ri_system_check(recur_ctx *ctx, const recur_system *system, const char *what);

/* Run a system from start (NULL: zeros) at step 0 and keep what it went through from step first on. ri_orbit_free is called at the end, whatever
 * happened. Errors: RECUR_EDIVERGED for states that are not finite; what the system says; RECUR_EMEMORY. */
recur_status ri_orbit_run(recur_ctx *ctx, const recur_system *system, const double *start, int64_t first,
                          int64_t last, ri_orbit *orbit);
void         ri_orbit_free(ri_orbit *orbit);

/* Carry k row vectors [k,n] back through step t. Errors: RECUR_EDIVERGED for vectors that are not finite; what the system says. */
recur_status ri_orbit_pull(const ri_orbit *orbit, int64_t t, int64_t k, double *vectors);

#endif
