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

#define ROW_QUIET                                                                                            \
    {                                                                                                        \
        .name = "quiet", .type = OPTION_SWITCH, .flags = OPTION_LOCAL, .help = "say nothing but errors"      \
    }

#define ROW_JSON                                                                                             \
    {                                                                                                        \
        .name = "json", .type = OPTION_SWITCH, .flags = OPTION_LOCAL,                                        \
        .help = "write one JSON object per line to stdout and nothing else"                                  \
    }

/* The kinds of a stack's cells, as the task has them; the order of the first four is train_rnn_spec's. */
#define ROW_CELL(all_choices, says)                                                                          \
    {                                                                                                        \
        .name = "cell", .form = "NAME", .type = OPTION_CHOICE, .choices = all_choices, .fallback = "lstm",   \
        .flags = OPTION_USUAL, .help = says                                                                  \
    }

/* The size of the embedding; what is the default, the task says. */
#define ROW_EMBED(says)                                                                                      \
    {                                                                                                        \
        .name = "embed", .form = "N", .type = OPTION_INT, .min = 0, .max = 65536, .default_says = says,      \
        .help = "size of the embedding; 0: one-hot input"                                                    \
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
