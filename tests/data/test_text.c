/* Reading text: joining, cleaning, and what is said of each fault.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <sys/wait.h>

#include "base/hash.h"
#include "recur/corpus.h"

/* A context that remembers what was logged, and a directory. */
typedef struct fixture {
    temporary_directory directory; /* first: file_path finds it here */
    memory_watch        memory;
    char                log[1000];
    recur_ctx          *ctx;
} fixture;

static void remember(void *user, const char *line)
{
    fixture *f = user;
    strcat(strcat(f->log, line), "\n");
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->memory.left = -1;
    snprintf(f->directory.path, sizeof f->directory.path, "/tmp/recur-test-XXXXXX");
    if (!mkdtemp(f->directory.path)) return -1;
    recur_ctx_opts opts = {.threads = 1, .allocator = watched(&f->memory), .log = remember, .log_user = f};
    return recur_ctx_create(&opts, &f->ctx) == RECUR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    recur_ctx_destroy(f->ctx);
    return f->memory.n_live ? -1 : leave_temporary_directory(state);
}

/* Write parts as files and return their paths in paths. */
static void write_parts(void **state, int n, const char *const *parts, char paths[][128])
{
    for (int i = 0; i < n; i++) {
        char name[20];
        snprintf(name, sizeof name, "part%d", i);
        write_file(file_path(state, name, paths[i]), parts[i], strlen(parts[i]));
    }
}

/* Read two parts and compare text and log. */
static void check_read(void **state, recur_unit unit, const char *first, const char *second,
                       const char *wanted, const char *logged)
{
    fixture          *f = *state;
    char              paths[2][128];
    const char *const parts[] = {first, second}, *const names[] = {paths[0], paths[1]};
    recur_text text;
    f->log[0] = '\0';
    write_parts(state, 2, parts, paths);
    if (recur_text_read(f->ctx, unit, 2, names, &text) != RECUR_OK) fail_msg("%s", recur_error(f->ctx));
    assert_int_equal(text.size, strlen(wanted));
    assert_memory_equal(text.bytes, wanted, text.size);
    uint64_t checksum = ri_hash(ri_hash(RI_HASH_START, first, strlen(first)), second, strlen(second));
    assert_true(text.checksum == checksum);
    assert_false(text.is_stream);
    if (!logged) assert_string_equal(f->log, "");
    if (logged) assert_contains(f->log, logged);
    recur_text_free(f->ctx, &text);
    assert_null(text.bytes);
}

static void files_are_joined_as_they_are(void **state)
{
    check_read(state, RECUR_CHAR, "one\n", "two", "one\ntwo", NULL);
    check_read(state, RECUR_CHAR, "one", "two\n\n", "onetwo\n\n", NULL);
    check_read(state, RECUR_WORD, "", "two", "two", NULL);
    check_read(state, RECUR_BYTE, "\xff\r\n", "\xef\xbb\xbf\r\nx", "\xff\r\n\xef\xbb\xbf\r\nx", NULL);
}

static void marks_and_carriage_returns_go(void **state)
{
    check_read(state, RECUR_CHAR,
               "\xef\xbb\xbf"
               "a\n",
               "b", "a\nb", "part0: byte order mark skipped\n");
    check_read(state, RECUR_WORD, "a\n",
               "\xef\xbb\xbf"
               "b\xef\xbb\xbf",
               "a\nb\xef\xbb\xbf", "part1: byte order mark skipped\n");
    check_read(state, RECUR_CHAR, "a\r\nb\r\n\r\n", "c", "a\nb\n\nc", "part0: 3 CRLF line ends became LF\n");
    check_read(state, RECUR_CHAR, "\r\r\n\ra\r", "\r", "\r\n\ra\r\r", "part0: 1 CRLF line ends became LF\n");
    check_read(state, RECUR_CHAR, "a\r", "\nb", "a\r\nb", NULL); /* a line end is not made of two files */
    check_read(state, RECUR_WORD, "\xef\xbb\xbf", "x", "x", "part0: byte order mark skipped\n");
}

static void check_refused(void **state, recur_unit unit, int n, const char *const *paths, recur_status status,
                          const char *part)
{
    fixture   *f = *state;
    recur_text text;
    assert_int_equal(recur_text_read(f->ctx, unit, n, paths, &text), status);
    assert_null(text.bytes);
    assert_contains(recur_error(f->ctx), part);
}

static void faults_are_named_with_their_file(void **state)
{
    char              paths[3][128], missing[128];
    const char *const parts[] = {"good\n", "b\r\nc\r\n\xc3(", ""}, *const names[] = {paths[0], paths[1],
                                                                                     paths[2]};
    const char *list[2] = {paths[0], file_path(state, "missing", missing)};
    write_parts(state, 3, parts, paths);
    check_refused(state, RECUR_CHAR, 2, names, RECUR_EDATA,
                  "part1: invalid UTF-8 at byte 6 (line 3); --unit byte reads any bytes");
    check_refused(state, RECUR_WORD, 1, names + 1, RECUR_EDATA, "part1: invalid UTF-8 at byte 6 (line 3)");
    write_file(paths[1], "ab\0c", 4);
    check_refused(state, RECUR_WORD, 2, names, RECUR_EDATA, "part1: a NUL byte at byte 2 (line 1)");
    check_refused(state, RECUR_BYTE, 1, names + 2, RECUR_EDATA, "part2 is empty; wanted text");
    check_refused(state, RECUR_CHAR, 1, names + 2, RECUR_EDATA, "part2 is empty; wanted text");
    write_file(paths[1], "\xef\xbb\xbf", 3);
    check_refused(state, RECUR_CHAR, 1, names + 1, RECUR_EDATA,
                  "part1 is empty; wanted text"); /* a mark alone */
    const char *const empty[] = {paths[2], paths[2]};
    check_refused(state, RECUR_CHAR, 2, empty, RECUR_EDATA, "every file given is empty");
    check_refused(state, RECUR_CHAR, 2, list, RECUR_EIO, "missing: No such file");
    list[1] = ((fixture *)*state)->directory.path;
    check_refused(state, RECUR_CHAR, 2, list, RECUR_EIO, "is a directory; wanted a file");
    const char *const dashes[] = {"-", "-"};
    check_refused(state, RECUR_CHAR, 2, dashes, RECUR_EARG, "stdin is named 2 times");
    check_refused(state, RECUR_CHAR, 0, dashes, RECUR_EARG, "0 files");
}

static void many_files_are_read(void **state)
{
    enum { N = 3000 };
    fixture     *f = *state;
    char         path[128];
    const char **paths = malloc(N * sizeof *paths);
    recur_text   text;
    write_file(file_path(state, "again", path), "0123456789", 10);
    for (int i = 0; i < N; i++) paths[i] = path;
    assert_int_equal(recur_text_read(f->ctx, RECUR_CHAR, N, paths, &text), RECUR_OK);
    assert_int_equal(text.size, 10 * N);
    for (size_t i = 0; i < text.size; i++) assert_int_equal(text.bytes[i], '0' + i % 10);
    recur_text_free(f->ctx, &text);
    free(paths);
}

static void stdin_is_a_stream(void **state)
{
    fixture *f = *state;
    int      ends[2], status;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a\r\nb", 4), 4);
    close(ends[1]);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[0], STDIN_FILENO);
        const char *path = "-";
        recur_text  text;
        bool        ok = recur_text_read(f->ctx, RECUR_CHAR, 1, &path, &text) == RECUR_OK && text.is_stream &&
                  text.size == 3 && memcmp(text.bytes, "a\nb", 3) == 0 && strstr(f->log, "stdin: 1 CRLF");
        recur_text_free(f->ctx, &text);
        recur_ctx_destroy(f->ctx);
        _exit(ok ? 0 : 1);
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void missing_memory_is_reported(void **state)
{
    fixture          *f = *state;
    char              paths[2][128];
    const char *const parts[] = {"one\n", "two"}, *const names[] = {paths[0], paths[1]};
    recur_text text;
    int64_t    n_live = f->memory.n_live;
    int        n_failures = 0;
    write_parts(state, 2, parts, paths);
    for (int k = 0;; k++, n_failures++) {
        f->memory.left = k;
        recur_status status = recur_text_read(f->ctx, RECUR_CHAR, 2, names, &text);
        f->memory.left = -1;
        if (status == RECUR_OK) break;
        assert_int_equal(status, RECUR_EMEMORY);
        assert_contains(recur_error(f->ctx), "no memory");
        assert_int_equal(f->memory.n_live, n_live);
    }
    assert_true(n_failures > 0);
    recur_text_free(f->ctx, &text);
}

#define TEXT_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEXT_TEST(files_are_joined_as_they_are),
        TEXT_TEST(marks_and_carriage_returns_go),
        TEXT_TEST(faults_are_named_with_their_file),
        TEXT_TEST(many_files_are_read),
        TEXT_TEST(stdin_is_a_stream),
        TEXT_TEST(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
