/* The reference kernels compiled for AVX2. No multiply-add is fused, so the bits are those of the reference.
 * SPDX-License-Identifier: MIT */
#if defined(__x86_64__)
#include <math.h>
#include <stddef.h>

#include "kern/kern.h"

#define RK_REAL float
#define RK_TABLE rk_table_f32
#define RK_NAME rk_f32_avx2
#define rk_exp expf
#define rk_tanh tanhf
#define rk_sqrt sqrtf

#include "kern/ref/gemm.inc"

#include "kern/ref/cells.inc"

#include "kern/ref/vector.inc"

#include "kern/ref/update.inc"

#include "kern/ref/table_of.inc"
#endif
