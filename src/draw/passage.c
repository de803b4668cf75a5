/* A passage of text, shaded by what a unit does: the text flows in lines of one width, once for each unit.
 *
 *   cell of unit 7 follows quotations
 *   s h e  s a i d  " c o m e "  a n d
 *                   #########
 *
 * Every word takes as much room as it has letters, so that characters stand in columns.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dev/ctx.h"
#include "draw/label.h"
#include "draw/picture.h"

static const double EDGE = 16, WIDTH = 860, LETTER = 8.2, LINE = 20, HEAD = 52, NAME = 26, GAP = 14;
static const double FAINTEST = 0.02;

/* Where the next word stands. */
typedef struct place {
    double x, y;
} place;

static bool is_line_feed(recur_map_word word)
{
    return word.size == 1 && word.bytes[0] == '\n';
}

/* Write a word as it is shown, a line feed as a sign; return the room it takes. */
static double room_of(recur_map_word word, char label[RI_LABEL_BYTES])
{
    if (is_line_feed(word)) {
        snprintf(label, RI_LABEL_BYTES, "\xe2\x86\xb5");
        return LETTER;
    }
    int letters = ri_label(word, label);
    return LETTER * (letters < 1 ? 1 : letters);
}

/* Move on to the next line where a word does not fit, or after a line feed. */
static void turn(place *p, double room)
{
    if (p->x + room <= EDGE + WIDTH) return;
    p->x = EDGE;
    p->y += LINE;
}

static double height_of(const recur_passage *passage)
{
    char  label[RI_LABEL_BYTES];
    place p = {EDGE, 0};
    for (int64_t i = 0; i < passage->n_words; i++) {
        double room = room_of(passage->words[i], label);
        turn(&p, room);
        p.x += is_line_feed(passage->words[i]) ? WIDTH + 1 : room;
    }
    return p.y + LINE;
}

static void draw_unit(ri_svg *svg, const recur_passage *passage, int64_t unit, double top)
{
    const double *values = passage->values + unit * passage->n_words;
    place         p = {EDGE, top};
    ri_svg_text(svg, "", EDGE, top - 8, "start", passage->units[unit]);
    for (int64_t i = 0; i < passage->n_words; i++) {
        char   label[RI_LABEL_BYTES], note[RI_LABEL_BYTES + 32];
        double room = room_of(passage->words[i], label), strength = fmin(fabs(values[i]), 1);
        turn(&p, room);
        snprintf(note, sizeof note, "%s: %+.3f", label, values[i]);
        if (fabs(values[i]) >= FAINTEST) /* nor what is no number */
            ri_svg_shade(svg, values[i] > 0 ? "s0" : "s1", 0.75 * strength, p.x, p.y, room, LINE - 3, note);
        ri_svg_text(svg, is_line_feed(passage->words[i]) ? "faint" : "", p.x + room / 2, p.y + 13, "middle",
                    label);
        p.x += is_line_feed(passage->words[i]) ? WIDTH + 1 : room;
    }
}

recur_status recur_passage_draw(recur_ctx *ctx, const recur_passage *passage, recur_picture **picture)
{
    if (!ctx) return RECUR_EARG;
    if (!passage || !picture || !passage->title || passage->n_words < 1 || passage->n_units < 1 ||
        !passage->words || !passage->units || !passage->values)
        return RI_FAIL(ctx, RECUR_EARG,
                       "a passage wants a title, words, units, values and a place for the picture");
    ri_svg svg;
    double height = height_of(passage), each = NAME + height + GAP;
    ri_svg_begin(&svg, &ctx->allocator, WIDTH + 2 * EDGE, HEAD + (double)passage->n_units * each,
                 passage->title);
    ri_svg_text(&svg, "title", EDGE, 24, "start", passage->title);
    ri_svg_text(&svg, "faint", EDGE, 42, "start", "blue: above 0, orange: below, the stronger the further");
    for (int64_t u = 0; u < passage->n_units; u++)
        draw_unit(&svg, passage, u, HEAD + NAME + (double)u * each);
    return ri_picture_create(ctx, &svg, picture);
}
