/* A list of cells and starts: CELL[:START], with commas between them.
 * SPDX-License-Identifier: MIT */
#include "variant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"

static bool read_start(const char *start, variant *v)
{
    char      *end;
    const bool has_gates = v->cell == RECUR_LSTM || v->cell == RECUR_GRU;
    if (strcmp(start, "orthogonal") == 0) v->init.kind = RECUR_INIT_ORTHOGONAL;
    if (strcmp(start, "identity") == 0) v->init.kind = RECUR_INIT_IDENTITY;
    if (strcmp(start, "chrono") == 0 && has_gates) v->init.kind = RECUR_INIT_CHRONO;
    if (v->init.kind != RECUR_INIT_DEFAULT) return true;
    v->forget_bias = strtod(start, &end);
    v->set_forget_bias = true;
    return v->cell == RECUR_LSTM && end > start && !*end && fabs(v->forget_bias) <= 1000;
}

static bool read_one(variant *v, const char *text, size_t size)
{
    *v = (variant){0};
    if (size == 0 || size >= sizeof v->name) return false;
    memcpy(v->name, text, size);
    size_t name = strcspn(v->name, ":");
    if (!cell_find(v->name, name, &v->cell)) return false;
    return !v->name[name] || read_start(v->name + name + 1, v);
}

int variants_read(app *a, const char *name, const char *text, variant list[MAX_VARIANTS], int *n)
{
    for (*n = 0;; (*n)++) {
        size_t size = strcspn(text, ",");
        if (*n == MAX_VARIANTS)
            return output_error(a, RECUR_EARG, "%s wants at most %d cells", name, MAX_VARIANTS);
        if (!read_one(&list[*n], text, size))
            return output_error(a, RECUR_EARG,
                                "%s wants cells such as rnn, relu:identity, lstm, lstm:2 (a forget bias), "
                                "gru:chrono with commas between them, found '%.*s'",
                                name, (int)size, text);
        if (!text[size]) break;
        text += size + 1;
    }
    ++*n;
    return RECUR_OK;
}

void variant_apply(const variant *v, int64_t longest, recur_rnn_spec *spec)
{
    spec->cell = v->cell;
    spec->init = v->init;
    spec->set_forget_bias = v->set_forget_bias;
    spec->forget_bias = v->forget_bias;
    if (v->init.kind == RECUR_INIT_CHRONO) spec->init.value = (double)longest;
}
