/* Bars and passages: what is drawn, what is left out, and that any bytes may be words.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "recur/recur.h"

static recur_ctx *ctx;

static int open_ctx(void **state)
{
    (void)state;
    return recur_ctx_create(&(recur_ctx_opts){.threads = 1}, &ctx);
}

static int close_ctx(void **state)
{
    (void)state;
    recur_ctx_destroy(ctx);
    return 0;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)); text++) n++;
    return n;
}

static char *text_of(recur_picture *picture)
{
    size_t size;
    char  *text = strdup(recur_picture_svg(picture, &size));
    recur_picture_destroy(picture);
    return text;
}

static void bars_stand_in_groups(void **state)
{
    (void)state;
    const char *const groups[] = {"i", "f & o", "state"}, *const series[] = {"layer 1", "layer 2"};
    const double     values[] = {25, 50, 100, 0, NAN, 75};
    const recur_bars bars = {"Shares", "%", 100, 3, 2, groups, series, values};
    recur_picture   *picture;
    assert_int_equal(recur_bars_draw(ctx, &bars, &picture), RECUR_OK);
    char *text = text_of(picture);
    assert_contains(text, ">f &amp; o</text>");
    assert_contains(text, "<title>state, layer 1: 100</title>");
    assert_contains(text, "height=\"200.00\""); /* all of the axis */
    assert_contains(text, "height=\"50.00\"");
    assert_int_equal(count(text, "class=\"s0\""), 3 + 1); /* and the legend */
    assert_int_equal(count(text, "class=\"s1\""), 1 + 1); /* nothing for 0 and what is no number */
    free(text);
    assert_int_equal(recur_bars_draw(ctx, &(recur_bars){"", "", 0, 0, 1, groups, series, values}, &picture),
                     RECUR_EARG);
}

static void a_passage_is_shaded_word_by_word(void **state)
{
    (void)state;
    const recur_map_word words[] = {{"a", 1}, {"\n", 1}, {"\xff", 1}, {"<b>", 3}};
    const char *const    units[] = {"unit 1", "unit 2"};
    const double         values[] = {0.5, -2, 0, NAN, 0.01, 1, 1, 1};
    const recur_passage  passage = {"Cells", 4, 2, words, units, values};
    recur_picture       *picture;
    assert_int_equal(recur_passage_draw(ctx, &passage, &picture), RECUR_OK);
    char *text = text_of(picture);
    assert_int_equal(count(text, "class=\"s0\""), 1 + 3);
    assert_int_equal(count(text, "class=\"s1\""), 1);
    assert_contains(text, "<title>a: +0.500</title>");
    assert_contains(text, "fill-opacity=\"0.75\""); /* beyond 1 counts as 1 */
    assert_int_equal(count(text, "\xe2\x86\xb5</text>"), 2);
    assert_int_equal(count(text, ">&lt;b&gt;</text>"), 2);
    assert_int_equal(count(text, ">\xef\xbf\xbd</text>"), 2);
    free(text);
    assert_int_equal(recur_passage_draw(ctx, &(recur_passage){"", 0, 2, words, units, values}, &picture),
                     RECUR_EARG);
    assert_int_equal(recur_passage_draw(NULL, &passage, &picture), RECUR_EARG);
}

/* Long texts become lines, so the picture grows downwards. */
static void words_flow(void **state)
{
    (void)state;
    enum { N = 500 };
    recur_map_word    words[N];
    double            values[N] = {0};
    const char *const units[] = {"unit"};
    recur_picture    *picture;
    for (int i = 0; i < N; i++) words[i] = (recur_map_word){"x", 1};
    assert_int_equal(recur_passage_draw(ctx, &(recur_passage){"Cells", N, 1, words, units, values}, &picture),
                     RECUR_OK);
    char *text = text_of(picture);
    assert_contains(text, "width=\"892.00\"");
    assert_int_equal(count(text, ">x</text>"), N);
    const char *last = NULL;
    for (const char *at = text; (at = strstr(at, " y=\"")); at++) last = at;
    assert_true(strtod(last + 4, NULL) > 78 + 4 * 20); /* 500 letters are five lines */
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_stand_in_groups),
        cmocka_unit_test(a_passage_is_shaded_word_by_word),
        cmocka_unit_test(words_flow),
    };
    return cmocka_run_group_tests(tests, open_ctx, close_ctx);
}
