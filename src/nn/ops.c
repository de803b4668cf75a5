/* Elementwise operations, sums and picks.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "nn/tape.h"

/* Most operations here need only which variables they read and wrote. */
typedef struct op_saved {
    recur_var a, b, y;
    double    s;
    int64_t   n;
} op_saved;

static void push(recur_tape *tape, ri_backward backward, op_saved saved)
{
    ri_tape_push(tape, backward, &saved, sizeof saved);
}

static recur_var scalar(recur_tape *tape, double value)
{
    recur_var y = ri_tape_var(tape, (recur_shape){.rank = 0}, NULL);
    if (y.id) tape->ctx->dev->write(tape->ctx, 1, &value, ri_tape_at(tape, y)->value);
    return y;
}

/* A variable with values: one-hot rows have none. */
static ri_node *dense(recur_tape *tape, recur_var v, const char *what)
{
    ri_node *node = ri_tape_node(tape, v, what);
    if (node && node->ids) {
        RI_TAPE_FAIL(tape, RECUR_EARG, "%s: one-hot rows are read by recurrent and linear layers only", what);
        return NULL;
    }
    return node;
}

static double grad_of_scalar(recur_tape *tape, recur_var y)
{
    double g;
    tape->ctx->dev->read(tape->ctx, 1, ri_tape_at(tape, y)->grad, &g);
    return g;
}

/* ---- sums ---- */

/* Every element gets the same gradient: dx += g * ones, a stretch of ones at a time. */
static void sum_backward(recur_tape *tape, void *saved)
{
    enum { STRETCH = 1 << 14 };
    const op_saved *s = saved;
    const ri_node  *x = ri_tape_at(tape, s->a);
    int64_t         most = x->count < STRETCH ? x->count : STRETCH;
    void           *ones = ri_tape_elements(tape, most);
    if (!ones) return;
    tape->ctx->dev->fill(tape->ctx, most, 1, ones);
    double g = grad_of_scalar(tape, s->y);
    for (int64_t i = 0; i < x->count; i += most)
        tape->ctx->dev->axpy(tape->ctx, x->count - i < most ? x->count - i : most, g, ones,
                             ri_at(tape->ctx, x->grad, i));
}

recur_var recur_sum(recur_tape *tape, recur_var x)
{
    const ri_node *node = dense(tape, x, "recur_sum");
    if (!node) return RECUR_NONE;
    recur_var y = scalar(tape, tape->ctx->dev->sum(tape->ctx, node->count, node->value));
    push(tape, sum_backward, (op_saved){.a = x, .y = y});
    return y;
}

static void dot_backward(recur_tape *tape, void *saved)
{
    const op_saved *s = saved;
    const ri_node  *a = ri_tape_at(tape, s->a), *b = ri_tape_at(tape, s->b);
    double          g = grad_of_scalar(tape, s->y);
    tape->ctx->dev->axpy(tape->ctx, a->count, g, b->value, a->grad);
    tape->ctx->dev->axpy(tape->ctx, a->count, g, a->value, b->grad);
}

recur_var recur_dot(recur_tape *tape, recur_var a, recur_var b)
{
    const ri_node *na = dense(tape, a, "recur_dot"), *nb = dense(tape, b, "recur_dot");
    if (!na || !nb) return RECUR_NONE;
    if (na->count != nb->count)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_dot: wanted equal counts, found %lld and %lld elements",
                            (long long)na->count, (long long)nb->count);
    recur_var y = scalar(tape, tape->ctx->dev->dot(tape->ctx, na->count, na->value, nb->value));
    push(tape, dot_backward, (op_saved){.a = a, .b = b, .y = y});
    return y;
}

/* ---- elementwise ---- */

/* Two inputs of one shape and a result like them; RECUR_NONE on error. */
static recur_var like_both(recur_tape *tape, recur_var a, recur_var b, const char *what)
{
    const ri_node *na = dense(tape, a, what), *nb = dense(tape, b, what);
    if (!na || !nb) return RECUR_NONE;
    if (!ri_shape_equal(na->shape, nb->shape))
        return RI_TAPE_FAIL(tape, RECUR_EARG,
                            "%s: wanted equal shapes, found %lld and %lld elements in ranks %d and %d", what,
                            (long long)na->count, (long long)nb->count, na->shape.rank, nb->shape.rank);
    return ri_tape_var(tape, na->shape, NULL);
}

static void add_backward(recur_tape *tape, void *saved)
{
    const op_saved *s = saved;
    const ri_node  *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->axpy(tape->ctx, y->count, 1, y->grad, ri_tape_at(tape, s->a)->grad);
    tape->ctx->dev->axpy(tape->ctx, y->count, 1, y->grad, ri_tape_at(tape, s->b)->grad);
}

recur_var recur_add(recur_tape *tape, recur_var a, recur_var b)
{
    recur_var y = like_both(tape, a, b, "recur_add");
    if (!y.id) return y;
    const ri_node *node = ri_tape_at(tape, y);
    tape->ctx->dev->copy(tape->ctx, node->count, ri_tape_at(tape, a)->value, node->value);
    tape->ctx->dev->axpy(tape->ctx, node->count, 1, ri_tape_at(tape, b)->value, node->value);
    push(tape, add_backward, (op_saved){.a = a, .b = b, .y = y});
    return y;
}

static void mul_backward(recur_tape *tape, void *saved)
{
    const op_saved *s = saved;
    const ri_node  *a = ri_tape_at(tape, s->a), *b = ri_tape_at(tape, s->b), *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->multiply_add(tape->ctx, y->count, y->grad, b->value, 1, a->grad);
    tape->ctx->dev->multiply_add(tape->ctx, y->count, y->grad, a->value, 1, b->grad);
}

recur_var recur_mul(recur_tape *tape, recur_var a, recur_var b)
{
    recur_var y = like_both(tape, a, b, "recur_mul");
    if (!y.id) return y;
    const ri_node *node = ri_tape_at(tape, y);
    tape->ctx->dev->multiply(tape->ctx, node->count, ri_tape_at(tape, a)->value, ri_tape_at(tape, b)->value,
                             node->value);
    push(tape, mul_backward, (op_saved){.a = a, .b = b, .y = y});
    return y;
}

static void scale_backward(recur_tape *tape, void *saved)
{
    const op_saved *s = saved;
    const ri_node  *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->axpy(tape->ctx, y->count, s->s, y->grad, ri_tape_at(tape, s->a)->grad);
}

recur_var recur_scale(recur_tape *tape, recur_var x, double by)
{
    const ri_node *node = dense(tape, x, "recur_scale");
    if (!node) return RECUR_NONE;
    recur_var y = ri_tape_var(tape, node->shape, NULL);
    if (!y.id) return y;
    node = ri_tape_at(tape, y);
    tape->ctx->dev->fill(tape->ctx, node->count, 0, node->value);
    tape->ctx->dev->axpy(tape->ctx, node->count, by, ri_tape_at(tape, x)->value, node->value);
    push(tape, scale_backward, (op_saved){.a = x, .y = y, .s = by});
    return y;
}

static void tanh_backward(recur_tape *tape, void *saved)
{
    const op_saved *s = saved;
    const ri_node  *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->tanh_backward(tape->ctx, y->count, y->value, y->grad, ri_tape_at(tape, s->a)->grad);
}

recur_var recur_tanh(recur_tape *tape, recur_var x)
{
    const ri_node *node = dense(tape, x, "recur_tanh");
    if (!node) return RECUR_NONE;
    recur_var y = ri_tape_var(tape, node->shape, NULL);
    if (!y.id) return y;
    node = ri_tape_at(tape, y);
    tape->ctx->dev->tanh_forward(tape->ctx, node->count, ri_tape_at(tape, x)->value, node->value);
    push(tape, tanh_backward, (op_saved){.a = x, .y = y});
    return y;
}

/* ---- picking and joining ---- */

static void pick_backward(recur_tape *tape, void *saved)
{
    const op_saved *s = saved;
    const ri_node  *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->axpy(tape->ctx, y->count, 1, y->grad,
                         ri_at(tape->ctx, ri_tape_at(tape, s->a)->grad, s->n * y->count));
}

recur_var recur_pick_step(recur_tape *tape, recur_var x, int64_t t)
{
    const ri_node *node = dense(tape, x, "recur_pick_step");
    if (!node) return RECUR_NONE;
    if (node->shape.rank < 1 || t < 0 || t >= node->shape.size[0])
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_pick_step: there is no step %lld in %lld", (long long)t,
                            (long long)(node->shape.rank < 1 ? 0 : node->shape.size[0]));
    recur_shape shape = {.rank = node->shape.rank - 1};
    for (int i = 0; i < shape.rank; i++) shape.size[i] = node->shape.size[i + 1];
    recur_var y = ri_tape_var(tape, shape, NULL);
    if (!y.id) return y;
    node = ri_tape_at(tape, y);
    tape->ctx->dev->copy(tape->ctx, node->count,
                         ri_at(tape->ctx, ri_tape_at(tape, x)->value, t * node->count), node->value);
    push(tape, pick_backward, (op_saved){.a = x, .y = y, .n = t});
    return y;
}

static void concat_backward(recur_tape *tape, void *saved)
{
    const op_saved *s = saved;
    ri_rows         a = ri_node_rows(ri_tape_at(tape, s->a)), b = ri_node_rows(ri_tape_at(tape, s->b));
    const void     *dy = ri_tape_at(tape, s->y)->grad;
    int64_t         width = a.width + b.width;
    tape->ctx->dev->scatter_add_rows(tape->ctx, a.n, a.width, NULL, dy, width, ri_tape_at(tape, s->a)->grad,
                                     a.width);
    tape->ctx->dev->scatter_add_rows(tape->ctx, b.n, b.width, NULL, ri_at(tape->ctx, dy, a.width), width,
                                     ri_tape_at(tape, s->b)->grad, b.width);
}

recur_var recur_concat(recur_tape *tape, recur_var a, recur_var b)
{
    const ri_node *na = dense(tape, a, "recur_concat"), *nb = dense(tape, b, "recur_concat");
    if (!na || !nb) return RECUR_NONE;
    recur_shape shape = na->shape, other = nb->shape;
    if (shape.rank < 1 || other.rank != shape.rank)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_concat: wanted equal ranks, found %d and %d", shape.rank,
                            other.rank);
    shape.size[shape.rank - 1] += ri_shape_last(other);
    other.size[shape.rank - 1] = ri_shape_last(shape);
    if (!ri_shape_equal(shape, other))
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_concat: the leading sizes differ");
    recur_var y = ri_tape_var(tape, shape, NULL);
    if (!y.id) return y;
    ri_rows ra = ri_node_rows(ri_tape_at(tape, a)), rb = ri_node_rows(ri_tape_at(tape, b));
    void   *to = ri_tape_at(tape, y)->value;
    int64_t width = ra.width + rb.width;
    tape->ctx->dev->gather_rows(tape->ctx, ra.n, ra.width, NULL, ra.x, ra.width, to, width);
    tape->ctx->dev->gather_rows(tape->ctx, rb.n, rb.width, NULL, rb.x, rb.width,
                                ri_at(tape->ctx, to, ra.width), width);
    push(tape, concat_backward, (op_saved){.a = a, .b = b, .y = y});
    return y;
}
