/* Training a language model, from its options to the end of the run: what train and resume share.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_TRAIN_H
#define CLI_TRAIN_H

#include "app.h"

/* Fill in the defaults that depend on other options and refuse what does not go together. Returns RECUR_EARG with the sentence in
 * o->error. */
recur_status lm_complete(options *o);

/* Train, or go on with, the run in dir. Returns an exit code, everything said. */
int lm_run(app *a, options *o, const char *dir, bool is_resumed);

/* ---- options become the library's structs (lm_options.c) ---- */

recur_unit       lm_unit(const options *o);
recur_lm_spec    lm_spec(const options *o);
recur_train_opts lm_train_opts(const options *o, int64_t steps_per_epoch);

/* ---- data (lm_data.c) ---- */

/* The data of a run: texts become corpora and a vocabulary. */
typedef struct lm_data {
    recur_corpus *train, *valid; /* valid NULL: none */
    recur_vocab  *vocab;         /* until a model takes it */
    recur_text    text, valid_text;
    size_t        n_kept; /* bytes of text before the test part */
} lm_data;

/* Read the texts; then make tokens of them. Return an exit code, the error said; lm_data_free is called in any case. */
int  lm_data_read(app *a, const options *o, lm_data *d);
int  lm_data_encode(app *a, const options *o, lm_data *d);
void lm_data_free(app *a, lm_data *d);

uint64_t lm_checksum(const lm_data *d); /* of both texts, as they can be read again */

int64_t lm_steps_per_epoch(const options *o, const lm_data *d);

#endif
