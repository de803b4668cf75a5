/* The tape: records coarse operations as they run and walks them backwards (reverse-mode differentiation).
 *
 * An operation computes at once and returns a variable, a small handle that is valid until recur_tape_reset. A
 * whole recurrent stack over a pack is one operation. recur_backward then fills the gradient of every variable
 * and adds those of parameters to their params. All memory comes from one arena that is kept between passes:
 * after the first pass over the largest batch nothing is allocated.
 *
 * Errors are sticky: the first is kept, later operations do nothing and return RECUR_NONE, and the caller checks
 * once, at recur_backward or recur_tape_status. A layer, model or batch that is NULL is such an error, too; the tape
 * itself must be there. A tape is used by one thread at a time; several tapes may share
 * parameters while these are only read.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_TAPE_H
#define RECUR_TAPE_H

#include "pack.h"
#include "params.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_tape recur_tape;

/* A variable on a tape. All zeros (RECUR_NONE): no variable. */
typedef struct recur_var {
    int32_t id;
} recur_var;

#define RECUR_NONE ((recur_var){0})

/* Create a tape. Errors: RECUR_EMEMORY. */
RECUR_API recur_status recur_tape_create(recur_ctx *ctx, recur_tape **tape);
RECUR_API void         recur_tape_destroy(recur_tape *tape); /* NULL is accepted */

/* Forget all variables and the error; the memory is kept for the next pass. */
RECUR_API void recur_tape_reset(recur_tape *tape);

/* Choose between training (the default: dropout works, gradients can follow) and inference (dropout is the
 * identity, nothing is kept for backward, recur_backward is an error). Takes effect on operations recorded afterwards; stays until changed. */
RECUR_API void recur_tape_set_inference(recur_tape *tape, bool is_inference);

/* Choose the random numbers of dropout: they are a function of seed, step, operation, sequence, time and unit, and of
 * nothing else (Philox; Salmon et al. 2011). Stays until changed; 0, 0 at creation. */
RECUR_API void recur_tape_set_noise(recur_tape *tape, uint64_t seed, uint64_t step);

/* Return the status of the first operation that failed since the last reset; recur_error has its sentence. */
RECUR_API recur_status recur_tape_status(const recur_tape *tape);

/* Return the bytes that the tape's arena holds. */
RECUR_API size_t recur_tape_bytes(const recur_tape *tape);

/* ---- variables from outside ---- */

/* Put an array on the tape: values row-major, copied. NULL: zeros. Its gradient can be read after recur_backward. */
RECUR_API recur_var recur_input(recur_tape *tape, recur_shape shape, const float *values);
RECUR_API recur_var recur_input_f64(recur_tape *tape, recur_shape shape, const double *values);

/* Put a tensor of params on the tape; its gradient is also added to params at recur_backward. */
RECUR_API recur_var recur_param(recur_tape *tape, recur_params *params, int64_t index);

/* ---- reading ---- */

/* Return the shape of a variable; rank -1 for RECUR_NONE. A scalar has rank 0. */
RECUR_API recur_shape recur_shape_of(const recur_tape *tape, recur_var v);

/* Return the values of a variable, valid until the next reset; NULL for RECUR_NONE, for one-hot rows and in a float64 context. */
RECUR_API const float *recur_value(const recur_tape *tape, recur_var v);

/* Return the gradient of the loss by a variable, after recur_backward; NULL before it, for a variable that needs
 * none (one-hot rows) and in a float64 context. Zero where the loss does not depend on it. */
RECUR_API const float *recur_grad(const recur_tape *tape, recur_var v);

/* Copy values or gradient out as double, in every context. Errors: RECUR_EARG where the pointer would be NULL for
 * another reason than the type. */
RECUR_API recur_status recur_value_f64(const recur_tape *tape, recur_var v, double *out);
RECUR_API recur_status recur_grad_f64(const recur_tape *tape, recur_var v, double *out);

/* Return the value of a variable of one element (a loss); NaN if it is not one. */
RECUR_API double recur_scalar(const recur_tape *tape, recur_var v);

/* ---- backwards ---- */

/* Fill the gradient of every variable by loss, and add those of parameters to their params.
 *
 * Errors.  The sticky error if there is one; RECUR_EARG if loss is no scalar, if the tape is in inference, or if
 *          backward has already run since the last reset (it overwrites what forward kept); RECUR_EMEMORY.
 * Cost.    About twice the forward pass. */
RECUR_API recur_status recur_backward(recur_tape *tape, recur_var loss);

/* ---- operations ---- */

RECUR_API recur_var recur_sum(recur_tape *tape, recur_var x); /* scalar: sum of all elements */
RECUR_API recur_var recur_dot(recur_tape *tape, recur_var a,
                              recur_var b); /* scalar: sum of a*b, equal counts */
RECUR_API recur_var recur_add(recur_tape *tape, recur_var a, recur_var b); /* a + b, equal shapes */
RECUR_API recur_var recur_mul(recur_tape *tape, recur_var a,
                              recur_var b); /* a * b elementwise, equal shapes */
RECUR_API recur_var recur_scale(recur_tape *tape, recur_var x, double by); /* by * x */
RECUR_API recur_var recur_tanh(recur_tape *tape, recur_var x);             /* elementwise */

/* Return x[t] of x [T,...]: shape [...]. */
RECUR_API recur_var recur_pick_step(recur_tape *tape, recur_var x, int64_t t);

/* Return x[first] ... x[first+n-1] of x [T,...]: shape [n,...]. Nothing is copied. */
RECUR_API recur_var recur_slice(recur_tape *tape, recur_var x, int64_t first, int64_t n);

/* Join n variables along their first dimension: [T1,...], [T2,...] give [T1+T2,...]; the sizes behind it must agree. */
RECUR_API recur_var recur_join(recur_tape *tape, int64_t n, const recur_var *parts);

/* Return of a state x [K,B,F] that of n sequences, [K,n,F]: which[i], or the first n where which is NULL. One may be picked again and again
 * on a tape in inference only. */
RECUR_API recur_var recur_pick_sequences(recur_tape *tape, recur_var x, int64_t n, const int64_t *which);

/* Join along the last dimension: [...,A] and [...,B] give [...,A+B]; the leading sizes must agree. */
RECUR_API recur_var recur_concat(recur_tape *tape, recur_var a, recur_var b);

/* Exchange the first two dimensions: the batch-major view [B,T,F] of a time-major [T,B,F], and back. */
RECUR_API recur_var recur_swap(recur_tape *tape, recur_var x);

/* Zero each element with probability p and scale the others by 1/(1-p) (Srivastava et al. 2014).
 *
 * With a pack, x is [N,F] and the numbers are keyed by the caller's sequence and step, so that they do not depend on
 * batch mates' lengths; with NULL, x is [T,B,F] or [B,F]. In inference x itself is returned. Errors: RECUR_EARG unless 0 <= p < 1. */
RECUR_API recur_var recur_dropout(recur_tape *tape, recur_var x, const recur_pack *pack, double p);

/* Where padded arrays have their time axis. */
typedef enum recur_layout {
    RECUR_TIME_MAJOR = 0, /* [T,B,F] */
    RECUR_BATCH_MAJOR = 1 /* [B,T,F] */
} recur_layout;

/* Take the rows of a padded array, in the caller's order, into a pack: [N,F]. Padding is not read; its gradient is 0. T may exceed the pack's. */
RECUR_API recur_var recur_pack_padded(recur_tape *tape, recur_var x, const recur_pack *pack,
                                      recur_layout layout);

/* Spread packed rows [N,F] over a padded array in the caller's order; padding is 0. */
RECUR_API recur_var recur_pad_packed(recur_tape *tape, recur_var x, const recur_pack *pack,
                                     recur_layout layout);

#ifdef __cplusplus
}
#endif
#endif
