/* What a set of parameters holds: one block of values, one of gradients.
 *
 *   values  [weight_ih_l0 ....|..pad][weight_hh_l0 ...|pad][...]     every tensor starts at a multiple of RI_PARAM_ALIGN elements
 *   grads   the same offsets; padding stays zero in both, so a pass over the whole block needs no list of tensors
 * SPDX-License-Identifier: MIT */
#ifndef RI_PARAMS_H
#define RI_PARAMS_H

#include <pthread.h>

#include "dev/dev.h"
#include "recur/params.h"

enum { RI_PARAM_ALIGN = 16 };

/* Forms of a matrix beside its own: packed for products with its transpose or with itself, or coarse. */
typedef enum ri_copy { RI_FORWARD_PANEL = 0, RI_BACK_PANEL, RI_SKETCH, RI_COPIES } ri_copy;

typedef struct ri_tensor {
    char          *name;
    recur_shape    shape;
    int64_t        count;
    int64_t        offset; /* in elements, into the blocks */
    ri_matrix_kind kind;   /* how the panels of a matrix are cut; for gates also: */
    recur_cell     cell;
    bool           reset_before;
    bool           is_frozen;               /* its gradients may hold anything: nothing reads them */
    void          *copy[RI_COPIES];         /* other forms of a matrix, or NULL */
    uint64_t       copy_version[RI_COPIES]; /* of the values that they were made from */
} ri_tensor;

struct recur_params {
    recur_ctx *ctx;
    uint64_t   seed;
    ri_tensor *tensors;
    int64_t    n_tensors, tensor_capacity;
    void      *values, *grads;
    int64_t    size, capacity; /* elements of the blocks, padding included */
    int64_t used; /* elements behind these are zero, as they were given: nobody has touched their pages yet */
    uint64_t        version; /* rises when values change: panels of an older version are stale */
    pthread_mutex_t panel_lock;
};

/* Addresses of a tensor's values and gradients. Valid until a tensor is added. */
void *ri_params_value(const recur_params *params, int64_t index);
void *ri_params_grad_of(const recur_params *params, int64_t index);

/* Elements of the blocks that learn: as long a run of tensors as possible. */
typedef struct ri_stretch {
    int64_t first, n;
    int64_t next; /* the tensor to go on with */
} ri_stretch;

/* Find the next run of tensors that learn: "for (ri_stretch s = {0}; ri_params_next_stretch(p, &s);)". False: there is none. */
bool ri_params_next_stretch(const recur_params *params, ri_stretch *stretch);

/* Return the sum of squares of all gradients that count, cut to clip_value (0: not cut), and how many were cut. */
double ri_params_square_norm(const recur_params *params, double clip_value, int64_t *n_clipped);

/* Say that values were changed through the block. */
void ri_params_touch(recur_params *params);

/* Return the backend's packed copy of a matrix, for products with its transpose or (is_back) with itself, made anew if values changed.
 * Errors: RECUR_EMEMORY. */
recur_status ri_params_panel(const recur_params *params, int64_t index, bool is_back, const void **panel);

/* The same for the backend's sketch of a matrix (ri_best_pass). */
recur_status ri_params_sketch(const recur_params *params, int64_t index, const void **sketch);

/* Add a tensor of zeros. prefix and name are joined by a dot unless prefix is empty. Errors: as recur_params_add. */
recur_status ri_params_add(recur_params *params, const char *prefix, const char *name, recur_shape shape,
                           int64_t *index);

/* Make room for so many tensors and elements more, so that adding them copies nothing. Errors: RECUR_EMEMORY. */
recur_status ri_params_reserve(recur_params *params, int64_t n_tensors, int64_t n_elements);

/* Forget the tensors from index n on: undoes the additions of a layer that could not be completed. */
void ri_params_truncate(recur_params *params, int64_t n);

#endif
