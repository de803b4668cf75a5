/* Looking at a model under training: when it happens, what the log says, that nothing of the run changes by it, and that a run that was
 * stopped has the same lines.
 * SPDX-License-Identifier: MIT */
#include "train/plans.h"

typedef struct looked {
    recur_probe *probe;
    int64_t      n, stop_at, reports;
    recur_status status;
    recur_pulse  pulses[64];
} looked;

static recur_status look(void *user, recur_pulse *pulse)
{
    looked *l = user;
    assert_true(l->n < 64);
    if (l->status) return l->status;
    recur_status status = recur_probe_pulse(l->probe, pulse);
    l->pulses[l->n++] = *pulse;
    return status;
}

static bool count(void *user, const recur_report *r)
{
    looked *l = user;
    if (r->event != RECUR_EVENT_DIAGNOSE) return true;
    assert_memory_equal(&r->pulse, &l->pulses[l->n - 1], sizeof r->pulse);
    assert_true(r->loss == r->pulse.loss && isnan(r->grad_norm));
    l->reports++;
    return r->step != l->stop_at;
}

/* A run of a plan in a directory, looked at every so many steps. */
static recur_status run(const plan *p, const char *dir, int64_t every, bool is_resumed, looked *l)
{
    tiny           t;
    recur_run_opts opts = p->opts;
    assert_int_equal(tiny_open(&t, &p->spec, p->dtype, NULL), RECUR_OK);
    recur_probe_data data = {.corpus = t.train};
    assert_int_equal(
        recur_probe_create(t.model, &data, &(recur_probe_opts){.sequences = 2, .steps = 20}, &l->probe),
        RECUR_OK);
    const recur_run_hooks hooks = {.user = l, .report = count, .diagnose = look};
    opts.dir = dir;
    opts.resume = is_resumed;
    opts.diagnose_every = every;
    recur_status status =
        recur_lm_train(t.model, t.train, p->has_valid ? t.valid : NULL, &p->batches, &opts, &hooks, NULL);
    recur_probe_destroy(l->probe);
    l->probe = NULL;
    tiny_close(&t);
    return status;
}

static void looking_changes_nothing_of_a_run(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof plans / sizeof *plans; k++) {
        char   plain[TINY_PATH], seen[TINY_PATH];
        looked none = {.n = 0}, every = {.n = 0};
        tiny_directory(plain);
        tiny_directory(seen);
        assert_int_equal(run(&plans[k], plain, 0, false, &none), RECUR_OK);
        assert_int_equal(run(&plans[k], seen, 3, false, &every), RECUR_OK);
        assert_true(none.n == 0 && every.n > 5 && every.reports == every.n);
        tiny_assert_same_file(plain, seen, "model.safetensors");
        tiny_assert_same_checkpoint(plain, seen);
        tiny_remove(seen);
        tiny_remove(plain);
    }
}

static void the_log_has_what_was_found(void **state)
{
    (void)state;
    char   dir[TINY_PATH];
    looked l = {.n = 0};
    size_t size;
    tiny_directory(dir);
    plan p = plans[0];
    p.opts = (recur_run_opts){.steps = 20, .report_every = 10};
    assert_int_equal(run(&p, dir, 5, false, &l), RECUR_OK);
    assert_int_equal(l.n, 4);
    char   *text = tiny_read(dir, "log.jsonl", &size), *at = text;
    int64_t n = 0;
    for (json_t *line; (line = tiny_next_line(&at)) != NULL; json_decref(line)) {
        if (strcmp(json_string_value(json_object_get(line, "event")), "diagnose") != 0) {
            assert_null(json_object_get(line, "horizon"));
            continue;
        }
        const recur_pulse *found = &l.pulses[n++];
        assert_int_equal(json_integer_value(json_object_get(line, "step")), 5 * n);
        assert_int_equal(json_integer_value(json_object_get(line, "horizon")), found->horizon);
        assert_int_equal(json_integer_value(json_object_get(line, "lags")), found->lags);
        assert_true(json_number_value(json_object_get(line, "rate")) == found->rate);
        assert_true(json_number_value(json_object_get(line, "loss")) == found->loss);
        assert_true(json_number_value(json_object_get(line, "saturated")) == found->saturated);
        assert_true(json_number_value(json_object_get(line, "dead")) == found->dead);
        assert_null(json_object_get(line, "grad_norm"));
    }
    assert_int_equal(n, 4);
    free(text);
    tiny_remove(dir);
}

static void a_run_that_was_stopped_has_the_same_lines(void **state)
{
    (void)state;
    char   whole[TINY_PATH], cut[TINY_PATH];
    looked all = {.n = 0}, first = {.stop_at = 12}, rest = {.n = 0};
    tiny_directory(whole);
    tiny_directory(cut);
    assert_int_equal(run(&plans[1], whole, 4, false, &all), RECUR_OK);
    assert_int_equal(run(&plans[1], cut, 4, false, &first), RECUR_STOPPED);
    assert_int_equal(first.n, 3);
    assert_int_equal(run(&plans[1], cut, 4, true, &rest), RECUR_OK);
    assert_int_equal(first.n + rest.n, all.n);
    tiny_assert_same_run(whole, cut);
    tiny_remove(cut);
    tiny_remove(whole);
}

static void what_fails_in_looking_ends_the_run(void **state)
{
    (void)state;
    char   dir[TINY_PATH];
    looked l = {.status = RECUR_EMEMORY};
    tiny_directory(dir);
    assert_int_equal(run(&plans[0], dir, 2, false, &l), RECUR_EMEMORY);
    assert_int_equal(run(&plans[0], dir, -1, false, &l), RECUR_EARG);
    tiny_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looking_changes_nothing_of_a_run),
        cmocka_unit_test(the_log_has_what_was_found),
        cmocka_unit_test(a_run_that_was_stopped_has_the_same_lines),
        cmocka_unit_test(what_fails_in_looking_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
