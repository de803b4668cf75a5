/* The mean-field theory of random tanh networks: one variance instead of N units.
 *
 * In a wide network each pre-activation is a sum of many small independent terms, so it is Gaussian, and its variance q alone tells
 * what the next one will be. All expectations are integrals against a Gaussian, taken by the trapezoidal rule in u = sqrt(q) z, which for
 * functions that are analytic in a strip converges exponentially (Trefethen and Weideman 2014): tanh(u) has its nearest poles at i pi/2, so a step h has an
 * error of exp(-pi^2/h); the Gaussian's own is exp(-2 pi^2 q/h^2).
 *
 * SPDX-License-Identifier: MIT */
#include "recur/dynamics.h"

#include <math.h>
#include <stdbool.h>

static const double PI = 3.14159265358979323846;
static const double STEP = 0.25; /* exp(-pi^2/h) = 7e-18 */
static const double TAIL = 9.5;  /* standard deviations; what is beyond has a weight of 2e-21 */
static const double FLAT = 20;   /* sech^2(20) = 2e-17 */

typedef struct moments {
    double tanh2, sech2, sech4; /* expectations of these powers */
} moments;

static moments moments_of(double q)
{
    if (q <= 0) return (moments){0, 1, 1};
    double  deviation = sqrt(q), step = STEP * fmin(1, deviation), reach = TAIL * deviation;
    bool    is_narrow = reach < FLAT;
    moments m = {0};
    for (double u = step / 2; u < fmin(reach, FLAT); u += step) { /* both sides at once: all are even */
        double weight = exp(-u * u / (2 * q)), sech = 1 / cosh(u), sech2 = sech * sech, t = tanh(u);
        m.tanh2 += weight * t * t;
        m.sech2 += weight * sech2;
        m.sech4 += weight * sech2 * sech2;
    }
    double unit = step * sqrt(2 / PI) / deviation;
    m.sech2 *= unit;
    m.sech4 *= unit;
    m.tanh2 = is_narrow ? m.tanh2 * unit : 1 - m.sech2; /* the first is exact where q is tiny */
    return m;
}

/* Newton's method on q - F(q), F(q) = g^2 E[tanh^2] + s2, from above: F is concave, so it falls to the greatest solution without passing it.
 * F' = g^2 E[(tanh^2)'']/2 = g^2 E[3 sech^4 - 2 sech^2], by integration by parts. */
static double solve(double g2, double s2)
{
    double q = g2 + s2;
    for (int i = 0; i < 200; i++) {
        moments m = moments_of(q);
        double  excess = q - g2 * m.tanh2 - s2, slope = 1 - g2 * (3 * m.sech4 - 2 * m.sech2);
        if (!(excess > 0) || !(slope > 0)) break; /* there, but for rounding */
        double next = q - excess / slope;
        if (!(next > 1e-300)) return 0;
        bool is_there = q - next <= 1e-16 * q;
        q = next;
        if (is_there) break;
    }
    return q;
}

double recur_mean_field(double g, double s2, double *q)
{
    double g2 = g * g;
    bool   is_possible = isfinite(g2 + s2) && s2 >= 0;
    double found = is_possible ? solve(g2, s2) : NAN;
    if (q) *q = found;
    return is_possible ? 0.5 * log(g2 * moments_of(found).sech4) : NAN;
}
