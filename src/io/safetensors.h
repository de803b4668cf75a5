/* The .safetensors format: 8 bytes of header length (little-endian), a JSON header, the tensors' bytes.
 *
 *   {"__metadata__":{"key":"value"}, "name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}, ...}
 *
 * Reading trusts nothing: header length, JSON (duplicate keys rejected), types, shapes, products, offsets, order, overlap and gaps
 * are checked, and what is refused is named with file, field, wanted and found.
 *
 * A file we write carries "recur.checksum" in its metadata, ri_digest of the tensors' bytes in hexadecimal; it is checked where present.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SAFETENSORS_H
#define RI_SAFETENSORS_H

#include <stdint.h>

#include "base/alloc.h"
#include "base/error.h"
#include "recur/params.h"

enum { RI_ST_LENGTH_BYTES = 8, RI_ST_MAX_HEADER = 100 * 1000 * 1000, RI_ST_MAX_NAME = 255 };

/* The checksum: "fnv8x8:" and 16 digits; 16 digits alone are FNV-1a. */
#define RI_ST_DIGEST "fnv8x8:"
enum { RI_ST_CHECKSUM = sizeof RI_ST_DIGEST + 16 };

/* A tensor to write. data is in host order, of float or double. */
typedef struct ri_st_tensor {
    const char *name;
    recur_dtype dtype;
    recur_shape shape;
    const void *data;
} ri_st_tensor;

typedef struct ri_st_note {
    const char *key, *value; /* UTF-8 */
} ri_st_note;

/* Write a file atomically. Tensors are stored in the order given. Errors: RECUR_EIO, RECUR_EMEMORY; RECUR_EARG for a name twice,
 * a name or note that is not UTF-8, a shape that cannot be. */
recur_status ri_st_write(const recur_allocator *a, const char *path, const ri_st_tensor *tensors,
                         size_t n_tensors, const ri_st_note *notes, size_t n_notes, ri_error *error);

typedef struct ri_st_file ri_st_file;

/* Open and check a file. Errors: RECUR_EMODEL naming what is wrong, RECUR_EIO, RECUR_EMEMORY. The caller closes it. */
recur_status ri_st_open(const recur_allocator *a, const char *path, ri_st_file **file, ri_error *error);
void         ri_st_close(ri_st_file *file);

size_t      ri_st_count(const ri_st_file *file);
const char *ri_st_name(const ri_st_file *file, size_t index);
recur_shape ri_st_shape(const ri_st_file *file, size_t index);
int64_t     ri_st_elements(const ri_st_file *file, size_t index);
int64_t     ri_st_find(const ri_st_file *file, const char *name);   /* index, -1: none */
const char *ri_st_note_of(const ri_st_file *file, const char *key); /* a metadata value, NULL: none */

/* Walk along the metadata: the entry after that of a key of the file, the first for NULL; its key is NULL at the end. */
ri_st_note ri_st_note_after(const ri_st_file *file, const char *key);

/* Read a tensor as double, from F64, F32, F16 or BF16. Errors: RECUR_EMODEL for another type (named). */
recur_status ri_st_read(const ri_st_file *file, size_t index, double *out, ri_error *error);

/* Return a tensor's numbers as they lie in the file, where they can be used so: F32, in this processor's order. NULL: ri_st_read reads them. */
const float *ri_st_floats(const ri_st_file *file, size_t index);

#endif
