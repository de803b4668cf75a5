/* The frame of the experiments.
 * SPDX-License-Identifier: MIT */
#include "lab.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"

static int open_page(lab *l, const char *title)
{
    const recur_ctx_opts opts = {.threads = 1};
    recur_status         status = recur_ctx_create(&opts, &l->page_ctx);
    if (!status) status = recur_page_create(l->page_ctx, title, &l->page);
    if (!status) status = recur_page_save(l->page, l->out);
    if (!status) return RECUR_OK;
    output_error(l->app, status, "%s", l->page_ctx ? recur_error(l->page_ctx) : "no memory for a page");
    recur_page_destroy(l->page);
    recur_ctx_destroy(l->page_ctx);
    return (int)status;
}

int lab_open(lab *l, app *a, const options *o, const char *title)
{
    *l = (lab){.app = a, .out = options_text(o, "out"), .page = a->page};
    bool is_page = l->out && path_ends_in(l->out, ".html");
    if (l->out && !is_page && !path_ends_in(l->out, ".svg"))
        return output_error(a, RECUR_EARG, "--out wants a file that ends in .svg or .html, found '%s'",
                            l->out);
    int code = app_open(a, o);
    if (!code && is_page) code = open_page(l, title);
    progress_begin(a);
    return code;
}

void lab_say(lab *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) return;
    char *text = need_memory((size_t)n + 1, 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    if (!l->app->json && !l->app->page) output_bytes(l->app, text, (size_t)n);
    if (l->page) recur_page_text(l->page, text);
    free(text);
}

void lab_json(lab *l, json_t *line)
{
    if (!l->app->json) {
        json_decref(line);
        return;
    }
    if (line && l->app->experiment) json_object_set_new(line, "experiment", json_string(l->app->experiment));
    output_json(l->app, line);
}

int lab_picture(lab *l, recur_picture *picture)
{
    recur_status status = RECUR_OK;
    if (l->page)
        recur_page_picture(l->page, picture);
    else if (l->out)
        status = recur_picture_save(picture, l->out);
    recur_picture_destroy(picture);
    return status ? output_failure(l->app, status) : RECUR_OK;
}

int lab_plots(lab *l, const char *title, const recur_plot *plots, int64_t n)
{
    recur_picture *picture = NULL;
    if (!l->page && !l->out) return RECUR_OK;
    recur_status status = recur_plots_draw(l->app->ctx, title, plots, n, &picture);
    return status ? output_failure(l->app, status) : lab_picture(l, picture);
}

int lab_close(lab *l, int code)
{
    if (!l->page_ctx) return code;
    recur_status status = recur_page_save(l->page, l->out);
    if (status && !code) code = output_error(l->app, status, "%s", recur_error(l->page_ctx));
    recur_page_destroy(l->page);
    recur_ctx_destroy(l->page_ctx);
    return code;
}
