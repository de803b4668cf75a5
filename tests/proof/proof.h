/* What the proofs share: numbers that never change, contexts, and losses that weigh every element differently.
 * SPDX-License-Identifier: MIT */
#ifndef PROOF_H
#define PROOF_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recur/recur.h"

/* Fail with the library's sentence unless status is RECUR_OK. */
#define PROOF_OK(ctx, call) proof_ok_at((ctx), (call), #call, __FILE__, __LINE__)

static inline void proof_ok_at(const recur_ctx *ctx, recur_status status, const char *call, const char *file,
                               int line)
{
    if (!status) return;
    print_error("%s: %s: %s\n", call, recur_status_name(status), recur_error(ctx));
    _fail(file, line);
}

/* Fail unless the call is refused as RECUR_EARG and with a sentence. */
#define PROOF_REFUSED(ctx, status) proof_refused_at((ctx), (status), #status, __FILE__, __LINE__)

static inline void proof_refused_at(const recur_ctx *ctx, recur_status status, const char *call,
                                    const char *file, int line)
{
    if (status == RECUR_EARG && strlen(recur_error(ctx)) > 10) return;
    print_error("%s: RECUR_EARG wanted, %s found: \"%s\"\n", call, recur_status_name(status),
                recur_error(ctx));
    _fail(file, line);
}

static inline recur_ctx *proof_ctx(recur_dtype dtype, int threads)
{
    recur_ctx *ctx = NULL;
    assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = threads, .dtype = dtype}, &ctx), RECUR_OK);
    return ctx;
}

/* A number of (-1,1) that float32 holds exactly: element i of a stream (splitmix64). */
static inline double proof_number(uint64_t stream, uint64_t i)
{
    uint64_t z = stream * 0x9e3779b97f4a7c15u + (i + 1) * 0xd1b54a32d192ed03u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return ((double)(z >> 41) + 0.5) / 4194304.0 - 1.0; /* 23 bits: -1 + odd / 2^23 */
}

static inline int64_t proof_count(recur_shape shape)
{
    int64_t n = 1;
    for (int i = 0; i < shape.rank; i++) n *= shape.size[i];
    return n;
}

static inline double *proof_doubles(int64_t n)
{
    double *x = calloc((size_t)n + 1, sizeof *x);
    assert_non_null(x);
    return x;
}

/* Numbers of a stream. Free them. */
static inline double *proof_numbers(uint64_t stream, int64_t n)
{
    double *x = proof_doubles(n);
    for (int64_t i = 0; i < n; i++) x[i] = proof_number(stream, (uint64_t)i);
    return x;
}

/* Put numbers of a stream on the tape. */
static inline recur_var proof_input(recur_tape *tape, recur_shape shape, uint64_t stream)
{
    double   *x = proof_numbers(stream, proof_count(shape));
    recur_var v = recur_input_f64(tape, shape, x);
    free(x);
    return v;
}

/* A loss on which every element of y has a weight of its own. */
static inline recur_var proof_weigh(recur_tape *tape, recur_var y, uint64_t stream)
{
    recur_shape shape = recur_shape_of(tape, y);
    if (shape.rank < 0) return RECUR_NONE;
    return recur_dot(tape, y, proof_input(tape, shape, stream));
}

static inline recur_var proof_weigh_all(recur_tape *tape, recur_seq y, uint64_t stream)
{
    recur_var loss = recur_add(tape, proof_weigh(tape, y.output, stream), proof_weigh(tape, y.h, stream + 1));
    return y.c.id ? recur_add(tape, loss, proof_weigh(tape, y.c, stream + 2)) : loss;
}

/* The values or the gradient of a variable, as double. Free them. */
static inline double *proof_values(const recur_ctx *ctx, const recur_tape *tape, recur_var v)
{
    double *x = proof_doubles(proof_count(recur_shape_of(tape, v)));
    PROOF_OK(ctx, recur_value_f64(tape, v, x));
    return x;
}

static inline double *proof_gradient(const recur_ctx *ctx, const recur_tape *tape, recur_var v)
{
    double *x = proof_doubles(proof_count(recur_shape_of(tape, v)));
    PROOF_OK(ctx, recur_grad_f64(tape, v, x));
    return x;
}

/* Give every parameter the numbers of its own stream, times scale. */
static inline void proof_fill(const recur_ctx *ctx, recur_params *params, double scale)
{
    for (int64_t i = 0; i < recur_params_tensors(params); i++) {
        recur_tensor_info info;
        PROOF_OK(ctx, recur_params_info(params, i, &info));
        double *w = proof_numbers(1000 + (uint64_t)i, info.count);
        for (int64_t j = 0; j < info.count; j++) w[j] = (float)(scale * w[j]);
        PROOF_OK(ctx, recur_params_set(params, i, w));
        free(w);
    }
}

/* Fill a pack with n sequences whose ids are numbers 0..V-1 of a stream; with ignore, some are RECUR_IGNORE. */
static inline void proof_tokens(const recur_ctx *ctx, recur_pack *pack, int64_t n, const int64_t *lengths,
                                int64_t V, uint64_t stream, bool ignore)
{
    const int32_t *tokens[64];
    int32_t        ids[4096];
    int64_t        used = 0;
    assert_true(n <= 64);
    for (int64_t b = 0; b < n; b++) {
        tokens[b] = ids + used;
        assert_true(used + lengths[b] <= 4096);
        for (int64_t t = 0; t < lengths[b]; t++, used++) {
            double u =
                0.5 +
                0.5 * proof_number(stream, (uint64_t)(b * 1000 + t)); /* of the sequence, not of the batch */
            ids[used] = ignore && u < 0.3 ? RECUR_IGNORE : (int32_t)(u * (double)V);
        }
    }
    PROOF_OK(ctx, recur_pack_set(pack, n, lengths, tokens));
}

#endif
