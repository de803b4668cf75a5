/* recur train classify: a classifier from labelled texts or series; and what the other commands do for one.
 * SPDX-License-Identifier: MIT */
#include "classify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "diagnose.h"
#include "rows.h"

static const option column_rows[] = {
    {.name = "text",
     .form = "COLUMN,...",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "text",
     .help = "columns of the text, names or numbers from 1; several are joined"},
    {.name = "label",
     .form = "COLUMN",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "label",
     .help = "column of the label, a name or a number from 1"},
    {.name = "label-first",
     .type = OPTION_SWITCH,
     .help = "lines are a label, white space and the text, without columns"},
    {.name = "format",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "auto|tsv|csv|ts",
     .fallback = "auto",
     .help = "tsv (no quoting), csv (RFC 4180) or ts (series); auto goes by the file's ending"},
    {.name = "id",
     .form = "COLUMN",
     .type = OPTION_TEXT,
     .help = "series as CSV, one row per step: the column that says which series a row belongs to"},
    {.name = "values",
     .form = "COLUMN,...",
     .type = OPTION_TEXT,
     .default_says = "all but --id and --label",
     .help = "columns of the numbers of a series as CSV"},
    {.name = "header",
     .type = OPTION_SWITCH,
     .default_says = "where columns have names",
     .help = "the first line names the columns"},
    ROW_END,
};

const option_group text_columns_group = {"Columns", column_rows};

static const option choice_rows[] = {
    ROW_INT("top", 1, 1e6, "1", "the N most likely labels"),
    {.name = "attention",
     .type = OPTION_SWITCH,
     .flags = OPTION_USUAL,
     .help = "of a classifier with --pool attention: how much each token counted"},
    ROW_END,
};

const option_group label_choices_group = {"Labels", choice_rows};

static const option classify_rows[] = {
    ROW_TASK("classify"),
    ROW_DATA("labelled texts or series; several files follow one another; - is stdin"),
    ROW_ENCODING,
    ROW_UNIT("word|char|byte", "word", "what a token is: word, char (Unicode) or byte"),
    {.name = "tokenised",
     .type = OPTION_SWITCH,
     .needs = "unit=word",
     .help = "words are separated already: white space alone divides them"},
    ROW_LETTERS("default|lower|kept", "default",
                "lower-case letters or kept as they are; default: words lower, characters and bytes kept"),
    ROW_MIN_COUNT("unit=char|word", "tokens that occur less often in the training part become <unk>"),
    ROW_VOCAB("unit=char|word", "all", 0, "keep the N most frequent tokens, <unk> included"),
    {.name = "labels",
     .form = "N",
     .type = OPTION_INT,
     .min = 2,
     .max = 1e9,
     .default_says = "any number that looks like classes",
     .help = "there may be as many as N different labels"},
    ROW_END,
};

static const option class_model_rows[] = {
    ROW_CELL(CELL_CHOICES "|none",
             "rnn (tanh), relu, lstm, gru, or none: a bag of words, the baseline without recurrence"),
    ROW_EMBED(0, "word: 100, or the size of --vectors; char, byte: 0",
              "size of the embedding; 0: one-hot input"),
    ROW_BIDIRECTIONAL("cell=rnn|relu|lstm|gru", "a stack of two directions"),
    {.name = "pool",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "last|mean|max|attention",
     .default_says = "last; with --cell none: mean",
     .flags = OPTION_USUAL,
     .help =
         "what of the stack's outputs is classified: the final states, their mean, their greatest values, or "
         "a mean weighted by attention"},
    ROW_VECTORS("unit=word", "start the embedding from word vectors: a word and its numbers on each line"),
    ROW_FREEZE_VECTORS("the embedding does not learn"),
    {.name = "word-dropout",
     .form = "P",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 0.99,
     .fallback = "0",
     .needs = "unit=word|char",
     .help = "share of the tokens that training reads as <unk>"},
    {.name = "embed-dropout",
     .form = "P",
     .type = OPTION_NUMBER,
     .min = 0,
     .max = 0.99,
     .default_says = "as --dropout",
     .help = "dropout on the embedding, or on the rows of series"},
    ROW_END,
};

static const option class_loss_rows[] = {
    ROW_BATCH_TOKENS("at most N tokens in a batch; --batch then counts only if it is given too"),
    ROW_LABEL_SMOOTHING("share of each target that is spread over all labels"),
    {.name = "class-weights",
     .form = "HOW",
     .type = OPTION_TEXT,
     .fallback = "none",
     .help = "none, balanced (items of rare labels count more), or a list LABEL=WEIGHT,...; others count 1"},
    ROW_STOP_ON("loss|accuracy", "accuracy", NULL,
                "what makes a model better in validation: loss or accuracy"),
    ROW_END,
};

static const option_group        classify_group = {"Classification", classify_rows};
static const option_group        class_model_group = {"Classifier", class_model_rows};
static const option_group        class_loss_group = {"Loss", class_loss_rows};
static const option_group *const classify_groups[] = {
    &classify_group, &text_columns_group, &class_model_group, &model_group,  &class_loss_group,
    &training_group, &budget_group,       &run_group,         &common_group, NULL};

static int train_classify(app *a, options *o)
{
    return train_task(a, o, &classify_task);
}

const command train_classify_command = {
    .name = "train classify",
    .synopsis = "[--data] FILE... [--text COLUMN] [--label COLUMN] [--out RUN] [options]",
    .brief = "FILE",
    .summary = "train a classifier of texts or series",
    .notes = "Files are TSV, CSV, lines of \"label text\" (--label-first), or series (.ts, or CSV with "
             "--id); - is "
             "stdin. Reports\n"
             "go to stderr, and the path of the run to stdout when it is done; with --json the reports go to "
             "stdout. Ctrl-C\n"
             "saves; 'recur resume RUN' goes on.\n",
    .groups = classify_groups,
    .args = "",
    .rest = "data",
    .run = train_classify,
};

/* ---- the task ---- */

static void say_data(app *a, const options *o, const void *data, const recur_model *model)
{
    (void)o;
    const class_data  *d = data;
    const recur_vocab *vocab = recur_model_vocab(model);
    char               valid[64] = "", tokens[96] = "";
    int64_t            n_valid = labelled_items(&d->of.parts[1]);
    if (n_valid) snprintf(valid, sizeof valid, ", %" PRId64 " to validate", n_valid);
    if (vocab) snprintf(tokens, sizeof tokens, ", %" PRId64 " different tokens", recur_vocab_size(vocab));
    progress_say(a, "data: %" PRId64 " items to learn from%s; %" PRId64 " labels%s",
                 labelled_items(&d->of.parts[0]), valid, recur_labels_count(recur_model_labels(model)),
                 tokens);
}

static recur_status learn(recur_model *model, const options *o, const void *data, const recur_run_opts *opts,
                          const recur_run_hooks *hooks)
{
    const class_data   *d = data;
    recur_classify_opts classify = classify_train_opts(o);
    classify.class_weights = d->weights;
    return recur_classify_train(model, &d->of.parts[0], d->of.parts[1].data ? &d->of.parts[1] : NULL,
                                &classify, opts, hooks, NULL);
}

static recur_probe_data looks_at(const void *data)
{
    const class_data *d = data;
    return (recur_probe_data){.part = d->of.parts[0]};
}

static void describe(const recur_model *model, char *text, size_t size)
{
    static const char *const   pools[] = {"last state", "mean", "greatest values", "attention"};
    const recur_classify_spec *s = recur_classify_get_spec(model);
    const recur_vocab         *vocab = recur_model_vocab(model);
    char                       input[128], stack[256] = "no recurrence";
    if (!vocab)
        snprintf(input, sizeof input, "series of %" PRId64 " numbers", s->features);
    else
        snprintf(input, sizeof input, "%" PRId64 " %s, ", recur_vocab_size(vocab),
                 train_units(recur_vocab_unit(vocab)));
    size_t n = strlen(input);
    if (vocab && s->embed)
        snprintf(input + n, sizeof input - n, "embedding of %" PRId64 "%s", s->embed,
                 s->frozen_embedding ? " (frozen)" : "");
    else if (vocab)
        snprintf(input + n, sizeof input - n, "one-hot input");
    if (!s->no_stack) train_describe_stack(&s->rnn, s->dropout, stack, sizeof stack);
    snprintf(text, size, "classifier of %" PRId64 " labels over %s: %s, pooling: %s, linear output",
             recur_labels_count(recur_model_labels(model)), input, stack, pools[s->pooling]);
}

const task classify_task = {
    .kind = RECUR_TASK_CLASSIFY,
    .name = "classify",
    .thing = "a classifier",
    .train = &train_classify_command,
    .columns = &text_columns_group,
    .choices = {&label_choices_group},
    .complete = classify_complete,
    .data_bytes = sizeof(class_data),
    .read = classify_data_read,
    .make = classify_data_make,
    .keep = labelled_keep,
    .free_data = classify_data_free,
    .checksum = labelled_checksum,
    .say_data = say_data,
    .learn = learn,
    .looks_at = looks_at,
    .next = "predict",
    .describe = describe,
    .eval = classify_eval,
    .examine = classify_examine,
    .predict = classify_predict,
};
