/* The options of an encoder-decoder become the structs of the library; what does not go together is refused first.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "config.h"
#include "seq2seq.h"

static bool is(const options *o, const char *name, const char *value)
{
    return strcmp(options_text(o, name), value) == 0;
}

recur_unit seq2seq_unit(const options *o)
{
    static const recur_unit units[] = {RECUR_WORD, RECUR_CHAR, RECUR_BPE};
    return units[options_find(o, "unit")->choice];
}

/* The decoder's stack: as the encoder's but for what has an option of its own, and in one direction. */
static recur_rnn_spec decoder_of(const options *o)
{
    recur_rnn_spec rnn = train_rnn_spec(o);
    rnn.bidirectional = false;
    rnn.cell = cell_of(options_find(o, "decoder-cell")->choice);
    rnn.layers = options_int(o, "decoder-layers");
    rnn.hidden = options_int(o, "decoder-hidden");
    if (rnn.cell != RECUR_LSTM) {
        rnn.projection = 0;
        rnn.set_forget_bias = false;
    }
    if (rnn.cell != RECUR_GRU) rnn.reset_before = false;
    return rnn;
}

recur_seq2seq_spec seq2seq_spec(const options *o)
{
    static const recur_attention_kind kinds[] = {RECUR_ATTENTION_NONE, RECUR_ATTENTION_ADDITIVE,
                                                 RECUR_ATTENTION_DOT, RECUR_ATTENTION_GENERAL};
    static const recur_bridge bridges[] = {RECUR_BRIDGE_DEFAULT, RECUR_BRIDGE_COPY, RECUR_BRIDGE_LINEAR,
                                           RECUR_BRIDGE_SUM};
    return (recur_seq2seq_spec){
        .rule = {.unit = seq2seq_unit(o), .splitting = RECUR_SPLIT_SPACES, .letters = RECUR_LETTERS_KEPT},
        .source_embed = options_int(o, "embed"),
        .target_embed = options_int(o, "embed"),
        .encoder = train_rnn_spec(o),
        .decoder = decoder_of(o),
        .bridge = bridges[options_find(o, "bridge")->choice],
        .attention = kinds[options_find(o, "attention")->choice],
        .attention_size = options_int(o, "attention-size"),
        .input_feeding = options_on(o, "input-feed"),
        .readout = options_int(o, "readout"),
        .shared_embeddings = options_on(o, "share-embeddings"),
        .tie = options_on(o, "tie"),
        .reverse_source = options_on(o, "reverse-source"),
        .dropout = options_number(o, "dropout"),
    };
}

recur_seq2seq_opts seq2seq_train_opts(const options *o)
{
    return (recur_seq2seq_opts){
        .own = 1 - options_number(o, "teacher-forcing"),
        .label_smoothing = options_number(o, "label-smoothing"),
        .accumulate = options_int(o, "accumulate"),
    };
}

recur_batch_opts seq2seq_batch_opts(const options *o)
{
    bool has_items = options_given(o, "batch") || !options_find(o, "batch-tokens")->n_texts;
    return (recur_batch_opts){
        .items = has_items ? options_int(o, "batch") : 0,
        .tokens = options_int(o, "batch-tokens"),
        .seed = (uint64_t)options_int(o, "seed"),
    };
}

recur_decode_opts seq2seq_decode_opts(const options *o)
{
    return (recur_decode_opts){
        .beam = options_int(o, "beam"),
        .length_penalty = options_number(o, "length-penalty"),
        .min_length = options_int(o, "min-length"),
        .max_length = options_int(o, "max-length"),
        .no_repeat = options_int(o, "no-repeat-ngram"),
        .unknown = options_on(o, "unknown"),
        .batches = {.items = options_int(o, "decode-batch")},
    };
}

bool seq2seq_has_data(const options *o)
{
    return options_find(o, "data")->n_texts > 0 ||
           (options_find(o, "source")->n_texts > 0 && options_find(o, "target")->n_texts > 0);
}

bool seq2seq_keeps_text(const options *o)
{
    return is(o, "stop-on", "bleu");
}

/* ---- what does not go together ---- */

/* Files are kept by their whole names, columns as they are. */
static recur_status settle_files(options *o)
{
    static const char *const names[] = {"source", "target"};
    if (options_find(o, "data")->n_texts > 0) return RECUR_OK;
    for (int i = 0; i < 2; i++) {
        option_value *v = options_find(o, names[i]);
        for (int k = 0; k < v->n_texts; k++) {
            char *path = config_absolute(v->texts[k]);
            if (!path) return options_fail(o, RECUR_EIO, "the working directory has no name any more");
            free(v->texts[k]);
            v->texts[k] = path;
        }
    }
    return RECUR_OK;
}

static recur_status check_files(options *o)
{
    const option_value *source = options_find(o, "source"), *target = options_find(o, "target");
    const option_value *valid_source = options_find(o, "valid-source"),
                       *valid_target = options_find(o, "valid-target");
    bool is_table = options_find(o, "data")->n_texts > 0;
    if (is_table && (source->n_texts != 1 || target->n_texts != 1))
        return options_fail(o, RECUR_EARG,
                            "a table wants --source COLUMN and --target COLUMN, one of each; found %d and %d",
                            source->n_texts, target->n_texts);
    if (source->n_texts != target->n_texts)
        return options_fail(o, RECUR_EARG, "--source names %d files and --target %d; wanted as many of both",
                            source->n_texts, target->n_texts);
    if (valid_source->n_texts != valid_target->n_texts)
        return options_fail(o, RECUR_EARG,
                            "--valid-source and --valid-target go together; found one of them");
    if (is_table && valid_source->n_texts)
        return options_fail(
            o, RECUR_EARG,
            "--valid-source is for parallel lines; validation data of tables are --valid FILE");
    if (!is_table && options_find(o, "valid")->n_texts)
        return options_fail(o, RECUR_EARG,
                            "--valid is for tables; of parallel lines they are --valid-source and "
                            "--valid-target");
    return settle_files(o);
}

/* Validation data given as parallel files stand against --split as --valid does. */
static recur_status check_split(options *o)
{
    const option_value *valid = options_find(o, "valid-source"), *split = options_find(o, "split");
    if (!valid->n_texts) return RECUR_OK;
    if (split->source >= SOURCE_FILE && split->source >= valid->source)
        return options_fail(o, RECUR_EARG,
                            "--valid-source and --split both say where validation data come from; give one "
                            "of them");
    options_clear(o, "split");
    return RECUR_OK;
}

static recur_status check_model(options *o)
{
    bool has_luong = is(o, "attention", "dot") || is(o, "attention", "general");
    if (options_on(o, "input-feed") && !has_luong)
        return options_fail(o, RECUR_EARG,
                            "--input-feed is for --attention dot or general, found --attention %s",
                            options_text(o, "attention"));
    if (options_on(o, "share-embeddings") && !options_on(o, "joint"))
        return options_fail(o, RECUR_EARG,
                            "--share-embeddings wants one vocabulary for both sides, --joint; found two");
    if (options_find(o, "stop-on")->n_texts && options_find(o, "split")->n_numbers > 1 &&
        options_find(o, "split")->numbers[1] <= 0 && options_given(o, "stop-on"))
        return options_fail(o, RECUR_EARG, "--stop-on wants validation data, found none (--split %s)",
                            options_text(o, "split"));
    return RECUR_OK;
}

recur_status seq2seq_complete(options *o)
{
    static const char *const as_encoder[][2] = {
        {"decoder-cell", "cell"}, {"decoder-layers", "layers"}, {"decoder-hidden", "hidden"}};
    for (int i = 0; i < 3; i++)
        if (train_is_open(o, as_encoder[i][0]))
            options_set(o, as_encoder[i][0], SOURCE_DEFAULT, options_text(o, as_encoder[i][1]));
    if (train_is_open(o, "joint"))
        options_set(o, "joint", SOURCE_DEFAULT, options_on(o, "share-embeddings") ? "yes" : "no");
    if (seq2seq_unit(o) == RECUR_BPE && train_is_open(o, "vocab"))
        options_set(o, "vocab", SOURCE_DEFAULT, "8000");
    recur_status status = check_files(o);
    if (!status) status = train_complete(o, seq2seq_unit(o) == RECUR_CHAR ? 64 : 256);
    if (!status) status = check_split(o);
    return status ? status : check_model(o);
}
