/* Lines: a mapped file is its own window; stdin has one that slides, so that a line can be answered before the next is there.
 *
 *   window   [ given | begin .. searched .. n | free ]
 *
 * SPDX-License-Identifier: MIT */
#include "data/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "text/utf8.h"

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";
enum { MARK_BYTES = 3, READ_BYTES = 1 << 16 };

recur_status ri_lines_fail(const ri_lines *lines, int64_t line, const char *format, ...)
{
    char    text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return RI_FAIL(lines->ctx, RECUR_EDATA, "%.100s, line %" PRId64 ": %s", lines->name, line, text);
}

recur_status ri_lines_init(ri_lines *lines, recur_ctx *ctx, int n_paths, const char *const *paths,
                           recur_encoding encoding)
{
    *lines = (ri_lines){.ctx = ctx,
                        .encoding = encoding,
                        .longest = RI_LONGEST_LINE,
                        .n_paths = n_paths,
                        .paths = paths,
                        .name = "",
                        .checksum = RI_HASH_START};
    if (n_paths < 1 || !paths)
        return RI_FAIL(ctx, RECUR_EARG, "%d files to read; wanted at least one", n_paths);
    int n_stdin = 0;
    for (int i = 0; i < n_paths; i++) {
        if (!paths[i]) return RI_FAIL(ctx, RECUR_EARG, "the name of file %d is missing", i + 1);
        n_stdin += strcmp(paths[i], "-") == 0;
    }
    if (n_stdin > 1) return RI_FAIL(ctx, RECUR_EARG, "stdin is named %d times; it can be read once", n_stdin);
    return RECUR_OK;
}

static void close_file(ri_lines *lines)
{
    if (lines->is_open && !lines->is_stdin) ri_file_close(&lines->file);
    ri_vec_free(&lines->ctx->allocator, &lines->window);
    lines->is_open = false;
}

void ri_lines_free(ri_lines *lines)
{
    close_file(lines);
    ri_vec_free(&lines->ctx->allocator, &lines->converted);
}

recur_status ri_lines_open_next(ri_lines *lines, bool *found)
{
    close_file(lines);
    *found = lines->next < lines->n_paths;
    if (!*found) return RECUR_OK;
    const char *path = lines->paths[lines->next++];
    lines->is_stdin = strcmp(path, "-") == 0;
    lines->name = lines->is_stdin ? "stdin" : path;
    lines->begin = lines->searched = 0;
    lines->number = 0;
    lines->has_cr = lines->is_at_end = false;
    if (!lines->is_stdin) {
        recur_status status =
            ri_file_open(&lines->ctx->allocator, path, &lines->file, ri_ctx_error(lines->ctx));
        if (status != RECUR_OK) return status;
        lines->is_at_end = true;
    }
    lines->is_stream = lines->is_stream || lines->is_stdin || lines->file.is_stream;
    lines->is_open = true;
    return RECUR_OK;
}

/* ---- where bytes come from ---- */

static ri_span bytes_of(const ri_lines *lines)
{
    if (lines->is_stdin) return (ri_span){lines->window.data, (size_t)lines->window.n};
    return (ri_span){lines->file.bytes, lines->file.size};
}

/* Put more of stdin into the window, or learn that there is no more. */
static recur_status read_more(ri_lines *lines)
{
    ri_vec *w = &lines->window;
    if (lines->begin > 0) {
        size_t left = (size_t)w->n - lines->begin;
        memmove(w->data, (char *)w->data + lines->begin, left);
        lines->searched -= lines->begin;
        lines->begin = 0;
        w->n = (int64_t)left;
    }
    char *room = ri_vec_add(&lines->ctx->allocator, w, READ_BYTES, 1);
    if (!room) return ri_no_memory(lines->ctx, "a line of stdin");
    w->n -= READ_BYTES;
    for (;;) {
        ssize_t n = read(STDIN_FILENO, room, READ_BYTES);
        if (n >= 0) {
            w->n += n;
            lines->is_at_end = n == 0;
            return RECUR_OK;
        }
        if (errno == EAGAIN) { /* someone made our stdin non-blocking */
            struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
            poll(&p, 1, -1);
        } else if (errno == EISDIR) {
            return RI_FAIL(lines->ctx, RECUR_EIO, "stdin is a directory; wanted a file");
        } else if (errno != EINTR) {
            return RI_FAIL(lines->ctx, RECUR_EIO, "cannot read stdin: %s", strerror(errno));
        }
    }
}

/* Find the line feed that ends the line at begin; *end is the end of all bytes if none comes. */
static recur_status find_end(ri_lines *lines, size_t *end)
{
    for (;;) {
        ri_span     all = bytes_of(lines);
        const char *feed = all.size > lines->searched
                               ? memchr(all.bytes + lines->searched, '\n', all.size - lines->searched)
                               : NULL;
        *end = feed ? (size_t)(feed - all.bytes) : all.size;
        if (*end - lines->begin > lines->longest)
            return ri_lines_fail(lines, lines->number + 1, "a line of more than %zu MiB; wanted shorter ones",
                                 lines->longest >> 20);
        if (feed || lines->is_at_end) return RECUR_OK;
        lines->searched = all.size;
        recur_status status = read_more(lines);
        if (status != RECUR_OK) return status;
    }
}

bool ri_lines_waits(const ri_lines *lines)
{
    if (!lines->is_open || lines->is_at_end) return false;
    ri_span all = bytes_of(lines);
    if (all.size > lines->searched && memchr(all.bytes + lines->searched, '\n', all.size - lines->searched))
        return false;
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

/* ---- what a line is ---- */

/* Return how many of the first bytes are ASCII and not NUL, eight at a time. */
static size_t plain_bytes(ri_span s)
{
    const uint64_t high = UINT64_C(0x8080808080808080), low = UINT64_C(0x0101010101010101);
    size_t         n = 0;
    for (uint64_t word; n + 8 <= s.size; n += 8) {
        memcpy(&word, s.bytes + n, 8);
        if ((word | (word - low)) & high) break; /* a high bit, or one borrowed by a zero */
    }
    return n;
}

recur_status ri_lines_check(const ri_lines *lines, int64_t number, ri_span line)
{
    for (size_t at = plain_bytes(line); at < line.size;) {
        int32_t code_point;
        size_t  n = ri_utf8_next(line.bytes + at, line.size - at, &code_point);
        if (n == 0)
            return ri_lines_fail(
                lines, number,
                "invalid UTF-8 at byte %zu of the line; wanted text in UTF-8 (--encoding latin1 "
                "reads Latin-1)",
                at);
        if (code_point == 0)
            return ri_lines_fail(lines, number, "a NUL byte at byte %zu of the line; wanted text", at);
        at += n;
        if (n > 1) at += plain_bytes((ri_span){line.bytes + at, line.size - at});
    }
    return RECUR_OK;
}

/* Latin-1's byte is its code point's number. */
static recur_status convert(ri_lines *lines, ri_span *line)
{
    ri_vec *to = &lines->converted;
    to->n = 0;
    char *p = ri_vec_add(&lines->ctx->allocator, to, (int64_t)line->size * 2, 1), *start = p;
    if (!p) return ri_no_memory(lines->ctx, "a line");
    for (size_t i = 0; i < line->size; i++) {
        unsigned char c = (unsigned char)line->bytes[i];
        if (c >= 0x80) *p++ = (char)(0xc0 | c >> 6);
        *p++ = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
    }
    *line = (ri_span){start, (size_t)(p - start)};
    return RECUR_OK;
}

/* Take off the byte order mark and CR. */
static void clean(ri_lines *lines, ri_span *line, bool has_feed)
{
    if (lines->number == 1 && lines->encoding == RECUR_UTF8 && line->size >= MARK_BYTES &&
        memcmp(line->bytes, BYTE_ORDER_MARK, MARK_BYTES) == 0) {
        ri_log(lines->ctx, "%s: byte order mark skipped", lines->name);
        line->bytes += MARK_BYTES;
        line->size -= MARK_BYTES;
    }
    if (has_feed && line->size > 0 && line->bytes[line->size - 1] == '\r') {
        if (!lines->has_cr) ri_log(lines->ctx, "%s: CRLF line ends are read as LF", lines->name);
        lines->has_cr = true;
        line->size--;
    }
}

recur_status ri_lines_next(ri_lines *lines, ri_span *line, bool *found)
{
    size_t       end;
    recur_status status = find_end(lines, &end);
    if (status != RECUR_OK) return status;
    ri_span all = bytes_of(lines);
    *found = lines->begin < all.size;
    if (!*found) return RECUR_OK;
    bool   has_feed = end < all.size;
    size_t next = end + has_feed;
    *line = (ri_span){all.bytes + lines->begin, end - lines->begin};
    lines->checksum = ri_hash(lines->checksum, line->bytes, next - lines->begin);
    lines->begin = lines->searched = next;
    lines->number++;
    clean(lines, line, has_feed);
    if (lines->encoding == RECUR_LATIN1) status = convert(lines, line);
    if (status == RECUR_OK && !lines->is_raw) status = ri_lines_check(lines, lines->number, *line);
    return status;
}
