/* Speed: layers timed beside the limits of the machine, measured in the same run on the same threads.
 *
 * Floating-point operations are those of the products, G*2*(I+H)*H*T*B per layer and direction (G gates; a linear layer
 * 2*I*H*T*B); training counts three times that: forward, the gradient of x and h, the gradient of the weights.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_BENCH_H
#define RECUR_BENCH_H

#include "picture.h"
#include "rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* T steps of B sequences of I values through a stack of L layers of H units. */
typedef struct recur_bench_shape {
    int64_t T, B, I, H, L;
    bool    bidirectional;
} recur_bench_shape;

typedef enum recur_bench_mode {
    RECUR_BENCH_INFER = 0, /* one recur_rnn_apply on a tape in inference */
    RECUR_BENCH_TRAIN, /* recur_rnn_apply, recur_sum, recur_backward, weights packed anew as after an update */
    RECUR_BENCH_STEP /* one step (T is not looked at): recur_rnn_apply over T = 1 on a tape in inference, the state carried */
} recur_bench_mode;

/* What is timed. linear: not a stack but one linear layer from I to H, applied to T*B rows. */
typedef struct recur_bench_case {
    recur_bench_shape shape;
    recur_bench_mode  mode;
    recur_cell        cell;
    bool              linear;
} recur_bench_case;

/* What was found. Times and limits are medians.
 *
 * bytes is the least that must be read and written in a call: recurrent weights at every step (none can be used before the state is
 * known), the other weights once, inputs and outputs once, in each sweep (training has two, and keeps gates in between). */
typedef struct recur_bench_result {
    double  ms, ms_best; /* of one call, or one step */
    int64_t calls;
    double  flop, bytes;  /* of one call, or one step */
    double  weight_bytes; /* of the matrices */
    double  gflops;       /* flop over the median time, 10^9 a second */
    double  peak_gflops;  /* multiply-adds in registers, all threads, these kernels' instructions */
    double
           product_gflops; /* the bare product of these kernels, all threads, operands in each thread's own cache: many a processor
                              clocks lower when it reads while it multiplies, and no layer can be faster than this */
    double bandwidth_gbs; /* reading a buffer of weight_bytes again and again, each thread its part */
    double percent_of_peak, percent_of_product, percent_of_bandwidth;
} recur_bench_result;

/* How to measure. All zeros: half a second per case, silently. */
typedef struct recur_bench_opts {
    double seconds; /* at least so long per case; 0: 0.5 */
    void  *user;
    bool (*tick)(void *user, double share); /* share done, from 0 to 1; false stops */
} recur_bench_opts;

/* A configuration that has a name. */
typedef struct recur_bench_config {
    const char       *name;
    recur_bench_shape shape;
} recur_bench_config;

/* Return the configurations A to H, ended by a NULL name. E is for steps. */
RECUR_API const recur_bench_config *recur_bench_configs(void);

/* Return the floating-point operations of one call of a case. */
RECUR_API double recur_bench_flop(const recur_bench_case *what);

/* Measure n cases in turns, on the threads of ctx; between their calls the limits of the machine are measured again.
 *
 * Each case is called twice before the first measurement, and then until its time is up, at least three times.
 * Errors.  RECUR_EARG in a float64 context, for sizes that cannot be, for a bidirectional stack step by step, or a linear one other than in
 *          inference or training; RECUR_EMEMORY; RECUR_STOPPED if tick said so. results are then not to be read. */
RECUR_API recur_status recur_bench_run(recur_ctx *ctx, const recur_bench_case *cases, int64_t n,
                                       const recur_bench_opts *opts, recur_bench_result *results);

/* Return the name of the kernels that ctx computes with: "avx512". */
RECUR_API const char *recur_bench_kernels(const recur_ctx *ctx);

/* ---- pictures ---- */

/* A case in a picture. Points of equal threads share a panel. */
typedef struct recur_bench_point {
    const char        *label; /* short: "A" */
    int                threads;
    recur_bench_case   what;
    recur_bench_result result;
} recur_bench_point;

/* Draw a roofline (Williams, Waterman, Patterson 2009): GFLOP/s against operations per byte, under the measured limits.
 *
 * Owner.  The caller destroys the picture.
 * Errors. RECUR_EARG without points; RECUR_EMEMORY. */
RECUR_API recur_status recur_bench_draw_roofline(recur_ctx *ctx, const recur_bench_point *points, int64_t n,
                                                 recur_picture **picture);

/* How many times a layer takes as long as another, and how many times the arithmetic it does. */
typedef struct recur_bench_gap {
    const char *label;
    double      gap, arithmetic;
} recur_bench_gap;

/* Draw gaps as bars: the part that is arithmetic and the part that is waiting. Otherwise as recur_bench_draw_roofline. */
RECUR_API recur_status recur_bench_draw_gaps(recur_ctx *ctx, const char *title, const recur_bench_gap *gaps,
                                             int64_t n, recur_picture **picture);

#ifdef __cplusplus
}
#endif
#endif
