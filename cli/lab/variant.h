/* Cells to compare, each with the way it starts, as a list that can be typed: rnn,rnn:orthogonal,lstm:2,gru:chrono.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_VARIANT_H
#define CLI_VARIANT_H

#include "app.h"

enum { MAX_VARIANTS = 8 };

typedef struct variant {
    char       name[40]; /* as it was typed */
    recur_cell cell;
    recur_init init;
    bool       set_forget_bias;
    double     forget_bias;
} variant;

/* How help says what can be in a list. */
#define VARIANTS_HELP                                                                                        \
    "cells to compare, up to 8: rnn, relu, lstm, gru, each with :orthogonal or :identity, lstm and gru "     \
    "with :chrono\n(gates remember 1 to lag steps), lstm with a forget bias, lstm:2"

/* Read a list. Returns an exit code, the error said; name is how it calls the list. */
int variants_read(app *a, const char *name, const char *text, variant list[MAX_VARIANTS], int *n);

/* Put a variant into a spec; chrono's longest memory is so many steps. */
void variant_apply(const variant *v, int64_t longest, recur_rnn_spec *spec);

#endif
