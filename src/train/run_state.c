/* The state of a run: see run_state.h.
 * SPDX-License-Identifier: MIT */
#include "train/run_state.h"

#include <math.h>
#include <stddef.h>

#include "dev/ctx.h"
#include "io/safetensors.h"
#include "train/rundir.h"

_Static_assert(sizeof(ri_run_state) == sizeof(((ri_run_state *)0)->all), "all[] covers every number");
_Static_assert(offsetof(ri_run_state, seconds) == RI_RUN_NUMBERS * sizeof(double), "the times come last");

void ri_run_state_init(ri_run_state *s)
{
    *s = (ri_run_state){.all = {0}};
    s->best_step = s->best_valid = s->loss = NAN;
    s->mean_loss = s->mean_norm = s->clip_rate = s->lr = s->items_per_s = NAN;
}

#define MOST 9007199254740992.0 /* 2^53: integers up to it are exact in a double */

static bool is_count(double x)
{
    return x >= 0 && x <= MOST && x == floor(x);
}

recur_status ri_run_state_check(recur_ctx *ctx, const char *path, const ri_run_state *s)
{
    const double counts[] = {s->validated_step, s->n_worse, s->is_finished, s->n,
                             s->n_clipped,      s->items,   s->at_step,     s->at_epoch};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!is_count(counts[i]))
            return RI_FAIL(ctx, RECUR_EMODEL, "%s: tensor \"%s\" holds %g where a count is wanted", path,
                           RI_RUN_NUMBERS_NAME, counts[i]);
    if (!(s->seconds >= 0 && s->seconds < INFINITY && s->log_bytes >= 0 && s->log_bytes <= MOST))
        return RI_FAIL(ctx, RECUR_EMODEL, "%s: tensor \"%s\" holds %g seconds and %g bytes, which cannot be",
                       path, RI_RUN_TIMES_NAME, s->seconds, s->log_bytes);
    return RECUR_OK;
}

void ri_run_state_add(ri_run_state *s, const recur_step_report *step, double loss, int64_t items,
                      double seconds)
{
    s->loss = loss;
    s->n += 1;
    s->sum_loss += loss;
    s->sum_norm += step->grad_norm;
    s->n_clipped += step->was_clipped;
    s->items += (double)items;
    s->step_seconds += seconds;
}

void ri_run_state_close(ri_run_state *s, int64_t step, int64_t epoch, double lr)
{
    s->at_step = (double)step;
    s->at_epoch = (double)epoch;
    s->mean_loss = s->sum_loss / s->n;
    s->mean_norm = s->sum_norm / s->n;
    s->clip_rate = s->n_clipped / s->n;
    s->lr = lr;
    s->items_per_s = s->items / s->step_seconds;
    s->n = s->sum_loss = s->sum_norm = s->n_clipped = s->items = s->step_seconds = 0;
}

recur_report ri_run_state_report(const ri_run_state *s, recur_event event)
{
    return (recur_report){.event = event,
                          .step = (int64_t)s->at_step,
                          .epoch = (int64_t)s->at_epoch,
                          .loss = s->mean_loss,
                          .accuracy = NAN,
                          .f1 = NAN,
                          .score = NAN,
                          .grad_norm = s->mean_norm,
                          .clip_rate = s->clip_rate,
                          .lr = s->lr,
                          .items_per_s = s->items_per_s,
                          .best_valid = s->best_valid};
}

/* ---- of a run that is not at work ---- */

static recur_status read_state(recur_ctx *ctx, const char *path, ri_run_state *state)
{
    ri_st_file  *file = NULL;
    recur_status status = ri_st_open(&ctx->allocator, path, &file, ri_ctx_error(ctx));
    if (status) return status;
    int64_t at = ri_st_find(file, RI_RUN_NUMBERS_NAME);
    if (at < 0 || ri_st_elements(file, (size_t)at) != RI_RUN_NUMBERS)
        status = RI_FAIL(ctx, RECUR_EMODEL, "%s: there is no tensor \"%s\" of %d numbers", path,
                         RI_RUN_NUMBERS_NAME, (int)RI_RUN_NUMBERS);
    if (!status) status = ri_st_read(file, (size_t)at, state->all, ri_ctx_error(ctx));
    if (!status) status = ri_run_state_check(ctx, path, state);
    ri_st_close(file);
    return status;
}

recur_status recur_run_finished(recur_ctx *ctx, const char *dir, bool *finished)
{
    if (!ctx || !dir || !finished) return RECUR_EARG;
    *finished = false;
    char        *path;
    recur_status status = ri_rundir_find_checkpoint(ctx, dir, &path);
    if (status || !path) return status;
    ri_run_state state;
    ri_run_state_init(&state);
    status = read_state(ctx, path, &state);
    if (!status) *finished = state.is_finished != 0;
    ri_release(&ctx->allocator, path);
    return status;
}
