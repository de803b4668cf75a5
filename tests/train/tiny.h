/* A language model and a text so small that a whole training run takes milliseconds, and ways to compare two runs.
 * SPDX-License-Identifier: MIT */
#ifndef TINY_H
#define TINY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/rng.h"
#include "io/safetensors.h"
#include "recur/recur.h"

enum { TINY_TRAIN = 700, TINY_VALID = 150, TINY_PATH = 256 };

/* Everything a run needs. */
typedef struct tiny {
    recur_ctx    *ctx;
    recur_corpus *train, *valid;
    recur_model  *model;
} tiny;

/* A text of 20 letters in which each letter makes the next one likely. */
static inline void tiny_text(char *text, size_t n)
{
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t draw = ri_philox((ri_block){{(uint32_t)i}}, 7).word[0];
        at = draw % 4 ? (at * 3 + 1) % 20 : draw / 4 % 20;
        text[i] = (char)('a' + at);
    }
}

static inline recur_status tiny_fill(tiny *t, const recur_lm_spec *spec)
{
    char text[TINY_TRAIN + TINY_VALID];
    tiny_text(text, sizeof text);
    recur_vocab *vocab = NULL;
    const char  *texts = text;
    size_t       bytes = sizeof text;
    recur_status status = recur_vocab_build(t->ctx, RECUR_CHAR, 1, &texts, &bytes, NULL, &vocab);
    if (!status) status = recur_corpus_encode(t->ctx, vocab, text, TINY_TRAIN, &t->train);
    if (!status) status = recur_corpus_encode(t->ctx, vocab, text + TINY_TRAIN, TINY_VALID, &t->valid);
    if (!status) return recur_lm_create(t->ctx, spec, vocab, 3, &t->model);
    recur_vocab_destroy(vocab);
    return status;
}

static inline void tiny_close(tiny *t)
{
    recur_model_destroy(t->model);
    recur_corpus_destroy(t->train);
    recur_corpus_destroy(t->valid);
    recur_ctx_destroy(t->ctx);
    *t = (tiny){0};
}

/* allocator may be NULL. On failure everything is freed. */
static inline recur_status tiny_open(tiny *t, const recur_lm_spec *spec, recur_dtype dtype,
                                     const recur_allocator *allocator)
{
    *t = (tiny){0};
    recur_ctx_opts opts = {.threads = 1, .dtype = dtype};
    if (allocator) opts.allocator = *allocator;
    recur_status status = recur_ctx_create(&opts, &t->ctx);
    if (!status) status = tiny_fill(t, spec);
    if (status) tiny_close(t);
    return status;
}

static inline recur_lm_spec tiny_spec(void)
{
    return (recur_lm_spec){.embed = 5, .dropout = 0.2, .rnn = {.hidden = 8, .layers = 2, .dropout = 0.3}};
}

/* ---- directories ---- */

/* Make an empty directory, in memory where the system has such a place: a run syncs often. */
static inline void tiny_directory(char path[TINY_PATH])
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, TINY_PATH, "%s/recur-train-XXXXXX", base);
    assert_non_null(mkdtemp(path));
}

static inline void tiny_remove(const char *path)
{
    DIR *entries = opendir(path);
    if (!entries) return;
    for (struct dirent *e; (e = readdir(entries)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(entries), e->d_name, 0);
    closedir(entries);
    rmdir(path);
}

static inline void tiny_join(char out[TINY_PATH], const char *directory, const char *name)
{
    int n = snprintf(out, TINY_PATH, "%s/%s", directory, name);
    assert_true(n > 0 && n < TINY_PATH);
}

/* Read a whole file; the caller frees it. */
static inline char *tiny_read(const char *directory, const char *name, size_t *size)
{
    char path[TINY_PATH];
    tiny_join(path, directory, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    char *bytes = malloc(*size + 1);
    rewind(file);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

/* ---- comparing ---- */

static inline void tiny_assert_same_file(const char *a, const char *b, const char *name)
{
    size_t n, m;
    char  *x = tiny_read(a, name, &n), *y = tiny_read(b, name, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}

/* Tensors and notes of two checkpoints, all but the times. */
static inline void tiny_assert_same_checkpoint(const char *a, const char *b)
{
    static const recur_allocator HEAP;
    ri_st_file                  *f[2];
    ri_error                     error;
    const char *const            dirs[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        char path[TINY_PATH];
        tiny_join(path, dirs[i], "checkpoint.safetensors");
        assert_int_equal(ri_st_open(&HEAP, path, &f[i], &error), RECUR_OK);
    }
    assert_int_equal(ri_st_count(f[0]), ri_st_count(f[1]));
    for (size_t k = 0; k < ri_st_count(f[0]); k++) {
        assert_string_equal(ri_st_name(f[0], k), ri_st_name(f[1], k));
        if (strcmp(ri_st_name(f[0], k), "recur.times") == 0) continue;
        size_t n = (size_t)ri_st_elements(f[0], k);
        assert_int_equal(n, ri_st_elements(f[1], k));
        double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
        assert_int_equal(ri_st_read(f[0], k, x, &error), RECUR_OK);
        assert_int_equal(ri_st_read(f[1], k, y, &error), RECUR_OK);
        assert_memory_equal(x, y, n * sizeof *x);
        free(x);
        free(y);
    }
    const char *const notes[] = {"trainer", "run", "training"};
    for (int i = 0; i < 3; i++)
        assert_string_equal(ri_st_note_of(f[0], notes[i]), ri_st_note_of(f[1], notes[i]));
    ri_st_close(f[0]);
    ri_st_close(f[1]);
}

/* Take from the log's text its next line as JSON, without times and the directory's name; NULL at the end. */
static inline json_t *tiny_next_line(char **text)
{
    if (**text == '\0') return NULL;
    size_t       n = strcspn(*text, "\n");
    json_error_t error;
    json_t      *line = json_loadb(*text, n, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(line);
    assert_int_equal((*text)[n], '\n');
    *text += n + 1;
    json_object_del(line, "seconds");
    json_object_del(line, "items_per_s");
    json_object_del(line, "run");
    return line;
}

static inline void tiny_assert_same_log(const char *a, const char *b)
{
    size_t  n, m;
    char   *x = tiny_read(a, "log.jsonl", &n), *y = tiny_read(b, "log.jsonl", &m), *at = x, *bt = y;
    json_t *p, *q;
    do {
        p = tiny_next_line(&at);
        q = tiny_next_line(&bt);
        assert_true(!p == !q);
        assert_true(!p || json_equal(p, q));
        json_decref(p);
        json_decref(q);
    } while (p);
    free(x);
    free(y);
}

/* Two directories of runs that should have ended alike. */
static inline void tiny_assert_same_run(const char *a, const char *b)
{
    tiny_assert_same_file(a, b, "model.safetensors");
    tiny_assert_same_checkpoint(a, b);
    tiny_assert_same_log(a, b);
}

#endif
