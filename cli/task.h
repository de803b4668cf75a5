/* Tasks: what the commands do for each kind of model. Every command is one for all of them; what differs is a row of tasks.c.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_TASK_H
#define CLI_TASK_H

#include "app.h"
#include "store.h"

typedef struct patient_data patient_data; /* diagnose.h */

typedef struct task {
    recur_task     kind;
    const char    *name;  /* "lm", as in "recur train lm" */
    const char    *thing; /* "a language model" */
    const command *train; /* its options are those of a run */
    const option_group
        *columns; /* options of eval and predict that say where in a file things are, NULL: none */
    const option_group *choices[2]; /* those that say what to predict and how, NULL: none */

    /* Whether the options name data for training or eval, and what is said if they do not; NULL: those of --data, and that. */
    bool (*has_data)(const options *o);
    const char *wants;

    /* ---- training ---- */

    /* Fill in the defaults that depend on other options and refuse what does not go together. Returns RECUR_EARG with the sentence in
     * o->error. */
    recur_status (*complete)(options *o);

    /* The data of a run: data_bytes of memory, zero at first. These return exit codes, the error said; free_data is called in any case. */
    size_t data_bytes;
    int (*read)(app *a, options *o, void *data);
    int (*make)(app *a, options *o, void *data,
                recur_model **model);                      /* make tokens of the data, and the model */
    int (*keep)(app *a, options *o, void *data, store *s); /* keep what cannot be read again */
    void (*free_data)(app *a, void *data);

    uint64_t (*checksum)(const void *data); /* as the data can be read again */
    void (*say_data)(app *a, const options *o, const void *data, const recur_model *model);
    recur_status (*learn)(recur_model *model, const options *o, const void *data, const recur_run_opts *opts,
                          const recur_run_hooks *hooks);
    recur_probe_data (*looks_at)(const void *data); /* the training part, for --diagnose */
    const char *next;                               /* the command to try on a trained model: "generate" */

    /* ---- models ---- */

    void (*describe)(const recur_model *model, char *text,
                     size_t size); /* the architecture in one sentence */
    int (*eval)(app *a, options *o, const recur_model *model);
    int (*examine)(app *a, options *o, const recur_model *model, patient_data *data); /* for diagnose */
    int (*predict)(app *a, options *o, const recur_model *model); /* of the files --data; NULL: refused */
    const char *no_predict;                                       /* why it is refused */
} task;

extern const task lm_task, classify_task, tag_task, seq2seq_task;

const task *task_of(const recur_model *model);
const task *task_named(const char *name); /* NULL: there is none */

/* Refuse options of other tasks. Returns an exit code, the error said. */
int task_check_options(app *a, const options *o, const task *t);

bool task_has_data(const options *o, const task *t);

#endif
