/* For tests of datasets: a context that remembers its log, files, and items written out as text.
 * SPDX-License-Identifier: MIT */
#ifndef TEST_READING_H
#define TEST_READING_H

#include "base/helpers.h"

#include <inttypes.h>

#include "recur/batches.h"

typedef struct fixture {
    temporary_directory directory; /* first: file_path finds it here */
    memory_watch        memory;
    char                log[4000];
    recur_ctx          *ctx;
} fixture;

static inline void remember(void *user, const char *line)
{
    fixture *f = user;
    size_t   used = strlen(f->log);
    snprintf(f->log + used, sizeof f->log - used, "%s\n", line);
}

static inline int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->memory.left = -1;
    snprintf(f->directory.path, sizeof f->directory.path, "/tmp/recur-test-XXXXXX");
    if (!mkdtemp(f->directory.path)) return -1;
    recur_ctx_opts opts = {.threads = 1, .allocator = watched(&f->memory), .log = remember, .log_user = f};
    return recur_ctx_create(&opts, &f->ctx) == RECUR_OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
    fixture *f = *state;
    recur_ctx_destroy(f->ctx);
    return f->memory.n_live ? -1 : leave_temporary_directory(state);
}

/* Read a text as a file of that name. */
static inline recur_status read_as(void **state, const char *name, const char *text,
                                   const recur_source *source, recur_dataset **d)
{
    char              path[128];
    const char *const paths[] = {path};
    fixture          *f = *state;
    f->log[0] = '\0';
    write_file(file_path(state, name, path), text, strlen(text));
    return recur_dataset_read(f->ctx, source, 1, paths, d);
}

/* Add to text, which holds 2000 bytes. */
static inline void add_text(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void add_text(char *text, const char *format, ...)
{
    va_list arguments;
    size_t  used = strlen(text);
    va_start(arguments, format);
    vsnprintf(text + used, 2000 - used, format, arguments);
    va_end(arguments);
}

/* Write an item that is not encoded: forms between |, then /label; or form_tag form_tag; or rows of values. */
static inline void write_item(const recur_dataset *d, int64_t i, char *text)
{
    const int32_t *tags = recur_dataset_tags(d, i);
    const float   *rows = recur_dataset_rows(d, i);
    int64_t        n = recur_dataset_length(d, i), F = recur_dataset_features(d);
    for (int64_t t = 0; t < n; t++) {
        size_t      bytes = 0;
        const char *form = recur_dataset_form(d, i, t, &bytes);
        if (t > 0) add_text(text, "|");
        if (form) add_text(text, "%.*s", (int)bytes, form);
        if (tags) add_text(text, "_%d", tags[t]);
        for (int64_t k = 0; k < F; k++) add_text(text, "%s%g", k ? "," : "", (double)rows[t * F + k]);
    }
    if (recur_dataset_label(d, i) >= 0) add_text(text, "/%d", recur_dataset_label(d, i));
}

/* Check all items, written one per line. */
static inline void check_items(const recur_dataset *d, const char *wanted)
{
    char text[2000] = "";
    for (int64_t i = 0; i < recur_dataset_items(d); i++) {
        write_item(d, i, text);
        add_text(text, "\n");
    }
    assert_string_equal(text, wanted);
}

static inline void check_read(void **state, const char *name, const char *text, const recur_source *source,
                              const char *wanted)
{
    recur_dataset *d;
    if (read_as(state, name, text, source, &d) != RECUR_OK)
        fail_msg("%s", recur_error(((fixture *)*state)->ctx));
    check_items(d, wanted);
    recur_dataset_destroy(d);
}

static inline void check_refused(void **state, const char *name, const char *text, const recur_source *source,
                                 recur_status status, const char *part)
{
    recur_dataset *d;
    assert_int_equal(read_as(state, name, text, source, &d), status);
    assert_null(d);
    assert_contains(recur_error(((fixture *)*state)->ctx), part);
}

#define READING_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
