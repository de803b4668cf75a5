/* Language models in the program: options, data.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_LM_H
#define CLI_LM_H

#include "train.h"

recur_status  lm_complete(options *o);
recur_lm_spec lm_spec(const options *o);

/* The data of a run: texts become corpora and a vocabulary. */
typedef struct lm_data {
    recur_corpus *train, *valid; /* valid NULL: none */
    recur_vocab  *vocab;         /* until a model takes it */
    recur_text    text, valid_text;
    size_t        n_kept; /* bytes of text before the test part */
} lm_data;

/* As the row of the table of tasks says; lm_data_encode makes the tokens. */
int      lm_data_read(app *a, options *o, void *data);
int      lm_data_encode(app *a, const options *o, lm_data *d);
int      lm_data_keep(app *a, options *o, void *data, store *s);
void     lm_data_free(app *a, void *data);
uint64_t lm_data_checksum(const void *data);

int lm_eval(app *a, options *o, const recur_model *model);

#endif
