/* Small classifiers and the data that they read, for the tests of models and of runs.
 * SPDX-License-Identifier: MIT */
#ifndef CLASS_FIXTURE_H
#define CLASS_FIXTURE_H

#include "model/lm_fixture.h"

/* Texts of different lengths, one of them empty; the label says whether "good" comes before "bad". */
static const char class_texts[] = "pos\tgood it is and not bad\n"
                                  "neg\tbad\n"
                                  "neg\tbad it is and not good at all\n"
                                  "pos\tgood good bad\n"
                                  "neg\t\n"
                                  "pos\tso good\n"
                                  "neg\tno bad bad thing is good\n"
                                  "pos\tgood\n"
                                  "neg\tbad then good\n"
                                  "pos\tgood then bad then good\n";

/* Series of two numbers in a row, as .ts. */
static const char class_series[] = "@data\n"
                                   "1,2,3:0.5,0.25,1:up\n3,2:1,5:down\n0,1,2,4:3,1,4,1:up\n7,1:2,2:down\n"
                                   "0.5:1:up\n9,4,3:0,1,2:down\n1,2:3,4:up\n2,1,0.5:1,0,2:down\n";

typedef struct class_case {
    recur_ctx     *ctx;
    recur_dataset *data;
    recur_model   *model;
    recur_part     all;
} class_case;

static inline recur_dataset *class_read(recur_ctx *ctx, const char *name, const char *text, bool is_series,
                                        recur_text_rule rule)
{
    static const char *const column[] = {"2"};
    char                     path[256];
    const char *const        paths[] = {path};
    recur_dataset           *data = NULL;
    const recur_source       source = {.format = is_series ? RECUR_TS : RECUR_TSV,
                                       .header = RECUR_HEADER_NO,
                                       .rule = rule,
                                       .n_text = 1,
                                       .text = column,
                                       .label = "1",
                                       .keep_forms = !is_series};
    snprintf(path, sizeof path, "%s", lm_path(name));
    lm_write_bytes(path, text, strlen(text));
    LM_OK(ctx, recur_dataset_read(ctx, &source, 1, paths, &data));
    return data;
}

/* Read the data that the spec is for, encode them and make the model. */
static inline void class_open(class_case *c, recur_ctx *ctx, recur_classify_spec spec)
{
    double        mean[2], deviation[2];
    recur_vocab  *vocab = NULL;
    recur_labels *labels = NULL;
    bool          is_series = spec.features != 0;
    *c = (class_case){.ctx = ctx};
    c->data = class_read(ctx, "data.txt", is_series ? class_series : class_texts, is_series, spec.rule);
    c->all = (recur_part){.data = c->data};
    LM_OK(ctx, recur_part_labels(ctx, &c->all, 0, &labels));
    if (!is_series) LM_OK(ctx, recur_part_vocab(ctx, &c->all, NULL, &vocab));
    LM_OK(ctx, recur_dataset_encode(c->data, vocab, NULL, labels));
    LM_OK(ctx, recur_classify_create(ctx, &spec, vocab, labels, 5, &c->model));
    if (!is_series) return;
    LM_OK(ctx, recur_part_moments(ctx, &c->all, mean, deviation));
    LM_OK(ctx, recur_classify_set_moments(c->model, mean, deviation));
    LM_OK(ctx, recur_classify_moments(c->model, mean, deviation));
    LM_OK(ctx, recur_dataset_standardise(c->data, mean, deviation));
}

static inline void class_close(class_case *c)
{
    recur_model_destroy(c->model);
    recur_dataset_destroy(c->data);
}

enum { CLASS_SPECS = 12 };

/* Every input, pooling and direction, and some cells. */
static inline recur_classify_spec class_spec(int i)
{
    static const recur_text_rule words = {.unit = RECUR_WORD}, chars = {.unit = RECUR_CHAR},
                                 bytes = {.unit = RECUR_BYTE};
    const recur_classify_spec specs[CLASS_SPECS] = {
        {.rule = words, .embed = 5, .rnn = {.cell = RECUR_LSTM, .hidden = 6}},
        {.rule = words, .embed = 5, .rnn = {.cell = RECUR_LSTM, .hidden = 6, .bidirectional = true}},
        {.rule = words,
         .embed = 4,
         .rnn = {.cell = RECUR_GRU, .hidden = 5, .layers = 2, .bidirectional = true},
         .pooling = RECUR_POOL_MEAN},
        {.rule = words, .embed = 4, .rnn = {.cell = RECUR_RNN_TANH, .hidden = 5}, .pooling = RECUR_POOL_MAX},
        {.rule = words,
         .embed = 4,
         .rnn = {.cell = RECUR_LSTM, .hidden = 5, .bidirectional = true},
         .pooling = RECUR_POOL_ATTENTION},
        {.rule = chars, .rnn = {.cell = RECUR_GRU, .hidden = 5}},
        {.rule = bytes, .embed = 3, .rnn = {.cell = RECUR_LSTM, .hidden = 5, .projection = 3}},
        {.rule = words, .embed = 6, .no_stack = true, .pooling = RECUR_POOL_MEAN},
        {.rule = words, .embed = 6, .no_stack = true, .pooling = RECUR_POOL_ATTENTION},
        {.features = 2, .rnn = {.cell = RECUR_LSTM, .hidden = 5, .bidirectional = true}},
        {.features = 2, .no_stack = true, .pooling = RECUR_POOL_MAX},
        {.rule = words,
         .embed = 5,
         .frozen_embedding = true,
         .embed_dropout = 0.25,
         .dropout = 0.5,
         .rnn = {.cell = RECUR_LSTM, .hidden = 6, .dropout = 0.5, .layers = 2},
         .pooling = RECUR_POOL_MAX},
    };
    return specs[i];
}

#endif
