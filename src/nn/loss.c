/* Losses: softmax cross-entropy and mean squared error.
 * SPDX-License-Identifier: MIT */
#include "nn/loss.h"

bool ri_loss_targets(recur_tape *tape, int64_t n, int64_t V, const recur_pack *targets,
                     recur_reduction reduction, double *scale)
{
    if (tape->status) return false;
    int64_t n_counted = 0;
    if (!targets || !targets->has_tokens || targets->N != n) {
        RI_TAPE_FAIL(tape, RECUR_EARG, "cross-entropy: wanted %lld targets, found %lld", (long long)n,
                     targets && targets->has_tokens ? (long long)targets->N : -1LL);
        return false;
    }
    for (int64_t r = 0; r < n; r++) {
        if (targets->tokens[r] < RECUR_IGNORE || targets->tokens[r] >= V) {
            RI_TAPE_FAIL(
                tape, RECUR_EARG, "cross-entropy: sequence %d has target %d at step %d, wanted -1 to %lld",
                (int)targets->sequence[r], (int)targets->tokens[r], (int)targets->time[r], (long long)V - 1);
            return false;
        }
        n_counted += targets->tokens[r] >= 0;
    }
    switch (reduction) {
    case RECUR_MEAN:
        *scale = n_counted ? 1.0 / (double)n_counted : 0;
        return true;
    case RECUR_SUM:
        *scale = 1;
        return true;
    case RECUR_SUM_OVER_TIME:
        *scale = targets->B ? 1.0 / (double)targets->B : 0;
        return true;
    }
    RI_TAPE_FAIL(tape, RECUR_EARG, "there is no reduction of number %d", (int)reduction);
    return false;
}

typedef struct xent_saved {
    ri_xent_pass pass;
    recur_var    logits, y;
} xent_saved;

static void xent_backward(recur_tape *tape, void *saved)
{
    xent_saved *s = saved;
    tape->ctx->dev->read(tape->ctx, 1, ri_tape_at(tape, s->y)->grad, &s->pass.dloss);
    s->pass.dlogits = ri_tape_at(tape, s->logits)->grad;
    tape->ctx->dev->xent_backward(tape->ctx, &s->pass);
}

recur_var recur_cross_entropy(recur_tape *tape, recur_var logits, const recur_pack *targets,
                              recur_reduction reduction)
{
    const ri_node *node = ri_tape_node(tape, logits, "recur_cross_entropy");
    if (!node) return RECUR_NONE;
    ri_rows rows = ri_node_rows(node);
    if (node->ids || node->shape.rank < 1 || rows.width < 1)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_cross_entropy: wanted logits [N,V], found rank %d",
                            node->shape.rank);
    double scale;
    if (!ri_loss_targets(tape, rows.n, rows.width, targets, reduction, &scale)) return RECUR_NONE;
    xent_saved s = {.logits = logits};
    s.pass = (ri_xent_pass){
        .n = rows.n, .V = rows.width, .targets = targets->tokens, .scale = scale, .logits = rows.x};
    double *row_loss = ri_tape_take(tape, rows.n, sizeof *row_loss);
    s.y = ri_tape_var(tape, (recur_shape){.rank = 0}, NULL);
    if (!s.y.id) return s.y;
    double loss = tape->ctx->dev->xent_forward(tape->ctx, &s.pass, row_loss);
    tape->ctx->dev->write(tape->ctx, 1, &loss, ri_tape_at(tape, s.y)->value);
    ri_tape_push(tape, xent_backward, &s, sizeof s);
    return s.y;
}

typedef struct mse_saved {
    recur_var   a, b, y;
    const void *difference;
    double      scale;
} mse_saved;

static void mse_backward(recur_tape *tape, void *saved)
{
    const mse_saved *s = saved;
    const ri_node   *a = ri_tape_at(tape, s->a), *b = ri_tape_at(tape, s->b);
    double           g;
    tape->ctx->dev->read(tape->ctx, 1, ri_tape_at(tape, s->y)->grad, &g);
    tape->ctx->dev->axpy(tape->ctx, a->count, 2 * g * s->scale, s->difference, a->grad);
    tape->ctx->dev->axpy(tape->ctx, b->count, -2 * g * s->scale, s->difference, b->grad);
}

recur_var recur_mse(recur_tape *tape, recur_var prediction, recur_var target, recur_reduction reduction)
{
    const ri_node *a = ri_tape_node(tape, prediction, "recur_mse"),
                  *b = ri_tape_node(tape, target, "recur_mse");
    if (!a || !b) return RECUR_NONE;
    if (a->ids || b->ids || !ri_shape_equal(a->shape, b->shape))
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_mse: wanted equal shapes, found %lld and %lld elements",
                            (long long)a->count, (long long)b->count);
    if (reduction != RECUR_MEAN && reduction != RECUR_SUM)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_mse: wanted the reduction mean or sum, found number %d",
                            (int)reduction);
    const ri_dev *dev = tape->ctx->dev;
    int64_t       count = a->count;
    void         *difference = ri_tape_elements(tape, count);
    recur_var     y = ri_tape_var(tape, (recur_shape){.rank = 0}, NULL);
    if (!y.id) return y;
    dev->subtract(tape->ctx, count, ri_tape_at(tape, prediction)->value, ri_tape_at(tape, target)->value,
                  difference);
    double scale = reduction == RECUR_MEAN ? (count ? 1.0 / (double)count : 0) : 1;
    double loss = scale * dev->dot(tape->ctx, count, difference, difference);
    dev->write(tape->ctx, 1, &loss, ri_tape_at(tape, y)->value);
    ri_tape_push(tape, mse_backward, &(mse_saved){prediction, target, y, difference, scale},
                 sizeof(mse_saved));
    return y;
}
