/* Kernels: arithmetic on pointers, one thread, no allocation. The contracts; ref/ is the specification.
 *
 * A kernel exists for float and double: table rk_f32 and rk_f64. Matrices are row-major with a row stride in elements. Every output
 * element is one chain of additions in the order of k, whatever the tile, so that splitting rows or columns differently, or
 * calling with one row, gives the same bits.
 *
 * A panel is a matrix W [cols_out,K] packed for products x W^T:   block j of RK_BLOCK outputs, then k, then the outputs of the block
 *
 *   W [O,K]  ->  [ceil(O/16)][K][16]      the last block is filled up with zeros
 * SPDX-License-Identifier: MIT */
#ifndef RK_KERN_H
#define RK_KERN_H

#include <stdbool.h>
#include <stdint.h>

#include "recur/rnn.h"
#include "recur/train.h"

enum { RK_BLOCK = 16 };

/* How parameters are updated; the optimisers' equations stand in ref/update.inc. */
typedef struct rk_update {
    recur_optim optim;
    double      lr, momentum, beta1, beta2, epsilon, decay_rate, weight_decay;
    double      bias1, bias2; /* Adam: 1 - beta1^step, 1 - beta2^step */
    double      clip_value;   /* 0: off; applied first */
    double      grad_scale;   /* then every gradient is multiplied by this: clipping by norm */
    bool        is_first;     /* SGD's momentum starts as the gradient */
} rk_update;

#define RK_REAL float
#define RK_TABLE rk_table_f32
#include "kern/table.inc"
#undef RK_REAL
#undef RK_TABLE

#define RK_REAL double
#define RK_TABLE rk_table_f64
#include "kern/table.inc"
#undef RK_REAL
#undef RK_TABLE

extern const rk_table_f32 rk_f32_ref;
extern const rk_table_f64 rk_f64_ref;
#if defined(__x86_64__)
extern const rk_table_f32 rk_f32_avx2;
#endif

/* Return the kernels that this processor runs best. */
const rk_table_f32 *rk_choose_f32(void);

#endif
