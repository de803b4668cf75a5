/* The linear layer, with a weight of its own or an embedding's.
 * SPDX-License-Identifier: MIT */
#include "nn/linear.h"

#include <math.h>

#include "nn/embedding.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "nn/tape.h"

static recur_status add_tensors(recur_linear *l, const char *name, const recur_linear_spec *spec)
{
    recur_init init = spec->init;
    if (!ri_init_is_simple(init)) init = (recur_init){RECUR_INIT_UNIFORM, 1 / sqrt((double)l->I)};
    recur_status s = RECUR_OK;
    if (spec->tie) {
        l->weight = spec->tie->weight;
    } else {
        s = ri_params_add(l->params, name, "weight", RECUR_SHAPE(l->O, l->I), &l->weight);
        if (!s) s = ri_init_simple(l->params, l->weight, init);
    }
    if (s || spec->no_bias) return s;
    s = ri_params_add(l->params, name, "bias", RECUR_SHAPE(l->O), &l->bias);
    return s ? s : ri_init_simple(l->params, l->bias, init);
}

recur_status recur_linear_create(recur_params *params, const char *name, const recur_linear_spec *spec,
                                 recur_linear **out)
{
    if (!params || !name || !spec || !out) return RECUR_EARG;
    *out = NULL;
    recur_ctx *ctx = params->ctx;
    if (spec->input < 1 || spec->output < 1)
        return RI_FAIL(ctx, RECUR_EARG, "a linear layer from %lld to %lld, wanted at least 1 of each",
                       (long long)spec->input, (long long)spec->output);
    if (spec->tie &&
        (spec->tie->params != params || spec->tie->V != spec->output || spec->tie->E != spec->input))
        return RI_FAIL(
            ctx, RECUR_EARG,
            "a tied linear layer wants an embedding of its own parameters of [%lld,%lld], found [%lld,%lld]",
            (long long)spec->output, (long long)spec->input, (long long)spec->tie->V,
            (long long)spec->tie->E);
    recur_linear *l = ri_allocate(&ctx->allocator, 1, sizeof *l);
    if (!l) return ri_no_memory(ctx, "a linear layer");
    *l = (recur_linear){.params = params, .bias = -1, .I = spec->input, .O = spec->output};
    int64_t      n = params->n_tensors;
    recur_status s = add_tensors(l, name, spec);
    if (s) {
        ri_params_truncate(params, n);
        recur_linear_destroy(l);
        return s;
    }
    *out = l;
    return RECUR_OK;
}

void recur_linear_destroy(recur_linear *l)
{
    if (l) ri_release(&l->params->ctx->allocator, l);
}

recur_status ri_linear_weights_of(const recur_linear *l, ri_linear_pass *p)
{
    p->O = l->O;
    p->x.width = l->I;
    p->b = l->bias < 0 ? NULL : ri_params_value(l->params, l->bias);
    return ri_params_panel(l->params, l->weight, false, &p->panel);
}

/* A pass over the rows of x, checked. False: a sticky error. */
static bool pass_over(recur_tape *tape, const recur_linear *l, recur_var x, const char *what,
                      ri_linear_pass *p)
{
    const ri_node *node = ri_tape_node(tape, x, what);
    if (!node || !ri_tape_given(tape, l, what) || !ri_tape_fits(tape, l->params, what)) return false;
    if (node->shape.rank < 1 || ri_shape_last(node->shape) != l->I) {
        RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted [...,%lld], found rank %d and %lld last", what,
                     (long long)l->I, node->shape.rank, (long long)ri_shape_last(node->shape));
        return false;
    }
    recur_status s = ri_linear_weights_of(l, p);
    if (!s && !tape->is_inference) s = ri_params_panel(l->params, l->weight, true, &p->back);
    if (s) ri_tape_failed(tape, s);
    p->x = ri_node_rows(node);
    return !s;
}

typedef struct linear_saved {
    const recur_linear *linear;
    ri_linear_pass      pass;
    recur_var           x, y;
} linear_saved;

static void linear_backward(recur_tape *tape, void *saved)
{
    linear_saved       *s = saved;
    const recur_linear *l = s->linear;
    s->pass.dy = ri_tape_at(tape, s->y)->grad;
    s->pass.dx = ri_tape_at(tape, s->x)->grad;
    s->pass.dw = ri_params_grad_of(l->params, l->weight);
    s->pass.db = l->bias < 0 ? NULL : ri_params_grad_of(l->params, l->bias);
    tape->ctx->dev->linear_backward(tape->ctx, &s->pass);
}

recur_var recur_linear_apply(recur_tape *tape, const recur_linear *l, recur_var x)
{
    linear_saved s = {.linear = l, .x = x};
    if (!pass_over(tape, l, x, "recur_linear_apply", &s.pass)) return RECUR_NONE;
    recur_shape shape = ri_tape_at(tape, x)->shape;
    shape.size[shape.rank - 1] = l->O;
    s.y = ri_tape_var(tape, shape, NULL);
    if (!s.y.id) return s.y;
    s.pass.y = ri_tape_at(tape, s.y)->value;
    tape->ctx->dev->linear_forward(tape->ctx, &s.pass);
    ri_tape_push(tape, linear_backward, &s, sizeof s);
    return s.y;
}

/* ---- the largest output ---- */

enum { FEW = 4 /* rows that each take less time by the sketch than all of them by the matrix */ };

/* By the sketch. False: it did not tell, or there was no memory. */
static bool best_by_sketch(recur_tape *tape, const recur_linear *l, const ri_node *x, int32_t never,
                           int32_t *best)
{
    ri_best_pass p = {.x = ri_node_rows(x), .O = l->O, .never = never, .best = best};
    p.w = ri_params_value(l->params, l->weight);
    p.b = l->bias < 0 ? NULL : ri_params_value(l->params, l->bias);
    p.whole = ri_tape_take(tape, l->I, sizeof *p.whole);
    p.dots = ri_tape_take(tape, l->O, sizeof *p.dots);
    p.near = ri_tape_elements(tape, l->I * RK_MAX_WIDTH);
    if (tape->status) return false;
    recur_status s = ri_params_sketch(l->params, l->weight, &p.sketch);
    if (s) {
        ri_tape_failed(tape, s);
        return false;
    }
    tape->ctx->dev->linear_best(tape->ctx, &p);
    for (int64_t r = 0; r < p.x.n; r++)
        if (best[r] < 0) return false;
    return true;
}

const int32_t *ri_linear_best(recur_tape *tape, const recur_linear *l, recur_var x, int32_t never)
{
    const ri_node *node = ri_tape_node(tape, x, "ri_linear_best");
    if (!node || !ri_tape_fits(tape, l->params, "ri_linear_best")) return NULL;
    int64_t  n = node->count / l->I;
    int32_t *best = ri_tape_take(tape, n, sizeof *best);
    if (!best) return NULL;
    if (n <= FEW && best_by_sketch(tape, l, node, never, best)) return best;
    recur_var y = recur_linear_apply(tape, l, x);
    if (tape->status) return NULL;
    tape->ctx->dev->largest(tape->ctx, n, l->O, ri_tape_at(tape, y)->value, never, best);
    return best;
}

/* ---- fused with the loss ---- */

/* Gradients for a loss of gradient 1, made in the forward walk while the block of logits was there; backward scales them. */
typedef struct fused_saved {
    const recur_linear *linear;
    recur_var           x, y;
    int64_t             n;
    void               *dx, *dw, *db;
} fused_saved;

static void fused_backward(recur_tape *tape, void *saved)
{
    const fused_saved  *s = saved;
    const recur_linear *l = s->linear;
    const ri_dev       *dev = tape->ctx->dev;
    double              g;
    dev->read(tape->ctx, 1, ri_tape_at(tape, s->y)->grad, &g);
    if (s->dx) dev->axpy(tape->ctx, s->n * l->I, g, s->dx, ri_tape_at(tape, s->x)->grad);
    dev->axpy(tape->ctx, l->O * l->I, g, s->dw, ri_params_grad_of(l->params, l->weight));
    if (s->db) dev->axpy(tape->ctx, l->O, g, s->db, ri_params_grad_of(l->params, l->bias));
}

recur_var recur_linear_cross_entropy(recur_tape *tape, const recur_linear *l, recur_var x,
                                     const recur_pack *targets, recur_reduction reduction)
{
    return recur_linear_cross_entropy_with(tape, l, x, targets, reduction, NULL);
}

recur_var recur_linear_cross_entropy_with(recur_tape *tape, const recur_linear *l, recur_var x,
                                          const recur_pack *targets, recur_reduction reduction,
                                          const recur_cross_entropy_opts *opts)
{
    ri_linear_xent_pass p = {.smoothing = opts ? opts->label_smoothing : 0};
    if (!(p.smoothing >= 0 && p.smoothing <= 1) || (opts && opts->class_weights))
        return RI_TAPE_FAIL(tape, RECUR_EARG,
                            "recur_linear_cross_entropy: wanted label smoothing from 0 to 1 and no class "
                            "weights, found %g and %s",
                            p.smoothing, opts && opts->class_weights ? "some" : "none");
    if (!pass_over(tape, l, x, "recur_linear_cross_entropy", &p.linear)) return RECUR_NONE;
    if (!ri_loss_targets(tape, p.linear.x.n, l->O, targets, reduction, &p.scale)) return RECUR_NONE;
    int64_t     n = p.linear.x.n;
    fused_saved s = {.linear = l, .x = x, .n = n};
    p.targets = targets->tokens;
    p.block = ri_tape_elements(tape, (n < RI_XENT_BLOCK ? n : RI_XENT_BLOCK) * l->O);
    p.row_loss = ri_tape_take(tape, n, sizeof *p.row_loss);
    if (!tape->is_inference) {
        s.dw = ri_tape_elements(tape, l->O * l->I);
        if (!p.linear.x.ids) s.dx = ri_tape_elements(tape, n * l->I);
        if (l->bias >= 0) s.db = ri_tape_elements(tape, l->O);
    }
    s.y = ri_tape_var(tape, (recur_shape){.rank = 0}, NULL);
    if (!s.y.id) return s.y;
    p.linear.dx = s.dx;
    p.linear.dw = s.dw;
    p.linear.db = s.db;
    double loss = tape->ctx->dev->linear_xent(tape->ctx, &p);
    tape->ctx->dev->write(tape->ctx, 1, &loss, ri_tape_at(tape, s.y)->value);
    if (n > 0) ri_tape_push(tape, fused_backward, &s, sizeof s);
    return s.y;
}
