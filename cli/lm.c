/* recur train lm: a language model from text; and what the other commands do for one.
 * SPDX-License-Identifier: MIT */
#include "lm.h"

#include <inttypes.h>
#include <stdio.h>

#include "cells.h"
#include "diagnose.h"
#include "rows.h"

static const option lm_rows[] = {
    ROW_TASK("lm"),
    ROW_DATA("training text; several files are joined; - is stdin"),
    ROW_CELL(CELL_CHOICES, "rnn (tanh), relu, lstm or gru"),
    ROW_EMBED(0, "char, byte: 0; else the size of the stack's output",
              "size of the embedding; 0: one-hot input"),
    ROW_UNIT("char|byte|word|bpe", "char",
             "what a token is: char (Unicode), byte, word, or bpe: parts of words"),
    ROW_INT("bptt", 1, 1e6, "64", "steps of a window, through which gradients go back"),
    {.name = "carry-state",
     .type = OPTION_SWITCH,
     .fallback = "yes",
     .help = "start each window with the state that ended the one before it"},
    ROW_TIE("the output layer uses the embedding's table"),
    ROW_MIN_COUNT("unit=char|word|bpe", "tokens that occur less often become <unk>, or are not merged"),
    ROW_VOCAB("unit=char|word|bpe", "all; bpe: 8000", 0,
              "keep the N most frequent tokens, <unk> or the bytes included"),
    {.name = "loss",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "mean|sum-over-time",
     .fallback = "mean",
     .help = "mean over all tokens, or sum-over-time with the mean over the batch"},
    {.name = "bidirectional",
     .type = OPTION_REFUSED,
     .help = "is not for a language model: generation has no future to read"},
    ROW_END,
};

static const option_group        lm_group = {"Language model", lm_rows};
static const option_group *const lm_groups[] = {
    &lm_group, &model_group, &training_group, &budget_group, &run_group, &common_group, NULL};

static int train_lm(app *a, options *o)
{
    return train_task(a, o, &lm_task);
}

const command train_lm_command = {
    .name = "train lm",
    .synopsis = "[--data] FILE... [--out RUN] [options]",
    .brief = "FILE",
    .summary = "train a language model on text",
    .notes =
        "Files are joined; - is stdin. Reports go to stderr, and the path of the run to stdout when it is "
        "done; with\n"
        "--json the reports go to stdout, one object per line. Ctrl-C saves; 'recur resume RUN' goes on.\n",
    .groups = lm_groups,
    .args = "",
    .rest = "data",
    .run = train_lm,
};

/* ---- the task ---- */

static int make(app *a, options *o, void *data, recur_model **model)
{
    lm_data *d = data;
    int      code = lm_data_encode(a, o, d);
    if (code) return code;
    recur_lm_spec spec = lm_spec(o);
    recur_vocab  *vocab = d->vocab;
    d->vocab = NULL; /* the model takes it */
    recur_status status = recur_lm_create(a->ctx, &spec, vocab, (uint64_t)options_int(o, "seed"), model);
    return status ? output_failure(a, status) : RECUR_OK;
}

static void say_data(app *a, const options *o, const void *data, const recur_model *model)
{
    static const char *const names[] = {"characters", "bytes", "words", "subwords"};
    const lm_data           *d = data;
    const char              *unit = names[train_unit(o)];
    char                     valid[64] = "";
    if (d->valid) snprintf(valid, sizeof valid, ", %" PRId64 " to validate", recur_corpus_size(d->valid));
    progress_say(a, "data: %" PRId64 " %s to learn from%s; %" PRId64 " different %s",
                 recur_corpus_size(d->train), unit, valid, recur_vocab_size(recur_model_vocab(model)), unit);
}

static recur_status learn(recur_model *model, const options *o, const void *data, const recur_run_opts *opts,
                          const recur_run_hooks *hooks)
{
    const lm_data         *d = data;
    const recur_lm_batches batches = {
        .batch = options_int(o, "batch"),
        .bptt = options_int(o, "bptt"),
        .reset_state = !options_on(o, "carry-state"),
        .reduction = options_find(o, "loss")->choice == 1 ? RECUR_SUM_OVER_TIME : RECUR_MEAN,
    };
    return recur_lm_train(model, d->train, d->valid, &batches, opts, hooks, NULL);
}

static recur_probe_data looks_at(const void *data)
{
    const lm_data *d = data;
    return (recur_probe_data){.corpus = d->train};
}

static void describe(const recur_model *model, char *text, size_t size)
{
    const recur_lm_spec *s = recur_lm_get_spec(model);
    const recur_vocab   *vocab = recur_model_vocab(model);
    char                 input[64] = "one-hot input", stack[256];
    if (s->embed) snprintf(input, sizeof input, "embedding of %" PRId64, s->embed);
    train_describe_stack(&s->rnn, s->dropout, stack, sizeof stack);
    snprintf(text, size, "language model over %" PRId64 " %s: %s, %s, %s", recur_vocab_size(vocab),
             train_units(recur_vocab_unit(vocab)), input, stack,
             s->tie ? "output tied to the embedding" : "linear output");
}

const task lm_task = {
    .kind = RECUR_TASK_LM,
    .name = "lm",
    .thing = "a language model",
    .train = &train_lm_command,
    .complete = lm_complete,
    .data_bytes = sizeof(lm_data),
    .read = lm_data_read,
    .make = make,
    .keep = lm_data_keep,
    .free_data = lm_data_free,
    .checksum = lm_data_checksum,
    .say_data = say_data,
    .learn = learn,
    .looks_at = looks_at,
    .next = "generate",
    .describe = describe,
    .eval = lm_eval,
    .examine = lm_examine,
    .no_predict = "a language model predicts text that goes on: use recur generate",
};
