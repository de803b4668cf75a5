/* The map of an attention: what is drawn where, that any bytes may be words, and that large ones stay readable and small.
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

/* Draw a map and return the picture's bytes; the caller frees them. */
static char *draw(const recur_attention_map *map)
{
    size_t         size;
    recur_picture *picture;
    if (recur_attention_draw(ctx, map, &picture)) fail_msg("%s", recur_error(ctx));
    char *text = strdup(recur_picture_svg(picture, &size));
    assert_int_equal(strlen(text), size);
    recur_picture_destroy(picture);
    return text;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)); text++) n++;
    return n;
}

static void words_and_weights_are_drawn(void **state)
{
    (void)state;
    const recur_map_word source[] = {{"the", 3}, {" <cat>", 6}},
                         target[] = {{"die", 3}, {"Katze", 5}, {"</s>", 4}};
    const float         weights[] = {0.75f, 0.25f, 0, 1, 0.001f, NAN};
    recur_attention_map map = {"A & B", 2, 3, source, target, weights, NULL};
    char               *text = draw(&map);
    assert_contains(text, ">A &amp; B</text>");
    assert_contains(text, ">\xc2\xb7&lt;cat&gt;</text>");
    assert_contains(text, "<title>die \xe2\x86\x90 the: 0.750</title>");
    assert_contains(text, "fill-opacity=\"0.75\"");
    assert_contains(text, "<title>Katze \xe2\x86\x90 \xc2\xb7&lt;cat&gt;: 1.000</title>");
    assert_int_equal(count(text, "class=\"s0\""),
                     3); /* 0, what is hardly there and what is no number are left out */
    assert_int_equal(count(text, "rotate(-90)"), 2);
    assert_int_equal(count(text, "text-anchor=\"end\""), 3);
    free(text);
}

static void any_bytes_are_words(void **state)
{
    (void)state;
    const recur_map_word words[] = {{"\xff\xc3", 2},
                                    {"", 0},
                                    {"a\0b\n\x7f", 5},
                                    {"Donaudampfschifffahrtsgesellschaft", 34},
                                    {"\xe7\x8c\xab\xe7\x8a\xac", 6}};
    const float          weights[25] = {1};
    recur_attention_map  map = {"", 5, 5, words, words, weights, NULL};
    char                *text = draw(&map);
    assert_contains(text, ">\xef\xbf\xbd\xef\xbf\xbd</text>");
    assert_contains(text, ">a\xef\xbf\xbd"
                          "b?\?</text>");
    assert_contains(text, ">Donaudampfschifffa\xe2\x80\xa6</text>");
    assert_contains(text, "\xe7\x8c\xab\xe7\x8a\xac</text>");
    free(text);
}

static void large_maps_stay_small(void **state)
{
    (void)state;
    enum { N = 400 };
    recur_map_word *words = calloc(N, sizeof *words);
    float          *weights = calloc((size_t)N * N, sizeof *weights);
    for (int i = 0; i < N; i++) {
        words[i] = (recur_map_word){"word", 4};
        weights[i * N + i] = 1;
    }
    recur_attention_map map = {"large", N, N, words, words, weights, NULL};
    char               *text = draw(&map);
    assert_int_equal(count(text, "class=\"s0\""), N);
    assert_int_equal(count(text, "rotate(-90)"), N / 4);
    assert_true(strlen(text) < 200000);
    free(text);
    free(weights);
    free(words);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    (void)state;
    const recur_map_word word = {"a", 1};
    const float          weight = 1;
    recur_attention_map  map = {"t", 1, 1, &word, &word, &weight, NULL}, none = map;
    recur_picture       *picture;
    none.n_source = 0;
    assert_int_equal(recur_attention_draw(ctx, &none, &picture), RECUR_EARG);
    assert_int_equal(recur_attention_draw(ctx, &map, NULL), RECUR_EARG);
    assert_int_equal(recur_attention_draw(ctx, NULL, &picture), RECUR_EARG);
    assert_int_equal(recur_attention_draw(NULL, &map, &picture), RECUR_EARG);
}

static recur_status draw_with(const recur_allocator *a, void *arg, ri_error *error)
{
    recur_ctx_opts opts = {.threads = 1, .allocator = *a};
    recur_ctx     *c = NULL;
    recur_status   status = recur_ctx_create(&opts, &c);
    if (status) {
        snprintf(error->text, sizeof error->text, "no memory for a context");
        return status;
    }
    recur_picture *picture = NULL;
    status = recur_attention_draw(c, arg, &picture);
    recur_picture_destroy(picture);
    snprintf(error->text, sizeof error->text, "%s", recur_error(c));
    recur_ctx_destroy(c);
    return status;
}

static void missing_memory_is_reported(void **state)
{
    (void)state;
    recur_map_word      word = {"a", 1};
    float               weight = 1;
    recur_attention_map map = {"t", 1, 1, &word, &word, &weight, NULL};
    assert_true(fail_every_allocation(draw_with, &map) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_weights_are_drawn), cmocka_unit_test(any_bytes_are_words),
        cmocka_unit_test(large_maps_stay_small),       cmocka_unit_test(what_cannot_be_drawn_is_refused),
        cmocka_unit_test(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, open_ctx, close_ctx);
}
