/* Batches of pairs: as batches.c, by two lengths. Places have a fixed pair of rounded lengths, so the cuts hold for every epoch; the
 * rounding is coarser than for one length, so that enough pairs share both and the epochs differ.
 *
 *   source   8  8  8  8  8 | 10 10 10 10 | 12 ...
 *   target   6  7  7  8 10 | 14 10  8  8 |  7 ...      up and down by turns: a cut through a change of source keeps targets alike
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "data/pair_data.h"
#include "data/shuffle.h"

struct recur_pair_batches {
    recur_ctx         *ctx;
    const recur_pairs *pairs;
    recur_batch_opts   opts; /* completed */
    int64_t            n, n_tokens[2], n_batches, epoch;
    int64_t           *plain;  /* [n]: items by rounded lengths, then as in the part */
    int64_t           *places; /* [n]: items of this epoch */
    int64_t           *begins; /* [n_batches+1]: places where batches begin */
    int64_t           *order;  /* [n_batches]: which batch comes when */

    /* The batch that is out; room for the largest. */
    int64_t        *lengths[2];
    const int32_t **ids[2];
};

static int64_t rounded(int64_t length)
{
    int64_t step = 1;
    while (length > 8 * step) step *= 2;
    return (length + step - 1) / step * step;
}

static int64_t rounded_length(const recur_pair_batches *b, int64_t item, recur_side side)
{
    int64_t n;
    recur_pairs_ids(b->pairs, item, side, &n);
    return rounded(n);
}

/* How many octaves and quarters a rounded length lies up: neighbours are of other parity. */
static int64_t level(int64_t length)
{
    int64_t octaves = 0;
    for (; length > 8; length /= 2) octaves += 4;
    return octaves + length;
}

/* ---- planning ---- */

typedef struct ranked {
    int64_t source, target, place, item;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->source != y->source) return x->source < y->source ? -1 : 1;
    if (x->target != y->target) return (x->target < y->target) == (level(x->source) % 2 == 0) ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static void *take(const recur_pair_batches *b, int64_t n, size_t size)
{
    return ri_allocate(&b->ctx->allocator, (size_t)n, size);
}

static recur_status no_memory(const recur_pair_batches *b)
{
    return ri_no_memory(b->ctx, "batches of pairs");
}

/* Put the part's items in the plain order. */
static recur_status sort_items(recur_pair_batches *b, const recur_pair_part *part)
{
    ranked *ranks = take(b, b->n, sizeof *ranks);
    b->plain = take(b, b->n, sizeof *b->plain);
    b->places = take(b, b->n, sizeof *b->places);
    bool ok = ranks && b->plain && b->places;
    if (ok) {
        for (int64_t i = 0; i < b->n; i++) {
            int64_t item = ri_pair_item(part, i);
            ranks[i] = (ranked){rounded_length(b, item, RECUR_SOURCE), rounded_length(b, item, RECUR_TARGET),
                                i, item};
            for (int side = 0; side < 2; side++) {
                int64_t n;
                recur_pairs_ids(b->pairs, item, (recur_side)side, &n);
                b->n_tokens[side] += n;
            }
        }
        qsort(ranks, (size_t)b->n, sizeof *ranks, by_rank);
        for (int64_t i = 0; i < b->n; i++) b->plain[i] = ranks[i].item;
    }
    ri_release(&b->ctx->allocator, ranks);
    return ok ? RECUR_OK : no_memory(b);
}

/* What a place costs: the tokens of both sides, rounded, and at least one. */
static int64_t cost_at(const recur_pair_batches *b, int64_t place)
{
    int64_t cost =
        rounded_length(b, b->plain[place], RECUR_SOURCE) + rounded_length(b, b->plain[place], RECUR_TARGET);
    return cost > 0 ? cost : 1;
}

/* Return where the batch ends that begins at a place. */
static int64_t end_of_batch(const recur_pair_batches *b, int64_t begin)
{
    int64_t tokens = 0, end = begin;
    for (; end < b->n && end - begin < b->opts.items; end++) {
        int64_t cost = cost_at(b, end);
        if (end > begin && cost > b->opts.tokens - tokens) break;
        if (cost > b->opts.tokens) return end + 1;
        tokens += cost;
    }
    return end;
}

static recur_status cut(recur_pair_batches *b)
{
    int64_t largest = 0;
    for (int64_t at = 0; at < b->n; at = end_of_batch(b, at)) b->n_batches++;
    b->begins = take(b, b->n_batches + 1, sizeof *b->begins);
    b->order = take(b, b->n_batches, sizeof *b->order);
    if (!b->begins || !b->order) return no_memory(b);
    for (int64_t i = 0; i < b->n_batches; i++) {
        b->begins[i + 1] = end_of_batch(b, b->begins[i]);
        if (b->begins[i + 1] - b->begins[i] > largest) largest = b->begins[i + 1] - b->begins[i];
    }
    for (int side = 0; side < 2; side++) {
        b->lengths[side] = take(b, largest, sizeof *b->lengths[side]);
        b->ids[side] = take(b, largest, sizeof *b->ids[side]);
        if (!b->lengths[side] || !b->ids[side]) return no_memory(b);
    }
    return RECUR_OK;
}

static bool is_alike(const recur_pair_batches *b, int64_t place, int64_t other)
{
    return rounded_length(b, b->plain[place], RECUR_SOURCE) ==
               rounded_length(b, b->plain[other], RECUR_SOURCE) &&
           rounded_length(b, b->plain[place], RECUR_TARGET) ==
               rounded_length(b, b->plain[other], RECUR_TARGET);
}

/* Put an epoch in order. */
static void arrange(recur_pair_batches *b, int64_t epoch)
{
    memcpy(b->places, b->plain, (size_t)b->n * sizeof *b->places);
    for (int64_t i = 0; i < b->n_batches; i++) b->order[i] = i;
    b->epoch = epoch;
    if (epoch == 0) return;
    for (int64_t begin = 0, end; begin < b->n; begin = end) {
        for (end = begin + 1; end < b->n && is_alike(b, begin, end);) end++;
        ri_shuffle(b->places + begin, end - begin, b->opts.seed, RI_ORDER_ITEMS, epoch, begin);
    }
    ri_shuffle(b->order, b->n_batches, b->opts.seed, RI_ORDER_BATCHES, epoch, 0);
}

recur_status recur_pair_batches_create(recur_ctx *ctx, const recur_pair_part *part,
                                       const recur_batch_opts *opts, recur_pair_batches **batches)
{
    if (!ctx || !batches) return RECUR_EARG;
    *batches = NULL;
    recur_batch_opts o = opts ? *opts : (recur_batch_opts){0};
    recur_status     status = ri_pair_part_check(ctx, part, true);
    if (status != RECUR_OK) return status;
    if (o.items < 0 || o.tokens < 0)
        return RI_FAIL(ctx, RECUR_EARG,
                       "batches of %" PRId64 " pairs and %" PRId64 " tokens; wanted 0 or more", o.items,
                       o.tokens);
    if (ri_pair_items(part) == 0) return RI_FAIL(ctx, RECUR_EDATA, "there are no pairs to make batches of");
    if (o.items == 0) o.items = o.tokens > 0 ? INT64_MAX : 32;
    if (o.tokens == 0) o.tokens = INT64_MAX;
    recur_pair_batches *b = ri_allocate(&ctx->allocator, 1, sizeof *b);
    if (!b) return ri_no_memory(ctx, "batches of pairs");
    b->ctx = ctx;
    b->pairs = part->pairs;
    b->opts = o;
    b->n = ri_pair_items(part);
    status = sort_items(b, part);
    if (status == RECUR_OK) status = cut(b);
    if (status != RECUR_OK) {
        recur_pair_batches_destroy(b);
        return status;
    }
    arrange(b, 0);
    *batches = b;
    return RECUR_OK;
}

void recur_pair_batches_destroy(recur_pair_batches *b)
{
    if (!b) return;
    void *const     blocks[] = {b->plain,      b->places,     b->begins, b->order,
                                b->lengths[0], b->lengths[1], b->ids[0], b->ids[1]};
    recur_allocator a = b->ctx->allocator;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ri_release(&a, blocks[i]);
    ri_release(&a, b);
}

int64_t recur_pair_batches_count(const recur_pair_batches *b)
{
    return b->n_batches;
}

int64_t recur_pair_batches_items(const recur_pair_batches *b)
{
    return b->n;
}

int64_t recur_pair_batches_tokens(const recur_pair_batches *b, recur_side side)
{
    return side == RECUR_BOTH_SIDES ? b->n_tokens[0] + b->n_tokens[1] : b->n_tokens[side];
}

recur_status recur_pair_batches_get(recur_pair_batches *b, int64_t epoch, int64_t i, recur_pair_batch *batch)
{
    if (!b) return RECUR_EARG;
    if (!batch || epoch < 0 || i < 0 || i >= b->n_batches)
        return RI_FAIL(b->ctx, RECUR_EARG, "batch %" PRId64 " of epoch %" PRId64 "; wanted one of %" PRId64,
                       i, epoch, b->n_batches);
    if (epoch != b->epoch) arrange(b, epoch);
    int64_t begin = b->begins[b->order[i]], end = b->begins[b->order[i] + 1];
    for (int64_t k = 0; k < end - begin; k++)
        for (int side = 0; side < 2; side++)
            b->ids[side][k] =
                recur_pairs_ids(b->pairs, b->places[begin + k], (recur_side)side, &b->lengths[side][k]);
    *batch = (recur_pair_batch){.n = end - begin,
                                .items = b->places + begin,
                                .sources = b->ids[RECUR_SOURCE],
                                .source_lengths = b->lengths[RECUR_SOURCE],
                                .targets = b->pairs->has_targets ? b->ids[RECUR_TARGET] : NULL,
                                .target_lengths = b->lengths[RECUR_TARGET]};
    return RECUR_OK;
}

static recur_status get(void *user, int64_t epoch, int64_t i, recur_pair_batch *batch)
{
    return recur_pair_batches_get(user, epoch, i, batch);
}

recur_pair_feed recur_pair_batches_feed(recur_pair_batches *b)
{
    const uint64_t parts[] = {(uint64_t)b->opts.items, (uint64_t)b->opts.tokens, b->opts.seed};
    return (recur_pair_feed){.user = b,
                             .count = b->n_batches,
                             .items = b->n,
                             .target_tokens = b->n_tokens[RECUR_TARGET],
                             .checksum = ri_hash(RI_HASH_START, parts, sizeof parts),
                             .get = get};
}
