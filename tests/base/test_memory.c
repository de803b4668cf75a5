/* Aligned memory on top of any allocator, and the arena.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "base/alloc.h"
#include "base/arena.h"

static const recur_allocator HEAP;

/* An allocator whose memory starts at every multiple of 16 in turn. */
static void *allocate_shifted(void *user, size_t bytes)
{
    size_t *shift = user;
    *shift = (*shift + 16) % 112;
    char *memory = malloc(bytes + 128);
    memset(memory, 0xa5, bytes + 128);
    memory[*shift + 15] = (char)*shift;
    return memory + *shift + 16;
}

static void release_shifted(void *user, void *memory)
{
    (void)user;
    char *given = memory;
    free(given - 16 - given[-1]);
}

static void check_block(const recur_allocator *a, size_t n)
{
    unsigned char *p = ri_allocate(a, n, 1);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % RI_ALIGN, 0);
    for (size_t i = 0; i < n; i++) assert_int_equal(p[i], 0);
    memset(p, 0xff, n);
    ri_release(a, p);
}

static void memory_is_aligned_and_zero(void **state)
{
    (void)state;
    size_t          shift = 0;
    recur_allocator shifted = {allocate_shifted, release_shifted, &shift};
    for (size_t n = 0; n < 300; n++) {
        check_block(&HEAP, n);
        check_block(&shifted, n);
    }
    ri_release(&HEAP, NULL);
    ri_release(&shifted, NULL);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    assert_null(ri_allocate(&HEAP, SIZE_MAX, 1));
    assert_null(ri_allocate(&HEAP, SIZE_MAX - 10, 1));
    assert_null(ri_allocate(&HEAP, SIZE_MAX / 2, 3));
    assert_null(ri_allocate(&HEAP, 3, SIZE_MAX / 2));
    void *p = ri_allocate(&HEAP, 0, 0);
    assert_non_null(p);
    ri_release(&HEAP, p);
}

static void growing_keeps_what_was_there(void **state)
{
    (void)state;
    memory_watch    w = {.left = -1};
    recur_allocator a = watched(&w);
    int            *p = NULL;
    size_t          n = 0;
    for (size_t n_new = 1; n_new < 5000; n_new = n_new * 3 / 2 + 1) {
        p = ri_grow(&a, p, n, n_new, sizeof *p);
        assert_non_null(p);
        for (size_t i = 0; i < n; i++) assert_int_equal(p[i], (int)i);
        for (size_t i = n; i < n_new; i++) assert_int_equal(p[i], 0);
        for (size_t i = 0; i < n_new; i++) p[i] = (int)i;
        n = n_new;
    }
    w.left = 0;
    assert_null(ri_grow(&a, p, n, 2 * n, sizeof *p));
    assert_int_equal(p[n - 1], (int)n - 1); /* as it was */
    ri_release(&a, p);
    assert_int_equal(w.n_live, 0);
}

static void strings_are_copied(void **state)
{
    (void)state;
    memory_watch    w = {.left = 1};
    recur_allocator a = watched(&w);
    char           *s = ri_copy_string(&a, "weight_ih_l0");
    assert_string_equal(s, "weight_ih_l0");
    assert_null(ri_copy_string(&a, "x"));
    ri_release(&a, s);
    assert_int_equal(w.n_live, 0);
}

/* ---- arena ---- */

/* Take n blocks of different sizes and fill each with its own byte; then none may have overwritten another. */
static void take_many(ri_arena *arena, int n)
{
    unsigned char *taken[200];
    for (int i = 0; i < n; i++) {
        size_t size = (size_t)i * 977 % 20000;
        taken[i] = ri_arena_take(arena, size, 1);
        assert_non_null(taken[i]);
        assert_int_equal((uintptr_t)taken[i] % RI_ALIGN, 0);
        memset(taken[i], i, size);
    }
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < (size_t)i * 977 % 20000; k++) assert_int_equal(taken[i][k], i);
}

static void after_the_largest_pass_nothing_is_allocated(void **state)
{
    (void)state;
    memory_watch    w = {.left = -1};
    recur_allocator a = watched(&w);
    ri_arena        arena;
    ri_arena_init(&arena, &a);
    assert_int_equal(ri_arena_bytes(&arena), 0);
    take_many(&arena, 50);
    ri_arena_reset(&arena);
    take_many(&arena, 200);
    ri_arena_reset(&arena);
    int64_t n = w.n_requests;
    size_t  bytes = ri_arena_bytes(&arena);
    for (int pass = 0; pass < 10; pass++) {
        take_many(&arena, pass % 2 ? 200 : 30);
        ri_arena_reset(&arena);
    }
    assert_int_equal(w.n_requests, n);
    assert_int_equal(ri_arena_bytes(&arena), bytes);
    assert_true(w.n_live <= 2); /* one block, and what describes it */
    ri_arena_destroy(&arena);
    assert_int_equal(w.n_live, 0);
}

static void an_arena_without_memory_stays_usable(void **state)
{
    (void)state;
    memory_watch    w = {.left = -1};
    recur_allocator a = watched(&w);
    ri_arena        arena;
    ri_arena_init(&arena, &a);
    assert_null(ri_arena_take(&arena, SIZE_MAX, 1));
    assert_null(ri_arena_take(&arena, SIZE_MAX / 8, 16));
    for (int k = 0; k < 2; k++) {
        w.left = k;
        assert_null(ri_arena_take(&arena, 100, 1));
        assert_int_equal(w.n_live, 0);
    }
    w.left = -1;
    take_many(&arena, 200);
    for (int k = 0; k < 2; k++) {
        w.left = k;
        ri_arena_reset(&arena); /* the merged block cannot be had */
        w.left = -1;
        take_many(&arena, 200);
    }
    ri_arena_destroy(&arena);
    assert_int_equal(w.n_live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_zero),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(after_the_largest_pass_nothing_is_allocated),
        cmocka_unit_test(an_arena_without_memory_stays_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
