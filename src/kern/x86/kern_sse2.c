/* The kernels for SSE2.
 * SPDX-License-Identifier: MIT */
#if defined(__x86_64__)
#include <math.h>
#include <stddef.h>

#include "kern/kern.h"
#include "kern/x86/sse2.h"

#define RK_NAME rk_f32_sse2
#define RK_ISA "sse2"

#include "kern/simd/all.inc"
#endif
