/* .safetensors: what is written comes back, and no foreign file is believed.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "io/safetensors.h"

static const recur_allocator HEAP;

/* ---- writing and reading back ---- */

static const float  A[6] = {0, -0.0f, 1.5f, INFINITY, 1e-45f, -3.25f};
static const double B[2] = {3.141592653589793, -1e300};

static const ri_st_tensor TENSORS[] = {
    {.name = "rnn.weight_ih_l0", .dtype = RECUR_F32, .shape = {2, {2, 3}}, .data = A},
    {.name = "empty", .dtype = RECUR_F32, .shape = {3, {4, 0, 2}}, .data = A},
    {.name = "scalar", .dtype = RECUR_F64, .shape = {.rank = 0}, .data = B},
    {.name = "\xc3\xbc \"\\\n", .dtype = RECUR_F64, .shape = {1, {2}}, .data = B},
};
enum { N_TENSORS = sizeof TENSORS / sizeof *TENSORS };
static const ri_st_note NOTES[] = {
    {"recur.model", "{\"embed\":0}"}, {"n\xc3\xb6te", "line\nfeed \x01 \xf0\x9f\x98\x80"}, {"", ""}};
enum { N_NOTES = sizeof NOTES / sizeof *NOTES };

static recur_status write_tensors(const recur_allocator *a, void *path, ri_error *error)
{
    return ri_st_write(a, path, TENSORS, N_TENSORS, NOTES, N_NOTES, error);
}

static void check_tensors(const ri_st_file *f)
{
    double values[6];
    assert_int_equal(ri_st_count(f), N_TENSORS);
    for (size_t i = 0; i < N_TENSORS; i++) {
        ri_error e;
        assert_string_equal(ri_st_name(f, i), TENSORS[i].name);
        assert_int_equal(ri_st_find(f, TENSORS[i].name), i);
        recur_shape shape = ri_st_shape(f, i);
        assert_int_equal(shape.rank, TENSORS[i].shape.rank);
        for (int k = 0; k < shape.rank; k++) assert_int_equal(shape.size[k], TENSORS[i].shape.size[k]);
        assert_int_equal(ri_st_read(f, i, values, &e), RECUR_OK);
        for (int64_t k = 0; k < ri_st_elements(f, i); k++) {
            double wanted = TENSORS[i].dtype == RECUR_F32 ? A[k] : B[k];
            assert_memory_equal(&values[k], &wanted, sizeof wanted); /* -0 too */
        }
    }
    assert_int_equal(ri_st_find(f, "none"), -1);
}

static void what_is_written_is_read(void **state)
{
    char        path[128];
    ri_error    e;
    ri_st_file *f;
    file_path(state, "m.safetensors", path);
    assert_int_equal(write_tensors(&HEAP, path, &e), RECUR_OK);
    assert_int_equal(ri_st_open(&HEAP, path, &f, &e), RECUR_OK);
    check_tensors(f);
    for (int i = 0; i < N_NOTES; i++) assert_string_equal(ri_st_note_of(f, NOTES[i].key), NOTES[i].value);
    assert_null(ri_st_note_of(f, "none"));
    assert_int_equal(strlen(ri_st_note_of(f, "recur.checksum")), RI_ST_CHECKSUM - 1);
    ri_st_note note = ri_st_note_after(f, NULL);
    for (int i = 0; i < N_NOTES; i++, note = ri_st_note_after(f, note.key))
        assert_string_equal(note.key, NOTES[i].key);
    assert_string_equal(note.key, "recur.checksum");
    assert_null(ri_st_note_after(f, note.key).key);
    ri_st_close(f);
    ri_st_close(NULL);
}

static void the_layout_is_the_formats(void **state)
{
    char     path[128];
    ri_error e;
    size_t   size;
    float    one = 1;
    assert_int_equal(ri_st_write(&HEAP, file_path(state, "m", path),
                                 &(ri_st_tensor){"w", RECUR_F32, {1, {1}}, &one}, 1, NULL, 0, &e),
                     RECUR_OK);
    unsigned char *bytes = (unsigned char *)read_file(path, &size);
    assert_int_equal(bytes[0] % 8, 0);
    for (int i = 1; i < 8; i++) assert_int_equal(bytes[i], 0);
    assert_int_equal(size, 8 + bytes[0] + 4);
    assert_memory_equal(bytes + 8, "{\"__metadata__\":{", 17);
    assert_memory_equal(bytes + size - 4, "\x00\x00\x80\x3f", 4); /* 1.0f, little-endian */
    assert_contains((char *)bytes + 8, "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}");
    free(bytes);
}

static void check_not_written(const char *path, const ri_st_tensor *tensors, size_t n,
                              const ri_st_note *notes, size_t n_notes, const char *part)
{
    ri_error e;
    assert_int_equal(ri_st_write(&HEAP, path, tensors, n, notes, n_notes, &e), RECUR_EARG);
    assert_contains(e.text, part);
    assert_int_equal(access(path, F_OK), -1);
}

static void what_cannot_be_stored_is_refused(void **state)
{
    char               path[128], long_name[257];
    const ri_st_tensor twice[] = {TENSORS[0], TENSORS[1], TENSORS[0]};
    const ri_st_note   notes[] = {{"k", "1"}, {"k", "2"}};
    file_path(state, "m", path);
    check_not_written(path, twice, 3, NULL, 0, "two tensors are named \"rnn.weight_ih_l0\"");
    check_not_written(path, TENSORS, 1, notes, 2, "\"k\"");
    check_not_written(path, TENSORS, 1, &(ri_st_note){"k", "\xff"}, 1, "not valid UTF-8");
    check_not_written(path, TENSORS, 1, &(ri_st_note){"\xc3", ""}, 1, "not valid UTF-8");
    check_not_written(path, TENSORS, 1, &(ri_st_note){"recur.checksum", "0"}, 1, "twice");
    memset(long_name, 'x', 256);
    long_name[256] = '\0';
    const char *const names[] = {"", long_name, "__metadata__", "a\xff"};
    for (int i = 0; i < 4; i++)
        check_not_written(path, &(ri_st_tensor){names[i], RECUR_F32, {1, {1}}, A}, 1, NULL, 0,
                          "1 to 255 bytes of UTF-8");
    const recur_shape shapes[] = {
        {5, {1}}, {-1, {1}}, {1, {-1}}, {3, {INT64_MAX / 2, 2, 2}}, {2, {INT64_MAX, INT64_MAX}}};
    for (int i = 0; i < 5; i++)
        check_not_written(path, &(ri_st_tensor){"w", RECUR_F32, shapes[i], A}, 1, NULL, 0, "\"w\": a shape");
}

static void a_failed_write_names_the_reason(void **state)
{
    char     path[128];
    ri_error e;
    assert_int_equal(write_tensors(&HEAP, (char *)(uintptr_t)file_path(state, "missing/m", path), &e),
                     RECUR_EIO);
    assert_contains(e.text, "No such file");
}

static recur_status open_and_close(const recur_allocator *a, void *path, ri_error *error)
{
    ri_st_file  *f;
    recur_status status = ri_st_open(a, path, &f, error);
    if (status != RECUR_OK) assert_null(f);
    ri_st_close(f);
    return status;
}

static void missing_memory_is_reported(void **state)
{
    char path[128];
    file_path(state, "m", path);
    assert_true(fail_every_allocation(write_tensors, path) > 0);
    assert_true(fail_every_allocation(open_and_close, path) > 0);
}

/* ---- foreign files ---- */

/* Write a file of a header as given and n bytes of data 0, 1, 2 ... */
static void write_foreign(const char *path, const char *header, size_t n)
{
    size_t         length = strlen(header);
    unsigned char *bytes = malloc(8 + length + n);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < n; i++) bytes[8 + length + i] = (unsigned char)i;
    write_file(path, bytes, 8 + length + n);
    free(bytes);
}

static void check_open_refused(const char *path, const char *part)
{
    ri_st_file *f;
    ri_error    e = {0};
    assert_int_equal(ri_st_open(&HEAP, path, &f, &e), RECUR_EMODEL);
    assert_null(f);
    assert_contains(e.text, path);
    assert_contains(e.text, part);
}

#define W(dtype, shape, offsets)                                                                             \
    "{\"w\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

typedef struct refused {
    const char *header;
    size_t      data_bytes;
    const char *part; /* of the sentence */
} refused;

/* U8 tensors: size is stated since JSON cannot subtract. */
#define U8(name, size, begin, end)                                                                           \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[" #size "],\"data_offsets\":[" #begin "," #end "]}"

static const refused REFUSED[] = {
    {"[1,2]", 0, "starts with byte 0x5b; wanted '{'"},
    {" {}", 0, "starts with byte 0x20"},
    {"{}{}", 0, "not JSON as wanted"},
    {"{\"w\":", 0, "not JSON as wanted"},
    {"{\"w\\u0000x\":1}", 0, "not JSON as wanted"},
    {"{\"\xff\":1}", 0, "not JSON as wanted"},
    {"{\"w\":1e999}", 0, "not JSON as wanted"},
    {"{" U8("w", 1, 0, 1) "," U8("w", 1, 0, 1) "}", 1, "duplicate object key"},
    {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "duplicate object key"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate object key"},
    {"{\"__metadata__\":[]}", 0, "__metadata__ is an array; wanted an object"},
    {"{\"__metadata__\":{\"epoch\":7}}", 0, "__metadata__ \"epoch\" is an integer; wanted a string"},
    {"{\"\":{}}", 0, "has 0 bytes; wanted 1 to 255"},
    {"{\"w\":[]}", 0, "tensor \"w\" is an array; wanted an object"},
    {"{\"w\":null}", 0, "tensor \"w\" is null"},
    {"{\"w\":{}}", 0, "lacks dtype"},
    {"{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,0]}}", 0, "lacks shape"},
    {"{\"w\":{\"dtype\":\"F32\",\"shape\":[0]}}", 0, "lacks data_offsets"},
    {"{\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0],\"strides\":[1]}}", 0, "has 4 fields"},
    {W("f32", "[1]", "[0,4]"), 4, "dtype \"f32\" is unknown"},
    {W("F32\\n\\u001b[2J", "[1]", "[0,4]"), 4, "is unknown"},
    {"{\"w\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype is an integer; wanted a string"},
    {W("F32", "1", "[0,4]"), 4, "shape is an integer; wanted an array"},
    {W("F32", "[1.0]", "[0,4]"), 4, "shape[0] is a number with a fraction"},
    {W("F32", "[1,-1]", "[0,4]"), 4, "shape[1] is -1"},
    {W("F32", "[1,1,1,1,1]", "[0,4]"), 4, "shape has 5 sizes; wanted at most 4"},
    {W("F32", "[4611686018427387904,4]", "[0,0]"), 0, "product of its shape is too large"},
    {W("F32", "[9223372036854775807]", "[0,0]"), 0, "product of its shape is too large"},
    {W("F64", "[65536,65536,65536,65536]", "[0,0]"), 0, "product of its shape is too large"},
    {W("F32", "[9223372036854775808]", "[0,0]"), 0, "not JSON as wanted"},
    {W("F32", "[1]", "[0]"), 4, "data_offsets"},
    {W("F32", "[1]", "[0,4,8]"), 4, "data_offsets"},
    {W("F32", "[1]", "[0,\"4\"]"), 4, "data_offsets"},
    {W("F32", "[1]", "[0,4.0]"), 4, "data_offsets"},
    {W("F32", "[1]", "{\"0\":0}"), 4, "data_offsets"},
    {W("F32", "[1]", "[-4,0]"), 4, "data_offsets are [-4,0]"},
    {W("F32", "[0]", "[4,0]"), 4, "data_offsets are [4,0]"},
    {W("F32", "[2]", "[0,8]"), 4, "data_offsets are [0,8]; wanted a range inside the file's 4 bytes"},
    {W("F32", "[1]", "[9223372036854775803,9223372036854775807]"), 4, "wanted a range inside"},
    {W("F32", "[2]", "[0,4]"), 4, "span 4 bytes; its shape and dtype want 8"},
    {W("F32", "[0]", "[0,4]"), 4, "span 4 bytes; its shape and dtype want 0"},
    {W("BF16", "[]", "[0,4]"), 4, "span 4 bytes; its shape and dtype want 2"},
    {W("F32", "[1]", "[4,8]"), 8, "tensor \"w\" starts at byte 4 of the data; wanted 0"},
    {W("F32", "[1]", "[0,4]"), 8, "end at byte 4 of the data; the file has 8"},
    {"{}", 1, "end at byte 0 of the data; the file has 1"},
    {"{" U8("a", 4, 0, 4) "," U8("b", 4, 2, 6) "}", 6, "\"a\" and \"b\" overlap at byte 2"},
    {"{" U8("a", 4, 0, 4) "," U8("b", 4, 0, 4) "}", 4, "overlap at byte 0"},
    {"{" U8("a", 4, 0, 4) "," U8("b", 0, 2, 2) "}", 4, "overlap at byte 2"},
    {"{" U8("b", 4, 5, 9) "," U8("a", 4, 0, 4) "}", 9, "tensor \"b\" starts at byte 5 of the data; wanted 4"},
    {"{\"__metadata__\":{\"recur.checksum\":\"0000000000000000\"}," U8("a", 1, 0, 1) "}", 1, "checksum"},
    {"{\"__metadata__\":{\"recur.checksum\":\"\"}," U8("a", 1, 0, 1) "}", 1, "checksum"},
};

static void malformed_headers_are_named(void **state)
{
    char path[128];
    file_path(state, "m", path);
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        write_foreign(path, REFUSED[i].header, REFUSED[i].data_bytes);
        check_open_refused(path, REFUSED[i].part);
    }
}

static void long_names_and_deep_nesting_are_refused(void **state)
{
    char  path[128];
    char *header = malloc(200000);
    file_path(state, "m", path);
    memcpy(header, "{\"", 2);
    memset(header + 2, 'x', 256);
    strcpy(header + 258, "\":{}}");
    write_foreign(path, header, 0);
    check_open_refused(path, "has 256 bytes; wanted 1 to 255");
    memcpy(header, "{\"w\":", 5);
    memset(header + 5, '[', 100000);
    memset(header + 100005, ']', 90000);
    header[190005] = '\0';
    write_foreign(path, header, 0);
    check_open_refused(path, "not JSON as wanted");
    free(header);
}

static void well_formed_foreign_files_are_read(void **state)
{
    char        path[128];
    double      v[4];
    ri_error    e;
    ri_st_file *f;
    file_path(state, "m", path);
    /* entries in any order, empty tensors anywhere between others, spaces, rank 0, types we cannot read */
    write_foreign(
        path,
        "{ \"z\" : {\"shape\":[2],\"data_offsets\":[8,10],\"dtype\":\"I8\"},\n" U8("e", 0, 8, 8) "," U8(
            "f", 0, 0, 0) "," U8("g", 0, 10,
                                 10) ",\"x\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]} }   ",
        10);
    assert_int_equal(ri_st_open(&HEAP, path, &f, &e), RECUR_OK);
    assert_int_equal(ri_st_count(f), 5);
    assert_null(ri_st_note_of(f, "recur.checksum"));
    assert_null(ri_st_note_after(f, NULL).key);
    assert_int_equal(ri_st_read(f, (size_t)ri_st_find(f, "x"), v, &e), RECUR_OK);
    assert_true(v[0] == 0x1.0402p-121); /* bytes 0 1 2 3: 0x03020100 */
    assert_int_equal(ri_st_read(f, (size_t)ri_st_find(f, "z"), v, &e), RECUR_EMODEL);
    assert_contains(e.text, "tensor \"z\" is of type I8; wanted F64, F32, F16 or BF16");
    ri_st_close(f);
    write_foreign(path, "{}", 0);
    assert_int_equal(ri_st_open(&HEAP, path, &f, &e), RECUR_OK);
    assert_int_equal(ri_st_count(f), 0);
    ri_st_close(f);
}

/* Every half-precision number against its definition. */
static void half_precision_is_exact(void **state)
{
    char           path[128];
    ri_error       e;
    ri_st_file    *f;
    const char     header[] = "{\"h\":{\"dtype\":\"F16\",\"shape\":[65536],\"data_offsets\":[0,131072]},"
                              "\"b\":{\"dtype\":\"BF16\",\"shape\":[65536],\"data_offsets\":[131072,262144]}}";
    size_t         start = 8 + sizeof header - 1;
    unsigned char *bytes = calloc(1, start + 262144);
    bytes[0] = (unsigned char)(sizeof header - 1);
    memcpy(bytes + 8, header, sizeof header - 1);
    for (size_t i = 0; i < 131072; i++) {
        bytes[start + 2 * i] = (unsigned char)i;
        bytes[start + 2 * i + 1] = (unsigned char)(i >> 8);
    }
    write_file(file_path(state, "m", path), bytes, start + 262144);
    free(bytes);
    double *v = malloc(65536 * sizeof *v);
    if (ri_st_open(&HEAP, path, &f, &e) != RECUR_OK) fail_msg("%s", e.text);
    assert_int_equal(ri_st_read(f, 0, v, &e), RECUR_OK);
    for (int i = 0; i < 65536; i++) {
        int    exponent = i >> 10 & 31, fraction = i & 1023;
        double sign = i >> 15 ? -1 : 1;
        if (exponent == 31 && fraction) {
            assert_true(isnan(v[i]));
        } else if (exponent == 31) {
            assert_true(v[i] == sign * INFINITY);
        } else if (exponent == 0) {
            assert_true(v[i] == sign * fraction / 1024 * pow(2, -14) && signbit(v[i]) == (i >> 15));
        } else {
            assert_true(v[i] == sign * (1 + fraction / 1024.0) * pow(2, exponent - 15));
        }
    }
    assert_int_equal(ri_st_read(f, 1, v, &e), RECUR_OK);
    assert_true(v[0x3f80] == 1 && v[0xbf80] == -1 && v[0x4049] == 3.140625 && isinf(v[0x7f80]) &&
                isnan(v[0x7fc0]));
    assert_true(v[1] == pow(2, -133)); /* the smallest denormal */
    ri_st_close(f);
    free(v);
}

/* ---- damage ---- */

static void a_file_cut_anywhere_is_refused(void **state)
{
    char     path[128], cut[128];
    ri_error e;
    size_t   size;
    file_path(state, "m", path);
    assert_int_equal(write_tensors(&HEAP, path, &e), RECUR_OK);
    char *bytes = read_file(path, &size);
    for (size_t n = 0; n < size; n++) {
        write_file(file_path(state, "cut", cut), bytes, n);
        check_open_refused(cut, n < 8           ? "wanted a .safetensors file"
                                : n < size - 48 ? "header's length"
                                                : "data");
    }
    char *longer = malloc(size + 1);
    memcpy(longer, bytes, size);
    longer[size] = 0;
    write_file(cut, longer, size + 1);
    check_open_refused(cut, "the tensors end at byte 48 of the data; the file has 49");
    free(longer);
    free(bytes);
}

static void impossible_header_lengths_are_refused(void **state)
{
    char           path[128];
    ri_error       e;
    size_t         size;
    const uint64_t lengths[] = {
        0, 1, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 32, 100000001, 1000};
    file_path(state, "m", path);
    assert_int_equal(write_tensors(&HEAP, path, &e), RECUR_OK);
    char *bytes = read_file(path, &size);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int k = 0; k < 8; k++) bytes[k] = (char)(lengths[i] >> 8 * k);
        write_file(path, bytes, size);
        check_open_refused(path, "the header's length is");
    }
    free(bytes);
}

/* A header longer than the cap, in a file that has room for it. */
static void a_header_beyond_the_cap_is_refused(void **state)
{
    char path[128];
    file_path(state, "huge", path);
    uint64_t      length = 100000008;
    unsigned char start[9];
    for (int k = 0; k < 8; k++) start[k] = (unsigned char)(length >> 8 * k);
    start[8] = '{';
    write_file(path, start, sizeof start);
    assert_int_equal(truncate(path, (off_t)length + 8), 0); /* sparse */
    check_open_refused(path, "the header's length is 100000008; wanted 2 to 100000000");
}

/* Every bit of the data is guarded by the checksum. A flipped bit of the header may go unseen (in a name, say), but nothing breaks. */
static void flipped_bits_do_no_harm(void **state)
{
    char        path[128], flipped[128];
    ri_error    e;
    ri_st_file *f;
    size_t      size;
    file_path(state, "m", path);
    assert_int_equal(write_tensors(&HEAP, path, &e), RECUR_OK);
    char *bytes = read_file(path, &size);
    file_path(state, "flipped", flipped);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        write_file(flipped, bytes, size);
        recur_status status = ri_st_open(&HEAP, flipped, &f, &e);
        if (status == RECUR_OK) {
            double *v = malloc(100 * sizeof *v);
            assert_true(bit / 8 < size - 48);
            for (size_t i = 0; i < ri_st_count(f); i++) {
                assert_true(ri_st_elements(f, i) <= 48);
                ri_st_read(f, i, v, &e);
            }
            free(v);
        } else {
            assert_int_equal(status, RECUR_EMODEL);
        }
        ri_st_close(f);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    free(bytes);
}

/* Headers spliced together from pieces of real ones, thousands of them: opened or refused, never worse. */
static void random_headers_do_no_harm(void **state)
{
    static const char *const PIECES[] = {
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"w\"",
        "\"dtype\"",
        "\"F32\"",
        "\"shape\"",
        "\"data_offsets\"",
        "0",
        "4",
        "-1",
        "1e3",
        "9223372036854775807",
        "\"__metadata__\"",
        "null",
        "\"\"",
        " ",
        "\"v\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
    };
    char     path[128];
    uint64_t n = 0;
    file_path(state, "random", path);
    for (uint64_t trial = 0; trial < 3000; trial++) {
        char header[1000] = "{";
        int  n_pieces = (int)(ri_uniform(3, 0, n++) * 12);
        for (int i = 0; i < n_pieces; i++)
            strcat(header, PIECES[(int)(ri_uniform(3, 0, n++) * (sizeof PIECES / sizeof *PIECES))]);
        if (ri_uniform(3, 0, n++) < 0.7) strcat(header, "}");
        if (strlen(header) < 2) continue;
        write_foreign(path, header, 4);
        ri_st_file  *f;
        ri_error     e;
        recur_status status = ri_st_open(&HEAP, path, &f, &e);
        assert_true(status == RECUR_OK || status == RECUR_EMODEL);
        ri_st_close(f);
    }
}

static void what_is_no_file_is_not_a_model(void **state)
{
    ri_st_file *f;
    ri_error    e;
    char        path[128];
    assert_int_equal(ri_st_open(&HEAP, ((temporary_directory *)*state)->path, &f, &e), RECUR_EIO);
    assert_int_equal(ri_st_open(&HEAP, file_path(state, "missing", path), &f, &e), RECUR_EIO);
    assert_null(f);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, enter_temporary_directory, leave_temporary_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(what_is_written_is_read),
        FILE_TEST(the_layout_is_the_formats),
        FILE_TEST(what_cannot_be_stored_is_refused),
        FILE_TEST(a_failed_write_names_the_reason),
        FILE_TEST(missing_memory_is_reported),
        FILE_TEST(malformed_headers_are_named),
        FILE_TEST(long_names_and_deep_nesting_are_refused),
        FILE_TEST(well_formed_foreign_files_are_read),
        FILE_TEST(half_precision_is_exact),
        FILE_TEST(a_file_cut_anywhere_is_refused),
        FILE_TEST(impossible_header_lengths_are_refused),
        FILE_TEST(a_header_beyond_the_cap_is_refused),
        FILE_TEST(flipped_bits_do_no_harm),
        FILE_TEST(random_headers_do_no_harm),
        FILE_TEST(what_is_no_file_is_not_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
