/* Writing .safetensors: the header made by jansson, the tensors' bytes straight from where they lie (through a copy where the
 * processor's byte order is not the file's).
 *
 *   [ length : 8 ][ header, padded with spaces to a multiple of 8 ][ tensor 0 ][ tensor 1 ] ...
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <utf8proc.h>

#include "base/hash.h"
#include "io/atomic.h"
#include "io/safetensors.h"

typedef struct writing {
    const recur_allocator *a;
    const char            *path;
    ri_chunk              *chunks; /* [2 + n]: length, header, tensors */
    void                 **copies; /* [n], each NULL where the bytes are used as they lie */
    char                  *header; /* jansson's */
    json_t                *json;
    unsigned char          length[RI_ST_LENGTH_BYTES];
} writing;

static recur_status no_memory(const char *path, ri_error *error)
{
    return ri_fail(error, RECUR_EMEMORY, "no memory for writing %s", path);
}

static bool is_utf8(const char *s)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;
    utf8proc_int32_t        c;
    while (*p) {
        utf8proc_ssize_t n = utf8proc_iterate(p, -1, &c);
        if (n <= 0) return false;
        p += n;
    }
    return true;
}

static size_t width_of(recur_dtype dtype)
{
    return dtype == RECUR_F64 ? sizeof(double) : sizeof(float);
}

/* The bytes of a tensor; false if its shape cannot be. */
static bool bytes_of(const ri_st_tensor *t, size_t *bytes)
{
    if (t->shape.rank < 0 || t->shape.rank > RECUR_MAX_RANK) return false;
    uint64_t n = width_of(t->dtype);
    for (int i = 0; i < t->shape.rank; i++) {
        int64_t size = t->shape.size[i];
        if (size < 0 ||
            (size > 0 && n > (uint64_t)(INT64_MAX < SIZE_MAX ? INT64_MAX : SIZE_MAX) / (uint64_t)size))
            return false;
        n *= (uint64_t)size;
    }
    *bytes = (size_t)n;
    return true;
}

/* Point chunk at the tensor's bytes in the file's order. */
static bool lay_out(writing *w, size_t i, const ri_st_tensor *t, size_t bytes)
{
    w->chunks[2 + i] = (ri_chunk){t->data, bytes};
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    size_t               width = width_of(t->dtype);
    const unsigned char *from = t->data;
    unsigned char       *to = w->copies[i] = ri_allocate(w->a, bytes, 1);
    if (!to) return false;
    for (size_t k = 0; k < bytes; k++) to[k] = from[k / width * width + (width - 1 - k % width)];
    w->chunks[2 + i].bytes = to;
#endif
    return true;
}

/* {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}; NULL without memory. */
static json_t *describe(const ri_st_tensor *t, uint64_t begin, uint64_t end)
{
    json_t *shape = json_array();
    for (int i = 0; i < t->shape.rank; i++)
        if (json_array_append_new(shape, json_integer(t->shape.size[i])) != 0) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", t->dtype == RECUR_F64 ? "F64" : "F32", "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)end);
}

static recur_status add_tensors(writing *w, const ri_st_tensor *tensors, size_t n, ri_digest *checksum,
                                ri_error *error)
{
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const ri_st_tensor *t = &tensors[i];
        size_t              length = strlen(t->name), bytes;
        if (length < 1 || length > RI_ST_MAX_NAME || !is_utf8(t->name) ||
            strcmp(t->name, "__metadata__") == 0)
            return ri_fail(error, RECUR_EARG, "a tensor is named \"%.255s\"; wanted 1 to %d bytes of UTF-8",
                           t->name, RI_ST_MAX_NAME);
        if (json_object_get(w->json, t->name))
            return ri_fail(error, RECUR_EARG, "two tensors are named \"%s\"", t->name);
        if (!bytes_of(t, &bytes) || bytes > INT64_MAX - at)
            return ri_fail(error, RECUR_EARG, "tensor \"%s\": a shape of rank %d that cannot be stored",
                           t->name, t->shape.rank);
        if (json_object_set_new(w->json, t->name, describe(t, at, at + bytes)) != 0 ||
            !lay_out(w, i, t, bytes))
            return no_memory(w->path, error);
        ri_digest_add(checksum, w->chunks[2 + i].bytes, bytes);
        at += bytes;
    }
    return RECUR_OK;
}

static recur_status add_notes(writing *w, json_t *metadata, const ri_st_note *notes, size_t n,
                              ri_error *error)
{
    for (size_t i = 0; i < n; i++) {
        const ri_st_note *note = &notes[i];
        if (!is_utf8(note->key) || !is_utf8(note->value))
            return ri_fail(error, RECUR_EARG, "note \"%.200s\" of %s is not valid UTF-8", note->key, w->path);
        if (json_object_get(metadata, note->key) || strcmp(note->key, "recur.checksum") == 0)
            return ri_fail(error, RECUR_EARG, "note \"%.200s\" of %s is given twice", note->key, w->path);
        if (json_object_set_new(metadata, note->key, json_string(note->value)) != 0)
            return no_memory(w->path, error);
    }
    return RECUR_OK;
}

/* Make the header's text and the two first chunks. */
static recur_status add_header(writing *w, ri_error *error)
{
    static const char SPACES[] = "        ";
    w->header = json_dumps(w->json, JSON_COMPACT);
    if (!w->header) return no_memory(w->path, error);
    size_t bytes = strlen(w->header), padded = (bytes + 7) / 8 * 8;
    if (padded > RI_ST_MAX_HEADER)
        return ri_fail(error, RECUR_EARG, "the header of %s would have %zu bytes; at most %d are read back",
                       w->path, padded, RI_ST_MAX_HEADER);
    char *header = realloc(w->header, padded + 1);
    if (!header) return no_memory(w->path, error);
    w->header = header;
    memcpy(header + bytes, SPACES, padded - bytes);
    for (int i = 0; i < RI_ST_LENGTH_BYTES; i++) w->length[i] = (unsigned char)((uint64_t)padded >> 8 * i);
    w->chunks[0] = (ri_chunk){w->length, RI_ST_LENGTH_BYTES};
    w->chunks[1] = (ri_chunk){header, padded};
    return RECUR_OK;
}

static recur_status prepare(writing *w, const ri_st_tensor *tensors, size_t n_tensors,
                            const ri_st_note *notes, size_t n_notes, ri_error *error)
{
    ri_digest checksum;
    char      text[RI_ST_CHECKSUM];
    ri_digest_begin(&checksum);
    w->chunks = ri_allocate(w->a, n_tensors + 2, sizeof *w->chunks);
    w->copies = ri_allocate(w->a, n_tensors, sizeof *w->copies);
    w->json = json_object();
    json_t *metadata = json_object();
    if (json_object_set_new(w->json, "__metadata__", metadata) != 0 || !w->chunks || !w->copies)
        return no_memory(w->path, error);
    recur_status status = add_notes(w, metadata, notes, n_notes, error);
    if (status == RECUR_OK) status = add_tensors(w, tensors, n_tensors, &checksum, error);
    if (status != RECUR_OK) return status;
    snprintf(text, sizeof text, RI_ST_DIGEST "%016" PRIx64, ri_digest_end(&checksum));
    if (json_object_set_new(metadata, "recur.checksum", json_string(text)) != 0)
        return no_memory(w->path, error);
    return add_header(w, error);
}

recur_status ri_st_write(const recur_allocator *a, const char *path, const ri_st_tensor *tensors,
                         size_t n_tensors, const ri_st_note *notes, size_t n_notes, ri_error *error)
{
    writing      w = {.a = a, .path = path};
    recur_status status = prepare(&w, tensors, n_tensors, notes, n_notes, error);
    if (status == RECUR_OK) status = ri_atomic_write(path, w.chunks, n_tensors + 2, error);
    for (size_t i = 0; w.copies && i < n_tensors; i++) ri_release(a, w.copies[i]);
    ri_release(a, (void *)w.copies);
    ri_release(a, w.chunks);
    json_decref(w.json);
    free(w.header);
    return status;
}
