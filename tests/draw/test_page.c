/* Web pages: words, headings, pictures and texts of fixed width arrive in order and escaped, sections are listed, and what goes wrong is told by the
 * saving.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "recur/picture.h"

static const double points[] = {1, 2, 3};

static recur_ctx *make_ctx(void)
{
    recur_ctx *ctx;
    assert_int_equal(recur_ctx_create(&(recur_ctx_opts){.threads = 1}, &ctx), RECUR_OK);
    return ctx;
}

static recur_picture *draw(recur_ctx *ctx)
{
    const recur_curve curve = {"c", 0, false, 3, points, points};
    const recur_plot  plot = {"t", "x", "y", false, 0, 0, 1, &curve};
    recur_picture    *picture = NULL;
    recur_plots_draw(ctx, "curves", &plot, 1, &picture);
    return picture;
}

/* Save a page and return the file; the caller frees it. */
static char *saved(void **state, recur_ctx *ctx, recur_page *page)
{
    char   path[128];
    size_t size;
    if (recur_page_save(page, file_path(state, "page.html", path))) fail_msg("%s", recur_error(ctx));
    return read_file(path, &size);
}

/* The parts are there, in this order. */
static void assert_order(const char *text, const char *const *parts)
{
    for (const char *at = text; *parts; parts++, at++)
        if (!(at = strstr(at, *parts))) fail_msg("'%s' is not there, or not in its place", *parts);
}

static void everything_arrives_in_order(void **state)
{
    recur_ctx     *ctx = make_ctx();
    recur_page    *page;
    recur_picture *picture = draw(ctx);
    assert_int_equal(recur_page_create(ctx, "A <page> & more", &page), RECUR_OK);
    recur_page_paragraph(page, "running\nwords, 1 < 2");
    recur_page_text(page, "\n\na  table\n");
    recur_page_text(page, "of <two> lines\n");
    recur_page_text(page, "\n\n");
    recur_page_picture(page, picture);
    recur_picture_destroy(picture); /* it was copied */
    recur_page_text(page, "\x1b[1mlast\x01\n");
    char *text = saved(state, ctx, page);
    assert_order(text, (const char *const[]){
                           "<!DOCTYPE html>\n<html lang=\"en\">", "<meta charset=\"utf-8\">",
                           "<title>A &lt;page&gt; &amp; more</title>", "</head>",
                           "<h1>A &lt;page&gt; &amp; more</h1>", "<p>running\nwords, 1 &lt; 2</p>",
                           "<pre tabindex=\"0\">a  table\nof &lt;two&gt; lines</pre>",
                           "min-width:322px;max-width:430px", "<svg ", "role=\"img\"",
                           "<title>curves</title>", "</svg>\n</div></figure>",
                           "<pre tabindex=\"0\">?[1mlast?</pre>\n</main>\n</body>\n</html>\n", NULL});
    assert_null(strstr(text, "<nav"));
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "<link"));
    free(text);
    recur_page_destroy(page);
    recur_ctx_destroy(ctx);
}

static void a_page_grows_after_it_was_saved(void **state)
{
    recur_ctx  *ctx = make_ctx();
    recur_page *page;
    assert_int_equal(recur_page_create(ctx, "t", &page), RECUR_OK);
    recur_page_text(page, "one\n");
    char *text = saved(state, ctx, page);
    assert_contains(text, ">one</pre>\n</main>");
    free(text);
    recur_page_text(page, "two\n");
    text = saved(state, ctx, page);
    assert_contains(text, ">one\ntwo</pre>\n</main>");
    free(text);
    recur_page_destroy(page);
    recur_ctx_destroy(ctx);
}

static void sections_are_listed_where_there_are_three(void **state)
{
    recur_ctx  *ctx = make_ctx();
    recur_page *page;
    assert_int_equal(recur_page_create(ctx, "t", &page), RECUR_OK);
    recur_page_heading(page, 2, "first & only");
    recur_page_heading(page, 3, "below");
    recur_page_heading(page, 2, "second");
    char *text = saved(state, ctx, page);
    assert_null(strstr(text, "<nav"));
    free(text);
    recur_page_heading(page, 2, "third");
    text = saved(state, ctx, page);
    assert_order(text, (const char *const[]){
                           "<h1>t</h1>", "<nav", "<a href=\"#section-1\">first &amp; only</a>",
                           "<a href=\"#section-2\">second</a>", "<a href=\"#section-3\">third</a>", "</nav>",
                           "<h2 id=\"section-1\">first &amp; only</h2>", "<h3>below</h3>",
                           "<h2 id=\"section-2\">second</h2>", "<h2 id=\"section-3\">third</h2>", NULL});
    assert_null(strstr(text, "below</a>"));
    free(text);
    recur_page_destroy(page);
    recur_ctx_destroy(ctx);
}

static void what_cannot_be_is_told_by_the_saving(void **state)
{
    recur_ctx  *ctx = make_ctx();
    recur_page *page;
    char        path[128];
    assert_int_equal(recur_page_create(NULL, "t", &page), RECUR_EARG);
    assert_int_equal(recur_page_create(ctx, NULL, &page), RECUR_EARG);
    assert_int_equal(recur_page_create(ctx, "t", NULL), RECUR_EARG);
    assert_int_equal(recur_page_save(NULL, "x"), RECUR_EARG);
    recur_page_heading(NULL, 2, "nowhere");
    recur_page_destroy(NULL);
    for (int kind = 0; kind < 5; kind++) {
        assert_int_equal(recur_page_create(ctx, "t", &page), RECUR_OK);
        assert_int_equal(recur_page_save(page, NULL), RECUR_EARG);
        assert_int_equal(recur_page_save(page, file_path(state, "no/where.html", path)), RECUR_EIO);
        assert_contains(recur_error(ctx), path);
        if (kind == 0) recur_page_heading(page, 1, "the title's");
        if (kind == 1) recur_page_heading(page, 2, NULL);
        if (kind == 2) recur_page_paragraph(page, NULL);
        if (kind == 3) recur_page_text(page, NULL);
        if (kind == 4) recur_page_picture(page, NULL);
        recur_page_text(page, "words\n");
        assert_int_equal(recur_page_save(page, file_path(state, "page.html", path)), RECUR_EARG);
        assert_contains(recur_error(ctx), "level 2 to 6");
        recur_page_destroy(page);
    }
    recur_ctx_destroy(ctx);
}

static recur_status make_page(const recur_allocator *a, void *path, ri_error *error)
{
    recur_ctx   *ctx;
    recur_page  *page;
    recur_status status = recur_ctx_create(&(recur_ctx_opts){.threads = 1, .allocator = *a}, &ctx);
    if (status) return ri_fail(error, status, "no memory for a context");
    status = recur_page_create(ctx, "t", &page);
    if (!status) {
        recur_picture *picture = draw(ctx);
        recur_page_heading(page, 2, "section");
        recur_page_paragraph(page, "words");
        if (picture) recur_page_picture(page, picture);
        recur_picture_destroy(picture);
        status = recur_page_save(page, path);
        if (!status && !picture) status = ri_fail(error, RECUR_EMEMORY, "no memory for a picture");
    }
    if (*recur_error(ctx)) snprintf(error->text, sizeof error->text, "%s", recur_error(ctx));
    recur_page_destroy(page);
    recur_ctx_destroy(ctx);
    return status;
}

static void memory_runs_out(void **state)
{
    char path[128];
    assert_true(fail_every_allocation(make_page, (void *)file_path(state, "page.html", path)) > 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_arrives_in_order, enter_temporary_directory,
                                        leave_temporary_directory),
        cmocka_unit_test_setup_teardown(a_page_grows_after_it_was_saved, enter_temporary_directory,
                                        leave_temporary_directory),
        cmocka_unit_test_setup_teardown(sections_are_listed_where_there_are_three, enter_temporary_directory,
                                        leave_temporary_directory),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_told_by_the_saving, enter_temporary_directory,
                                        leave_temporary_directory),
        cmocka_unit_test_setup_teardown(memory_runs_out, enter_temporary_directory,
                                        leave_temporary_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
