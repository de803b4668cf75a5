/* Parameters as a .safetensors file: what recur_params_save, model files and checkpoints share.
 *
 * Reading is two calls, so that an object made of several parts (parameters, moments, counters) is either read whole or left
 * as it was: check everything first, then fill.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PARAMS_FILE_H
#define RI_PARAMS_FILE_H

#include "io/safetensors.h"
#include "nn/params.h"

/* Write every tensor of params, then the extra ones, and the notes, atomically. Values are F32 in a float32 context and F64 in a
 * float64 one; extra tensors are of the type they say. Errors: RECUR_EIO, RECUR_EMEMORY, RECUR_EARG for a name twice. */
recur_status ri_params_write(const recur_params *params, const char *path, const ri_st_tensor *extra,
                             size_t n_extra, const ri_st_note *notes, size_t n_notes);

/* Check that file (opened from path, which is only named) holds every tensor of params in its shape with finite values, and no other
 * tensor but those that is_extra accepts (NULL: none). Changes nothing.
 * Errors: RECUR_EMODEL for an unreadable type or values that are not finite; `mismatch` (RECUR_EMODEL or RECUR_EMISMATCH) for a tensor
 * that is missing, has another shape or is left over; each is named. RECUR_EMEMORY. */
recur_status ri_params_check(const recur_params *params, const ri_st_file *file, const char *path,
                             bool (*is_extra)(const char *name), recur_status mismatch);

/* Take the values from a file that ri_params_check accepted. Errors: RECUR_EMEMORY, and then nothing is changed. */
recur_status ri_params_fill(recur_params *params, const ri_st_file *file);

/* Check and fill at once, for a model that is thrown away where this fails: each value is read once. Errors: RECUR_EMODEL, RECUR_EMEMORY. */
recur_status ri_params_take(recur_params *params, const ri_st_file *file, const char *path);

/* Check that file has a tensor of that name and shape. Errors: `mismatch`, naming it. */
recur_status ri_params_want(recur_ctx *ctx, const ri_st_file *file, const char *path, const char *name,
                            recur_shape shape, recur_status mismatch);

/* Read one tensor as n doubles; they must be finite in the context's type. Errors: RECUR_EMODEL naming file and tensor. */
recur_status ri_params_read_tensor(const recur_params *params, const ri_st_file *file, const char *path,
                                   size_t index, double *values);

#endif
