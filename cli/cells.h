/* Cells as experiments call and count them.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_CELLS_H
#define CLI_CELLS_H

#include "recur/recur.h"

/* Names for an option, and the cell of each choice, in this order. */
#define CELL_CHOICES "rnn|relu|lstm|gru"
enum { N_CELLS = 4 };
recur_cell cell_of(int choice);

/* Find the cell of such a name, of size bytes. Returns false if there is none. */
bool cell_find(const char *name, size_t size, recur_cell *cell);

const char *cell_name(recur_cell cell);     /* as an option calls it: "lstm" */
int64_t     cell_products(recur_cell cell); /* G: matrices side by side, the gates and the candidate */

/* The three that the textbook compares, in the order of their size. */
enum { N_COMPARED = 3 };
extern const recur_cell cells_compared[N_COMPARED];

#endif
