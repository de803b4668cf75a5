/* Tagged sentences become a training part, a validation part, and a model made of the training part alone: vocabulary, characters, tags.
 * SPDX-License-Identifier: MIT */

#include "tag.h"

enum { CHARACTER_COUNT = 2 }; /* characters that occur less often are <unk>, so that <unk> is learnt */

/* ---- reading ---- */

static recur_text_rule rule_of(const options *o)
{
    static const recur_letters letters[] = {RECUR_LETTERS_LOWER, RECUR_LETTERS_KEPT};
    return (recur_text_rule){.unit = RECUR_WORD, .letters = letters[options_find(o, "letters")->choice]};
}

int tag_data_read(app *a, options *o, void *data)
{
    labelled          *d = data;
    const recur_source source = tag_source(o, rule_of(o), false);
    int                code = labelled_take(a, o, d);
    if (!code) code = labelled_read(a, o, "data", &source, &d->train);
    return code ? code : labelled_read(a, o, "valid", &source, &d->valid);
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

static recur_status gather(app *a, options *o, const labelled *d, ingredients *of)
{
    const recur_vocab_opts words = {.min_count = options_int(o, "min-count"),
                                    .max_size = options_int(o, "vocab")},
                           letters = {.min_count = CHARACTER_COUNT};
    recur_status status = recur_part_labels(a->ctx, &d->parts[0], 0, &of->labels);
    if (!status) status = recur_part_vocab(a->ctx, &d->parts[0], &words, &of->vocab);
    if (!status && options_on(o, "char-features"))
        status = recur_part_characters(a->ctx, &d->parts[0], &letters, &of->characters);
    return status ? status : labelled_vectors(a, o, of->vocab, &of->vectors);
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

static recur_status encode(recur_dataset *data, const recur_model *model)
{
    return recur_dataset_encode(data, recur_model_vocab(model), recur_model_characters(model),
                                recur_model_labels(model));
}

int tag_data_make(app *a, options *o, void *data, recur_model **model)
{
    static const char *const columns[] = {"token", "tag", "encoding"};
    labelled                *d = data;
    ingredients              of = {.vocab = NULL};
    recur_status             status = labelled_divide(a, o, d);
    if (!status) status = gather(a, o, d, &of);
    if (!status) status = create(a, o, &of, model);
    drop(a, &of);
    if (!status) status = encode(d->train, *model);
    if (!status && d->valid) status = encode(d->valid, *model);
    if (status) return output_failure(a, status);
    return labelled_note_columns(a, o, *model, columns, sizeof columns / sizeof *columns);
}
