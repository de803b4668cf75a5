/* Replacing files: the whole new one, or the old one and nothing beside it.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "io/atomic.h"

static int n_files(void **state)
{
    DIR *d = opendir(((temporary_directory *)*state)->path);
    int  n = 0;
    for (struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void check_file(const char *path, const char *wanted)
{
    size_t size;
    char  *bytes = read_file(path, &size);
    assert_int_equal(size, strlen(wanted));
    assert_memory_equal(bytes, wanted, size);
    free(bytes);
}

static void chunks_are_joined(void **state)
{
    char           path[128];
    ri_error       e;
    const ri_chunk chunks[] = {{"one ", 4}, {NULL, 0}, {"two", 3}};
    assert_int_equal(ri_atomic_write(file_path(state, "new", path), chunks, 3, &e), RECUR_OK);
    check_file(path, "one two");
    assert_int_equal(ri_atomic_write(path, chunks + 2, 1, &e), RECUR_OK);
    check_file(path, "two");
    assert_int_equal(ri_atomic_write(path, NULL, 0, &e), RECUR_OK);
    check_file(path, "");
    assert_int_equal(n_files(state), 1);
}

static void a_path_without_a_directory_is_in_this_one(void **state)
{
    char     here[1000];
    ri_error e;
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(((temporary_directory *)*state)->path), 0);
    recur_status status = ri_atomic_write("bare", &(ri_chunk){"x", 1}, 1, &e);
    assert_int_equal(chdir(here), 0);
    char path[128];
    assert_int_equal(status, RECUR_OK);
    check_file(file_path(state, "bare", path), "x");
}

static mode_t mode_of(const char *path)
{
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    return s.st_mode & 0777;
}

static void permissions_are_those_of_any_file_or_of_the_old_one(void **state)
{
    char     path[128];
    ri_error e;
    mode_t   before = umask(027);
    assert_int_equal(ri_atomic_write(file_path(state, "f", path), &(ri_chunk){"x", 1}, 1, &e), RECUR_OK);
    assert_int_equal(mode_of(path), 0640);
    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(ri_atomic_write(path, &(ri_chunk){"y", 1}, 1, &e), RECUR_OK);
    assert_int_equal(mode_of(path), 0604);
    umask(before);
}

static void a_left_over_temporary_file_is_no_obstacle(void **state)
{
    char     path[128], left[200];
    ri_error e;
    snprintf(left, sizeof left, "%s.tmp-%ld-0", file_path(state, "f", path), (long)getpid());
    write_file(left, "from a killed process of the same number", 40);
    assert_int_equal(ri_atomic_write(path, &(ri_chunk){"x", 1}, 1, &e), RECUR_OK);
    check_file(path, "x");
    check_file(left, "from a killed process of the same number");
}

static void check_refused(const char *path, const char *part)
{
    ri_error e;
    assert_int_equal(ri_atomic_write(path, &(ri_chunk){"x", 1}, 1, &e), RECUR_EIO);
    assert_contains(e.text, part);
}

static void what_cannot_be_replaced_is_refused(void **state)
{
    char path[128], long_path[5000] = "/";
    check_refused(((temporary_directory *)*state)->path, "it is a directory");
    check_refused(file_path(state, "missing/f", path), "No such file");
    check_refused("/dev/null", "it is a device");
    assert_int_equal(mkfifo(file_path(state, "fifo", path), 0600), 0);
    check_refused(path, "a pipe");
    memset(long_path + 1, 'x', sizeof long_path - 2);
    check_refused(long_path, "4999 bytes");
    assert_int_equal(n_files(state), 1);
}

/* A full disk looks like this: write fails in the middle. A limit on the size of files does the same, in a child of its own. */
static void a_failed_write_leaves_the_old_file(void **state)
{
    char     path[128];
    ri_error e;
    char    *large = calloc(1, 100000);
    write_file(file_path(state, "f", path), "old", 3);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){50000, 50000});
        recur_status status = ri_atomic_write(path, &(ri_chunk){large, 100000}, 1, &e);
        _exit(status == RECUR_EIO && strstr(e.text, "too large") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_file(path, "old");
    assert_int_equal(n_files(state), 1);
    free(large);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, enter_temporary_directory, leave_temporary_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(chunks_are_joined),
        FILE_TEST(a_path_without_a_directory_is_in_this_one),
        FILE_TEST(permissions_are_those_of_any_file_or_of_the_old_one),
        FILE_TEST(a_left_over_temporary_file_is_no_obstacle),
        FILE_TEST(what_cannot_be_replaced_is_refused),
        FILE_TEST(a_failed_write_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
