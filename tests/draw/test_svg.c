/* Pictures as bytes: what is written is XML, whatever the texts hold, and memory that runs out is no accident.
 *
 * SPDX-License-Identifier: MIT */
#include "base/helpers.h"

#include "draw/svg.h"

/* Return the picture as a string; it lives as long as the picture does. */
static const char *text_of(ri_svg *svg)
{
    assert_false(svg->out.has_failed);
    ri_svg_end(svg);
    ri_svg_text(svg, "", 0, 0, "start", ""); /* makes room */
    svg->out.bytes[svg->out.size - 1] = '\0';
    return svg->out.bytes;
}

static void shapes_are_written(void **state)
{
    (void)state;
    const recur_allocator a = {0};
    ri_svg                svg;
    ri_svg_begin(&svg, &a, 200, 100.4, "a title");
    ri_svg_line(&svg, "grid", 0, -1.5, 0.125, 1e6);
    ri_svg_rect(&svg, "s0", 1, 2, 3, 4, "a note");
    ri_svg_circle(&svg, "o1", 1.994, 1.996, 5, NULL);
    const char *text = text_of(&svg);
    assert_int_equal(strncmp(text, "<svg xmlns=\"http://www.w3.org/2000/svg\"", 39), 0);
    assert_contains(text, "width=\"200.00\" height=\"100.40\" viewBox=\"0 0 200 100\"");
    assert_contains(text, "<title>a title</title>");
    assert_contains(text, "prefers-color-scheme:dark");
    assert_contains(text, "<line class=\"grid\" x1=\"0.00\" y1=\"-1.50\" x2=\"0.12\" y2=\"1000000.00\"/>");
    assert_contains(text, "<rect class=\"s0\" x=\"1.00\" y=\"2.00\" width=\"3.00\" height=\"4.00\"><title>a "
                          "note</title></rect>");
    assert_contains(text, "<circle class=\"o1\" cx=\"1.99\" cy=\"2.00\" r=\"5.00\"/>");
    assert_contains(text, "</svg>");
    ri_svg_free(&svg);
    assert_null(svg.out.bytes);
}

static void what_means_something_to_xml_is_escaped(void **state)
{
    (void)state;
    const recur_allocator a = {0};
    ri_svg                svg;
    ri_svg_begin(&svg, &a, 10, 10, "</title>");
    ri_svg_text(&svg, "\"", 1, 2, "end", "a<b>&\"c\"\n\x1b \xc2\xb5s");
    const char *text = text_of(&svg);
    assert_contains(text, "<title>&lt;/title&gt;</title>");
    assert_contains(text, "class=\"&quot;\"");
    assert_contains(text, ">a&lt;b&gt;&amp;&quot;c&quot;?? \xc2\xb5s</text>");
    ri_svg_free(&svg);
}

static recur_status draw_much(const recur_allocator *a, void *arg, ri_error *error)
{
    (void)arg;
    ri_svg svg;
    ri_svg_begin(&svg, a, 10, 10, "");
    for (int i = 0; i < 500; i++) ri_svg_circle(&svg, "s0", i, i, 1, "note");
    ri_svg_end(&svg);
    bool has_failed = svg.out.has_failed;
    ri_svg_free(&svg);
    return has_failed ? ri_fail(error, RECUR_EMEMORY, "no memory for a picture") : RECUR_OK;
}

static void memory_runs_out(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(draw_much, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_written),
        cmocka_unit_test(what_means_something_to_xml_is_escaped),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
