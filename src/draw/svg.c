/* SVG, as much of it as diagrams need. Numbers are written digit by digit: printf would use the comma of the program's language.
 * SPDX-License-Identifier: MIT */
#include "draw/svg.h"

#include <math.h>
#include <stdio.h>

static const char style[] =
    "<style>"
    "text{font:12px system-ui,sans-serif;fill:#24292f}"
    ".title{font-size:15px;font-weight:600}.small{font-size:11px}"
    ".paper{fill:#fff}.faint{fill:#57606a;font-size:11px}"
    ".grid{stroke:#d8dee4;stroke-width:1}.ink{stroke:#57606a;stroke-width:1}"
    ".roof{stroke:#24292f;stroke-width:1.6}"
    ".s0{fill:#0969da}.s1{fill:#bc4c00}.s2{fill:#1a7f37}.s3{fill:#8250df}.s4{fill:#6e7781}"
    ".o0,.o1,.o2,.o3,.o4{fill:none;stroke-width:1.8}"
    ".o0{stroke:#0969da}.o1{stroke:#bc4c00}.o2{stroke:#1a7f37}.o3{stroke:#8250df}"
    ".o4{stroke:#6e7781}.dash{stroke-dasharray:5 4}"
    "@media(prefers-color-scheme:dark){"
    "text{fill:#e6edf3}.paper{fill:#0d1117}.faint{fill:#9198a1}"
    ".grid{stroke:#30363d}.ink{stroke:#9198a1}.roof{stroke:#e6edf3}"
    ".s0{fill:#58a6ff}.s1{fill:#f0883e}.s2{fill:#3fb950}.s3{fill:#bc8cff}.s4{fill:#9198a1}"
    ".o0{stroke:#58a6ff}.o1{stroke:#f0883e}.o2{stroke:#3fb950}.o3{stroke:#bc8cff}"
    ".o4{stroke:#9198a1}"
    "}</style>\n";

static void put(ri_svg *s, const char *text)
{
    ri_markup_put(&s->out, text);
}

static void put_text(ri_svg *s, const char *text)
{
    ri_markup_text(&s->out, text);
}

static void put_plain(ri_svg *s, double x)
{
    char text[32];
    long hundredths = lrint(fmin(fmax(100 * x, -1e8), 1e8)), size = hundredths < 0 ? -hundredths : hundredths;
    snprintf(text, sizeof text, "%s%ld.%02ld", hundredths < 0 ? "-" : "", size / 100, size % 100);
    put(s, text);
}

/* Write name="x". */
static void put_number(ri_svg *s, const char *name, double x)
{
    put(s, " ");
    put(s, name);
    put(s, "=\"");
    put_plain(s, x);
    put(s, "\"");
}

static void put_class(ri_svg *s, const char *class)
{
    put(s, " class=\"");
    put_text(s, class);
    put(s, "\"");
}

/* Close a shape, with its note. */
static void put_note(ri_svg *s, const char *element, const char *note)
{
    if (!note) {
        put(s, "/>\n");
        return;
    }
    put(s, "><title>");
    put_text(s, note);
    put(s, "</title></");
    put(s, element);
    put(s, ">\n");
}

void ri_svg_begin(ri_svg *s, const recur_allocator *a, double width, double height, const char *title)
{
    char box[96];
    *s = (ri_svg){.out.allocator = a, .width = width};
    snprintf(box, sizeof box, " viewBox=\"0 0 %ld %ld\"", lrint(width), lrint(height));
    put(s, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"");
    put_number(s, "width", width);
    put_number(s, "height", height);
    put(s, box);
    put(s, ">\n<title>");
    put_text(s, title);
    put(s, "</title>\n");
    put(s, style);
    ri_svg_rect(s, "paper", 0, 0, width, height, NULL);
}

void ri_svg_end(ri_svg *s)
{
    put(s, "</svg>\n");
}

void ri_svg_free(ri_svg *s)
{
    ri_markup_free(&s->out);
}

void ri_svg_line(ri_svg *s, const char *class, double x1, double y1, double x2, double y2)
{
    put(s, "<line");
    put_class(s, class);
    put_number(s, "x1", x1);
    put_number(s, "y1", y1);
    put_number(s, "x2", x2);
    put_number(s, "y2", y2);
    put(s, "/>\n");
}

void ri_svg_rect(ri_svg *s, const char *class, double x, double y, double width, double height,
                 const char *note)
{
    ri_svg_shade(s, class, 1, x, y, width, height, note);
}

void ri_svg_shade(ri_svg *s, const char *class, double strength, double x, double y, double width,
                  double height, const char *note)
{
    put(s, "<rect");
    put_class(s, class);
    if (strength < 1) put_number(s, "fill-opacity", strength);
    put_number(s, "x", x);
    put_number(s, "y", y);
    put_number(s, "width", width);
    put_number(s, "height", height);
    put_note(s, "rect", note);
}

void ri_svg_circle(ri_svg *s, const char *class, double x, double y, double r, const char *note)
{
    put(s, "<circle");
    put_class(s, class);
    put_number(s, "cx", x);
    put_number(s, "cy", y);
    put_number(s, "r", r);
    put_note(s, "circle", note);
}

void ri_svg_text(ri_svg *s, const char *class, double x, double y, const char *anchor, const char *text)
{
    put(s, "<text");
    put_class(s, class);
    put_number(s, "x", x);
    put_number(s, "y", y);
    put(s, " text-anchor=\"");
    put_text(s, anchor);
    put(s, "\">");
    put_text(s, text);
    put(s, "</text>\n");
}

void ri_svg_text_up(ri_svg *s, const char *class, double x, double y, const char *text)
{
    put(s, "<g transform=\"translate(");
    put_plain(s, x);
    put(s, " ");
    put_plain(s, y);
    put(s, ") rotate(-90)\">");
    ri_svg_text(s, class, 0, 0, "start", text);
    put(s, "</g>\n");
}
