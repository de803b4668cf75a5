/* recur predict for a classifier: a line for each line, in its order.
 *
 * What is read is taken piece by piece: of a file in large ones, of a pipe as much as it has to give, so that a line typed is answered at
 * once. Inside a piece items are predicted by length and then told in their order.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "memory.h"

enum { PIECE_ITEMS = 1024, PIECE_TOKENS = 262144 };

typedef struct job {
    app               *app;
    const recur_model *model;
    int64_t            K, top;
    bool               has_attention;
    recur_dataset     *piece;
    double            *probabilities; /* [items,K] of the piece */
    double           **attention;     /* [items]: copies, NULL: none */
    int64_t            capacity;
    int32_t           *best; /* [K] */
    char              *line; /* what is written at once */
    size_t             size, room;
} job;

static void take(void *user, const recur_class_guess *guess)
{
    job *j = user;
    memcpy(j->probabilities + guess->item * j->K, guess->probabilities, (size_t)j->K * sizeof(double));
    if (!guess->attention) return;
    int64_t length = recur_dataset_length(j->piece, guess->item);
    j->attention[guess->item] = need_memory((size_t)length, sizeof(double));
    memcpy(j->attention[guess->item], guess->attention, (size_t)length * sizeof(double));
}

/* ---- the best labels ---- */

/* Find the top labels of an item: by probability, of equal ones the first. */
static void rank(job *j, const double *p)
{
    for (int64_t i = 0; i < j->top; i++) {
        int32_t found = -1;
        for (int32_t k = 0; k < j->K; k++) {
            bool is_taken = false;
            for (int64_t m = 0; m < i && !is_taken; m++) is_taken = j->best[m] == k;
            if (!is_taken && (found < 0 || p[k] > p[found])) found = k;
        }
        j->best[i] = found;
    }
}

/* ---- as lines ---- */

static void put(job *j, const char *bytes, size_t n)
{
    while (j->size + n > j->room) {
        j->room = 2 * j->room + n;
        j->line = need_more(j->line, j->room, 1);
    }
    memcpy(j->line + j->size, bytes, n);
    j->size += n;
}

/* A name or token on a line of its own columns: what would break these becomes a blank. */
static void put_name(job *j, const char *bytes, size_t n)
{
    size_t at = j->size;
    put(j, bytes, n);
    for (; at < j->size; at++)
        if ((unsigned char)j->line[at] < ' ') j->line[at] = ' ';
}

static void put_number(job *j, const char *before, double x)
{
    char text[48];
    put(j, text, (size_t)snprintf(text, sizeof text, "%s%.6f", before, x));
}

/* "word:0.5 word:0.25": a weight for each token as it is written, or each row. */
static void put_attention(job *j, int64_t item)
{
    int64_t length = recur_dataset_length(j->piece, item);
    for (int64_t t = 0; t < length; t++) {
        size_t      n = 0;
        const char *form = recur_dataset_form(j->piece, item, t, &n);
        put(j, t ? " " : "\t", 1);
        if (form) put_name(j, form, n);
        put_number(j, form ? ":" : "", j->attention[item][t]);
    }
}

static void put_line(job *j, int64_t item, const double *p)
{
    const recur_labels *labels = recur_model_labels(j->model);
    for (int64_t i = 0; i < j->top; i++) {
        const char *name = recur_labels_name(labels, j->best[i]);
        if (i) put(j, "\t", 1);
        put_name(j, name, strlen(name));
        put_number(j, "\t", p[j->best[i]]);
    }
    if (j->has_attention) put_attention(j, item);
    put(j, "\n", 1);
}

/* ---- as JSON ---- */

static json_t *attention_json(const job *j, int64_t item)
{
    json_t *list = json_array();
    for (int64_t t = 0; t < recur_dataset_length(j->piece, item); t++) {
        size_t      n = 0;
        const char *form = recur_dataset_form(j->piece, item, t, &n);
        json_array_append_new(list,
                              json_pack("{s:o,s:o}", "token", form ? output_string(form, n) : json_null(),
                                        "weight", output_number(j->attention[item][t])));
    }
    return list;
}

static void write_json(job *j, int64_t item, const double *p)
{
    const recur_labels *labels = recur_model_labels(j->model);
    json_t             *line = NULL, *top = json_array();
    for (int64_t i = 0; i < j->top; i++) {
        const char *name = recur_labels_name(labels, j->best[i]);
        json_t     *one = json_pack("{s:s,s:o}", "label", name, "probability", output_number(p[j->best[i]]));
        if (i == 0) line = json_deep_copy(one);
        json_array_append_new(top, one);
    }
    if (j->top > 1)
        json_object_set_new(line, "top", top);
    else
        json_decref(top);
    if (j->has_attention) json_object_set_new(line, "attention", attention_json(j, item));
    output_json(j->app, line);
}

/* ---- pieces ---- */

static void make_room(job *j, int64_t n)
{
    if (n > j->capacity) {
        j->probabilities = need_more(j->probabilities, (size_t)n * (size_t)j->K, sizeof(double));
        j->attention = need_more(j->attention, (size_t)n, sizeof *j->attention);
        j->capacity = n;
    }
    for (int64_t i = 0; i < n; i++) j->attention[i] = NULL;
}

static recur_status predict_piece(job *j)
{
    int64_t      n = recur_dataset_items(j->piece);
    recur_status status = classify_encode(j->piece, j->model);
    make_room(j, n);
    if (!status)
        status = recur_classify_predict(j->model, &(recur_part){.data = j->piece}, NULL, NULL, take, j);
    j->size = 0;
    for (int64_t i = 0; i < n && !status; i++) {
        const double *p = j->probabilities + i * j->K;
        rank(j, p);
        if (j->app->json)
            write_json(j, i, p);
        else
            put_line(j, i, p);
    }
    if (j->size) output_bytes(j->app, j->line, j->size);
    for (int64_t i = 0; i < n; i++) free(j->attention[i]);
    return status;
}

static recur_status predict_all(job *j, const options *o, const recur_source *source)
{
    const option_value *files = options_find(o, "data");
    recur_reader       *reader = NULL;
    recur_status        status =
        recur_reader_open(j->app->ctx, source, files->n_texts, (const char *const *)files->texts, &reader);
    while (!status && !j->app->is_broken && !j->app->output_error) {
        status = recur_reader_next(reader, PIECE_ITEMS, PIECE_TOKENS, &j->piece);
        if (status || !j->piece) break;
        status = predict_piece(j);
        recur_dataset_destroy(j->piece);
        j->piece = NULL;
    }
    recur_reader_close(reader);
    return status;
}

static int check(app *a, const options *o, const recur_model *model)
{
    const recur_classify_spec *spec = recur_classify_get_spec(model);
    if (options_on(o, "attention") && spec->pooling != RECUR_POOL_ATTENTION)
        return output_error(
            a, RECUR_EARG,
            "--attention wants a model that was trained with --pool attention; this one has none");
    if (options_given(o, "text") && spec->features)
        return output_error(a, RECUR_EARG, "--text is for texts, and the model reads series");
    return RECUR_OK;
}

/* Tables that are read line by line surprise whoever trained on their columns. */
static void note_tables(app *a, const options *o, recur_format format)
{
    const option_value *files = options_find(o, "data");
    for (int i = 0; i < files->n_texts && format == RECUR_LINES; i++) {
        const char *dot = strrchr(files->texts[i], '.');
        if (dot && (strcmp(dot, ".csv") == 0 || strcmp(dot, ".tsv") == 0))
            progress_say(a, "note: %s: each line is taken as one text; --text COLUMN reads columns",
                         files->texts[i]);
    }
}

int classify_predict(app *a, options *o, const recur_model *model)
{
    const recur_classify_spec *spec = recur_classify_get_spec(model);
    class_source               s = {.names = NULL};
    job                        j = {.app = a,
                                    .model = model,
                                    .K = recur_labels_count(recur_model_labels(model)),
                                    .top = options_int(o, "top"),
                                    .has_attention = options_on(o, "attention")};
    if (j.top > j.K) j.top = j.K;
    j.best = need_memory((size_t)j.top, sizeof *j.best);
    int code = check(a, o, model);
    if (!code) code = classify_source(a, o, spec->rule, spec->features != 0, true, &s);
    if (!code) note_tables(a, o, s.source.format);
    s.source.keep_forms = j.has_attention && !spec->features;
    recur_status status = code ? RECUR_OK : predict_all(&j, o, &s.source);
    if (status) code = output_failure(a, status);
    recur_dataset_destroy(j.piece);
    free(j.probabilities);
    free(j.attention);
    free(j.best);
    free(j.line);
    free(s.names);
    return code;
}
