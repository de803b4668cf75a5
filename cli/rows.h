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

extern const option_group common_group;   /* --threads --quiet --json */
extern const option_group model_group;    /* --cell ... */
extern const option_group training_group; /* --batch --optim ... */
extern const option_group
    budget_group;                    /* --epochs --steps --minutes --save-every: resume takes them as well */
extern const option_group run_group; /* --valid --split ... --out */

#endif
