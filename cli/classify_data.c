/* Labelled data become a training part, a validation part, and a model made of the training part alone: vocabulary, labels, moments.
 *
 * A part of --data that --split names last is not looked at.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "config.h"
#include "memory.h"

/* ---- reading ---- */

static int check_stdin(app *a, const options *o)
{
    const option_value *data = options_find(o, "data");
    const char         *valid = options_text(o, "valid");
    int                 n = valid && strcmp(valid, "-") == 0;
    for (int i = 0; i < data->n_texts; i++) n += strcmp(data->texts[i], "-") == 0;
    if (n > 1) return output_error(a, RECUR_EARG, "stdin (-) can be read only once, found it %d times", n);
    return RECUR_OK;
}

static int read_files(app *a, const options *o, const char *name, recur_dataset **data)
{
    const option_value *v = options_find(o, name);
    class_source        s;
    int                 code = classify_source(a, o, classify_spec(o).rule, false, false, &s);
    if (!code) {
        recur_status status =
            recur_dataset_read(a->ctx, &s.source, v->n_texts, (const char *const *)v->texts, data);
        if (status) code = output_failure(a, status);
    }
    free(s.names);
    return code;
}

int classify_data_read(app *a, options *o, void *data)
{
    class_data *d = data;
    int         code = check_stdin(a, o);
    if (!code) code = spool_take(a, o, "data", &d->streams[0]);
    if (!code) code = spool_take(a, o, "valid", &d->streams[1]);
    if (!code) code = read_files(a, o, "data", &d->train);
    if (!code && options_text(o, "valid")) code = read_files(a, o, "valid", &d->valid);
    if (!code && d->valid && recur_dataset_kind(d->valid) != recur_dataset_kind(d->train))
        code = output_error(a, RECUR_EDATA,
                            "the training and the validation data are of different kinds, texts and series");
    return code;
}

int classify_data_keep(app *a, options *o, void *data, store *s)
{
    class_data *d = data;
    int         code = spool_keep(a, o, "data", &d->streams[0], s);
    return code ? code : spool_keep(a, o, "valid", &d->streams[1], s);
}

void classify_data_free(app *a, void *data)
{
    class_data *d = data;
    spool_free(a, &d->streams[0]);
    spool_free(a, &d->streams[1]);
    recur_dataset_destroy(d->train);
    recur_dataset_destroy(d->valid);
    free(d->order);
    free(d->weights);
}

uint64_t classify_data_checksum(const void *data)
{
    const class_data *d = data;
    uint64_t          valid = d->valid ? recur_dataset_checksum(d->valid) : 0;
    return recur_dataset_checksum(d->train) ^
           valid * UINT64_C(0x9e3779b97f4a7c15); /* which is which counts */
}

/* ---- parts ---- */

static recur_status divide(app *a, const options *o, class_data *d)
{
    const option_value *split = options_find(o, "split");
    int64_t             n = recur_dataset_items(d->train), sizes[3];
    d->parts[0] = (recur_part){.data = d->train};
    if (d->valid) d->parts[1] = (recur_part){.data = d->valid};
    if (!split->n_texts) return RECUR_OK;
    d->order = need_memory((size_t)n, sizeof *d->order);
    recur_status status = recur_split_items(a->ctx, n, split->n_numbers, split->numbers,
                                            (uint64_t)options_int(o, "seed"), d->order, sizes);
    if (status) return status;
    d->parts[0] = (recur_part){d->train, d->order, sizes[0]};
    if (sizes[1] > 0) d->parts[1] = (recur_part){d->train, d->order + sizes[0], sizes[1]};
    return RECUR_OK;
}

/* ---- weights of classes ---- */

static recur_status balance(app *a, class_data *d, const recur_labels *labels)
{
    int64_t      K = recur_labels_count(labels), total = 0;
    int64_t     *counts = need_memory((size_t)K, sizeof *counts);
    recur_status status = recur_part_count_labels(a->ctx, &d->parts[0], labels, counts);
    for (int64_t k = 0; k < K; k++) total += counts[k];
    for (int64_t k = 0; k < K && !status; k++)
        d->weights[k] = (double)total / ((double)K * (double)(counts[k] ? counts[k] : 1));
    free(counts);
    return status;
}

/* Take one LABEL=WEIGHT; a label may hold an equals sign. */
static int take_weight(app *a, class_data *d, const recur_labels *labels, char *text)
{
    char *sign = strrchr(text, '='), *end = NULL;
    if (sign) *sign = '\0';
    double  weight = sign ? strtod(sign + 1, &end) : NAN;
    int32_t label = sign ? recur_labels_find(labels, text) : -1;
    if (!sign || end == sign + 1 || *end || !(weight >= 0 && weight < INFINITY))
        return output_error(a, RECUR_EARG,
                            "--class-weights wants none, balanced or LABEL=WEIGHT,... with weights of 0 or "
                            "more, found '%s%s%s'",
                            text, sign ? "=" : "", sign ? sign + 1 : "");
    if (label < 0)
        return output_error(a, RECUR_EARG,
                            "--class-weights names '%s', which is no label of the training data", text);
    d->weights[label] = weight;
    return RECUR_OK;
}

static int weigh_classes(app *a, const options *o, class_data *d, const recur_labels *labels)
{
    const char *how = options_text(o, "class-weights");
    int64_t     K = recur_labels_count(labels);
    if (strcmp(how, "none") == 0) return RECUR_OK;
    d->weights = need_memory((size_t)K, sizeof *d->weights);
    if (strcmp(how, "balanced") == 0) {
        recur_status status = balance(a, d, labels);
        return status ? output_failure(a, status) : RECUR_OK;
    }
    for (int64_t k = 0; k < K; k++) d->weights[k] = 1;
    char *copy = need_copy(how);
    int   code = RECUR_OK;
    for (char *p = copy, *next; !code && p; p = next) {
        next = strchr(p, ',');
        if (next) *next++ = '\0';
        code = take_weight(a, d, labels, p);
    }
    free(copy);
    return code;
}

/* ---- the model ---- */

static recur_status build_parts(app *a, const options *o, const class_data *d, recur_vocab **vocab,
                                recur_labels **labels)
{
    const recur_vocab_opts opts = {.min_count = options_int(o, "min-count"),
                                   .max_size = options_int(o, "vocab")};
    recur_status           status = recur_part_labels(a->ctx, &d->parts[0], options_int(o, "labels"), labels);
    if (status || recur_dataset_kind(d->train) == RECUR_DATA_SERIES) return status;
    return recur_part_vocab(a->ctx, &d->parts[0], &opts, vocab);
}

/* Read vectors for the vocabulary; where the user left the size of the embedding open it is theirs. */
static recur_status read_vectors(app *a, options *o, const recur_vocab *vocab, bool is_open,
                                 recur_vectors *vectors)
{
    char        size[32];
    const char *path = options_text(o, "vectors");
    if (!path) return RECUR_OK;
    recur_status status = recur_vectors_read(a->ctx, path, vocab, vectors);
    if (status || !is_open) return status;
    snprintf(size, sizeof size, "%" PRId64, vectors->size);
    options_set(o, "embed", SOURCE_DEFAULT, size);
    return RECUR_OK;
}

static int create(app *a, options *o, class_data *d, recur_vocab *vocab, recur_labels *labels,
                  recur_model **model)
{
    recur_vectors vectors = {0};
    recur_status  status = vocab ? read_vectors(a, o, vocab, !options_given(o, "embed"), &vectors) : RECUR_OK;
    if (status) {
        recur_vocab_destroy(vocab);
        recur_labels_destroy(labels);
        return output_failure(a, status);
    }
    recur_classify_spec spec = classify_spec(o);
    spec.features = recur_dataset_features(d->train);
    if (spec.features) spec.embed = 0;
    status = recur_classify_create(a->ctx, &spec, vocab, labels, (uint64_t)options_int(o, "seed"), model);
    if (!status && vectors.values) status = recur_model_set_vectors(*model, &vectors);
    recur_vectors_free(a->ctx, &vectors);
    return status ? output_failure(a, status) : RECUR_OK;
}

/* Tell the model what its series are like, then make the data so. */
static recur_status set_moments(app *a, const class_data *d, recur_model *model)
{
    int64_t F = recur_dataset_features(d->train);
    if (!F) return RECUR_OK;
    double      *moments = need_memory((size_t)F, 2 * sizeof *moments);
    recur_status status = recur_part_moments(a->ctx, &d->parts[0], moments, moments + F);
    if (!status) status = recur_classify_set_moments(model, moments, moments + F);
    free(moments);
    return status;
}

/* Write into the model where its data had what. */
static int note_columns(app *a, options *o, recur_model *model)
{
    static const char *const names[] = {"text", "label",  "label-first", "format",
                                        "id",   "values", "header",      "encoding"};
    char                    *text = config_write_some(o, names, sizeof names / sizeof *names);
    if (!text) return output_error(a, RECUR_EARG, "%s", o->error);
    recur_status status = recur_model_set_note(model, "columns", text);
    free(text);
    return status ? output_failure(a, status) : RECUR_OK;
}

int classify_data_make(app *a, options *o, void *data, recur_model **model)
{
    class_data   *d = data;
    recur_vocab  *vocab = NULL;
    recur_labels *labels = NULL;
    recur_status  status = divide(a, o, d);
    if (!status) status = build_parts(a, o, d, &vocab, &labels);
    int code = status ? output_failure(a, status) : weigh_classes(a, o, d, labels);
    if (code) {
        recur_vocab_destroy(vocab);
        recur_labels_destroy(labels);
        return code;
    }
    code = create(a, o, d, vocab, labels, model);
    if (code) return code;
    status = set_moments(a, d, *model);
    if (!status) status = classify_encode(d->train, *model);
    if (!status && d->valid) status = classify_encode(d->valid, *model);
    return status ? output_failure(a, status) : note_columns(a, o, *model);
}
