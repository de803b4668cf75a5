/* What the golden tests share: a file of vectors, one context per number type, and the comparison.
 *
 * A tensor "<case>/<name>" belongs to a case; every case with a "<case>/spec" becomes one cmocka test per number type.
 * SPDX-License-Identifier: MIT */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/safetensors.h"
#include "recur/recur.h"

/* The file under test, and a context for each recur_dtype. */
typedef struct golden_file {
    ri_st_file *file;
    recur_ctx  *ctx[2];
} golden_file;

/* One test: a case in one number type. */
typedef struct golden_case {
    golden_file *golden;
    char         name[96];   /* of the case */
    char         title[112]; /* of the test */
    recur_dtype  dtype;
} golden_case;

/* Numbers with their shape. */
typedef struct golden_array {
    recur_shape shape;
    int64_t     count;
    double     *x;
} golden_array;

static inline void golden_open(golden_file *g, const char *path)
{
    static const recur_allocator heap;
    ri_error                     error = {0};
    if (ri_st_open(&heap, path, &g->file, &error)) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    for (int d = 0; d < 2; d++)
        if (recur_ctx_create(&(recur_ctx_opts){.threads = 2, .dtype = (recur_dtype)d}, &g->ctx[d])) exit(1);
}

static inline void golden_close(golden_file *g)
{
    ri_st_close(g->file);
    for (int d = 0; d < 2; d++) recur_ctx_destroy(g->ctx[d]);
}

static inline recur_ctx *golden_ctx(const golden_case *c)
{
    return c->golden->ctx[c->dtype];
}

/* Fail with the library's sentence unless status is RECUR_OK. */
static inline void golden_ok(const golden_case *c, recur_status status)
{
    if (status) fail_msg("%s: %s", recur_status_name(status), recur_error(golden_ctx(c)));
}

static inline int64_t golden_find(const golden_case *c, const char *name)
{
    char full[256];
    snprintf(full, sizeof full, "%s/%s", c->name, name);
    return ri_st_find(c->golden->file, full);
}

static inline bool golden_has(const golden_case *c, const char *name)
{
    return golden_find(c, name) >= 0;
}

/* Read a tensor of any case by its index in the file. Free x. */
static inline golden_array golden_read(const golden_case *c, int64_t index)
{
    ri_error     error = {0};
    golden_array a = {.shape = ri_st_shape(c->golden->file, (size_t)index),
                      .count = ri_st_elements(c->golden->file, (size_t)index)};
    a.x = calloc((size_t)a.count + 1, sizeof *a.x);
    assert_non_null(a.x);
    if (ri_st_read(c->golden->file, (size_t)index, a.x, &error)) fail_msg("%s", error.text);
    return a;
}

static inline golden_array golden_get(const golden_case *c, const char *name)
{
    int64_t index = golden_find(c, name);
    if (index < 0) fail_msg("%s has no tensor %s", c->name, name);
    return golden_read(c, index);
}

/* Read whole numbers, as many as there are, into out [capacity]. */
static inline void golden_integers(const golden_case *c, const char *name, int64_t capacity, int64_t *out)
{
    golden_array a = golden_get(c, name);
    assert_true(a.count <= capacity);
    for (int64_t i = 0; i < a.count; i++) out[i] = (int64_t)a.x[i];
    free(a.x);
}

/* Put a tensor of the case on the tape. */
static inline recur_var golden_input(const golden_case *c, recur_tape *tape, const char *name)
{
    golden_array a = golden_get(c, name);
    recur_var    v = recur_input_f64(tape, a.shape, a.x);
    free(a.x);
    return v;
}

/* The agreement asked for: relative to the largest value of the tensor. */
static inline void golden_agree(const golden_case *c, const char *what, int64_t n, const double *a,
                                const double *b)
{
    double tolerance = c->dtype == RECUR_F32 ? 1e-5 : 1e-12, largest = 0, worst = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(b[i]));
        worst = isfinite(a[i]) ? fmax(worst, fabs(a[i] - b[i])) : INFINITY;
        if (worst == INFINITY) break;
    }
    if (worst > tolerance * largest)
        fail_msg("%s, %s: differs by %.3g of its largest value %.3g, tolerated %.0e", c->name, what,
                 worst / largest, largest, tolerance);
}

/* Compare a variable's values, or its gradient, with the tensor of that name; the count must be the same. */
static inline void golden_compare(const golden_case *c, const recur_tape *tape, recur_var v, bool is_gradient,
                                  const char *name)
{
    golden_array b = golden_get(c, name);
    recur_shape  shape = recur_shape_of(tape, v);
    int64_t      n = 1;
    for (int i = 0; i < shape.rank; i++) n *= shape.size[i];
    if (shape.rank < 0 || n != b.count)
        fail_msg("%s, %s: the variable has %d dimensions, %lld elements", c->name, name, shape.rank,
                 (long long)n);
    double *a = calloc((size_t)n + 1, sizeof *a);
    assert_non_null(a);
    golden_ok(c, is_gradient ? recur_grad_f64(tape, v, a) : recur_value_f64(tape, v, a));
    golden_agree(c, name, n, a, b.x);
    free(a);
    free(b.x);
}

/* Set every parameter from "<case>/w/<parameter>"; each must be there, in its shape. */
static inline void golden_set_parameters(const golden_case *c, recur_params *params)
{
    for (int64_t i = 0; i < recur_params_tensors(params); i++) {
        recur_tensor_info info;
        char              name[128];
        golden_ok(c, recur_params_info(params, i, &info));
        snprintf(name, sizeof name, "w/%s", info.name);
        golden_array w = golden_get(c, name);
        assert_int_equal(w.shape.rank, info.shape.rank);
        for (int d = 0; d < w.shape.rank; d++) assert_int_equal(w.shape.size[d], info.shape.size[d]);
        golden_ok(c, recur_params_set(params, i, w.x));
        free(w.x);
    }
}

/* Compare every parameter's gradient with "<case>/d/<parameter>". */
static inline void golden_compare_gradients(const golden_case *c, const recur_params *params)
{
    for (int64_t i = 0; i < recur_params_tensors(params); i++) {
        recur_tensor_info info;
        char              name[128];
        golden_ok(c, recur_params_info(params, i, &info));
        snprintf(name, sizeof name, "d/%s", info.name);
        golden_array d = golden_get(c, name);
        double      *a = calloc((size_t)info.count, sizeof *a);
        assert_non_null(a);
        golden_ok(c, recur_params_grad(params, i, a));
        golden_agree(c, name, info.count, a, d.x);
        free(a);
        free(d.x);
    }
}

/* Run `test` on every case of the file whose name starts with prefix, in both number types; at least `least` cases. */
static inline int golden_run(golden_file *g, const char *prefix, int least, CMUnitTestFunction test)
{
    size_t             count = ri_st_count(g->file), n = 0;
    golden_case       *cases = calloc(2 * count, sizeof *cases);
    struct CMUnitTest *tests = calloc(2 * count, sizeof *tests);
    if (!cases || !tests) exit(1);
    for (size_t i = 0; i < count; i++) {
        const char *name = ri_st_name(g->file, i), *slash = strrchr(name, '/');
        if (!slash || strcmp(slash, "/spec") != 0 || strncmp(name, prefix, strlen(prefix)) != 0) continue;
        for (int d = 0; d < 2; d++, n++) {
            golden_case *c = &cases[n];
            *c = (golden_case){.golden = g, .dtype = (recur_dtype)d};
            snprintf(c->name, sizeof c->name, "%.*s", (int)(slash - name), name);
            snprintf(c->title, sizeof c->title, "%s %s", d == RECUR_F32 ? "f32" : "f64", c->name);
            tests[n] = (struct CMUnitTest){.name = c->title, .test_func = test, .initial_state = c};
        }
    }
    int failed = _cmocka_run_group_tests(prefix, tests, n, NULL, NULL);
    if (n < 2 * (size_t)least) {
        fprintf(stderr, "%zu cases, at least %d wanted\n", n / 2, least);
        failed++;
    }
    free(tests);
    free(cases);
    return failed;
}

#endif
