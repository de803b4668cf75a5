/* How well a number at each letter tells where words begin.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_SURPRISE_H
#define CLI_SURPRISE_H

#include <stdbool.h>
#include <stdint.h>

/* auc: how often a first letter has more than another one, ties half (Hanley and McNeil 1982). A letter above the threshold is called a first
 * one; the threshold is the best one, by F1, of the first half, and precision, recall, F1 and share of first letters are the second's. Means are
 * NaN where there is no such letter. */
typedef struct surprise_report {
    double first, other; /* means */
    double auc, threshold, precision, recall, f1, share;
} surprise_report;

void surprise_measure(int64_t n, const double *surprise, const bool *is_first, surprise_report *report);

#endif
