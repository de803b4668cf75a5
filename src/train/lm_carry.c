/* Carried state: see lm_carry.h. Doubles hold it whatever the type of the context, which is exact.
 * SPDX-License-Identifier: MIT */
#include "train/lm_carry.h"

#include "nn/layers.h"
#include "nn/shape.h"

recur_status ri_lm_carry_init(ri_lm_carry *carry, const recur_model *model, int64_t B)
{
    const recur_rnn_spec *rnn = &recur_lm_get_spec(model)->rnn;
    recur_ctx            *ctx = recur_model_params(model)->ctx;

    *carry = (ri_lm_carry){.ctx = ctx,
                           .h_shape = RECUR_SHAPE(rnn->layers, B, ri_rnn_output(rnn)),
                           .c_shape = RECUR_SHAPE(rnn->layers, B, rnn->hidden),
                           .n_arrays = rnn->cell == RECUR_LSTM ? 2 : 1};
    carry->arrays[0] = (ri_array){.name = "recur.carried_h", .n = ri_shape_count(carry->h_shape)};
    carry->arrays[1] = (ri_array){.name = "recur.carried_c", .n = ri_shape_count(carry->c_shape)};
    for (size_t i = 0; i < carry->n_arrays; i++) {
        carry->arrays[i].values = ri_allocate(&ctx->allocator, (size_t)carry->arrays[i].n, sizeof(double));
        if (!carry->arrays[i].values) return ri_no_memory(ctx, "the state between windows");
    }
    return RECUR_OK;
}

void ri_lm_carry_free(ri_lm_carry *carry)
{
    for (size_t i = 0; i < carry->n_arrays; i++) ri_release(&carry->ctx->allocator, carry->arrays[i].values);
    carry->n_arrays = 0;
}

recur_state ri_lm_carry_put(const ri_lm_carry *carry, recur_tape *tape)
{
    recur_state state = {.h = recur_input_f64(tape, carry->h_shape, carry->arrays[0].values)};
    if (carry->n_arrays > 1) state.c = recur_input_f64(tape, carry->c_shape, carry->arrays[1].values);
    return state;
}

recur_status ri_lm_carry_take(ri_lm_carry *carry, const recur_tape *tape, recur_state final)
{
    recur_status status = recur_value_f64(tape, final.h, carry->arrays[0].values);
    if (!status && carry->n_arrays > 1) status = recur_value_f64(tape, final.c, carry->arrays[1].values);
    return status;
}
