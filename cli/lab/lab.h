/* What the experiments of recur lab share: they speak to stdout, or as lines of JSON, and what they say and draw becomes a page where one is wanted.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_LAB_H
#define CLI_LAB_H

#include "app.h"

/* An experiment at work. Between lab_open and lab_close. */
typedef struct lab {
    app        *app;
    const char *out;  /* the picture or the page, NULL: none */
    recur_page *page; /* NULL: none */
    recur_ctx *
        page_ctx; /* that the page is made from; the app's may be replaced. NULL: the page belongs to a chapter */
} lab;

/* Open the context with --threads, and what --out asks for: the row ROW_PICTURE is in the table. A page is saved at once, so that a place
 * where it cannot be is known before the work. Returns an exit code, the error said; lab_close is called after success only. */
int lab_open(lab *l, app *a, const options *o, const char *title);

/* Say something, to stdout unless lines of JSON go there, and in the page. */
void lab_say(lab *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write a line of JSON where they are wanted. It is released in any case. */
void lab_json(lab *l, json_t *line);

/* Draw curves, or take a picture that is drawn already (it is destroyed): into the file of --out, over what is there, or into the page, under it.
 * Returns an exit code, the error said. */
int lab_plots(lab *l, const char *title, const recur_plot *plots, int64_t n);
int lab_picture(lab *l, recur_picture *picture);

/* Save the page and free what lab_open made. Returns code, or that of the saving if code is 0. */
int lab_close(lab *l, int code);

#endif
