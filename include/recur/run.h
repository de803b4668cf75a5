/* Runs: training from data to a directory that holds the model, with validation, checkpoints and resumption.
 *
 *   model.safetensors       the best model on validation data (the last one where there are none, or none was validated yet)
 *   checkpoint.safetensors  the last state: weights, moments, counters, position, carried state
 *   config                  the effective configuration, one "name = value" per line
 *   log.jsonl               one JSON object per report; appended to
 *   lock                    held while a process works on the run
 *
 * Every other file is replaced atomically. Killed at any moment a run resumes, and resumed it equals to the bit the run that was never
 * stopped: model.safetensors, checkpoint.safetensors and every reported number except times and rates.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_RUN_H
#define RECUR_RUN_H

#include "corpus.h"
#include "model.h"
#include "train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum recur_event {
    RECUR_EVENT_STEP = 0,
    RECUR_EVENT_VALID,
    RECUR_EVENT_DONE,
    RECUR_EVENT_DIAGNOSE,
    RECUR_EVENT_DIVERGED /* in a log only: the last line of a run that ended so */
} recur_event;

/* What a look at a model under training finds; recur_probe_pulse (recur/diag.h) takes one. */
typedef struct recur_pulse {
    double loss; /* mean of those whose gradient was followed */
    int64_t
        horizon;  /* how many steps back the gradient of the loss at one step still has 1/100 of its norm */
    int64_t lags; /* how many it was followed */
    bool    is_open;         /* the horizon is the last of them: it may lie further */
    double  rate;            /* factor of that norm per step back */
    double  saturated, dead; /* shares of all states and units */
} recur_pulse;

/* One report of a run. Numbers that an event does not have are NaN, counts 0. */
typedef struct recur_report {
    recur_event event;
    int64_t     step, epoch;
    double
        loss; /* step: mean of the steps since the last report; valid: on validation data, per token or item */
    double accuracy, f1; /* valid: share of right labels or tags; F1 of spans; NaN where the task has none */
    double score;        /* valid: what a judge said, such as BLEU; NaN without one */
    double grad_norm;    /* mean since the last report, before clipping */
    double clip_rate;    /* share of those steps that were clipped */
    double lr;
    double items_per_s; /* tokens, or rows */
    double seconds;     /* of training so far, earlier sessions included */
    double progress;    /* share of the whole budget done, 0 to 1 */
    double best_valid;  /* the figure that stop_on names; NaN before the first validation */
    recur_pulse pulse;  /* diagnose; else zeros */
} recur_report;

/* Write a report as the line of JSON that it is in log.jsonl, its line feed included, without a zero behind it.
 *
 * Shapes. text has size bytes; RECUR_REPORT_BYTES are enough for every path.
 * dir is what RECUR_EVENT_DONE says of the run's directory; null where it is NULL or no UTF-8, as are numbers that are not there.
 * Accuracy, F1 and score are left out where the task has none. Reals have 17 digits, so equal lines mean equal bits.
 * Errors. Returns the bytes written; 0: no memory or no room. */
enum { RECUR_REPORT_BYTES = 32768 };
RECUR_API size_t recur_report_json(const recur_report *report, const char *dir, char *text, size_t size);

/* Called from the run's thread. Return false to stop: the run saves a checkpoint and returns RECUR_STOPPED. tick is called after every step
 * (it may be NULL), report at reports. Only tick and report decide about stopping. */
typedef struct recur_run_hooks {
    void *user;
    bool (*report)(void *user, const recur_report *report);
    bool (*tick)(void *user, double progress, const recur_report *last);
    recur_status (*diagnose)(
        void        *user,
        recur_pulse *pulse); /* looks at the model, as it is after an update; changes nothing of it */
} recur_run_hooks;

/* Which figure of validation says that a model is better: for the model that is kept, and for patience. */
typedef enum recur_criterion {
    RECUR_STOP_ON_LOSS = 0,
    RECUR_STOP_ON_ACCURACY,
    RECUR_STOP_ON_F1,
    RECUR_STOP_ON_SCORE
} recur_criterion;

typedef struct recur_run_opts {
    const char *dir;           /* created where missing; NULL: nothing is written */
    bool        overwrite;     /* an existing run there is replaced once the new one can start */
    bool        resume;        /* go on from the checkpoint there, or start over if there is none yet */
    const char *config;        /* text for the file "config"; NULL: none */
    uint64_t    data_checksum; /* stored; a resumed run must have the same */
    uint64_t    seed;          /* dropout */
    int64_t     epochs, steps; /* the budget: whichever is given and reached first; all 0: 10 epochs */
    double      minutes;
    int64_t     eval_every;   /* steps; 0: at the end of each epoch */
    int64_t     report_every; /* steps; 0: 100 */
    int64_t diagnose_every;   /* steps between calls of hooks->diagnose, each an event of the log; 0: never */
    int64_t patience;         /* stop after so many validations without a better one; 0: never */
    recur_criterion  stop_on; /* a figure that the task has */
    double           save_every_seconds; /* 0: 30 */
    recur_train_opts train;
} recur_run_opts;

/* How a stream of tokens becomes batches: B parallel parts, read in windows of T steps. */
typedef struct recur_lm_batches {
    int64_t         batch;       /* B; 0: 32 */
    int64_t         bptt;        /* T; 0: 64 */
    bool            reset_state; /* each window starts with no state; default: the state is carried over */
    recur_reduction reduction;   /* RECUR_MEAN or RECUR_SUM_OVER_TIME */
} recur_lm_batches;

/* Train a language model on a corpus.
 *
 * valid may be NULL. At the end the model holds the best weights. done (may be NULL) receives the last report.
 * Errors.  RECUR_EARG: options; an existing run without overwrite. RECUR_EDATA: too few tokens for one batch. RECUR_EIO: directory not
 *          writable, in use by another process, or full: the last checkpoint is whole. RECUR_EDIVERGED: the loss is not finite: the
 *          step is named, the last good checkpoint kept. RECUR_EMISMATCH: resumed with other data, model or options. RECUR_STOPPED. */
RECUR_API recur_status recur_lm_train(recur_model *model, const recur_corpus *train,
                                      const recur_corpus *valid, const recur_lm_batches *batches,
                                      const recur_run_opts *opts, const recur_run_hooks *hooks,
                                      recur_report *done);

/* Return in *finished whether the run in dir has ended (budget or patience), so that resuming has nothing to do. */
RECUR_API recur_status recur_run_finished(recur_ctx *ctx, const char *dir, bool *finished);

/* The reports of a run, oldest first. Their progress is NaN: a log does not say it. */
typedef struct recur_run_log {
    int64_t       n;
    recur_report *reports; /* [n] */
} recur_run_log;

/* Read the log of the run in dir, finished, stopped or at work. Lines of other events are passed over, and so is the beginning of a line that
 * its process did not end.
 *
 * Owner.   The caller frees it with recur_run_log_free.
 * Errors.  RECUR_EIO: there is no log; RECUR_EDATA: a line that is no JSON object, with its number; RECUR_EMEMORY. */
RECUR_API recur_status recur_run_log_read(recur_ctx *ctx, const char *dir, recur_run_log *log);
RECUR_API void         recur_run_log_free(recur_ctx *ctx, recur_run_log *log);

/* What a language model makes of a corpus. */
typedef struct recur_lm_score {
    int64_t tokens; /* predicted: all but the first */
    double  loss;   /* nats per token */
    double  perplexity;
    double  bits_per_char; /* per token of the model's unit, in bits */
} recur_lm_score;

/* Score a corpus. It is cut into at most 64 parts of at least 2,048 tokens that run side by side, each from a zero state; no token is
 * skipped, and the parts depend on the corpus alone. hooks' tick may be given for progress.
 * Errors: RECUR_EDATA for fewer than 2 tokens, RECUR_EMEMORY, RECUR_EDIVERGED. */
RECUR_API recur_status recur_lm_evaluate(const recur_model *model, const recur_corpus *corpus,
                                         const recur_run_hooks *hooks, recur_lm_score *score);

#ifdef __cplusplus
}
#endif
#endif
