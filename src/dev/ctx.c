/* The context: completes the options, owns the pool, keeps each thread's last error.
 * SPDX-License-Identifier: MIT */
#include "dev/ctx.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cores.h"
#include "dev/dev.h"

enum { MAX_THREADS = 1024 };

/* What a thread last failed with. They are freed with the context, since its threads may outlive it. */
struct ri_thread_error {
    ri_error         error;
    ri_thread_error *next;
};

/* RECUR_CPU names the most that may be used of the processor, for tests and comparisons; NULL for a name that it does not have. */
static const void *choose_kernels(recur_dtype dtype)
{
    const char *at_most = getenv("RECUR_CPU");
    const void *f32 = rk_choose_f32(at_most && *at_most ? at_most : NULL);
    return dtype == RECUR_F64 && f32 ? (const void *)&rk_f64_ref : f32;
}

recur_status recur_ctx_create(const recur_ctx_opts *opts, recur_ctx **out)
{
    if (!out) return RECUR_EARG;
    *out = NULL;
    recur_ctx_opts o = opts ? *opts : (recur_ctx_opts){0};
    if (o.threads < 0 || o.threads > MAX_THREADS) return RECUR_EARG;
    if (o.dtype != RECUR_F32 && o.dtype != RECUR_F64) return RECUR_EARG;
    if (!o.allocator.allocate != !o.allocator.release) return RECUR_EARG;
    int cores = ri_cores_available();
    if (o.threads == 0) o.threads = cores < MAX_THREADS ? cores : MAX_THREADS;

    recur_ctx *ctx = ri_allocate(&o.allocator, 1, sizeof *ctx);
    if (!ctx) return RECUR_EMEMORY;
    ctx->allocator = o.allocator;
    ctx->opts = o;
    ctx->dev = o.dtype == RECUR_F64 ? &ri_dev_f64 : &ri_dev_f32;
    ctx->kernels = choose_kernels(o.dtype);
    if (!ctx->kernels) {
        ri_release(&o.allocator, ctx);
        return RECUR_EARG;
    }
    if (pthread_key_create(&ctx->error_key, NULL)) {
        ri_release(&o.allocator, ctx);
        return RECUR_EMEMORY;
    }
    pthread_mutex_init(&ctx->error_lock, NULL); /* a plain mutex of the C library cannot fail */
    ctx->pool = ri_pool_create(&ctx->allocator, o.threads);
    if (!ctx->pool) {
        pthread_key_delete(ctx->error_key);
        ri_release(&o.allocator, ctx);
        return RECUR_EMEMORY;
    }
    *out = ctx;
    return RECUR_OK;
}

void recur_ctx_destroy(recur_ctx *ctx)
{
    if (!ctx) return;
    recur_allocator a = ctx->allocator;
    ri_pool_destroy(ctx->pool);
    pthread_key_delete(ctx->error_key);
    pthread_mutex_destroy(&ctx->error_lock);
    for (ri_thread_error *e = ctx->errors, *next; e; e = next) {
        next = e->next;
        free(e);
    }
    ri_release(&a, ctx);
}

/* Plain malloc: the sentence must survive when the caller's allocator is the one that fails. */
ri_error *ri_ctx_error(const recur_ctx *constant)
{
    recur_ctx       *ctx = (recur_ctx *)(uintptr_t)constant; /* to fail does not change what a context is */
    ri_thread_error *mine = pthread_getspecific(ctx->error_key);
    if (mine) return &mine->error;
    mine = calloc(1, sizeof *mine);
    if (!mine || pthread_setspecific(ctx->error_key, mine)) {
        free(mine);
        return &ctx->shared_error;
    }
    pthread_mutex_lock(&ctx->error_lock);
    mine->next = ctx->errors;
    ctx->errors = mine;
    pthread_mutex_unlock(&ctx->error_lock);
    return &mine->error;
}

recur_status ri_no_memory(const recur_ctx *ctx, const char *what)
{
    return RI_FAIL(ctx, RECUR_EMEMORY, "no memory for %s", what);
}

void ri_log(const recur_ctx *ctx, const char *format, ...)
{
    if (!ctx->opts.log) return;
    char    line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ctx->opts.log(ctx->opts.log_user, line);
}

const char *recur_error(const recur_ctx *ctx)
{
    if (!ctx) return "no context";
    const ri_thread_error *mine = pthread_getspecific(ctx->error_key);
    return mine ? mine->error.text : ctx->shared_error.text;
}

int recur_ctx_threads(const recur_ctx *ctx)
{
    return ctx->opts.threads;
}

recur_dtype recur_ctx_dtype(const recur_ctx *ctx)
{
    return ctx->opts.dtype;
}
