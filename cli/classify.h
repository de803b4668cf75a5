/* Classifiers in the program: options, data.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_CLASSIFY_H
#define CLI_CLASSIFY_H

#include "labelled.h"
#include "train.h"

extern const option_group text_columns_group;  /* --text --label ...: where in a file things are */
extern const option_group label_choices_group; /* --top --attention: what is said of them */

/* ---- options (classify_options.c) ---- */

recur_status        classify_complete(options *o);
recur_classify_spec classify_spec(const options *o);
recur_classify_opts classify_train_opts(const options *o);

/* ---- reading (classify_source.c) ---- */

enum { MOST_COLUMNS = 64 };

/* What to read, with the memory of its names of columns. Not to be moved. */
typedef struct class_source {
    recur_source source;
    char        *names;
    const char  *text[MOST_COLUMNS], *values[MOST_COLUMNS];
} class_source;

/* Make a source of the column options. is_bare: for predictions, where a file has lines unless columns are given. Returns an exit code,
 * the error said; free class_source.names in any case. */
int classify_source(app *a, const options *o, recur_text_rule rule, bool is_series, bool is_bare,
                    class_source *s);

/* Turn data into what a model reads. */
recur_status classify_encode(recur_dataset *data, const recur_model *model);

/* ---- the data of a run (classify_data.c) ---- */

typedef struct class_data {
    labelled of;
    double  *weights; /* of classes; NULL: none */
} class_data;

/* As the row of the table of tasks says. */
int  classify_data_read(app *a, options *o, void *data);
int  classify_data_make(app *a, options *o, void *data, recur_model **model);
void classify_data_free(app *a, void *data);

int classify_eval(app *a, options *o, const recur_model *model);
int classify_predict(app *a, options *o, const recur_model *model);

#endif
