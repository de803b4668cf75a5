/* Moving rows: exchanging time and batch, from padded arrays into packs and back, sequences of a state; all gathers by an index of rows, whose
 * backward scatters by the same index. Slices of rows and their joining.
 * SPDX-License-Identifier: MIT */
#include "nn/tape.h"

typedef struct rows_saved {
    recur_var      x, y;
    const int64_t *index; /* [rows of y]: row of x, -1: none */
    int64_t        n, width;
} rows_saved;

static void rows_backward(recur_tape *tape, void *saved)
{
    const rows_saved *s = saved;
    tape->ctx->dev->scatter_add_rows(tape->ctx, s->n, s->width, s->index, ri_tape_at(tape, s->y)->grad,
                                     s->width, ri_tape_at(tape, s->x)->grad, s->width);
}

recur_var ri_tape_gather(recur_tape *tape, recur_var x, recur_shape shape, int64_t n, int64_t width,
                         const int64_t *index)
{
    recur_var y = ri_tape_var(tape, shape, NULL);
    if (!y.id || !index) return RECUR_NONE;
    tape->ctx->dev->gather_rows(tape->ctx, n, width, index, ri_tape_at(tape, x)->value, width,
                                ri_tape_at(tape, y)->value, width);
    ri_tape_push(tape, rows_backward, &(rows_saved){x, y, index, n, width}, sizeof(rows_saved));
    return y;
}

static const ri_node *array_of_rank(recur_tape *tape, recur_var x, int least, int most, const char *what)
{
    const ri_node *node = ri_tape_node(tape, x, what);
    if (!node) return NULL;
    if (!node->ids && node->shape.rank >= least && node->shape.rank <= most) return node;
    RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted an array of rank %d, found %s of rank %d", what, least,
                 node->ids ? "one-hot rows" : "one", node->shape.rank);
    return NULL;
}

recur_var recur_swap(recur_tape *tape, recur_var x)
{
    const ri_node *node = array_of_rank(tape, x, 2, RECUR_MAX_RANK, "recur_swap");
    if (!node) return RECUR_NONE;
    recur_shape shape = node->shape;
    int64_t     A = shape.size[0], B = shape.size[1], width = A * B > 0 ? node->count / (A * B) : 0;
    shape.size[0] = B;
    shape.size[1] = A;
    int64_t *index = ri_tape_take(tape, A * B, sizeof *index);
    if (!index) return RECUR_NONE;
    for (int64_t b = 0; b < B; b++)
        for (int64_t a = 0; a < A; a++) index[b * A + a] = a * B + b;
    return ri_tape_gather(tape, x, shape, A * B, width, index);
}

recur_var recur_pack_padded(recur_tape *tape, recur_var x, const recur_pack *pack, recur_layout layout)
{
    const ri_node *node = array_of_rank(tape, x, 3, 3, "recur_pack_padded");
    if (!node) return RECUR_NONE;
    int64_t first = node->shape.size[0], second = node->shape.size[1], F = node->shape.size[2];
    int64_t T = layout == RECUR_TIME_MAJOR ? first : second, B = layout == RECUR_TIME_MAJOR ? second : first;
    if (!pack || B != pack->B || T < pack->T)
        return RI_TAPE_FAIL(
            tape, RECUR_EARG,
            "recur_pack_padded: wanted %lld sequences of at least %lld steps, found %lld of %lld",
            (long long)recur_pack_sequences(pack), (long long)recur_pack_steps(pack), (long long)B,
            (long long)T);
    int64_t *index = ri_tape_take(tape, pack->N, sizeof *index);
    if (!index) return RECUR_NONE;
    for (int64_t r = 0; r < pack->N; r++)
        index[r] = layout == RECUR_TIME_MAJOR ? pack->time[r] * B + pack->sequence[r]
                                              : pack->sequence[r] * T + pack->time[r];
    return ri_tape_gather(tape, x, RECUR_SHAPE(pack->N, F), pack->N, F, index);
}

recur_var recur_pad_packed(recur_tape *tape, recur_var x, const recur_pack *pack, recur_layout layout)
{
    const ri_node *node = array_of_rank(tape, x, 2, 2, "recur_pad_packed");
    if (!node) return RECUR_NONE;
    if (!pack || node->shape.size[0] != pack->N)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_pad_packed: wanted the pack's %lld rows, found %lld",
                            (long long)recur_pack_rows(pack), (long long)node->shape.size[0]);
    int64_t  T = pack->T, B = pack->B, F = node->shape.size[1];
    int64_t *index = ri_tape_take(tape, T * B, sizeof *index);
    if (!index) return RECUR_NONE;
    for (int64_t t = 0; t < T; t++)
        for (int64_t b = 0; b < B; b++)
            index[layout == RECUR_TIME_MAJOR ? t * B + b : b * T + t] = recur_pack_row(pack, b, t);
    recur_shape shape = layout == RECUR_TIME_MAJOR ? RECUR_SHAPE(T, B, F) : RECUR_SHAPE(B, T, F);
    return ri_tape_gather(tape, x, shape, T * B, F, index);
}

/* Backward scatters side by side, so no sequence may come twice. */
static bool are_different(recur_tape *tape, int64_t n, const int64_t *which, int64_t B)
{
    bool *is_taken = ri_tape_take(tape, B, sizeof *is_taken);
    for (int64_t b = 0; is_taken && b < B; b++) is_taken[b] = false;
    for (int64_t i = 0; is_taken && i < n; i++) {
        if (is_taken[which[i]])
            RI_TAPE_FAIL(tape, RECUR_EARG,
                         "recur_pick_sequences: sequence %lld is picked twice, which has no gradient",
                         (long long)which[i]);
        is_taken[which[i]] = true;
    }
    return !tape->status;
}

recur_var recur_pick_sequences(recur_tape *tape, recur_var x, int64_t n, const int64_t *which)
{
    const ri_node *node = array_of_rank(tape, x, 3, 3, "recur_pick_sequences");
    if (!node) return RECUR_NONE;
    int64_t K = node->shape.size[0], B = node->shape.size[1], F = node->shape.size[2];
    if (n < 0 || n > INT32_MAX || (!which && n > B))
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_pick_sequences: wanted 0 to %lld sequences, found %lld",
                            (long long)B, (long long)n);
    for (int64_t i = 0; which && i < n; i++)
        if (which[i] < 0 || which[i] >= B)
            return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_pick_sequences: there is no sequence %lld in %lld",
                                (long long)which[i], (long long)B);
    if (which && !tape->is_inference && !are_different(tape, n, which, B)) return RECUR_NONE;
    int64_t *index = ri_tape_take(tape, K * n, sizeof *index);
    if (!index) return RECUR_NONE;
    for (int64_t k = 0; k < K; k++)
        for (int64_t i = 0; i < n; i++) index[k * n + i] = k * B + (which ? which[i] : i);
    return ri_tape_gather(tape, x, RECUR_SHAPE(K, n, F), K * n, F, index);
}

/* ---- slices ---- */

typedef struct slice_saved {
    recur_var x, y;
    int64_t   first; /* element */
} slice_saved;

static void slice_backward(recur_tape *tape, void *saved)
{
    const slice_saved *s = saved;
    const ri_node     *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->axpy(tape->ctx, y->count, 1, y->grad,
                         ri_at(tape->ctx, ri_tape_at(tape, s->x)->grad, s->first));
}

recur_var recur_slice(recur_tape *tape, recur_var x, int64_t first, int64_t n)
{
    const ri_node *node = array_of_rank(tape, x, 1, RECUR_MAX_RANK, "recur_slice");
    if (!node) return RECUR_NONE;
    recur_shape shape = node->shape;
    int64_t     T = shape.size[0], width = T > 0 ? node->count / T : 0;
    if (first < 0 || n < 0 || first > T || n > T - first)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_slice: there are no %lld steps from %lld on in %lld",
                            (long long)n, (long long)first, (long long)T);
    shape.size[0] = n;
    recur_var y = ri_tape_var(tape, shape, ri_at(tape->ctx, node->value, first * width));
    if (y.id) ri_tape_push(tape, slice_backward, &(slice_saved){x, y, first * width}, sizeof(slice_saved));
    return y;
}

typedef struct join_saved {
    const recur_var *parts;
    int64_t          n;
    recur_var        y;
} join_saved;

static void join_backward(recur_tape *tape, void *saved)
{
    const join_saved *s = saved;
    const ri_node    *y = ri_tape_at(tape, s->y);
    int64_t           at = 0;
    for (int64_t i = 0; i < s->n; i++) {
        const ri_node *part = ri_tape_at(tape, s->parts[i]);
        tape->ctx->dev->axpy(tape->ctx, part->count, 1, ri_at(tape->ctx, y->grad, at), part->grad);
        at += part->count;
    }
}

recur_var recur_join(recur_tape *tape, int64_t n, const recur_var *parts)
{
    if (n < 1 || !parts) return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_join: wanted at least one variable");
    recur_shape shape = {0};
    for (int64_t i = 0; i < n; i++) {
        const ri_node *node = array_of_rank(tape, parts[i], 1, RECUR_MAX_RANK, "recur_join");
        if (!node) return RECUR_NONE;
        recur_shape part = node->shape;
        int64_t     steps = part.size[0];
        if (i == 0) shape = part;
        part.size[0] = shape.size[0];
        if (!ri_shape_equal(part, shape))
            return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_join: part %lld has other sizes behind the first",
                                (long long)i);
        shape.size[0] += i == 0 ? 0 : steps;
    }
    recur_var  y = ri_tape_var(tape, shape, NULL);
    recur_var *kept = ri_tape_take(tape, n, sizeof *kept);
    if (!y.id || !kept) return RECUR_NONE;
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        const ri_node *part = ri_tape_at(tape, kept[i] = parts[i]);
        tape->ctx->dev->copy(tape->ctx, part->count, part->value,
                             ri_at(tape->ctx, ri_tape_at(tape, y)->value, at));
        at += part->count;
    }
    ri_tape_push(tape, join_backward, &(join_saved){kept, n, y}, sizeof(join_saved));
    return y;
}
