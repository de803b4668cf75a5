/* What the files of the benchmark share: the cost of a case, the limits of the machine, one case that can be called.
 * SPDX-License-Identifier: MIT */
#ifndef RI_BENCH_H
#define RI_BENCH_H

#include "dev/ctx.h"
#include "recur/bench.h"

/* ---- shape.c: in elements ---- */

double ri_bench_weights(const recur_bench_case *what);
double ri_bench_traffic(const recur_bench_case *what); /* recur_bench_result.bytes */

/* ---- limits.c ---- */

/* Return operations per second of multiply-adds in registers, on all threads of the context at once. */
double ri_limit_peak(recur_ctx *ctx);

/* Return operations per second of the bare product whose operands lie in each thread's own cache: what the peak leaves to a program that reads
 * (some processors lower their clock as soon as multiplying and reading go together). room holds ri_limit_product_room(ctx) elements that are not
 * zero pages. */
int64_t ri_limit_product_room(const recur_ctx *ctx);
double  ri_limit_product(recur_ctx *ctx, float *room);

/* Return the bytes per second at which n elements are read again and again, each thread its own part. buffer holds ri_limit_room(ctx, n)
 * elements that are not zero pages. */
int64_t ri_limit_room(const recur_ctx *ctx, int64_t n);
double  ri_limit_read(recur_ctx *ctx, int64_t n, const float *buffer);

/* ---- subject.c ---- */

typedef struct ri_subject ri_subject;

/* Create the layer of a case with its input and tape. Errors: RECUR_EARG, RECUR_EMEMORY. */
recur_status ri_subject_create(recur_ctx *ctx, const recur_bench_case *what, ri_subject **subject);
void         ri_subject_destroy(ri_subject *subject); /* NULL is accepted */

/* Call it once and say how long one call, or one step, took. Errors: the tape's. */
recur_status ri_subject_call(ri_subject *subject, double *seconds);

#endif
