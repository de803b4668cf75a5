/* recur diagnose in the program: a patient, which is a model with its run and data; what was measured; and how it is told.
 *
 *   diagnose.c       the command: what is asked, in which order
 *   diagnose_data.c  each task's data, what guessing would cost, and accuracy by length
 *   diagnose_run.c   configuration and log of the run
 *   diagnose_look.c  cells over a passage of text
 *   diagnose_tell.c  tables and verdict
 *   diagnose_json.c  the same as lines of JSON
 *   diagnose_page.c  the page of --out
 * SPDX-License-Identifier: MIT */
#ifndef CLI_DIAGNOSE_H
#define CLI_DIAGNOSE_H

#include "classify.h"
#include "seq2seq.h"
#include "tag.h"
#include "task.h"

/* How an item came off, for accuracy by length. */
typedef struct item_score {
    int64_t length;    /* of what is read */
    double  right, of; /* answers */
} item_score;

/* Data for a model, as its task reads them. What the task has no use for is NULL. */
struct patient_data {
    recur_text       text;
    recur_corpus    *corpus;
    class_source     names;
    recur_dataset   *dataset;
    recur_pairs     *pairs;
    int64_t         *chosen; /* items that are scored */
    recur_probe_data probe;
    const char      *unit; /* "characters" */
    int64_t          size; /* how many of them */
    double           ignorance, guess;
    double           sum_loss, n_losses; /* of the items that are scored, where that says it */
    int64_t          n_scores;           /* 0: the task has no items */
    item_score      *scores;
};

enum { MOST_BUCKETS = 4 };

/* Items of some length. */
typedef struct length_bucket {
    int64_t from, to, items; /* from <= length < to */
    double  accuracy;
} length_bucket;

/* A passage of text with the units that follow something in it. */
typedef struct passage {
    int64_t        begin, n; /* tokens; n 0: there is none */
    recur_trackers trackers;
    int64_t        n_traits;
    recur_trait    traits[RECUR_FEATURES + 2];
    char           names[RECUR_FEATURES + 2][96];
    double        *values; /* [n_traits,n] */
} passage;

typedef struct diagnosis {
    app           *app;
    const options *o;
    const char    *path;
    const task    *task;
    recur_model   *model;

    /* the run (diagnose_run.c) */
    bool             has_config, has_log;
    options          config;
    recur_train_opts training;
    recur_run_log    log;

    patient_data         data;
    int64_t              n_buckets;
    length_bucket        buckets[MOST_BUCKETS];
    recur_probe         *probe;
    recur_lengths        lengths;
    recur_flow           flow;
    recur_gates          gates;
    recur_updates        updates;
    recur_context        context;
    recur_forgetting     forgetting;
    recur_lanes_dynamics dynamics;
    passage              passage;
    recur_symptoms       symptoms;
    recur_finding        found[RECUR_ILLNESSES];
    int                  n_found;
} diagnosis;

/* ---- the data (diagnose_data.c) ---- */

/* Read the data that the options name, for a model of that task. These return exit codes, the error said; data_free is called in any case. */
int  lm_examine(app *a, options *o, const recur_model *model, patient_data *data);
int  classify_examine(app *a, options *o, const recur_model *model, patient_data *data);
int  tag_examine(app *a, options *o, const recur_model *model, patient_data *data);
int  seq2seq_examine(app *a, options *o, const recur_model *model, patient_data *data);
void patient_data_free(app *a, patient_data *data);

/* ---- the run (diagnose_run.c) ---- */

/* Read what the run says of itself. What is not there is noted on stderr and left out. Returns an exit code, the error said. */
int run_read(diagnosis *d);

/* ---- a close look (diagnose_look.c) ---- */

/* Find cells over a passage, where the task has text that goes on. Returns an exit code, the error said. */
int find_passage(diagnosis *d);

/* ---- telling ---- */

/* How a lane is called: "encoder, layer 1, backwards". */
enum { LANE_BYTES = 80 };
void diagnose_lane(const recur_lane *lane, char text[LANE_BYTES]);

/* Say a model in one line, and how it was trained in another, "" if that is not known (diagnose_tell.c). */
void diagnose_training(const diagnosis *d, char *text, size_t size);

void diagnose_tell(const diagnosis *d);
void diagnose_tell_json(const diagnosis *d); /* diagnose_json.c */

void diagnose_rules(app *a); /* the table of rules, for help */

/* Write the page (diagnose_page.c). Returns an exit code, the error said. */
int diagnose_page(const diagnosis *d, const char *path);

#endif
