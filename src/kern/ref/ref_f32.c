/* The reference kernels for float.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kern/kern.h"

#define RK_REAL float
#define RK_TABLE rk_table_f32
#define RK_NAME rk_f32_ref
#define RK_ISA "ref"
#define rk_exp expf
#define rk_tanh tanhf
#define rk_sqrt sqrtf

enum { LANES = 8 };

#include "kern/ref/product.inc"

#include "kern/ref/cells.inc"

#include "kern/ref/softmax.inc"

#include "kern/ref/attention.inc"

#include "kern/ref/peak.inc"

#include "kern/plain/vector.inc"

#include "kern/plain/update.inc"

#include "kern/plain/sketch.inc"

#include "kern/plain/table_of.inc"
