/* How far does a gradient reach? The sum of the last state, differentiated by each of a hundred inputs.
 *
 * With default weights the first inputs hardly count: the norms fall by a factor of about two at every step back. They are summed in
 * double, since the squares of such small numbers are zero in float.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include <recur/recur.h>

enum { STEPS = 100, INPUT = 32, HIDDEN = 64 };

int main(void)
{
    static const int SHOWN[] = {0, 10, 25, 50, 75, 99};
    recur_ctx       *ctx;
    recur_params    *params;
    recur_rnn       *rnn;
    recur_tape      *tape;
    int64_t          noise;

    if (recur_ctx_create(NULL, &ctx)) return 1;
    if (recur_params_create(ctx, /*seed*/ 1, &params)) return recur_complain(ctx);
    recur_rnn_spec spec = {.cell = RECUR_RNN_TANH, .input = INPUT, .hidden = HIDDEN};
    if (recur_rnn_create(params, "rnn", &spec, &rnn)) return recur_complain(ctx);
    if (recur_params_add(params, "noise", RECUR_SHAPE(STEPS, 1, INPUT), (recur_init){0}, &noise))
        return recur_complain(ctx);
    if (recur_tape_create(ctx, &tape)) return recur_complain(ctx);

    recur_var x = recur_param(tape, params, noise); /* [T,B,I] */
    recur_seq y = recur_rnn_apply(tape, rnn, x, NULL, RECUR_NO_STATE);
    recur_var loss = recur_sum(tape, recur_pick_step(tape, y.output, STEPS - 1));
    if (recur_backward(tape, loss)) return recur_complain(ctx);

    const float *dx = recur_grad(tape, x); /* [T,B,I] */
    for (int i = 0; i < 6; i++)
        printf("Step %2d: %.3e\n", SHOWN[i], recur_norm(dx + INPUT * SHOWN[i], INPUT));
    double ratio = recur_norm(dx + INPUT * (STEPS - 1), INPUT) / recur_norm(dx, INPUT);
    printf("Step 99 over step 0: 10^%.1f\n", log10(ratio));

    recur_tape_destroy(tape);
    recur_rnn_destroy(rnn);
    recur_params_destroy(params);
    recur_ctx_destroy(ctx);
    return 0;
}
