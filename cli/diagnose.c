/* recur diagnose: why does this network not learn the long range, and what to change?
 *
 * Measures are the library's (recur/diag.h, recur/dynamics.h), and so are the rules that judge them (recur/verdict.h). Here they are asked in
 * order: what is cheap to refuse comes first.
 * SPDX-License-Identifier: MIT */
#include "diagnose.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "rows.h"
#include "suggest.h"

static const option diagnose_rows[] = {
    {.name = "data",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_USUAL,
     .help = "data to look at the model with, best such as it was not trained on; several files are joined; "
             "- is stdin"},
    {.name = "out",
     .form = "FILE.html",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .help = "write a report with pictures as a page that needs nothing but itself"},
    {.name = "fail-on",
     .form = "LIST",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .help =
         "end with exit code 9 if one of these illnesses is found: names with commas between them, or any"},
    {.name = "span",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e6,
     .flags = OPTION_USUAL,
     .default_says =
         "a language model's --bptt; else the median length of the data, where the state has to carry so far",
     .help = "steps over which the model ought to remember: rules compare with it"},
    {.name = "sequences",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 4096,
     .fallback = "32",
     .help = "windows of a text, or items of the longer half, to look at"},
    {.name = "steps",
     .form = "N",
     .type = OPTION_INT,
     .min = 2,
     .max = 16384,
     .default_says = "256, or twice the span where that is more",
     .help = "greatest number of steps of each of them"},
    ROW_ENCODING,
    ROW_SEED("of what is drawn at random"),
    ROW_END,
};

static const option_group        diagnose_group = {"Diagnosis", diagnose_rows};
static const option_group *const diagnose_groups[] = {
    &diagnose_group, &text_columns_group, &tag_columns_group, &pair_columns_group, &common_group, NULL};

/* ---- what is asked ---- */

/* Go through the names of --fail-on. Returns an exit code, the error said; *is_met: one of them was found. */
static int check_fail_on(diagnosis *d, bool *is_met)
{
    const char *list = options_text(d->o, "fail-on");
    for (const char *p = list; p;) {
        size_t     n = strcspn(p, ",");
        char       name[32];
        suggestion s;
        bool       is_known = n == 3 && strncmp(p, "any", n) == 0;
        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), p);
        suggest_start(&s, name);
        if (is_known) *is_met |= d->n_found > 0;
        for (int i = 0; i < RECUR_ILLNESSES && !is_known; i++) {
            const char *illness = recur_illness_name((recur_illness)i);
            suggest_offer(&s, illness);
            is_known = strcmp(name, illness) == 0;
            for (int k = 0; is_known && k < d->n_found; k++)
                *is_met |= d->found[k].rule->illness == (recur_illness)i;
        }
        if (!is_known)
            return output_error(d->app, RECUR_EARG,
                                "--fail-on: there is no illness '%s'%s%s; 'recur help diagnose' lists them",
                                name, s.best ? "; did you mean " : "", s.best ? s.best : "");
        p = p[n] ? p + n + 1 : NULL;
    }
    return RECUR_OK;
}

/* ---- what a model has to remember ---- */

/* The stack that the rules are about: its cell, and whether the last of its states alone is looked at. */
static const recur_rnn_spec *stack_of(const recur_model *model, bool *is_last)
{
    *is_last = true;
    switch (recur_model_task(model)) {
    case RECUR_TASK_LM:
        return &recur_lm_get_spec(model)->rnn;
    case RECUR_TASK_TAG:
        return &recur_tag_get_spec(model)->rnn;
    case RECUR_TASK_CLASSIFY:
        *is_last = recur_classify_get_spec(model)->pooling == RECUR_POOL_LAST;
        return &recur_classify_get_spec(model)->rnn;
    case RECUR_TASK_SEQ2SEQ:
        *is_last = recur_seq2seq_get_spec(model)->attention == RECUR_ATTENTION_NONE;
        return &recur_seq2seq_get_spec(model)->encoder;
    }
    abort(); /* the library knows a task that this function lacks */
}

/* Fill in what the caller of recur_judge has to say. */
static void introduce(diagnosis *d)
{
    recur_symptoms *s = &d->symptoms;
    bool            is_last;
    s->cell = stack_of(d->model, &is_last)->cell;
    s->task = d->task->kind;
    s->ignorance = d->data.ignorance;
    s->guess = d->data.guess;
    if (d->data.n_losses > 0) s->loss = d->data.sum_loss / d->data.n_losses;
    if (d->has_config) {
        s->lr = d->training.lr;
        s->clip = d->training.clip_norm;
        if (s->task == RECUR_TASK_LM) s->bptt = options_int(&d->config, "bptt");
    }
    s->span = is_last ? d->lengths.median : 0;
    if (s->task == RECUR_TASK_LM) s->span = s->bptt ? s->bptt : 64;
    if (options_given(d->o, "span")) s->span = options_int(d->o, "span");
}

/* ---- measuring ---- */

static int64_t steps_to_look_at(const diagnosis *d)
{
    int64_t span = options_given(d->o, "span") ? options_int(d->o, "span") : 0;
    if (d->has_config && d->task->kind == RECUR_TASK_LM && !span) span = options_int(&d->config, "bptt");
    if (options_given(d->o, "steps")) return options_int(d->o, "steps");
    return 2 * span > 256 ? 2 * span : 256;
}

static int open_probe(diagnosis *d)
{
    const recur_probe_opts opts = {.sequences = options_int(d->o, "sequences"),
                                   .steps = steps_to_look_at(d),
                                   .seed = (uint64_t)options_int(d->o, "seed")};
    recur_status           status = recur_probe_create(d->model, &d->data.probe, &opts, &d->probe);
    if (!status) status = recur_probe_lengths(d->probe, &d->lengths);
    if (status) return output_failure(d->app, status);
    introduce(d);
    if (options_given(d->o, "span") && d->symptoms.span >= d->lengths.most_steps)
        return output_error(d->app, RECUR_EDATA,
                            "the data are too short for --span %" PRId64
                            ": wanted a sequence of at least %" PRId64
                            " steps, the longest looked at has %" PRId64,
                            d->symptoms.span, d->symptoms.span + 1, d->lengths.most_steps);
    return RECUR_OK;
}

static bool is_adaptive(const diagnosis *d)
{
    return d->has_config && d->training.optim != RECUR_SGD;
}

/* The rate of the configuration, a schedule left aside, else the default: the ratios of updates are proportional to it. */
static double rate_of(const diagnosis *d)
{
    return d->has_config ? d->training.lr : 0.002;
}

static int measure(diagnosis *d)
{
    recur_symptoms *s = &d->symptoms;
    progress_draw(d->app, 0.25, NULL);
    recur_status status = recur_probe_flow(d->probe, &d->flow);
    progress_draw(d->app, 0.35, NULL);
    if (!status) status = recur_probe_gates(d->probe, &d->gates);
    progress_draw(d->app, 0.4, NULL);
    if (!status) status = recur_probe_updates(d->probe, rate_of(d), &d->updates);
    progress_draw(d->app, 0.45, NULL);
    if (!status) status = recur_probe_context(d->probe, &d->context);
    progress_draw(d->app, 0.65, NULL);
    if (!status) status = recur_probe_forgetting(d->probe, &d->forgetting);
    progress_draw(d->app, 0.75, NULL);
    if (!status) status = recur_probe_dynamics(d->probe, &d->dynamics);
    if (status) return output_failure(d->app, status);
    if (d->has_log) recur_symptoms_log(s, &d->log);
    recur_symptoms_flow(s, &d->flow);
    recur_symptoms_gates(s, &d->gates);
    recur_symptoms_updates(s, &d->updates, is_adaptive(d));
    if (!d->has_config) s->update_ratio = NAN; /* the rate is not known */
    recur_symptoms_context(s, &d->context);
    recur_symptoms_dynamics(s, &d->dynamics);
    return RECUR_OK;
}

/* ---- accuracy by length ---- */

static int by_length(const void *a, const void *b)
{
    int64_t x = ((const item_score *)a)->length, y = ((const item_score *)b)->length;
    return (x > y) - (x < y);
}

/* Cut the items into quarters of about equal number by their length. */
static void fill_buckets(diagnosis *d)
{
    item_score *scores = d->data.scores;
    int64_t     n = d->data.n_scores, at = 0;
    if (n > 0) qsort(scores, (size_t)n, sizeof *scores, by_length);
    for (int k = 0; k < MOST_BUCKETS && at < n; k++) {
        length_bucket b = {.from = scores[at].length};
        int64_t       end = (k + 1) * n / MOST_BUCKETS;
        double        right = 0, of = 0;
        while (at < n && (at < end || scores[at].length < b.to)) {
            right += scores[at].right;
            of += scores[at].of;
            b.to = scores[at++].length + 1;
            b.items++;
        }
        b.accuracy = of > 0 ? right / of : NAN;
        if (b.items > 0) d->buckets[d->n_buckets++] = b;
    }
}

/* ---- all together ---- */

static int load(diagnosis *d)
{
    app         *a = d->app;
    recur_status status = recur_model_load(a->ctx, d->path, &d->model);
    if (status) return output_failure(a, status);
    d->task = task_of(d->model);
    int code = task_check_options(a, d->o, d->task);
    if (!code && !task_has_data(d->o, d->task))
        code = output_error(a, RECUR_EARG, "recur diagnose wants %s; found none",
                            d->task->wants ? d->task->wants : "--data FILE");
    return code ? code : run_read(d);
}

static int examine(diagnosis *d, options *o)
{
    bool is_met = false;
    int  code = check_fail_on(d, &is_met);
    if (!code) code = output_check_page(d->app, options_text(d->o, "out"));
    if (!code) code = app_open(d->app, o);
    if (!code) code = load(d);
    progress_begin(d->app);
    if (!code) code = d->task->examine(d->app, o, d->model, &d->data);
    if (!code) code = open_probe(d);
    if (!code) code = measure(d);
    if (!code) code = find_passage(d);
    progress_clear(d->app);
    if (code) return code;
    fill_buckets(d);
    d->n_found = recur_judge(&d->symptoms, d->found);
    if (options_text(o, "out")) code = diagnose_page(d, options_text(o, "out"));
    if (d->app->json)
        diagnose_tell_json(d);
    else
        diagnose_tell(d);
    if (!code) code = check_fail_on(d, &is_met);
    return !code && is_met ? RECUR_EFOUND : code;
}

static int diagnose(app *a, options *o)
{
    diagnosis d = {.app = a, .o = o, .path = o->args[0]};
    recur_symptoms_clear(&d.symptoms);
    int code = examine(&d, o);
    recur_probe_destroy(d.probe);
    patient_data_free(a, &d.data);
    recur_run_log_free(a->ctx, &d.log);
    options_free(&d.config);
    recur_model_destroy(d.model);
    free(d.passage.values);
    return code;
}

const command diagnose_command = {
    .name = "diagnose",
    .synopsis = "RUN --data FILE [options]",
    .brief = "RUN --data FILE",
    .summary = "find out why a model does not learn what lies far apart, and what to change",
    .notes = "RUN is a run, trained or half trained, or a model file. Measured are the gradient at each lag, "
             "gates, units, updates, "
             "the loss\n"
             "with less context and how long an input is remembered; written rules then say what is wrong "
             "and what to try.\n",
    .more = diagnose_rules,
    .groups = diagnose_groups,
    .args = "RUN",
    .run = diagnose,
};
