/* Lines and rows that are too long, at a limit that a test can reach: in files, on stdin, inside quotes.
 *
 * SPDX-License-Identifier: MIT */
#include "data/lines.h"

#include <fcntl.h>
#include <unistd.h>

#include "data/reading.h"
#include "data/record.h"

enum { MIB = 1 << 20 };

/* Write a file "a" of a short line, one of n bytes and a short one again. */
static const char *write_line(void **state, size_t n, char path[128])
{
    char *text = malloc(n + 5);
    memcpy(text, "x\n", 2);
    memset(text + 2, 'y', n);
    memcpy(text + 2 + n, "\nz\n", 3);
    write_file(file_path(state, "a", path), text, n + 5);
    free(text);
    return path;
}

/* Read all lines of a path with a limit of 1 MiB; returns how many there are. */
static int64_t read_all(fixture *f, const char *path, recur_status *status)
{
    ri_lines lines;
    ri_span  line;
    bool     found = false;
    int64_t  n = 0;
    assert_int_equal(ri_lines_init(&lines, f->ctx, 1, &path, RECUR_UTF8), RECUR_OK);
    assert_int_equal(lines.longest, 256 * (size_t)MIB);
    lines.longest = MIB;
    *status = ri_lines_open_next(&lines, &found);
    for (; *status == RECUR_OK && found; n += found) *status = ri_lines_next(&lines, &line, &found);
    ri_lines_free(&lines);
    return n;
}

static void check_both(fixture *f, const char *path, const char *name, bool is_long)
{
    recur_status status;
    int64_t      n = read_all(f, path, &status);
    assert_int_equal(status, is_long ? RECUR_EDATA : RECUR_OK);
    if (!is_long) assert_int_equal(n, 3);
    if (!is_long) return;
    assert_contains(recur_error(f->ctx), name);
    assert_contains(recur_error(f->ctx), "line 2: a line of more than 1 MiB; wanted shorter ones");
}

static void a_line_may_be_as_long_as_the_limit(void **state)
{
    char path[128];
    int  kept = dup(STDIN_FILENO);
    for (int more = 0; more < 2; more++) {
        write_line(state, (size_t)MIB + (size_t)more, path);
        check_both(*state, path, "/a", more);
        int file = open(path, O_RDONLY);
        assert_true(file >= 0 && dup2(file, STDIN_FILENO) == STDIN_FILENO);
        close(file);
        check_both(*state, "-", "stdin", more);
    }
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    close(kept);
}

/* A quote that is never closed takes no more than the limit of many short lines. */
static void a_quoted_field_has_the_same_limit(void **state)
{
    fixture *f = *state;
    for (int is_long = 0; is_long < 2; is_long++) {
        size_t      n = is_long ? 2 * (size_t)MIB : (size_t)MIB / 2;
        char        path[128], *text = malloc(n + 3);
        const char *paths[] = {file_path(state, "a.csv", path)};
        ri_lines    lines;
        ri_record   record = {0};
        bool        found;
        for (size_t i = 0; i < n; i++) text[i + 1] = i % 64 == 63 ? '\n' : 'y';
        text[0] = '"';
        memcpy(text + 1 + n, "\"\n", 2);
        write_file(path, text, n + 3);
        free(text);
        assert_int_equal(ri_lines_init(&lines, f->ctx, 1, paths, RECUR_UTF8), RECUR_OK);
        lines.longest = MIB;
        assert_int_equal(ri_lines_open_next(&lines, &found), RECUR_OK);
        assert_int_equal(ri_record_next(&lines, true, &record, &found), is_long ? RECUR_EDATA : RECUR_OK);
        if (is_long)
            assert_contains(recur_error(f->ctx),
                            "line 1: the quote that opens here is not closed before 1 MiB");
        else
            assert_int_equal(ri_record_field(&record, 0).size, n);
        ri_record_free(&f->ctx->allocator, &record);
        ri_lines_free(&lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING_TEST(a_line_may_be_as_long_as_the_limit),
        READING_TEST(a_quoted_field_has_the_same_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
