/* Plans of batches: the order of the keys, cuts by items and cost, what an epoch exchanges, what is refused.
 *
 * SPDX-License-Identifier: MIT */
#include "data/plan.h"

#include "data/reading.h"

/* Keys by item: item i of the table is number 100 + i. */
static const int64_t KEYS[][2] = {{2, 1}, {1, 5}, {1, -5}, {2, 1}, {2, 0}, {1, 5}, {3, 0}, {2, 1}};

enum { ITEMS = sizeof KEYS / sizeof *KEYS };

static ri_planned describe(const void *user, int64_t i)
{
    const int64_t *costs = user;
    return (ri_planned){100 + i, {KEYS[i][0], KEYS[i][1]}, costs ? costs[i] : 1};
}

/* The batches of an epoch: "1 2|3". */
static void check_batches(fixture *f, ri_plan *plan, int64_t epoch, const char *wanted)
{
    char text[2000] = "";
    for (int64_t i = 0; i < plan->n_batches; i++) {
        const int64_t *items;
        int64_t        n;
        assert_int_equal(ri_plan_get(f->ctx, plan, epoch, i, &items, &n), RECUR_OK);
        for (int64_t k = 0; k < n; k++) add_text(text, "%s%" PRId64, k ? " " : i ? "|" : "", items[k] - 100);
    }
    assert_string_equal(text, wanted);
}

static void make(fixture *f, recur_batch_opts opts, const int64_t *costs, ri_plan *plan)
{
    assert_int_equal(ri_plan_create(f->ctx, "items", &opts, ITEMS, describe, costs, plan), RECUR_OK);
}

static void the_plain_order_is_by_both_keys_and_stable(void **state)
{
    fixture *f = *state;
    ri_plan  plan;
    assert_int_equal(ri_plan_create(f->ctx, "items", NULL, ITEMS, describe, NULL, &plan), RECUR_OK);
    check_batches(f, &plan, 0, "2 1 5 4 0 3 7 6");
    assert_int_equal(plan.n_groups, 5);
    assert_int_equal(plan.most_items, ITEMS);
    ri_plan_free(f->ctx, &plan);
    ri_plan_free(f->ctx, &plan);
}

static void cuts_are_by_items_and_by_cost(void **state)
{
    fixture      *f = *state;
    ri_plan       plan;
    const int64_t costs[] = {4, 2, 1, 4, 3, 2, 50, 4}; /* in the plain order 1 2 2 3 4 4 4 50 */
    make(f, (recur_batch_opts){.items = 3}, costs, &plan);
    check_batches(f, &plan, 0, "2 1 5|4 0 3|7 6");
    assert_true(plan.most_items == 3 && plan.most_cost == 54);
    ri_plan_free(f->ctx, &plan);
    make(f, (recur_batch_opts){.tokens = 8}, costs, &plan);
    check_batches(f, &plan, 0, "2 1 5 4|0 3|7|6"); /* 8, 8, 4 beside 50, which has no room anywhere */
    assert_true(plan.most_items == 4 && plan.most_cost == 50);
    ri_plan_free(f->ctx, &plan);
    make(f, (recur_batch_opts){.items = 3, .tokens = 7}, costs, &plan);
    check_batches(f, &plan, 0, "2 1 5|4 0|3|7|6");
    ri_plan_free(f->ctx, &plan);
    make(f, (recur_batch_opts){.items = 2, .tokens = 1}, costs, &plan);
    check_batches(f, &plan, 0, "2|1|5|4|0|3|7|6");
    ri_plan_free(f->ctx, &plan);
}

/* Return the item at a place of an epoch, wherever its batch comes. */
static int64_t at(const ri_plan *plan, int64_t place)
{
    return plan->places[place] - 100;
}

static void an_epoch_exchanges_items_of_equal_keys(void **state)
{
    fixture       *f = *state;
    ri_plan        plan;
    const int64_t *items;
    int64_t        n, n_first[ITEMS] = {0}, n_order[4] = {0};
    make(f, (recur_batch_opts){.items = 2, .seed = 7}, NULL, &plan);
    for (int64_t epoch = 1; epoch <= 60; epoch++) {
        assert_int_equal(ri_plan_get(f->ctx, &plan, epoch, 0, &items, &n), RECUR_OK);
        assert_true(at(&plan, 0) == 2 && at(&plan, 3) == 4 && at(&plan, 7) == 6); /* alone with their keys */
        assert_int_equal(at(&plan, 1) + at(&plan, 2), 1 + 5);
        assert_int_equal(at(&plan, 4) + at(&plan, 5) + at(&plan, 6), 0 + 3 + 7);
        n_first[at(&plan, 4)]++;
        n_order[plan.order[0]]++;
    }
    assert_true(n_first[0] > 8 && n_first[3] > 8 && n_first[7] > 8); /* of 20 each */
    for (int i = 0; i < 4; i++) assert_true(n_order[i] > 5);         /* of 15 each */
    check_batches(f, &plan, 0, "2 1|5 4|0 3|7 6");
    ri_plan_free(f->ctx, &plan);
}

/* ---- many items ---- */

enum { MANY = 400 };

/* Lengths: many short ones, some long, some empty. */
static ri_planned of_length(const void *user, int64_t i)
{
    (void)user;
    int64_t length = ri_plan_round(i % 17 == 0 ? 0 : i % 50 == 1 ? 100 + i : 1 + (i * 7919) % 40, 16);
    return (ri_planned){i, {length, 0}, length > 0 ? length : 1};
}

/* Check one epoch: every item once, bounds kept. Returns a checksum of the order. */
static uint64_t check_epoch(fixture *f, ri_plan *plan, int64_t epoch)
{
    int      seen[MANY] = {0};
    uint64_t order = 0;
    for (int64_t i = 0; i < plan->n_batches; i++) {
        const int64_t *items;
        int64_t        n, cost = 0;
        assert_int_equal(ri_plan_get(f->ctx, plan, epoch, i, &items, &n), RECUR_OK);
        assert_in_range(n, 1, plan->opts.items);
        for (int64_t k = 0; k < n; k++) {
            seen[items[k]]++;
            cost += of_length(NULL, items[k]).cost;
            order = order * 31 + (uint64_t)items[k];
        }
        assert_true(n == 1 || cost <= plan->opts.tokens);
        assert_true(n <= plan->most_items && cost <= plan->most_cost);
    }
    for (int i = 0; i < MANY; i++) assert_int_equal(seen[i], 1);
    return order;
}

static void epochs_hold_every_item_once(void **state)
{
    fixture      *f = *state;
    const int64_t limits[][2] = {{0, 0}, {7, 0}, {0, 300}, {16, 100}, {1, 1}, {1000, 100000}};
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        recur_batch_opts opts = {.items = limits[k][0], .tokens = limits[k][1], .seed = 5};
        ri_plan          plan, twin;
        assert_int_equal(ri_plan_create(f->ctx, "items", &opts, MANY, of_length, NULL, &plan), RECUR_OK);
        assert_int_equal(ri_plan_create(f->ctx, "items", &opts, MANY, of_length, NULL, &twin), RECUR_OK);
        uint64_t first = check_epoch(f, &plan, 1), second = check_epoch(f, &plan, 2);
        assert_true(first != second);
        assert_true(check_epoch(f, &twin, 2) == second); /* a function of its place */
        assert_true(check_epoch(f, &plan, 1) == first);
        check_epoch(f, &plan, 0);
        ri_plan_free(f->ctx, &plan);
        ri_plan_free(f->ctx, &twin);
    }
}

static void lengths_are_rounded_by_octaves(void **state)
{
    (void)state;
    const int64_t eight[][2] = {{0, 0}, {1, 1}, {8, 8}, {9, 10}, {16, 16}, {17, 20}, {32, 32}, {33, 40}};
    for (size_t i = 0; i < sizeof eight / sizeof *eight; i++)
        assert_int_equal(ri_plan_round(eight[i][0], 8), eight[i][1]);
    assert_int_equal(ri_plan_round(15, 16), 15);
    assert_int_equal(ri_plan_round(17, 16), 18);
    assert_int_equal(ri_plan_round(100, 16), 104);
}

static void impossible_plans_are_refused(void **state)
{
    fixture               *f = *state;
    ri_plan                plan;
    const int64_t         *items;
    int64_t                n;
    const recur_batch_opts wrong[] = {{.items = -1}, {.tokens = -2}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ri_plan_create(f->ctx, "things", &wrong[i], ITEMS, describe, NULL, &plan),
                         RECUR_EARG);
        assert_contains(recur_error(f->ctx), i ? "0 things and -2 tokens" : "-1 things and 0 tokens");
        ri_plan_free(f->ctx, &plan);
    }
    assert_int_equal(ri_plan_create(f->ctx, "things", NULL, 0, describe, NULL, &plan), RECUR_EDATA);
    assert_contains(recur_error(f->ctx), "there are no things to make batches of");
    ri_plan_free(f->ctx, &plan);
    make(f, (recur_batch_opts){.items = 3}, NULL, &plan);
    const int64_t outside[][2] = {{0, 3}, {1, -1}, {-1, 0}};
    for (int i = 0; i < 3; i++)
        assert_int_equal(ri_plan_get(f->ctx, &plan, outside[i][0], outside[i][1], &items, &n), RECUR_EARG);
    assert_contains(recur_error(f->ctx), "batch 0 of epoch -1; wanted one of 3");
    ri_plan_free(f->ctx, &plan);
}

static void missing_memory_is_reported(void **state)
{
    fixture     *f = *state;
    recur_status status = RECUR_EMEMORY;
    int          n = 0, live = f->memory.n_live;
    for (; status == RECUR_EMEMORY; n++) {
        ri_plan plan;
        f->memory.left = n;
        status = ri_plan_create(f->ctx, "items", NULL, ITEMS, describe, NULL, &plan);
        f->memory.left = -1;
        ri_plan_free(f->ctx, &plan);
        assert_int_equal(f->memory.n_live, live);
    }
    assert_int_equal(status, RECUR_OK);
    assert_int_equal(n, 7); /* six blocks */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING_TEST(the_plain_order_is_by_both_keys_and_stable),
        READING_TEST(cuts_are_by_items_and_by_cost),
        READING_TEST(an_epoch_exchanges_items_of_equal_keys),
        READING_TEST(epochs_hold_every_item_once),
        READING_TEST(lengths_are_rounded_by_octaves),
        READING_TEST(impossible_plans_are_refused),
        READING_TEST(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
