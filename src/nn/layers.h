/* What layers look like to the floors above that run them without a tape (streams).
 * SPDX-License-Identifier: MIT */
#ifndef RI_LAYERS_H
#define RI_LAYERS_H

#include "dev/dev.h"
#include "nn/params.h"
#include "recur/layers.h"

/* Return how many gates a cell has, G. */
static inline int64_t ri_rnn_gates(recur_cell cell)
{
    return cell == RECUR_LSTM ? 4 : cell == RECUR_GRU ? 3 : 1;
}

/* Return the size of h, P. */
static inline int64_t ri_rnn_output(const recur_rnn_spec *spec)
{
    return spec->projection ? spec->projection : spec->hidden;
}

enum { RI_MAX_LAYERS = 1024 }; /* of a stack */

/* Fill w with the weights and panels of one layer in one direction. Errors: RECUR_EMEMORY (panels). */
recur_status ri_rnn_weights_of(const recur_rnn *rnn, int64_t layer, int64_t direction, ri_rnn_weights *w);

/* Return the tensor of the trained initial state, -1 if there is none; [L*D,P] or [L*D,H]. */
int64_t ri_rnn_initial_h(const recur_rnn *rnn);
int64_t ri_rnn_initial_c(const recur_rnn *rnn);

/* recur_rnn_step where dropout between layers takes the rows for what they are: steps time[i] of the caller's sequences sequence[i]. */
recur_seq ri_rnn_step_of(recur_tape *tape, const recur_rnn *rnn, recur_var x, recur_state state,
                         const int32_t *sequence, const int32_t *time);

/* Look up n tokens, all within the vocabulary: [n,E]. ids must stay until the tape is reset. */
recur_var ri_embed_ids(recur_tape *tape, const recur_embedding *embedding, int64_t n, const int32_t *ids);

/* Fill panel, b, O and x.width of a pass; the caller adds rows and outputs. Errors: RECUR_EMEMORY. */
recur_status ri_linear_weights_of(const recur_linear *linear, ri_linear_pass *pass);

/* Return the place of the largest of each row of a linear layer's outputs for x, [rows of x], but `never` (-1: none), of equal ones the first; -1
 * where one is not a number or without bound. The outputs themselves are not kept. NULL and a sticky error without memory. */
const int32_t *ri_linear_best(recur_tape *tape, const recur_linear *linear, recur_var x, int32_t never);

/* Return the table [V,E]. */
const void *ri_embedding_table(const recur_embedding *embedding);

#endif
