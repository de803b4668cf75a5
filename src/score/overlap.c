/* BLEU is the geometric mean of the precisions of n-grams, times a penalty for being short; chrF is an F measure over means of precisions and recalls.
 *
 * SPDX-License-Identifier: MIT */
#include "score/overlap.h"

#include <math.h>
#include <stdbool.h>

static const double LOG_OF_ZERO = -9999999999.0; /* sacreBLEU's */

/* Fill in the precisions. An order without a match counts as half a match, the next such order as a quarter, and so on. */
static void smooth(const ri_bleu_counts *c, double precisions[RI_BLEU_ORDERS])
{
    double halves = 1;
    for (int n = 0; n < RI_BLEU_ORDERS && c->total[n] > 0; n++) {
        if (c->correct[n] > 0) {
            precisions[n] = 100.0 * (double)c->correct[n] / (double)c->total[n];
        } else {
            halves *= 2;
            precisions[n] = 100.0 / (halves * (double)c->total[n]);
        }
    }
}

double ri_score_bleu(const ri_bleu_counts *counts, double precisions[RI_BLEU_ORDERS], double *brevity)
{
    const ri_bleu_counts *c = counts;
    bool                  has_match = false;
    for (int n = 0; n < RI_BLEU_ORDERS; n++) {
        precisions[n] = 0;
        has_match = has_match || c->correct[n] > 0;
    }
    *brevity = 1;
    if (c->hypothesis < c->reference)
        *brevity = c->hypothesis > 0 ? exp(1 - (double)c->reference / (double)c->hypothesis) : 0;
    if (!has_match) return 0;
    smooth(c, precisions);
    double sum = 0;
    for (int n = 0; n < RI_BLEU_ORDERS; n++) sum += precisions[n] > 0 ? log(precisions[n]) : LOG_OF_ZERO;
    return *brevity * exp(sum / RI_BLEU_ORDERS);
}

double ri_score_chrf(const ri_overlap *orders, int n)
{
    const double factor = 4; /* the square of beta = 2 */
    double       precision = 0, recall = 0;
    int          n_effective = 0;
    for (int i = 0; i < n; i++) {
        const ri_overlap *o = &orders[i];
        if (o->hypothesis == 0 || o->reference == 0) continue;
        precision += (double)o->match / (double)o->hypothesis;
        recall += (double)o->match / (double)o->reference;
        n_effective++;
    }
    if (n_effective == 0) return 0;
    precision /= n_effective;
    recall /= n_effective;
    if (precision + recall <= 0) return 0;
    double score = (1 + factor) * precision * recall;
    score /= factor * precision + recall;
    return 100 * score;
}

void ri_score_rouge(const ri_overlap *overlap, double *precision, double *recall, double *f1)
{
    const ri_overlap *o = overlap;
    double            p = o->hypothesis > 0 ? (double)o->match / (double)o->hypothesis : 0;
    double            r = o->reference > 0 ? (double)o->match / (double)o->reference : 0;
    *precision = p;
    *recall = r;
    *f1 = p + r > 0 ? 2 * p * r / (p + r) : 0;
}
