/* Attention in a file: as JSON lines, as a table, or as a picture of the first target.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "seq2seq.h"

typedef enum attention_form { FORM_JSON = 0, FORM_TABLE, FORM_PICTURE } attention_form;

struct attention_file {
    app               *app;
    const recur_model *model;
    const char        *path;
    FILE              *file;
    attention_form     form;
    bool               is_drawn;
};

static const char end_mark[] = "</s>";

int attention_open(app *a, const char *path, const recur_model *model, attention_file **out)
{
    attention_file *f = *out = need_memory(1, sizeof *f);
    *f = (attention_file){.app = a, .model = model, .path = path};
    f->form = path_ends_in(path, ".svg") ? FORM_PICTURE : path_ends_in(path, ".tsv") ? FORM_TABLE : FORM_JSON;
    if (f->form == FORM_PICTURE) return RECUR_OK; /* written when there is something to draw */
    f->file = fopen(path, "wb");
    if (!f->file) return output_error(a, RECUR_EIO, "cannot write %s: %s", path, strerror(errno));
    if (f->form == FORM_TABLE) fputs("line\ttarget_place\ttarget\tsource_place\tsource\tweight\n", f->file);
    return RECUR_OK;
}

int attention_close(attention_file *f)
{
    int code = RECUR_OK;
    if (!f) return code;
    if (f->form == FORM_PICTURE && !f->is_drawn)
        progress_say(f->app, "note: %s is not written, since no line has a target to draw", f->path);
    bool is_written = !f->file || (!ferror(f->file) && fflush(f->file) == 0);
    int  reason = errno;
    if (f->file && fclose(f->file) != 0 && is_written) {
        reason = errno;
        is_written = false;
    }
    if (!is_written) code = output_error(f->app, RECUR_EIO, "cannot write %s: %s", f->path, strerror(reason));
    free(f);
    return code;
}

/* ---- tokens ---- */

/* A target or source with its end: token i of n, which is the end where i is n. */
static const char *token_of(const recur_vocab *vocab, const int32_t *ids, int64_t n, int64_t i, size_t *bytes)
{
    *bytes = sizeof end_mark - 1;
    return i == n ? end_mark : recur_vocab_token(vocab, ids[i], bytes);
}

static json_t *tokens_json(const recur_vocab *vocab, const int32_t *ids, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i <= n; i++) {
        size_t      bytes;
        const char *token = token_of(vocab, ids, n, i, &bytes);
        json_array_append_new(list, output_string(token, bytes));
    }
    return list;
}

/* A token on a line of its own columns. */
static void put_token(FILE *f, const recur_vocab *vocab, const int32_t *ids, int64_t n, int64_t i)
{
    size_t      bytes;
    const char *token = token_of(vocab, ids, n, i, &bytes);
    for (size_t k = 0; k < bytes; k++) fputc((unsigned char)token[k] < ' ' ? ' ' : token[k], f);
}

/* ---- forms ---- */

static void write_json(const attention_file *f, int64_t line, const int32_t *ids, const recur_hypothesis *h)
{
    json_t *rows = json_array();
    for (int64_t i = 0; i <= h->n; i++) {
        json_t *row = json_array();
        for (int64_t s = 0; s <= h->n_source; s++)
            json_array_append_new(row, output_number((double)h->attention[i * (h->n_source + 1) + s]));
        json_array_append_new(rows, row);
    }
    json_t *object =
        json_pack("{s:I,s:o,s:o,s:o}", "line", (json_int_t)line, "source",
                  tokens_json(recur_model_vocab(f->model), ids, h->n_source), "target",
                  tokens_json(recur_seq2seq_target_vocab(f->model), h->ids, h->n), "weights", rows);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (text) fprintf(f->file, "%s\n", text);
    free(text);
    json_decref(object);
}

static void write_table(const attention_file *f, int64_t line, const int32_t *ids, const recur_hypothesis *h)
{
    for (int64_t i = 0; i <= h->n; i++)
        for (int64_t s = 0; s <= h->n_source; s++) {
            fprintf(f->file, "%" PRId64 "\t%" PRId64 "\t", line, i + 1);
            put_token(f->file, recur_seq2seq_target_vocab(f->model), h->ids, h->n, i);
            fprintf(f->file, "\t%" PRId64 "\t", s + 1);
            put_token(f->file, recur_model_vocab(f->model), ids, h->n_source, s);
            fprintf(f->file, "\t%.6f\n", (double)h->attention[i * (h->n_source + 1) + s]);
        }
}

/* The words along an edge of the picture. The caller frees them. */
static recur_map_word *words_of(const recur_vocab *vocab, const int32_t *ids, int64_t n)
{
    recur_map_word *words = need_memory((size_t)n + 1, sizeof *words);
    for (int64_t i = 0; i <= n; i++) words[i].bytes = token_of(vocab, ids, n, i, &words[i].size);
    return words;
}

static int draw(attention_file *f, int64_t line, const int32_t *ids, const recur_hypothesis *h)
{
    char title[64];
    snprintf(title, sizeof title, "attention of line %" PRId64, line);
    recur_map_word           *source = words_of(recur_model_vocab(f->model), ids, h->n_source);
    recur_map_word           *target = words_of(recur_seq2seq_target_vocab(f->model), h->ids, h->n);
    const recur_attention_map map = {.title = title,
                                     .n_source = h->n_source + 1,
                                     .n_target = h->n + 1,
                                     .source = source,
                                     .target = target,
                                     .weights = h->attention};
    recur_picture            *picture = NULL;
    recur_status              status = recur_attention_draw(f->app->ctx, &map, &picture);
    if (!status) status = recur_picture_save(picture, f->path);
    recur_picture_destroy(picture);
    free(source);
    free(target);
    f->is_drawn = true;
    return status ? output_failure(f->app, status) : RECUR_OK;
}

int attention_write(attention_file *f, int64_t line, const int32_t *ids, const recur_hypothesis *h)
{
    if (!h->attention) return RECUR_OK; /* an empty line saw nothing */
    if (f->form == FORM_PICTURE) return f->is_drawn ? RECUR_OK : draw(f, line, ids, h);
    if (f->form == FORM_JSON) write_json(f, line, ids, h);
    if (f->form == FORM_TABLE) write_table(f, line, ids, h);
    return RECUR_OK;
}
