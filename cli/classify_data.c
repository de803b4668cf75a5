/* Labelled data become a training part, a validation part, and a model made of the training part alone: vocabulary, labels, moments.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "memory.h"

/* ---- reading ---- */

static int read_files(app *a, const options *o, const char *name, recur_dataset **data)
{
    class_source s;
    int          code = classify_source(a, o, classify_spec(o).rule, false, false, &s);
    if (!code) code = labelled_read(a, o, name, &s.source, data);
    free(s.names);
    return code;
}

/* Refuse what the command line says of words or columns where the data have none. */
static int check_series(app *a, const options *o, const recur_dataset *data)
{
    static const char *const of_words[] = {"text",      "unit",  "tokenised", "letters",
                                           "min-count", "vocab", "embed",     "vectors"};
    static const char *const of_columns[] = {"label", "header"};
    if (recur_dataset_kind(data) != RECUR_DATA_SERIES) return RECUR_OK;
    for (size_t i = 0; i < sizeof of_words / sizeof *of_words; i++)
        if (options_find(o, of_words[i])->source == SOURCE_COMMAND)
            return output_error(a, RECUR_EARG, "--%s is for texts, and the data are series", of_words[i]);
    for (size_t i = 0; !options_text(o, "id") && i < sizeof of_columns / sizeof *of_columns; i++)
        if (options_find(o, of_columns[i])->source == SOURCE_COMMAND)
            return output_error(a, RECUR_EARG,
                                "--%s is for columns, and .ts files have none: a label ends each line",
                                of_columns[i]);
    return RECUR_OK;
}

int classify_data_read(app *a, options *o, void *data)
{
    labelled *of = &((class_data *)data)->of;
    int       code = labelled_take(a, o, of);
    if (!code) code = read_files(a, o, "data", &of->train);
    if (!code) code = check_series(a, o, of->train);
    if (!code && options_text(o, "valid")) code = read_files(a, o, "valid", &of->valid);
    if (!code && of->valid && recur_dataset_kind(of->valid) != recur_dataset_kind(of->train))
        code = output_error(a, RECUR_EDATA,
                            "the training and the validation data are of different kinds, texts and series");
    return code;
}

void classify_data_free(app *a, void *data)
{
    class_data *d = data;
    labelled_free(a, &d->of);
    free(d->weights);
}

/* ---- weights of classes ---- */

static recur_status balance(app *a, class_data *d, const recur_labels *labels)
{
    int64_t      K = recur_labels_count(labels), total = 0;
    int64_t     *counts = need_memory((size_t)K, sizeof *counts);
    recur_status status = recur_part_count_labels(a->ctx, &d->of.parts[0], labels, counts);
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
    recur_status status = recur_part_labels(a->ctx, &d->of.parts[0], options_int(o, "labels"), labels);
    if (status || recur_dataset_kind(d->of.train) == RECUR_DATA_SERIES) return status;
    return recur_part_vocab(a->ctx, &d->of.parts[0], &opts, vocab);
}

static int create(app *a, options *o, class_data *d, recur_vocab *vocab, recur_labels *labels,
                  recur_model **model)
{
    recur_vectors vectors = {0};
    recur_status  status = vocab ? labelled_vectors(a, o, vocab, &vectors) : RECUR_OK;
    if (status) {
        recur_vocab_destroy(vocab);
        recur_labels_destroy(labels);
        return output_failure(a, status);
    }
    recur_classify_spec spec = classify_spec(o);
    spec.features = recur_dataset_features(d->of.train);
    if (spec.features) spec.embed = 0;
    status = recur_classify_create(a->ctx, &spec, vocab, labels, (uint64_t)options_int(o, "seed"), model);
    if (!status && vectors.values) status = recur_model_set_vectors(*model, &vectors);
    recur_vectors_free(a->ctx, &vectors);
    return status ? output_failure(a, status) : RECUR_OK;
}

/* Tell the model what its series are like, then make the data so. */
static recur_status set_moments(app *a, const class_data *d, recur_model *model)
{
    int64_t F = recur_dataset_features(d->of.train);
    if (!F) return RECUR_OK;
    double      *moments = need_memory((size_t)F, 2 * sizeof *moments);
    recur_status status = recur_part_moments(a->ctx, &d->of.parts[0], moments, moments + F);
    if (!status) status = recur_classify_set_moments(model, moments, moments + F);
    free(moments);
    return status;
}

int classify_data_make(app *a, options *o, void *data, recur_model **model)
{
    static const char *const columns[] = {"text", "label",  "label-first", "format",
                                          "id",   "values", "header",      "encoding"};
    class_data              *d = data;
    recur_vocab             *vocab = NULL;
    recur_labels            *labels = NULL;
    recur_status             status = labelled_divide(a, o, &d->of);
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
    if (!status) status = classify_encode(d->of.train, *model);
    if (!status && d->of.valid) status = classify_encode(d->of.valid, *model);
    if (status) return output_failure(a, status);
    return labelled_note_columns(a, o, *model, columns, sizeof columns / sizeof *columns);
}
