/* Gaps as bars: how many times as long a layer takes, the part that its arithmetic explains and the part that it does not.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "dev/ctx.h"
#include "draw/picture.h"
#include "recur/bench.h"

enum { WIDTH = 760, LEFT = 90, RIGHT = 230, TOP = 78, ROW = 44, BAR = 24, BOTTOM = 40 };

/* The width of one bar's end. */
static double place(double value, double largest)
{
    return value / largest * (WIDTH - LEFT - RIGHT);
}

static void draw_legend(ri_svg *svg)
{
    ri_svg_rect(svg, "s0", LEFT, 42, 12, 12, NULL);
    ri_svg_text(svg, "small", LEFT + 18, 52, "start", "arithmetic: times as many operations");
    ri_svg_rect(svg, "s1", LEFT + 250, 42, 12, 12, NULL);
    ri_svg_text(svg, "small", LEFT + 268, 52, "start", "waiting: times as long for each operation");
}

static void draw_bar(ri_svg *svg, const recur_bench_gap *g, double y, double largest)
{
    char   text[128];
    double arithmetic = place(fmin(g->arithmetic, g->gap), largest), whole = place(g->gap, largest);
    ri_svg_text(svg, "", LEFT - 10, y + BAR - 7, "end", g->label);
    snprintf(text, sizeof text, "%.1f times the arithmetic", g->arithmetic);
    ri_svg_rect(svg, "s0", LEFT, y, arithmetic, BAR, text);
    snprintf(text, sizeof text, "%.2f times as long for each operation", g->gap / g->arithmetic);
    ri_svg_rect(svg, "s1", LEFT + arithmetic, y, whole - arithmetic, BAR, text);
    snprintf(text, sizeof text, "%.1f = %.1f arithmetic \xc3\x97 %.2f waiting", g->gap, g->arithmetic,
             g->gap / g->arithmetic);
    ri_svg_text(svg, "small", LEFT + whole + 8, y + BAR - 7, "start", text);
}

recur_status recur_bench_draw_gaps(recur_ctx *ctx, const char *title, const recur_bench_gap *gaps, int64_t n,
                                   recur_picture **picture)
{
    if (!ctx || !title || !gaps || !picture || n < 1) return RECUR_EARG;
    ri_svg svg;
    double largest = 1, bottom = TOP + (double)n * ROW;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, gaps[i].gap);
    ri_svg_begin(&svg, &ctx->allocator, WIDTH, bottom + BOTTOM, title);
    ri_svg_text(&svg, "title", 20, 28, "start", title);
    draw_legend(&svg);
    for (int64_t i = 0; i < n; i++) draw_bar(&svg, &gaps[i], TOP + (double)i * ROW, largest);
    double one = LEFT + place(1, largest);
    ri_svg_line(&svg, "roof", one, TOP - 8, one, bottom);
    ri_svg_text(&svg, "faint", one, bottom + 16, "middle", "1: the feed-forward layer");
    return ri_picture_create(ctx, &svg, picture);
}
