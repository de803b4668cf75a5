/* Labelled data of a run, as classifiers and taggers learn from: files become a training part and a validation part.
 *
 * A part of --data that --split names last is not looked at.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_LABELLED_H
#define CLI_LABELLED_H

#include "spool.h"

typedef struct labelled {
    spool          streams[2]; /* of --data and --valid */
    recur_dataset *train, *valid;
    recur_part     parts[2];
    int64_t       *order; /* of the items of --data, where they are divided */
} labelled;

/* Take what --data and --valid cannot read twice; stdin may be named once. Returns an exit code, the error said. */
int labelled_take(app *a, options *o, labelled *of);

/* Read the files of an option; none are no error. Returns an exit code, the error said. */
int labelled_read(app *a, const options *o, const char *name, const recur_source *source,
                  recur_dataset **data);

/* Make the parts, as --valid and --split say. */
recur_status labelled_divide(app *a, const options *o, labelled *of);

/* As the row of the table of tasks says; data begins with a labelled. */
int      labelled_keep(app *a, options *o, void *data, store *s);
void     labelled_free(app *a, void *data);
uint64_t labelled_checksum(const void *data);

int64_t          labelled_items(const recur_part *part); /* 0 where there is no such part */
recur_batch_opts labelled_batches(const options *o);     /* --batch and --batch-tokens */

/* ---- beside the items ---- */

/* Read --vectors for a vocabulary, if given; where the user left the size of the embedding open it is theirs. */
recur_status labelled_vectors(app *a, options *o, const recur_vocab *vocab, recur_vectors *vectors);

/* Write into the model where its data had what (n options), and take that from it where the options say nothing. These return exit codes, the
 * error said. */
int labelled_note_columns(app *a, options *o, recur_model *model, const char *const *names, size_t n);
int labelled_take_columns(app *a, options *o, const recur_model *model);

#endif
