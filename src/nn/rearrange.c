/* Moving rows: exchanging time and batch, from padded arrays into packs and back. Each is a gather by an index of rows;
 * backward scatters by the same index.
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

static recur_var gather(recur_tape *tape, recur_var x, recur_shape shape, int64_t n, int64_t width,
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
    return gather(tape, x, shape, A * B, width, index);
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
    return gather(tape, x, RECUR_SHAPE(pack->N, F), pack->N, F, index);
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
    return gather(tape, x, shape, T * B, F, index);
}
