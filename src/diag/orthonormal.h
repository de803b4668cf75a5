/* Row vectors made orthonormal.
 * SPDX-License-Identifier: MIT */
#ifndef RI_ORTHONORMAL_H
#define RI_ORTHONORMAL_H

#include <stdint.h>

/* Split rows [k,n], k <= n, into a lower triangle times orthonormal rows, which replace them. diagonal [k] is the triangle's; lower [k,k] (NULL: not
 * wanted) all of it.
 *
 * A row of which less is left beside those before it than rounding makes, 2 sqrt(n) eps of the longest row, is dead: zeros, and 0 on the
 * diagonal. It stays dead when it is handed in again. */
void ri_orthonormalise(int64_t k, int64_t n, double *rows, double *diagonal, double *lower);

#endif
