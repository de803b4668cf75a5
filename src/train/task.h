/* What a run asks of a task: batches that repeat, a loss on the tape, validation, and the state that goes from step to step.
 *
 * The run (run.c) knows budgets, reports, checkpoints and stopping, and nothing of data; a task knows data, and nothing of files. A
 * batch is a function of its place in the epoch alone, so a task has no position to save.
 * SPDX-License-Identifier: MIT */
#ifndef RI_TASK_H
#define RI_TASK_H

#include "recur/run.h"
#include "train/checkpoint.h"
#include "train/fingerprint.h"

/* What a task says of a batch it has put on the tape. */
typedef struct ri_batch {
    int64_t items;    /* tokens, for rates */
    double  per_item; /* loss times this is what reports show: 1 for a mean */
    double  before;   /* loss of what was already gone back from, which belongs to the same step */
} ri_batch;

/* What a task says of its validation data; NaN: it has no such figure. */
typedef struct ri_validation {
    double loss, accuracy, f1, score;
} ri_validation;

typedef struct ri_task {
    recur_model *model;
    int64_t      steps_per_epoch; /* at least 1 */

    const ri_array
          *arrays; /* state carried from step to step, saved with checkpoints; names start with "recur." */
    size_t n_arrays;

    void *self;
    /* Record the loss of one batch; epochs count from 1, steps of an epoch from 0. Errors: returned, or sticky on the tape. */
    recur_status (*loss)(void *self, recur_tape *tape, int64_t epoch, int64_t step_in_epoch, recur_var *loss,
                         ri_batch *batch);
    /* After the update: take from the tape what the next step needs. NULL: nothing. */
    recur_status (*after)(void *self, recur_tape *tape);
    /* Figures of validation data; NULL: there are none. Errors: RECUR_STOPPED if hooks->tick said so, and those of the task. */
    recur_status (*validate)(void *self, const recur_run_hooks *hooks, ri_validation *found);
    /* Add what results depend on. */
    void (*describe)(void *self, ri_fingerprint *fingerprint);
} ri_task;

/* Train a task as recur_lm_train says. */
recur_status ri_run(const ri_task *task, const recur_run_opts *opts, const recur_run_hooks *hooks,
                    recur_report *done);

#endif
