/* BLEU, chrF and ROUGE from counts, which add up over items: operation by operation as sacreBLEU and rouge-score compute them.
 * SPDX-License-Identifier: MIT */
#ifndef RI_OVERLAP_H
#define RI_OVERLAP_H

#include <stdint.h>

enum { RI_BLEU_ORDERS = 4, RI_CHRF_CHARACTERS = 6, RI_CHRF_WORDS = 2, RI_CHRF_ORDERS = 8 };

typedef struct ri_bleu_counts {
    int64_t hypothesis, reference; /* tokens */
    int64_t correct[RI_BLEU_ORDERS], total[RI_BLEU_ORDERS];
} ri_bleu_counts;

/* What there is of one order of n-grams. */
typedef struct ri_overlap {
    int64_t hypothesis, reference, match;
} ri_overlap;

/* Return BLEU from 0 to 100 (Papineni and others 2002), orders without a match smoothed as by mteval-v13a (sacreBLEU's "exp"). precisions, from 0 to
 * 100, and brevity are filled in. */
double ri_score_bleu(const ri_bleu_counts *counts, double precisions[RI_BLEU_ORDERS], double *brevity);

/* Return chrF from 0 to 100 (Popović 2015, recall weighs twice as much) over n orders, those that one side has not left out. */
double ri_score_chrf(const ri_overlap *orders, int n);

/* Compute precision, recall and F1 (Lin 2004); each is 0 where it has nothing to be a part of. */
void ri_score_rouge(const ri_overlap *overlap, double *precision, double *recall, double *f1);

#endif
