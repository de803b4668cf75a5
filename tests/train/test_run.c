/* Runs: their directory, log, budgets, stopping early, refusals, and what is left when things go wrong.
 * SPDX-License-Identifier: MIT */
#include "train/plans.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

typedef struct place {
    char dir[TINY_PATH];
    tiny t;
} place;

static const recur_lm_batches small = {.batch = 4, .bptt = 8}; /* 22 steps per epoch */

static void place_open(place *p)
{
    recur_lm_spec spec = tiny_spec();
    tiny_directory(p->dir);
    assert_int_equal(tiny_open(&p->t, &spec, RECUR_F32, NULL), RECUR_OK);
}

static void place_close(place *p)
{
    tiny_close(&p->t);
    tiny_remove(p->dir);
}

/* Start the model afresh. */
static void renew(place *p, const recur_lm_spec *spec)
{
    tiny_close(&p->t);
    assert_int_equal(tiny_open(&p->t, spec, RECUR_F32, NULL), RECUR_OK);
}

static recur_status train(place *p, recur_run_opts opts, const recur_run_hooks *hooks, recur_report *done)
{
    if (!opts.dir) opts.dir = p->dir;
    return recur_lm_train(p->t.model, p->t.train, p->t.valid, &small, &opts, hooks, done);
}

static bool exists(const char *dir, const char *name)
{
    char path[TINY_PATH];
    tiny_join(path, dir, name);
    return access(path, F_OK) == 0;
}

static void assert_says(const place *p, const char *words)
{
    if (!strstr(recur_error(p->t.ctx), words))
        fail_msg("\"%s\" does not say \"%s\"", recur_error(p->t.ctx), words);
}

/* ---- what a run writes ---- */

static bool look_at_first_tick(void *user, double progress, const recur_report *last)
{
    (void)progress;
    (void)last;
    place *p = user;
    size_t n;
    assert_true(exists(p->dir, "checkpoint.safetensors") && exists(p->dir, "model.safetensors"));
    assert_true(exists(p->dir, "log.jsonl"));
    char *config = tiny_read(p->dir, "config", &n);
    assert_string_equal(config, "hidden = 8\n");
    free(config);
    return false;
}

static void the_directory_is_complete_before_step_1(void **state)
{
    (void)state;
    place p;
    char  deep[TINY_PATH], parent[TINY_PATH];
    place_open(&p);
    tiny_join(parent, p.dir, "a");
    tiny_join(deep, p.dir, "a/b");
    place          below = p;
    recur_run_opts opts = {.dir = deep, .config = "hidden = 8\n"};
    memcpy(below.dir, deep, sizeof deep);
    recur_run_hooks hooks = {.user = &below, .tick = look_at_first_tick};
    assert_int_equal(train(&p, opts, &hooks, NULL), RECUR_STOPPED);
    assert_says(&p, "step 1");
    tiny_remove(deep);
    tiny_remove(parent);
    place_close(&p);
}

typedef struct collected {
    int          n;
    recur_report reports[64];
} collected;

static bool collect(void *user, const recur_report *report)
{
    collected *c = user;
    assert_true(c->n < 64);
    c->reports[c->n++] = *report;
    return true;
}

static void assert_number(json_t *line, const char *key, double wanted)
{
    json_t *found = json_object_get(line, key);
    assert_non_null(found);
    if (isfinite(wanted))
        assert_true(json_number_value(found) == wanted);
    else
        assert_true(json_is_null(found));
}

static void the_log_says_what_the_reports_said(void **state)
{
    (void)state;
    static const char *const names[] = {"step", "valid", "done"};
    place                    p;
    collected                c = {0};
    recur_report             done;
    size_t                   size;
    place_open(&p);
    recur_run_hooks hooks = {.user = &c, .report = collect};
    assert_int_equal(
        train(&p, (recur_run_opts){.steps = 50, .report_every = 10, .train = {.lr = 0.02}}, &hooks, &done),
        RECUR_OK);
    int counts[3] = {0};
    for (int i = 0; i < c.n; i++) counts[c.reports[i].event]++;
    assert_int_equal(counts[RECUR_EVENT_STEP], 5);
    assert_int_equal(counts[RECUR_EVENT_VALID], 3); /* after 22, 44 and the last one */
    assert_int_equal(counts[RECUR_EVENT_DONE], 1);
    assert_memory_equal(&done, &c.reports[c.n - 1], sizeof done);
    assert_int_equal(done.step, 50);
    assert_int_equal(done.epoch, 3);
    assert_true(done.progress == 1 && done.best_valid < log(20));

    char *text = tiny_read(p.dir, "log.jsonl", &size), *at = text;
    for (int i = 0; i < c.n; i++) {
        const recur_report *r = &c.reports[i];
        json_t             *line = tiny_next_line(&at);
        assert_non_null(line);
        assert_string_equal(json_string_value(json_object_get(line, "event")), names[r->event]);
        assert_number(line, "step", (double)r->step);
        assert_number(line, "epoch", (double)r->epoch);
        assert_number(line, "loss", r->loss);
        assert_number(line, "grad_norm", r->grad_norm);
        assert_number(line, "clip_rate", r->clip_rate);
        assert_number(line, "lr", r->lr);
        if (r->event != RECUR_EVENT_STEP) assert_number(line, "best_valid", r->best_valid);
        json_decref(line);
    }
    assert_null(tiny_next_line(&at));
    assert_non_null(strstr(text, "\"seconds\":"));
    assert_non_null(strstr(text, "\"items_per_s\":"));
    assert_non_null(strstr(text, p.dir));
    free(text);
    place_close(&p);
}

static void the_model_file_tells_of_its_training(void **state)
{
    (void)state;
    place        p;
    recur_report done;
    recur_model *model;
    json_error_t error;
    place_open(&p);
    assert_int_equal(train(&p, (recur_run_opts){.epochs = 2}, NULL, &done), RECUR_OK);
    assert_int_equal(recur_model_load(p.t.ctx, p.dir, &model), RECUR_OK);
    json_t *note = json_loads(recur_model_note(model, "training"), 0, &error);
    assert_non_null(note);
    assert_number(note, "best_valid", done.best_valid);
    recur_lm_score score;
    assert_int_equal(recur_lm_evaluate(model, p.t.valid, NULL, &score), RECUR_OK);
    assert_true(score.loss == done.best_valid);
    json_decref(note);
    recur_model_destroy(model);
    place_close(&p);
}

/* ---- budgets ---- */

static void whichever_budget_comes_first_ends_the_run(void **state)
{
    (void)state;
    const struct {
        recur_run_opts opts;
        int64_t        step;
    } cases[] = {{{.steps = 30, .epochs = 2}, 30},
                 {{.steps = 100, .epochs = 2}, 44},
                 {{.steps = 5}, 5},
                 {{.epochs = 1, .minutes = 1000}, 22},
                 {{.epochs = 0}, 220}};
    recur_lm_spec spec = tiny_spec();
    place         p;
    recur_report  done;
    place_open(&p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        renew(&p, &spec);
        recur_run_opts opts = cases[i].opts;
        opts.overwrite = true;
        assert_int_equal(train(&p, opts, NULL, &done), RECUR_OK);
        assert_int_equal(done.step, cases[i].step);
    }
    renew(&p, &spec);
    assert_int_equal(train(&p, (recur_run_opts){.minutes = 0.002, .overwrite = true}, NULL, &done), RECUR_OK);
    assert_true(done.seconds >= 0.12 && done.seconds < 60 && done.step > 0);
    place_close(&p);
}

static void patience_ends_a_run_and_the_best_is_kept(void **state)
{
    (void)state;
    place        p;
    collected    c = {0};
    recur_report done;
    place_open(&p);
    recur_run_hooks hooks = {.user = &c, .report = collect};
    recur_run_opts  opts = {.epochs = 50,
                            .eval_every = 4,
                            .report_every = 1000,
                            .patience = 3,
                            .train = {.lr = 0.3, .clip_norm = 1}};
    assert_int_equal(train(&p, opts, &hooks, &done), RECUR_OK);
    assert_true(done.step < 50 * 22);
    int    n_worse = 0;
    double best = INFINITY;
    for (int i = 0; i < c.n; i++) {
        if (c.reports[i].event != RECUR_EVENT_VALID) continue;
        assert_true(n_worse < 3);
        n_worse = c.reports[i].loss < best ? 0 : n_worse + 1;
        best = fmin(best, c.reports[i].loss);
        assert_true(c.reports[i].best_valid == best);
    }
    assert_int_equal(n_worse, 3);
    recur_lm_score score;
    assert_int_equal(recur_lm_evaluate(p.t.model, p.t.valid, NULL, &score), RECUR_OK);
    assert_true(score.loss == best);
    place_close(&p);
}

static void without_a_directory_nothing_is_written_and_the_result_is_the_same(void **state)
{
    (void)state;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {.epochs = 30, .eval_every = 4, .patience = 2, .train = {.lr = 0.3}};
    place          p;
    recur_report   with, without;
    place_open(&p);
    assert_int_equal(train(&p, opts, NULL, &with), RECUR_OK);
    renew(&p, &spec);
    assert_int_equal(recur_lm_train(p.t.model, p.t.train, p.t.valid, &small, &opts, NULL, &without),
                     RECUR_OK);
    assert_true(with.loss == without.loss && with.best_valid == without.best_valid &&
                with.step == without.step);
    char path[TINY_PATH];
    tiny_join(path, p.dir, "memory");
    assert_int_equal(recur_model_save(p.t.model, path), RECUR_OK);
    size_t n, m;
    char  *a = tiny_read(p.dir, "model.safetensors", &n), *b = tiny_read(p.dir, "memory", &m);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    free(a);
    free(b);
    place_close(&p);
}

/* ---- directories that will not do ---- */

static void an_existing_run_is_only_overwritten_when_asked(void **state)
{
    (void)state;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {.steps = 5, .config = "first\n"};
    place          p;
    size_t         n;
    place_open(&p);
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_OK);
    renew(&p, &spec);
    opts.config = "second\n";
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_EARG);
    assert_says(&p, "holds a run");
    char *config = tiny_read(p.dir, "config", &n);
    assert_string_equal(config, "first\n");
    free(config);
    opts.overwrite = true;
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_OK);
    config = tiny_read(p.dir, "config", &n);
    assert_string_equal(config, "second\n");
    free(config);
    char *log = tiny_read(p.dir, "log.jsonl", &n), *at = log;
    int   n_lines = 0;
    for (json_t *line; (line = tiny_next_line(&at)) != NULL; n_lines++) json_decref(line);
    assert_int_equal(n_lines, 3); /* steps, validation, end: of the second run alone */
    free(log);
    place_close(&p);
}

static bool train_beside(void *user, double progress, const recur_report *last)
{
    (void)progress;
    (void)last;
    place        *p = user, other = *p;
    recur_lm_spec spec = tiny_spec();
    assert_int_equal(tiny_open(&other.t, &spec, RECUR_F32, NULL), RECUR_OK);
    assert_int_equal(train(&other, (recur_run_opts){.resume = true}, NULL, NULL), RECUR_EIO);
    assert_says(&other, "in use by another process");
    tiny_close(&other.t);
    return true;
}

static void one_process_at_a_time_has_a_run(void **state)
{
    (void)state;
    place p;
    place_open(&p);
    recur_run_hooks hooks = {.user = &p, .tick = train_beside};
    assert_int_equal(train(&p, (recur_run_opts){.steps = 3}, &hooks, NULL), RECUR_OK);
    place_close(&p);
}

static void a_directory_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    place p;
    char  path[TINY_PATH], below[TINY_PATH];
    place_open(&p);
    tiny_join(path, p.dir, "file");
    tiny_join(below, p.dir, "file/run");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fclose(file);
    const char *const bad[] = {"/proc/none/run", "/proc/self", path, below};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(train(&p, (recur_run_opts){.dir = bad[i]}, NULL, NULL), RECUR_EIO);
        assert_says(&p, i == 0 ? "/proc/none" : i == 1 ? "/proc/self" : path);
    }
    assert_int_equal(train(&p, (recur_run_opts){.dir = ""}, NULL, NULL), RECUR_EARG);
    bool finished;
    assert_int_equal(recur_run_finished(p.t.ctx, "/nonexistent", &finished), RECUR_EIO);
    assert_int_equal(recur_run_finished(p.t.ctx, path, &finished), RECUR_EIO);
    place_close(&p);
}

static void temporary_files_of_a_killed_process_are_removed(void **state)
{
    (void)state;
    place p;
    char  path[TINY_PATH];
    place_open(&p);
    tiny_join(path, p.dir, "checkpoint.safetensors.tmp-1-0");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(train(&p, (recur_run_opts){.steps = 1}, NULL, NULL), RECUR_OK);
    assert_false(exists(p.dir, "checkpoint.safetensors.tmp-1-0"));
    place_close(&p);
}

/* ---- resuming ---- */

static void resuming_what_is_finished_or_not_begun(void **state)
{
    (void)state;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {.steps = 30, .resume = true};
    place          p;
    recur_report   first, again;
    bool           finished = true;
    place_open(&p);
    assert_int_equal(recur_run_finished(p.t.ctx, p.dir, &finished), RECUR_OK);
    assert_false(finished);
    assert_int_equal(train(&p, opts, NULL, &first), RECUR_OK);
    assert_int_equal(first.step, 30);
    assert_int_equal(recur_run_finished(p.t.ctx, p.dir, &finished), RECUR_OK);
    assert_true(finished);

    size_t n, m;
    char  *before = tiny_read(p.dir, "log.jsonl", &n);
    renew(&p, &spec);
    assert_int_equal(train(&p, opts, NULL, &again), RECUR_OK);
    char *after = tiny_read(p.dir, "log.jsonl", &m);
    assert_int_equal(again.event, RECUR_EVENT_DONE);
    assert_int_equal(again.step, 30);
    assert_true(again.loss == first.loss && again.best_valid == first.best_valid);
    assert_string_equal(before, after);
    recur_lm_score score;
    assert_int_equal(recur_lm_evaluate(p.t.model, p.t.valid, NULL, &score), RECUR_OK);
    assert_true(score.loss == first.best_valid);
    free(before);
    free(after);
    place_close(&p);
}

static bool stop_slowly(void *user, double progress, const recur_report *last)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    return stopper_tick(user, progress, last);
}

static void the_budget_may_change_between_sessions(void **state)
{
    (void)state;
    recur_lm_spec spec = tiny_spec();
    place         p;
    recur_report  done;
    stopper       s = {.stop_at = 5};
    place_open(&p);
    recur_run_hooks hooks = {.user = &s, .tick = stop_slowly};
    assert_int_equal(train(&p, (recur_run_opts){.steps = 500}, &hooks, NULL), RECUR_STOPPED);
    renew(&p, &spec);
    recur_run_opts opts = {.epochs = 1, .report_every = 3, .save_every_seconds = 7, .resume = true};
    assert_int_equal(train(&p, opts, NULL, &done), RECUR_OK);
    assert_int_equal(done.step, 22);
    assert_true(done.seconds >= 0.1); /* the first session's five ticks count */
    place_close(&p);
}

static void a_larger_budget_wakes_a_finished_run(void **state)
{
    (void)state;
    recur_lm_spec  spec = tiny_spec();
    place          p;
    recur_report   done;
    recur_run_opts opts = {.steps = 10};
    place_open(&p);
    assert_int_equal(train(&p, opts, NULL, &done), RECUR_OK);
    opts = (recur_run_opts){.steps = 15, .resume = true};
    renew(&p, &spec);
    assert_int_equal(train(&p, opts, NULL, &done), RECUR_OK);
    assert_int_equal(done.step, 15);

    opts =
        (recur_run_opts){.epochs = 40, .eval_every = 2, .patience = 1, .overwrite = true, .train = {.lr = 1}};
    renew(&p, &spec);
    assert_int_equal(train(&p, opts, NULL, &done), RECUR_OK);
    int64_t step = done.step;
    assert_true(step < 40 * 22);
    opts.overwrite = false;
    opts.resume = true;
    opts.epochs = 80; /* out of patience it stays finished */
    renew(&p, &spec);
    assert_int_equal(train(&p, opts, NULL, &done), RECUR_OK);
    assert_int_equal(done.step, step);
    place_close(&p);
}

typedef struct change {
    const char      *words;
    recur_run_opts   opts;
    recur_lm_batches batches;
    recur_lm_spec    spec;
    bool             without_valid;
} change;

static void what_does_not_match_is_refused_and_named(void **state)
{
    (void)state;
    const recur_run_opts same = {.steps = 50, .seed = 4, .data_checksum = 77, .train = {.clip_norm = 1}};
    const recur_lm_spec  spec = tiny_spec();
    change               changes[9];
    const char *const    words[9] = {"data checksum", "seed",          "lr",    "clip norm",        "batch",
                                     "hidden",        "dropout = 0.2", "carry", "validation tokens"};
    for (int i = 0; i < 9; i++) changes[i] = (change){words[i], same, small, spec, false};
    changes[0].opts.data_checksum = 78;
    changes[1].opts.seed = 5;
    changes[2].opts.train.lr = 0.1;
    changes[3].opts.train.clip_norm = 2;
    changes[4].batches.batch = 5;
    changes[5].spec.rnn.hidden = 9;
    changes[6].spec.dropout = 0.21;
    changes[7].batches.reset_state = true;
    changes[8].without_valid = true;

    place   p;
    stopper s = {.stop_at = 30};
    size_t  n, m;
    place_open(&p);
    recur_run_hooks hooks = {.user = &s, .tick = stopper_tick};
    assert_int_equal(train(&p, same, &hooks, NULL), RECUR_STOPPED);
    char *before = tiny_read(p.dir, "checkpoint.safetensors", &n);
    for (int i = 0; i < 9; i++) {
        change *c = &changes[i];
        renew(&p, &c->spec);
        c->opts.dir = p.dir;
        c->opts.resume = true;
        assert_int_equal(recur_lm_train(p.t.model, p.t.train, c->without_valid ? NULL : p.t.valid,
                                        &c->batches, &c->opts, NULL, NULL),
                         RECUR_EMISMATCH);
        assert_says(&p, c->words);
    }
    char *after = tiny_read(p.dir, "checkpoint.safetensors", &m);
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    free(before);
    free(after);
    place_close(&p);
}

/* A model file that vanished, or a checkpoint of something else, is said so and not trained over. */
static void a_run_with_parts_missing_is_refused(void **state)
{
    (void)state;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {.epochs = 40, .eval_every = 2, .train = {.lr = 0.3}};
    place          p;
    char           path[TINY_PATH];
    stopper        s = {.stop_at = 250};
    place_open(&p);
    recur_run_hooks hooks = {.user = &s, .tick = stopper_tick};
    assert_int_equal(train(&p, opts, &hooks, NULL), RECUR_STOPPED);
    opts.resume = true;
    tiny_join(path, p.dir, "model.safetensors");
    assert_int_equal(unlink(path), 0);
    renew(&p, &spec);
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_EIO);
    assert_says(&p, "model.safetensors");

    tiny_join(path, p.dir, "checkpoint.safetensors");
    assert_int_equal(recur_params_save(recur_model_params(p.t.model), path), RECUR_OK);
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_EMODEL);
    assert_says(&p, "no checkpoint");
    bool finished;
    assert_int_equal(recur_run_finished(p.t.ctx, p.dir, &finished), RECUR_EMODEL);
    place_close(&p);
}

/* ---- when things go wrong ---- */

static void a_loss_that_is_not_finite_keeps_the_last_checkpoint(void **state)
{
    (void)state;
    place          p;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {
        .epochs = 5, .save_every_seconds = 1e-9, .train = {.optim = RECUR_SGD, .lr = 1e38}};
    place_open(&p);
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_EDIVERGED);
    assert_says(&p, "step");
    assert_says(&p, "the last good checkpoint is kept");
    /* resumed it diverges again, at a step that is named: its weights are finite */
    renew(&p, &spec);
    opts.resume = true;
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_EDIVERGED);
    assert_says(&p, "the last good checkpoint is kept");
    recur_model *model;
    assert_int_equal(recur_model_load(p.t.ctx, p.dir, &model), RECUR_OK);
    recur_model_destroy(model);
    place_close(&p);
}

/* An update that writes infinities by itself: nothing of it reaches a file. */
static void weights_that_are_not_finite_are_never_saved(void **state)
{
    (void)state;
    place          p;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {
        .epochs = 5, .save_every_seconds = 1e-9, .train = {.optim = RECUR_SGD, .lr = 1e200}};
    place_open(&p);
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_EDIVERGED);
    assert_says(&p, "a weight is not finite after step 1");
    assert_says(&p, "the last good checkpoint is kept, that of step 0");
    renew(&p, &spec);
    opts.resume = true;
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_EDIVERGED);
    assert_says(&p, "a weight is not finite after step 1");
    place_close(&p);
}

/* Limits the size of files in the middle of a run: to writes it looks like a full disk. */
typedef struct filler {
    int64_t       ticks, at;
    rlim_t        bytes;
    struct rlimit old;
} filler;

static bool fill_disk(void *user, double progress, const recur_report *last)
{
    (void)progress;
    (void)last;
    filler *f = user;
    if (++f->ticks == f->at) {
        struct rlimit now = {f->bytes, f->old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
    }
    return true;
}

static void a_full_disk_leaves_the_last_checkpoint_whole(void **state)
{
    (void)state;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {.epochs = 3, .report_every = 2, .save_every_seconds = 1e-9};
    place          p, whole;
    place_open(&whole);
    assert_int_equal(train(&whole, opts, NULL, NULL), RECUR_OK);
    struct sigaction old, ignore = {.sa_handler = SIG_IGN};
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &old), 0);
    const rlim_t sizes[] = {0, 100, 3000, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        filler f = {.at = 20 + 2 * (int64_t)i, .bytes = sizes[i]};
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &f.old), 0);
        place_open(&p);
        recur_run_hooks hooks = {.user = &f, .tick = fill_disk};
        opts.resume = false;
        recur_status status = train(&p, opts, &hooks, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &f.old), 0);
        assert_int_equal(status, RECUR_EIO);
        assert_says(&p, "cannot write");
        assert_says(&p, "the last good checkpoint is kept");
        renew(&p, &spec);
        opts.resume = true;
        assert_int_equal(train(&p, opts, NULL, NULL), RECUR_OK);
        tiny_assert_same_run(whole.dir, p.dir);
        place_close(&p);
    }
    assert_int_equal(sigaction(SIGXFSZ, &old, NULL), 0);
    place_close(&whole);
}

static bool stop_at_validation(void *user, const recur_report *report)
{
    if (report->event != RECUR_EVENT_VALID) return true;
    *(double *)user = report->loss;
    return false;
}

/* Killed after a checkpoint and before the model file that goes with it: the next session writes it. */
static void a_model_file_older_than_its_checkpoint_is_written_again(void **state)
{
    (void)state;
    recur_lm_spec  spec = tiny_spec();
    recur_run_opts opts = {.epochs = 2,
                           .train = {.lr = 0.01, .schedule = {.kind = RECUR_EXPONENTIAL, .factor = 300}}};
    place          p, whole;
    recur_report   done;
    double         first;
    size_t         n;
    char           path[TINY_PATH];
    place_open(&whole);
    /* the first epoch learns; the second, at 300 times the rate, forgets */
    assert_int_equal(train(&whole, opts, NULL, NULL), RECUR_OK);

    place_open(&p);
    tiny_join(path, p.dir, "model.safetensors");
    recur_run_hooks hooks = {.user = &first, .report = stop_at_validation};
    assert_int_equal(train(&p, opts, &hooks, NULL), RECUR_STOPPED);
    char *current = tiny_read(p.dir, "model.safetensors", &n);
    renew(&p, &spec);
    assert_int_equal(recur_model_save(p.t.model, path), RECUR_OK); /* stale: the weights before step 1 */
    opts.resume = true;
    assert_int_equal(train(&p, opts, NULL, &done), RECUR_OK);
    assert_true(done.best_valid == first && done.step == 44);
    size_t m;
    char  *found = tiny_read(p.dir, "model.safetensors", &m);
    assert_int_equal(n, m);
    assert_memory_equal(current, found, n);
    free(current);
    free(found);
    tiny_assert_same_run(whole.dir, p.dir);
    place_close(&p);
    place_close(&whole);
}

static void a_log_that_was_lost_is_begun_again(void **state)
{
    (void)state;
    recur_lm_spec spec = tiny_spec();
    place         p;
    char          path[TINY_PATH];
    stopper       s = {.stop_at = 10};
    size_t        n;
    place_open(&p);
    recur_run_hooks hooks = {.user = &s, .tick = stopper_tick};
    recur_run_opts  opts = {.steps = 20, .report_every = 5};
    assert_int_equal(train(&p, opts, &hooks, NULL), RECUR_STOPPED);
    tiny_join(path, p.dir, "log.jsonl");
    assert_int_equal(unlink(path), 0);
    renew(&p, &spec);
    opts.resume = true;
    assert_int_equal(train(&p, opts, NULL, NULL), RECUR_OK);
    char   *text = tiny_read(p.dir, "log.jsonl", &n), *at = text;
    json_t *line = tiny_next_line(&at);
    assert_number(line, "step", 15);
    json_decref(line);
    free(text);
    place_close(&p);
}

static void options_that_cannot_be_are_refused_before_anything_is_written(void **state)
{
    (void)state;
    place p;
    place_open(&p);
    const recur_run_opts bad[] = {
        {.steps = -1},
        {.epochs = -1},
        {.minutes = -0.5},
        {.minutes = NAN},
        {.save_every_seconds = INFINITY},
        {.patience = -1},
        {.eval_every = -1},
        {.report_every = -2},
        {.resume = true, .overwrite = true},
        {.train = {.lr = -1}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(train(&p, bad[i], NULL, NULL), RECUR_EARG);
    const recur_lm_batches worse[] = {{.batch = -1}, {.bptt = -3}, {.reduction = RECUR_SUM}};
    recur_run_opts         opts = {.dir = p.dir};
    for (size_t i = 0; i < sizeof worse / sizeof *worse; i++)
        assert_int_equal(recur_lm_train(p.t.model, p.t.train, NULL, &worse[i], &opts, NULL, NULL),
                         RECUR_EARG);
    assert_int_equal(recur_lm_train(p.t.model, NULL, NULL, NULL, &opts, NULL, NULL), RECUR_EARG);
    assert_int_equal(
        recur_lm_train(p.t.model, p.t.train, NULL, NULL, &(recur_run_opts){.resume = true}, NULL, NULL),
        RECUR_EARG);
    const recur_lm_batches wide = {.batch = TINY_TRAIN}, lengthy = {.batch = 4, .bptt = TINY_VALID};
    assert_int_equal(recur_lm_train(p.t.model, p.t.train, NULL, &wide, &opts, NULL, NULL), RECUR_EDATA);
    assert_says(&p, "700");
    assert_int_equal(recur_lm_train(p.t.model, p.t.train, p.t.valid, &lengthy, &opts, NULL, NULL),
                     RECUR_EDATA);
    assert_says(&p, "150");
    assert_false(exists(p.dir, "lock"));
    place_close(&p);
}

/* The widest batch the data allow: parts of one token, one step per epoch. */
static void parts_of_a_single_step_can_be_trained(void **state)
{
    (void)state;
    place p;
    place_open(&p);
    const recur_lm_batches wide = {.batch = TINY_TRAIN - 1};
    recur_report           done;
    assert_int_equal(
        recur_lm_train(p.t.model, p.t.train, NULL, &wide, &(recur_run_opts){.epochs = 3}, NULL, &done),
        RECUR_OK);
    assert_int_equal(done.step, 3);
    assert_true(isnan(done.best_valid) && isfinite(done.loss));
    place_close(&p);
}

/* With one window per epoch there is nothing to carry: an epoch starts from the initial state. */
static void no_state_goes_from_epoch_to_epoch(void **state)
{
    (void)state;
    recur_lm_spec spec = tiny_spec();
    place         p;
    recur_report  carried, reset;
    place_open(&p);
    recur_lm_batches batches = {.batch = 4, .bptt = 200};
    recur_run_opts   opts = {.epochs = 4};
    assert_int_equal(recur_lm_train(p.t.model, p.t.train, NULL, &batches, &opts, NULL, &carried), RECUR_OK);
    renew(&p, &spec);
    batches.reset_state = true;
    assert_int_equal(recur_lm_train(p.t.model, p.t.train, NULL, &batches, &opts, NULL, &reset), RECUR_OK);
    assert_true(carried.loss == reset.loss);

    batches.bptt = 50; /* four windows: now it matters */
    renew(&p, &spec);
    assert_int_equal(recur_lm_train(p.t.model, p.t.train, NULL, &batches, &opts, NULL, &reset), RECUR_OK);
    renew(&p, &spec);
    batches.reset_state = false;
    assert_int_equal(recur_lm_train(p.t.model, p.t.train, NULL, &batches, &opts, NULL, &carried), RECUR_OK);
    assert_true(carried.loss != reset.loss);
    place_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directory_is_complete_before_step_1),
        cmocka_unit_test(the_log_says_what_the_reports_said),
        cmocka_unit_test(the_model_file_tells_of_its_training),
        cmocka_unit_test(whichever_budget_comes_first_ends_the_run),
        cmocka_unit_test(patience_ends_a_run_and_the_best_is_kept),
        cmocka_unit_test(without_a_directory_nothing_is_written_and_the_result_is_the_same),
        cmocka_unit_test(an_existing_run_is_only_overwritten_when_asked),
        cmocka_unit_test(one_process_at_a_time_has_a_run),
        cmocka_unit_test(a_directory_that_cannot_be_written_is_named),
        cmocka_unit_test(temporary_files_of_a_killed_process_are_removed),
        cmocka_unit_test(resuming_what_is_finished_or_not_begun),
        cmocka_unit_test(the_budget_may_change_between_sessions),
        cmocka_unit_test(a_larger_budget_wakes_a_finished_run),
        cmocka_unit_test(what_does_not_match_is_refused_and_named),
        cmocka_unit_test(a_run_with_parts_missing_is_refused),
        cmocka_unit_test(a_loss_that_is_not_finite_keeps_the_last_checkpoint),
        cmocka_unit_test(weights_that_are_not_finite_are_never_saved),
        cmocka_unit_test(a_full_disk_leaves_the_last_checkpoint_whole),
        cmocka_unit_test(a_model_file_older_than_its_checkpoint_is_written_again),
        cmocka_unit_test(a_log_that_was_lost_is_begun_again),
        cmocka_unit_test(options_that_cannot_be_are_refused_before_anything_is_written),
        cmocka_unit_test(parts_of_a_single_step_can_be_trained),
        cmocka_unit_test(no_state_goes_from_epoch_to_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
