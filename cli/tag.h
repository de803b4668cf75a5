/* Taggers in the program: options, data.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_TAG_H
#define CLI_TAG_H

#include "labelled.h"
#include "train.h"

extern const option_group tag_columns_group; /* --token --tag: where in a file things are */

recur_status   tag_complete(options *o);
recur_tag_opts tag_train_opts(const options *o);

/* What to read of CoNLL files. is_bare: for predictions, without tags and with the lines as they are. */
recur_source tag_source(const options *o, recur_text_rule rule, bool is_bare);

/* ---- the data of a run, a labelled (tag_data.c) ---- */

/* As the row of the table of tasks says. */
int tag_data_read(app *a, options *o, void *data);
int tag_data_make(app *a, options *o, void *data, recur_model **model);

int tag_eval(app *a, options *o, const recur_model *model);
int tag_predict(app *a, options *o, const recur_model *model);

#endif
