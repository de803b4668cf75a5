/* A run of training: everything that can be checked is checked before anything is written; then the library trains, and what it
 * reports is shown.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "memory.h"
#include "train.h"
#include "watch.h"

enum { REPORT_EVERY = 20 }; /* steps */

typedef struct job {
    app         *app;
    options     *o;
    const task  *task;
    const char  *dir;
    bool         is_resumed, is_replaced;
    void        *data; /* the task's */
    recur_model *model;
    char        *config;
    store        store;
    bool         has_begun;
    recur_report last; /* the newest report of steps: validation has no rate */
    watch        watch;
    double       said; /* seconds of training at the last step line; 0: none yet */
} job;

/* ---- reports ---- */

static bool report_json(const job *j, const recur_report *r)
{
    char   line[RECUR_REPORT_BYTES];
    size_t n = recur_report_json(r, j->dir, line, sizeof line);
    if (n == 0) memory_is_out();
    return output_bytes(j->app, line, n);
}

/* Said when the library has begun: until then it may refuse. */
static void say_start(job *j)
{
    if (j->has_begun) return;
    j->has_begun = true;
    progress_say(j->app, "%s %s: %" PRId64 " parameters", j->is_resumed ? "resuming" : "training", j->dir,
                 recur_params_count(recur_model_params(j->model)));
    j->task->say_data(j->app, j->o, j->data, j->model);
}

static void say_step(const job *j, const recur_report *r)
{
    char loss[32];
    if (j->app->bar.is_terminal) return; /* the bar says it */
    progress_say(j->app,
                 "step %" PRId64 "  epoch %" PRId64
                 "  loss %s  norm %.3g  clipped %.0f %%  rate %.3g  %.0f tokens/s  "
                 "%.1f s",
                 r->step, r->epoch, progress_loss(r->loss, loss), r->grad_norm, 100 * r->clip_rate, r->lr,
                 r->items_per_s, r->seconds);
}

/* Validation's figures: those that people compare, then the loss. */
static void say_figures(const recur_report *r, char *text, size_t size)
{
    char   nats[32], bits[32];
    size_t n = 0;
    if (isfinite(r->score)) n += (size_t)snprintf(text + n, size - n, "score %.2f, ", r->score);
    if (isfinite(r->f1)) n += (size_t)snprintf(text + n, size - n, "F1 %.2f %%, ", 100 * r->f1);
    if (isfinite(r->accuracy))
        n += (size_t)snprintf(text + n, size - n, "accuracy %.2f %%, ", 100 * r->accuracy);
    n += (size_t)snprintf(text + n, size - n, "%s nats", progress_loss(r->loss, nats));
    if (!isfinite(r->accuracy))
        snprintf(text + n, size - n, ", %s bits", progress_loss(r->loss / log(2), bits));
}

static recur_criterion stop_on(const options *o)
{
    static const char *const names[] = {"loss", "accuracy", "f1", "bleu"}; /* in the order of the enum */
    const option_value      *v = options_look(o, "stop-on");
    for (int i = 0; v && v->n_texts && i < 4; i++)
        if (strcmp(v->texts[0], names[i]) == 0) return (recur_criterion)i;
    return RECUR_STOP_ON_LOSS;
}

static void say_valid(const job *j, const recur_report *r)
{
    char         figures[160];
    const double of[] = {r->loss, r->accuracy, r->f1, r->score};
    say_figures(r, figures, sizeof figures);
    progress_say(j->app, "step %" PRId64 "  epoch %" PRId64 "  validation %s%s", r->step, r->epoch, figures,
                 of[stop_on(j->o)] == r->best_valid ? "  (best)" : "");
}

static void say_done(const job *j, const recur_report *r)
{
    char            time[32], nats[32], bits[32], best[128] = "";
    recur_criterion by = stop_on(j->o);
    if (isfinite(r->best_valid) && by == RECUR_STOP_ON_LOSS)
        snprintf(best, sizeof best, ", best validation %s nats, %s bits", progress_loss(r->best_valid, nats),
                 progress_loss(r->best_valid / log(2), bits));
    else if (isfinite(r->best_valid) && by == RECUR_STOP_ON_SCORE)
        snprintf(best, sizeof best, ", best validation score %.2f", r->best_valid);
    else if (isfinite(r->best_valid))
        snprintf(best, sizeof best, ", best validation %s %.2f %%",
                 by == RECUR_STOP_ON_F1 ? "F1" : "accuracy", 100 * r->best_valid);
    progress_say(j->app, "done: %" PRId64 " steps in %s%s", r->step, progress_time(r->seconds, time), best);
}

/* The library's report hook. */
static bool on_report(void *user, const recur_report *r)
{
    job *j = user;
    say_start(j);
    bool is_time =
        j->said == 0 || r->seconds >= j->said + 1; /* the log has all lines; people want one a second */
    if (r->event == RECUR_EVENT_STEP && is_time) {
        say_step(j, r);
        j->said = r->seconds;
    }
    if (r->event == RECUR_EVENT_VALID) say_valid(j, r);
    if (r->event == RECUR_EVENT_DONE) say_done(j, r);
    watch_report(&j->watch, r);
    if (j->app->json) report_json(j, r);
    return !signals_pending() && !j->app->is_broken && !j->app->output_error;
}

/* The library's tick hook. */
static bool on_tick(void *user, double share, const recur_report *last)
{
    job *j = user;
    say_start(j);
    if (last->event == RECUR_EVENT_STEP) j->last = *last; /* those of a session before this one too */
    progress_draw(j->app, share, &j->last);
    return !signals_pending() && !j->app->is_broken && !j->app->output_error;
}

/* The library's hook for --diagnose. */
static recur_status on_diagnose(void *user, recur_pulse *pulse)
{
    job *j = user;
    return watch_look(&j->watch, pulse);
}

/* ---- before ---- */

/* Write into the model which data it comes from; a resumed run compares before it looks at anything else. */
static const char data_note[] = "data";

static void data_says(const job *j, char text[32])
{
    snprintf(text, 32, "fnv1a:%016" PRIx64, j->task->checksum(j->data));
}

static int note_data(job *j)
{
    char text[32];
    data_says(j, text);
    recur_status status = recur_model_set_note(j->model, data_note, text);
    return status ? output_failure(j->app, status) : RECUR_OK;
}

static int check_same_data(job *j)
{
    char         found[32];
    recur_model *model = NULL;
    int          code = RECUR_OK;
    data_says(j, found);
    if (!j->is_resumed || recur_model_load(j->app->ctx, j->dir, &model))
        return code; /* resuming says what is wrong with it */
    const char *wanted = recur_model_note(model, data_note);
    if (wanted && strcmp(wanted, found) != 0)
        code = output_error(j->app, RECUR_EMISMATCH,
                            "the data of %s have changed since it began: wanted %s, found %s", j->dir, wanted,
                            found);
    recur_model_destroy(model);
    return code;
}

/* ---- training ---- */

static recur_run_opts run_opts(const job *j)
{
    const options *o = j->o;
    return (recur_run_opts){
        .dir = j->dir,
        .overwrite = j->is_replaced,
        .resume = j->is_resumed,
        .config = j->config,
        .data_checksum = j->task->checksum(j->data),
        .seed = (uint64_t)options_int(o, "seed"),
        .epochs = options_int(o, "epochs"),
        .steps = options_int(o, "steps"),
        .minutes = options_number(o, "minutes"),
        .eval_every = options_int(o, "eval-every"),
        .report_every = REPORT_EVERY,
        .diagnose_every = j->watch.every,
        .patience = options_int(o, "patience"),
        .stop_on = stop_on(o),
        .save_every_seconds = options_number(o, "save-every"),
        .train = train_opts(o),
    };
}

static int say_stopped(const job *j)
{
    int number = signals_pending();
    progress_clear(j->app);
    if (!number) return RECUR_OK; /* stdout is gone or full; output_end says so */
    progress_say(j->app, "%s: saved; 'recur resume %s' goes on",
                 number == SIGINT ? "interrupted" : "terminated", j->dir);
    return RECUR_OK;
}

static int train(job *j)
{
    const recur_probe_data looks_at = j->task->looks_at(j->data);
    recur_status           status = watch_open(&j->watch, j->app, j->o, j->model, &looks_at);
    if (status) return output_failure(j->app, status);
    const recur_run_hooks hooks = {.user = j, .report = on_report, .tick = on_tick, .diagnose = on_diagnose};
    const recur_run_opts  opts = run_opts(j);
    signals_catch();
    progress_begin(j->app);
    status = j->task->learn(j->model, j->o, j->data, &opts, &hooks);
    progress_clear(j->app);
    if (status == RECUR_STOPPED) return say_stopped(j);
    if (status == RECUR_EDIVERGED)
        return output_error(j->app, status, "%s; a smaller --lr may help", recur_error(j->app->ctx));
    if (status) return output_failure(j->app, status);
    if (!j->has_begun) {
        progress_say(
            j->app,
            "the run in %s is finished; a larger budget (--epochs, --steps, --minutes) gives it more to do",
            j->dir);
        return RECUR_OK;
    }
    progress_say(j->app, "try: recur %s %s", j->task->next, j->dir);
    if (!j->app->json) output_format(j->app, "%s\n", j->dir);
    return RECUR_OK;
}

static int run_job(job *j)
{
    const task *t = j->task;
    int         code = t->read(j->app, j->o, j->data);
    if (!code) code = check_same_data(j);
    if (!code) code = t->make(j->app, j->o, j->data, &j->model);
    if (!code && !j->is_resumed) code = t->keep(j->app, j->o, j->data, &j->store);
    if (!code) code = note_data(j);
    if (code) return code;
    j->config = config_write(j->o);
    return j->config ? train(j) : output_error(j->app, RECUR_EARG, "%s", j->o->error);
}

int train_run(app *a, options *o, const task *t, const char *dir, bool is_resumed)
{
    job j = {.app = a, .o = o, .task = t, .dir = dir, .is_resumed = is_resumed, .store = {.dir = dir}};
    j.data = need_memory(1, t->data_bytes);
    j.last.loss = NAN;
    j.is_replaced = !is_resumed && options_on(o, "overwrite");
    int code = run_job(&j);
    store_settle(&j.store, j.config, j.is_replaced);
    store_free(&j.store);
    recur_probe_destroy(j.watch.probe);
    recur_model_destroy(j.model);
    t->free_data(a, j.data);
    free(j.data);
    free(j.config);
    return code;
}
