/* A whole sequence in one call: every hidden state, and the last one.
 * SPDX-License-Identifier: MIT */
#include <recur/recur.h>

enum { STEPS = 5, INPUT = 10, HIDDEN = 20 };

static void print_shape(const char *what, recur_shape s)
{
    printf("%s: (%d, %d, %d)\n", what, (int)s.size[0], (int)s.size[1], (int)s.size[2]);
}

int main(void)
{
    recur_ctx    *ctx;
    recur_params *params;
    recur_rnn    *rnn;
    recur_tape   *tape;
    int64_t       sequence;

    if (recur_ctx_create(NULL, &ctx)) return 1;
    if (recur_params_create(ctx, /*seed*/ 1, &params)) return recur_complain(ctx);
    recur_rnn_spec spec = {.cell = RECUR_RNN_TANH, .input = INPUT, .hidden = HIDDEN};
    if (recur_rnn_create(params, "rnn", &spec, &rnn)) return recur_complain(ctx);
    if (recur_params_add(params, "sequence", RECUR_SHAPE(1, STEPS, INPUT), (recur_init){0}, &sequence))
        return recur_complain(ctx);
    if (recur_tape_create(ctx, &tape)) return recur_complain(ctx);

    recur_var x = recur_param(tape, params, sequence); /* [B,T,I], batch first */
    recur_seq y = recur_rnn_apply(tape, rnn, recur_swap(tape, x), NULL, RECUR_NO_STATE);
    recur_var output = recur_swap(tape, y.output); /* [B,T,H] again */
    if (recur_tape_status(tape)) return recur_complain(ctx);
    print_shape("All hidden states", recur_shape_of(tape, output));
    print_shape("Final hidden state", recur_shape_of(tape, y.h));

    recur_tape_destroy(tape);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
    recur_ctx_destroy(ctx);
    return 0;
}
