/* recur train tag: a tagger from sentences in columns; and what the other commands do for one.
 * SPDX-License-Identifier: MIT */
#include "tag.h"

#include <inttypes.h>
#include <stdio.h>

#include "cells.h"
#include "diagnose.h"
#include "rows.h"

static const option column_rows[] = {
    {.name = "token",
     .form = "COLUMN",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "the first; of ten FORM",
     .help = "column of the word: a number from 1 or a name of CoNLL-U"},
    {.name = "tag",
     .form = "COLUMN",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "the last; of ten UPOS",
     .help = "column of the tag: a number from 1 or a name of CoNLL-U"},
    ROW_END,
};

const option_group tag_columns_group = {"Columns of CoNLL", column_rows};

static const option tag_rows[] = {
    ROW_TASK("tag"),
    ROW_DATA("tagged sentences, a word on each line; several files follow one another; - is stdin"),
    ROW_ENCODING,
    ROW_LETTERS(
        "lower|kept", "lower",
        "look words up in lower-case letters, or as they are kept; characters are always read as they are"),
    ROW_MIN_COUNT(NULL, "words that occur less often in the training part become <unk>"),
    ROW_VOCAB(NULL, "all", 0, "keep the N most frequent words, <unk> included"),
    {.name = "scheme",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "auto|none|bio|bioes",
     .fallback = "auto",
     .help =
         "learn spans as bio or bioes, whichever of them the file has; none: tags as they are; auto: bioes "
         "where all tags mark spans"},
    ROW_END,
};

static const option model_rows[] = {
    ROW_CELL(CELL_CHOICES, "rnn (tanh), relu, lstm or gru"),
    ROW_EMBED(1, "100, or the size of --vectors", "size of a word's vector"),
    ROW_BIDIRECTIONAL(NULL, "a stack of two directions: what follows a word counts, too"),
    {.name = "char-features",
     .type = OPTION_SWITCH,
     .fallback = "no",
     .flags = OPTION_USUAL,
     .help = "read the characters of each word, by an LSTM in both directions"},
    {.name = "char-embed",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .fallback = "30",
     .needs = "char-features=yes",
     .help = "size of a character's vector"},
    {.name = "char-hidden",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 65536,
     .fallback = "50",
     .needs = "char-features=yes",
     .help = "units of each direction over characters"},
    {.name = "crf",
     .type = OPTION_SWITCH,
     .flags = OPTION_USUAL,
     .help = "choose the tags of a sentence together (a linear-chain random field); those that break their "
             "scheme "
             "are impossible"},
    ROW_VECTORS(NULL, "start from word vectors: a word and its numbers on each line"),
    ROW_FREEZE_VECTORS("the vectors of words do not learn"),
    ROW_END,
};

static const option learning_rows[] = {
    ROW_BATCH_TOKENS("at most N words in a batch; --batch then counts only if it is given too"),
    {.name = "hide-rare",
     .form = "P",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 1,
     .fallback = "0.5",
     .help = "how often training reads a word that occurs once as <unk>, so that <unk> is learnt"},
    ROW_STOP_ON("loss|accuracy|f1", NULL, "f1 where tags mark spans, else accuracy",
                "what makes a model better in validation: loss, accuracy or f1"),
    ROW_END,
};

static const option_group        tag_group = {"Tagging", tag_rows};
static const option_group        tagger_group = {"Tagger", model_rows};
static const option_group        learning_group = {"Learning", learning_rows};
static const option_group *const tag_groups[] = {
    &tag_group,      &tag_columns_group, &tagger_group, &model_group,  &learning_group,
    &training_group, &budget_group,      &run_group,    &common_group, NULL};

static int train_tag(app *a, options *o)
{
    return train_task(a, o, &tag_task);
}

const command train_tag_command = {
    .name = "train tag",
    .synopsis = "[--data] FILE... [--token COLUMN] [--tag COLUMN] [--out RUN] [options]",
    .brief = "FILE",
    .summary = "train a tagger of words: parts of speech, chunks, names",
    .notes =
        "Files have columns, a word on each line and an empty line after each sentence (CoNLL, CoNLL-U); - "
        "is "
        "stdin. Tags\n"
        "that mark spans (B-PER I-PER O) are learnt and scored as spans. Reports go to stderr, and the path "
        "of "
        "the run to\n"
        "stdout when it is done; with --json the reports go to stdout. Ctrl-C saves; 'recur resume RUN' goes "
        "on.\n",
    .groups = tag_groups,
    .args = "",
    .rest = "data",
    .run = train_tag,
};

/* ---- options become the library's structs ---- */

recur_status tag_complete(options *o)
{
    if (options_on(o, "freeze-vectors") && !options_text(o, "vectors"))
        return options_fail(o, RECUR_EARG, "--freeze-vectors is for --vectors FILE, found none");
    train_choose_batch(o);
    return train_complete(o, 100);
}

recur_tag_opts tag_train_opts(const options *o)
{
    return (recur_tag_opts){
        .batches = {.items = options_find(o, "batch")->n_texts ? options_int(o, "batch") : 0,
                    .tokens = options_int(o, "batch-tokens"),
                    .seed = (uint64_t)options_int(o, "seed")},
        .hide = options_number(o, "hide-rare"),
    };
}

recur_source tag_source(const options *o, recur_text_rule rule, bool is_bare)
{
    return (recur_source){
        .format = RECUR_CONLL,
        .encoding = options_find(o, "encoding")->choice == 1 ? RECUR_LATIN1 : RECUR_UTF8,
        .bare = is_bare,
        .rule = rule,
        .token = options_text(o, "token"),
        .tag = options_text(o, "tag"),
        .keep_lines = is_bare,
    };
}

/* ---- the task ---- */

static void say_data(app *a, const options *o, const void *data, const recur_model *model)
{
    (void)o;
    const labelled       *d = data;
    const recur_tag_spec *spec = recur_tag_get_spec(model);
    int64_t               n_valid = labelled_items(&d->parts[1]);
    char                  valid[64] = "";
    if (n_valid) snprintf(valid, sizeof valid, ", %" PRId64 " to validate", n_valid);
    progress_say(
        a, "data: %" PRId64 " sentences to learn from%s; %" PRId64 " tags%s, %" PRId64 " different words",
        labelled_items(&d->parts[0]), valid, recur_labels_count(recur_model_labels(model)),
        spec->scheme == RECUR_TAGS_BIOES ? " (spans, learnt as BIOES)"
        : spec->scheme == RECUR_TAGS_BIO ? " (spans, learnt as BIO)"
                                         : "",
        recur_vocab_size(recur_model_vocab(model)));
}

static recur_status learn(recur_model *model, const options *o, const void *data, const recur_run_opts *opts,
                          const recur_run_hooks *hooks)
{
    const labelled *d = data;
    recur_tag_opts  tag = tag_train_opts(o);
    return recur_tag_train(model, &d->parts[0], d->parts[1].data ? &d->parts[1] : NULL, &tag, opts, hooks,
                           NULL);
}

static recur_probe_data looks_at(const void *data)
{
    const labelled *d = data;
    return (recur_probe_data){.part = d->parts[0]};
}

static void describe(const recur_model *model, char *text, size_t size)
{
    static const char *const schemes[] = {"", ", as spans in BIO", ", as spans in BIOES"};
    const recur_tag_spec    *s = recur_tag_get_spec(model);
    char                     characters[96] = "", stack[256];
    if (s->char_embed)
        snprintf(characters, sizeof characters,
                 ", characters in %" PRId64 " numbers by 2 x %" PRId64 " LSTM units", s->char_embed,
                 s->char_hidden);
    train_describe_stack(&s->rnn, s->dropout, stack, sizeof stack);
    snprintf(text, size,
             "tagger with %" PRId64 " tags%s: %" PRId64 " words in %" PRId64 " numbers%s%s, %s, %s",
             recur_labels_count(recur_model_labels(model)), schemes[s->scheme],
             recur_vocab_size(recur_model_vocab(model)), s->embed, s->frozen_embedding ? " (frozen)" : "",
             characters, stack, s->crf ? "random field" : "softmax");
}

const task tag_task = {
    .kind = RECUR_TASK_TAG,
    .name = "tag",
    .thing = "a tagger",
    .train = &train_tag_command,
    .columns = &tag_columns_group,
    .complete = tag_complete,
    .data_bytes = sizeof(labelled),
    .read = tag_data_read,
    .make = tag_data_make,
    .keep = labelled_keep,
    .free_data = labelled_free,
    .checksum = labelled_checksum,
    .say_data = say_data,
    .learn = learn,
    .looks_at = looks_at,
    .next = "predict",
    .describe = describe,
    .eval = tag_eval,
    .examine = tag_examine,
    .predict = tag_predict,
};
