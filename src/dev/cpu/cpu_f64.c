/* The CPU backend for double.
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/denormal.h"
#include "base/rng.h"
#include "dev/dev.h"

#define RK_REAL double
#define RK_TABLE rk_table_f64
#define RI_NAME ri_dev_f64

#include "dev/cpu/tasks.inc"

#include "dev/cpu/vector.inc"

#include "dev/cpu/rows.inc"

#include "dev/cpu/panels.inc"

#include "dev/cpu/linear.inc"

#include "dev/cpu/rnn_forward.inc"

#include "dev/cpu/rnn_backward.inc"

#include "dev/cpu/loss.inc"

#include "dev/cpu/sequences.inc"

#include "dev/cpu/pooling.inc"

#include "dev/cpu/softmaxes.inc"

#include "dev/cpu/sketch.inc"

#include "dev/cpu/attention.inc"

#include "dev/cpu/crf.inc"

#include "dev/cpu/table_of.inc"
