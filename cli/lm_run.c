/* Training a language model: everything that can be checked is checked before anything is written; then the library trains, and what it
 * reports is shown.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "store.h"
#include "train.h"

enum { REPORT_EVERY = 20 }; /* steps */

typedef struct job {
    app         *app;
    options     *o;
    const char  *dir;
    bool         is_resumed, is_replaced;
    lm_data      data;
    recur_model *model;
    char        *config;
    store        store;
    bool         has_begun;
    recur_report last; /* the newest report of steps: validation has no rate */
    double       said; /* seconds of training at the last step line; 0: none yet */
} job;

/* ---- reports ---- */

static const char *event_name(recur_event event)
{
    static const char *const names[] = {"step", "valid", "done"};
    return names[event];
}

static bool report_json(const job *j, const recur_report *r)
{
    json_t *line = json_pack("{s:s,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "event", event_name(r->event), "step",
                             (json_int_t)r->step, "epoch", (json_int_t)r->epoch, "loss",
                             output_number(r->loss), "grad_norm", output_number(r->grad_norm), "clip_rate",
                             output_number(r->clip_rate), "lr", output_number(r->lr), "items_per_s",
                             output_number(r->items_per_s), "seconds", output_number(r->seconds));
    if (line && r->event == RECUR_EVENT_DONE) {
        json_object_set_new(line, "best_valid", output_number(r->best_valid));
        json_object_set_new(line, "run", output_string(j->dir, strlen(j->dir)));
    }
    return output_json(j->app, line);
}

/* Said when the library has begun: until then it may refuse. */
static void say_start(job *j)
{
    if (j->has_begun) return;
    j->has_begun = true;
    static const char *const names[] = {"characters", "bytes", "words"};
    const char              *unit = names[lm_unit(j->o)];
    progress_say(j->app, "%s %s: %" PRId64 " parameters, %" PRId64 " different %s",
                 j->is_resumed ? "resuming" : "training", j->dir,
                 recur_params_count(recur_model_params(j->model)),
                 recur_vocab_size(recur_model_vocab(j->model)), unit);
    if (j->data.valid)
        progress_say(j->app, "data: %" PRId64 " %s to learn from, %" PRId64 " to validate",
                     recur_corpus_size(j->data.train), unit, recur_corpus_size(j->data.valid));
    else
        progress_say(j->app, "data: %" PRId64 " %s to learn from", recur_corpus_size(j->data.train), unit);
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

static void say_valid(const job *j, const recur_report *r)
{
    char nats[32], bits[32];
    progress_say(j->app, "step %" PRId64 "  epoch %" PRId64 "  validation %s nats, %s bits%s", r->step,
                 r->epoch, progress_loss(r->loss, nats), progress_loss(r->loss / log(2), bits),
                 r->loss <= r->best_valid ? "  (best)" : "");
}

static void say_done(const job *j, const recur_report *r)
{
    char time[32], nats[32], bits[32], best[128] = "";
    if (isfinite(r->best_valid))
        snprintf(best, sizeof best, ", best validation %s nats, %s bits", progress_loss(r->best_valid, nats),
                 progress_loss(r->best_valid / log(2), bits));
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

/* ---- before ---- */

/* Make the model; it takes the vocabulary. */
static int make_model(job *j)
{
    recur_lm_spec spec = lm_spec(j->o);
    recur_vocab  *vocab = j->data.vocab;
    j->data.vocab = NULL;
    recur_status status =
        recur_lm_create(j->app->ctx, &spec, vocab, (uint64_t)options_int(j->o, "seed"), &j->model);
    return status ? output_failure(j->app, status) : RECUR_OK;
}

/* Keep a text that cannot be read again, and let the configuration name the copy. */
static int keep(job *j, const char *name, recur_text *text)
{
    const char *path;
    recur_text  copy = {0};
    if (!text->is_stream) return RECUR_OK;
    int code = store_text(j->app, &j->store, text, &path);
    if (code) return code;
    options_set(j->o, name, SOURCE_COMMAND, path);
    recur_status status = recur_text_read(j->app->ctx, lm_unit(j->o), 1, &path, &copy);
    text->checksum = copy.checksum; /* of the bytes that resuming will see */
    recur_text_free(j->app->ctx, &copy);
    return status ? output_failure(j->app, status) : RECUR_OK;
}

static int keep_streams(job *j)
{
    if (j->is_resumed) return RECUR_OK;
    int code = keep(j, "data", &j->data.text);
    return code ? code : keep(j, "valid", &j->data.valid_text);
}

/* Write into the model which data it comes from; a resumed run compares before it looks at anything else. */
static const char data_note[] = "data";

static void data_says(const job *j, char text[32])
{
    snprintf(text, 32, "fnv1a:%016" PRIx64, lm_checksum(&j->data));
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
        .data_checksum = lm_checksum(&j->data),
        .seed = (uint64_t)options_int(o, "seed"),
        .epochs = options_int(o, "epochs"),
        .steps = options_int(o, "steps"),
        .minutes = options_number(o, "minutes"),
        .eval_every = options_int(o, "eval-every"),
        .report_every = REPORT_EVERY,
        .patience = options_int(o, "patience"),
        .save_every_seconds = options_number(o, "save-every"),
        .train = lm_train_opts(o, lm_steps_per_epoch(o, &j->data)),
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
    const options         *o = j->o;
    const recur_lm_batches batches = {
        .batch = options_int(o, "batch"),
        .bptt = options_int(o, "bptt"),
        .reset_state = !options_on(o, "carry-state"),
        .reduction = options_find(o, "loss")->choice == 1 ? RECUR_SUM_OVER_TIME : RECUR_MEAN,
    };
    const recur_run_hooks hooks = {.user = j, .report = on_report, .tick = on_tick};
    const recur_run_opts  opts = run_opts(j);
    signals_catch();
    progress_begin(j->app);
    recur_status status =
        recur_lm_train(j->model, j->data.train, j->data.valid, &batches, &opts, &hooks, NULL);
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
    progress_say(j->app, "try: recur generate %s", j->dir);
    if (!j->app->json) output_format(j->app, "%s\n", j->dir);
    return RECUR_OK;
}

static int run_job(job *j)
{
    int code = lm_data_read(j->app, j->o, &j->data);
    if (!code) code = check_same_data(j);
    if (!code) code = lm_data_encode(j->app, j->o, &j->data);
    if (!code) code = make_model(j);
    if (!code) code = keep_streams(j);
    if (!code) code = note_data(j);
    if (code) return code;
    j->config = config_write(j->o);
    return j->config ? train(j) : output_error(j->app, RECUR_EARG, "%s", j->o->error);
}

int lm_run(app *a, options *o, const char *dir, bool is_resumed)
{
    job j = {.app = a, .o = o, .dir = dir, .is_resumed = is_resumed, .store = {.dir = dir}};
    j.last.loss = NAN;
    j.is_replaced = !is_resumed && options_on(o, "overwrite");
    int code = run_job(&j);
    store_settle(&j.store, j.config, j.is_replaced);
    store_free(&j.store);
    recur_model_destroy(j.model);
    lm_data_free(a, &j.data);
    free(j.config);
    return code;
}
