/* The reference kernels for double.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stddef.h>

#include "kern/kern.h"

#define RK_REAL double
#define RK_TABLE rk_table_f64
#define RK_NAME rk_f64_ref
#define rk_exp exp
#define rk_tanh tanh
#define rk_sqrt sqrt

#include "kern/ref/gemm.inc"

#include "kern/ref/cells.inc"

#include "kern/ref/vector.inc"

#include "kern/ref/update.inc"

#include "kern/ref/table_of.inc"
