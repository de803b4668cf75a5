/* The loop of every training run: steps, reports, validations, checkpoints, budgets.
 *
 * What happens next is a function of the saved state alone (steps made, run_state.h) and of the options, never of the session: a
 * validation is due because the last validated step is not the current one, not because a step was just made. So stopping and going on
 * at any point of the loop changes nothing.
 *
 * A save writes the checkpoint first and the model file second, and the model file only while the weights it wants are the
 * checkpoint's own (model_is_current). Killed between the two, the next session writes the model file again from the checkpoint; at
 * every other moment both belong together.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dev/dev.h"
#include "train/log_line.h"
#include "train/run_state.h"
#include "train/rundir.h"
#include "train/task.h"

typedef struct run {
    recur_ctx      *ctx;
    recur_params   *params;
    const ri_task  *task;
    recur_run_opts  opts; /* completed */
    recur_run_hooks hooks;
    recur_trainer  *trainer;
    recur_tape     *tape;
    ri_rundir      *dir;  /* NULL: nothing is written */
    void           *best; /* the best weights, a block like the params'; NULL without validation */
    ri_array    *arrays;  /* what checkpoints hold beside the trainer: the state's numbers, then the task's */
    size_t       n_arrays;
    ri_run_state state;
    recur_report last;       /* the last report */
    int64_t      saved_step; /* of the last checkpoint, -1: none yet */
    double       started,
        saved; /* clock: when the session began, less what earlier ones took; when it saved last */
    bool           is_stopping;
    ri_fingerprint fingerprint;
    char           note[RECUR_REPORT_BYTES]; /* "training" of the model file */
} run;

static const char fingerprint_key[] = "run", note_key[] = "training";

/* ---- where the run stands ---- */

static int64_t step_of(const run *r)
{
    return recur_trainer_steps(r->trainer);
}

/* The epoch that step number `step`, from 1, belongs to. */
static int64_t epoch_of(const run *r, int64_t step)
{
    return step < 1 ? 1 : (step - 1) / r->task->steps_per_epoch + 1;
}

static double seconds_of(const run *r)
{
    return ri_clock_seconds() - r->started;
}

static double progress_of(const run *r)
{
    const recur_run_opts *o = &r->opts;
    double                step = (double)step_of(r), share = 0;
    if (o->steps) share = fmax(share, step / (double)o->steps);
    if (o->epochs) share = fmax(share, step / ((double)o->epochs * (double)r->task->steps_per_epoch));
    if (o->minutes > 0) share = fmax(share, seconds_of(r) / (60 * o->minutes));
    return fmin(share, 1);
}

static bool is_over(const run *r)
{
    const recur_run_opts *o = &r->opts;
    return progress_of(r) >= 1 || (o->patience && r->state.n_worse >= (double)o->patience);
}

static bool wants_validation(const run *r, bool over)
{
    int64_t step = step_of(r);
    int64_t every = r->opts.eval_every ? r->opts.eval_every : r->task->steps_per_epoch;
    if (!r->task->validate || step == 0 || r->state.validated_step == (double)step) return false;
    return over || step % every == 0;
}

/* Whether model.safetensors is to hold the present weights: they are the best, or nothing has been validated yet. */
static bool model_is_current(const run *r)
{
    return isnan(r->state.best_valid) || r->state.best_step == (double)step_of(r);
}

/* ---- reports ---- */

static recur_status emit(run *r, recur_report report)
{
    report.seconds = seconds_of(r);
    report.progress = report.event == RECUR_EVENT_DONE ? 1 : progress_of(r);
    if (report.event != RECUR_EVENT_DIAGNOSE) r->last = report; /* what goes on is told by the others */
    if (r->dir) {
        char         line[RECUR_REPORT_BYTES];
        size_t       n = recur_report_json(&report, r->dir->path, line, sizeof line);
        recur_status status =
            n ? ri_rundir_append(r->dir, line, n) : ri_no_memory(r->ctx, "a line of the log");
        if (status) return status;
    }
    if (r->hooks.report && !r->hooks.report(r->hooks.user, &report)) r->is_stopping = true;
    return RECUR_OK;
}

static recur_status report_steps(run *r)
{
    int64_t step = step_of(r), epoch = epoch_of(r, step_of(r));
    double  lr = recur_schedule_rate(&r->trainer->opts.schedule, r->trainer->opts.lr, epoch, step);
    ri_run_state_close(&r->state, step, epoch, lr);
    return emit(r, ri_run_state_report(&r->state, RECUR_EVENT_STEP));
}

static recur_status report_validation(run *r, const ri_validation *found)
{
    int64_t step = step_of(r), epoch = epoch_of(r, step);
    return emit(r, (recur_report){.event = RECUR_EVENT_VALID,
                                  .step = step,
                                  .epoch = epoch,
                                  .loss = found->loss,
                                  .accuracy = found->accuracy,
                                  .f1 = found->f1,
                                  .score = found->score,
                                  .grad_norm = NAN,
                                  .clip_rate = NAN,
                                  .lr = recur_schedule_rate(&r->trainer->opts.schedule, r->trainer->opts.lr,
                                                            epoch, step),
                                  .items_per_s = NAN,
                                  .best_valid = r->state.best_valid});
}

/* What is found does not depend on the session, so a run that goes on has the same lines in its log. */
static recur_status diagnose(run *r)
{
    recur_report report = {.event = RECUR_EVENT_DIAGNOSE,
                           .step = step_of(r),
                           .epoch = epoch_of(r, step_of(r)),
                           .accuracy = NAN,
                           .f1 = NAN,
                           .score = NAN,
                           .grad_norm = NAN,
                           .clip_rate = NAN,
                           .lr = NAN,
                           .items_per_s = NAN,
                           .best_valid = r->state.best_valid};
    recur_status status = r->hooks.diagnose(r->hooks.user, &report.pulse);
    if (status) return status;
    report.loss = report.pulse.loss;
    return emit(r, report);
}

/* ---- saving ---- */

/* Keep a sentence again, with what it means for the run: what may be the very sentence that is replaced. */
static recur_status conclude(run *r, recur_status status, const char *what, const char *meaning)
{
    char sentence[320];
    snprintf(sentence, sizeof sentence, "%s", what);
    if (!r->dir || r->saved_step < 0) return RI_FAIL(r->ctx, status, "%s: %s", sentence, meaning);
    return RI_FAIL(r->ctx, status, "%s: %s; the last good checkpoint is kept, that of step %" PRId64,
                   sentence, meaning, r->saved_step);
}

/* The log says it too, for whoever looks for the reason later; where it cannot be written the sentence is still said. */
static recur_status diverged(run *r, const char *what)
{
    char line[RECUR_REPORT_BYTES], sentence[320];
    snprintf(sentence, sizeof sentence, "%s", what);
    const recur_report report = {.event = RECUR_EVENT_DIVERGED,
                                 .step = step_of(r),
                                 .epoch = epoch_of(r, step_of(r)),
                                 .loss = NAN,
                                 .accuracy = NAN,
                                 .f1 = NAN,
                                 .score = NAN,
                                 .grad_norm = NAN,
                                 .clip_rate = NAN,
                                 .lr = NAN,
                                 .items_per_s = NAN,
                                 .seconds = seconds_of(r)};
    size_t             n = r->dir ? recur_report_json(&report, r->dir->path, line, sizeof line) : 0;
    if (n > 0) (void)ri_rundir_append(r->dir, line, n);
    return conclude(r, RECUR_EDIVERGED, sentence, "training has diverged");
}

/* A step can write weights that are not finite; the next loss says so, but by then a checkpoint would be lost. */
static recur_status check_weights(run *r)
{
    if (r->ctx->dev->is_finite(r->ctx, r->params->size, r->params->values)) return RECUR_OK;
    char what[64];
    snprintf(what, sizeof what, "a weight is not finite after step %" PRId64, step_of(r));
    return diverged(r, what);
}

static recur_status save_model(run *r)
{
    recur_status status = recur_model_set_note(r->task->model, note_key, r->note);
    return status || !r->dir ? status : recur_model_save(r->task->model, r->dir->model);
}

static recur_status save(run *r)
{
    recur_status status = check_weights(r);
    if (status) return status;
    bool is_current = model_is_current(r);
    if (is_current &&
        !ri_training_note(step_of(r), epoch_of(r, step_of(r)), r->state.loss, r->state.best_valid, r->note))
        return ri_no_memory(r->ctx, "a note");
    if (r->dir) {
        r->state.seconds = seconds_of(r);
        r->state.log_bytes = (double)r->dir->log_bytes;
        const ri_st_note notes[] = {{fingerprint_key, r->fingerprint.text}, {note_key, r->note}};
        status = ri_rundir_sync_log(r->dir);
        if (!status)
            status = ri_checkpoint_save(r->trainer, r->dir->checkpoint, r->arrays, r->n_arrays, notes,
                                        sizeof notes / sizeof *notes);
        if (status) return status;
    }
    r->saved = ri_clock_seconds();
    r->saved_step = step_of(r);
    return is_current ? save_model(r) : RECUR_OK;
}

/* ---- the parts of the loop ---- */

static recur_status take_step(run *r)
{
    double         begin = ri_clock_seconds();
    const ri_task *task = r->task;
    int64_t        made = step_of(r), epoch = epoch_of(r, made + 1);

    recur_tape_reset(r->tape);
    recur_tape_set_noise(r->tape, r->opts.seed, (uint64_t)made);
    recur_trainer_set_epoch(r->trainer, epoch);
    ri_batch          batch = {0};
    recur_step_report step;
    recur_var         loss = RECUR_NONE;
    recur_status status = task->loss(task->self, r->tape, epoch, made % task->steps_per_epoch, &loss, &batch);
    if (!status) status = recur_trainer_step(r->trainer, r->tape, loss, &step);
    if (status == RECUR_EDIVERGED) return diverged(r, recur_error(r->ctx));
    if (!status && task->after) status = task->after(task->self, r->tape);
    if (!status)
        ri_run_state_add(&r->state, &step, (step.loss + batch.before) * batch.per_item, batch.items,
                         ri_clock_seconds() - begin);
    return status;
}

static recur_status after_step(run *r)
{
    recur_status status = RECUR_OK;
    if (step_of(r) % r->opts.report_every == 0) status = report_steps(r);
    if (!status && r->opts.diagnose_every && step_of(r) % r->opts.diagnose_every == 0) status = diagnose(r);
    if (status) return status;
    if (r->hooks.tick && !r->hooks.tick(r->hooks.user, progress_of(r), &r->last)) r->is_stopping = true;
    return ri_clock_seconds() - r->saved >= r->opts.save_every_seconds ? save(r) : RECUR_OK;
}

static bool tick_while_validating(void *user, double progress, const recur_report *last)
{
    (void)progress; /* of the validation; the caller is told that of the run */
    (void)last;
    run *r = user;
    if (r->hooks.tick && !r->hooks.tick(r->hooks.user, progress_of(r), &r->last)) r->is_stopping = true;
    return !r->is_stopping;
}

/* The figure that says which model is better, so that more is better. */
static double merit(const run *r, double figure)
{
    return r->opts.stop_on == RECUR_STOP_ON_LOSS ? -figure : figure;
}

static double figure_of(const run *r, const ri_validation *found)
{
    const double figures[] = {found->loss, found->accuracy, found->f1, found->score};
    return figures[r->opts.stop_on];
}

/* Take note of what validation found. */
static void judge(run *r, double figure)
{
    ri_run_state *s = &r->state;
    s->validated_step = (double)step_of(r);
    s->n_worse += 1;
    if (!isnan(s->best_valid) && merit(r, figure) <= merit(r, s->best_valid)) return;
    s->best_valid = figure;
    s->best_step = s->validated_step;
    s->n_worse = 0;
    r->ctx->dev->copy(r->ctx, r->params->size, r->params->values, r->best);
}

static recur_status validate(run *r)
{
    static const char *const names[] = {"loss", "accuracy", "F1", "score"};
    ri_validation            found = {NAN, NAN, NAN, NAN};
    recur_run_hooks          hooks = {.user = r, .tick = tick_while_validating};
    recur_status             status = r->task->validate(r->task->self, &hooks, &found);
    if (status == RECUR_STOPPED)
        return RECUR_OK; /* the loop stops; the validation is still due when the run goes on */
    if (status == RECUR_EDIVERGED || (!status && !isfinite(found.loss))) {
        char what[64];
        snprintf(what, sizeof what, "the validation loss is not finite after step %" PRId64, step_of(r));
        return diverged(r, what);
    }
    double figure = figure_of(r, &found);
    if (!status && !isfinite(figure))
        status = RI_FAIL(r->ctx, RECUR_EARG, "validation has no %s to stop on", names[r->opts.stop_on]);
    if (status) return status;
    judge(r, figure);
    status = report_validation(r, &found);
    return status ? status : save(r);
}

/* Leave the best weights in the model. */
static void take_best(run *r)
{
    if (model_is_current(r)) return;
    r->ctx->dev->copy(r->ctx, r->params->size, r->best, r->params->values);
    ri_params_touch(r->params);
}

static recur_status finish(run *r)
{
    recur_status status = r->state.n > 0 ? report_steps(r) : RECUR_OK;
    if (status) return status;
    r->state.is_finished = 1;
    status = emit(r, ri_run_state_report(&r->state, RECUR_EVENT_DONE));
    if (!status) status = save(r);
    if (!status) take_best(r);
    return status;
}

static recur_status stop(run *r)
{
    recur_status status = save(r);
    if (status) return status;
    return RI_FAIL(r->ctx, RECUR_STOPPED, "stopped as asked after step %" PRId64, step_of(r));
}

static recur_status loop(run *r)
{
    for (;;) {
        if (r->is_stopping) return stop(r);
        bool         over = is_over(r);
        recur_status status;
        if (wants_validation(r, over)) {
            status = validate(r);
        } else if (over) {
            return finish(r);
        } else {
            status = take_step(r);
            if (!status) status = after_step(r);
        }
        if (status) return status;
    }
}

/* ---- beginning and going on ---- */

static recur_status check_opts(recur_ctx *ctx, const recur_run_opts *o)
{
    if (o->epochs < 0 || o->steps < 0 || o->eval_every < 0 || o->report_every < 0 || o->diagnose_every < 0 ||
        o->patience < 0)
        return RI_FAIL(ctx, RECUR_EARG,
                       "run: epochs, steps, eval_every, report_every, diagnose_every and patience are "
                       "counts, found a negative one");
    if (!(o->minutes >= 0 && o->minutes < INFINITY))
        return RI_FAIL(ctx, RECUR_EARG, "run: minutes is %g, wanted 0 or more", o->minutes);
    if (!(o->save_every_seconds >= 0 && o->save_every_seconds < INFINITY))
        return RI_FAIL(ctx, RECUR_EARG, "run: save_every_seconds is %g, wanted 0 or more",
                       o->save_every_seconds);
    if ((unsigned)o->stop_on > RECUR_STOP_ON_SCORE)
        return RI_FAIL(ctx, RECUR_EARG, "run: stop_on is %d, which names no figure", (int)o->stop_on);
    if (o->resume && !o->dir) return RI_FAIL(ctx, RECUR_EARG, "run: resuming wants the directory of a run");
    if (o->resume && o->overwrite)
        return RI_FAIL(ctx, RECUR_EARG, "run: resume and overwrite exclude each other");
    return RECUR_OK;
}

/* The epochs that a budget takes, the last one perhaps in part; 0: only the clock ends it. */
static int64_t epochs_of_budget(const recur_run_opts *o, int64_t steps_per_epoch)
{
    int64_t by_steps = o->steps ? (o->steps - 1) / steps_per_epoch + 1 : 0;
    return by_steps && (!o->epochs || by_steps < o->epochs) ? by_steps : o->epochs;
}

static void complete(recur_run_opts *o, int64_t steps_per_epoch)
{
    if (!o->epochs && !o->steps && o->minutes == 0) o->epochs = 10;
    if (!o->report_every) o->report_every = 100;
    if (o->save_every_seconds == 0) o->save_every_seconds = 30;
    if (!o->train.schedule.epochs) /* a cosine falls over the whole run */
        o->train.schedule.epochs = epochs_of_budget(o, steps_per_epoch);
}

static void describe(run *r)
{
    ri_fingerprint_hex(&r->fingerprint, "data checksum", r->opts.data_checksum);
    ri_fingerprint_int(&r->fingerprint, "seed", (int64_t)r->opts.seed);
    ri_fingerprint_int(&r->fingerprint, "eval every", r->opts.eval_every);
    ri_fingerprint_int(&r->fingerprint, "patience", r->opts.patience);
    if (r->opts.stop_on) ri_fingerprint_int(&r->fingerprint, "stop on", r->opts.stop_on);
    r->task->describe(r->task->self, &r->fingerprint);
}

/* Make everything that can fail for want of memory or for wrong options, before the directory is touched. */
static recur_status prepare(run *r)
{
    const recur_allocator *a = &r->ctx->allocator;
    recur_status           status = recur_trainer_create(r->params, &r->opts.train, &r->trainer);
    if (!status) status = recur_tape_create(r->ctx, &r->tape);
    if (status) return status;
    ri_run_state_init(&r->state);
    describe(r);
    if (r->task->validate) r->best = ri_allocate(a, (size_t)r->params->size, r->ctx->dev->element_bytes);
    r->n_arrays = 2 + r->task->n_arrays;
    r->arrays = ri_allocate(a, r->n_arrays, sizeof *r->arrays);
    if ((r->task->validate && !r->best) || !r->arrays) return ri_no_memory(r->ctx, "a training run");
    r->arrays[0] = (ri_array){RI_RUN_NUMBERS_NAME, RI_RUN_NUMBERS, r->state.all};
    r->arrays[1] = (ri_array){RI_RUN_TIMES_NAME, RI_RUN_TIMES, r->state.all + RI_RUN_NUMBERS};
    for (size_t i = 0; i < r->task->n_arrays; i++) r->arrays[2 + i] = r->task->arrays[i];
    return RECUR_OK;
}

/* The files of a new run, complete before step 1. */
static recur_status write_first(run *r)
{
    recur_status status = r->opts.config ? ri_rundir_write_config(r->dir, r->opts.config) : RECUR_OK;
    if (!status) status = save(r);
    return status ? status : ri_rundir_cut_log(r->dir, 0);
}

/* Start from nothing. What an earlier run left is put aside until the new run stands, so that a run killed here starts over and is never taken
 * for the other one, and one that cannot begin costs nothing. */
static recur_status begin(run *r)
{
    r->started = ri_clock_seconds();
    if (!r->dir) return save(r);
    recur_status status = ri_rundir_set_aside(r->dir);
    if (status) return status;
    status = write_first(r);
    if (status)
        ri_rundir_put_back(r->dir);
    else
        ri_rundir_let_go(r->dir);
    return status;
}

/* Fetch the best weights where the checkpoint does not have them: from the model file, by way of the params. */
static recur_status fetch_best(run *r, const ri_st_file *file)
{
    recur_status status = recur_params_load(r->params, r->dir->model);
    if (status) return status;
    r->ctx->dev->copy(r->ctx, r->params->size, r->params->values, r->best);
    return ri_checkpoint_load(r->trainer, file, r->dir->checkpoint, r->arrays, r->n_arrays);
}

static recur_status load(run *r, const ri_st_file *file)
{
    const char *path = r->dir->checkpoint;
    const char *stored = ri_st_note_of(file, fingerprint_key), *note = ri_st_note_of(file, note_key);
    if (!stored || !note || strlen(note) >= sizeof r->note)
        return RI_FAIL(r->ctx, RECUR_EMODEL, "%s is no checkpoint of a run: it says nothing about one", path);
    recur_status status = ri_fingerprint_compare(r->ctx, path, stored, r->fingerprint.text);
    if (!status) status = ri_checkpoint_load(r->trainer, file, path, r->arrays, r->n_arrays);
    if (!status) status = ri_run_state_check(r->ctx, path, &r->state);
    if (status) return status;
    if (!r->task->validate && !isnan(r->state.best_valid))
        return RI_FAIL(r->ctx, RECUR_EMODEL, "%s: a best validation loss in a run without validation", path);
    memcpy(r->note, note, strlen(note) + 1);
    if (!model_is_current(r)) return fetch_best(r, file);
    if (r->best) r->ctx->dev->copy(r->ctx, r->params->size, r->params->values, r->best);
    return RECUR_OK;
}

/* Go on from the checkpoint. */
static recur_status resume(run *r)
{
    ri_st_file  *file = NULL;
    recur_status status = ri_st_open(&r->ctx->allocator, r->dir->checkpoint, &file, ri_ctx_error(r->ctx));
    if (status) return status;
    status = load(r, file);
    ri_st_close(file);
    if (!status) status = ri_rundir_cut_log(r->dir, (int64_t)r->state.log_bytes);
    if (!status && r->opts.config) status = ri_rundir_write_config(r->dir, r->opts.config);
    if (!status)
        status =
            model_is_current(r) ? save_model(r) : recur_model_set_note(r->task->model, note_key, r->note);
    r->saved = ri_clock_seconds();
    r->saved_step = step_of(r);
    r->started = r->saved - r->state.seconds;
    return status;
}

static recur_status work(run *r)
{
    const recur_run_opts *o = &r->opts;
    recur_status          status = prepare(r);
    if (!status && o->dir) status = ri_rundir_open(r->ctx, o->dir, o->overwrite || o->resume, &r->dir);
    if (status) return status;
    bool goes_on = o->resume && ri_rundir_has_checkpoint(r->dir);
    status = goes_on ? resume(r) : begin(r);
    if (status) return status;
    bool is_done = r->state.is_finished != 0 && is_over(r); /* a larger budget wakes a finished run */
    r->last = ri_run_state_report(&r->state, is_done ? RECUR_EVENT_DONE : RECUR_EVENT_STEP);
    r->last.seconds = r->state.seconds;
    r->last.progress = progress_of(r);
    r->state.is_finished = is_done;
    if (!is_done) {
        status = loop(r);
        return status == RECUR_EIO ? conclude(r, status, recur_error(r->ctx), "training ends here") : status;
    }
    take_best(r);
    return RECUR_OK;
}

recur_status ri_run(const ri_task *task, const recur_run_opts *opts, const recur_run_hooks *hooks,
                    recur_report *done)
{
    recur_params *params = recur_model_params(task->model);
    recur_ctx    *ctx = params->ctx;
    recur_status  status = check_opts(ctx, opts);
    if (status) return status;
    run *r = ri_allocate(&ctx->allocator, 1, sizeof *r);
    if (!r) return ri_no_memory(ctx, "a training run");
    *r = (run){.ctx = ctx, .params = params, .task = task, .opts = *opts, .saved_step = -1};
    if (hooks) r->hooks = *hooks;
    if (!r->hooks.diagnose) r->opts.diagnose_every = 0;
    complete(&r->opts, task->steps_per_epoch);
    status = work(r);
    if (done) *done = r->last;
    ri_rundir_close(r->dir);
    ri_release(&ctx->allocator, r->arrays);
    ri_release(&ctx->allocator, r->best);
    recur_tape_destroy(r->tape);
    recur_trainer_destroy(r->trainer);
    ri_release(&ctx->allocator, r);
    return status;
}
