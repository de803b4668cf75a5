/* Parameters: the named tensors of a model, all in one block of memory.
 *
 * Layers add their tensors here and keep only views. Gradients lie in a second block of the same shape, and an
 * optimiser's moments in further ones, so that clipping, updating and saving are each one pass over one block.
 * Names are those of PyTorch's state_dict. Values are read and written as double whatever the type of the context,
 * which is exact for float.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_PARAMS_H
#define RECUR_PARAMS_H

#include <stdbool.h>

#include "ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recur_params recur_params;

enum { RECUR_MAX_RANK = 4 };

/* The shape of a tensor: rank sizes, row-major. */
typedef struct recur_shape {
    int     rank;
    int64_t size[RECUR_MAX_RANK];
} recur_shape;

/* RECUR_SHAPE(100, 1, 32) is the shape [100,1,32]. */
#define RECUR_SHAPE(...)                                                                                     \
    ((recur_shape){.rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .size = {__VA_ARGS__}})

/* How a tensor starts. All zeros: the default of the layer that owns it, which is PyTorch's. */
typedef enum recur_init_kind {
    RECUR_INIT_DEFAULT = 0,
    RECUR_INIT_UNIFORM, /* every weight and bias from U(-value, value) */
    RECUR_INIT_ORTHOGONAL, /* recurrent layers: each gate's recurrent matrix orthogonal times value (0: 1), biases 0 */
    RECUR_INIT_IDENTITY, /* recurrent layers: each gate's recurrent matrix value times I (0: 1), biases 0
                              (Le, Jaitly, Hinton 2015, "IRNN") */
    RECUR_INIT_CHRONO,   /* LSTM, GRU: gates remember 1 .. value steps (Tallec, Ollivier 2018) */
    RECUR_INIT_NORMAL,   /* every weight and bias from N(0, value^2) */
    RECUR_INIT_CONSTANT  /* every weight and bias is value */
} recur_init_kind;

typedef struct recur_init {
    recur_init_kind kind;
    double          value;
} recur_init;

/* What recur_params_info says of a tensor. name is the params'; it stays valid until they are destroyed. */
typedef struct recur_tensor_info {
    const char *name;
    recur_shape shape;
    int64_t     count; /* of elements */
} recur_tensor_info;

/* Create an empty set of parameters. Random starts come from seed and the position of the tensor alone, so the
 * same seed and layers give the same weights. Errors: RECUR_EMEMORY. */
RECUR_API recur_status recur_params_create(recur_ctx *ctx, uint64_t seed, recur_params **params);

/* Free parameters, gradients and names. NULL is accepted. Layers made from them must not be used any more. */
RECUR_API void recur_params_destroy(recur_params *params);

/* Add a tensor of one's own and say its index.
 *
 * RECUR_INIT_DEFAULT is N(0,1). Errors: RECUR_EARG if the name is taken, empty or over 255 bytes, if a size is below 1 or the product
 * does not fit, or if init is a recurrent layer's; RECUR_EMEMORY. The set is then unchanged. */
RECUR_API recur_status recur_params_add(recur_params *params, const char *name, recur_shape shape,
                                        recur_init init, int64_t *index);

RECUR_API int64_t recur_params_tensors(const recur_params *params); /* how many tensors */
RECUR_API int64_t recur_params_count(const recur_params *params); /* how many scalars, all tensors together */

/* Describe the tensor at index, in the order of creation. Errors: RECUR_EARG if there is none. */
RECUR_API recur_status recur_params_info(const recur_params *params, int64_t index, recur_tensor_info *info);

/* Return the index of the tensor of that name, -1 if there is none. */
RECUR_API int64_t recur_params_find(const recur_params *params, const char *name);

/* Copy the values of a tensor out, or in. values holds info.count doubles, row-major.
 * Errors: RECUR_EARG if there is no such tensor. Threads: set only while nothing computes with the parameters. */
RECUR_API recur_status recur_params_get(const recur_params *params, int64_t index, double *values);
RECUR_API recur_status recur_params_set(recur_params *params, int64_t index, const double *values);

/* Copy rows [first, first+n) of a tensor in: a row is what one index of the first dimension stands for. values holds their doubles, row-major.
 * Errors: RECUR_EARG if there is no such tensor or row. Threads: as recur_params_set. */
RECUR_API recur_status recur_params_set_rows(recur_params *params, int64_t index, int64_t first, int64_t n,
                                             const double *values);

/* Freeze a tensor, or let it learn again: while frozen it has no gradient, norms pass over it, and an optimiser leaves its values and moments
 * alone, to the bit. Saved files do not tell. Errors: RECUR_EARG if there is no such tensor. Threads: as recur_params_set. */
RECUR_API recur_status recur_params_freeze(recur_params *params, int64_t index, bool is_frozen);

/* Return whether a tensor is frozen; false if there is none. */
RECUR_API bool recur_params_is_frozen(const recur_params *params, int64_t index);

/* Copy the gradient of a tensor out. Before any recur_backward it is zero, and always for a frozen tensor. */
RECUR_API recur_status recur_params_grad(const recur_params *params, int64_t index, double *values);

/* Set every gradient to zero. recur_backward adds to gradients; recur_trainer_step clears them itself. */
RECUR_API void recur_params_zero_grad(recur_params *params);

/* Return the Euclidean norm of all gradients together, summed in double in fixed pieces; frozen tensors do not count. */
RECUR_API double recur_params_grad_norm(const recur_params *params);

/* Save all tensors into a .safetensors file that PyTorch's loader reads. Written beside and renamed, so that path
 * holds the old file or the whole new one. Errors: RECUR_EIO, RECUR_EMEMORY. */
RECUR_API recur_status recur_params_save(const recur_params *params, const char *path);

/* Read all tensors from a .safetensors file (F32, F64, F16 or BF16).
 *
 * Errors. RECUR_EMODEL if the file is malformed, if a tensor is missing, has another shape, is not finite, or is left over: the
 * sentence names it. RECUR_EIO, RECUR_EMEMORY. The parameters are then unchanged. */
RECUR_API recur_status recur_params_load(recur_params *params, const char *path);

#ifdef __cplusplus
}
#endif
#endif
