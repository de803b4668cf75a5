/* The roofline: a layer can be no faster than the arithmetic units, and no faster than its bytes arrive (Williams, Waterman,
 * Patterson 2009).
 *
 *   GFLOP/s |      ______________ peak
 *           |    /  o A    D o
 *           |  /  o F
 *           |/________________________ operations per byte
 *
 * One panel for each number of threads. Both axes are logarithmic. A label stands where it covers neither marker nor label, with a line to
 * its marker where that is some way off.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dev/ctx.h"
#include "draw/picture.h"
#include "recur/bench.h"

enum { WIDTH = 920, LEFT = 64, RIGHT = 24, HEAD = 74, PANEL = 470, TOP = 34, BOTTOM = 46, MARK = 5 };

/* Where numbers lie: x and y are logarithms to base 2. */
typedef struct axes {
    double x0, x1, y0, y1;
    double top; /* of the panel, in pixels */
} axes;

typedef struct box {
    double x0, y0, x1, y1;
} box;

typedef struct drawing {
    ri_svg                  *svg;
    axes                     a;
    const recur_bench_point *points;
    int64_t                  n;
    int                      threads;
    box                     *taken; /* [2n] by markers, then by labels */
    int64_t                  n_taken;
} drawing;

static double left_of(const axes *a, double x)
{
    return LEFT + (log2(x) - a->x0) / (a->x1 - a->x0) * (WIDTH - LEFT - RIGHT);
}

static double top_of(const axes *a, double y)
{
    return a->top + TOP + (a->y1 - log2(y)) / (a->y1 - a->y0) * (PANEL - TOP - BOTTOM);
}

static double intensity(const recur_bench_point *p)
{
    return p->result.flop / p->result.bytes;
}

/* ---- axes ---- */

static axes axes_of(const recur_bench_point *points, int64_t n)
{
    axes a = {.x0 = HUGE_VAL, .x1 = -HUGE_VAL, .y0 = HUGE_VAL, .y1 = -HUGE_VAL};
    for (int64_t i = 0; i < n; i++) {
        const recur_bench_result *r = &points[i].result;
        a.x0 = fmin(a.x0, log2(intensity(&points[i])));
        a.x1 = fmax(a.x1, log2(fmax(intensity(&points[i]), r->peak_gflops / r->bandwidth_gbs)));
        a.y0 = fmin(a.y0, log2(r->gflops));
        a.y1 = fmax(a.y1, log2(fmax(r->gflops, r->peak_gflops)));
    }
    a.x0 = floor(a.x0 - 1); /* room for what the slopes are called */
    a.x1 = ceil(a.x1 + 0.5);
    a.y0 = floor(a.y0 - 0.5);
    a.y1 = ceil(a.y1 + 0.3);
    return a;
}

static void number_says(double x, char text[32])
{
    snprintf(text, 32, x < 1 ? "1/%.0f" : "%.0f", x < 1 ? 1 / x : x);
}

static void draw_axes(const drawing *d)
{
    const axes *a = &d->a;
    char        text[64];
    double      bottom = a->top + PANEL - BOTTOM, top = a->top + TOP;
    int         step = a->x1 - a->x0 > 12 ? 2 : 1;
    for (double x = a->x0; x <= a->x1; x += step) {
        double at = left_of(a, exp2(x));
        number_says(exp2(x), text);
        ri_svg_line(d->svg, "grid", at, top, at, bottom);
        ri_svg_text(d->svg, "faint", at, bottom + 16, "middle", text);
    }
    for (double y = a->y0; y <= a->y1; y++) {
        double at = top_of(a, exp2(y));
        number_says(exp2(y), text);
        ri_svg_line(d->svg, "grid", LEFT, at, WIDTH - RIGHT, at);
        ri_svg_text(d->svg, "faint", LEFT - 6, at + 4, "end", text);
    }
    ri_svg_line(d->svg, "ink", LEFT, bottom, WIDTH - RIGHT, bottom);
    ri_svg_line(d->svg, "ink", LEFT, top, LEFT, bottom);
    ri_svg_text(d->svg, "faint", (LEFT + WIDTH - RIGHT) / 2.0, bottom + 34, "middle",
                "floating-point operations per byte that must be moved");
    snprintf(text, sizeof text, "%d thread%s, GFLOP/s", d->threads, d->threads == 1 ? "" : "s");
    ri_svg_text(d->svg, "", LEFT, top - 10, "start", text);
}

/* ---- roofs ---- */

static void bytes_says(double bytes, char text[32])
{
    if (bytes < 1 << 20)
        snprintf(text, 32, "%.0f KiB", bytes / 1024);
    else
        snprintf(text, 32, "%.1f MiB", bytes / (1 << 20));
}

/* The slope that reading a buffer of this size allows, up to the peak. */
static void draw_slope(drawing *d, const recur_bench_result *r, double peak)
{
    const axes *a = &d->a;
    double      x0 = exp2(a->x0), x1 = peak / r->bandwidth_gbs, bottom = exp2(a->y0);
    char        size[32], text[96];
    if (x0 * r->bandwidth_gbs < bottom) x0 = bottom / r->bandwidth_gbs;
    ri_svg_line(d->svg, "roof", left_of(a, x0), top_of(a, x0 * r->bandwidth_gbs), left_of(a, x1),
                top_of(a, peak));
    bytes_says(r->weight_bytes, size);
    snprintf(text, sizeof text, "%.0f GB/s (%s)", r->bandwidth_gbs, size);
    double x = left_of(a, x0) + 8, y = top_of(a, x0 * r->bandwidth_gbs) + 12;
    ri_svg_text(d->svg, "faint", x, y, "start", text);
    d->taken[d->n_taken++] = (box){x, y - 10, x + 110, y + 3};
}

static void draw_roofs(drawing *d)
{
    const recur_bench_result *slow = NULL, *fast = NULL;
    double                    peak = 0;
    char                      text[64];
    for (int64_t i = 0; i < d->n; i++) {
        const recur_bench_result *r = &d->points[i].result;
        if (d->points[i].threads != d->threads) continue;
        peak = fmax(peak, r->peak_gflops);
        if (!slow || r->bandwidth_gbs < slow->bandwidth_gbs) slow = r;
        if (!fast || r->bandwidth_gbs > fast->bandwidth_gbs) fast = r;
    }
    double y = top_of(&d->a, peak);
    ri_svg_line(d->svg, "roof", left_of(&d->a, peak / fast->bandwidth_gbs), y, WIDTH - RIGHT, y);
    snprintf(text, sizeof text, "peak %.0f GFLOP/s", peak);
    ri_svg_text(d->svg, "faint", WIDTH - RIGHT - 4, y - 6, "end", text);
    draw_slope(d, fast, peak);
    if (slow->bandwidth_gbs < 0.8 * fast->bandwidth_gbs) draw_slope(d, slow, peak);
}

/* ---- points ---- */

static int series_of(const recur_bench_case *c)
{
    if (c->linear) return 4;
    return c->cell == RECUR_LSTM ? 0 : c->cell == RECUR_GRU ? 1 : c->cell == RECUR_RNN_TANH ? 2 : 3;
}

static const char *const series_names[] = {"lstm", "gru", "rnn", "relu", "linear"};
static const char *const mode_names[] = {"inference", "training", "one step at a time"};

static void draw_marker(ri_svg *svg, int series, recur_bench_mode mode, double x, double y, const char *note)
{
    char class[4];
    snprintf(class, sizeof class, "%c%d", mode == RECUR_BENCH_TRAIN ? 'o' : 's', series % 10);
    if (mode == RECUR_BENCH_STEP)
        ri_svg_rect(svg, class, x - MARK, y - MARK, 2 * MARK, 2 * MARK, note);
    else
        ri_svg_circle(svg, class, x, y, MARK, note);
}

static bool overlaps(const box *a, const box *b)
{
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

static bool is_free(const drawing *d, const box *b)
{
    const axes *a = &d->a;
    if (b->x0 < LEFT || b->x1 > WIDTH - RIGHT || b->y0 < a->top + TOP || b->y1 > a->top + PANEL - BOTTOM)
        return false;
    for (int64_t i = 0; i < d->n_taken; i++)
        if (overlaps(b, &d->taken[i])) return false;
    return true;
}

/* Put a label at the nearest free place around its marker; where there is none, the note alone must do. */
static void draw_label(drawing *d, const char *label, double x, double y)
{
    enum { TURNS = 16, RINGS = 7, HEIGHT = 11, LETTER = 7 };
    static const double ring[RINGS] = {11, 15, 20, 27, 36, 48, 62};
    double              half = LETTER * (double)strlen(label) / 2;
    for (int r = 0; r < RINGS; r++) {
        for (int t = 0; t < TURNS; t++) {
            double angle = 2 * 3.14159265358979 * t / TURNS, c = cos(angle), s = sin(angle);
            double u = x + c * (ring[r] + half - LETTER / 2.0), v = y - s * ring[r];
            box    b = {u - half, v - HEIGHT / 2.0, u + half, v + HEIGHT / 2.0};
            if (!is_free(d, &b)) continue;
            d->taken[d->n_taken++] = b;
            if (r > 1)
                ri_svg_line(d->svg, "ink", x + c * MARK, y - s * MARK, u - c * half, v + s * HEIGHT / 2);
            ri_svg_text(d->svg, "small", u, v + 4, "middle", label);
            return;
        }
    }
}

static void draw_points(drawing *d)
{
    for (int64_t i = 0; i < d->n; i++) {
        const recur_bench_point *p = &d->points[i];
        if (p->threads != d->threads) continue;
        double x = left_of(&d->a, intensity(p)), y = top_of(&d->a, p->result.gflops);
        char   note[192];
        snprintf(note, sizeof note, "%s, %s, %s: %.4g ms, %.1f GFLOP/s, %.0f %% of the peak", p->label,
                 series_names[series_of(&p->what)], mode_names[p->what.mode], p->result.ms, p->result.gflops,
                 p->result.percent_of_peak);
        draw_marker(d->svg, series_of(&p->what), p->what.mode, x, y, note);
        d->taken[d->n_taken++] = (box){x - MARK, y - MARK, x + MARK, y + MARK};
    }
    for (int64_t i = 0; i < d->n; i++)
        if (d->points[i].threads == d->threads)
            draw_label(d, d->points[i].label, left_of(&d->a, intensity(&d->points[i])),
                       top_of(&d->a, d->points[i].result.gflops));
}

/* ---- the whole ---- */

static void draw_legend(ri_svg *svg, const recur_bench_point *points, int64_t n)
{
    double x = LEFT + MARK;
    for (int s = 0; s < 5; s++) {
        bool is_there = false;
        for (int64_t i = 0; i < n; i++) is_there = is_there || series_of(&points[i].what) == s;
        if (!is_there) continue;
        draw_marker(svg, s, RECUR_BENCH_INFER, x, 52, NULL);
        ri_svg_text(svg, "small", x + 10, 56, "start", series_names[s]);
        x += 28 + 7 * (double)strlen(series_names[s]);
    }
    x += 24;
    for (int m = 0; m < 3; m++) {
        draw_marker(svg, 4, (recur_bench_mode)m, x, 52, NULL);
        ri_svg_text(svg, "small", x + 10, 56, "start", mode_names[m]);
        x += 28 + 7 * (double)strlen(mode_names[m]);
    }
}

static bool is_first_of_threads(const recur_bench_point *points, int64_t i)
{
    for (int64_t k = 0; k < i; k++)
        if (points[k].threads == points[i].threads) return false;
    return true;
}

recur_status recur_bench_draw_roofline(recur_ctx *ctx, const recur_bench_point *points, int64_t n,
                                       recur_picture **picture)
{
    static const char title[] = "Recurrent layers under the limits of the machine";
    if (!ctx || !points || !picture || n < 1) return RECUR_EARG;
    ri_svg  svg;
    drawing d = {.svg = &svg, .a = axes_of(points, n), .points = points, .n = n};
    int     panels = 0;
    d.taken = ri_allocate(&ctx->allocator, (size_t)n + 1, 2 * sizeof *d.taken);
    if (!d.taken) return ri_no_memory(ctx, "a picture");
    for (int64_t i = 0; i < n; i++) panels += is_first_of_threads(points, i);
    ri_svg_begin(&svg, &ctx->allocator, WIDTH, HEAD + panels * PANEL, title);
    ri_svg_text(&svg, "title", 20, 28, "start", title);
    draw_legend(&svg, points, n);
    d.a.top = HEAD;
    for (int64_t i = 0; i < n; i++) {
        if (!is_first_of_threads(points, i)) continue;
        d.threads = points[i].threads;
        d.n_taken = 0;
        draw_axes(&d);
        draw_roofs(&d);
        draw_points(&d);
        d.a.top += PANEL;
    }
    ri_release(&ctx->allocator, d.taken);
    return ri_picture_create(ctx, &svg, picture);
}
