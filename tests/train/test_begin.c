/* A run that ends while it begins: whatever is in its directory then, it can be gone on with or begun again.
 * SPDX-License-Identifier: MIT */
#include "train/tiny.h"

#include <signal.h>
#include <sys/resource.h>

static const recur_lm_batches small = {.batch = 4, .bptt = 8};

static const recur_run_opts first = {.steps = 9, .seed = 4, .config = "first\n"};
static const recur_run_opts second = {.steps = 5, .seed = 5, .config = "second\n"};

static recur_status train(const char *dir, recur_run_opts opts, bool overwrite, bool resume)
{
    recur_lm_spec spec = tiny_spec();
    tiny          t;
    assert_int_equal(tiny_open(&t, &spec, RECUR_F32, NULL), RECUR_OK);
    opts.dir = dir;
    opts.overwrite = overwrite;
    opts.resume = resume;
    recur_status status = recur_lm_train(t.model, t.train, t.valid, &small, &opts, NULL, NULL);
    tiny_close(&t);
    return status;
}

/* Overwrite a run where no file may be larger than that: to writes it looks like a full disk. */
static recur_status overwrite_without_room(const char *dir, rlim_t bytes)
{
    struct rlimit    old, now;
    struct sigaction before, ignore = {.sa_handler = SIG_IGN};
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    now = (struct rlimit){bytes, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
    recur_status status = train(dir, second, true, false);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
    return status;
}

/* The configuration says which run it is; nothing of the other one may contradict it. */
static void what_ends_while_it_overwrites_can_be_resumed(void **state)
{
    (void)state;
    const rlim_t sizes[] = {0, 100};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char   whole[TINY_PATH], dir[TINY_PATH];
        size_t n;
        tiny_directory(whole);
        tiny_directory(dir);
        assert_int_equal(train(dir, first, false, false), RECUR_OK);
        assert_int_equal(overwrite_without_room(dir, sizes[i]), RECUR_EIO);
        char *config = tiny_read(dir, "config", &n);
        bool  is_first = strcmp(config, "first\n") == 0;
        assert_int_equal(is_first, sizes[i] == 0);
        free(config);
        assert_int_equal(train(dir, is_first ? first : second, false, true), RECUR_OK);
        assert_int_equal(train(whole, is_first ? first : second, false, false), RECUR_OK);
        tiny_assert_same_run(whole, dir);
        tiny_remove(whole);
        tiny_remove(dir);
    }
}

/* Killed between the log and the configuration: there is no run yet. */
static void an_empty_log_is_no_run(void **state)
{
    (void)state;
    char dir[TINY_PATH], path[TINY_PATH];
    tiny_directory(dir);
    tiny_join(path, dir, "log.jsonl");
    FILE *log = fopen(path, "wb");
    assert_non_null(log);
    assert_int_equal(fclose(log), 0);
    assert_int_equal(train(dir, first, false, false), RECUR_OK);
    assert_int_equal(train(dir, first, false, false), RECUR_EARG);
    tiny_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_ends_while_it_overwrites_can_be_resumed),
                                       cmocka_unit_test(an_empty_log_is_no_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
