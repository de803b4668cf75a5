/* One case that can be called again and again: a layer, its input, a tape.
 *
 * The clock runs over what a program would do at every call, and stands still over what it would have done before: putting the input
 * on the tape, clearing gradients. In training the parameters count as changed, so that packing them anew is inside.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "bench/bench.h"
#include "nn/params.h"
#include "recur/layers.h"

enum { STEPS_PER_CALL = 64 };

struct ri_subject {
    recur_ctx       *ctx;
    recur_bench_case what;
    recur_params    *params;
    recur_rnn       *rnn;
    recur_linear    *linear;
    recur_tape      *tape;
    float           *x;     /* [T,B,I] */
    float           *h, *c; /* step by step: the state [L,B,H] */
    size_t           state_bytes;
};

static recur_status check(recur_ctx *ctx, const recur_bench_case *c)
{
    recur_bench_shape s = c->shape;
    if (s.T < 1 || s.B < 1 || s.I < 1 || s.H < 1 || s.L < 1)
        return RI_FAIL(ctx, RECUR_EARG,
                       "a shape of %lld steps, batch %lld, input %lld, hidden %lld, %lld layers; wanted at "
                       "least 1 of each",
                       (long long)s.T, (long long)s.B, (long long)s.I, (long long)s.H, (long long)s.L);
    if (s.T > INT32_MAX || s.B > INT32_MAX / s.T || s.I > INT32_MAX)
        return RI_FAIL(ctx, RECUR_EARG,
                       "%lld steps of %lld sequences of %lld values; wanted at most %d rows and values",
                       (long long)s.T, (long long)s.B, (long long)s.I, INT32_MAX);
    if (c->mode == RECUR_BENCH_STEP && (s.bidirectional || c->linear))
        return RI_FAIL(ctx, RECUR_EARG, "%s has no steps to be timed one at a time",
                       c->linear ? "a linear layer" : "a bidirectional stack");
    return RECUR_OK;
}

static recur_status make_layer(ri_subject *s)
{
    recur_bench_shape shape = s->what.shape;
    if (s->what.linear)
        return recur_linear_create(s->params, "linear",
                                   &(recur_linear_spec){.input = shape.I, .output = shape.H}, &s->linear);
    return recur_rnn_create(s->params, "rnn",
                            &(recur_rnn_spec){.cell = s->what.cell,
                                              .input = shape.I,
                                              .hidden = shape.H,
                                              .layers = shape.L,
                                              .bidirectional = shape.bidirectional},
                            &s->rnn);
}

static recur_status make_input(ri_subject *s)
{
    recur_bench_shape shape = s->what.shape;
    int64_t           T = s->what.mode == RECUR_BENCH_STEP ? 1 : shape.T, rows = T * shape.B;
    s->x = ri_allocate(&s->ctx->allocator, (size_t)rows, (size_t)shape.I * sizeof *s->x);
    if (!s->x) return ri_no_memory(s->ctx, "the input to be timed");
    if (s->what.mode == RECUR_BENCH_STEP) {
        size_t n = (size_t)(shape.L * shape.B);
        s->state_bytes = n * (size_t)shape.H * sizeof *s->h;
        s->h = ri_allocate(&s->ctx->allocator, n, (size_t)shape.H * sizeof *s->h);
        s->c = ri_allocate(&s->ctx->allocator, n, (size_t)shape.H * sizeof *s->c);
        if (!s->h || !s->c) return ri_no_memory(s->ctx, "the state to be carried");
    }
    for (int64_t i = 0; i < rows * shape.I; i++) s->x[i] = (float)(2 * ri_uniform(1, 0, (uint64_t)i) - 1);
    return RECUR_OK;
}

recur_status ri_subject_create(recur_ctx *ctx, const recur_bench_case *what, ri_subject **out)
{
    *out = NULL;
    recur_status status = check(ctx, what);
    if (status) return status;
    ri_subject *s = ri_allocate(&ctx->allocator, 1, sizeof *s);
    if (!s) return ri_no_memory(ctx, "a layer to be timed");
    s->ctx = ctx;
    s->what = *what;
    status = recur_params_create(ctx, 1, &s->params);
    if (!status) status = make_layer(s);
    if (!status) status = recur_tape_create(ctx, &s->tape);
    if (!status) status = make_input(s);
    if (status) {
        ri_subject_destroy(s);
        return status;
    }
    recur_tape_set_inference(s->tape, what->mode != RECUR_BENCH_TRAIN);
    *out = s;
    return RECUR_OK;
}

void ri_subject_destroy(ri_subject *s)
{
    if (!s) return;
    ri_release(&s->ctx->allocator, s->x);
    ri_release(&s->ctx->allocator, s->h);
    ri_release(&s->ctx->allocator, s->c);
    recur_tape_destroy(s->tape);
    recur_rnn_destroy(s->rnn);
    recur_linear_destroy(s->linear);
    recur_params_destroy(s->params);
    ri_release(&s->ctx->allocator, s);
}

static recur_var put_input(ri_subject *s, int64_t T)
{
    return recur_input(s->tape, RECUR_SHAPE(T, s->what.shape.B, s->what.shape.I), s->x);
}

/* One step as a program takes it: the state goes onto the tape with the input and is copied from it, so that the tape can begin anew
 * and stays as small as the cache wants it. */
static void step(ri_subject *s)
{
    recur_shape shape = RECUR_SHAPE(s->what.shape.L, s->what.shape.B, s->what.shape.H);
    bool        has_c = s->what.cell == RECUR_LSTM;
    recur_tape_reset(s->tape);
    recur_state state = {recur_input(s->tape, shape, s->h),
                         has_c ? recur_input(s->tape, shape, s->c) : RECUR_NONE};
    recur_seq   y = recur_rnn_apply(s->tape, s->rnn, put_input(s, 1), NULL, state);
    if (recur_tape_status(s->tape)) return;
    memcpy(s->h, recur_value(s->tape, y.h), s->state_bytes);
    if (has_c) memcpy(s->c, recur_value(s->tape, y.c), s->state_bytes);
}

static double call_steps(ri_subject *s)
{
    double began = ri_clock_seconds();
    for (int i = 0; i < STEPS_PER_CALL && !recur_tape_status(s->tape); i++) step(s);
    return (ri_clock_seconds() - began) / STEPS_PER_CALL;
}

static double call_sequence(ri_subject *s)
{
    bool is_training = s->what.mode == RECUR_BENCH_TRAIN;
    recur_tape_reset(s->tape);
    recur_var x = put_input(s, s->what.shape.T);
    if (is_training) {
        recur_params_zero_grad(s->params);
        ri_params_touch(s->params);
    }
    double    began = ri_clock_seconds();
    recur_var y = s->linear ? recur_linear_apply(s->tape, s->linear, x)
                            : recur_rnn_apply(s->tape, s->rnn, x, NULL, RECUR_NO_STATE).output;
    if (is_training) recur_backward(s->tape, recur_sum(s->tape, y));
    return ri_clock_seconds() - began;
}

recur_status ri_subject_call(ri_subject *s, double *seconds)
{
    *seconds = s->what.mode == RECUR_BENCH_STEP ? call_steps(s) : call_sequence(s);
    return recur_tape_status(s->tape);
}
