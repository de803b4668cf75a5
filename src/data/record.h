/* Records: the rows of TSV and CSV as fields, and which of them are meant.
 * SPDX-License-Identifier: MIT */
#ifndef RI_RECORD_H
#define RI_RECORD_H

#include "data/lines.h"

typedef struct ri_record {
    const char *base;   /* of the fields */
    ri_vec      fields; /* ri_field */
    ri_vec      copy;   /* the fields of CSV, unquoted */
    int64_t     line;   /* where it begins */
} ri_record;

/* Read the next record; *found is false at the file's end. It is valid until the next one or, for TSV, the next line is read.
 * Errors: RECUR_EDATA: quotes that do not follow RFC 4180; and those of ri_lines_next. */
recur_status ri_record_next(ri_lines *lines, bool is_csv, ri_record *record, bool *found);

/* Cut a line at its tabs, or into what lies between spaces and tabs. Errors: RECUR_EMEMORY. */
recur_status ri_record_split(const ri_lines *lines, ri_record *record, ri_span line, bool at_tabs);
void         ri_record_free(const recur_allocator *a, ri_record *record);

ri_span ri_record_field(const ri_record *record, int64_t i);
bool    ri_record_is_empty(const ri_record *record); /* an empty line */

/* Find the column that is meant by a number from 1 or, where there is a header, by its name there. record is the first of its
 * file. Errors: RECUR_EDATA: no such column, or two; RECUR_EARG: a name without a header. */
recur_status ri_record_column(const ri_lines *lines, const ri_record *record, bool has_header,
                              const char *column, int64_t *index);

/* Whether a column is meant by its number. */
bool ri_record_is_number(const char *column);

/* Check that a record has n fields. Errors: RECUR_EDATA. */
recur_status ri_record_check(const ri_lines *lines, const ri_record *record, int64_t n);

#endif
