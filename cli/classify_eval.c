/* recur eval for a classifier.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "memory.h"
#include "metrics.h"

typedef struct job {
    app                *app;
    const recur_model  *model;
    recur_dataset      *data;
    recur_class_scorer *scorer;
    recur_status        status; /* of counting */
    double              sum_loss;
    int64_t             n_loss;
} job;

static void count(void *user, const recur_class_guess *guess)
{
    job         *j = user;
    recur_status status = recur_class_scorer_add(j->scorer, recur_dataset_label(j->data, guess->item),
                                                 guess->label, recur_dataset_words(j->data, guess->item));
    if (!j->status) j->status = status;
    if (isnan(guess->loss)) return;
    j->sum_loss += guess->loss;
    j->n_loss++;
}

static bool on_tick(void *user, double share, const recur_report *last)
{
    progress_draw(user, share, last);
    return true;
}

/* Name the model's labels, then those that only the data have, so that the scorer's numbers are the dataset's. */
static recur_status name_labels(job *j)
{
    const recur_labels *labels = recur_model_labels(j->model);
    int64_t             K = recur_labels_count(labels), n = K + recur_dataset_unseen(j->data);
    recur_status        status = RECUR_OK;
    for (int64_t k = 0; k < n && !status; k++) {
        const char *name =
            k < K ? recur_labels_name(labels, (int32_t)k) : recur_dataset_unseen_name(j->data, k - K, NULL);
        int32_t id;
        status = recur_class_scorer_label(j->scorer, name, strlen(name), &id);
    }
    return status;
}

static recur_status score(job *j, const int64_t *edges, int64_t n_edges)
{
    app                    *a = j->app;
    const recur_part        all = {.data = j->data};
    const recur_run_hooks   hooks = {.user = a, .tick = on_tick};
    const recur_scorer_opts opts = {
        .n_trained = recur_labels_count(recur_model_labels(j->model)), .n_edges = n_edges, .edges = edges};
    recur_status status = recur_class_scorer_create(a->ctx, &opts, &j->scorer);
    if (!status) status = name_labels(j);
    progress_begin(a);
    if (!status) status = recur_classify_predict(j->model, &all, NULL, &hooks, count, j);
    return status ? status : j->status;
}

static recur_status report(job *j)
{
    app               *a = j->app;
    recur_class_report r;
    double             loss = j->n_loss ? j->sum_loss / (double)j->n_loss : NAN;
    recur_status       status = recur_class_scorer_report(j->scorer, &r);
    if (status) return status;
    if (a->json) {
        json_t *line = metrics_json_classes(&r);
        json_object_set_new(line, "loss", output_number(loss));
        json_object_set_new(line, "unknown", json_integer(recur_dataset_unknown(j->data)));
        output_json(a, line);
        return RECUR_OK;
    }
    if (!isnan(loss)) output_format(a, "loss      %.4f nats\n", loss);
    metrics_print_classes(a, &r);
    return RECUR_OK;
}

int classify_eval(app *a, options *o, const recur_model *model)
{
    const recur_classify_spec *spec = recur_classify_get_spec(model);
    const option_value        *files = options_find(o, "data");
    int64_t                    edges[OPTION_MAX_NUMBERS], n_edges;
    class_source               s = {.names = NULL};
    job                        j = {.app = a, .model = model};
    int                        code = metrics_edges(a, o, edges, &n_edges);
    if (!code) code = classify_take_columns(a, o, model);
    if (!code) code = classify_source(a, o, spec->rule, spec->features != 0, false, &s);
    if (!code) {
        recur_status status =
            recur_dataset_read(a->ctx, &s.source, files->n_texts, (const char *const *)files->texts, &j.data);
        if (!status) status = classify_encode(j.data, model);
        if (!status) status = score(&j, edges, n_edges);
        if (!status) status = report(&j);
        if (status) code = output_failure(a, status);
    }
    recur_class_scorer_destroy(j.scorer);
    recur_dataset_destroy(j.data);
    free(s.names);
    return code;
}
