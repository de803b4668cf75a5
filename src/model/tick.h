/* How far a walk over data is, told to whoever waits for it.
 * SPDX-License-Identifier: MIT */
#ifndef RI_TICK_H
#define RI_TICK_H

#include "recur/run.h"

/* Call hooks' tick (hooks may be NULL) with the share that is done: of a report that has no figures yet. Errors: RECUR_STOPPED if it said so. */
recur_status ri_tick(recur_ctx *ctx, const recur_run_hooks *hooks, double share);

#endif
