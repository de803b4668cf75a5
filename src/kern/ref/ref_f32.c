/* The reference kernels for float.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stddef.h>

#include "kern/kern.h"

#define RK_REAL float
#define RK_TABLE rk_table_f32
#define RK_NAME rk_f32_ref
#define rk_exp expf
#define rk_tanh tanhf
#define rk_sqrt sqrtf

#include "kern/ref/gemm.inc"

#include "kern/ref/cells.inc"

#include "kern/ref/vector.inc"

#include "kern/ref/update.inc"

#include "kern/ref/table_of.inc"
