/* The reference kernels for double.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kern/kern.h"

#define RK_REAL double
#define RK_TABLE rk_table_f64
#define RK_NAME rk_f64_ref
#define RK_ISA "ref"
#define rk_exp exp
#define rk_tanh tanh
#define rk_sqrt sqrt

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
