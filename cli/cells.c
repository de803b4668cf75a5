/* The names and counts of cells in one place.
 * SPDX-License-Identifier: MIT */
#include "cells.h"

#include <string.h>

const recur_cell cells_compared[N_COMPARED] = {RECUR_RNN_TANH, RECUR_GRU, RECUR_LSTM};

recur_cell cell_of(int choice)
{
    static const recur_cell cells[N_CELLS] = {RECUR_RNN_TANH, RECUR_RNN_RELU, RECUR_LSTM, RECUR_GRU};
    return cells[choice];
}

const char *cell_name(recur_cell cell)
{
    static const char *const names[] = {
        [RECUR_LSTM] = "lstm", [RECUR_GRU] = "gru", [RECUR_RNN_TANH] = "rnn", [RECUR_RNN_RELU] = "relu"};
    return names[cell];
}

bool cell_find(const char *name, size_t size, recur_cell *cell)
{
    for (int i = 0; i < N_CELLS; i++) {
        const char *known = cell_name(cell_of(i));
        if (strlen(known) != size || memcmp(known, name, size) != 0) continue;
        *cell = cell_of(i);
        return true;
    }
    return false;
}

int64_t cell_products(recur_cell cell)
{
    static const int64_t products[] = {
        [RECUR_LSTM] = 4, [RECUR_GRU] = 3, [RECUR_RNN_TANH] = 1, [RECUR_RNN_RELU] = 1};
    return products[cell];
}
