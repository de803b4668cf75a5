/* The kernels for AVX2.
 * SPDX-License-Identifier: MIT */
#if defined(__x86_64__)
#include <math.h>
#include <stddef.h>

#include "kern/kern.h"
#include "kern/x86/avx2.h"

#define RK_NAME rk_f32_avx2
#define RK_ISA "avx2"

#include "kern/simd/all.inc"
#endif
