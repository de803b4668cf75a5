/* The kernels for NEON.
 * SPDX-License-Identifier: MIT */
#if defined(__aarch64__)
#include <math.h>
#include <stddef.h>

#include "kern/arm/neon.h"
#include "kern/kern.h"

#define RK_NAME rk_f32_neon
#define RK_ISA "neon"

#include "kern/simd/all.inc"
#endif
