/* The map of an attention: words along two edges, and a square for each pair of them.
 *
 *            the  black  cat
 *   die       #
 *   schwarze         #
 *   Katze                  #
 *
 * Squares shrink where there are many words; where they get lower than a line of text, only every second, third ... word is named. What would not be
 * seen is not drawn, so that the file stays small.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dev/ctx.h"
#include "draw/label.h"
#include "draw/picture.h"
#include "recur/diag.h"

static const double LARGEST = 24, SMALLEST = 3,
                    BODY = 960; /* of a square; of all squares together, in pixels */
static const double LETTER = 6.6, LINE = 12, GAP = 6, EDGE = 16, HEAD = 56;
static const double FAINTEST = 0.004;

static double widest(const recur_map_word *words, int64_t n)
{
    char label[RI_LABEL_BYTES];
    int  most = 0;
    for (int64_t i = 0; i < n; i++) {
        int letters = ri_label(words[i], label);
        if (letters > most) most = letters;
    }
    return LETTER * most;
}

/* ---- the picture ---- */

typedef struct sheet {
    const recur_attention_map *map;
    double                     square, left, top;
    int64_t                    step; /* every step-th word is named */
} sheet;

static sheet lay_out(const recur_attention_map *map)
{
    int64_t most = map->n_source > map->n_target ? map->n_source : map->n_target;
    sheet   s = {.map = map, .square = fmax(SMALLEST, fmin(LARGEST, BODY / (double)most))};
    s.left = EDGE + widest(map->target, map->n_target) + GAP;
    s.top = HEAD + widest(map->source, map->n_source) + GAP;
    s.step = (int64_t)ceil(LINE / s.square);
    return s;
}

static void draw_words(ri_svg *svg, const sheet *s)
{
    char label[RI_LABEL_BYTES];
    for (int64_t j = 0; j < s->map->n_source; j += s->step) {
        ri_label(s->map->source[j], label);
        ri_svg_text_up(svg, "small", s->left + ((double)j + 0.5) * s->square + 4, s->top - GAP, label);
    }
    for (int64_t i = 0; i < s->map->n_target; i += s->step) {
        ri_label(s->map->target[i], label);
        ri_svg_text(svg, "small", s->left - GAP, s->top + ((double)i + 0.5) * s->square + 4, "end", label);
    }
}

static void draw_square(ri_svg *svg, const sheet *s, int64_t i, int64_t j)
{
    char  from[RI_LABEL_BYTES], to[RI_LABEL_BYTES], note[2 * RI_LABEL_BYTES + 32];
    float weight = s->map->weights[i * s->map->n_source + j];
    if (!(weight >= FAINTEST)) return; /* nor what is no number */
    ri_label(s->map->source[j], from);
    ri_label(s->map->target[i], to);
    snprintf(note, sizeof note, "%s \xe2\x86\x90 %s: %.3f", to, from, (double)weight);
    ri_svg_shade(svg, "s0", weight, s->left + (double)j * s->square, s->top + (double)i * s->square,
                 s->square, s->square, note);
}

static void draw_grid(ri_svg *svg, const sheet *s)
{
    double right = s->left + (double)s->map->n_source * s->square;
    double bottom = s->top + (double)s->map->n_target * s->square;
    for (int64_t j = 0; j <= s->map->n_source; j += s->step)
        ri_svg_line(svg, "grid", s->left + (double)j * s->square, s->top, s->left + (double)j * s->square,
                    bottom);
    for (int64_t i = 0; i <= s->map->n_target; i += s->step)
        ri_svg_line(svg, "grid", s->left, s->top + (double)i * s->square, right,
                    s->top + (double)i * s->square);
}

recur_status recur_attention_draw(recur_ctx *ctx, const recur_attention_map *map, recur_picture **picture)
{
    if (!ctx) return RECUR_EARG;
    if (!map || !picture || !map->title || map->n_source < 1 || map->n_target < 1 || !map->source ||
        !map->target || !map->weights)
        return RI_FAIL(
            ctx, RECUR_EARG,
            "a map of attention wants a title, words on both sides, weights and a place for the picture");
    sheet  s = lay_out(map);
    ri_svg svg;
    double width = s.left + (double)map->n_source * s.square + EDGE;
    ri_svg_begin(&svg, &ctx->allocator, fmax(width, 420), s.top + (double)map->n_target * s.square + EDGE,
                 map->title);
    ri_svg_text(&svg, "title", EDGE, 24, "start", map->title);
    ri_svg_text(&svg, "faint", EDGE, 42, "start",
                map->note ? map->note : "a column for each source word, a row for each word written");
    draw_grid(&svg, &s);
    for (int64_t i = 0; i < map->n_target; i++)
        for (int64_t j = 0; j < map->n_source; j++) draw_square(&svg, &s, i, j);
    draw_words(&svg, &s);
    return ri_picture_create(ctx, &svg, picture);
}
