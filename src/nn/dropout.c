/* Dropout: masks that are a function of where an element is, not of when or by whom it is computed.
 * SPDX-License-Identifier: MIT */
#include "nn/tape.h"

const ri_noise *ri_tape_noise(recur_tape *tape, const recur_pack *pack, int64_t rows, int64_t sequences)
{
    ri_noise *noise = ri_tape_take(tape, 1, sizeof *noise);
    if (!noise) return NULL;
    *noise = (ri_noise){.seed = tape->seed, .step = tape->step, .place = tape->place++};
    if (pack) {
        noise->sequence = pack->sequence;
        noise->time = pack->time;
        return noise;
    }
    int32_t *sequence = ri_tape_take(tape, rows, sizeof *sequence),
            *time = ri_tape_take(tape, rows, sizeof *time);
    if (tape->status) return NULL;
    for (int64_t r = 0; r < rows; r++) {
        sequence[r] = (int32_t)(r % sequences);
        time[r] = (int32_t)(r / sequences);
    }
    noise->sequence = sequence;
    noise->time = time;
    return noise;
}

const ri_noise *ri_tape_noise_of(recur_tape *tape, uint32_t place, const int32_t *sequence,
                                 const int32_t *time)
{
    ri_noise *noise = ri_tape_take(tape, 1, sizeof *noise);
    if (noise) *noise = (ri_noise){tape->seed, tape->step, place, sequence, time};
    return noise;
}

bool ri_tape_check_rows(recur_tape *tape, const ri_node *node, const recur_pack *pack, const char *what)
{
    if (tape->status) return false;
    int64_t rows = ri_node_rows(node).n;
    if (node->shape.rank >= 1 && (!pack || rows == pack->N)) return true;
    RI_TAPE_FAIL(tape, RECUR_EARG, "%s: wanted %lld rows as the pack has, found %lld", what,
                 (long long)recur_pack_rows(pack), (long long)rows);
    return false;
}

typedef struct dropout_saved {
    recur_var   x, y;
    const void *mask;
} dropout_saved;

static void dropout_backward(recur_tape *tape, void *saved)
{
    const dropout_saved *s = saved;
    const ri_node       *y = ri_tape_at(tape, s->y);
    tape->ctx->dev->multiply_add(tape->ctx, y->count, y->grad, s->mask, 1, ri_tape_at(tape, s->x)->grad);
}

recur_var recur_dropout(recur_tape *tape, recur_var x, const recur_pack *pack, double p)
{
    const ri_node *node = ri_tape_node(tape, x, "recur_dropout");
    if (!node) return RECUR_NONE;
    if (!(p >= 0 && p < 1))
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_dropout: wanted at least 0 and below 1, found %g", p);
    if (node->ids)
        return RI_TAPE_FAIL(tape, RECUR_EARG, "recur_dropout: one-hot rows have no elements to drop");
    if (!ri_tape_check_rows(tape, node, pack, "recur_dropout")) return RECUR_NONE;
    if (!ri_tape_drops(tape) || p == 0) return x;

    recur_shape shape = node->shape;
    int64_t     n = ri_node_rows(node).n;
    return ri_tape_drop(tape, x, p, ri_tape_noise(tape, pack, n, shape.rank == 3 ? shape.size[1] : n));
}

recur_var ri_tape_drop(recur_tape *tape, recur_var x, double p, const ri_noise *noise)
{
    if (tape->status) return RECUR_NONE;
    if (!ri_tape_drops(tape) || p == 0) return x;
    ri_node   node = *ri_tape_at(tape, x);
    ri_rows   rows = ri_node_rows(&node);
    void     *mask = ri_tape_elements(tape, node.count);
    recur_var y = ri_tape_var(tape, node.shape, NULL);
    if (!y.id) return y;
    tape->ctx->dev->dropout_mask(tape->ctx, rows.n, rows.width, p, noise, mask);
    tape->ctx->dev->multiply(tape->ctx, rows.n * rows.width, rows.x, mask, ri_tape_at(tape, y)->value);
    ri_tape_push(tape, dropout_backward, &(dropout_saved){x, y, mask}, sizeof(dropout_saved));
    return y;
}
