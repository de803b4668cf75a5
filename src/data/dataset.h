/* What a dataset holds, and how readers fill it.
 *
 *   ends      [..., e(i-1), e(i), ...]      item i is tokens e(i-1) .. e(i)-1 of ids (and tags, forms), or rows of values
 *   ids       raw: numbers in forms; once encoded: of the vocabulary
 *
 * Tokens behind the last end belong to an item that is not complete: ri_dataset_close makes it one, ri_dataset_drop_open
 * forgets them.
 * SPDX-License-Identifier: MIT */
#ifndef RI_DATASET_H
#define RI_DATASET_H

#include "data/vec.h"
#include "dev/ctx.h"
#include "recur/dataset.h"
#include "text/intern.h"

/* Where a label or tag was met first. */
typedef struct ri_place {
    int32_t file; /* of the dataset's files */
    int64_t line;
} ri_place;

/* A line that was kept. */
typedef struct ri_kept_line {
    int64_t begin, end; /* in kept_bytes */
    int64_t token;      /* of its item, -1: none */
} ri_kept_line;

struct recur_dataset {
    recur_ctx      *ctx;
    recur_data_kind kind;
    recur_text_rule rule; /* completed */
    bool            keeps_forms, is_labelled, has_header, is_stream, is_encoded;
    uint64_t        checksum;
    int64_t         features;
    ri_vec          ends;   /* int64_t [items] */
    ri_vec          labels; /* int32_t [items], -1: none */
    ri_vec          words;  /* int32_t [items] of text */
    ri_vec          ids;    /* int32_t [tokens] */
    ri_vec          tags;   /* int32_t [tokens] of tagged words that have them */
    ri_vec          values; /* float [rows,features] */
    ri_intern       forms;  /* of tokens */
    ri_intern       names;  /* of labels or tags */
    ri_intern       files;
    ri_vec          places; /* ri_place [names] */

    ri_vec kept_bytes; /* char */
    ri_vec kept_lines; /* ri_kept_line */
    ri_vec kept_ends;  /* int64_t [items]: as ends, in kept_lines */

    /* Once encoded: */
    int32_t *form_ids;       /* [tokens]: the raw ids, where forms are kept */
    int32_t *characters;     /* of all forms, one after the other; NULL: not asked for */
    int64_t *character_ends; /* [forms] */
    int64_t  n_unknown;
    int64_t  n_labels;      /* of the labels it was encoded with */
    ri_vec   unseen;        /* int32_t: numbers in names */
    ri_vec   unseen_counts; /* int64_t */
};

recur_status ri_dataset_create(recur_ctx *ctx, const recur_source *source, recur_data_kind kind,
                               recur_dataset **dataset);

/* Tokens or rows so far, those of an open item included. */
int64_t ri_dataset_size(const recur_dataset *dataset);

/* The first token of an item, or of the open one. */
int64_t ri_dataset_begin(const recur_dataset *dataset, int64_t item);

/* Add to the open item. Errors: RECUR_EMEMORY. */
recur_status ri_dataset_add_text(recur_dataset *dataset, ri_span text, int64_t *n_words); /* its tokens */
recur_status ri_dataset_add_token(recur_dataset *dataset, ri_span form);
recur_status ri_dataset_add_tag(recur_dataset *dataset, ri_span tag, const char *file, int64_t line);
recur_status ri_dataset_keep_line(recur_dataset *dataset, ri_span line, int64_t token);

/* Number of a label or tag, met in that line. */
recur_status ri_dataset_name(recur_dataset *dataset, ri_span name, const char *file, int64_t line,
                             int32_t *id);

/* Complete the open item. label is -1 for none. Errors: RECUR_EMEMORY; the item is then still open. */
recur_status ri_dataset_close(recur_dataset *dataset, int32_t label, int64_t words);

void ri_dataset_drop_open(recur_dataset *dataset);
void ri_dataset_drop_item(recur_dataset *dataset, int64_t item); /* not with kept lines */

#endif
