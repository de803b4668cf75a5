/* The options of a classifier become the structs of the library; what does not go together is refused first.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "classify.h"

static bool is(const options *o, const char *name, const char *text)
{
    return strcmp(options_text(o, name), text) == 0;
}

recur_classify_spec classify_spec(const options *o)
{
    static const recur_letters letters[] = {RECUR_LETTERS_DEFAULT, RECUR_LETTERS_LOWER, RECUR_LETTERS_KEPT};
    static const recur_pooling pools[] = {RECUR_POOL_LAST, RECUR_POOL_MEAN, RECUR_POOL_MAX,
                                          RECUR_POOL_ATTENTION};
    static const recur_unit    units[] = {RECUR_WORD, RECUR_CHAR, RECUR_BYTE};
    return (recur_classify_spec){
        .rule = {.unit = units[options_find(o, "unit")->choice],
                 .splitting = options_on(o, "tokenised") ? RECUR_SPLIT_SPACES : RECUR_SPLIT_WORDS,
                 .letters = letters[options_find(o, "letters")->choice]},
        .embed = options_int(o, "embed"),
        .frozen_embedding = options_on(o, "freeze-vectors"),
        .no_stack = is(o, "cell", "none"),
        .rnn = train_rnn_spec(o),
        .pooling = pools[options_find(o, "pool")->choice],
        .embed_dropout = options_number(o, "embed-dropout"),
        .dropout = options_number(o, "dropout"),
    };
}

recur_classify_opts classify_train_opts(const options *o)
{
    return (recur_classify_opts){
        .batches = {.items = options_find(o, "batch")->n_texts ? options_int(o, "batch") : 0,
                    .tokens = options_int(o, "batch-tokens"),
                    .seed = (uint64_t)options_int(o, "seed")},
        .word_dropout = options_number(o, "word-dropout"),
        .label_smoothing = options_number(o, "label-smoothing"),
    };
}

/* ---- what does not go together ---- */

static recur_status check_stack(options *o)
{
    static const char *const idle[] = {"layers", "hidden", "diagnose"};
    if (!is(o, "cell", "none")) return RECUR_OK;
    for (int i = 0; i < 3; i++)
        if (options_find(o, idle[i])->source == SOURCE_COMMAND)
            return options_fail(o, RECUR_EARG, "--%s is for a stack, found --cell none", idle[i]);
    if (is(o, "pool", "last"))
        return options_fail(o, RECUR_EARG,
                            "--pool last wants a stack, found --cell none; there are mean, max "
                            "and attention");
    if (options_int(o, "embed") == 0 && !options_text(o, "id"))
        return options_fail(o, RECUR_EARG, "--cell none wants an embedding to pool, found --embed 0");
    return RECUR_OK;
}

static recur_status check_format(options *o)
{
    const char *format = options_text(o, "format");
    bool        has_id = options_text(o, "id"), is_first = options_on(o, "label-first");
    if (has_id && is_first)
        return options_fail(o, RECUR_EARG,
                            "--id is for series and --label-first for texts; give one of them");
    if (is_first && (options_given(o, "text") || options_given(o, "label")))
        return options_fail(o, RECUR_EARG, "--label-first lines have no columns, found --%s",
                            options_given(o, "text") ? "text" : "label");
    if (has_id && strcmp(format, "auto") != 0 && strcmp(format, "csv") != 0)
        return options_fail(o, RECUR_EARG, "--id is for series as CSV, found --format %s", format);
    if (options_text(o, "values") && !has_id)
        return options_fail(o, RECUR_EARG, "--values is for series as CSV, which want --id");
    return RECUR_OK;
}

recur_status classify_complete(options *o)
{
    bool is_word = is(o, "unit", "word"), is_bag = is(o, "cell", "none");
    if (train_is_open(o, "pool")) options_set(o, "pool", SOURCE_DEFAULT, is_bag ? "mean" : "last");
    if (train_is_open(o, "embed-dropout"))
        options_set(o, "embed-dropout", SOURCE_DEFAULT, options_text(o, "dropout"));
    if (options_on(o, "freeze-vectors") && !options_text(o, "vectors"))
        return options_fail(o, RECUR_EARG, "--freeze-vectors is for --vectors FILE, found none");
    train_choose_batch(o);
    bool has_embed = !train_is_open(o, "embed");
    if (options_text(o, "vectors") && has_embed && options_int(o, "embed") == 0)
        return options_fail(o, RECUR_EARG, "--vectors wants an embedding, found --embed 0");
    recur_status status = train_complete(o, is_word || is_bag ? 100 : 0);
    if (!status) status = check_stack(o);
    return status ? status : check_format(o);
}
