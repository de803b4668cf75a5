/* Batches of pairs: as batches.c, by two lengths. The rounding is coarser than for one, so that enough pairs share both and the epochs
 * differ.
 *
 *   source   8  8  8  8  8 | 10 10 10 10 | 12 ...
 *   target   6  7  7  8 10 | 14 10  8  8 |  7 ...      up and down by turns: a cut through a change of source keeps targets alike
 *
 * SPDX-License-Identifier: MIT */
#include "base/hash.h"
#include "data/pair_data.h"
#include "data/plan.h"

enum { EXACT = 8 }; /* lengths that are not rounded */

struct recur_pair_batches {
    recur_ctx         *ctx;
    const recur_pairs *pairs;
    int64_t            n_tokens[2];
    ri_plan            plan;

    /* The batch that is out; room for the largest. */
    int64_t        *lengths[2];
    const int32_t **ids[2];
};

/* How many octaves and quarters a rounded length lies up: neighbours are of other parity. */
static int64_t level(int64_t length)
{
    int64_t octaves = 0;
    for (; length > EXACT; length /= 2) octaves += 4;
    return octaves + length;
}

/* What the plan must know of pair i of a part. */
static ri_planned describe(const void *user, int64_t i)
{
    const recur_pair_part *part = user;
    int64_t                item = ri_pair_item(part, i), lengths[2];
    for (int side = 0; side < 2; side++) {
        recur_pairs_ids(part->pairs, item, (recur_side)side, &lengths[side]);
        lengths[side] = ri_plan_round(lengths[side], EXACT);
    }
    int64_t source = lengths[RECUR_SOURCE], target = lengths[RECUR_TARGET], cost = source + target;
    return (ri_planned){.item = item,
                        .keys = {source, level(source) % 2 == 0 ? target : -target},
                        .cost = cost > 0 ? cost : 1};
}

/* Take the memory of the largest batch. */
static recur_status make_room(recur_pair_batches *b)
{
    for (int side = 0; side < 2; side++) {
        size_t n = (size_t)b->plan.most_items;
        b->lengths[side] = ri_allocate(&b->ctx->allocator, n, sizeof *b->lengths[side]);
        b->ids[side] = ri_allocate(&b->ctx->allocator, n, sizeof *b->ids[side]);
        if (!b->lengths[side] || !b->ids[side]) return ri_no_memory(b->ctx, "batches of pairs");
    }
    return RECUR_OK;
}

static void count_tokens(recur_pair_batches *b)
{
    for (int64_t i = 0; i < b->plan.n; i++)
        for (int side = 0; side < 2; side++) {
            int64_t n;
            recur_pairs_ids(b->pairs, b->plan.plain[i], (recur_side)side, &n);
            b->n_tokens[side] += n;
        }
}

recur_status recur_pair_batches_create(recur_ctx *ctx, const recur_pair_part *part,
                                       const recur_batch_opts *opts, recur_pair_batches **batches)
{
    if (!ctx || !batches) return RECUR_EARG;
    *batches = NULL;
    recur_status status = ri_pair_part_check(ctx, part, true);
    if (status != RECUR_OK) return status;
    recur_pair_batches *b = ri_allocate(&ctx->allocator, 1, sizeof *b);
    if (!b) return ri_no_memory(ctx, "batches of pairs");
    b->ctx = ctx;
    b->pairs = part->pairs;
    status = ri_plan_create(ctx, "pairs", opts, ri_pair_items(part), describe, part, &b->plan);
    if (status == RECUR_OK) status = make_room(b);
    if (status != RECUR_OK) {
        recur_pair_batches_destroy(b);
        return status;
    }
    count_tokens(b);
    *batches = b;
    return RECUR_OK;
}

void recur_pair_batches_destroy(recur_pair_batches *b)
{
    if (!b) return;
    void *const     blocks[] = {b->lengths[0], b->lengths[1], b->ids[0], b->ids[1]};
    recur_allocator a = b->ctx->allocator;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ri_release(&a, blocks[i]);
    ri_plan_free(b->ctx, &b->plan);
    ri_release(&a, b);
}

int64_t recur_pair_batches_count(const recur_pair_batches *b)
{
    return b->plan.n_batches;
}

int64_t recur_pair_batches_items(const recur_pair_batches *b)
{
    return b->plan.n;
}

int64_t recur_pair_batches_tokens(const recur_pair_batches *b, recur_side side)
{
    return side == RECUR_BOTH_SIDES ? b->n_tokens[0] + b->n_tokens[1] : b->n_tokens[side];
}

recur_status recur_pair_batches_get(recur_pair_batches *b, int64_t epoch, int64_t i, recur_pair_batch *batch)
{
    if (!b) return RECUR_EARG;
    if (!batch) return RI_FAIL(b->ctx, RECUR_EARG, "a batch wants a place to be put");
    const int64_t *items;
    int64_t        n;
    recur_status   status = ri_plan_get(b->ctx, &b->plan, epoch, i, &items, &n);
    if (status != RECUR_OK) return status;
    for (int64_t k = 0; k < n; k++)
        for (int side = 0; side < 2; side++)
            b->ids[side][k] = recur_pairs_ids(b->pairs, items[k], (recur_side)side, &b->lengths[side][k]);
    *batch = (recur_pair_batch){.n = n,
                                .items = items,
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
    const uint64_t parts[] = {(uint64_t)b->plan.opts.items, (uint64_t)b->plan.opts.tokens, b->plan.opts.seed};
    return (recur_pair_feed){.user = b,
                             .count = b->plan.n_batches,
                             .items = b->plan.n,
                             .target_tokens = b->n_tokens[RECUR_TARGET],
                             .checksum = ri_hash(RI_HASH_START, parts, sizeof parts),
                             .get = get};
}
