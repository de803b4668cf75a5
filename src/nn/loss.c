/* Losses: softmax cross-entropy and mean squared error; softmax itself.
 * SPDX-License-Identifier: MIT */
#include "nn/loss.h"

#include <math.h>

bool ri_loss_scale(recur_tape *tape, double counted, int64_t n, recur_reduction reduction, double *scale)
{
    switch (reduction) {
    case RECUR_MEAN:
        *scale = counted > 0 ? 1.0 / counted : 0;
        return true;
    case RECUR_SUM:
        *scale = 1;
        return true;
    case RECUR_SUM_OVER_TIME:
        *scale = n ? 1.0 / (double)n : 0;
        return true;
    }
    RI_TAPE_FAIL(tape, RECUR_EARG, "there is no reduction of number %d", (int)reduction);
    return false;
}

/* Check the targets and add up the weights of those that count. */
static bool count_targets(recur_tape *tape, int64_t n, int64_t V, const recur_pack *targets,
                          const double *class_weights, double *counted)
{
    if (tape->status) return false;
    *counted = 0;
    if (!targets || !targets->has_tokens || targets->N != n) {
        RI_TAPE_FAIL(tape, RECUR_EARG, "cross-entropy: wanted %lld targets, found %lld", (long long)n,
                     targets && targets->has_tokens ? (long long)targets->N : -1LL);
        return false;
    }
    for (int64_t r = 0; r < n; r++) {
        int32_t target = targets->tokens[r];
        if (target < RECUR_IGNORE || target >= V) {
            RI_TAPE_FAIL(tape, RECUR_EARG,
                         "cross-entropy: sequence %d has target %d at step %d, wanted -1 to %lld",
                         (int)targets->sequence[r], (int)target, (int)targets->time[r], (long long)V - 1);
            return false;
        }
        if (target >= 0) *counted += class_weights ? class_weights[target] : 1;
    }
    return true;
}

bool ri_loss_targets(recur_tape *tape, int64_t n, int64_t V, const recur_pack *targets,
                     recur_reduction reduction, double *scale)
{
    double counted;
    return count_targets(tape, n, V, targets, NULL, &counted) &&
           ri_loss_scale(tape, counted, targets->B, reduction, scale);
}

/* ---- cross-entropy ---- */

/* Options into a pass over rows of V logits. False: a sticky error. */
static bool take_options(recur_tape *tape, const recur_cross_entropy_opts *o, ri_xent_pass *p)
{
    p->smoothing = o->label_smoothing;
    p->weight_sum = (double)p->V;
    if (!(p->smoothing >= 0 && p->smoothing <= 1)) {
        RI_TAPE_FAIL(tape, RECUR_EARG, "cross-entropy: label smoothing is %g, wanted 0 to 1", p->smoothing);
        return false;
    }
    if (!o->class_weights) return true;
    double *copy = ri_tape_take(tape, p->V, sizeof *copy);
    p->weight_sum = 0;
    for (int64_t c = 0; copy && c < p->V; c++) {
        double w = copy[c] = o->class_weights[c];
        p->weight_sum += w;
        if (!(w >= 0 && w < INFINITY))
            RI_TAPE_FAIL(tape, RECUR_EARG, "cross-entropy: class %lld weighs %g, wanted 0 or more",
                         (long long)c, w);
    }
    p->class_weights = copy;
    return !tape->status;
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

/* The rows of a variable of logits; V below 1 and a sticky error otherwise. */
static ri_rows rows_of_logits(recur_tape *tape, recur_var logits, const char *what)
{
    const ri_node *node = ri_tape_node(tape, logits, what);
    if (!node) return (ri_rows){0};
    ri_rows rows = ri_node_rows(node);
    if (!node->ids && node->shape.rank >= 1 && rows.width >= 1) return rows;
    RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted logits [N,V], found rank %d", what, node->shape.rank);
    return (ri_rows){0};
}

recur_var recur_cross_entropy_with(recur_tape *tape, recur_var logits, const recur_pack *targets,
                                   recur_reduction reduction, const recur_cross_entropy_opts *opts)
{
    xent_saved s = {.logits = logits};
    ri_rows    rows = rows_of_logits(tape, logits, "recur_cross_entropy");
    if (rows.width < 1) return RECUR_NONE;
    s.pass = (ri_xent_pass){.n = rows.n, .V = rows.width, .logits = rows.x};
    double counted;
    if (!take_options(tape, opts ? opts : &(recur_cross_entropy_opts){0}, &s.pass) ||
        !count_targets(tape, rows.n, rows.width, targets, s.pass.class_weights, &counted) ||
        !ri_loss_scale(tape, counted, targets->B, reduction, &s.pass.scale))
        return RECUR_NONE;
    s.pass.targets = targets->tokens;
    double *row_loss = ri_tape_take(tape, rows.n, sizeof *row_loss);
    s.y = ri_tape_var(tape, (recur_shape){.rank = 0}, NULL);
    if (!s.y.id) return s.y;
    double loss = tape->ctx->dev->xent_forward(tape->ctx, &s.pass, row_loss);
    tape->ctx->dev->write(tape->ctx, 1, &loss, ri_tape_at(tape, s.y)->value);
    ri_tape_push(tape, xent_backward, &s, sizeof s);
    return s.y;
}

recur_var recur_cross_entropy(recur_tape *tape, recur_var logits, const recur_pack *targets,
                              recur_reduction reduction)
{
    return recur_cross_entropy_with(tape, logits, targets, reduction, NULL);
}

/* ---- softmax ---- */

typedef struct softmax_saved {
    recur_var x, y;
    int64_t   n, V;
} softmax_saved;

static void softmax_backward(recur_tape *tape, void *saved)
{
    const softmax_saved *s = saved;
    const ri_node       *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->softmax_backward(tape->ctx, s->n, s->V, y->value, y->grad, ri_tape_at(tape, s->x)->grad);
}

recur_var recur_softmax(recur_tape *tape, recur_var logits)
{
    ri_rows rows = rows_of_logits(tape, logits, "recur_softmax");
    if (rows.width < 1) return RECUR_NONE;
    recur_var y = ri_tape_var(tape, ri_tape_at(tape, logits)->shape, NULL);
    if (!y.id) return y;
    tape->ctx->dev->softmax_forward(tape->ctx, rows.n, rows.width, rows.x, ri_tape_at(tape, y)->value);
    ri_tape_push(tape, softmax_backward, &(softmax_saved){logits, y, rows.n, rows.width},
                 sizeof(softmax_saved));
    return y;
}

/* ---- mean squared error ---- */

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
