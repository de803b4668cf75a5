/* Where a run stands, apart from its trainer: what must survive for the rest of the run to be as if it had never stopped.
 *
 * Every number is a double, so that all of them are two arrays of the checkpoint: those that a run repeats to the bit, and those that
 * depend on the clock. Counts are exact up to 2^53.
 * SPDX-License-Identifier: MIT */
#ifndef RI_RUN_STATE_H
#define RI_RUN_STATE_H

#include "recur/run.h"

enum { RI_RUN_NUMBERS = 17, RI_RUN_TIMES = 4 };

typedef union ri_run_state {
    struct {
        double validated_step;        /* the last step that was validated; 0: none */
        double n_worse;               /* validations since the best one */
        double best_step, best_valid; /* NaN before the first validation */
        double is_finished;
        double loss;                                                   /* of the last step, as reported */
        double n, sum_loss, sum_norm, n_clipped, items;                /* steps since the last report */
        double at_step, at_epoch, mean_loss, mean_norm, clip_rate, lr; /* the last report about steps */

        double seconds;      /* of training so far */
        double step_seconds; /* since the last report */
        double items_per_s;  /* of the last report */
        double
            log_bytes; /* what of log.jsonl belongs to this state; depends on how long the times are in print */
    };
    double all[RI_RUN_NUMBERS + RI_RUN_TIMES];
} ri_run_state;

/* The names of the arrays in the checkpoint. */
#define RI_RUN_NUMBERS_NAME "recur.run"
#define RI_RUN_TIMES_NAME "recur.times"

/* Set the state of a run that has not begun. */
void ri_run_state_init(ri_run_state *state);

/* Check what a file at path said. Errors: RECUR_EMODEL for numbers that no run writes. */
recur_status ri_run_state_check(recur_ctx *ctx, const char *path, const ri_run_state *state);

/* Add a step to those since the last report. */
void ri_run_state_add(ri_run_state *state, const recur_step_report *step, double loss, int64_t items,
                      double seconds);

/* Close the steps since the last report: they become the last report. */
void ri_run_state_close(ri_run_state *state, int64_t step, int64_t epoch, double lr);

/* Return the last report about steps, for that event. progress and seconds are left to the caller. */
recur_report ri_run_state_report(const ri_run_state *state, recur_event event);

#endif
