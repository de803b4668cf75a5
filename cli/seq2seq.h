/* Encoder-decoders in the program: options, data.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_SEQ2SEQ_H
#define CLI_SEQ2SEQ_H

#include "spool.h"
#include "train.h"

extern const option_group pair_columns_group; /* --source --target --max-source: what is read */
extern const option_group decoding_group;     /* --beam ...: how targets are searched for */
extern const option_group telling_group;      /* --nbest ...: what predict says of them */

/* ---- options (seq2seq_options.c) ---- */

recur_status       seq2seq_complete(options *o);
recur_unit         seq2seq_unit(const options *o);
recur_seq2seq_spec seq2seq_spec(const options *o);
recur_seq2seq_opts seq2seq_train_opts(const options *o);
recur_batch_opts   seq2seq_batch_opts(const options *o);
recur_decode_opts  seq2seq_decode_opts(const options *o);
bool               seq2seq_has_data(const options *o);   /* files of pairs are named */
bool               seq2seq_keeps_text(const options *o); /* validation compares texts */

/* ---- reading (seq2seq_source.c) ---- */

/* What to read: the tables of option `data`, or the parallel lines of options `source` and `target`, or their columns. is_bare: sources alone,
 * from the lines of `data` unless a column is named. Returns an exit code, the error said. */
int seq2seq_source(app *a, const options *o, const char *data, const char *source, const char *target,
                   bool is_bare, recur_pair_source *s);

/* Take what training read from a model where the options say nothing. Returns an exit code, the error said. */
int seq2seq_take_columns(app *a, options *o, const recur_model *model);

/* Turn pairs into what a model reads, sources cut as the options say. */
recur_status seq2seq_encode(recur_pairs *pairs, const recur_model *model, const options *o);

/* Return the text of ids, which are of the model's targets, on a line of its own columns; the caller frees it. Line ends, tabs and other signs
 * without a shape become spaces. */
char *seq2seq_text(recur_ctx *ctx, const recur_model *model, const int32_t *ids, int64_t n, size_t *bytes);

/* ---- the data of a run (seq2seq_data.c) ---- */

enum { PAIR_STREAMS = 4 };

typedef struct pair_data {
    recur_ctx          *ctx;
    spool               streams[PAIR_STREAMS]; /* of the options that name files */
    recur_pairs        *train, *valid;
    recur_pair_part     parts[2];
    int64_t            *order;   /* of the pairs of the training data, where they are divided */
    int64_t            *kept[2]; /* pairs of the parts that are learnt from */
    recur_pair_counts   counts;  /* of those that are not */
    recur_pair_batches *batches[2];
} pair_data;

/* As the row of the table of tasks says. */
int      seq2seq_data_read(app *a, options *o, void *data);
int      seq2seq_data_make(app *a, options *o, void *data, recur_model **model);
int      seq2seq_data_keep(app *a, options *o, void *data, store *s);
void     seq2seq_data_free(app *a, void *data);
uint64_t seq2seq_data_checksum(const void *data);

/* A judge of validation, whose score is the BLEU of what a model writes greedily for the sources of a part. */
typedef struct seq2seq_judge {
    recur_ctx      *ctx;
    const options  *options;
    recur_pair_part part;
} seq2seq_judge;

recur_status seq2seq_bleu(void *judge, const recur_model *model, double *score);

int seq2seq_eval(app *a, options *o, const recur_model *model);
int seq2seq_predict(app *a, options *o, const recur_model *model);

/* ---- attention in a file (seq2seq_map.c) ---- */

typedef struct attention_file attention_file;

/* Open it: a picture where the name ends in .svg, a table where it ends in .tsv, else JSON lines. Returns an exit code, the error said. */
int attention_open(app *a, const char *path, const recur_model *model, attention_file **file);

/* Write what a target saw of its source. ids: of the source. */
int attention_write(attention_file *file, int64_t line, const int32_t *ids, const recur_hypothesis *h);

/* Close it. Returns an exit code, the error said; NULL is accepted. */
int attention_close(attention_file *file);

#endif
