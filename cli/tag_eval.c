/* recur eval and recur predict for a tagger.
 *
 * Predictions are read piece by piece: of a file in large ones, of a pipe as much as it has to give, so that memory is bounded and a
 * sentence that is typed is answered at once. Every line is written as it was read, a word's with its tag behind it.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "metrics.h"
#include "tag.h"

enum { PIECE_ITEMS = 4096, PIECE_TOKENS = 65536 };

static bool on_tick(void *user, double share, const recur_report *last)
{
    (void)last;
    progress_draw(user, share, NULL);
    return true;
}

/* ---- eval ---- */

static recur_status report(app *a, const recur_dataset *data, recur_tag_scorer *scorer, double loss)
{
    recur_tag_report r;
    recur_status     status = recur_tag_scorer_report(scorer, &r);
    if (status) return status;
    if (a->json) {
        json_t *line = metrics_json_tags(a, &r);
        json_object_set_new(line, "loss", output_number(loss));
        json_object_set_new(line, "unknown", json_integer(recur_dataset_unknown(data)));
        output_json(a, line);
        return RECUR_OK;
    }
    if (!isnan(loss)) output_format(a, "loss       %.4f nats per word\n", loss);
    metrics_print_tags(a, &r);
    return RECUR_OK;
}

static recur_status score(app *a, const options *o, const recur_model *model, recur_dataset **data)
{
    const option_value     *files = options_find(o, "data");
    const recur_source      source = tag_source(o, recur_tag_get_spec(model)->rule, false);
    const recur_scorer_opts opts = {.n_trained = recur_labels_count(recur_model_labels(model))};
    const recur_run_hooks   hooks = {.user = a, .tick = on_tick};
    recur_tag_scorer       *scorer = NULL;
    double                  loss;
    recur_status            status =
        recur_dataset_read(a->ctx, &source, files->n_texts, (const char *const *)files->texts, data);
    if (!status)
        status = recur_dataset_encode(*data, recur_model_vocab(model), recur_model_characters(model),
                                      recur_model_labels(model));
    if (!status) status = recur_tag_scorer_create(a->ctx, &opts, &scorer);
    progress_begin(a);
    if (!status) status = recur_tag_evaluate(model, &(recur_part){.data = *data}, &hooks, scorer, &loss);
    progress_clear(a);
    if (!status) status = report(a, *data, scorer, loss);
    recur_tag_scorer_destroy(scorer);
    return status;
}

int tag_eval(app *a, options *o, const recur_model *model)
{
    recur_dataset *data = NULL;
    if (options_find(o, "by-length")->n_texts)
        return output_error(a, RECUR_EARG, "--by-length is not for a tagger: its tags are scored one by one");
    int code = tag_take_columns(a, o, model);
    if (code) return code;
    recur_status status = score(a, o, model, &data);
    recur_dataset_destroy(data);
    return status ? output_failure(a, status) : RECUR_OK;
}

/* ---- predict ---- */

typedef struct job {
    app               *app;
    const recur_model *model;
    recur_dataset     *piece;
    int32_t           *tags; /* of the piece's words */
    int64_t            n_tags;
    char              *text; /* what is written at once */
    size_t             size, room;
} job;

static void put(job *j, const char *bytes, size_t n)
{
    if (n > j->room - j->size) {
        j->room = 2 * j->room + n;
        j->text = need_more(j->text, j->room, 1);
    }
    memcpy(j->text + j->size, bytes, n);
    j->size += n;
}

static const char *tag_name(const job *j, int32_t tag)
{
    return recur_labels_name(recur_model_labels(j->model), tag);
}

/* Copy the lines of a sentence, words with their tags: after a tab where the line has one, else after a space. */
static void put_lines(job *j, int64_t item, const int32_t *tags)
{
    const char *line;
    size_t      n;
    int64_t     token;
    for (int64_t k = 0; (line = recur_dataset_line(j->piece, item, k, &n, &token)); k++) {
        put(j, line, n);
        if (token >= 0) {
            const char *name = tag_name(j, tags[token]);
            put(j, memchr(line, '\t', n) ? "\t" : " ", 1);
            put(j, name, strlen(name));
        }
        put(j, "\n", 1);
    }
}

static void write_json(job *j, int64_t item, const int32_t *tags)
{
    int64_t n = recur_dataset_length(j->piece, item);
    json_t *tokens = json_array(), *names = json_array();
    for (int64_t t = 0; t < n; t++) {
        size_t      bytes = 0;
        const char *form = recur_dataset_form(j->piece, item, t, &bytes);
        json_array_append_new(tokens, output_string(form, bytes));
        json_array_append_new(names, json_string(tag_name(j, tags[t])));
    }
    output_json(j->app, json_pack("{s:o,s:o}", "tokens", tokens, "tags", names));
}

static recur_status tag_piece(job *j)
{
    int64_t n = recur_dataset_tokens(j->piece), at = 0;
    if (n > j->n_tags) {
        j->tags = need_more(j->tags, (size_t)n, sizeof *j->tags);
        j->n_tags = n;
    }
    recur_status status =
        recur_dataset_encode(j->piece, recur_model_vocab(j->model), recur_model_characters(j->model), NULL);
    if (!status && n > 0)
        status = recur_tag_predict(j->model, &(recur_part){.data = j->piece}, NULL, j->tags);
    if (status) return status;
    j->size = 0;
    for (int64_t i = 0; i < recur_dataset_items(j->piece); i++) {
        int64_t length = recur_dataset_length(j->piece, i);
        if (!j->app->json)
            put_lines(j, i, j->tags + at);
        else if (length > 0)
            write_json(j, i, j->tags + at);
        at += length;
    }
    if (j->size > 0) output_bytes(j->app, j->text, j->size);
    return RECUR_OK;
}

static recur_status tag_all(job *j, recur_reader *reader)
{
    for (;;) {
        recur_status status = recur_reader_next(reader, PIECE_ITEMS, PIECE_TOKENS, &j->piece);
        if (status || !j->piece) return status;
        status = tag_piece(j);
        recur_dataset_destroy(j->piece);
        j->piece = NULL;
        if (status || j->app->is_broken || j->app->output_error) return status;
    }
}

int tag_predict(app *a, options *o, const recur_model *model)
{
    job           j = {.app = a, .model = model};
    recur_reader *reader = NULL;
    int           code = tag_take_columns(a, o, model);
    if (code) return code;
    const option_value *files = options_find(o, "data");
    const recur_source  source = tag_source(o, recur_tag_get_spec(model)->rule, true);
    recur_status        status =
        recur_reader_open(a->ctx, &source, files->n_texts, (const char *const *)files->texts, &reader);
    if (!status) status = tag_all(&j, reader);
    recur_reader_close(reader);
    free(j.tags);
    free(j.text);
    return status ? output_failure(a, status) : RECUR_OK;
}
