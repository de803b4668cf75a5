/* The interval walks over the binomial distribution. Its weights relative to the peak follow from each other,
 *
 *   w(c) = 1      w(k-1) = w(k) * k / (n-k+1) * (n-c)/c      w(k+1) = w(k) * (n-k)/(k+1) * c/(n-c)
 *
 * so nothing overflows and no factorial is needed. Beyond a weight of 1e-30, 11 standard deviations away, nothing is looked at: the share
 * that is lost is below 1e-25. tests/golden compares the ends with SciPy's quantiles.
 *
 * SPDX-License-Identifier: MIT */
#include "score/rate.h"

#include <math.h>

double ri_score_rate(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

double ri_score_accuracy(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

void ri_score_class(recur_class_score *score)
{
    double p = ri_score_rate(score->correct, score->predicted);
    double r = ri_score_rate(score->correct, score->gold);
    score->precision = p;
    score->recall = r;
    score->f1 = p + r > 0 ? 2 * p * r / (p + r) : 0;
}

static const double NEGLIGIBLE = 1e-30;

/* Sum the weights from the peak up to the end. */
static double sum_above(double c, double n)
{
    double w = 1, sum = 0, odds = c / (n - c);
    for (double k = c; k <= n && w > NEGLIGIBLE; k++) {
        sum += w;
        w *= (n - k) / (k + 1) * odds;
    }
    return sum;
}

/* Find the smallest k whose weights up to it, from the lower end on, reach a share of the total. Walks from the peak down, where
 * `below` is the sum of all weights below it. */
static double quantile_below(double c, double n, double below, double wanted)
{
    double w = 1, odds = (n - c) / c, k = c;
    while (k > 0 && below >= wanted) { /* the sum up to k - 1 reaches it, too */
        w *= k / (n - k + 1) * odds;
        below -= w;
        k--;
    }
    return k;
}

/* The same from the peak up, where `up_to` is the sum of all weights up to it. */
static double quantile_above(double c, double n, double up_to, double wanted)
{
    double w = 1, odds = c / (n - c), k = c;
    while (k < n && up_to < wanted) {
        w *= (n - k) / (k + 1) * odds;
        up_to += w;
        k++;
    }
    return k;
}

void ri_score_interval(int64_t correct, int64_t n, double *low, double *high)
{
    *low = *high = ri_score_accuracy(correct, n);
    if (correct <= 0 || correct >= n) return;
    double c = (double)correct, all = (double)n;
    double above = sum_above(c, all);           /* weights of c .. n */
    double below = sum_above(all - c, all) - 1; /* of 0 .. c-1: the same sum, looked at from the other end */
    double total = below + above;
    *low = quantile_below(c, all, below, 0.025 * total) / all;
    *high = quantile_above(c, all, below + 1, 0.975 * total) / all;
}
