/* What labels hold, and their functions for those who have no context.
 *
 * Every name is UTF-8 without NUL bytes and not empty.
 * SPDX-License-Identifier: MIT */
#ifndef RI_LABELS_H
#define RI_LABELS_H

#include "base/error.h"
#include "recur/dataset.h"
#include "text/intern.h"

struct recur_labels {
    recur_allocator allocator;
    ri_intern       names; /* numbered as the labels are */
};

/* Make labels of n names, which are copied. Errors: RECUR_EDATA: two are equal, or one is no name; RECUR_EMEMORY. */
recur_status ri_labels_create(const recur_allocator *a, const ri_span *names, int64_t n,
                              recur_labels **labels, ri_error *error);

/* Labels as JSON: an array of their names.
 *
 * to_json: the caller releases the text with ri_release. Errors: RECUR_EMEMORY. from_json: RECUR_EMODEL for whatever is
 * wrong, named; RECUR_EMEMORY. */
recur_status ri_labels_to_json(const recur_labels *labels, const recur_allocator *a, char **json,
                               ri_error *error);
recur_status ri_labels_from_json(const recur_allocator *a, const char *json, recur_labels **labels,
                                 ri_error *error);

#endif
