/* A profile: a bar over each letter of a text, as many to a line as there is room for.
 *
 *     |       |
 *     | .   . | .  .
 *     t h e d o g s a w
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dev/ctx.h"
#include "draw/picture.h"
#include "draw/svg.h"

enum { EDGE = 24, HEAD = 66, STEP = 13, PER_LINE = 60, HEIGHT = 72, LINE = HEIGHT + 30, LETTER_BYTES = 16 };

static double greatest(const recur_profile *p)
{
    double most = 0;
    for (int64_t i = 0; i < p->n; i++)
        if (isfinite(p->values[i])) most = fmax(most, p->values[i]);
    return most > 0 ? most : 1;
}

static void draw_letter(ri_svg *svg, const recur_profile *p, int64_t i, double scale)
{
    char         letter[LETTER_BYTES], note[64];
    const size_t size = p->words[i].size < sizeof letter - 1 ? p->words[i].size : sizeof letter - 1;
    const double x = EDGE + (double)(i % PER_LINE) * STEP,
                 bottom = HEAD + HEIGHT + (double)(i / PER_LINE) * LINE;
    if (size > 0) memcpy(letter, p->words[i].bytes, size);
    letter[size] = '\0';
    ri_svg_text(svg, "small", x + STEP / 2.0, bottom + 14, "middle", letter);
    if (!(p->values[i] > 0) || !isfinite(p->values[i])) return;
    snprintf(note, sizeof note, "%s: %.2f", letter, p->values[i]);
    ri_svg_rect(svg, p->is_marked[i] ? "s1" : "s0", x + 1, bottom - p->values[i] * scale, STEP - 2,
                p->values[i] * scale, note);
}

static void draw_line(ri_svg *svg, const recur_profile *p, int64_t line, double scale)
{
    const int64_t left = p->n - line * PER_LINE;
    const double  right = EDGE + (double)(left < PER_LINE ? left : PER_LINE) * STEP;
    const double  bottom = HEAD + HEIGHT + (double)line * LINE;
    ri_svg_line(svg, "ink", EDGE, bottom, right, bottom);
    if (p->line > 0 && p->line * scale <= HEIGHT)
        ri_svg_line(svg, "o4 dash", EDGE, bottom - p->line * scale, right, bottom - p->line * scale);
}

static void draw_legend(ri_svg *svg, const recur_profile *p)
{
    const char *const labels[] = {p->unmarked, p->marked};
    const char *const colours[] = {"s0", "s1"};
    ri_svg_text(svg, "faint", EDGE, 46, "start", p->what);
    for (int i = 0; i < 2; i++) {
        double left = EDGE + 240 + 180.0 * i;
        ri_svg_rect(svg, colours[i], left, 36, 11, 11, NULL);
        ri_svg_text(svg, "small", left + 17, 46, "start", labels[i]);
    }
}

recur_status recur_profile_draw(recur_ctx *ctx, const recur_profile *p, recur_picture **picture)
{
    if (!ctx) return RECUR_EARG;
    if (!p || !picture || p->n < 1 || !p->title || !p->what || !p->marked || !p->unmarked || !p->words ||
        !p->values || !p->is_marked)
        return RI_FAIL(
            ctx, RECUR_EARG,
            "a profile wants letters, their values and marks, four labels and a place for the picture");
    const int64_t lines = (p->n - 1) / PER_LINE + 1;
    const double  scale = HEIGHT / greatest(p);
    ri_svg        svg;
    ri_svg_begin(&svg, &ctx->allocator, 2 * EDGE + PER_LINE * STEP, HEAD + (double)lines * LINE, p->title);
    ri_svg_text(&svg, "title", EDGE, 26, "start", p->title);
    draw_legend(&svg, p);
    for (int64_t i = 0; i < lines; i++) draw_line(&svg, p, i, scale);
    for (int64_t i = 0; i < p->n; i++) draw_letter(&svg, p, i, scale);
    return ri_picture_create(ctx, &svg, picture);
}
