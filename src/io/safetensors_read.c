/* Reading .safetensors. The file is mapped and stays so; names and notes are borrowed from the parsed header.
 *
 * Nothing is used before it was checked, in this order: the header's length against the file, the header as JSON (by jansson: duplicate keys,
 * NUL in strings, invalid UTF-8 and nesting beyond 2048 levels are refused), each entry by itself, then all entries together: sorted
 * by offset they must tile the data without gap or overlap.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/hash.h"
#include "io/safetensors.h"

typedef struct type_info {
    const char *name;
    int64_t     bytes;
    double (*read)(const unsigned char *p); /* NULL: cannot be read as a number of ours */
} type_info;

typedef struct entry {
    const char      *name;
    const type_info *type;
    recur_shape      shape;
    int64_t          elements, begin, end;
} entry;

struct ri_st_file {
    recur_allocator      allocator;
    char                *path;
    ri_file              file;
    json_t              *header;
    const json_t        *notes; /* NULL: none */
    entry               *entries;
    size_t               n;
    const unsigned char *data;
    int64_t              data_bytes;
};

/* ---- numbers, little-endian, at any address ---- */

static uint64_t load(const unsigned char *p, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--) value = value << 8 | p[i];
    return value;
}

static double read_f64(const unsigned char *p)
{
    uint64_t bits = load(p, 8);
    double   value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double read_f32(const unsigned char *p)
{
    return float_of((uint32_t)load(p, 4));
}

static double read_bf16(const unsigned char *p)
{
    return float_of((uint32_t)load(p, 2) << 16);
}

/* IEEE 754 binary16: sign 1, exponent 5 (bias 15), fraction 10. */
static double read_f16(const unsigned char *p)
{
    uint32_t bits = (uint32_t)load(p, 2);
    int      exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
    double   size = exponent == 31 ? (fraction ? NAN : INFINITY)
                    : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                   : ldexp(fraction, -24);
    return bits >> 15 ? -size : size;
}

static const type_info TYPES[] = {
    {"F64", 8, read_f64}, {"F32", 4, read_f32}, {"F16", 2, read_f16}, {"BF16", 2, read_bf16},
    {"I64", 8, NULL},     {"I32", 4, NULL},     {"I16", 2, NULL},     {"I8", 1, NULL},
    {"U64", 8, NULL},     {"U32", 4, NULL},     {"U16", 2, NULL},     {"U8", 1, NULL},
    {"BOOL", 1, NULL},    {"F8_E4M3", 1, NULL}, {"F8_E5M2", 1, NULL},
};

/* ---- the header ---- */

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "null";
    }
    return "nothing known";
}

static recur_status read_type(const ri_st_file *f, entry *e, const json_t *value, ri_error *error)
{
    if (!json_is_string(value))
        return ri_fail(error, RECUR_EMODEL, "%s: tensor \"%s\": dtype is %s; wanted a string", f->path,
                       e->name, kind_of(value));
    const char *name = json_string_value(value);
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (strcmp(TYPES[i].name, name) == 0) e->type = &TYPES[i];
    if (e->type) return RECUR_OK;
    return ri_fail(error, RECUR_EMODEL,
                   "%s: tensor \"%s\": dtype \"%.40s\" is unknown; wanted one such as F32", f->path, e->name,
                   name);
}

static recur_status read_shape(const ri_st_file *f, entry *e, const json_t *value, ri_error *error)
{
    if (!json_is_array(value))
        return ri_fail(error, RECUR_EMODEL, "%s: tensor \"%s\": shape is %s; wanted an array", f->path,
                       e->name, kind_of(value));
    size_t rank = json_array_size(value);
    if (rank > RECUR_MAX_RANK)
        return ri_fail(error, RECUR_EMODEL, "%s: tensor \"%s\": shape has %zu sizes; wanted at most %d",
                       f->path, e->name, rank, RECUR_MAX_RANK);
    e->shape.rank = (int)rank;
    e->elements = 1;
    for (size_t i = 0; i < rank; i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_integer(item))
            return ri_fail(error, RECUR_EMODEL, "%s: tensor \"%s\": shape[%zu] is %s; wanted an integer",
                           f->path, e->name, i, kind_of(item));
        int64_t size = json_integer_value(item);
        if (size < 0)
            return ri_fail(error, RECUR_EMODEL,
                           "%s: tensor \"%s\": shape[%zu] is %" PRId64 "; wanted 0 or more", f->path, e->name,
                           i, size);
        if (size > 0 && e->elements > INT64_MAX / 8 / size)
            return ri_fail(error, RECUR_EMODEL, "%s: tensor \"%s\": the product of its shape is too large",
                           f->path, e->name);
        e->elements *= size;
        e->shape.size[i] = size;
    }
    return RECUR_OK;
}

static recur_status read_offsets(const ri_st_file *f, entry *e, const json_t *value, ri_error *error)
{
    const json_t *begin = json_array_get(value, 0),
                 *end = json_array_get(value, 1); /* NULL for what is no array */
    if (json_array_size(value) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return ri_fail(error, RECUR_EMODEL, "%s: tensor \"%s\": data_offsets are not as wanted: two integers",
                       f->path, e->name);
    e->begin = json_integer_value(begin);
    e->end = json_integer_value(end);
    if (e->begin >= 0 && e->begin <= e->end && e->end <= f->data_bytes) return RECUR_OK;
    return ri_fail(error, RECUR_EMODEL,
                   "%s: tensor \"%s\": data_offsets are [%" PRId64 ",%" PRId64
                   "]; wanted a range inside the file's %" PRId64 " bytes of data",
                   f->path, e->name, e->begin, e->end, f->data_bytes);
}

static recur_status read_entry(const ri_st_file *f, const char *name, const json_t *value, entry *e,
                               ri_error *error)
{
    size_t length = strlen(name);
    if (length < 1 || length > RI_ST_MAX_NAME)
        return ri_fail(error, RECUR_EMODEL, "%s: the name of a tensor has %zu bytes; wanted 1 to %d", f->path,
                       length, RI_ST_MAX_NAME);
    e->name = name;
    if (!json_is_object(value))
        return ri_fail(error, RECUR_EMODEL, "%s: tensor \"%s\" is %s; wanted an object", f->path, name,
                       kind_of(value));
    const json_t *type = json_object_get(value, "dtype"), *shape = json_object_get(value, "shape"),
                 *offsets = json_object_get(value, "data_offsets");
    if (!type || !shape || !offsets || json_object_size(value) != 3)
        return ri_fail(error, RECUR_EMODEL,
                       "%s: tensor \"%s\" has %zu fields%s%s; wanted dtype, shape and data_offsets alone",
                       f->path, name, json_object_size(value), type && shape && offsets ? "" : " and lacks ",
                       !type      ? "dtype"
                       : !shape   ? "shape"
                       : !offsets ? "data_offsets"
                                  : "");
    recur_status status = read_type(f, e, type, error);
    if (status == RECUR_OK) status = read_shape(f, e, shape, error);
    if (status == RECUR_OK) status = read_offsets(f, e, offsets, error);
    if (status != RECUR_OK) return status;
    if (e->elements * e->type->bytes == e->end - e->begin)
        return RECUR_OK; /* the product was kept below 2^63 / 8 */
    return ri_fail(error, RECUR_EMODEL,
                   "%s: tensor \"%s\": data_offsets span %" PRId64
                   " bytes; its shape and dtype want %" PRId64,
                   f->path, name, e->end - e->begin, e->elements * e->type->bytes);
}

static recur_status read_notes(ri_st_file *f, json_t *value, ri_error *error)
{
    if (!json_is_object(value))
        return ri_fail(error, RECUR_EMODEL, "%s: __metadata__ is %s; wanted an object", f->path,
                       kind_of(value));
    const char *key;
    json_t     *item;
    json_object_foreach(value, key, item)
    {
        if (!json_is_string(item))
            return ri_fail(error, RECUR_EMODEL, "%s: __metadata__ \"%.100s\" is %s; wanted a string", f->path,
                           key, kind_of(item));
    }
    f->notes = value;
    return RECUR_OK;
}

/* ---- all entries together ---- */

static int by_offset(const void *a, const void *b)
{
    const entry *x = *(const entry *const *)a, *y = *(const entry *const *)b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end); /* empty ones stand before the one that starts there */
}

static recur_status check_tiling(const ri_st_file *f, const entry **order, ri_error *error)
{
    int64_t at = 0;
    for (size_t i = 0; i < f->n; i++) order[i] = &f->entries[i];
    qsort(order, f->n, sizeof *order, by_offset);
    for (size_t i = 0; i < f->n; i++) {
        if (order[i]->begin < at)
            return ri_fail(error, RECUR_EMODEL,
                           "%s: tensors \"%.150s\" and \"%.150s\" overlap at byte %" PRId64 " of the data",
                           f->path, order[i - 1]->name, order[i]->name, order[i]->begin);
        if (order[i]->begin > at)
            return ri_fail(error, RECUR_EMODEL,
                           "%s: tensor \"%s\" starts at byte %" PRId64 " of the data; wanted %" PRId64
                           ", where the one before it ends",
                           f->path, order[i]->name, order[i]->begin, at);
        at = order[i]->end;
    }
    if (at == f->data_bytes) return RECUR_OK;
    return ri_fail(error, RECUR_EMODEL,
                   "%s: the tensors end at byte %" PRId64 " of the data; the file has %" PRId64, f->path, at,
                   f->data_bytes);
}

static recur_status check_sum(const ri_st_file *f, ri_error *error)
{
    const char *wanted = ri_st_note_of(f, "recur.checksum");
    if (!wanted) return RECUR_OK;
    char      found[RI_ST_CHECKSUM];
    ri_digest digest;
    ri_digest_begin(&digest);
    if (strlen(wanted) == 16) { /* of files from before the digest */
        snprintf(found, sizeof found, "%016" PRIx64, ri_hash(RI_HASH_START, f->data, (size_t)f->data_bytes));
    } else {
        ri_digest_add(&digest, f->data, (size_t)f->data_bytes);
        snprintf(found, sizeof found, RI_ST_DIGEST "%016" PRIx64, ri_digest_end(&digest));
    }
    if (strcmp(wanted, found) == 0) return RECUR_OK;
    return ri_fail(error, RECUR_EMODEL,
                   "%s: the checksum of the data is %s; wanted %.40s: the file was damaged", f->path, found,
                   wanted);
}

/* ---- opening ---- */

static recur_status read_length(ri_st_file *f, size_t *length, ri_error *error)
{
    size_t size = f->file.size;
    if (size < RI_ST_LENGTH_BYTES)
        return ri_fail(error, RECUR_EMODEL, "%s has %zu bytes; wanted a .safetensors file", f->path, size);
    uint64_t n = load((const unsigned char *)f->file.bytes, RI_ST_LENGTH_BYTES);
    if (n < 2 || n > RI_ST_MAX_HEADER || n > size - RI_ST_LENGTH_BYTES)
        return ri_fail(error, RECUR_EMODEL,
                       "%s: the header's length is %" PRIu64
                       "; wanted 2 to %zu in a .safetensors file of %zu bytes",
                       f->path, n,
                       size - RI_ST_LENGTH_BYTES < RI_ST_MAX_HEADER ? size - RI_ST_LENGTH_BYTES
                                                                    : (size_t)RI_ST_MAX_HEADER,
                       size);
    *length = (size_t)n;
    f->data = (const unsigned char *)f->file.bytes + RI_ST_LENGTH_BYTES + n;
    f->data_bytes = (int64_t)(size - RI_ST_LENGTH_BYTES - n);
    return RECUR_OK;
}

static recur_status parse_header(ri_st_file *f, size_t length, ri_error *error)
{
    const char  *text = f->file.bytes + RI_ST_LENGTH_BYTES;
    json_error_t where;
    if (text[0] != '{')
        return ri_fail(error, RECUR_EMODEL, "%s: the header starts with byte 0x%02x; wanted '{'", f->path,
                       (unsigned char)text[0]);
    f->header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (f->header) return RECUR_OK;
    if (json_error_code(&where) == json_error_out_of_memory)
        return ri_fail(error, RECUR_EMEMORY, "no memory for the header of %s", f->path);
    return ri_fail(error, RECUR_EMODEL, "%s: the header is not JSON as wanted: %s (byte %d)", f->path,
                   where.text, RI_ST_LENGTH_BYTES + where.position);
}

static recur_status read_header(ri_st_file *f, ri_error *error)
{
    const char *key;
    json_t     *value;
    f->entries = ri_allocate(&f->allocator, json_object_size(f->header), sizeof *f->entries);
    if (!f->entries) return ri_fail(error, RECUR_EMEMORY, "no memory for the tensors of %s", f->path);
    json_object_foreach(f->header, key, value)
    {
        bool         is_notes = strcmp(key, "__metadata__") == 0;
        recur_status status =
            is_notes ? read_notes(f, value, error) : read_entry(f, key, value, &f->entries[f->n], error);
        if (status != RECUR_OK) return status;
        if (!is_notes) f->n++;
    }
    const entry **order = ri_allocate(&f->allocator, f->n, sizeof *order);
    if (!order) return ri_fail(error, RECUR_EMEMORY, "no memory for the tensors of %s", f->path);
    recur_status status = check_tiling(f, order, error);
    ri_release(&f->allocator, (void *)order);
    return status == RECUR_OK ? check_sum(f, error) : status;
}

recur_status ri_st_open(const recur_allocator *a, const char *path, ri_st_file **file, ri_error *error)
{
    *file = NULL;
    ri_st_file *f = ri_allocate(a, 1, sizeof *f);
    if (!f) return ri_fail(error, RECUR_EMEMORY, "no memory for opening %s", path);
    f->allocator = *a;
    f->path = ri_copy_string(a, path);
    f->file.allocator = &f->allocator;
    size_t       length = 0;
    recur_status status = f->path ? ri_file_open(&f->allocator, path, &f->file, error)
                                  : ri_fail(error, RECUR_EMEMORY, "no memory for opening %s", path);
    if (status == RECUR_OK) status = read_length(f, &length, error);
    if (status == RECUR_OK) status = parse_header(f, length, error);
    if (status == RECUR_OK) status = read_header(f, error);
    if (status != RECUR_OK) {
        ri_st_close(f);
        return status;
    }
    *file = f;
    return RECUR_OK;
}

void ri_st_close(ri_st_file *file)
{
    if (!file) return;
    recur_allocator a = file->allocator;
    json_decref(file->header);
    ri_file_close(&file->file);
    ri_release(&a, file->entries);
    ri_release(&a, file->path);
    ri_release(&a, file);
}

/* ---- what an open file holds ---- */

size_t ri_st_count(const ri_st_file *file)
{
    return file->n;
}

const char *ri_st_name(const ri_st_file *file, size_t index)
{
    return file->entries[index].name;
}

recur_shape ri_st_shape(const ri_st_file *file, size_t index)
{
    return file->entries[index].shape;
}

int64_t ri_st_elements(const ri_st_file *file, size_t index)
{
    return file->entries[index].elements;
}

int64_t ri_st_find(const ri_st_file *file, const char *name)
{
    for (size_t i = 0; i < file->n; i++)
        if (strcmp(file->entries[i].name, name) == 0) return (int64_t)i;
    return -1;
}

const char *ri_st_note_of(const ri_st_file *file, const char *key)
{
    return file->notes ? json_string_value(json_object_get(file->notes, key)) : NULL;
}

ri_st_note ri_st_note_after(const ri_st_file *file, const char *key)
{
    if (!file->notes) return (ri_st_note){NULL, NULL};
    json_t *notes = (json_t *)(uintptr_t)file->notes; /* iterating changes nothing */
    void *at = key ? json_object_iter_next(notes, json_object_iter_at(notes, key)) : json_object_iter(notes);
    if (!at) return (ri_st_note){NULL, NULL};
    return (ri_st_note){json_object_iter_key(at), json_string_value(json_object_iter_value(at))};
}

recur_status ri_st_read(const ri_st_file *file, size_t index, double *out, ri_error *error)
{
    const entry *e = &file->entries[index];
    if (!e->type->read)
        return ri_fail(error, RECUR_EMODEL, "%s: tensor \"%s\" is of type %s; wanted F64, F32, F16 or BF16",
                       file->path, e->name, e->type->name);
    const unsigned char *p = file->data + e->begin;
    for (int64_t i = 0; i < e->elements; i++, p += e->type->bytes) out[i] = e->type->read(p);
    return RECUR_OK;
}

const float *ri_st_floats(const ri_st_file *file, size_t index)
{
    static const union {
        uint32_t      word;
        unsigned char first;
    } order = {1};
    const entry         *e = &file->entries[index];
    const unsigned char *p = file->data + e->begin;
    bool                 is_plain = e->type->read == read_f32 && order.first == 1;
    return is_plain && (uintptr_t)p % sizeof(float) == 0 ? (const float *)(const void *)p : NULL;
}
