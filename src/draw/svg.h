/* Pictures: shapes and text become the bytes of an SVG file, which can be read in a light and in a dark surrounding.
 *
 * Colours are classes: s0 to s4 for series (filled), o0 to o4 (outlines only), paper, ink, faint, grid, roof; "dash" beside one breaks its
 * line. Texts are UTF-8 and are escaped. Coordinates are kept to a hundredth.
 * SPDX-License-Identifier: MIT */
#ifndef RI_SVG_H
#define RI_SVG_H

#include "draw/markup.h"

typedef struct ri_svg {
    ri_markup out;
    double    width;
} ri_svg;

/* Begin a picture of that size in pixels; title says what it shows. ri_svg_free or ri_picture_create is called at the end. */
void ri_svg_begin(ri_svg *svg, const recur_allocator *a, double width, double height, const char *title);
void ri_svg_end(ri_svg *svg);
void ri_svg_free(ri_svg *svg);

void ri_svg_line(ri_svg *svg, const char *class, double x1, double y1, double x2, double y2);

/* note, where not NULL, is shown when the pointer rests on it. */
void ri_svg_rect(ri_svg *svg, const char *class, double x, double y, double width, double height,
                 const char *note);
/* The same with a colour that is there only in part: strength runs from 0 to 1. */
void ri_svg_shade(ri_svg *svg, const char *class, double strength, double x, double y, double width,
                  double height, const char *note);
void ri_svg_circle(ri_svg *svg, const char *class, double x, double y, double r, const char *note);

/* anchor says which part of the text is at x: "start", "middle" or "end". */
void ri_svg_text(ri_svg *svg, const char *class, double x, double y, const char *anchor, const char *text);

/* A text that begins at x, y and runs upwards. */
void ri_svg_text_up(ri_svg *svg, const char *class, double x, double y, const char *text);

#endif
