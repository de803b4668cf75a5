/* Profiles as pictures: a bar for each number above 0, as high as it says, under it every letter.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "recur/picture.h"

enum { N = 70 };

static recur_ctx *make_ctx(void)
{
    recur_ctx *ctx;
    assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = 1}, &ctx), RECUR_OK);
    return ctx;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)); text++) n++;
    return n;
}

static const recur_map_word words[N] = {{"a", 1}, {"<", 1}, {"\xc3\xa9", 2}, {"b", 1}, {"c", 1}, {"d", 1}};
static const double         values[N] = {2, 4, 1, 0, NAN, -1};
static const bool           is_marked[N] = {true, false, false, true, false, false};

static recur_profile profile(void)
{
    return (recur_profile){.title = "a <title>",
                           .what = "how much",
                           .marked = "these",
                           .unmarked = "the others",
                           .n = 6,
                           .words = words,
                           .values = values,
                           .is_marked = is_marked,
                           .line = 3};
}

static void bars_are_as_high_as_their_numbers(void **state)
{
    (void)state;
    recur_ctx          *ctx = make_ctx();
    const recur_profile p = profile();
    recur_picture      *picture;
    size_t              size;
    assert_int_equal(recur_profile_draw(ctx, &p, &picture), RECUR_OK);
    const char *svg = recur_picture_svg(picture, &size);
    assert_int_equal(count(svg, "<rect class=\"s1\""), 2); /* one bar and the legend */
    assert_int_equal(count(svg, "<rect class=\"s0\""), 3);
    assert_non_null(strstr(svg, "height=\"36.00\""));
    assert_non_null(strstr(svg, "height=\"72.00\""));
    assert_non_null(strstr(svg, "height=\"18.00\""));
    assert_non_null(strstr(svg, "<title>&lt;: 4.00</title>"));
    assert_non_null(strstr(svg, "<title>\xc3\xa9: 1.00</title>"));
    assert_non_null(strstr(svg, ">these<"));
    assert_non_null(strstr(svg, ">the others<"));
    assert_non_null(strstr(svg, ">d<"));
    assert_int_equal(count(svg, "o4 dash\""), 1);
    recur_picture_destroy(picture);
    recur_ctx_destroy(ctx);
}

static void long_texts_have_several_lines(void **state)
{
    (void)state;
    recur_ctx     *ctx = make_ctx();
    recur_profile  p = profile();
    recur_map_word letters[N];
    recur_picture *picture;
    size_t         size;
    for (int i = 0; i < N; i++) letters[i] = words[i % 6];
    p.words = letters;
    p.n = N;
    p.line = NAN;
    assert_int_equal(recur_profile_draw(ctx, &p, &picture), RECUR_OK);
    const char *svg = recur_picture_svg(picture, &size);
    assert_int_equal(count(svg, "class=\"ink\""), 2); /* the lines' feet */
    assert_int_equal(count(svg, "o4 dash\""), 0);
    recur_picture_destroy(picture);
    recur_ctx_destroy(ctx);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    recur_ctx     *ctx = make_ctx();
    recur_picture *picture;
    recur_profile  none = profile(), nameless = profile();
    none.n = 0;
    nameless.marked = NULL;
    assert_int_equal(recur_profile_draw(ctx, &none, &picture), RECUR_EARG);
    assert_int_equal(recur_profile_draw(ctx, &nameless, &picture), RECUR_EARG);
    assert_int_equal(recur_profile_draw(ctx, NULL, &picture), RECUR_EARG);
    assert_int_equal(recur_profile_draw(NULL, &none, &picture), RECUR_EARG);
    recur_ctx_destroy(ctx);
}

static recur_status draw_one(const recur_allocator *a, void *unused, ri_error *error)
{
    (void)unused;
    recur_ctx          *ctx;
    recur_picture      *picture = NULL;
    const recur_profile p = profile();
    recur_status        status = recur_ctx_create(&(recur_ctx_opts){.threads = 1, .allocator = *a}, &ctx);
    if (status) return ri_fail(error, status, "no memory for a context");
    status = recur_profile_draw(ctx, &p, &picture);
    recur_picture_destroy(picture);
    snprintf(error->text, sizeof error->text, "%s", recur_error(ctx));
    recur_ctx_destroy(ctx);
    return status;
}

static void memory_runs_out(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(draw_one, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_as_high_as_their_numbers),
        cmocka_unit_test(long_texts_have_several_lines),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
