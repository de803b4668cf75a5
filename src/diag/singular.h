/* Singular values of vectors whose lengths may be any powers.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SINGULAR_H
#define RI_SINGULAR_H

#include <stdint.h>

/* Singular values of the matrix whose k columns, of length n, are exp(logs[i]) * vectors[i]: vectors is [k,n] and is overwritten; logs [k]
 * receives their logarithms, greatest first. All numbers must be finite, but for a log of -infinity: that column is zero. */
void ri_singular_logs(int64_t k, int64_t n, double *vectors, double *logs);

/* Make a vector a unit vector and return the logarithm of its length; -infinity for zeros, which stay. */
double ri_unit_log(int64_t n, double *vector);

#endif
