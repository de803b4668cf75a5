/* recur predict for an encoder-decoder: a line for each line, in its order.
 *
 * What is read is taken piece by piece: of a file in large ones, of a pipe as much as it has to give, so that a line typed is answered at
 * once. Inside a piece sources are translated by length and then told in their order.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "seq2seq.h"

enum { PIECE_ITEMS = 1024, PIECE_BYTES = 1 << 18 };

/* A target as it is told. */
typedef struct answer {
    char   *text;
    size_t  bytes;
    double  log_p, score;
    int64_t tokens;
} answer;

typedef struct job {
    app               *app;
    const recur_model *model;
    recur_decode_opts  opts;
    bool               has_scores;
    attention_file    *attention;
    recur_pairs       *piece;
    int64_t            first_line; /* of the piece */
    answer            *answers;    /* [items,nbest] of the piece */
    int64_t           *n_answers;  /* [items] */
    int64_t            room;       /* items */
    float            **weights;    /* [items]: of the best target, where they are asked for */
    int32_t          **ids;
    int64_t            n_cut;
    int                code; /* of what went wrong while targets were told */
    char              *line;
    size_t             size, line_room;
} job;

static void *copy(const void *from, size_t n, size_t size)
{
    void *to = need_memory(n, size);
    if (n) memcpy(to, from, n * size);
    return to;
}

static void take(void *user, const recur_hypothesis *h)
{
    job    *j = user;
    answer *a = &j->answers[h->item * j->opts.n_best + h->rank];
    *a = (answer){.log_p = h->log_p, .score = h->score, .tokens = h->n};
    a->text = seq2seq_text(j->app->ctx, j->model, h->ids, h->n, &a->bytes);
    j->n_answers[h->item] = h->rank + 1;
    if (h->rank > 0) return;
    j->n_cut += h->is_cut;
    if (!j->attention) return;
    j->ids[h->item] = copy(h->ids, (size_t)h->n, sizeof *h->ids);
    if (h->attention)
        j->weights[h->item] =
            copy(h->attention, (size_t)(h->n + 1) * (size_t)(h->n_source + 1), sizeof(float));
}

/* ---- as lines ---- */

static void put(job *j, const char *bytes, size_t n)
{
    while (j->size + n > j->line_room) {
        j->line_room = 2 * j->line_room + n;
        j->line = need_more(j->line, j->line_room, 1);
    }
    if (n) memcpy(j->line + j->size, bytes, n);
    j->size += n;
}

static void put_line(job *j, const answer *answers, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        char score[48];
        if (k) put(j, "\t", 1);
        put(j, answers[k].text, answers[k].bytes);
        if (j->has_scores) put(j, score, (size_t)snprintf(score, sizeof score, "\t%.6f", answers[k].score));
    }
    put(j, "\n", 1);
}

static json_t *answer_json(const answer *a)
{
    return json_pack("{s:o,s:o,s:o,s:I}", "text", output_string(a->text, a->bytes), "log_p",
                     output_number(a->log_p), "score", output_number(a->score), "tokens",
                     (json_int_t)a->tokens);
}

static void write_json(job *j, const answer *answers, int64_t n)
{
    json_t *line = answer_json(&answers[0]);
    if (j->opts.n_best > 1) {
        json_t *list = json_array();
        for (int64_t k = 0; k < n; k++) json_array_append_new(list, answer_json(&answers[k]));
        json_object_set_new(line, "nbest", list);
    }
    output_json(j->app, line);
}

/* ---- pieces ---- */

static void make_room(job *j, int64_t n)
{
    if (n > j->room) {
        j->answers = need_more(j->answers, (size_t)n * (size_t)j->opts.n_best, sizeof *j->answers);
        j->n_answers = need_more(j->n_answers, (size_t)n, sizeof *j->n_answers);
        j->weights = need_more(j->weights, (size_t)n, sizeof *j->weights);
        j->ids = need_more(j->ids, (size_t)n, sizeof *j->ids);
        j->room = n;
    }
    for (int64_t i = 0; i < n; i++) {
        j->n_answers[i] = 0;
        j->weights[i] = NULL;
        j->ids[i] = NULL;
    }
}

static int tell_attention(job *j, int64_t i)
{
    int64_t          n_source, n = j->answers[i * j->opts.n_best].tokens;
    const int32_t   *source = recur_pairs_ids(j->piece, i, RECUR_SOURCE, &n_source);
    recur_hypothesis h = {
        .item = i, .n = n, .ids = j->ids[i], .n_source = n_source, .attention = j->weights[i]};
    return attention_write(j->attention, j->first_line + i, source, &h);
}

/* Tell the answers of an item and let go of them. */
static int tell(job *j, int64_t i)
{
    answer *answers = j->answers + i * j->opts.n_best;
    int     code = RECUR_OK;
    if (j->app->json)
        write_json(j, answers, j->n_answers[i]);
    else
        put_line(j, answers, j->n_answers[i]);
    if (j->attention) code = tell_attention(j, i);
    return code;
}

static void forget(job *j, int64_t i)
{
    for (int64_t k = 0; k < j->n_answers[i]; k++) free(j->answers[i * j->opts.n_best + k].text);
    free(j->weights[i]);
    free(j->ids[i]);
}

static recur_status translate_piece(job *j, const options *o)
{
    int64_t         n = recur_pairs_items(j->piece);
    recur_pair_part all = {.pairs = j->piece};
    make_room(j, n);
    recur_status status = seq2seq_encode(j->piece, j->model, o);
    if (!status) status = recur_seq2seq_predict(j->model, &all, &j->opts, NULL, take, j);
    j->size = 0;
    for (int64_t i = 0; i < n && !status && !j->code; i++) j->code = tell(j, i);
    if (j->size && !status) output_bytes(j->app, j->line, j->size);
    for (int64_t i = 0; i < n; i++) forget(j, i);
    j->first_line += n;
    return status;
}

static recur_status translate_all(job *j, const options *o, const recur_pair_source *source)
{
    recur_pair_reader *reader = NULL;
    recur_status       status = recur_pair_reader_open(j->app->ctx, source, &reader);
    while (!status && !j->code && !j->app->is_broken && !j->app->output_error) {
        status = recur_pair_reader_next(reader, PIECE_ITEMS, PIECE_BYTES, &j->piece);
        if (status || !j->piece) break;
        status = translate_piece(j, o);
        recur_pairs_destroy(j->piece);
        j->piece = NULL;
    }
    recur_pair_reader_close(reader);
    return status;
}

static int check(app *a, const options *o, const recur_model *model)
{
    if (options_text(o, "attention-out") && recur_seq2seq_get_spec(model)->attention == RECUR_ATTENTION_NONE)
        return output_error(a, RECUR_EARG,
                            "--attention-out wants a model with attention; this one was trained with "
                            "--attention none");
    if (options_find(o, "target")->n_texts && options_given(o, "target") &&
        options_find(o, "target")->source == SOURCE_COMMAND)
        return output_error(a, RECUR_EARG, "--target is what predict finds; wanted sources alone");
    if (options_find(o, "source")->n_texts > 1)
        return output_error(a, RECUR_EARG, "--source names %d columns; wanted one",
                            options_find(o, "source")->n_texts);
    return RECUR_OK;
}

int seq2seq_predict(app *a, options *o, const recur_model *model)
{
    recur_pair_source source;
    job               j = {.app = a, .model = model, .opts = seq2seq_decode_opts(o), .first_line = 1};
    const char       *path = options_text(o, "attention-out");
    int               code = check(a, o, model);
    bool              has_column = options_find(o, "source")->n_texts > 0;
    if (!code) code = seq2seq_take_columns(a, o, model);
    if (!has_column) options_clear(o, "source"); /* a bare line is read unless a column is named here */
    if (!code) code = seq2seq_source(a, o, "data", "source", "target", true, &source);
    if (!code && path) code = attention_open(a, path, model, &j.attention);
    j.opts.n_best = options_int(o, "nbest");
    j.opts.attention = path != NULL;
    j.has_scores = options_on(o, "scores");
    j.opts.unscored = !j.has_scores && !a->json;
    recur_status status = code ? RECUR_OK : translate_all(&j, o, &source);
    if (!code) code = status ? output_failure(a, status) : j.code;
    int closed = attention_close(j.attention);
    if (!code) code = closed;
    if (!code && j.n_cut)
        progress_say(a, "note: %" PRId64 " targets were made to end at their greatest length", j.n_cut);
    recur_pairs_destroy(j.piece);
    free(j.answers);
    free(j.n_answers);
    free(j.weights);
    free(j.ids);
    free(j.line);
    return code;
}
