/* Looking at a model under training: see watch.h.
 *
 * The model is shown a few sequences of its training data, the same each time, so what changes is the model. They are so few that looking at
 * them every hundred steps costs less than one step.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "watch.h"

enum {
    MOST_SEQUENCES = 8,
    SHARE_OF_BATCH = 4, /* one sequence for so many of a batch */
    MOST_STEPS = 128,   /* of a sequence */
    SHORT_HORIZON = 8,  /* one that was never longer cannot collapse */
    COLLAPSE = 4,       /* to less than this part of the longest */
};

static const double CLIMB = 2, CLIMB_BY = 0.5; /* times the least loss, and that much above it in nats */

static int64_t given(const options *o, const char *name, int64_t otherwise)
{
    const option_value *v = options_look(o, name);
    return v && v->n_texts ? options_int(o, name) : otherwise;
}

/* What the model is before it has learnt anything is the first measure of what comes. */
static recur_status take_start(watch *w)
{
    recur_pulse  pulse;
    recur_status status = recur_probe_pulse(w->probe, &pulse);
    if (status) return status;
    w->longest = pulse.horizon;
    w->least = pulse.loss;
    return RECUR_OK;
}

recur_status watch_open(watch *w, app *a, const options *o, recur_model *model, const recur_probe_data *data)
{
    *w = (watch){.app = a, .every = options_int(o, "diagnose")};
    if (!w->every) return RECUR_OK;
    int64_t batch = given(o, "batch", 32), bptt = given(o, "bptt", MOST_STEPS), n = batch / SHARE_OF_BATCH;
    const recur_probe_opts opts = {.sequences = n < 1                ? 1
                                                : n < MOST_SEQUENCES ? n
                                                                     : MOST_SEQUENCES,
                                   .steps = 2 * bptt < MOST_STEPS ? 2 * bptt : MOST_STEPS};
    recur_status           status = recur_probe_create(model, data, &opts, &w->probe);
    if (!status) status = take_start(w);
    return status;
}

recur_status watch_look(watch *w, recur_pulse *pulse)
{
    return recur_probe_pulse(w->probe, pulse);
}

static void watch_horizon(watch *w, const recur_report *r)
{
    int64_t horizon = r->pulse.horizon;
    if (horizon > w->longest) w->longest = horizon;
    bool is_short = w->longest >= SHORT_HORIZON && horizon * COLLAPSE < w->longest;
    if (is_short && !w->has_collapsed)
        progress_say(w->app,
                     "warning: step %" PRId64 ": the gradient reaches %" PRId64
                     " steps back, where it reached %" PRId64
                     ": the memory collapses; a smaller --lr may help",
                     r->step, horizon, w->longest);
    if (is_short || horizon * 2 >= w->longest) w->has_collapsed = is_short;
}

static void watch_loss(watch *w, const recur_report *r)
{
    char loss[32], least[32];
    bool is_high = !(r->loss <= fmax(CLIMB * w->least, w->least + CLIMB_BY));
    if (is_high && !w->has_climbed)
        progress_say(w->app,
                     "warning: step %" PRId64
                     ": the loss is %s, where it was %s: training diverges; a smaller "
                     "--lr or --clip may help",
                     r->step, progress_loss(r->loss, loss), progress_loss(w->least, least));
    w->has_climbed = is_high;
    if (r->loss < w->least) w->least = r->loss;
}

void watch_report(watch *w, const recur_report *r)
{
    if (!w->probe) return;
    if (r->event == RECUR_EVENT_DIAGNOSE) watch_horizon(w, r);
    if (r->event == RECUR_EVENT_STEP) watch_loss(w, r);
}
