/* The options that training has whatever the task is, and those of every command.
 * SPDX-License-Identifier: MIT */
#include "rows.h"

static const option common_rows[] = {
    {.name = "threads", .form = "N", .type = OPTION_INT, .min = 0, .max = 1024, .fallback = "0",
     .default_says = "all cores", .help = "computing threads; the results have the same bits for every number"},
    {.name = "quiet", .type = OPTION_SWITCH, .flags = OPTION_LOCAL, .help = "say nothing but errors"},
    {.name = "json", .type = OPTION_SWITCH, .flags = OPTION_LOCAL,
     .help = "write one JSON object per line to stdout and nothing else"},
    ROW_END,
};

static const option model_rows[] = {
    {.name = "cell", .form = "NAME", .type = OPTION_CHOICE, .choices = "rnn|relu|lstm|gru", .fallback = "lstm",
     .flags = OPTION_USUAL, .help = "rnn (tanh), relu, lstm or gru"},
    {.name = "layers", .form = "N", .type = OPTION_INT, .min = 1, .max = 256, .fallback = "1", .flags = OPTION_USUAL,
     .help = "layers of the stack"},
    {.name = "hidden", .form = "N", .type = OPTION_INT, .min = 1, .max = 65536, .fallback = "128",
     .flags = OPTION_USUAL, .help = "units of each layer"},
    {.name = "embed", .form = "N", .type = OPTION_INT, .min = 0, .max = 65536,
     .default_says = "char, byte: 0; word: the size of the stack's output",
     .help = "size of the embedding; 0: one-hot input"},
    {.name = "dropout", .form = "P", .type = OPTION_NUMBER, .min = 0, .max = 0.99, .fallback = "0",
     .flags = OPTION_USUAL, .help = "on the embedding, between the layers and on the stack's output"},
    {.name = "gru-reset", .form = "WHERE", .type = OPTION_CHOICE, .choices = "after|before", .fallback = "after",
     .needs = "cell=gru", .help = "reset gate after the recurrent product or before it"},
    {.name = "proj", .form = "N", .type = OPTION_INT, .min = 0, .max = 65536, .fallback = "0", .needs = "cell=lstm",
     .help = "project the LSTM's output to N values; 0: none"},
    {.name = "init", .form = "NAME", .type = OPTION_CHOICE,
     .choices = "default|orthogonal|identity|chrono:T|uniform:R", .fallback = "default",
     .help = "default (PyTorch's), orthogonal, identity, chrono:T (gates remember 1 to T steps; lstm, gru) or uniform:R "
             "(every weight from -R to R)"},
    {.name = "forget-bias", .form = "X", .type = OPTION_NUMBER, .min = -1000, .max = 1000, .needs = "cell=lstm",
     .default_says = "as --init says", .help = "the two forget biases of an LSTM start as X and 0"},
    ROW_END,
};

static const option training_rows[] = {
    {.name = "batch", .form = "N", .type = OPTION_INT, .min = 1, .max = 65536, .fallback = "32", .flags = OPTION_USUAL,
     .help = "sequences side by side"},
    {.name = "optim", .form = "NAME", .type = OPTION_CHOICE, .choices = "adam|adamw|rmsprop|sgd", .fallback = "adam",
     .help = "adam, adamw, rmsprop or sgd"},
    {.name = "lr", .form = "X", .type = OPTION_NUMBER, .min = 0, .max = HUGE_VAL, .fallback = "0.002",
     .flags = OPTION_USUAL | OPTION_ABOVE, .help = "learning rate, any positive finite number"},
    {.name = "momentum", .form = "X", .type = OPTION_NUMBER, .min = 0, .max = 0.9999, .fallback = "0",
     .needs = "optim=sgd|rmsprop", .help = "share of the last update that is kept (sgd, rmsprop)"},
    {.name = "decay-rate", .form = "X", .type = OPTION_NUMBER, .min = 0, .max = 0.9999, .fallback = "0.99",
     .needs = "optim=rmsprop", .flags = OPTION_ABOVE, .help = "of RMSprop's average of squares"},
    {.name = "weight-decay", .form = "X", .type = OPTION_NUMBER, .min = 0, .max = 1e6,
     .default_says = "0; adamw: 0.01", .help = "adamw: decoupled; the others: added to the gradient"},
    {.name = "schedule", .form = "NAME", .type = OPTION_CHOICE,
     .choices = "constant|step:FACTOR,AFTER|exponential:FACTOR|cosine", .fallback = "constant",
     .help = "of the rate, per epoch: constant, step:FACTOR,AFTER (times FACTOR in every epoch after epoch AFTER), "
             "exponential:FACTOR (in every epoch) or cosine (down to 0 over the epochs)"},
    {.name = "warmup", .form = "N", .type = OPTION_INT, .min = 0, .max = 1e12, .fallback = "0",
     .help = "steps over which the rate climbs from 0"},
    {.name = "clip", .form = "X", .type = OPTION_NUMBER, .min = 0, .max = 1e30, .fallback = "1",
     .help = "greatest global norm of the gradient; 0: off"},
    {.name = "clip-value", .form = "X", .type = OPTION_NUMBER, .min = 0, .max = 1e30, .fallback = "0",
     .help = "greatest size of one element of the gradient; 0: off"},
    {.name = "seed", .form = "S", .type = OPTION_INT, .min = 0, .max = 9007199254740991.0, .fallback = "1",
     .help = "of the first weights and of dropout"},
    ROW_END,
};

static const option budget_rows[] = {
    {.name = "epochs", .form = "N", .type = OPTION_INT, .min = 1, .max = 1e9, .flags = OPTION_USUAL,
     .default_says = "10, where no budget is given", .help = "stop after N passes over the data"},
    {.name = "steps", .form = "N", .type = OPTION_INT, .min = 1, .max = 1e15, .help = "stop after N updates"},
    {.name = "minutes", .form = "M", .type = OPTION_NUMBER, .min = 1e-6, .max = 1e7, .flags = OPTION_USUAL,
     .help = "stop after M minutes of training, fractions allowed; the budget reached first counts"},
    {.name = "save-every", .form = "SECONDS", .type = OPTION_NUMBER, .min = 0.001, .max = 1e7, .fallback = "30",
     .help = "write a checkpoint this often, fractions allowed"},
    ROW_END,
};

static const option run_rows[] = {
    {.name = "valid", .form = "FILE", .type = OPTION_TEXT, .flags = OPTION_USUAL | OPTION_PATH,
     .help = "validation data; without it a part of the training data"},
    {.name = "split", .form = "TRAIN,VALID[,TEST]", .type = OPTION_NUMBERS, .min = 0, .max = 1, .least = 2, .most = 3,
     .default_says = "0.9,0.1, unless --valid is given",
     .help = "fractions of the data, in this order; TEST is not looked at; 1,0: no validation"},
    {.name = "eval-every", .form = "N", .type = OPTION_INT, .min = 1, .max = 1e15, .default_says = "each epoch",
     .help = "validate every N steps"},
    {.name = "patience", .form = "N", .type = OPTION_INT, .min = 1, .max = 1e9, .default_says = "never",
     .help = "stop after N validations without a better one"},
    {.name = "out", .form = "RUN", .type = OPTION_TEXT, .flags = OPTION_USUAL | OPTION_LOCAL,
     .default_says = "runs/TASK-<date>-<time>", .help = "directory of the run"},
    {.name = "overwrite", .type = OPTION_SWITCH, .flags = OPTION_LOCAL, .help = "replace a run that is there already"},
    {.name = "config", .form = "FILE", .type = OPTION_TEXT, .flags = OPTION_LOCAL,
     .help = "take options from a file of lines \"name = value\"; the command line goes first"},
    ROW_END,
};

const option_group common_group   = {"Everywhere", common_rows};
const option_group model_group    = {"Model", model_rows};
const option_group training_group = {"Training", training_rows};
const option_group budget_group   = {"Budget", budget_rows};
const option_group run_group      = {"Data and run", run_rows};
