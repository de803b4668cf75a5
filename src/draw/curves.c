/* Curves side by side, with one legend below: what colours and dashes mean is the same in all plots.
 *
 *   title
 *   y |  __o__o       10^0 |o--o--
 *     |o/     \            |      \
 *     |________x      10^-9|_______x
 *      - a  - b  -- c
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "dev/ctx.h"
#include "draw/picture.h"
#include "recur/diag.h"

enum {
    PANEL = 430, /* width of a plot with its axes */
    LEFT = 62,
    RIGHT = 18,
    TOP = 70,
    HEIGHT = 250,
    BELOW = 46,
    ENTRY = 190, /* width of an entry of the legend */
    ROW = 18
};

/* Numbers and where they lie, in pixels. */
typedef struct axes {
    double x0, x1, y0, y1; /* y: of logarithms where is_log */
    double left;
    bool   is_log;
} axes;

static double left_of(const axes *a, double x)
{
    return a->left + (x - a->x0) / (a->x1 - a->x0) * (PANEL - LEFT - RIGHT);
}

static double top_of(const axes *a, double y)
{
    return TOP + (a->y1 - y) / (a->y1 - a->y0) * HEIGHT;
}

/* Return whether a point can be drawn, and its height on the axis. */
static bool is_point(const axes *a, double x, double y, double *height)
{
    *height = a->is_log ? log10(y) : y;
    return isfinite(x) && isfinite(*height);
}

static axes axes_of(const recur_plot *p, double left)
{
    axes   a = {HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL, left, p->is_log};
    double h;
    for (int64_t c = 0; c < p->n; c++)
        for (int64_t i = 0; i < p->curves[c].n; i++) {
            if (!is_point(&a, p->curves[c].x[i], p->curves[c].y[i], &h)) continue;
            a.x0 = fmin(a.x0, p->curves[c].x[i]);
            a.x1 = fmax(a.x1, p->curves[c].x[i]);
            a.y0 = fmin(a.y0, h);
            a.y1 = fmax(a.y1, h);
        }
    if (p->low < p->high) {
        a.y0 = p->is_log ? log10(p->low) : p->low;
        a.y1 = p->is_log ? log10(p->high) : p->high;
    }
    if (!(a.x0 <= a.x1)) a.x0 = a.x1 = 0, a.y0 = a.y1 = 0; /* there is no point */
    if (p->is_log) {
        a.y0 = floor(a.y0);
        a.y1 = ceil(a.y1);
    }
    if (a.x0 == a.x1) a.x1 = a.x0 + 1;
    if (a.y0 == a.y1) a.y1 = a.y0 + 1;
    return a;
}

/* A round step that cuts a range into at most so many parts. */
static double round_step(double range, int most)
{
    double step = pow(10, floor(log10(range / most)));
    while (range / step > most) step *= range / (2 * step) <= most ? 2 : range / (5 * step) <= most ? 5 : 10;
    return step;
}

static void draw_axes(ri_svg *svg, const recur_plot *p, const axes *a)
{
    char   text[64];
    double right = a->left + PANEL - LEFT - RIGHT, bottom = TOP + HEIGHT;
    double step = a->is_log ? ceil((a->y1 - a->y0) / 6) : round_step(a->y1 - a->y0, 6);
    for (double y = ceil(a->y0 / step) * step; y <= a->y1 + 1e-9 * step; y += step) {
        snprintf(text, sizeof text, a->is_log ? "1e%+g" : "%g", fabs(y) < 1e-9 * step ? 0.0 : y);
        ri_svg_line(svg, "grid", a->left, top_of(a, y), right, top_of(a, y));
        ri_svg_text(svg, "small", a->left - 8, top_of(a, y) + 4, "end", text);
    }
    step = round_step(a->x1 - a->x0, 8);
    for (double x = ceil(a->x0 / step) * step; x <= a->x1 + 1e-9 * step; x += step) {
        snprintf(text, sizeof text, "%g", x);
        ri_svg_line(svg, "grid", left_of(a, x), TOP, left_of(a, x), bottom);
        ri_svg_text(svg, "small", left_of(a, x), bottom + 16, "middle", text);
    }
    ri_svg_line(svg, "ink", a->left, bottom, right, bottom);
    ri_svg_line(svg, "ink", a->left, TOP, a->left, bottom);
    ri_svg_text(svg, "", a->left, TOP - 12, "start", p->title);
    ri_svg_text(svg, "faint", right, bottom + 34, "end", p->x);
    ri_svg_text(svg, "faint", right, TOP - 12, "end", p->y);
}

static void draw_curve(ri_svg *svg, const recur_curve *c, const axes *a)
{
    char   line[16], mark[8], note[160];
    bool   has_last = false;
    double x = 0, y = 0, h;
    snprintf(line, sizeof line, "o%d%s", c->colour, c->is_dashed ? " dash" : "");
    snprintf(mark, sizeof mark, "s%d", c->colour);
    for (int64_t i = 0; i < c->n; i++) {
        if (!is_point(a, c->x[i], c->y[i], &h)) continue;
        double left = left_of(a, c->x[i]), top = top_of(a, h);
        if (has_last) ri_svg_line(svg, line, x, y, left, top);
        snprintf(note, sizeof note, "%.80s: %g at %g", c->label, c->y[i], c->x[i]);
        ri_svg_circle(svg, mark, left, top, 2.6, note);
        has_last = true;
        x = left;
        y = top;
    }
}

static int64_t entries_in_row(int64_t n_plots)
{
    return (n_plots * PANEL - LEFT) / ENTRY;
}

static void draw_legend(ri_svg *svg, const recur_plot *p, int64_t n_plots)
{
    char line[16];
    for (int64_t i = 0; i < p->n; i++) {
        const recur_curve *c = &p->curves[i];
        double             left = LEFT + (double)(i % entries_in_row(n_plots)) * ENTRY;
        double             top = TOP + HEIGHT + BELOW + (double)(i / entries_in_row(n_plots)) * ROW + 8;
        snprintf(line, sizeof line, "o%d%s", c->colour, c->is_dashed ? " dash" : "");
        ri_svg_line(svg, line, left, top, left + 28, top);
        ri_svg_text(svg, "small", left + 35, top + 4, "start", c->label);
    }
}

static recur_status check(recur_ctx *ctx, const recur_plot *plots, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (plots[i].n < 1 || plots[i].n != plots[0].n || !plots[i].curves)
            return RI_FAIL(ctx, RECUR_EARG, "plots want as many curves each, at least one");
        for (int64_t c = 0; c < plots[i].n; c++) {
            if (plots[i].curves[c].n > 0 && (!plots[i].curves[c].x || !plots[i].curves[c].y))
                return RI_FAIL(ctx, RECUR_EARG, "a curve wants x and y of its points");
            if (plots[i].curves[c].colour < 0 || plots[i].curves[c].colour >= RECUR_COLOURS)
                return RI_FAIL(ctx, RECUR_EARG, "colours are 0 to %d, found %d", RECUR_COLOURS - 1,
                               plots[i].curves[c].colour);
        }
    }
    return RECUR_OK;
}

recur_status recur_plots_draw(recur_ctx *ctx, const char *title, const recur_plot *plots, int64_t n,
                              recur_picture **picture)
{
    if (!ctx || !title || !plots || !picture || n < 1) return RECUR_EARG;
    recur_status status = check(ctx, plots, n);
    if (status) return status;
    ri_svg  svg;
    int64_t rows = (plots[0].n - 1) / entries_in_row(n) + 1;
    ri_svg_begin(&svg, &ctx->allocator, (double)n * PANEL, TOP + HEIGHT + BELOW + (double)rows * ROW + 14,
                 title);
    ri_svg_text(&svg, "title", 20, 28, "start", title);
    for (int64_t i = 0; i < n; i++) {
        axes a = axes_of(&plots[i], (double)i * PANEL + LEFT);
        draw_axes(&svg, &plots[i], &a);
        for (int64_t c = 0; c < plots[i].n; c++) draw_curve(&svg, &plots[i].curves[c], &a);
    }
    draw_legend(&svg, &plots[0], n);
    return ri_picture_create(ctx, &svg, picture);
}
