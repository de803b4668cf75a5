/* Gram-Schmidt over rows, each cleaned twice: then the rows are orthonormal to rounding whatever their condition ("twice is enough",
 * Giraud, Langou, Rozloznik 2005).
 * SPDX-License-Identifier: MIT */
#include "diag/orthonormal.h"

#include <float.h>
#include <math.h>

#include "kern/kern.h"

static double length_of(int64_t n, const double *row)
{
    return sqrt(rk_f64_ref.dot(n, row, row));
}

/* Take the component along the unit vector `other` out of row; return it. */
static double take_out(int64_t n, double *row, const double *other)
{
    double along = rk_f64_ref.dot(n, row, other);
    for (int64_t i = 0; i < n; i++) row[i] -= along * other[i];
    return along;
}

void ri_orthonormalise(int64_t k, int64_t n, double *rows, double *diagonal, double *lower)
{
    double longest = 0;
    for (int64_t i = 0; i < k; i++) longest = fmax(longest, length_of(n, rows + i * n));
    double rounding = 2 * sqrt((double)n) * DBL_EPSILON * longest;
    for (int64_t i = 0; lower && i < k * k; i++) lower[i] = 0;
    for (int64_t i = 0; i < k; i++) {
        double *row = rows + i * n;
        for (int pass = 0; pass < 2; pass++)
            for (int64_t j = 0; j < i; j++) {
                double along = diagonal[j] > 0 ? take_out(n, row, rows + j * n) : 0;
                if (lower) lower[i * k + j] += along;
            }
        double length = length_of(n, row), scale = length > rounding ? 1 / length : 0;
        diagonal[i] = scale > 0 ? length : 0;
        for (int64_t c = 0; c < n; c++) row[c] = scale > 0 ? row[c] * scale : 0;
        if (lower) lower[i * k + i] = diagonal[i];
    }
}
