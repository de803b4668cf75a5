/* Bars in groups: for shares and histograms.
 *
 *   |  #
 *   |  #.      #
 *   |__#.______#.___
 *      a       b
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "dev/ctx.h"
#include "draw/picture.h"

static const double LEFT = 62, RIGHT = 18, TOP = 70, HEIGHT = 200, BELOW = 34, ENTRY = 190, ROW = 18,
                    NARROWEST = 430, GROUP = 46;

enum { LINES = 5 };

static double greatest_of(const recur_bars *b)
{
    double most = 0;
    for (int64_t i = 0; i < b->n_series * b->n_groups; i++)
        if (b->values[i] > most && b->values[i] < HUGE_VAL) most = b->values[i];
    return b->high > 0 ? b->high : most > 0 ? most : 1;
}

static void draw_grid(ri_svg *svg, const recur_bars *b, double width, double high)
{
    for (int i = 0; i <= LINES; i++) {
        char   text[32];
        double y = TOP + HEIGHT * (1 - (double)i / LINES);
        snprintf(text, sizeof text, "%.3g", high * i / LINES);
        ri_svg_line(svg, "grid", LEFT, y, width - RIGHT, y);
        ri_svg_text(svg, "small", LEFT - 8, y + 4, "end", text);
    }
    ri_svg_text(svg, "faint", width - RIGHT, TOP - 12, "end", b->y);
}

static void draw_group(ri_svg *svg, const recur_bars *b, int64_t group, double left, double width,
                       double high)
{
    double each = 0.8 * width / (double)b->n_series;
    for (int64_t s = 0; s < b->n_series; s++) {
        char class[8], note[192];
        double value = b->values[s * b->n_groups + group], height = HEIGHT * fmin(value / high, 1);
        if (!(value > 0)) continue;
        snprintf(class, sizeof class, "s%d", (int)(s % RECUR_COLOURS));
        snprintf(note, sizeof note, "%.80s, %.80s: %.4g", b->groups[group], b->series[s], value);
        ri_svg_rect(svg, class, left + 0.1 * width + (double)s * each, TOP + HEIGHT - height,
                    fmax(each - 1, 1), height, note);
    }
    ri_svg_text(svg, "small", left + width / 2, TOP + HEIGHT + 16, "middle", b->groups[group]);
}

recur_status recur_bars_draw(recur_ctx *ctx, const recur_bars *b, recur_picture **picture)
{
    if (!ctx) return RECUR_EARG;
    if (!b || !picture || !b->title || !b->y || b->n_groups < 1 || b->n_series < 1 || !b->groups ||
        !b->series || !b->values)
        return RI_FAIL(ctx, RECUR_EARG,
                       "bars want a title, groups, series, values and a place for the picture");
    ri_svg  svg;
    double  width = fmax(NARROWEST, LEFT + RIGHT + GROUP * (double)b->n_groups), high = greatest_of(b);
    int64_t in_row = (int64_t)((width - LEFT) / ENTRY);
    double  group = (width - LEFT - RIGHT) / (double)b->n_groups;
    ri_svg_begin(&svg, &ctx->allocator, width,
                 TOP + HEIGHT + BELOW + ROW * (double)((b->n_series - 1) / in_row + 1), b->title);
    ri_svg_text(&svg, "title", 20, 28, "start", b->title);
    draw_grid(&svg, b, width, high);
    for (int64_t g = 0; g < b->n_groups; g++) draw_group(&svg, b, g, LEFT + (double)g * group, group, high);
    for (int64_t s = 0; s < b->n_series; s++) {
        char class[8];
        double x = LEFT + (double)(s % in_row) * ENTRY, y = TOP + HEIGHT + BELOW + (double)(s / in_row) * ROW;
        snprintf(class, sizeof class, "s%d", (int)(s % RECUR_COLOURS));
        ri_svg_rect(&svg, class, x, y - 9, 10, 10, NULL);
        ri_svg_text(&svg, "small", x + 16, y, "start", b->series[s]);
    }
    return ri_picture_create(ctx, &svg, picture);
}
