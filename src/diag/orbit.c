/* Orbits: forwards once, then back as often as wanted.
 * SPDX-License-Identifier: MIT */
#include "diag/orbit.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "dev/ctx.h"

static bool is_finite(int64_t n, const double *x)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

recur_status ri_system_check(recur_ctx *ctx, const recur_system *system, const char *what)
{
    if (!system || !system->advance || !system->pull || system->n < 1 || system->n > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG, "%s: wanted a system with a state, advance and pull", what);
    return RECUR_OK;
}

static recur_status run(ri_orbit *o, const double *start, double *now, double *next)
{
    int64_t n = o->system->n;
    for (int64_t i = 0; i < n; i++) now[i] = start ? start[i] : 0;
    for (int64_t t = 0; t < o->last; t++) {
        if (!is_finite(n, now))
            return RI_FAIL(o->ctx, RECUR_EDIVERGED, "the state before step %lld is not finite", (long long)t);
        if (t >= o->first) memcpy(o->states + (t - o->first) * n, now, (size_t)n * sizeof *now);
        if (t == o->last - 1) break; /* nobody asks for the state behind the last step */
        recur_status status = o->system->advance(o->system->user, t, now, next);
        if (status) return status;
        double *keep = now;
        now = next;
        next = keep;
    }
    return RECUR_OK;
}

recur_status ri_orbit_run(recur_ctx *ctx, const recur_system *system, const double *start, int64_t first,
                          int64_t last, ri_orbit *orbit)
{
    *orbit = (ri_orbit){.ctx = ctx, .system = system, .first = first, .last = last};
    size_t  n = (size_t)system->n;
    double *two = ri_allocate(&ctx->allocator, n, 2 * sizeof *two);
    orbit->states = ri_allocate(&ctx->allocator, (size_t)(last - first), n * sizeof *orbit->states);
    recur_status status =
        two && orbit->states ? run(orbit, start, two, two + n) : ri_no_memory(ctx, "an orbit");
    ri_release(&ctx->allocator, two);
    return status;
}

void ri_orbit_free(ri_orbit *orbit)
{
    ri_release(&orbit->ctx->allocator, orbit->states);
}

recur_status ri_orbit_pull(const ri_orbit *o, int64_t t, int64_t k, double *vectors)
{
    int64_t      n = o->system->n;
    recur_status status = o->system->pull(o->system->user, t, o->states + (t - o->first) * n, k, vectors);
    if (!status && !is_finite(k * n, vectors))
        return RI_FAIL(o->ctx, RECUR_EDIVERGED, "the Jacobian of step %lld is not finite", (long long)t);
    return status;
}
