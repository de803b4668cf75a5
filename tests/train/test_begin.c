/* A run that ends while it begins: whatever is in its directory then, it can be gone on with or begun again.
 * SPDX-License-Identifier: MIT */
#include "train/tiny.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* Nothing of the run that was there is lost where the new one has no room. */
static void what_cannot_begin_costs_nothing(void **state)
{
    (void)state;
    const rlim_t sizes[] = {0, 100, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char whole[TINY_PATH], dir[TINY_PATH];
        tiny_directory(whole);
        tiny_directory(dir);
        assert_int_equal(train(dir, first, false, false), RECUR_OK);
        assert_int_equal(train(whole, first, false, false), RECUR_OK);
        assert_int_equal(overwrite_without_room(dir, sizes[i]), RECUR_EIO);
        tiny_assert_same_run(whole, dir);
        size_t n;
        char  *config = tiny_read(dir, "config", &n);
        assert_string_equal(config, "first\n");
        free(config);
        tiny_remove(whole);
        tiny_remove(dir);
    }
}

/* Killed in between: the new configuration with the earlier run aside. It starts over. */
static void what_was_killed_while_it_overwrote_starts_over(void **state)
{
    (void)state;
    const char *const parts[] = {"checkpoint.safetensors", "model.safetensors", "config"};
    char              whole[TINY_PATH], dir[TINY_PATH], from[TINY_PATH], to[TINY_PATH], name[64];
    tiny_directory(whole);
    tiny_directory(dir);
    assert_int_equal(train(dir, first, false, false), RECUR_OK);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        tiny_join(from, dir, parts[i]);
        snprintf(name, sizeof name, "%s.old", parts[i]);
        tiny_join(to, dir, name);
        assert_int_equal(rename(from, to), 0);
    }
    assert_int_equal(train(dir, second, false, true), RECUR_OK);
    assert_int_equal(train(whole, second, false, false), RECUR_OK);
    tiny_assert_same_run(whole, dir);
    assert_int_equal(access(to, F_OK), -1);
    tiny_remove(whole);
    tiny_remove(dir);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_cannot_begin_costs_nothing),
                                       cmocka_unit_test(what_was_killed_while_it_overwrote_starts_over),
                                       cmocka_unit_test(an_empty_log_is_no_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
