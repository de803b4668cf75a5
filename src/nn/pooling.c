/* Pooling: the rows of each sequence into one.
 * SPDX-License-Identifier: MIT */
#include "nn/layers.h"
#include "nn/tape.h"

typedef struct pool_saved {
    recur_var    x, weights, y;
    ri_pool_pass pass;
    void (*backward)(recur_ctx *, const ri_pool_pass *);
} pool_saved;

static void pool_backward(recur_tape *tape, void *saved)
{
    pool_saved *s = saved;
    s->pass.dy = ri_tape_at(tape, s->y)->grad;
    s->pass.dx = ri_tape_at(tape, s->x)->grad;
    if (s->weights.id) s->pass.dweights = ri_tape_at(tape, s->weights)->grad;
    s->backward(tape->ctx, &s->pass);
}

/* A variable [N,F] (or of that last size, where it is not 0) in the rows of a pack; NULL and a sticky error otherwise. */
static const ri_node *rows_of(recur_tape *tape, recur_var x, const recur_pack *pack, int64_t width,
                              const char *what)
{
    const ri_node *node = ri_tape_node(tape, x, what);
    if (!node) return NULL;
    if (pack && !node->ids && node->shape.rank == 2 && node->shape.size[0] == pack->N &&
        (!width || node->shape.size[1] == width))
        return node;
    RI_TAPE_FAIL(
        tape, RECUR_EARG, "%s: wanted the pack's %lld rows%s, found %s of rank %d, %lld first, %lld last",
        what, (long long)recur_pack_rows(pack), width == 1 ? " of one number" : "",
        node->ids ? "one-hot rows" : "an array", node->shape.rank,
        (long long)(node->shape.rank ? node->shape.size[0] : 1), (long long)ri_shape_last(node->shape));
    return NULL;
}

/* What every pooling starts with: the pass, and its result [B,F]. */
static bool begin(recur_tape *tape, recur_var x, const recur_pack *pack, const char *what, pool_saved *s)
{
    const ri_node *node = rows_of(tape, x, pack, 0, what);
    if (!node) return false;
    s->x = x;
    s->pass.seq = ri_pack_sequences(pack);
    s->pass.width = node->shape.size[1];
    s->pass.x = node->value;
    s->y = ri_tape_var(tape, RECUR_SHAPE(pack->B, s->pass.width), NULL);
    if (s->y.id) s->pass.y = ri_tape_at(tape, s->y)->value;
    return s->y.id != 0;
}

static recur_var add_up(recur_tape *tape, pool_saved *s)
{
    s->backward = tape->ctx->dev->pool_sum_backward;
    tape->ctx->dev->pool_sum_forward(tape->ctx, &s->pass);
    ri_tape_push(tape, pool_backward, s, sizeof *s);
    return s->y;
}

recur_var recur_pool_mean(recur_tape *tape, recur_var x, const recur_pack *pack)
{
    pool_saved s = {.x = x};
    return begin(tape, x, pack, "recur_pool_mean", &s) ? add_up(tape, &s) : RECUR_NONE;
}

recur_var recur_weighted_sum(recur_tape *tape, recur_var weights, recur_var x, const recur_pack *pack)
{
    pool_saved     s = {.weights = weights};
    const ri_node *w = rows_of(tape, weights, pack, 1, "recur_weighted_sum");
    if (!w) return RECUR_NONE;
    s.pass.weights = w->value;
    return begin(tape, x, pack, "recur_weighted_sum", &s) ? add_up(tape, &s) : RECUR_NONE;
}

recur_var recur_pool_max(recur_tape *tape, recur_var x, const recur_pack *pack)
{
    pool_saved s = {.backward = tape->ctx->dev->pool_max_backward};
    if (!begin(tape, x, pack, "recur_pool_max", &s)) return RECUR_NONE;
    s.pass.from = ri_tape_take(tape, pack->B * s.pass.width, sizeof *s.pass.from);
    if (!s.pass.from) return RECUR_NONE;
    tape->ctx->dev->pool_max_forward(tape->ctx, &s.pass);
    ri_tape_push(tape, pool_backward, &s, sizeof s);
    return s.y;
}

recur_var recur_pool_last(recur_tape *tape, const recur_rnn *rnn, recur_seq seq)
{
    if (!ri_tape_given(tape, rnn, "recur_pool_last")) return RECUR_NONE;
    const recur_rnn_spec *spec = recur_rnn_get_spec(rnn);
    int64_t               D = spec->bidirectional ? 2 : 1, top = (spec->layers - 1) * D;
    recur_var             h = recur_pick_step(tape, seq.h, top);
    return D == 1 ? h : recur_concat(tape, h, recur_pick_step(tape, seq.h, top + 1));
}

/* ---- softmax over the steps of a sequence ---- */

typedef struct softmax_saved {
    recur_var    x, y;
    ri_sequences seq;
} softmax_saved;

static void softmax_backward(recur_tape *tape, void *saved)
{
    const softmax_saved *s = saved;
    const ri_node       *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->sequence_softmax_backward(tape->ctx, &s->seq, y->value, y->grad,
                                              ri_tape_at(tape, s->x)->grad);
}

recur_var recur_sequence_softmax(recur_tape *tape, recur_var x, const recur_pack *pack)
{
    const ri_node *node = rows_of(tape, x, pack, 1, "recur_sequence_softmax");
    if (!node) return RECUR_NONE;
    softmax_saved s = {.x = x, .seq = ri_pack_sequences(pack)};
    s.y = ri_tape_var(tape, node->shape, NULL);
    if (!s.y.id) return s.y;
    tape->ctx->dev->sequence_softmax_forward(tape->ctx, &s.seq, ri_tape_at(tape, x)->value,
                                             ri_tape_at(tape, s.y)->value);
    ri_tape_push(tape, softmax_backward, &s, sizeof s);
    return s.y;
}
