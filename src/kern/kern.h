/* Kernels: arithmetic on pointers, one thread, no allocation. The contracts; ref/ is the specification.
 *
 * A table of kernels works on vectors of `lanes` numbers. Every output element is one chain of additions in the order of k,
 * whatever the tile, so that splitting rows or columns differently, or calling with one row, gives the same bits.
 *
 * Weights lie in panels of at most RK_VECS vectors, so that a tile reads them in a row:
 *
 *   W [n,K]  ->  panels [K][vectors*lanes]      missing columns of the last vector are zero
 *
 * Gates of a cell lie in blocks of RK_VECS vectors per row; a block holds all gates of `lanes` units, so that a
 * cell is updated where its products have just been left:
 *
 *   LSTM     i f g o  of lanes units          GRU   u r z n  of lanes units (u: what r multiplies, or r*h)
 *   vanilla  the pre-activation of RK_VECS*lanes units
 *
 * SPDX-License-Identifier: MIT */
#ifndef RK_KERN_H
#define RK_KERN_H

#include <stdbool.h>
#include <stdint.h>

#include "recur/rnn.h"
#include "recur/train.h"

enum { RK_VECS = 4, RK_MAX_LANES = 16, RK_MAX_WIDTH = RK_VECS * RK_MAX_LANES };

/* How parameters are updated; the optimisers' equations stand in plain/update.inc. */
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
extern const rk_table_f32 rk_f32_sse2, rk_f32_avx2, rk_f32_avx512;
#elif defined(__aarch64__)
extern const rk_table_f32 rk_f32_neon;
#endif

/* Return the kernels that this processor runs best, at most those of that name (NULL: any); NULL for a name that is unknown
 * or that this processor does not have. */
const rk_table_f32 *rk_choose_f32(const char *at_most);

#endif
