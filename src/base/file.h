/* Whole files: mapped where they can be, read to their end where they are pipes.
 * SPDX-License-Identifier: MIT */
#ifndef RI_FILE_H
#define RI_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/error.h"

typedef struct ri_file {
    const char            *bytes; /* NULL where size is 0 */
    size_t                 size;
    bool                   is_stream; /* it was a pipe or stdin: it cannot be read again */
    bool                   is_mapped;
    const recur_allocator *allocator;
} ri_file;

/* Open a file for reading; "-" is stdin. A pipe that no one opens for writing within 5 seconds is an error, as are directories and devices.
 * Errors: RECUR_EIO, RECUR_EMEMORY. The caller closes it. */
recur_status ri_file_open(const recur_allocator *a, const char *path, ri_file *file, ri_error *error);
void         ri_file_close(ri_file *file);

#endif
