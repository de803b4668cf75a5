/* One vanilla cell, stepped by hand over five random tokens of ten numbers each.
 *
 *   h' = tanh(W_ih x + b_ih + W_hh h + b_hh)
 *
 * SPDX-License-Identifier: MIT */
#include <recur/recur.h>

enum { STEPS = 5, INPUT = 10, HIDDEN = 20 };

int main(void)
{
    recur_ctx    *ctx;
    recur_params *params;
    recur_rnn    *cell;
    recur_tape   *tape;
    int64_t       tokens; /* a table of N(0,1) numbers, as random as the weights */

    if (recur_ctx_create(NULL, &ctx)) return 1;
    if (recur_params_create(ctx, /*seed*/ 1, &params)) return recur_complain(ctx);
    recur_rnn_spec spec = {.cell = RECUR_RNN_TANH, .input = INPUT, .hidden = HIDDEN};
    if (recur_rnn_create(params, "cell", &spec, &cell)) return recur_complain(ctx);
    if (recur_params_add(params, "tokens", RECUR_SHAPE(STEPS, 1, INPUT), (recur_init){0}, &tokens))
        return recur_complain(ctx);
    if (recur_tape_create(ctx, &tape)) return recur_complain(ctx);

    recur_var   x = recur_param(tape, params, tokens); /* [T,B,I] */
    recur_state state = RECUR_NO_STATE;                /* zeros */
    for (int t = 0; t < STEPS; t++) {
        recur_seq y = recur_rnn_step(tape, cell, recur_pick_step(tape, x, t), state);
        if (recur_tape_status(tape)) return recur_complain(ctx);
        const float *h = recur_value(tape, y.output); /* [B,H] */
        printf("Step %d: h norm = %.4f, h[:3] = [%.4f, %.4f, %.4f]\n", t, recur_norm(h, HIDDEN), h[0], h[1],
               h[2]);
        state = recur_final(y);
    }

    recur_tape_destroy(tape);
    recur_rnn_destroy(cell);
    recur_params_destroy(params);
    recur_ctx_destroy(ctx);
    return 0;
}
