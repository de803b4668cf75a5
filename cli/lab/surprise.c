/* Surprise as a classifier of first letters: all thresholds in one walk from the most surprising letter down.
 * SPDX-License-Identifier: MIT */
#include "surprise.h"

#include <math.h>
#include <stdlib.h>

#include "memory.h"

typedef struct scored {
    double value;
    bool   is_first;
} scored;

static int by_falling_value(const void *a, const void *b)
{
    const double x = ((const scored *)a)->value, y = ((const scored *)b)->value;
    return (x < y) - (x > y);
}

static scored *sort(int64_t n, const double *surprise, const bool *is_first)
{
    scored *s = need_memory((size_t)n, sizeof *s);
    for (int64_t i = 0; i < n; i++) s[i] = (scored){surprise[i], is_first[i]};
    qsort(s, (size_t)n, sizeof *s, by_falling_value);
    return s;
}

static int64_t count_first(int64_t n, const bool *is_first)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) sum += is_first[i];
    return sum;
}

static double area(int64_t n, const double *surprise, const bool *is_first)
{
    scored *s = sort(n, surprise, is_first);
    double  above = 0, pairs = 0; /* first letters so far; pairs that are in order */
    for (int64_t i = 0; i < n;) {
        double  first = 0, other = 0;
        int64_t j = i;
        for (; j < n && s[j].value == s[i].value; j++) s[j].is_first ? first++ : other++;
        pairs += other * (above + first / 2);
        above += first;
        i = j;
    }
    free(s);
    return pairs / (above * ((double)n - above));
}

/* Halfway between two letters, so that none lies on it. */
static double best_threshold(int64_t n, const double *surprise, const bool *is_first)
{
    const double all = (double)count_first(n, is_first);
    scored      *s = sort(n, surprise, is_first);
    double       best = -1, threshold = NAN, found = 0;
    for (int64_t i = 0; i < n; i++) {
        found += s[i].is_first;
        double next = i + 1 < n ? s[i + 1].value : s[i].value - 1, f1 = 2 * found / ((double)i + 1 + all);
        if (next == s[i].value || f1 <= best) continue;
        best = f1;
        threshold = (s[i].value + next) / 2;
    }
    free(s);
    return threshold;
}

static void apply_threshold(int64_t n, const double *surprise, const bool *is_first, surprise_report *r)
{
    double right = 0, called = 0, all = (double)count_first(n, is_first);
    for (int64_t i = 0; i < n; i++) {
        if (!(surprise[i] > r->threshold)) continue;
        called++;
        right += is_first[i];
    }
    r->precision = right / called;
    r->recall = right / all;
    r->f1 = 2 * right / (called + all);
    r->share = all / (double)n;
}

void surprise_measure(int64_t n, const double *surprise, const bool *is_first, surprise_report *report)
{
    const int64_t half = n / 2, all = count_first(n, is_first);
    double        sums[2] = {0, 0};
    for (int64_t i = 0; i < n; i++) sums[is_first[i]] += surprise[i];
    *report = (surprise_report){.first = sums[1] / (double)all, .other = sums[0] / (double)(n - all)};
    report->auc = area(n, surprise, is_first);
    report->threshold = best_threshold(half, surprise, is_first);
    apply_threshold(n - half, surprise + half, is_first + half, report);
}
