/* What a context holds.
 * SPDX-License-Identifier: MIT */
#ifndef RI_CTX_H
#define RI_CTX_H

#include <pthread.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/pool.h"
#include "recur/ctx.h"

typedef struct ri_dev ri_dev;

typedef struct ri_thread_error ri_thread_error;

struct recur_ctx {
    recur_allocator  allocator;
    recur_ctx_opts   opts; /* completed */
    ri_pool         *pool;
    const ri_dev    *dev;        /* the backend of opts.dtype */
    const void      *kernels;    /* its table of kernels: rk_table_f32 or rk_table_f64 */
    pthread_key_t    error_key;  /* each thread's ri_thread_error */
    pthread_mutex_t  error_lock; /* for the list of them, which ends with the context */
    ri_thread_error *errors;
    ri_error         shared_error; /* for a thread that has no memory for its own */
};

/* Return the calling thread's error of a context. */
ri_error *ri_ctx_error(const recur_ctx *ctx);

/* Keep a sentence in the calling thread's error: "return RI_FAIL(ctx, RECUR_EARG, "...", ...)". */
#define RI_FAIL(ctx, status, ...) ri_fail(ri_ctx_error(ctx), (status), __VA_ARGS__)

/* "no memory for <what>" as RECUR_EMEMORY. */
recur_status ri_no_memory(const recur_ctx *ctx, const char *what);

void ri_log(const recur_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
