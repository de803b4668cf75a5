/* --diagnose N: a look at the model every N steps of its training, and a warning when its memory collapses or its loss climbs.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "app.h"
#include "options.h"

typedef struct watch {
    app         *app;
    recur_probe *probe;                      /* NULL: nobody looks */
    int64_t      every;                      /* steps */
    int64_t      longest;                    /* horizon so far, from that of the fresh model on */
    double       least;                      /* loss so far, likewise */
    bool         has_collapsed, has_climbed; /* said, and not over yet */
} watch;

/* Begin to look at a model under training, if the options say so. */
recur_status watch_open(watch *w, app *a, const options *o, recur_model *model, const recur_probe_data *data);

/* Take a pulse. */
recur_status watch_look(watch *w, recur_pulse *pulse);

/* Warn of what a report shows, once for each time that it happens. */
void watch_report(watch *w, const recur_report *report);

#endif
