/* What scorers found, said as tables and as JSON: for score, which reads predictions, and for eval, which makes them.
 *
 * Percentages are computed from counts, operation by operation as conlleval does, so that they round as its own; JSON has 15 digits of
 * what seqeval computes.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_METRICS_H
#define CLI_METRICS_H

#include "app.h"

/* Take the edges of --by-length, *n of them (0: not given). Returns an exit code, the error said. */
int metrics_edges(app *a, const options *o, int64_t edges[OPTION_MAX_NUMBERS], int64_t *n);

/* Word a range of lengths, from <= n < to: "20 to 49", "7", "50 and more". */
enum { METRICS_RANGE_BYTES = 64 };
void metrics_range(int64_t from, int64_t to, char text[METRICS_RANGE_BYTES]);

/* Write the tables, and on stderr what there is to note. */
void metrics_print_classes(app *a, const recur_class_report *r);
void metrics_print_tags(app *a, const recur_tag_report *r);
void metrics_print_texts(app *a, const recur_seq_report *r);

/* The same as JSON objects: {"task":"classify","items" ...}, {"task":"tag","sentences" ...}, {"task":"seq2seq","items" ...}. */
json_t *metrics_json_classes(const recur_class_report *r);
json_t *metrics_json_tags(app *a, const recur_tag_report *r);
json_t *metrics_json_texts(const recur_seq_report *r);

#endif
