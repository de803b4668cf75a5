/* The state of a language model between two windows, outside the tape: copied out after one, put on the tape before the next.
 * SPDX-License-Identifier: MIT */
#ifndef RI_LM_CARRY_H
#define RI_LM_CARRY_H

#include "recur/model.h"
#include "train/checkpoint.h"

typedef struct ri_lm_carry {
    recur_ctx  *ctx;
    recur_shape h_shape, c_shape; /* [L,B,P], [L,B,H]; */
    ri_array    arrays[2];        /* h and, for LSTM, c */
    size_t      n_arrays;
} ri_lm_carry;

/* Make room for B sequences. Errors: RECUR_EMEMORY. The caller frees it, also then. */
recur_status ri_lm_carry_init(ri_lm_carry *carry, const recur_model *model, int64_t B);
void         ri_lm_carry_free(ri_lm_carry *carry);

/* Put the state on a tape. */
recur_state ri_lm_carry_put(const ri_lm_carry *carry, recur_tape *tape);

/* Take the state from a tape. Errors: the tape's. */
recur_status ri_lm_carry_take(ri_lm_carry *carry, const recur_tape *tape, recur_state final);

#endif
