/* recur train seq2seq: an encoder-decoder from pairs of texts; and what the other commands do for one.
 * SPDX-License-Identifier: MIT */
#include "seq2seq.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "diagnose.h"
#include "rows.h"

static const option column_rows[] = {
    {.name = "source",
     .form = "FILE|COLUMN",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_USUAL,
     .help = "sources, one on each line of a file; beside --data a column, a name or a number from 1"},
    {.name = "target",
     .form = "FILE|COLUMN",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_USUAL,
     .help = "targets: line i answers line i of the sources; beside --data a column"},
    {.name = "max-source",
     .form = "N",
     .type = OPTION_INT,
     .min = 0,
     .max = 1e9,
     .fallback = "0",
     .default_says = "whole sources, or as the model was trained",
     .help = "cut sources after N tokens"},
    ROW_END,
};

const option_group pair_columns_group = {"Pairs", column_rows};

static const option seq2seq_rows[] = {
    ROW_TASK("seq2seq"),
    ROW_DATA("tables of pairs, TSV or CSV; several files follow one another; - is stdin"),
    {.name = "valid-source",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_PATH | OPTION_USUAL,
     .help = "validation data as parallel lines: sources"},
    {.name = "valid-target",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_PATH | OPTION_USUAL,
     .help = "and their targets"},
    ROW_ENCODING,
    ROW_UNIT("word|char|bpe", "word",
             "what a token is: word (white space separates), char (Unicode), or bpe: parts of words"),
    ROW_VOCAB(NULL, "all; bpe: 8000", OPTION_USUAL,
              "keep the N most frequent tokens of each side, <unk> or the bytes included"),
    ROW_MIN_COUNT(NULL, "tokens that occur less often in the training part become <unk>, or are not merged"),
    {.name = "joint",
     .type = OPTION_SWITCH,
     .default_says = "as --share-embeddings",
     .help = "one vocabulary for both sides"},
    {.name = "max-target",
     .form = "N",
     .type = OPTION_INT,
     .min = 0,
     .max = 1e9,
     .fallback = "0",
     .default_says = "any length",
     .help = "do not learn from targets of more than N tokens"},
    {.name = "max-ratio",
     .form = "R",
     .type = OPTION_NUMBER,
     .min = 1,
     .max = 1e9,
     .default_says = "any",
     .help = "do not learn from pairs whose longer side has more than R times the tokens of the shorter"},
    ROW_END,
};

static const option coder_rows[] = {
    ROW_CELL(CELL_CHOICES, "rnn (tanh), relu, lstm or gru"),
    {.name = "decoder-cell",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = CELL_CHOICES,
     .default_says = "as --cell",
     .help = "of the decoder"},
    {.name = "decoder-layers",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 256,
     .default_says = "as --layers",
     .help = "of the decoder"},
    {.name = "decoder-hidden",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .default_says = "as --hidden",
     .help = "units of each layer of the decoder"},
    ROW_EMBED(1, "256; char: 64", "size of a token's vector, on both sides"),
    ROW_BIDIRECTIONAL(NULL, "the encoder reads in two directions"),
    {.name = "bidirectional-decoder",
     .type = OPTION_REFUSED,
     .help =
         "is not for an encoder-decoder: writing has no future to read; --bidirectional is the encoder's"},
    {.name = "attention",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "none|additive|dot|general",
     .fallback = "additive",
     .flags = OPTION_USUAL,
     .help = "what the decoder sees of the source: none (the summary vector alone), additive (Bahdanau), dot "
             "or general "
             "(Luong)"},
    {.name = "attention-size",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .needs = "attention=additive",
     .default_says = "as --decoder-hidden",
     .help = "units of additive attention"},
    {.name = "input-feed",
     .type = OPTION_SWITCH,
     .help = "dot, general: the decoder reads what attention made of its last step"},
    {.name = "bridge",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "default|copy|linear|sum",
     .fallback = "default",
     .help = "how the encoder's last state starts the decoder: copy, linear, sum of the two directions; "
             "default: copy "
             "where both fit, else linear"},
    {.name = "readout",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .default_says = "none; dot, general: the decoder's size; --tie: --embed",
     .help = "units of a layer between the decoder and the output"},
    {.name = "share-embeddings", .type = OPTION_SWITCH, .help = "one table for both sides"},
    ROW_TIE("the output layer uses the table of targets"),
    {.name = "reverse-source",
     .type = OPTION_SWITCH,
     .flags = OPTION_USUAL,
     .help = "read sources from their end to their beginning"},
    ROW_END,
};

static const option learning_rows[] = {
    ROW_BATCH_TOKENS("at most N tokens of both sides in a batch, beside --batch"),
    {.name = "accumulate",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e6,
     .fallback = "1",
     .help = "batches for each update"},
    {.name = "teacher-forcing",
     .form = "P",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1,
     .fallback = "1",
     .help = "how often the decoder reads the right token before; otherwise its own"},
    ROW_LABEL_SMOOTHING("share of each target token that is spread over all"),
    ROW_STOP_ON(
        "loss|accuracy|bleu", "loss", NULL,
        "what makes a model better in validation: loss, accuracy or bleu (of targets written greedily)"),
    ROW_END,
};

static const option decoding_rows[] = {
    ROW_INT("beam", 1, 1e6, "1", "beginnings of a target that are kept; 1: greedy"),
    ROW_NUMBER("length-penalty", "A", -100, 100, "0", "order targets by log p / ((5 + length) / 6)^A"),
    {.name = "min-length",
     .form = "N",
     .type = OPTION_INT,
     .min = 0,
     .max = 1e9,
     .fallback = "0",
     .help = "at least N tokens"},
    {.name = "max-length",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e9,
     .default_says = "twice the source and 50",
     .help = "at most N tokens"},
    {.name = "no-repeat-ngram",
     .form = "N",
     .type = OPTION_INT,
     .min = 0,
     .max = 1e9,
     .fallback = "0",
     .help = "write no N tokens twice in a target; 0: allowed"},
    {.name = "unknown", .type = OPTION_SWITCH, .help = "<unk> may be written"},
    {.name = "decode-batch",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .fallback = "64",
     .help = "sources side by side; the results are the same"},
    ROW_END,
};

static const option telling_rows[] = {
    {.name = "nbest",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e6,
     .fallback = "1",
     .help = "the N best targets, tabs between them"},
    {.name = "scores", .type = OPTION_SWITCH, .help = "write its score behind each target, after a tab"},
    {.name = "attention-out",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .help = "write what each token of the best targets saw of its source: as JSON lines, a table (.tsv) or "
             "a picture "
             "of the "
             "first (.svg)"},
    ROW_END,
};

const option_group decoding_group = {"Writing targets", decoding_rows};
const option_group telling_group = {"Targets on a line", telling_rows};

static const option_group        seq2seq_group = {"Sequence to sequence", seq2seq_rows};
static const option_group        coder_group = {"Encoder and decoder", coder_rows};
static const option_group        learning_group = {"Learning", learning_rows};
static const option_group *const seq2seq_groups[] = {
    &pair_columns_group, &seq2seq_group, &coder_group, &model_group,  &learning_group,
    &training_group,     &budget_group,  &run_group,   &common_group, NULL};

static int train_seq2seq(app *a, options *o)
{
    return train_task(a, o, &seq2seq_task);
}

const command train_seq2seq_command = {
    .name = "train seq2seq",
    .synopsis = "--source FILE --target FILE [--out RUN] [options]",
    .brief = "--source FILE --target FILE",
    .summary = "train a translator of sequences",
    .notes = "Line i of --target answers line i of --source; or both are columns of the tables FILE... Pairs "
             "with an empty side are\n"
             "left out. Reports go to stderr, and the path of the run to stdout when it is done; with --json "
             "the reports go\n"
             "to stdout. Ctrl-C saves; 'recur resume RUN' goes on.\n",
    .groups = seq2seq_groups,
    .args = "",
    .rest = "data",
    .run = train_seq2seq,
};

/* ---- the task ---- */

static void say_vocabs(const recur_model *model, char *text, size_t size)
{
    const recur_vocab *source = recur_model_vocab(model), *target = recur_seq2seq_target_vocab(model);
    const char        *unit = train_units(recur_vocab_unit(source));
    if (source == target)
        snprintf(text, size, "%" PRId64 " %s for both sides", recur_vocab_size(source), unit);
    else
        snprintf(text, size, "%" PRId64 " %s to %" PRId64, recur_vocab_size(source), unit,
                 recur_vocab_size(target));
}

static void say_data(app *a, const options *o, const void *data, const recur_model *model)
{
    const pair_data *d = data;
    char             valid[64] = "", vocabs[96];
    int64_t          n_cut = recur_pairs_cut(d->train);
    say_vocabs(model, vocabs, sizeof vocabs);
    if (d->parts[1].pairs) snprintf(valid, sizeof valid, ", %" PRId64 " to validate", d->parts[1].n);
    progress_say(a, "data: %" PRId64 " pairs to learn from%s; %s", d->parts[0].n, valid, vocabs);
    if (d->counts.n_empty)
        progress_say(a, "note: %" PRId64 " pairs with an empty side are left out", d->counts.n_empty);
    if (d->counts.n_long)
        progress_say(a, "note: %" PRId64 " pairs with a target of more than %" PRId64 " tokens are left out",
                     d->counts.n_long, options_int(o, "max-target"));
    if (d->counts.n_ratio)
        progress_say(a, "note: %" PRId64 " pairs are left out: one side has more than %g times the other",
                     d->counts.n_ratio, options_number(o, "max-ratio"));
    if (n_cut)
        progress_say(a, "note: %" PRId64 " sources are cut after %" PRId64 " tokens", n_cut,
                     options_int(o, "max-source"));
}

static recur_status learn(recur_model *model, const options *o, const void *data, const recur_run_opts *opts,
                          const recur_run_hooks *hooks)
{
    const pair_data   *d = data;
    recur_seq2seq_opts seq2seq = seq2seq_train_opts(o);
    recur_pair_feed    train = recur_pair_batches_feed(d->batches[0]), valid = {0};
    if (d->batches[1]) valid = recur_pair_batches_feed(d->batches[1]);
    seq2seq_judge judge = {.options = o, .ctx = d->ctx, .part = d->parts[1]};
    if (d->batches[1] && seq2seq_keeps_text(o)) {
        seq2seq.judge = seq2seq_bleu;
        seq2seq.user = &judge;
    }
    return recur_seq2seq_train(model, &train, d->batches[1] ? &valid : NULL, &seq2seq, opts, hooks, NULL);
}

static recur_probe_data looks_at(const void *data)
{
    const pair_data *d = data;
    return (recur_probe_data){.pairs = d->parts[0]};
}

static void describe(const recur_model *model, char *text, size_t size)
{
    static const char *const  attentions[] = {"additive attention", "dot attention", "general attention",
                                              "no attention"};
    static const char *const  bridges[] = {"", "copied", "linear", "sum of directions"};
    const recur_seq2seq_spec *s = recur_seq2seq_get_spec(model);
    char                      vocabs[96], encoder[192], decoder[192];
    say_vocabs(model, vocabs, sizeof vocabs);
    train_describe_stack(&s->encoder, s->dropout, encoder, sizeof encoder);
    train_describe_stack(&s->decoder, s->dropout, decoder, sizeof decoder);
    size_t n =
        (size_t)snprintf(text, size, "encoder-decoder: %s%s, embedding of %" PRId64 "%s; encoder: %s; ",
                         vocabs, s->reverse_source ? ", sources reversed" : "", s->source_embed,
                         s->shared_embeddings ? " (shared)" : "", encoder);
    if (n >= size) return;
    n += (size_t)snprintf(text + n, size - n, "bridge: %s; decoder: %s; %s%s", bridges[s->bridge], decoder,
                          attentions[s->attention], s->input_feeding ? " with input feeding" : "");
    if (n < size && s->readout)
        n += (size_t)snprintf(text + n, size - n, ", readout of %" PRId64, s->readout);
    if (n < size && s->tie) snprintf(text + n, size - n, ", output tied to the embedding");
}

const task seq2seq_task = {
    .kind = RECUR_TASK_SEQ2SEQ,
    .name = "seq2seq",
    .thing = "an encoder-decoder",
    .train = &train_seq2seq_command,
    .columns = &pair_columns_group,
    .choices = {&decoding_group, &telling_group},
    .has_data = seq2seq_has_data,
    .wants = "--source FILE and --target FILE, or --data FILE with both as columns",
    .complete = seq2seq_complete,
    .data_bytes = sizeof(pair_data),
    .read = seq2seq_data_read,
    .make = seq2seq_data_make,
    .keep = seq2seq_data_keep,
    .free_data = seq2seq_data_free,
    .checksum = seq2seq_data_checksum,
    .say_data = say_data,
    .learn = learn,
    .looks_at = looks_at,
    .next = "predict",
    .describe = describe,
    .eval = seq2seq_eval,
    .examine = seq2seq_examine,
    .predict = seq2seq_predict,
};
