/* A reader: files, one after the other, in one format.
 * SPDX-License-Identifier: MIT */
#ifndef RI_READER_H
#define RI_READER_H

#include "data/dataset.h"
#include "data/lines.h"
#include "data/record.h"

/* How a format is read. Both add to the dataset; what they leave open at an error is dropped. */
typedef struct ri_format {
    recur_data_kind kind;
    /* A file was opened. *found is false if it is empty. */
    recur_status (*begin)(recur_reader *reader, recur_dataset *dataset, bool *found);
    /* Read an item and close it; *found is false at the end of the file. */
    recur_status (*item)(recur_reader *reader, recur_dataset *dataset, bool *found);
} ri_format;

extern const ri_format ri_format_table, ri_format_label_first, ri_format_lines, ri_format_ts,
    ri_format_series_csv, ri_format_conll;

struct recur_reader {
    recur_ctx   *ctx;
    recur_source source;
    ri_lines     lines;
    recur_format format;                    /* of the open file */
    bool         in_file, is_whole;         /* is_whole: all is read into one dataset */
    int64_t      n_skipped;                 /* empty lines of the open file */
    int64_t      n_wordless, wordless_line; /* its labelled texts without a word, and where the first is */
    ri_error     failure;                   /* status RECUR_OK: none so far */

    /* TSV and CSV */
    ri_record record;
    bool      has_record;       /* it was read and not used yet */
    bool      has_header;       /* the open file has */
    bool      may_have_header;  /* its first item may be one */
    bool      first_has_header; /* the first file has */
    int64_t   n_empty;          /* empty lines before the first record, which are items */
    int64_t   n_columns, label, id;
    ri_vec    columns; /* int64_t: of the text or of the values */
    ri_intern ids;     /* of the file's series so far */

    /* Series */
    int64_t features; /* of the first; 0: none read yet */
    ri_vec  values;   /* float: one series of a .ts file, dimension by dimension */
    bool    ts_in_data, ts_is_labelled;

    /* CoNLL */
    int64_t n_fields; /* of word lines; 0: not known yet */
    bool    is_tabbed;
};

/* Read the first record of a file and find its columns: those of names [n] (none: all but id and label), label and id. *found
 * is false if the file is empty. */
recur_status ri_reader_begin_records(recur_reader *reader, const char *const *names, int n, bool *found);

/* Take the record that waits, or the next that is not empty and has as many columns as the first. An empty line is a record
 * where no labels are read. */
recur_status ri_reader_next_record(recur_reader *reader, bool *found);

/* The number of the label in a field, white space around it taken off. Errors: RECUR_EDATA: it is empty. */
recur_status ri_reader_label(recur_reader *reader, recur_dataset *dataset, ri_span field, int64_t line,
                             int32_t *label);

/* A text without the white space around it. */
ri_span ri_reader_trim(ri_span text);

#endif
