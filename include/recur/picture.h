/* Pictures and pages: what was measured, as an SVG file or as a web page that needs nothing but itself.
 *
 *   recur_plots_draw -> recur_picture -> recur_picture_save             one picture, one file
 *                                     -> recur_page_picture -> recur_page_save   words and pictures
 *
 * Both can be read in a light and in a dark surrounding. Texts are UTF-8, of any content: what means something to XML or HTML is escaped.
 * A name in a picture that is NULL is left empty.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_PICTURE_H
#define RECUR_PICTURE_H

#include <stdbool.h>

#include "ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An SVG picture in memory. */
typedef struct recur_picture recur_picture;

/* Save a picture as a file; at every moment path is what it was or the whole picture.
 * Errors. RECUR_EARG without a picture or a path; RECUR_EIO. */
RECUR_API recur_status recur_picture_save(const recur_picture *picture, const char *path);

/* Look at a picture's bytes: size of them (NULL: not asked), and a NUL behind. They live as long as the picture. NULL for NULL. */
RECUR_API const char *recur_picture_svg(const recur_picture *picture, size_t *size);

/* Free a picture. NULL is accepted. */
RECUR_API void recur_picture_destroy(recur_picture *picture);

/* ---- curves ---- */

enum { RECUR_COLOURS = 5 };

/* One curve: n points from left to right, those that are not finite left out. */
typedef struct recur_curve {
    const char   *label;
    int           colour; /* 0 to RECUR_COLOURS - 1 */
    bool          is_dashed;
    int64_t       n;
    const double *x, *y;
} recur_curve;

/* Curves over the same axes. */
typedef struct recur_plot {
    const char        *title, *x, *y; /* the axes' names stand at them */
    bool               is_log;        /* of y: powers of ten; values that are not above 0 are left out */
    double             low, high;     /* of y; both 0: from the curves */
    int64_t            n;
    const recur_curve *curves;
} recur_plot;

/* Draw plots side by side: the same number of curves in each, with the labels, colours and dashes of the first.
 *
 * Owner.  The caller destroys the picture; nothing of the plots is kept.
 * Errors. RECUR_EARG without a plot or a curve, or for curves that do not agree in number; RECUR_EMEMORY. */
RECUR_API recur_status recur_plots_draw(recur_ctx *ctx, const char *title, const recur_plot *plots, int64_t n,
                                        recur_picture **picture);

/* ---- bars ---- */

/* Bars side by side: for each group one of each series. */
typedef struct recur_bars {
    const char        *title, *y;
    double             high; /* of the axis, which begins at 0; 0: from the values */
    int64_t            n_groups, n_series;
    const char *const *groups; /* [n_groups] names below */
    const char *const *series; /* [n_series] names of the legend */
    const double      *values; /* [n_series,n_groups]; those that are not above 0 have no bar */
} recur_bars;

/* Draw bars. Owner: the caller destroys the picture; nothing is kept. Errors: RECUR_EARG without a group or a series; RECUR_EMEMORY. */
RECUR_API recur_status recur_bars_draw(recur_ctx *ctx, const recur_bars *bars, recur_picture **picture);

/* ---- attention ---- */

/* A word of a picture, any bytes; a space at its beginning is shown as a dot in the middle of the line. */
typedef struct recur_map_word {
    const char *bytes;
    size_t      size;
} recur_map_word;

/* How much of each source word each target word saw. */
typedef struct recur_attention_map {
    const char           *title;
    int64_t               n_source, n_target;
    const recur_map_word *source;  /* [n_source] */
    const recur_map_word *target;  /* [n_target] */
    const float          *weights; /* [n_target,n_source], from 0 to 1 */
    const char           *note;    /* below the title; NULL: which side is which */
} recur_attention_map;

/* Draw a map: a column for each source word, a row for each target word, the darker the more (Bahdanau, Cho and Bengio 2015, figure 3).
 *
 * Owner.  The caller destroys the picture; nothing of the map is kept.
 * Errors. RECUR_EARG without words; RECUR_EMEMORY. */
RECUR_API recur_status recur_attention_draw(recur_ctx *ctx, const recur_attention_map *map,
                                            recur_picture **picture);

/* ---- profiles ---- */

/* A number at each letter, or other piece, of a text; some are marked. */
typedef struct recur_profile {
    const char           *title, *what;      /* what says what the numbers are */
    const char           *marked, *unmarked; /* what it means */
    int64_t               n;
    const recur_map_word *words;     /* [n] */
    const double         *values;    /* [n]; those that are not above 0 are not drawn */
    const bool           *is_marked; /* [n] */
    double                line;      /* a height to be shown; 0 or NaN: none */
} recur_profile;

/* Draw a profile: the text in lines, a bar over each letter, the marked ones in a colour of their own.
 *
 * Owner.  The caller destroys the picture; nothing of the profile is kept.
 * Errors. RECUR_EARG without letters, values, marks or one of the texts; RECUR_EMEMORY. */
RECUR_API recur_status recur_profile_draw(recur_ctx *ctx, const recur_profile *profile,
                                          recur_picture **picture);

/* ---- passages ---- */

/* Words of a text and what some units do while they are read. */
typedef struct recur_passage {
    const char           *title;
    int64_t               n_words, n_units;
    const recur_map_word *words;  /* [n_words]; one that is a line feed ends the line, too */
    const char *const    *units;  /* [n_units] what each of them is */
    const double         *values; /* [n_units,n_words] from -1 to 1; what is beyond counts as that */
} recur_passage;

/* Draw a passage: the text once for each unit, the words shaded in one colour above 0 and in another below (Karpathy, Johnson and Fei-Fei 2015).
 *
 * Owner.  The caller destroys the picture; nothing of the passage is kept.
 * Errors. RECUR_EARG without words or units; RECUR_EMEMORY. */
RECUR_API recur_status recur_passage_draw(recur_ctx *ctx, const recur_passage *passage,
                                          recur_picture **picture);

/* ---- pages ---- */

/* A web page in one file: no script, nothing loaded from elsewhere, to be read on a wide screen, on a telephone and on paper. What is wider
 * than the screen scrolls in its own box. */
typedef struct recur_page recur_page;

/* Create a page with a title and nothing below it.
 *
 * Owner.   The caller destroys it.
 * Errors.  RECUR_EARG, RECUR_EMEMORY. Errors of adding something are told by recur_page_save.
 * Threads. One thread at a time. */
RECUR_API recur_status recur_page_create(recur_ctx *ctx, const char *title, recur_page **page);
RECUR_API void         recur_page_destroy(recur_page *page); /* NULL is accepted */

/* Add a heading; level 2 is a section, 3 to 6 are below it. The sections of a page that has three or more are listed at its top. */
RECUR_API void recur_page_heading(recur_page *page, int level, const char *text);

/* Add a paragraph of running text. */
RECUR_API void recur_page_paragraph(recur_page *page, const char *text);

/* Add text as on a terminal: of fixed width, its lines kept. Texts that follow each other join. */
RECUR_API void recur_page_text(recur_page *page, const char *text);

/* Add a picture; it is copied. */
RECUR_API void recur_page_picture(recur_page *page, const recur_picture *picture);

/* Save what the page holds; it may go on growing and be saved again.
 * Errors. RECUR_EARG where something NULL or a heading of another level was added; RECUR_EMEMORY; RECUR_EIO. */
RECUR_API recur_status recur_page_save(recur_page *page, const char *path);

#ifdef __cplusplus
}
#endif
#endif
