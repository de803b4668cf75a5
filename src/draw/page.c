/* Web pages in one file. A page grows in two places, its body and the list of its sections, and becomes a file as
 *
 *   head, style | title | list of sections | body | end
 *
 * Nothing is wider than the screen: long words are broken, pictures shrink to three quarters of their size and then scroll, as
 * text of fixed width does, inside their own box. Colours change with the reader's light or dark setting, on paper they are the light ones.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "draw/picture.h"
#include "io/atomic.h"

enum { LEAST_SECTIONS = 3 }; /* that are listed */

struct recur_page {
    recur_ctx *ctx;
    ri_markup  head, list, body;
    int        n_sections;
    bool       is_in_text; /* a text of fixed width is open, */
    size_t     n_lines;    /* with so many ends of lines that are only written if something follows */
    bool       is_refused; /* something was added that cannot be */
};

static const char style[] =
    "<style>\n"
    ":root{color-scheme:light dark;--ground:#fff;--words:#24292f;--quiet:#57606a;--edge:#d8dee4;"
    "--box:#f6f8fa;--link:#0969da}\n"
    "@media screen and (prefers-color-scheme:dark){:root{--ground:#0d1117;--words:#e6edf3;--quiet:#9198a1;"
    "--edge:#30363d;--box:#151b23;--link:#58a6ff}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
    "body{margin:0;background:var(--ground);color:var(--words);font:16px/1.6 system-ui,sans-serif;"
    "overflow-wrap:anywhere}\n"
    "main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 4rem}\n"
    "h1,h2,h3,h4,h5,h6{line-height:1.25;margin:1.8em 0 .6em}\n"
    "h1{font-size:1.8rem;margin-top:.5em}\n"
    "h2{font-size:1.4rem;padding-top:.8em;border-top:1px solid var(--edge)}\n"
    "h3{font-size:1.15rem}h4,h5,h6{font-size:1rem}\n"
    "p{max-width:46rem;margin:.8em 0}\n"
    "a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}\n"
    "nav{margin:1.5rem 0;padding:.8rem 1rem;background:var(--box);border-radius:8px}\n"
    "nav ul{margin:0;padding:0;list-style:none;columns:20rem}\n"
    "pre{margin:1rem 0;padding:.9rem 1rem;overflow-x:auto;background:var(--box);border-radius:8px;"
    "font:13px/1.45 ui-monospace,monospace;overflow-wrap:normal}\n"
    "figure{margin:1.2rem 0;padding:.5rem;overflow-x:auto;border:1px solid var(--edge);border-radius:8px}\n"
    "figure>div{margin:0 auto}\n"
    "svg{display:block;width:100%;height:auto}\n"
    "@media(max-width:40rem){main{padding:.5rem .8rem 2rem}pre{font-size:12px;padding:.7rem}}\n"
    "@media print{:root{color-scheme:light}main{max-width:none;padding:0}body{font-size:11pt}"
    "h2,h3,h4{break-after:avoid}nav,figure,pre{break-inside:avoid}"
    "figure{overflow:visible}figure>div{min-width:0!important}"
    "pre{overflow:visible;font-size:6.8pt;padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere}}\n"
    "</style>\n";

recur_status recur_page_create(recur_ctx *ctx, const char *title, recur_page **page)
{
    if (page) *page = NULL;
    if (!ctx || !title || !page) return RECUR_EARG;
    const ri_markup empty = {.allocator = &ctx->allocator};
    recur_page     *p = ri_allocate(&ctx->allocator, 1, sizeof *p);
    if (!p) return ri_no_memory(ctx, "a page");
    *p = (recur_page){.ctx = ctx, .head = empty, .list = empty, .body = empty};
    ri_markup_put(&p->head,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
    ri_markup_text(&p->head, title);
    ri_markup_put(&p->head, "</title>\n");
    ri_markup_put(&p->head, style);
    ri_markup_put(&p->head, "</head>\n<body>\n<main>\n<h1>");
    ri_markup_text(&p->head, title);
    ri_markup_put(&p->head, "</h1>\n");
    *page = p;
    return RECUR_OK;
}

void recur_page_destroy(recur_page *page)
{
    if (!page) return;
    ri_markup_free(&page->head);
    ri_markup_free(&page->list);
    ri_markup_free(&page->body);
    ri_release(&page->ctx->allocator, page);
}

static const char end_of_text[] = "</pre>\n";

static void end_text(recur_page *page)
{
    if (page->is_in_text) ri_markup_put(&page->body, end_of_text);
    page->is_in_text = false;
    page->n_lines = 0;
}

/* Return whether something can be added; a page remembers what could not. */
static bool can_add(recur_page *page, bool is_right)
{
    if (!page) return false;
    if (!is_right) page->is_refused = true;
    return is_right;
}

static void list_section(recur_page *page, int number, const char *text)
{
    char link[48];
    snprintf(link, sizeof link, "<li><a href=\"#section-%d\">", number);
    ri_markup_put(&page->list, link);
    ri_markup_text(&page->list, text);
    ri_markup_put(&page->list, "</a></li>\n");
}

void recur_page_heading(recur_page *page, int level, const char *text)
{
    char tag[48];
    if (!can_add(page, text && level >= 2 && level <= 6)) return;
    end_text(page);
    if (level == 2) {
        list_section(page, ++page->n_sections, text);
        snprintf(tag, sizeof tag, "<h2 id=\"section-%d\">", page->n_sections);
    } else {
        snprintf(tag, sizeof tag, "<h%d>", level);
    }
    ri_markup_put(&page->body, tag);
    ri_markup_text(&page->body, text);
    snprintf(tag, sizeof tag, "</h%d>\n", level);
    ri_markup_put(&page->body, tag);
}

void recur_page_paragraph(recur_page *page, const char *text)
{
    if (!can_add(page, text)) return;
    end_text(page);
    ri_markup_put(&page->body, "<p>");
    ri_markup_lines(&page->body, text, strlen(text));
    ri_markup_put(&page->body, "</p>\n");
}

void recur_page_text(recur_page *page, const char *text)
{
    if (!can_add(page, text)) return;
    if (!page->is_in_text) text += strspn(text, "\n"); /* the gap to what stands above is the page's */
    size_t n = strlen(text), shown = n;
    while (shown > 0 && text[shown - 1] == '\n') shown--;
    if (shown > 0) {
        if (!page->is_in_text) ri_markup_put(&page->body, "<pre tabindex=\"0\">");
        for (; page->n_lines > 0; page->n_lines--) ri_markup_put(&page->body, "\n");
        page->is_in_text = true;
        ri_markup_lines(&page->body, text, shown);
    }
    page->n_lines += n - shown;
}

void recur_page_picture(recur_page *page, const recur_picture *picture)
{
    char   box[96];
    size_t size;
    if (!can_add(page, picture)) return;
    end_text(page);
    const char *svg = recur_picture_svg(picture, &size);
    long        width = (long)picture->svg.width;
    snprintf(box, sizeof box, "<figure tabindex=\"0\"><div style=\"min-width:%ldpx;max-width:%ldpx\">\n",
             width * 3 / 4, width);
    ri_markup_put(&page->body, box);
    ri_markup_bytes(&page->body, svg, size);
    ri_markup_put(&page->body, "</div></figure>\n");
}

recur_status recur_page_save(recur_page *page, const char *path)
{
    if (!page) return RECUR_EARG;
    if (!path) return RI_FAIL(page->ctx, RECUR_EARG, "a page is saved to a path, found none");
    if (page->is_refused)
        return RI_FAIL(page->ctx, RECUR_EARG, "a page wants texts, pictures, and headings of level 2 to 6");
    if (page->head.has_failed || page->list.has_failed || page->body.has_failed)
        return ri_no_memory(page->ctx, "a page");
    static const char begin_list[] = "<nav aria-label=\"Sections\">\n<ul>\n", end_list[] = "</ul>\n</nav>\n";
    static const char end[] = "</main>\n</body>\n</html>\n";
    const bool        has_list = page->n_sections >= LEAST_SECTIONS;
    const ri_chunk    chunks[] = {{page->head.bytes, page->head.size},
                                  {begin_list, has_list ? strlen(begin_list) : 0},
                                  {page->list.bytes, has_list ? page->list.size : 0},
                                  {end_list, has_list ? strlen(end_list) : 0},
                                  {page->body.bytes, page->body.size},
                                  {end_of_text, page->is_in_text ? strlen(end_of_text) : 0},
                                  {end, strlen(end)}};
    return ri_atomic_write(path, chunks, sizeof chunks / sizeof *chunks, ri_ctx_error(page->ctx));
}
