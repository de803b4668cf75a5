/* How many parameters an RNN, an LSTM and a GRU have for the same sizes: gates make the difference, 1 to 4 to 3.
 * SPDX-License-Identifier: MIT */
#include <recur/recur.h>

enum { INPUT = 128, HIDDEN = 256, STEPS = 50 };

int main(void)
{
    static const struct {
        const char *name;
        recur_cell  cell;
    } CELLS[] = {{"RNN", RECUR_RNN_TANH}, {"LSTM", RECUR_LSTM}, {"GRU", RECUR_GRU}};
    recur_ctx  *ctx;
    recur_tape *tape;

    if (recur_ctx_create(NULL, &ctx)) return 1;
    if (recur_tape_create(ctx, &tape)) return recur_complain(ctx);
    for (int i = 0; i < 3; i++) {
        recur_params  *params;
        recur_rnn     *rnn;
        recur_rnn_spec spec = {.cell = CELLS[i].cell, .input = INPUT, .hidden = HIDDEN};
        if (recur_params_create(ctx, /*seed*/ 1, &params)) return recur_complain(ctx);
        if (recur_rnn_create(params, CELLS[i].name, &spec, &rnn)) return recur_complain(ctx);

        recur_tape_reset(tape);
        recur_var x = recur_input(tape, RECUR_SHAPE(STEPS, 1, INPUT), NULL);
        recur_seq y = recur_rnn_apply(tape, rnn, x, NULL, RECUR_NO_STATE);
        if (recur_tape_status(tape)) return recur_complain(ctx);
        recur_shape s = recur_shape_of(tape, recur_swap(tape, y.output));
        printf("%-4s: %8lld parameters, output (%d, %d, %d)\n", CELLS[i].name,
               (long long)recur_params_count(params), (int)s.size[0], (int)s.size[1], (int)s.size[2]);

        recur_rnn_destroy(rnn);
        recur_params_destroy(params);
    }

    recur_tape_destroy(tape);
    recur_ctx_destroy(ctx);
    return 0;
}
