/* Parameters in files: exact there and back in every type, PyTorch's own types read, and a refusal for every way in which a file can
 * differ from what is wanted, after which the parameters are as they were.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>

#include "io/safetensors.h"
#include "model/lm_fixture.h"

/* The two tensors that the tests store: a [2,3] and b [4]. */
static recur_params *two_tensors(recur_ctx *ctx, uint64_t seed)
{
    recur_params *params;
    int64_t       index;
    LM_OK(ctx, recur_params_create(ctx, seed, &params));
    LM_OK(ctx, recur_params_add(params, "a", RECUR_SHAPE(2, 3), (recur_init){0}, &index));
    LM_OK(ctx, recur_params_add(params, "b", RECUR_SHAPE(4), (recur_init){0}, &index));
    return params;
}

static void get_all(recur_ctx *ctx, const recur_params *params, double values[10])
{
    LM_OK(ctx, recur_params_get(params, 0, values));
    LM_OK(ctx, recur_params_get(params, 1, values + 6));
}

static void round_trip(void **state)
{
    (void)state;
    for (int type = 0; type < 2; type++) {
        lm_memory     memory;
        recur_ctx    *ctx = lm_ctx(&memory, type ? RECUR_F64 : RECUR_F32);
        recur_params *saved = two_tensors(ctx, 1), *loaded = two_tensors(ctx, 2);
        double        before[10], after[10];
        const double  extreme[4] = {0x1p-149, -0x1.fffffep127, -0.0, 0x1.000002p0};
        LM_OK(ctx, recur_params_set(saved, 1, extreme));
        LM_OK(ctx, recur_params_save(saved, lm_path("ab.safetensors")));
        LM_OK(ctx, recur_params_load(loaded, lm_path("ab.safetensors")));
        get_all(ctx, saved, before);
        get_all(ctx, loaded, after);
        assert_memory_equal(before, after, sizeof before);
        assert_memory_equal(before + 6, extreme, sizeof extreme);

        size_t         n;
        unsigned char *bytes = lm_read_bytes(lm_path("ab.safetensors"), &n);
        bytes[n] = 0;
        assert_non_null(strstr((char *)bytes + 8, type ? "\"dtype\":\"F64\"" : "\"dtype\":\"F32\""));
        free(bytes);
        recur_params_destroy(saved);
        recur_params_destroy(loaded);
        lm_end(&memory, ctx);
    }
}

/* A file of doubles is read by a float32 context as the nearest floats, one of floats by a float64 context exactly. */
static void types_cross(void **state)
{
    (void)state;
    lm_memory     memory_f32, memory_f64;
    recur_ctx    *f32 = lm_ctx(&memory_f32, RECUR_F32), *f64 = lm_ctx(&memory_f64, RECUR_F64);
    recur_params *a = two_tensors(f32, 1), *b = two_tensors(f64, 2);
    double        x[10], y[10];
    LM_OK(f64, recur_params_save(b, lm_path("f64.safetensors")));
    LM_OK(f32, recur_params_load(a, lm_path("f64.safetensors")));
    get_all(f32, a, x);
    get_all(f64, b, y);
    for (int i = 0; i < 10; i++) assert_true(x[i] == (double)(float)y[i]);
    assert_true(x[0] != y[0]);
    LM_OK(f32, recur_params_save(a, lm_path("f32.safetensors")));
    LM_OK(f64, recur_params_load(b, lm_path("f32.safetensors")));
    get_all(f64, b, y);
    assert_memory_equal(x, y, sizeof x);
    recur_params_destroy(a);
    recur_params_destroy(b);
    lm_end(&memory_f32, f32);
    lm_end(&memory_f64, f64);
}

/* Write a file by hand: a header and its data. */
static const char *by_hand(const char *header, const void *data, size_t n)
{
    unsigned char *bytes = calloc(1, 8 + strlen(header) + n);
    bytes[0] = (unsigned char)strlen(header);
    bytes[1] = (unsigned char)(strlen(header) >> 8);
    memcpy(bytes + 8, header, strlen(header));
    memcpy(bytes + 8 + strlen(header), data, n);
    const char *path = lm_path("hand.safetensors");
    lm_write_bytes(path, bytes, 8 + strlen(header) + n);
    free(bytes);
    return path;
}

/* The half-precision types, in another order and place than ours. */
static void half_precision(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    recur_params  *params = two_tensors(ctx, 1);
    const uint16_t data[] = {0x3f80, 0xc000, 0x0000, 0x4049, /* b as BF16: 1, -2, 0, 3.140625 */
                             0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x8000}; /* a as F16 */
    const double   wanted[10] = {1, -2, 0x1.554p-2, 0x1p-24, 65504, -0.0, 1, -2, 0, 3.140625};
    double         found[10];
    LM_OK(ctx, recur_params_load(params,
                                 by_hand("{\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]},"
                                         "\"a\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[8,20]}}",
                                         data, sizeof data)));
    get_all(ctx, params, found);
    assert_memory_equal(wanted, found, sizeof found);
    recur_params_destroy(params);
    lm_end(&memory, ctx);
}

/* One file that is not as wanted, and a part of the sentence that must say so. */
typedef struct bad_file {
    const char *says;
    int         n;
    struct {
        const char *name;
        recur_shape shape;
    } tensors[3];
    int    at; /* this value of the first tensor ... */
    double is; /* ... is this, unless 0 */
} bad_file;

static const bad_file bad_files[] = {
    {"\"b\" is missing", 1, {{"a", {2, {2, 3}}}}, 0, 0},
    {"\"a\" is missing", 1, {{"b", {1, {4}}}}, 0, 0},
    {"\"a\" is missing", 0, {{"", {0, {0}}}}, 0, 0},
    {"\"c.d\" [1] is left over", 3, {{"a", {2, {2, 3}}}, {"c.d", {1, {1}}}, {"b", {1, {4}}}}, 0, 0},
    {"\"a\" has shape [3,2], wanted [2,3]", 2, {{"a", {2, {3, 2}}}, {"b", {1, {4}}}}, 0, 0},
    {"\"a\" has shape [6], wanted [2,3]", 2, {{"a", {1, {6}}}, {"b", {1, {4}}}}, 0, 0},
    {"\"b\" has shape [4,1], wanted [4]", 2, {{"a", {2, {2, 3}}}, {"b", {2, {4, 1}}}}, 0, 0},
    {"\"b\" has shape [0], wanted [4]", 2, {{"a", {2, {2, 3}}}, {"b", {1, {0}}}}, 0, 0},
    {"\"b\" has shape [], wanted [4]", 2, {{"a", {2, {2, 3}}}, {"b", {0, {0}}}}, 0, 0},
    {"\"a\": element 5 is nan", 2, {{"a", {2, {2, 3}}}, {"b", {1, {4}}}}, 5, NAN},
    {"\"a\": element 0 is inf", 2, {{"a", {2, {2, 3}}}, {"b", {1, {4}}}}, 0, INFINITY},
    {"\"a\": element 2 is -1e+39",
     2,
     {{"a", {2, {2, 3}}}, {"b", {1, {4}}}},
     2,
     -1e39}, /* a double, but no float */
};

static void refusals(void **state)
{
    (void)state;
    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
    recur_params *params = two_tensors(ctx, 1);
    double        before[10], after[10];
    get_all(ctx, params, before);
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        const bad_file *bad = &bad_files[i];
        double          values[6] = {1, 2, 3, 4, 5, 6}, others[6] = {0};
        if (bad->is != 0) values[bad->at] = bad->is;
        ri_st_tensor tensors[3];
        for (int k = 0; k < bad->n; k++)
            tensors[k] =
                (ri_st_tensor){bad->tensors[k].name, RECUR_F64, bad->tensors[k].shape, k ? others : values};
        ri_error              error;
        const recur_allocator a = {lm_allocate, lm_release, &memory};
        assert_int_equal(
            ri_st_write(&a, lm_path("bad.safetensors"), tensors, (size_t)bad->n, NULL, 0, &error), RECUR_OK);
        LM_FAILS(ctx, RECUR_EMODEL, bad->says, recur_params_load(params, lm_path("bad.safetensors")));
        LM_FAILS(ctx, RECUR_EMODEL, "bad.safetensors", recur_params_load(params, lm_path("bad.safetensors")));
        get_all(ctx, params, after);
        assert_memory_equal(before, after, sizeof before);
    }
    const int32_t data[10] = {1};
    LM_FAILS(ctx, RECUR_EMODEL, "I32",
             recur_params_load(params,
                               by_hand("{\"b\":{\"dtype\":\"I32\",\"shape\":[4],\"data_offsets\":[0,16]},"
                                       "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[16,40]}}",
                                       data, sizeof data)));
    LM_FAILS(ctx, RECUR_EIO, "none.safetensors", recur_params_load(params, lm_path("none.safetensors")));
    LM_FAILS(ctx, RECUR_EARG, "path", recur_params_load(params, NULL));
    LM_FAILS(ctx, RECUR_EARG, "path", recur_params_save(params, NULL));
    LM_FAILS(ctx, RECUR_EIO, "no/dir", recur_params_save(params, lm_path("no/dir")));
    assert_int_equal(recur_params_load(NULL, "x"), RECUR_EARG);
    assert_int_equal(recur_params_save(NULL, "x"), RECUR_EARG);
    get_all(ctx, params, after);
    assert_memory_equal(before, after, sizeof before);
    recur_params_destroy(params);
    lm_end(&memory, ctx);
}

/* Loading takes new weights even where packed copies of the old ones exist. */
static void loading_renews_panels(void **state)
{
    (void)state;
    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
    recur_params *params[2];
    recur_rnn    *rnn[2];
    recur_tape   *tape;
    double        sums[3];
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    for (int i = 0; i < 2; i++) {
        LM_OK(ctx, recur_params_create(ctx, (uint64_t)i, &params[i]));
        LM_OK(ctx, recur_rnn_create(params[i], "", &(recur_rnn_spec){.input = 3, .hidden = 5}, &rnn[i]));
    }
    for (int i = 0; i < 3; i++) {
        recur_tape_reset(tape);
        recur_var x =
            recur_input(tape, RECUR_SHAPE(4, 1, 3), (float[12]){1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3});
        sums[i] = recur_scalar(
            tape, recur_sum(tape, recur_rnn_apply(tape, rnn[i % 2], x, NULL, RECUR_NO_STATE).output));
        LM_OK(ctx, recur_tape_status(tape));
        if (i == 0) LM_OK(ctx, recur_params_save(params[0], lm_path("rnn.safetensors")));
        if (i == 1) LM_OK(ctx, recur_params_load(params[1], lm_path("rnn.safetensors")));
    }
    recur_tape_reset(tape);
    recur_var x = recur_input(tape, RECUR_SHAPE(4, 1, 3), (float[12]){1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3});
    double    last =
        recur_scalar(tape, recur_sum(tape, recur_rnn_apply(tape, rnn[1], x, NULL, RECUR_NO_STATE).output));
    assert_true(sums[0] != sums[1]);
    assert_true(last == sums[0]);
    for (int i = 0; i < 2; i++) {
        recur_rnn_destroy(rnn[i]);
        recur_params_destroy(params[i]);
    }
    recur_tape_destroy(tape);
    lm_end(&memory, ctx);
}

/* Whatever allocation fails, nothing leaks and nothing is changed. */
static void no_memory(void **state)
{
    (void)state;
    lm_memory     memory;
    recur_ctx    *ctx = lm_ctx(&memory, RECUR_F32);
    recur_params *saved = two_tensors(ctx, 1), *loaded = two_tensors(ctx, 2);
    double        before[10], after[10];
    get_all(ctx, loaded, before);
    LM_FAILS(ctx, RECUR_EARG, "path", recur_params_save(saved, NULL)); /* this thread has its error now */
    long live = memory.live;
    for (int is_load = 0; is_load < 2; is_load++)
        for (long at = 1;; at++) {
            memory.fail_at = memory.n + at;
            recur_status status = is_load ? recur_params_load(loaded, lm_path("memory.safetensors"))
                                          : recur_params_save(saved, lm_path("memory.safetensors"));
            memory.fail_at = 0;
            assert_int_equal(memory.live, live);
            if (!status) {
                assert_true(at > 2);
                break;
            }
            LM_FAILS(ctx, RECUR_EMEMORY, "memory", status);
            get_all(ctx, loaded, after);
            assert_memory_equal(before, after, sizeof before);
        }
    recur_params_destroy(saved);
    recur_params_destroy(loaded);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(types_cross),
        cmocka_unit_test(half_precision),
        cmocka_unit_test(refusals),
        cmocka_unit_test(loading_renews_panels),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, lm_remove_dir);
}
