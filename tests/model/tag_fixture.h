/* What the tests of taggers share: sentences in a file of their own, and small taggers for them.
 * SPDX-License-Identifier: MIT */
#ifndef TAG_FIXTURE_H
#define TAG_FIXTURE_H

#include "model/lm_fixture.h"
#include "recur/tag.h"

/* Spans of two types, one of which never has a second word, and an empty sentence's worth of nothing. */
static const char tag_text[] = "Anna B-PER\nMay I-PER\nran O\n\n"
                               "to O\nOslo B-LOC\n\n"
                               "Anna B-PER\nran O\nto O\nRio B-LOC\n.O O\n\n"
                               "ran O\n\n";

/* A tagger and its data, encoded. */
typedef struct tag_case {
    recur_dataset *data;
    recur_model   *model;
} tag_case;

/* Read sentences of two columns. */
static inline recur_dataset *tag_read(recur_ctx *ctx, const char *text)
{
    const char        *path = lm_path("sentences.txt");
    const recur_source source = {.format = RECUR_CONLL, .rule = {.unit = RECUR_WORD}};
    recur_dataset     *data = NULL;
    lm_write_bytes(path, text, strlen(text));
    LM_OK(ctx, recur_dataset_read(ctx, &source, 1, &path, &data));
    return data;
}

static inline void tag_encode(recur_ctx *ctx, recur_dataset *data, const recur_model *model)
{
    LM_OK(ctx, recur_dataset_encode(data, recur_model_vocab(model), recur_model_characters(model),
                                    recur_model_labels(model)));
}

/* What a tagger of these sentences is made of. */
static inline recur_status tag_create(recur_ctx *ctx, recur_dataset *data, const recur_tag_spec *spec,
                                      recur_model **model)
{
    const recur_part all = {.data = data};
    recur_vocab     *words = NULL, *characters = NULL;
    recur_labels    *labels = NULL;
    recur_status     status = recur_part_vocab(ctx, &all, &(recur_vocab_opts){0}, &words);
    if (!status && spec->char_embed)
        status = recur_part_characters(ctx, &all, &(recur_vocab_opts){0}, &characters);
    if (!status) status = recur_part_labels(ctx, &all, 0, &labels);
    if (!status) return recur_tagger_create(ctx, spec, words, characters, labels, 7, model);
    recur_vocab_destroy(words);
    recur_vocab_destroy(characters);
    return status;
}

static inline tag_case tag_open(recur_ctx *ctx, const char *text, recur_tag_spec spec)
{
    tag_case c = {.data = tag_read(ctx, text)};
    LM_OK(ctx, tag_create(ctx, c.data, &spec, &c.model));
    tag_encode(ctx, c.data, c.model);
    return c;
}

static inline void tag_close(tag_case *c)
{
    recur_model_destroy(c->model);
    recur_dataset_destroy(c->data);
}

enum { TAG_SPECS = 5 };

/* Words alone and spelt, every head, one direction and two. */
static inline recur_tag_spec tag_spec(int i)
{
    const recur_tag_spec specs[TAG_SPECS] = {
        {.embed = 3, .rnn = {.hidden = 4}},
        {.embed = 3, .char_embed = 2, .char_hidden = 2, .rnn = {.hidden = 3, .bidirectional = true}},
        {.embed = 3, .crf = true, .rnn = {.hidden = 4, .cell = RECUR_GRU, .layers = 2}},
        {.embed = 3,
         .char_embed = 2,
         .char_hidden = 3,
         .crf = true,
         .scheme = RECUR_TAGS_BIOES,
         .dropout = 0.25,
         .rnn = {.hidden = 3, .bidirectional = true}},
        {.embed = 3,
         .char_embed = 3,
         .char_hidden = 2,
         .scheme = RECUR_TAGS_BIO,
         .rnn = {.hidden = 3, .cell = RECUR_RNN_TANH, .bidirectional = true}},
    };
    return specs[i];
}

#endif
