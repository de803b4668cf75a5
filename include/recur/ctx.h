/* The context: threads, number type, allocator and the last error. Everything else is made from one.
 *
 * Nothing in the library is global and mutable, so several contexts may live side by side. A context is
 * created first and destroyed last: objects made from it must be destroyed before it.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_CTX_H
#define RECUR_CTX_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_ctx recur_ctx;

/* The type of every number in parameters, activations and gradients. */
typedef enum recur_dtype {
    RECUR_F32 = 0, /* float: the working type */
    RECUR_F64 = 1  /* double: for gradient checks and exact experiments */
} recur_dtype;

/* Where the library's memory comes from. All zeros: malloc and free.
 * allocate returns memory aligned like malloc's, or NULL. Both may be called from any thread that calls the
 * library, never from its workers. */
typedef struct recur_allocator {
    void *(*allocate)(void *user, size_t bytes);
    void (*release)(void *user, void *memory);
    void *user;
} recur_allocator;

/* Choices for a context. All zeros: every core, float32, malloc, no log. */
typedef struct recur_ctx_opts {
    int             threads; /* computing threads, the caller's included; 0: one per available core */
    recur_dtype     dtype;
    recur_allocator allocator;
    void (*log)(void *user, const char *line); /* notices such as "byte order mark skipped"; NULL: dropped */
    void *log_user;
} recur_ctx_opts;

/* Create a context and start its threads.
 *
 * Owner.   The caller destroys it. opts may be NULL and is not kept.
 * The kernels are the best that the processor has. The environment variable RECUR_CPU (ref, sse2, avx2, avx512; neon) lowers the
 * choice, to test and to compare.
 * Errors.  RECUR_EARG if threads is negative or above 1024, the type unknown, the allocator half given or RECUR_CPU none that this
 *          processor has; RECUR_EMEMORY. *ctx is then NULL.
 * Threads. One context may be used by several threads at once; operations that compute take turns on its pool.
 *          Results have the same bits for every number of threads. */
RECUR_API recur_status recur_ctx_create(const recur_ctx_opts *opts, recur_ctx **ctx);

/* Stop the threads and free the context. NULL is accepted. */
RECUR_API void recur_ctx_destroy(recur_ctx *ctx);

/* Return the sentence of the last failure: what was wanted and what was found. "" after none.
 *
 * Threads. The text belongs to the calling thread's view of the context and stays valid until the next failure. */
RECUR_API const char *recur_error(const recur_ctx *ctx);

/* Return the number of computing threads, and the type of numbers, as completed by the defaults. */
RECUR_API int         recur_ctx_threads(const recur_ctx *ctx);
RECUR_API recur_dtype recur_ctx_dtype(const recur_ctx *ctx);

/* Print the last error of ctx on stderr and return 1: "if (status) return recur_complain(ctx);" ends a main.
 * It lives here and not in the library, which never prints. */
static inline int recur_complain(const recur_ctx *ctx)
{
    fprintf(stderr, "%s\n", recur_error(ctx));
    return 1;
}

#ifdef __cplusplus
}
#endif
#endif
