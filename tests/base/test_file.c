/* Files of every kind: regular, empty, without a size, pipes that are early, late, slow or never written, and what is no file.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"

static const recur_allocator HEAP;

static void check_content(const char *path, const char *wanted, size_t size, bool is_stream)
{
    ri_file  f;
    ri_error e = {0};
    if (ri_file_open(&HEAP, path, &f, &e) != RECUR_OK) fail_msg("%s", e.text);
    assert_int_equal(f.size, size);
    assert_int_equal(f.is_stream, is_stream);
    if (size > 0) assert_memory_equal(f.bytes, wanted, size);
    if (size == 0) assert_null(f.bytes);
    ri_file_close(&f);
}

static void check_refused(const char *path, const char *part)
{
    ri_file  f;
    ri_error e = {0};
    assert_int_equal(ri_file_open(&HEAP, path, &f, &e), RECUR_EIO);
    assert_contains(e.text, path);
    assert_contains(e.text, part);
}

static void regular_files_are_mapped(void **state)
{
    char path[128];
    for (size_t n = 0; n < 10000; n = n * 3 + 1) {
        char *bytes = malloc(n + 1);
        for (size_t i = 0; i < n; i++) bytes[i] = (char)(i * 31);
        write_file(file_path(state, "regular", path), bytes, n);
        check_content(path, bytes, n, false);
        free(bytes);
    }
    ri_file  f;
    ri_error e;
    assert_int_equal(ri_file_open(&HEAP, path, &f, &e), RECUR_OK);
    assert_true(f.is_mapped);
    ri_file_close(&f);
}

static void a_file_without_a_size_is_read(void **state)
{
    (void)state;
    if (access("/proc/self/status", R_OK) != 0) skip();
    ri_file  f;
    ri_error e;
    assert_int_equal(ri_file_open(&HEAP, "/proc/self/status", &f, &e), RECUR_OK);
    assert_true(f.size > 100 && !f.is_mapped && !f.is_stream);
    assert_memory_equal(f.bytes, "Name:", 5);
    ri_file_close(&f);
}

static void what_is_no_file_is_refused(void **state)
{
    char path[128];
    check_refused(file_path(state, "missing", path), "No such file");
    check_refused(((temporary_directory *)*state)->path, "is a directory; wanted a file");
    check_refused("/dev/null", "is a device");
    if (geteuid() != 0) { /* root may read all */
        write_file(file_path(state, "secret", path), "x", 1);
        assert_int_equal(chmod(path, 0), 0);
        check_refused(path, "Permission denied");
    }
}

/* ---- pipes ---- */

typedef struct writer {
    const char *path;
    size_t      size;
    long        open_after_ms, write_after_ms, pause_ms;
} writer;

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void *write_to_pipe(void *arg)
{
    writer *w = arg;
    wait_ms(w->open_after_ms);
    int fd = open(w->path, O_WRONLY);
    wait_ms(w->write_after_ms);
    for (size_t i = 0; i < w->size;) {
        char   piece[3000];
        size_t n = w->size - i < sizeof piece ? w->size - i : sizeof piece;
        for (size_t k = 0; k < n; k++) piece[k] = (char)((i + k) * 31);
        i += (size_t)write(fd, piece, n);
        wait_ms(w->pause_ms);
    }
    close(fd);
    return NULL;
}

static void check_fifo(void **state, writer w)
{
    char      path[128], *wanted = malloc(w.size + 1);
    pthread_t thread;
    for (size_t i = 0; i < w.size; i++) wanted[i] = (char)(i * 31);
    w.path = file_path(state, "fifo", path);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_to_pipe, &w), 0);
    check_content(path, wanted, w.size, true);
    pthread_join(thread, NULL);
    free(wanted);
}

static void pipes_are_read_to_their_end(void **state)
{
    check_fifo(state, (writer){.size = 1});
    check_fifo(state, (writer){.size = 300000});
    check_fifo(state, (writer){.size = 10000, .pause_ms = 30});
    check_fifo(state, (writer){.size = 5000, .open_after_ms = 300});
    check_fifo(state, (writer){.size = 5000, .write_after_ms = 300});
    check_fifo(state, (writer){.size = 5000, .write_after_ms = 5500}); /* a slow writer is waited for */
    check_fifo(state, (writer){.size = 0,
                               .open_after_ms = 100,
                               .write_after_ms = 100}); /* opened, and closed without a word */
}

static void a_pipe_that_nobody_writes_to_is_an_error(void **state)
{
    char path[128];
    assert_int_equal(mkfifo(file_path(state, "silent", path), 0600), 0);
    time_t start = time(NULL);
    check_refused(path, "nobody writes to pipe");
    assert_true(time(NULL) - start >= 4 && time(NULL) - start < 60);
}

/* What the shell's <(command) hands over. */
static void descriptors_of_pipes_can_be_opened(void **state)
{
    (void)state;
    int  ends[2];
    char path[64];
    if (access("/dev/fd/0", F_OK) != 0) skip();
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_int_equal(write(ends[1], "words\n", 6), 6);
    close(ends[1]);
    check_content(path, "words\n", 6, true);
    close(ends[0]);
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    close(ends[1]);
    check_content(path, "", 0, true);
    close(ends[0]);
}

/* Run a child whose stdin is fd and that checks "-". */
static void check_stdin(int fd, const char *wanted)
{
    pid_t child = fork();
    if (child == 0) {
        dup2(fd, STDIN_FILENO);
        ri_file  f;
        ri_error e;
        bool ok = ri_file_open(&HEAP, "-", &f, &e) == RECUR_OK && f.size == strlen(wanted) && f.is_stream &&
                  memcmp(f.bytes ? f.bytes : "", wanted, f.size) == 0;
        ri_file_close(&f);
        _exit(ok ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void stdin_is_a_dash(void **state)
{
    char path[128];
    int  ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "from a pipe", 11), 11);
    close(ends[1]);
    check_stdin(ends[0], "from a pipe");
    close(ends[0]);
    write_file(file_path(state, "redirected", path), "from a file", 11);
    int fd = open(path, O_RDONLY);
    check_stdin(fd, "from a file");
    close(fd);
    fd = open("/dev/null", O_RDONLY);
    check_stdin(fd, "");
    close(fd);
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK); /* as a careless parent may leave it */
    pid_t child = fork();
    if (child == 0) {
        wait_ms(200);
        _exit(write(ends[1], "late", 4) == 4 ? 0 : 1);
    }
    close(ends[1]);
    check_stdin(ends[0], "late");
    close(ends[0]);
    waitpid(child, NULL, 0);
}

static recur_status open_pipe(const recur_allocator *a, void *arg, ri_error *error)
{
    int  ends[2];
    char path[64], bytes[1000] = {0};
    (void)arg;
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 60; i++) assert_int_equal(write(ends[1], bytes, sizeof bytes), sizeof bytes);
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    ri_file      f;
    recur_status status = ri_file_open(a, path, &f, error);
    close(ends[0]);
    if (status == RECUR_OK) {
        assert_int_equal(f.size, 60000);
        ri_file_close(&f);
    }
    return status;
}

static void missing_memory_is_reported(void **state)
{
    (void)state;
    if (access("/dev/fd/0", F_OK) != 0) skip();
    assert_true(fail_every_allocation(open_pipe, NULL) > 0);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, enter_temporary_directory, leave_temporary_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(regular_files_are_mapped),
        FILE_TEST(a_file_without_a_size_is_read),
        FILE_TEST(what_is_no_file_is_refused),
        FILE_TEST(pipes_are_read_to_their_end),
        FILE_TEST(a_pipe_that_nobody_writes_to_is_an_error),
        FILE_TEST(descriptors_of_pipes_can_be_opened),
        FILE_TEST(stdin_is_a_dash),
        FILE_TEST(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
