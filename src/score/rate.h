/* Rates from counts, and how sure they are.
 * SPDX-License-Identifier: MIT */
#ifndef RI_RATE_H
#define RI_RATE_H

#include <stdint.h>

#include "recur/score.h"

/* Return part / whole; 0 where there is no whole. */
double ri_score_rate(int64_t part, int64_t whole);

/* Return part / whole; NaN where there is no whole. */
double ri_score_accuracy(int64_t part, int64_t whole);

/* Fill in precision, recall and f1 from the counts: conlleval's and seqeval's formula, operation by operation. */
void ri_score_class(recur_class_score *score);

/* Find the 95 % interval of `correct` among n: see recur_class_report. Both ends are NaN where n is 0. n is below 2^53.
 *
 * Cost. About 20 times the square root of n. */
void ri_score_interval(int64_t correct, int64_t n, double *low, double *high);

#endif
