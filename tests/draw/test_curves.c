/* Curves as pictures: every point is there, at the right place, on plain and on logarithmic axes.
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include <math.h>

#include "recur/picture.h"

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

static const double x[] = {5, 10, 15}, falling[] = {100, 50, 0}, tiny[] = {1, 1e-3, 1e-6},
                    holes[] = {1, NAN, 0};

/* The text of a picture of these plots; free it. */
static char *draw(void **state, recur_ctx *ctx, const recur_plot *plots, int64_t n)
{
    char           path[128];
    size_t         size, saved;
    recur_picture *picture;
    assert_int_equal(recur_plots_draw(ctx, "a <title>", plots, n, &picture), RECUR_OK);
    assert_int_equal(recur_picture_save(picture, file_path(state, "curves.svg", path)), RECUR_OK);
    char *text = read_file(path, &saved);
    assert_string_equal(text, recur_picture_svg(picture, &size));
    assert_int_equal(size, saved);
    recur_picture_destroy(picture);
    return text;
}

static void points_are_where_they_belong(void **state)
{
    recur_ctx        *ctx = make_ctx();
    const recur_curve left[] = {{"without", 0, true, 3, x, falling}, {"with", 1, false, 3, x, x}};
    const recur_curve right[] = {{"without", 0, true, 3, x, tiny}, {"with", 1, false, 3, x, tiny}};
    const recur_plot  plots[] = {{"exact, %", "length", "", false, 0, 100, 2, left},
                                 {"gradient", "length", "", true, 0, 0, 2, right}};
    char             *text = draw(state, ctx, plots, 2);
    assert_non_null(strstr(text, "a &lt;title&gt;"));
    assert_int_equal(count(text, "<circle"), 12);
    assert_int_equal(count(text, "class=\"o0 dash\""), 2 + 2 + 1); /* curves and the legend */
    assert_int_equal(count(text, ">without<"), 1);
    /* the axes' ends are at 62 and 412 pixels, and at 70 and 320 */
    assert_non_null(strstr(text, "cx=\"62.00\" cy=\"70.00\" r=\"2.60\"><title>without: 100 at 5<"));
    assert_non_null(strstr(text, "cx=\"237.00\" cy=\"195.00\" r=\"2.60\"><title>without: 50 at 10<"));
    assert_non_null(strstr(text, "cx=\"412.00\" cy=\"320.00\" r=\"2.60\"><title>without: 0 at 15<"));
    /* powers of ten are evenly apart */
    assert_non_null(strstr(text, "cx=\"667.00\" cy=\"195.00\" r=\"2.60\"><title>without: 0.001 at 10<"));
    assert_non_null(strstr(text, ">1e-6<"));
    free(text);
    recur_ctx_destroy(ctx);
}

static void what_is_no_point_is_left_out(void **state)
{
    recur_ctx        *ctx = make_ctx();
    const recur_curve curves[] = {{"holes", 2, false, 3, x, holes}, {"none yet", 3, false, 0, NULL, NULL}};
    const recur_plot  plain = {"t", "x", "y", false, 0, 0, 2, curves};
    const recur_plot  log = {"t", "x", "y", true, 0, 0, 2, curves};
    char             *text = draw(state, ctx, &plain, 1);
    assert_int_equal(count(text, "<circle"), 2);
    assert_int_equal(count(text, ">none yet<"), 1);
    free(text);
    text = draw(state, ctx, &log, 1);
    assert_int_equal(count(text, "<circle"), 1);
    assert_int_equal(count(text, "nan") + count(text, "inf"), 0);
    free(text);
    const recur_plot empty = {"t", "x", "y", true, 0, 0, 1, curves + 1};
    text = draw(state, ctx, &empty, 1);
    assert_int_equal(count(text, "<circle") + count(text, "nan") + count(text, "inf"), 0);
    free(text);
    recur_ctx_destroy(ctx);
}

static void what_cannot_be_is_refused(void **state)
{
    recur_ctx        *ctx = make_ctx();
    const recur_curve curve = {"c", 0, false, 3, x, x}, wrong = {"c", 5, false, 3, x, x};
    recur_plot     plots[] = {{"t", "x", "y", false, 0, 0, 1, &curve}, {"t", "x", "y", false, 0, 0, 0, NULL}};
    char           path[128];
    recur_picture *picture;
    assert_int_equal(recur_plots_draw(ctx, "t", plots, 2, &picture), RECUR_EARG);
    assert_int_equal(recur_plots_draw(ctx, "t", plots, 0, &picture), RECUR_EARG);
    assert_int_equal(recur_plots_draw(ctx, "t", plots, 1, NULL), RECUR_EARG);
    assert_int_equal(recur_plots_draw(ctx, "t", plots, 1, &picture), RECUR_OK);
    assert_int_equal(recur_picture_save(picture, file_path(state, "no/where.svg", path)), RECUR_EIO);
    assert_non_null(strstr(recur_error(ctx), path));
    assert_int_equal(recur_picture_save(picture, NULL), RECUR_EARG);
    assert_int_equal(recur_picture_save(NULL, path), RECUR_EARG);
    recur_picture_destroy(picture);
    recur_picture_destroy(NULL);
    plots[0].curves = &wrong;
    assert_int_equal(recur_plots_draw(ctx, "t", plots, 1, &picture), RECUR_EARG);
    plots[0].curves = NULL;
    assert_int_equal(recur_plots_draw(ctx, "t", plots, 1, &picture), RECUR_EARG);
    const recur_curve nowhere = {"c", 0, false, 3, x, NULL}, nameless = {NULL, 0, false, 3, x, x};
    plots[0].curves = &nowhere;
    assert_int_equal(recur_plots_draw(ctx, "t", plots, 1, &picture), RECUR_EARG);
    assert_non_null(strstr(recur_error(ctx), "a curve wants x and y"));
    recur_plot bare = {.n = 1, .curves = &nameless};
    assert_int_equal(recur_plots_draw(ctx, "t", &bare, 1, &picture), RECUR_OK);
    recur_picture_destroy(picture);
    size_t size = 1;
    assert_true(!recur_picture_svg(NULL, &size) && size == 0);
    recur_ctx_destroy(ctx);
}

static recur_status draw_one(const recur_allocator *a, void *unused, ri_error *error)
{
    (void)unused;
    recur_ctx     *ctx;
    recur_picture *picture = NULL;
    recur_status   status = recur_ctx_create(&(recur_ctx_opts){.threads = 1, .allocator = *a}, &ctx);
    if (status) return ri_fail(error, status, "no memory for a context");
    const recur_curve curve = {"c", 0, false, 3, x, x};
    const recur_plot  plot = {"t", "x", "y", false, 0, 0, 1, &curve};
    status = recur_plots_draw(ctx, "t", &plot, 1, &picture);
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
        cmocka_unit_test_setup_teardown(points_are_where_they_belong, enter_temporary_directory,
                                        leave_temporary_directory),
        cmocka_unit_test_setup_teardown(what_is_no_point_is_left_out, enter_temporary_directory,
                                        leave_temporary_directory),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, enter_temporary_directory,
                                        leave_temporary_directory),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
