/* What the tests of models share: a context whose allocations are counted and can be made to fail, small language models, and a
 * directory for files.
 * SPDX-License-Identifier: MIT */
#ifndef LM_FIXTURE_H
#define LM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recur/recur.h"

/* What went through the allocator. */
typedef struct lm_memory {
    long   live;    /* blocks given out and not taken back */
    long   n;       /* requests so far */
    long   fail_at; /* this request fails; 0: none */
    size_t largest; /* bytes of the largest request */
} lm_memory;

static inline void *lm_allocate(void *user, size_t bytes)
{
    lm_memory *m = user;
    if (bytes > m->largest) m->largest = bytes;
    if (++m->n == m->fail_at) return NULL;
    void *p = malloc(bytes);
    if (p) m->live++;
    return p;
}

static inline void lm_release(void *user, void *p)
{
    lm_memory *m = user;
    if (p) m->live--;
    free(p);
}

static inline recur_ctx *lm_ctx(lm_memory *memory, recur_dtype dtype)
{
    recur_ctx *ctx = NULL;
    *memory = (lm_memory){0};
    recur_ctx_opts opts = {.threads = 2, .dtype = dtype, .allocator = {lm_allocate, lm_release, memory}};
    assert_int_equal(recur_ctx_create(&opts, &ctx), RECUR_OK);
    return ctx;
}

/* Destroy a context and see that everything came back. */
static inline void lm_end(lm_memory *memory, recur_ctx *ctx)
{
    recur_ctx_destroy(ctx);
    assert_int_equal(memory->live, 0);
}

/* Fail with the library's sentence unless the call succeeds. */
#define LM_OK(ctx, call) lm_status_at((ctx), (call), RECUR_OK, "", #call, __FILE__, __LINE__)

/* Fail unless the call has that status and a sentence that contains `part`. */
#define LM_FAILS(ctx, wanted, part, call)                                                                    \
    lm_status_at((ctx), (call), (wanted), (part), #call, __FILE__, __LINE__)

static inline void lm_status_at(const recur_ctx *ctx, recur_status found, recur_status wanted,
                                const char *part, const char *call, const char *file, int line)
{
    if (found == wanted && (!wanted || strstr(recur_error(ctx), part))) return;
    print_error("%s: %s and \"%s\" wanted, %s found: \"%s\"\n", call, recur_status_name(wanted), part,
                recur_status_name(found), recur_error(ctx));
    _fail(file, line);
}

static inline recur_vocab *lm_vocab(recur_ctx *ctx, recur_unit unit, const char *text)
{
    recur_vocab *vocab = NULL;
    size_t       bytes = strlen(text);
    LM_OK(ctx, recur_vocab_build(ctx, unit, 1, &text, &bytes, NULL, &vocab));
    return vocab;
}

/* A model over 11 characters whose every parameter is from a wide distribution, so that no term of an equation stays small. */
static inline recur_model *lm_model(recur_ctx *ctx, recur_lm_spec spec)
{
    recur_model *model = NULL;
    spec.rnn.init = (recur_init){RECUR_INIT_UNIFORM, 0.6};
    LM_OK(ctx, recur_lm_create(ctx, &spec, lm_vocab(ctx, RECUR_CHAR, "abcdefghij\n"), 5, &model));
    recur_params *params = recur_model_params(model);
    int64_t       index = recur_params_find(params, "rnn.initial_h");
    for (int i = 0; i < 2 && index >= 0; i++) {
        recur_tensor_info info;
        LM_OK(ctx, recur_params_info(params, index, &info));
        double *values = malloc((size_t)info.count * sizeof *values);
        for (int64_t k = 0; k < info.count; k++) values[k] = (double)(k % 7) / 8 - 0.4;
        LM_OK(ctx, recur_params_set(params, index, values));
        free(values);
        index = recur_params_find(params, "rnn.initial_c");
    }
    return model;
}

enum { LM_SPECS = 14 };

/* Every cell, input, depth and option. */
static inline recur_lm_spec lm_spec(int i)
{
    const recur_lm_spec specs[LM_SPECS] = {
        {.rnn = {.cell = RECUR_LSTM, .hidden = 9}},
        {.rnn = {.cell = RECUR_GRU, .hidden = 9}},
        {.rnn = {.cell = RECUR_RNN_TANH, .hidden = 9}},
        {.rnn = {.cell = RECUR_RNN_RELU, .hidden = 9}},
        {.embed = 6, .rnn = {.cell = RECUR_LSTM, .hidden = 16, .layers = 2}},
        {.embed = 6, .rnn = {.cell = RECUR_GRU, .hidden = 16, .layers = 2}},
        {.embed = 6, .rnn = {.cell = RECUR_RNN_TANH, .hidden = 17, .layers = 3}},
        {.rnn = {.cell = RECUR_LSTM, .hidden = 12, .layers = 2, .projection = 5}},
        {.embed = 8, .tie = true, .rnn = {.cell = RECUR_LSTM, .hidden = 20, .projection = 8}},
        {.embed = 7,
         .tie = true,
         .dropout = 0.5,
         .rnn = {.cell = RECUR_GRU, .hidden = 7, .reset_before = true}},
        {.rnn = {.cell = RECUR_LSTM, .hidden = 10, .layers = 2, .no_bias = true, .dropout = 0.25}},
        {.embed = 4, .rnn = {.cell = RECUR_LSTM, .hidden = 10, .layers = 2, .trained_state = true}},
        {.rnn = {.cell = RECUR_GRU, .hidden = 10, .layers = 2, .trained_state = true}},
        {.embed = 3, .rnn = {.cell = RECUR_LSTM, .hidden = 33, .projection = 32, .trained_state = true}},
    };
    return specs[i];
}

/* Logits of one sequence as double [T,V], on a tape in inference. The caller frees them. */
static inline double *lm_logits(recur_ctx *ctx, const recur_model *model, const int32_t *tokens, int64_t T)
{
    recur_tape *tape;
    recur_pack *pack;
    LM_OK(ctx, recur_tape_create(ctx, &tape));
    LM_OK(ctx, recur_pack_create(ctx, &pack));
    LM_OK(ctx, recur_pack_set_grid(pack, T, 1, tokens));
    recur_tape_set_inference(tape, true);
    recur_var y = recur_lm_logits(tape, model, pack, RECUR_NO_STATE, NULL);
    LM_OK(ctx, recur_tape_status(tape));
    double *values = malloc((size_t)(T * recur_vocab_size(recur_model_vocab(model))) * sizeof *values);
    LM_OK(ctx, recur_value_f64(tape, y, values));
    recur_pack_destroy(pack);
    recur_tape_destroy(tape);
    return values;
}

/* ---- files ---- */

/* A directory of the test's own, made at the first call; lm_path gives names in it. */
static inline const char *lm_dir(void)
{
    static char dir[] = "/tmp/recur-test-XXXXXX";
    static int  is_made;
    if (!is_made) assert_non_null(mkdtemp(dir));
    is_made = 1;
    return dir;
}

static inline const char *lm_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", lm_dir(), name);
    return path;
}

static inline int lm_remove_dir(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", lm_dir());
    return system(command);
}

static inline void lm_write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* The bytes of a file. The caller frees them. */
static inline unsigned char *lm_read_bytes(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *n = (size_t)ftell(f);
    unsigned char *bytes = malloc(*n + 1);
    rewind(f);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

#endif
