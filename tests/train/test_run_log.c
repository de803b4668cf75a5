/* The log of a run, read back.
 * SPDX-License-Identifier: MIT */
#include "train/tiny.h"

static void write_log(const char *dir, const char *text)
{
    char path[TINY_PATH];
    tiny_join(path, dir, "log.jsonl");
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

typedef struct told {
    recur_report reports[64];
    int64_t      n;
} told;

static bool remember(void *user, const recur_report *r)
{
    told *t = user;
    assert_true(t->n < 64);
    t->reports[t->n++] = *r;
    return true;
}

static void assert_same(double a, double b)
{
    assert_true(a == b || (isnan(a) && isnan(b)));
}

/* What a run reported is what its log says, to the bit. */
static void reports_come_back(void **state)
{
    (void)state;
    char           dir[TINY_PATH];
    told           t = {.n = 0};
    tiny           of;
    recur_run_log  log;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {.dir = dir, .steps = 12, .report_every = 5, .eval_every = 6};
    tiny_directory(dir);
    assert_int_equal(tiny_open(&of, &spec, RECUR_F32, NULL), RECUR_OK);
    const recur_run_hooks hooks = {.user = &t, .report = remember};
    assert_int_equal(recur_lm_train(of.model, of.train, of.valid, &(recur_lm_batches){.batch = 4, .bptt = 8},
                                    &opts, &hooks, NULL),
                     RECUR_OK);
    assert_int_equal(recur_run_log_read(of.ctx, dir, &log), RECUR_OK);
    assert_int_equal(log.n, t.n);
    assert_true(log.n > 5);
    for (int64_t i = 0; i < log.n; i++) {
        const recur_report *a = &log.reports[i], *b = &t.reports[i];
        assert_int_equal(a->event, b->event);
        assert_int_equal(a->step, b->step);
        assert_int_equal(a->epoch, b->epoch);
        assert_same(a->loss, b->loss);
        assert_same(a->grad_norm, b->grad_norm);
        assert_same(a->clip_rate, b->clip_rate);
        assert_same(a->lr, b->lr);
        if (a->event != RECUR_EVENT_STEP) assert_same(a->best_valid, b->best_valid);
    }
    assert_int_equal(log.reports[log.n - 1].event, RECUR_EVENT_DONE);
    recur_run_log_free(of.ctx, &log);
    tiny_close(&of);
    tiny_remove(dir);
}

/* A run that diverges says so last. */
static void divergence_is_the_last_line(void **state)
{
    (void)state;
    char           dir[TINY_PATH];
    tiny           of;
    recur_run_log  log;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {
        .dir = dir, .steps = 50, .report_every = 1, .train = {.optim = RECUR_SGD, .lr = 3e38}};
    tiny_directory(dir);
    assert_int_equal(tiny_open(&of, &spec, RECUR_F32, NULL), RECUR_OK);
    assert_int_equal(recur_lm_train(of.model, of.train, NULL, &(recur_lm_batches){.batch = 4, .bptt = 8},
                                    &opts, NULL, NULL),
                     RECUR_EDIVERGED);
    assert_non_null(strstr(recur_error(of.ctx), "training has diverged"));
    assert_int_equal(recur_run_log_read(of.ctx, dir, &log), RECUR_OK);
    assert_true(log.n >= 1);
    assert_int_equal(log.reports[log.n - 1].event, RECUR_EVENT_DIVERGED);
    assert_true(isnan(log.reports[log.n - 1].loss));
    recur_run_log_free(of.ctx, &log);
    tiny_close(&of);
    tiny_remove(dir);
}

static void what_is_no_log_is_refused(void **state)
{
    (void)state;
    char          dir[TINY_PATH];
    recur_ctx    *ctx;
    recur_run_log log;
    tiny_directory(dir);
    assert_int_equal(recur_ctx_create(NULL, &ctx), RECUR_OK);
    assert_int_equal(recur_run_log_read(ctx, dir, &log), RECUR_EIO);
    write_log(dir, "");
    assert_int_equal(recur_run_log_read(ctx, dir, &log), RECUR_OK);
    assert_int_equal(log.n, 0);

    const char *const damaged[] = {"{\"event\":\"step\"}\nnonsense\n", "{}\n[1,2]\n", "{}\n\n",
                                   "{}\n{\"a\":1,\"a\":2}\n"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        write_log(dir, damaged[i]);
        assert_int_equal(recur_run_log_read(ctx, dir, &log), RECUR_EDATA);
        assert_non_null(strstr(recur_error(ctx), "log.jsonl, line 2: wanted a JSON object"));
        assert_null(log.reports);
    }
    write_log(dir, "{\"event\":\"step\",\"loss\":NaN}\n");
    assert_int_equal(recur_run_log_read(ctx, dir, &log), RECUR_EDATA);
    assert_non_null(strstr(recur_error(ctx), "invalid token near 'NaN'"));
    recur_ctx_destroy(ctx);
    tiny_remove(dir);
}

/* Lines of others, numbers that are none, and a line that is still being written. */
static void what_is_foreign_is_passed_over(void **state)
{
    (void)state;
    char          dir[TINY_PATH];
    recur_ctx    *ctx;
    recur_run_log log;
    tiny_directory(dir);
    assert_int_equal(recur_ctx_create(NULL, &ctx), RECUR_OK);
    write_log(
        dir,
        "{\"event\":\"horizon\",\"steps\":3}\n{\"step\":1}\n{\"event\":7}\n"
        "{\"event\":\"step\",\"step\":-4,\"epoch\":\"two\",\"loss\":\"low\",\"lr\":1,\"grad_norm\":null}\n"
        "{\"event\":\"valid\",\"step\":20,\"loss\":1.5}\n{\"event\":\"step\",\"st");
    assert_int_equal(recur_run_log_read(ctx, dir, &log), RECUR_OK);
    assert_int_equal(log.n, 2);
    assert_int_equal(log.reports[0].step, 0);
    assert_int_equal(log.reports[0].epoch, 0);
    assert_true(isnan(log.reports[0].loss) && isnan(log.reports[0].grad_norm) && log.reports[0].lr == 1);
    assert_int_equal(log.reports[1].event, RECUR_EVENT_VALID);
    assert_true(log.reports[1].step == 20 && log.reports[1].loss == 1.5);
    recur_run_log_free(ctx, &log);
    recur_ctx_destroy(ctx);
    tiny_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_come_back),
        cmocka_unit_test(divergence_is_the_last_line),
        cmocka_unit_test(what_is_no_log_is_refused),
        cmocka_unit_test(what_is_foreign_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
