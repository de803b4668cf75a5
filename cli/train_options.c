/* The options that every task's training has become the structs of the library; what does not go together is refused first.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "train.h"

/* The order of each enum below is that of the choices in the tables. */

recur_unit train_unit(const options *o)
{
    static const recur_unit units[] = {RECUR_CHAR, RECUR_BYTE, RECUR_WORD, RECUR_BPE};
    return units[options_find(o, "unit")->choice];
}

const char *train_units(recur_unit unit)
{
    static const char *const names[] = {[RECUR_CHAR] = "characters",
                                        [RECUR_BYTE] = "bytes",
                                        [RECUR_WORD] = "words",
                                        [RECUR_BPE] = "parts of words"};
    return names[unit];
}

static recur_init init_of(const options *o)
{
    static const recur_init_kind kinds[] = {RECUR_INIT_DEFAULT, RECUR_INIT_ORTHOGONAL, RECUR_INIT_IDENTITY,
                                            RECUR_INIT_CHRONO, RECUR_INIT_UNIFORM};
    const option_value          *v = options_find(o, "init");
    return (recur_init){.kind = kinds[v->choice], .value = v->n_numbers ? v->numbers[0] : 0};
}

int64_t train_output_size(const options *o)
{
    int64_t projection = options_int(o, "proj");
    return projection ? projection : options_int(o, "hidden");
}

recur_rnn_spec train_rnn_spec(const options *o)
{
    const option_value *bias = options_find(o, "forget-bias");
    bool                has_stack = strcmp(options_text(o, "cell"), "none") != 0;
    return (recur_rnn_spec){
        .cell = has_stack ? cell_of(options_find(o, "cell")->choice) : RECUR_LSTM,
        .hidden = options_int(o, "hidden"),
        .layers = options_int(o, "layers"),
        .projection = options_int(o, "proj"),
        .bidirectional = options_on(o, "bidirectional"),
        .reset_before = options_find(o, "gru-reset")->choice == 1,
        .dropout = options_number(o, "dropout"),
        .init = init_of(o),
        .set_forget_bias = bias->n_texts > 0,
        .forget_bias = bias->numbers[0],
    };
}

/* A cosine falls over the budget, which the run knows. */
static recur_schedule schedule_of(const options *o)
{
    static const recur_schedule_kind kinds[] = {RECUR_CONSTANT, RECUR_STEP, RECUR_EXPONENTIAL, RECUR_COSINE};
    const option_value              *v = options_find(o, "schedule");
    return (recur_schedule){.kind = kinds[v->choice],
                            .factor = v->numbers[0],
                            .after = kinds[v->choice] == RECUR_STEP ? (int64_t)v->numbers[1] : 0,
                            .warmup = options_int(o, "warmup")};
}

recur_train_opts train_opts(const options *o)
{
    static const recur_optim optims[] = {RECUR_ADAM, RECUR_ADAMW, RECUR_RMSPROP, RECUR_SGD};
    const option_value      *decay = options_find(o, "decay-rate");
    return (recur_train_opts){
        .optim = optims[options_find(o, "optim")->choice],
        .lr = options_number(o, "lr"),
        .momentum = options_number(o, "momentum"),
        .decay_rate = options_fits(o, decay->row) ? decay->numbers[0] : 0,
        .weight_decay = options_number(o, "weight-decay"),
        .clip_norm = options_number(o, "clip"),
        .clip_value = options_number(o, "clip-value"),
        .schedule = schedule_of(o),
    };
}

/* ---- defaults that depend on others ---- */

static void set_int(options *o, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    options_set(o, name, SOURCE_DEFAULT, text);
}

bool train_is_open(const options *o, const char *name)
{
    return options_find(o, name)->source == SOURCE_NONE;
}

void train_choose_batch(options *o)
{
    if (!options_given(o, "batch") && options_find(o, "batch-tokens")->n_texts) options_clear(o, "batch");
}

static void fill_in(options *o, int64_t embed)
{
    if (train_is_open(o, "embed")) set_int(o, "embed", embed);
    if (train_is_open(o, "weight-decay"))
        options_set(o, "weight-decay", SOURCE_DEFAULT,
                    strcmp(options_text(o, "optim"), "adamw") == 0 ? "0.01" : "0");
    if (train_is_open(o, "epochs") && train_is_open(o, "steps") && train_is_open(o, "minutes"))
        set_int(o, "epochs", 10);
    if (train_is_open(o, "valid") && train_is_open(o, "split"))
        options_set(o, "split", SOURCE_DEFAULT, "0.9,0.1");
}

/* ---- what does not go together ---- */

/* One of --valid and --split: the command line beats the file, two from the same place contradict each other. */
static recur_status check_validation(options *o)
{
    const option_value *valid = options_find(o, "valid"), *split = options_find(o, "split");
    if (valid->source && valid->source == split->source)
        return options_fail(o, RECUR_EARG,
                            "--valid and --split both say where validation data come from; give one of them");
    if (valid->source && split->source) options_clear(o, valid->source > split->source ? "split" : "valid");
    return RECUR_OK;
}

static recur_status check_split(options *o)
{
    const option_value *split = options_find(o, "split");
    if (!split->n_texts) return RECUR_OK;
    double sum = 0;
    for (int i = 0; i < split->n_numbers; i++) sum += split->numbers[i];
    if (fabs(sum - 1) > 1e-6)
        return options_fail(o, RECUR_EARG,
                            "--split wants fractions that add up to 1, found %s, which add up to %.6g",
                            split->texts[0], sum);
    if (split->numbers[0] <= 0)
        return options_fail(o, RECUR_EARG, "--split wants a first fraction above 0, found %s",
                            split->texts[0]);
    if (split->numbers[1] > 0) return RECUR_OK;
    const char *idle[] = {"patience", "eval-every"};
    for (int i = 0; i < 2; i++)
        if (options_find(o, idle[i])->n_texts)
            return options_fail(o, RECUR_EARG, "--%s wants validation data, found none (--split %s)", idle[i],
                                split->texts[0]);
    return RECUR_OK;
}

static recur_status check_stack(options *o)
{
    const char *init = options_text(o, "init"), *cell = options_text(o, "cell");
    if (options_int(o, "proj") >= options_int(o, "hidden"))
        return options_fail(o, RECUR_EARG, "--proj wants less than --hidden %" PRId64 ", found %" PRId64,
                            options_int(o, "hidden"), options_int(o, "proj"));
    if (strncmp(init, "chrono", 6) == 0 && strcmp(cell, "lstm") != 0 && strcmp(cell, "gru") != 0)
        return options_fail(o, RECUR_EARG, "--init chrono is for gates, --cell lstm or gru, found --cell %s",
                            cell);
    return RECUR_OK;
}

static recur_status check_schedule(options *o)
{
    const option_value *v = options_find(o, "schedule");
    const char         *name = v->texts[0];
    if (strncmp(name, "step:", 5) == 0 && (v->numbers[1] != floor(v->numbers[1]) || v->numbers[1] > 1e9))
        return options_fail(o, RECUR_EARG,
                            "--schedule step:FACTOR,AFTER wants a whole epoch AFTER up to 1e9, found %s",
                            name);
    if (strcmp(name, "cosine") == 0 && !options_find(o, "epochs")->n_texts &&
        !options_find(o, "steps")->n_texts)
        return options_fail(o, RECUR_EARG,
                            "--schedule cosine wants --epochs or --steps: it must know its end, and how far "
                            "--minutes goes depends "
                            "on the machine");
    return RECUR_OK;
}

recur_status train_complete(options *o, int64_t embed)
{
    recur_status status = check_validation(o);
    if (!status) fill_in(o, embed);
    if (!status) status = check_split(o);
    if (!status) status = check_stack(o);
    if (!status) status = check_schedule(o);
    return status;
}

/* ---- sentences ---- */

void train_describe_stack(const recur_rnn_spec *spec, double dropout, char *text, size_t size)
{
    static const char *const cells[] = {"LSTM", "GRU", "RNN (tanh)", "RNN (relu)"};
    size_t n = (size_t)snprintf(text, size, "%s with %" PRId64 " layer%s of %" PRId64 " units",
                                cells[spec->cell], spec->layers, spec->layers == 1 ? "" : "s", spec->hidden);
    if (spec->bidirectional) n += (size_t)snprintf(text + n, size - n, " in two directions");
    if (spec->projection)
        n += (size_t)snprintf(text + n, size - n, " projected to %" PRId64, spec->projection);
    if (spec->reset_before) n += (size_t)snprintf(text + n, size - n, ", reset before the product");
    if (spec->dropout > dropout) dropout = spec->dropout;
    if (dropout > 0) snprintf(text + n, size - n, ", dropout %g", dropout);
}
