/* The experiment of lab longlag: which cells learn which lags, and what was found.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_LONGLAG_H
#define CLI_LONGLAG_H

#include "lab.h"
#include "lag_task.h"
#include "variant.h"

/* One net after its training; NaN where it diverged. */
typedef struct lag_result {
    lag_score score;
    double    gain; /* share of the baseline's loss that is gone: 1 is all of it, 0 none */
    double
        reach; /* before the training: gradient by the first state over that by the first one that answers */
} lag_result;

typedef struct longlag {
    app             *app;
    lab              lab;
    lag_task         task; /* its lag is that of the net at work */
    recur_train_opts train;
    int64_t          hidden, steps, tests, seeds;
    int              n_variants, n_lags;
    variant          variants[MAX_VARIANTS];
    double           lags[OPTION_MAX_NUMBERS];
    int64_t          parameters[MAX_VARIANTS];
    lag_result      *found;      /* [n_variants,n_lags,seeds] */
    double           done, work; /* steps of sequences */
} longlag;

lag_result *longlag_found(const longlag *l, int which, int lag);

/* What is shown (longlag_show.c). */
void longlag_introduce(longlag *l);
void longlag_say_json(longlag *l, int which, int lag, int64_t seed);
void longlag_say_tables(longlag *l);
void longlag_conclude(longlag *l);
int  longlag_draw(longlag *l);

#endif
