/* Tagged sentences become a training part, a validation part, and a model made of the training part alone: vocabulary, characters, tags.
 *
 * A part of --data that --split names last is not looked at.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "memory.h"
#include "tag.h"

enum { CHARACTER_COUNT = 2 }; /* characters that occur less often are <unk>, so that <unk> is learnt */

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

static recur_text_rule rule_of(const options *o)
{
    static const recur_letters letters[] = {RECUR_LETTERS_LOWER, RECUR_LETTERS_KEPT};
    return (recur_text_rule){.unit = RECUR_WORD, .letters = letters[options_find(o, "letters")->choice]};
}

static int read_files(app *a, const options *o, const char *name, recur_dataset **data)
{
    const option_value *v = options_find(o, name);
    recur_source        source = tag_source(o, rule_of(o), false);
    if (!v->n_texts) return RECUR_OK;
    recur_status status =
        recur_dataset_read(a->ctx, &source, v->n_texts, (const char *const *)v->texts, data);
    return status ? output_failure(a, status) : RECUR_OK;
}

int tag_data_read(app *a, options *o, void *data)
{
    tag_data *d = data;
    int       code = check_stdin(a, o);
    if (!code) code = spool_take(a, o, "data", &d->streams[0]);
    if (!code) code = spool_take(a, o, "valid", &d->streams[1]);
    if (!code) code = read_files(a, o, "data", &d->train);
    return code ? code : read_files(a, o, "valid", &d->valid);
}

int tag_data_keep(app *a, options *o, void *data, store *s)
{
    tag_data *d = data;
    int       code = spool_keep(a, o, "data", &d->streams[0], s);
    return code ? code : spool_keep(a, o, "valid", &d->streams[1], s);
}

void tag_data_free(app *a, void *data)
{
    tag_data *d = data;
    spool_free(a, &d->streams[0]);
    spool_free(a, &d->streams[1]);
    recur_dataset_destroy(d->train);
    recur_dataset_destroy(d->valid);
    free(d->order);
}

uint64_t tag_data_checksum(const void *data)
{
    const tag_data *d = data;
    uint64_t        valid = d->valid ? recur_dataset_checksum(d->valid) : 0;
    return recur_dataset_checksum(d->train) ^
           valid * UINT64_C(0x9e3779b97f4a7c15); /* which is which counts */
}

/* ---- parts ---- */

static recur_status divide(app *a, const options *o, tag_data *d)
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

/* ---- the model ---- */

/* What a model takes. */
typedef struct ingredients {
    recur_vocab  *vocab, *characters;
    recur_labels *labels;
    recur_vectors vectors;
} ingredients;

static void drop(app *a, ingredients *of)
{
    recur_vocab_destroy(of->vocab);
    recur_vocab_destroy(of->characters);
    recur_labels_destroy(of->labels);
    recur_vectors_free(a->ctx, &of->vectors);
}

/* Read vectors for the vocabulary; where the user left the size open it is theirs. */
static recur_status read_vectors(app *a, options *o, ingredients *of)
{
    char        size[32];
    const char *path = options_text(o, "vectors");
    if (!path) return RECUR_OK;
    recur_status status = recur_vectors_read(a->ctx, path, of->vocab, &of->vectors);
    if (status || options_given(o, "embed")) return status;
    snprintf(size, sizeof size, "%lld", (long long)of->vectors.size);
    options_set(o, "embed", SOURCE_DEFAULT, size);
    return RECUR_OK;
}

static recur_status gather(app *a, options *o, const tag_data *d, ingredients *of)
{
    const recur_vocab_opts words = {.min_count = options_int(o, "min-count"),
                                    .max_size = options_int(o, "vocab")},
                           letters = {.min_count = CHARACTER_COUNT};
    recur_status status = recur_part_labels(a->ctx, &d->parts[0], 0, &of->labels);
    if (!status) status = recur_part_vocab(a->ctx, &d->parts[0], &words, &of->vocab);
    if (!status && options_on(o, "char-features"))
        status = recur_part_characters(a->ctx, &d->parts[0], &letters, &of->characters);
    return status ? status : read_vectors(a, o, of);
}

/* The scheme to learn, found in the tags where the user left it open; what validation is to be judged by follows from it. */
static recur_status choose_scheme(app *a, options *o, const recur_labels *labels, recur_tag_scheme *scheme)
{
    static const recur_tag_scheme schemes[] = {RECUR_TAGS_PLAIN, RECUR_TAGS_PLAIN, RECUR_TAGS_BIO,
                                               RECUR_TAGS_BIOES};
    int                           choice = options_find(o, "scheme")->choice;
    recur_status                  status = recur_labels_scheme(a->ctx, labels, scheme);
    if (status) return status;
    if (choice == 0 && *scheme != RECUR_TAGS_PLAIN) *scheme = RECUR_TAGS_BIOES;
    if (choice > 0) *scheme = schemes[choice];
    if (train_is_open(o, "stop-on"))
        options_set(o, "stop-on", SOURCE_DEFAULT, *scheme == RECUR_TAGS_PLAIN ? "accuracy" : "f1");
    return RECUR_OK;
}

static recur_status create(app *a, options *o, ingredients *of, recur_model **model)
{
    bool           has_characters = options_on(o, "char-features");
    recur_tag_spec spec = {
        .rule = rule_of(o),
        .embed = options_int(o, "embed"),
        .char_embed = has_characters ? options_int(o, "char-embed") : 0,
        .char_hidden = has_characters ? options_int(o, "char-hidden") : 0,
        .frozen_embedding = options_on(o, "freeze-vectors"),
        .rnn = train_rnn_spec(o),
        .dropout = options_number(o, "dropout"),
        .crf = options_on(o, "crf"),
    };
    recur_status status = choose_scheme(a, o, of->labels, &spec.scheme);
    if (status) return status;
    status = recur_tagger_create(a->ctx, &spec, of->vocab, of->characters, of->labels,
                                 (uint64_t)options_int(o, "seed"), model);
    of->vocab = of->characters = NULL; /* the model has taken them */
    of->labels = NULL;
    if (!status && of->vectors.values) status = recur_model_set_vectors(*model, &of->vectors);
    return status;
}

/* Write into the model where its data had what. */
static int note_columns(app *a, options *o, recur_model *model)
{
    static const char *const names[] = {"token", "tag", "encoding"};
    char                    *text = config_write_some(o, names, sizeof names / sizeof *names);
    if (!text) return output_error(a, RECUR_EARG, "%s", o->error);
    recur_status status = recur_model_set_note(model, "columns", text);
    free(text);
    return status ? output_failure(a, status) : RECUR_OK;
}

static recur_status encode(recur_dataset *data, const recur_model *model)
{
    return recur_dataset_encode(data, recur_model_vocab(model), recur_model_characters(model),
                                recur_model_labels(model));
}

int tag_data_make(app *a, options *o, void *data, recur_model **model)
{
    tag_data    *d = data;
    ingredients  of = {.vocab = NULL};
    recur_status status = divide(a, o, d);
    if (!status) status = gather(a, o, d, &of);
    if (!status) status = create(a, o, &of, model);
    drop(a, &of);
    if (!status) status = encode(d->train, *model);
    if (!status && d->valid) status = encode(d->valid, *model);
    return status ? output_failure(a, status) : note_columns(a, o, *model);
}
