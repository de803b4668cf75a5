/* A checkpoint: everything a trainer and its run need to go on, in one .safetensors file.
 *
 *   <the parameters>     under their own names
 *   recur.moment1, 2     [size] the optimiser's blocks, padding included
 *   recur.counters       [3] steps, epoch, clipped updates
 *   recur.<name>         arrays of the run: numbers and carried state
 *   notes                "trainer": the options' fingerprint; those of the run
 *
 * SPDX-License-Identifier: MIT */
#ifndef RI_CHECKPOINT_H
#define RI_CHECKPOINT_H

#include "io/safetensors.h"
#include "train/trainer.h"

/* An array of the run that is saved with the trainer, and filled where it lies when the trainer is loaded. The name starts with "recur." */
typedef struct ri_array {
    const char *name;
    int64_t     n; /* at least 1 */
    double     *values;
} ri_array;

/* Write a checkpoint atomically. Errors: RECUR_EIO, RECUR_EMEMORY. */
recur_status ri_checkpoint_save(const recur_trainer *trainer, const char *path, const ri_array *arrays,
                                size_t n_arrays, const ri_st_note *notes, size_t n_notes);

/* Read a checkpoint from file, opened from path, into a trainer made with the same options and into arrays of the same sizes.
 * Errors: as recur_trainer_load; nothing is changed then. */
recur_status ri_checkpoint_load(recur_trainer *trainer, const ri_st_file *file, const char *path,
                                const ri_array *arrays, size_t n_arrays);

#endif
