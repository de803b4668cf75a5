/* Replacing a file so that at every moment it is the old one or the whole new one.
 * SPDX-License-Identifier: MIT */
#ifndef RI_ATOMIC_H
#define RI_ATOMIC_H

#include <stddef.h>

#include "base/error.h"

typedef struct ri_chunk {
    const void *bytes;
    size_t      size;
} ri_chunk;

/* Write chunks to a temporary file in the directory of path, fsync, rename over path, fsync the directory. On any error (a full disk, for
 * one) the temporary file is removed and path is as it was; only where the last of the steps fails, path is new and not known to be durable.
 * Errors: RECUR_EIO with the system's reason. */
recur_status ri_atomic_write(const char *path, const ri_chunk *chunks, size_t n, ri_error *error);

#endif
