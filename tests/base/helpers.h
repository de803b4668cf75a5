/* For tests of the lower floors: an allocator that fails when told to and counts what is not given back, and files in a directory of
 * the test's own.
 * SPDX-License-Identifier: MIT */
#ifndef TEST_HELPERS_H
#define TEST_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "recur/ctx.h"

/* ---- memory ---- */

typedef struct memory_watch {
    int64_t left;   /* requests until one fails; negative: none does */
    int64_t n_live; /* blocks not given back */
    int64_t n_requests;
} memory_watch;

static inline void *watched_allocate(void *user, size_t bytes)
{
    memory_watch *w = user;
    if (w->left-- == 0) return NULL;
    w->n_requests++;
    void *memory = malloc(bytes);
    if (memory) {
        memset(memory, 0xa5, bytes); /* nothing may rely on fresh memory being zero */
        w->n_live++;
    }
    return memory;
}

static inline void watched_release(void *user, void *memory)
{
    assert_non_null(memory);
    ((memory_watch *)user)->n_live--;
    free(memory);
}

static inline recur_allocator watched(memory_watch *w)
{
    return (recur_allocator){watched_allocate, watched_release, w};
}

/* Run try(a, arg) with an allocator whose first, second, ... request fails, until it succeeds: every failure must be RECUR_EMEMORY with a
 * sentence and leave nothing behind. try frees what it made when it succeeds. Returns the number of failures. */
static inline int
fail_every_allocation(recur_status (*try)(const recur_allocator *a, void *arg, ri_error *error), void *arg)
{
    for (int k = 0;; k++) {
        memory_watch    w = {.left = k};
        recur_allocator a = watched(&w);
        ri_error        error = {0};
        recur_status    status = try(&a, arg, &error);
        assert_int_equal(w.n_live, 0);
        if (status == RECUR_OK) return k;
        assert_int_equal(status, RECUR_EMEMORY);
        assert_non_null(strstr(error.text, "no memory"));
    }
}

/* ---- files ---- */

typedef struct temporary_directory {
    char path[64];
} temporary_directory;

static inline int enter_temporary_directory(void **state)
{
    temporary_directory *d = malloc(sizeof *d);
    snprintf(d->path, sizeof d->path, "/tmp/recur-test-XXXXXX");
    *state = d;
    return mkdtemp(d->path) ? 0 : -1;
}

static inline int leave_temporary_directory(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", ((temporary_directory *)*state)->path);
    free(*state);
    return system(command);
}

/* Make the path of a file of the test's directory; path holds 128 bytes. */
static inline const char *file_path(void **state, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", ((temporary_directory *)*state)->path, name);
    return path;
}

static inline void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* Read a whole file; the caller frees it. */
static inline char *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *size = (size_t)ftell(f);
    rewind(f);
    char *bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, f), *size);
    bytes[*size] = '\0';
    fclose(f);
    return bytes;
}

#define assert_contains(text, part)                                                                          \
    do {                                                                                                     \
        if (!strstr((text), (part))) fail_msg("\"%s\" does not contain \"%s\"", (text), (part));             \
    } while (0)

#endif
