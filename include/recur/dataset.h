/* Datasets: labelled and tagged sequences, read from files.
 *
 *   text     words, characters or bytes, and one label each     reviews, questions, names
 *   tagged   words, and one tag for each word                   parts of speech, chunks, entities
 *   series   rows of F real numbers, and one label each         recordings, sensors
 *
 * A file is read once and not held: tokens are interned while it is read, and an item is a run of int32 ids. At first these
 * are raw ids, numbered as the forms came; a vocabulary and labels are made from the training part, and recur_dataset_encode
 * turns the ids into those of the vocabulary. Data read for a model that exists are encoded with the model's.
 *
 * How text becomes words. White space (Unicode's) separates. With RECUR_SPLIT_WORDS a word is a maximal run of letters, marks
 * and numbers (Unicode categories L, M, N); an apostrophe (' U+2019) between two of these stays inside (don't), as does one
 * full stop or comma between two numbers (3.14, 1,000); every other code point is a token by itself, hyphens too. With
 * RECUR_SPLIT_SPACES, for text that is tokenised already, white space alone separates. Scripts that put no spaces between
 * words want characters as the unit. Where letters become lower-case, each code point does by Unicode's simple mapping, and
 * U+2019 becomes an apostrophe. Forms are kept as they are written; all this decides which token of the vocabulary a form is.
 * White space inside a tagged word, which columns separated by tabs may hold, then counts as "_".
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_DATASET_H
#define RECUR_DATASET_H

#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_dataset recur_dataset;
typedef struct recur_labels  recur_labels;

/* ---- what to read, and how ---- */

typedef enum recur_splitting { RECUR_SPLIT_WORDS = 0, RECUR_SPLIT_SPACES } recur_splitting;

typedef enum recur_letters {
    RECUR_LETTERS_DEFAULT = 0, /* words lower-case, characters and bytes as they are */
    RECUR_LETTERS_LOWER,       /* not for bytes */
    RECUR_LETTERS_KEPT
} recur_letters;

/* How text becomes tokens of a vocabulary; a model keeps it. Tagged words are not split: unit and splitting do not matter
 * there. */
typedef struct recur_text_rule {
    recur_unit      unit;
    recur_splitting splitting; /* of words */
    recur_letters   letters;
} recur_text_rule;

typedef enum recur_format {
    RECUR_FORMAT_DEFAULT = 0, /* by the file's ending: .csv RECUR_CSV, .ts RECUR_TS, all others RECUR_TSV */
    RECUR_TSV,                /* columns separated by tabs; a quote is a character like any other */
    RECUR_CSV,                /* RFC 4180: commas; "a ""quoted"" field" may hold commas and line ends */
    RECUR_LABEL_FIRST,        /* "label text": the label ends at the first white space */
    RECUR_LINES,              /* one text per line, no labels; an empty line is an empty text */
    RECUR_TS, /* series of sktime, aeon and the UEA archive: dimension:dimension:...:label, values by commas */
    RECUR_SERIES_CSV, /* series as CSV: one row per step; rows of one id stand together */
    RECUR_CONLL       /* tagged: one word per line, an empty line after each sentence */
} recur_format;

/* Whether the first line of TSV and CSV names the columns.
 *
 * By default it does where a column is given by name. Where all are numbers, recur_dataset_read takes a first line as header if
 * its label occurs in no other line of the file while every other label occurs more than once; the log says so. */
typedef enum recur_header { RECUR_HEADER_DEFAULT = 0, RECUR_HEADER_YES, RECUR_HEADER_NO } recur_header;

typedef enum recur_encoding { RECUR_UTF8 = 0, RECUR_LATIN1 } recur_encoding;

/* What to read. Columns are names from the header or numbers from 1 ("2"); nothing is kept but by a reader while it is open.
 *
 * TSV and CSV. Every row has as many columns as the first. Text columns are joined with a space. An empty line is skipped,
 *          but where no labels are read it is an item without tokens, as every line is one. White space around labels is
 *          taken off.
 * CoNLL.   Columns are separated by tabs where the first word line holds one, else by spaces, and every word line has as
 *          many. token and tag are numbers, or names of CoNLL-U's columns (FORM, UPOS ...); where no tags are read a single
 *          column is the word, whatever token says. These lines are skipped: those whose first column is -DOCSTART-; comments, which begin with # and hold no tab: anywhere where tabs separate, else
 *          before the first word of a sentence if they have another number of columns than words have (before the first word
 *          of all: if # and a space open them); where words have ten columns (CoNLL-U), words of several tokens (1-2) and
 *          empty nodes (1.1).
 * Series.  A series as CSV: rows of one id stand together and have one label; by default the first line is a header if one of
 *          its values is no number. A .ts file may lack the lines before the data. Missing values ("?", NaN) are refused. */
typedef struct recur_source {
    recur_format       format;
    recur_encoding     encoding;
    recur_header       header;
    bool               bare; /* no labels or tags are read: for predictions */
    recur_text_rule    rule;
    int                n_text; /* TSV, CSV: columns of the text */
    const char *const *text;
    const char        *label;    /* TSV, CSV, series in CSV: the column of the label */
    const char        *id;       /* series in CSV: the column that says which series a row belongs to */
    int                n_values; /* series in CSV: columns of the values; 0: all but id and label */
    const char *const *values;
    const char        *token, *tag; /* CoNLL: columns; NULL: the first and the last, of ten FORM and UPOS */
    bool               keep_lines;  /* CoNLL: keep the lines as they are, for recur_dataset_line */
    bool keep_forms; /* text: keep its tokens as they are written, for recur_dataset_form after encoding */
} recur_source;

/* ---- reading ---- */

/* Read all items of files; "-" is stdin.
 *
 * A byte order mark is skipped and CRLF read as LF, both with a line in the log.
 * Owner.   The caller destroys it. source is not kept.
 * Errors.  RECUR_EIO: no such file, a directory, a pipe that nobody writes to (5 s). RECUR_EDATA, with file and line: bytes
 *          that are not UTF-8 or NUL (but for texts in bytes), rows or lines with another number of columns, a quote that is
 *          not closed, a column that is not there, an empty label, tag or word, a number that is none, a sentence of more
 *          than 1,000,000 words, a line of more than 256 MiB; no items at all. RECUR_EARG; RECUR_EMEMORY.
 * Cost.    Four bytes per token (tagged: eight, and four more when encoded), four per real value, and the different forms
 *          once. */
RECUR_API recur_status recur_dataset_read(recur_ctx *ctx, const recur_source *source, int n_paths,
                                          const char *const *paths, recur_dataset **dataset);
RECUR_API void         recur_dataset_destroy(recur_dataset *dataset); /* NULL is accepted */

/* Reading piece by piece, for predictions: memory is bounded by a piece. */
typedef struct recur_reader recur_reader;

/* Open files. Owner: the caller closes it; source and paths must live as long. Errors: as recur_dataset_read. */
RECUR_API recur_status recur_reader_open(recur_ctx *ctx, const recur_source *source, int n_paths,
                                         const char *const *paths, recur_reader **reader);

/* Read the next items as a dataset of their own: at most max_items, or fewer once they hold max_tokens, or where stdin has no
 * more to give at the moment. *dataset is NULL at the end. Owner and errors as recur_dataset_read, but a numbered column
 * means no header by default, and no items are no error. Items before one that is at fault come first. */
RECUR_API recur_status recur_reader_next(recur_reader *reader, int64_t max_items, int64_t max_tokens,
                                         recur_dataset **dataset);
RECUR_API void         recur_reader_close(recur_reader *reader); /* NULL is accepted */

/* ---- what was read ---- */

typedef enum recur_data_kind { RECUR_DATA_TEXT = 0, RECUR_DATA_TAGGED, RECUR_DATA_SERIES } recur_data_kind;

/* Facts about a dataset. */
RECUR_API recur_data_kind recur_dataset_kind(const recur_dataset *dataset);
RECUR_API int64_t         recur_dataset_items(const recur_dataset *dataset); /* how many items */
RECUR_API int64_t  recur_dataset_tokens(const recur_dataset *dataset);       /* tokens or rows of all items */
RECUR_API int64_t  recur_dataset_features(const recur_dataset *dataset);     /* F of series, else 0 */
RECUR_API uint64_t recur_dataset_checksum(const recur_dataset *dataset);     /* FNV-1a of the bytes as read */
RECUR_API bool     recur_dataset_has_header(const recur_dataset *dataset);   /* the first file had one */
RECUR_API bool     recur_dataset_is_stream(const recur_dataset *dataset);    /* it cannot be read again */

/* Return the tokens or rows of an item; its words as separated by white space (series: its rows). An item is 0 to
 * recur_dataset_items - 1. */
RECUR_API int64_t recur_dataset_length(const recur_dataset *dataset, int64_t item);
RECUR_API int64_t recur_dataset_words(const recur_dataset *dataset, int64_t item);

/* Return an item's token ids [length], tag ids [length], rows [length,F], label. NULL, or -1 for the label, where the dataset
 * has none. Ids are raw before recur_dataset_encode. The arrays are the dataset's. */
RECUR_API const int32_t *recur_dataset_ids(const recur_dataset *dataset, int64_t item);
RECUR_API const int32_t *recur_dataset_tags(const recur_dataset *dataset, int64_t item);
RECUR_API const float   *recur_dataset_rows(const recur_dataset *dataset, int64_t item);
RECUR_API int32_t        recur_dataset_label(const recur_dataset *dataset, int64_t item);

/* Return the bytes, not terminated, of token t of an item as it is written in the file. NULL if it is not there, for series,
 * and for text that was encoded without keep_forms. */
RECUR_API const char *recur_dataset_form(const recur_dataset *dataset, int64_t item, int64_t t,
                                         size_t *bytes);

/* Return line k of an item that was read with keep_lines, without its line end, NULL after the last; *token (may be NULL) is
 * the place of the word that stands there, -1 for other lines. Every line of the file belongs to an item: the empty one at a
 * sentence's end to that sentence, others to the next; what is left at the end of the file is an item without tokens. */
RECUR_API const char *recur_dataset_line(const recur_dataset *dataset, int64_t item, int64_t k, size_t *bytes,
                                         int64_t *token);

/* ---- parts ---- */

/* Some items of a dataset, in an order. It owns nothing. */
typedef struct recur_part {
    const recur_dataset *data;
    const int64_t       *items; /* [n]; NULL: all items */
    int64_t              n;     /* not looked at where items is NULL */
} recur_part;

/* Divide the items 0..n-1 by fractions of them.
 *
 * They are put in a random order, a function of n and seed; part k is items [sizes[k]] of it, those of part 0 first, and the
 * borders lie at the rounded sums of the fractions. Fractions that sum to less than 1 leave some out.
 * Shapes.  fractions and sizes [n_parts], order [n].
 * Errors.  RECUR_EARG for a fraction below 0, sums above 1, a part with a fraction above 0 that gets nothing; RECUR_EDATA
 *          where there are too few items. */
RECUR_API recur_status recur_split_items(recur_ctx *ctx, int64_t n, int n_parts, const double *fractions,
                                         uint64_t seed, int64_t *order, int64_t *sizes);

/* ---- vocabularies and labels of a part, before it is encoded ---- */

/* Build the vocabulary of a part's tokens, by the rule it was read with. "<unk>" comes first, for characters too; bytes have
 * none.
 * Errors: RECUR_EDATA without tokens; RECUR_EARG: series, an encoded dataset, options; RECUR_EMEMORY. */
RECUR_API recur_status recur_part_vocab(recur_ctx *ctx, const recur_part *part, const recur_vocab_opts *opts,
                                        recur_vocab **vocab);

/* Build the vocabulary of the characters in a tagged part's words, as they are written. Errors: as recur_part_vocab. */
RECUR_API recur_status recur_part_characters(recur_ctx *ctx, const recur_part *part,
                                             const recur_vocab_opts *opts, recur_vocab **characters);

/* Collect a part's labels or tags, ordered by their bytes. Those that occur once are counted and named in the log.
 *
 * most is how many may be found; 0: any number, unless it looks like the wrong column: more than 20 that occur less than
 * twice on average, or more than 1,000 that occur less than ten times.
 * Owner.   The caller destroys them; the dataset is not kept.
 * Errors.  RECUR_EDATA: only one, too many (naming some), none at all. RECUR_EARG: an encoded dataset. RECUR_EMEMORY. */
RECUR_API recur_status recur_part_labels(recur_ctx *ctx, const recur_part *part, int64_t most,
                                         recur_labels **labels);

/* Create labels from names, in their order. Errors: RECUR_EDATA: two are equal, one is empty or not UTF-8; RECUR_EARG;
 * RECUR_EMEMORY. */
RECUR_API recur_status recur_labels_create(recur_ctx *ctx, int64_t n, const char *const *names,
                                           recur_labels **labels);
RECUR_API void         recur_labels_destroy(recur_labels *labels); /* NULL is accepted */

/* Return how many labels there are; the name of one, NULL if there is no such id; the id of a name, -1 if it has none. */
RECUR_API int64_t     recur_labels_count(const recur_labels *labels);
RECUR_API const char *recur_labels_name(const recur_labels *labels, int32_t id);
RECUR_API int32_t     recur_labels_find(const recur_labels *labels, const char *name);

/* Count how often each label occurs in a part: counts [labels]. Encoded or not; unseen ones are not counted. Errors:
 * RECUR_EARG. */
RECUR_API recur_status recur_part_count_labels(recur_ctx *ctx, const recur_part *part,
                                               const recur_labels *labels, int64_t *counts);

/* ---- encoding ---- */

/* Turn raw ids into those of a vocabulary and of labels, once.
 *
 * Tokens that the vocabulary does not hold become "<unk>" and are counted. A label or tag that labels do not hold gets an id
 * from their number on: no prediction is equal to it, so it is scored as wrong; it is named in the log. vocab may be NULL for
 * series, labels where there are none; characters is for tagged words, or NULL.
 * Owner.   Nothing is kept of the three.
 * Errors.  RECUR_EARG: encoded already, a vocabulary that is missing or of another unit or without "<unk>"; RECUR_EMEMORY.
 *          The dataset is then unchanged. */
RECUR_API recur_status recur_dataset_encode(recur_dataset *dataset, const recur_vocab *vocab,
                                            const recur_vocab *characters, const recur_labels *labels);

RECUR_API int64_t recur_dataset_unknown(const recur_dataset *dataset); /* tokens that became "<unk>" */

/* Return how many labels or tags were met that the labels do not hold; the name of number k of them, whose id is the labels'
 * number + k, and how many items (tokens) have it. NULL if there is no such k. */
RECUR_API int64_t     recur_dataset_unseen(const recur_dataset *dataset);
RECUR_API const char *recur_dataset_unseen_name(const recur_dataset *dataset, int64_t k, int64_t *count);

/* Different forms of tagged words: how many; the form ids of an item's words [length]; the character ids of a form, after
 * encoding with characters. A form's id has nothing to do with the vocabulary. NULL where there are none. */
RECUR_API int64_t        recur_dataset_forms(const recur_dataset *dataset);
RECUR_API const int32_t *recur_dataset_form_ids(const recur_dataset *dataset, int64_t item);
RECUR_API const int32_t *recur_dataset_form_characters(const recur_dataset *dataset, int32_t form,
                                                       int64_t *n);

/* ---- series ---- */

/* Find the mean and the standard deviation (1 where all values are equal) of each feature over a part's rows: [F] each.
 * Errors: RECUR_EARG: no series; RECUR_EDATA: no rows. */
RECUR_API recur_status recur_part_moments(recur_ctx *ctx, const recur_part *part, double *mean,
                                          double *deviation);

/* Replace every value x of feature f by (x - mean[f]) / deviation[f]. Errors: RECUR_EARG: no series, a deviation that is not
 * above 0. */
RECUR_API recur_status recur_dataset_standardise(recur_dataset *dataset, const double *mean,
                                                 const double *deviation);

#ifdef __cplusplus
}
#endif
#endif
