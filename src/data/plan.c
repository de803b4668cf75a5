/* Plans of batches.
 *
 * SPDX-License-Identifier: MIT */
#include "data/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/shuffle.h"

int64_t ri_plan_round(int64_t length, int64_t exact)
{
    int64_t step = 1;
    while (length > exact * step) step *= 2;
    return (length + step - 1) / step * step;
}

typedef struct ranked {
    ri_planned planned;
    int64_t    place; /* as given */
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    for (int k = 0; k < 2; k++)
        if (x->planned.keys[k] != y->planned.keys[k]) return x->planned.keys[k] < y->planned.keys[k] ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static bool is_alike(const ranked *x, const ranked *y)
{
    return x->planned.keys[0] == y->planned.keys[0] && x->planned.keys[1] == y->planned.keys[1];
}

/* Return where the batch ends that begins at a place, and what it costs. */
static int64_t end_of_batch(const ri_plan *p, const ranked *ranks, int64_t begin, int64_t *cost)
{
    int64_t end = begin;
    *cost = 0;
    for (; end < p->n && end - begin < p->opts.items; end++) {
        int64_t more = ranks[end].planned.cost;
        if (end > begin && more > p->opts.tokens - *cost) break;
        *cost += more;
    }
    return end;
}

static bool find_groups(const recur_allocator *a, ri_plan *p, const ranked *ranks)
{
    for (int64_t i = 0; i < p->n; i++) p->n_groups += i == 0 || !is_alike(&ranks[i - 1], &ranks[i]);
    p->groups = ri_allocate(a, (size_t)p->n_groups + 1, sizeof *p->groups);
    if (!p->groups) return false;
    int64_t n = 0;
    for (int64_t i = 0; i < p->n; i++)
        if (i == 0 || !is_alike(&ranks[i - 1], &ranks[i])) p->groups[n++] = i;
    p->groups[n] = p->n;
    return true;
}

static bool cut(const recur_allocator *a, ri_plan *p, const ranked *ranks)
{
    int64_t cost;
    for (int64_t at = 0; at < p->n; at = end_of_batch(p, ranks, at, &cost)) p->n_batches++;
    p->begins = ri_allocate(a, (size_t)p->n_batches + 1, sizeof *p->begins);
    p->order = ri_allocate(a, (size_t)p->n_batches, sizeof *p->order);
    if (!p->begins || !p->order) return false;
    for (int64_t i = 0; i < p->n_batches; i++) {
        p->begins[i + 1] = end_of_batch(p, ranks, p->begins[i], &cost);
        if (p->begins[i + 1] - p->begins[i] > p->most_items) p->most_items = p->begins[i + 1] - p->begins[i];
        if (cost > p->most_cost) p->most_cost = cost;
    }
    return true;
}

/* Put an epoch in order. */
static void arrange(ri_plan *p, int64_t epoch)
{
    memcpy(p->places, p->plain, (size_t)p->n * sizeof *p->places);
    for (int64_t i = 0; i < p->n_batches; i++) p->order[i] = i;
    p->epoch = epoch;
    if (epoch == 0) return;
    for (int64_t g = 0; g < p->n_groups; g++) {
        int64_t begin = p->groups[g], end = p->groups[g + 1];
        ri_shuffle(p->places + begin, end - begin, p->opts.seed, RI_ORDER_ITEMS, epoch, begin);
    }
    ri_shuffle(p->order, p->n_batches, p->opts.seed, RI_ORDER_BATCHES, epoch, 0);
}

static recur_status check(recur_ctx *ctx, const char *what, const recur_batch_opts *opts, int64_t n)
{
    if (opts->items < 0 || opts->tokens < 0)
        return RI_FAIL(ctx, RECUR_EARG, "batches of %" PRId64 " %s and %" PRId64 " tokens; wanted 0 or more",
                       opts->items, what, opts->tokens);
    if (n == 0) return RI_FAIL(ctx, RECUR_EDATA, "there are no %s to make batches of", what);
    return RECUR_OK;
}

recur_status ri_plan_create(recur_ctx *ctx, const char *what, const recur_batch_opts *opts, int64_t n,
                            ri_planned (*describe)(const void *user, int64_t i), const void *user,
                            ri_plan *plan)
{
    *plan = (ri_plan){.opts = opts ? *opts : (recur_batch_opts){0}, .n = n};
    recur_status status = check(ctx, what, &plan->opts, n);
    if (status != RECUR_OK) return status;
    if (plan->opts.items == 0) plan->opts.items = plan->opts.tokens > 0 ? INT64_MAX : 32;
    if (plan->opts.tokens == 0) plan->opts.tokens = INT64_MAX;

    const recur_allocator *a = &ctx->allocator;
    ranked                *ranks = ri_allocate(a, (size_t)n, sizeof *ranks);
    plan->plain = ri_allocate(a, (size_t)n, sizeof *plan->plain);
    plan->places = ri_allocate(a, (size_t)n, sizeof *plan->places);
    bool ok = ranks && plan->plain && plan->places;
    if (ok) {
        for (int64_t i = 0; i < n; i++) ranks[i] = (ranked){describe(user, i), i};
        qsort(ranks, (size_t)n, sizeof *ranks, by_rank);
        for (int64_t i = 0; i < n; i++) plan->plain[i] = ranks[i].planned.item;
        ok = find_groups(a, plan, ranks) && cut(a, plan, ranks);
    }
    ri_release(a, ranks);
    if (!ok) return ri_no_memory(ctx, "batches");
    arrange(plan, 0);
    return RECUR_OK;
}

void ri_plan_free(recur_ctx *ctx, ri_plan *plan)
{
    int64_t *const blocks[] = {plan->plain, plan->places, plan->groups, plan->begins, plan->order};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ri_release(&ctx->allocator, blocks[i]);
    *plan = (ri_plan){0};
}

recur_status ri_plan_get(recur_ctx *ctx, ri_plan *plan, int64_t epoch, int64_t i, const int64_t **items,
                         int64_t *n)
{
    if (epoch < 0 || i < 0 || i >= plan->n_batches)
        return RI_FAIL(ctx, RECUR_EARG, "batch %" PRId64 " of epoch %" PRId64 "; wanted one of %" PRId64, i,
                       epoch, plan->n_batches);
    if (epoch != plan->epoch) arrange(plan, epoch);
    int64_t begin = plan->begins[plan->order[i]];
    *items = plan->places + begin;
    *n = plan->begins[plan->order[i] + 1] - begin;
    return RECUR_OK;
}
