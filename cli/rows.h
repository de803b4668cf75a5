/* Groups of options that several commands share, and spellings that make a row of a table short.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include <math.h>

#include "options.h"

#define ROW_END                                                                                              \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }

/* A usual option that takes a whole number, or a number, from least to most (ROW_ABOVE: above least). */
#define ROW_INT(called, least_value, most_value, usually, says)                                              \
    {                                                                                                        \
        .name = called, .form = "N", .type = OPTION_INT, .min = least_value, .max = most_value,              \
        .fallback = usually, .flags = OPTION_USUAL, .help = says                                             \
    }

#define ROW_NUMBER(called, shape, least_value, most_value, usually, says)                                    \
    {                                                                                                        \
        .name = called, .form = shape, .type = OPTION_NUMBER, .min = least_value, .max = most_value,         \
        .fallback = usually, .flags = OPTION_USUAL, .help = says                                             \
    }

#define ROW_ABOVE(called, shape, least_value, most_value, usually, says)                                     \
    {                                                                                                        \
        .name = called, .form = shape, .type = OPTION_NUMBER, .min = least_value, .max = most_value,         \
        .fallback = usually, .flags = OPTION_USUAL | OPTION_ABOVE, .help = says                              \
    }

#define ROW_QUIET                                                                                            \
    {                                                                                                        \
        .name = "quiet", .type = OPTION_SWITCH, .flags = OPTION_LOCAL, .help = "say nothing but errors"      \
    }

#define ROW_JSON                                                                                             \
    {                                                                                                        \
        .name = "json", .type = OPTION_SWITCH, .flags = OPTION_LOCAL,                                        \
        .help = "write one JSON object per line to stdout and nothing else"                                  \
    }

/* The kinds of a stack's cells, as the task has them; CELL_CHOICES (cells.h) come first. */
#define ROW_CELL(all_choices, says)                                                                          \
    {                                                                                                        \
        .name = "cell", .form = "NAME", .type = OPTION_CHOICE, .choices = all_choices, .fallback = "lstm",   \
        .flags = OPTION_USUAL, .help = says                                                                  \
    }

/* The task that a configuration file names: each has but one. */
#define ROW_TASK(of_task)                                                                                    \
    {                                                                                                        \
        .name = "task", .form = "NAME", .type = OPTION_CHOICE, .choices = of_task, .fallback = of_task,      \
        .flags = OPTION_FILE, .help = "the task that a configuration file is for"                            \
    }

/* What a task is trained on. */
#define ROW_DATA(says)                                                                                       \
    {                                                                                                        \
        .name = "data", .form = "FILE", .type = OPTION_TEXT, .flags = OPTION_MANY | OPTION_PATH,             \
        .help = says                                                                                         \
    }

/* What a token is. */
#define ROW_UNIT(all_choices, usual, says)                                                                   \
    {                                                                                                        \
        .name = "unit", .form = "NAME", .type = OPTION_CHOICE, .choices = all_choices, .fallback = usual,    \
        .flags = OPTION_USUAL, .help = says                                                                  \
    }

#define ROW_LETTERS(all_choices, usual, says)                                                                \
    {                                                                                                        \
        .name = "letters", .form = "NAME", .type = OPTION_CHOICE, .choices = all_choices, .fallback = usual, \
        .help = says                                                                                         \
    }

#define ROW_MIN_COUNT(wants, says)                                                                           \
    {                                                                                                        \
        .name = "min-count", .form = "N", .type = OPTION_INT, .min = 1, .max = 1e12, .fallback = "1",        \
        .needs = wants, .help = says                                                                         \
    }

#define ROW_VOCAB(wants, else_says, more_flags, says)                                                        \
    {                                                                                                        \
        .name = "vocab", .form = "N", .type = OPTION_INT, .min = 2, .max = 1e9, .needs = wants,              \
        .default_says = else_says, .flags = more_flags, .help = says                                         \
    }

/* The size of the embedding, at least that; what is the default, the task says. */
#define ROW_EMBED(least_size, else_says, says)                                                               \
    {                                                                                                        \
        .name = "embed", .form = "N", .type = OPTION_INT, .min = least_size, .max = 65536,                   \
        .default_says = else_says, .help = says                                                              \
    }

#define ROW_BIDIRECTIONAL(wants, says)                                                                       \
    {                                                                                                        \
        .name = "bidirectional", .type = OPTION_SWITCH, .needs = wants, .flags = OPTION_USUAL, .help = says  \
    }

#define ROW_VECTORS(wants, says)                                                                             \
    {                                                                                                        \
        .name = "vectors", .form = "FILE", .type = OPTION_TEXT, .flags = OPTION_PATH, .needs = wants,        \
        .help = says                                                                                         \
    }

#define ROW_FREEZE_VECTORS(says)                                                                             \
    {                                                                                                        \
        .name = "freeze-vectors", .type = OPTION_SWITCH, .help = says                                        \
    }

#define ROW_TIE(says)                                                                                        \
    {                                                                                                        \
        .name = "tie", .type = OPTION_SWITCH, .help = says                                                   \
    }

#define ROW_BATCH_TOKENS(says)                                                                               \
    {                                                                                                        \
        .name = "batch-tokens", .form = "N", .type = OPTION_INT, .min = 1, .max = 1e12,                      \
        .default_says = "no limit", .help = says                                                             \
    }

#define ROW_LABEL_SMOOTHING(says)                                                                            \
    {                                                                                                        \
        .name = "label-smoothing", .form = "X", .type = OPTION_NUMBER, .min = 0, .max = 1, .fallback = "0",  \
        .help = says                                                                                         \
    }

/* What validation goes by; the default is named, or said where it depends on the data. */
#define ROW_STOP_ON(all_choices, usual, else_says, says)                                                     \
    {                                                                                                        \
        .name = "stop-on", .form = "NAME", .type = OPTION_CHOICE, .choices = all_choices, .fallback = usual, \
        .default_says = else_says, .help = says                                                              \
    }

#define ROW_TOKENISE(usual, else_says, more_flags, says)                                                     \
    {                                                                                                        \
        .name = "tokenise", .form = "NAME", .type = OPTION_CHOICE, .choices = "13a|none", .fallback = usual, \
        .default_says = else_says, .flags = more_flags, .help = says                                         \
    }

/* Scores by the number of words. */
#define ROW_BY_LENGTH(what)                                                                                  \
    {                                                                                                        \
        .name = "by-length", .form = "EDGES", .type = OPTION_NUMBERS, .min = 1, .max = 1e9, .least = 1,      \
        .most = OPTION_MAX_NUMBERS, .flags = OPTION_USUAL,                                                   \
        .help = what " by the number of words too: 20,50 means below 20, from 20 to 49, from 50 on"          \
    }

/* Where the picture or the page of an experiment goes; lab_open looks at it. */
#define ROW_PICTURE                                                                                          \
    {                                                                                                        \
        .name = "out", .form = "FILE", .type = OPTION_TEXT, .flags = OPTION_USUAL,                           \
        .help = "FILE.svg: draw the picture; FILE.html: words and pictures as a page"                        \
    }

#define ROW_SEED(says)                                                                                       \
    {                                                                                                        \
        .name = "seed", .form = "S", .type = OPTION_INT, .min = 0, .max = 9007199254740991.0,                \
        .fallback = "1", .help = says                                                                        \
    }

#define ROW_ENCODING                                                                                         \
    {                                                                                                        \
        .name = "encoding", .form = "NAME", .type = OPTION_CHOICE, .choices = "utf8|latin1",                 \
        .fallback = "utf8", .help = "of the files: utf8 or latin1"                                           \
    }

extern const option_group common_group;   /* --threads --quiet --json */
extern const option_group model_group;    /* --layers --hidden ... */
extern const option_group training_group; /* --batch --optim ... */
extern const option_group
    budget_group;                    /* --epochs --steps --minutes --save-every: resume takes them as well */
extern const option_group run_group; /* --valid --split ... --out */

#endif
