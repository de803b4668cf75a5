/* Training, from options to the end of the run: what every task's training shares.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_TRAIN_H
#define CLI_TRAIN_H

#include "task.h"

/* Train as the options of "recur train TASK" say. Returns an exit code, everything said. */
int train_task(app *a, options *o, const task *t);

/* Train, or go on with, the run in dir. Returns an exit code, everything said. */
int train_run(app *a, options *o, const task *t, const char *dir, bool is_resumed);

/* ---- options (train_options.c) ---- */

/* What task->complete does for every task, before it looks at its own options; embed is the default of --embed. */
recur_status train_complete(options *o, int64_t embed);

/* Clear --batch where only --batch-tokens is given, so that the run's configuration does not name it either. */
void train_choose_batch(options *o);

bool train_is_open(const options *o, const char *name); /* the user left it open, and it has no default yet */
int64_t train_output_size(const options *o);            /* of one direction of the stack */

/* Options become the library's structs. */
recur_rnn_spec   train_rnn_spec(const options *o);
recur_train_opts train_opts(const options *o);
recur_unit       train_unit(const options *o); /* of a table with --unit char|byte|word|bpe */
const char      *train_units(recur_unit unit); /* what a vocabulary holds: "words" */

/* ---- sentences of recur inspect ---- */

/* "LSTM with 2 layers of 128 units, bidirectional, projected to 5, dropout 0.5" */
void train_describe_stack(const recur_rnn_spec *spec, double dropout, char *text, size_t size);

#endif
