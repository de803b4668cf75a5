/* A stack over whole sequences, backward. Layers from the top down; the weight gradients of all applications of one stack are
 * computed at the very end, so that a decoder's many single steps become one product.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "nn/rnn.h"

/* Gradient of the final state in rank order, as the sweep's start; a copy, because the sweep overwrites it. */
static void *state_grad_in(recur_tape *tape, const ri_rnn_run *run, recur_var v, int64_t width)
{
    int64_t K = run->rnn->L * run->rnn->D, B = run->passes[0].steps.B;
    void   *g = ri_tape_elements(tape, K * B * width);
    if (!g) return NULL;
    for (int64_t k = 0; k < K; k++)
        tape->ctx->dev->gather_rows(tape->ctx, B, width, run->caller_of,
                                    ri_at(tape->ctx, ri_tape_at(tape, v)->grad, k * B * width), width,
                                    ri_at(tape->ctx, g, k * B * width), width);
    return g;
}

/* Gradient of the initial state to where it came from: a variable, or the trained state, which all sequences share. */
static void state_grad_out(recur_tape *tape, const ri_rnn_run *run, recur_var v, int64_t trained,
                           int64_t width, const void *g)
{
    const ri_dev *dev = tape->ctx->dev;
    int64_t       K = run->rnn->L * run->rnn->D, B = run->passes[0].steps.B;
    for (int64_t k = 0; k < K; k++) {
        const void *from = ri_at(tape->ctx, g, k * B * width);
        if (v.id) {
            dev->scatter_add_rows(tape->ctx, B, width, run->caller_of, from, width,
                                  ri_at(tape->ctx, ri_tape_at(tape, v)->grad, k * B * width), width);
            continue;
        }
        void *to = ri_at(tape->ctx, ri_params_grad_of(run->rnn->params, trained), k * width);
        for (int64_t b = 0; b < B; b++) { /* in the caller's order, so that ranks do not matter */
            int64_t rank = run->rank_of ? run->rank_of[b] : b;
            dev->axpy(tape->ctx, width, 1, ri_at(tape->ctx, from, rank * width), to);
        }
    }
}

/* Complete the passes of layer l for the sweep. */
static bool prepare_layer(recur_tape *tape, const ri_rnn_run *run, int64_t l, const void *dy, void *dx,
                          int64_t dx_width, void *dh, void *dc)
{
    const recur_rnn *rnn = run->rnn;
    int64_t          P = rnn->P, H = rnn->H, B = run->passes[0].steps.B, N = run->N;
    for (int64_t d = 0; d < rnn->D; d++) {
        int64_t      k = l * rnn->D + d;
        ri_rnn_pass *p = &run->passes[k];
        recur_status s = ri_rnn_back_weights(rnn, k, &run->weights[k]);
        if (s) ri_tape_failed(tape, s);
        p->dy = ri_at(tape->ctx, dy, d * P);
        p->dy_stride = rnn->D * P;
        p->dx = dx;
        p->dx_stride = dx_width;
        p->dh = ri_at(tape->ctx, dh, k * B * P);
        if (dc) p->dc = ri_at(tape->ctx, dc, k * B * H);
        if (run->trace_h.id) p->trace_dh = ri_at(tape->ctx, ri_tape_at(tape, run->trace_h)->grad, k * N * P);
        if (run->trace_c.id) p->trace_dc = ri_at(tape->ctx, ri_tape_at(tape, run->trace_c)->grad, k * N * H);
        if (rnn->spec.projection || rnn->spec.reset_before) p->work = ri_tape_elements(tape, B * H);
        if (rnn->spec.projection) p->dproj = ri_tape_elements(tape, N * P);
    }
    return !tape->status;
}

/* From the gradient at a layer's input to that at the output of the layer below, through dropout. */
static void *below(recur_tape *tape, const ri_rnn_run *run, int64_t l, void *dx)
{
    int64_t n = run->N * run->rnn->D * run->rnn->P;
    if (run->masks[l]) tape->ctx->dev->multiply(tape->ctx, n, dx, run->masks[l], dx);
    return dx;
}

static void *grad_or_null(const recur_params *params, int64_t index)
{
    return index < 0 ? NULL : ri_params_grad_of(params, index);
}

/* Elements of work space for the weights of the largest layer. */
static int64_t weights_work(const recur_ctx *ctx, const ri_rnn_run *run)
{
    int64_t most = 0;
    for (int64_t k = 0; k < run->rnn->L * run->rnn->D; k++) {
        int64_t n = ctx->dev->rnn_weights_work(ctx, &run->weights[k]);
        if (n > most) most = n;
    }
    return most;
}

/* The weights of one stack from all its applications, which stand first in the list; returns the rest. */
static ri_rnn_run *settle_stack(recur_tape *tape, ri_rnn_run *list)
{
    const recur_rnn *rnn = list->rnn;
    int64_t          n = 0, others = 0;
    for (ri_rnn_run *run = list; run; run = run->next) run->rnn == rnn ? n++ : others++;
    ri_rnn_pass *passes = ri_tape_take(tape, n, sizeof *passes);
    void        *work = ri_tape_elements(tape, weights_work(tape->ctx, list));
    if (!passes || !work) return NULL;
    for (int64_t k = 0; k < rnn->L * rnn->D; k++) {
        int64_t i = 0;
        for (ri_rnn_run *run = list; run; run = run->next)
            if (run->rnn == rnn) passes[i++] = run->passes[k];
        const ri_rnn_tensors *t = &rnn->tensors[k];
        ri_rnn_grads          grads = {grad_or_null(rnn->params, t->w_ih), grad_or_null(rnn->params, t->w_hh),
                                       grad_or_null(rnn->params, t->w_hr), grad_or_null(rnn->params, t->b_ih),
                                       grad_or_null(rnn->params, t->b_hh)};
        tape->ctx->dev->rnn_backward_weights(tape->ctx, passes, (int)n, &grads, work);
    }
    if (!others) return NULL;
    ri_rnn_run *rest = NULL, **end = &rest;
    for (ri_rnn_run *run = list; run; run = run->next)
        if (run->rnn != rnn) {
            *end = run;
            end = &run->next;
        }
    *end = NULL;
    return rest;
}

/* Whether no tensor of a stack learns: its weight gradients are then owed to nobody. */
static bool is_frozen(const recur_rnn *rnn)
{
    for (int64_t k = 0; k < rnn->L * rnn->D; k++) {
        const ri_rnn_tensors *t = &rnn->tensors[k];
        const int64_t         all[] = {t->w_ih, t->w_hh, t->b_ih, t->b_hh, t->w_hr};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            if (all[i] >= 0 && !recur_params_is_frozen(rnn->params, all[i])) return false;
    }
    return true;
}

static void settle(recur_tape *tape)
{
    while (tape->runs && !tape->status) tape->runs = settle_stack(tape, tape->runs);
}

void ri_rnn_run_backward(recur_tape *tape, void *saved)
{
    ri_rnn_run      *run = saved;
    const recur_rnn *rnn = run->rnn;
    bool             is_lstm = rnn->spec.cell == RECUR_LSTM;
    int64_t          width = rnn->D * rnn->P;
    void            *dh = state_grad_in(tape, run, run->h, rnn->P),
         *dc = is_lstm ? state_grad_in(tape, run, run->c, rnn->H) : NULL;
    void *dy = ri_tape_at(tape, run->output)->grad;
    for (int64_t l = rnn->L - 1; l >= 0 && !tape->status; l--) {
        void *dx = l ? ri_tape_elements(tape, run->N * width) : ri_tape_at(tape, run->x)->grad;
        if (l && dx) tape->ctx->dev->fill(tape->ctx, run->N * width, 0, dx);
        if (!prepare_layer(tape, run, l, dy, dx, l ? width : rnn->spec.input, dh, dc)) return;
        tape->ctx->dev->rnn_backward(tape->ctx, &run->passes[l * rnn->D], (int)rnn->D);
        if (l) dy = below(tape, run, l - 1, dx);
    }
    if (tape->status) return;
    if (run->h0.id || rnn->initial_h >= 0) state_grad_out(tape, run, run->h0, rnn->initial_h, rnn->P, dh);
    if (is_lstm && (run->c0.id || rnn->initial_c >= 0))
        state_grad_out(tape, run, run->c0, rnn->initial_c, rnn->H, dc);
    if (is_frozen(rnn)) return;
    run->next = tape->runs;
    tape->runs = run;
    tape->settle = settle;
}
