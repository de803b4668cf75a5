/* Progress: see tick.h.
 * SPDX-License-Identifier: MIT */
#include "model/tick.h"

#include <math.h>

#include "dev/ctx.h"

recur_status ri_tick(recur_ctx *ctx, const recur_run_hooks *hooks, double share)
{
    if (!hooks || !hooks->tick) return RECUR_OK;
    const recur_report none = {.event = RECUR_EVENT_VALID,
                               .loss = NAN,
                               .accuracy = NAN,
                               .f1 = NAN,
                               .score = NAN,
                               .grad_norm = NAN,
                               .clip_rate = NAN,
                               .lr = NAN,
                               .items_per_s = NAN,
                               .progress = share,
                               .best_valid = NAN};
    return hooks->tick(hooks->user, share, &none) ? RECUR_OK
                                                  : RI_FAIL(ctx, RECUR_STOPPED, "stopped as asked");
}
