/* The kernels for AVX512.
 * SPDX-License-Identifier: MIT */
#if defined(__x86_64__)
#include <math.h>
#include <stddef.h>

#include "kern/kern.h"
#include "kern/x86/avx512.h"

#define RK_NAME rk_f32_avx512
#define RK_ISA "avx512"

#include "kern/simd/all.inc"
#endif
