/* Dynamics: a recurrent network as a dynamical system, and what its Jacobians do over many steps.
 *
 * A gradient that travels s steps back is multiplied by the product of s step Jacobians. The product grows or shrinks like exp(lambda s),
 * and the numbers lambda are the system's Lyapunov exponents. Their mean-field theory for wide random networks is below.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_DYNAMICS_H
#define RECUR_DYNAMICS_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- mean field ---- */

/* Return the largest Lyapunov exponent, per step, of a very wide random tanh network h' = tanh(W h + b) with weights of variance g^2/N and
 * whatever else enters (inputs through their weights, biases) of variance s2 at each unit:
 *
 *   q = g^2 E[tanh^2(sqrt(q) z)] + s2        lambda = 1/2 ln(g^2 E[sech^4(sqrt(q) z)])        z ~ N(0,1)
 *
 * q (may be NULL) receives the variance of the pre-activations, the greatest solution. Gradients then shrink or grow by exp(lambda) for each
 * step, most of them; weights drawn from U(-a, a) have g^2 = N a^2 / 3. Errors of q and lambda: below 1e-12 where g is not within 1e-6 of 1 without
 * noise (tests/diag/test_mean_field.c). NaN unless g and s2 are finite and s2 is at least 0; -infinity for g = 0.
 * Sompolinsky, Crisanti and Sommers 1988; Molgedey, Schuchhardt and Schuster 1992 (with noise). */
RECUR_API double recur_mean_field(double g, double s2, double *q);

#ifdef __cplusplus
}
#endif
#endif
