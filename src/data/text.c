/* Reading text: files are opened one after the other, checked, and copied into one block, cleaned on the way.
 *
 * Each file is a text of its own: for char and word it must be valid by itself, and what is wrong is named with its file.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "dev/ctx.h"
#include "recur/corpus.h"
#include "text/utf8.h"

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";
enum { MARK_BYTES = 3 };

/* A text that grows file by file. */
typedef struct reading {
    recur_text *text;
    size_t      capacity; /* of text->bytes */
} reading;

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

/* Copy n bytes with every CRLF as LF. Returns the number of bytes written. */
static size_t copy_without_cr(const char *from, size_t n, char *to)
{
    const char *end = from + n, *start = to;
    while (from < end) {
        const char *cr = memchr(from, '\r', (size_t)(end - from));
        size_t      run = (size_t)((cr ? cr : end) - from);
        memcpy(to, from, run);
        to += run;
        from += run;
        if (cr && (cr + 1 == end || cr[1] != '\n')) *to++ = '\r';
        if (cr) from++;
    }
    return (size_t)(to - start);
}

/* Append the text of a file, without byte order mark and CR. There is room for all its bytes. */
static void append_clean(const recur_ctx *ctx, const char *path, const ri_file *file, recur_text *text)
{
    const char *from = file->bytes;
    size_t      n = file->size;
    if (n >= MARK_BYTES && memcmp(from, BYTE_ORDER_MARK, MARK_BYTES) == 0) {
        ri_log(ctx, "%s: byte order mark skipped", name_of(path));
        from += MARK_BYTES;
        n -= MARK_BYTES;
    }
    size_t written = copy_without_cr(from, n, text->bytes + text->size);
    if (written < n) ri_log(ctx, "%s: %zu CRLF line ends became LF", name_of(path), n - written);
    text->size += written;
}

/* Make room for n more bytes; by doubling, since there may be thousands of files. */
static bool make_room(recur_ctx *ctx, reading *r, size_t n)
{
    size_t size = r->text->size;
    if (n <= r->capacity - size) return true;
    if (n > SIZE_MAX / 2 - size) return false;
    size_t capacity = size + n > 2 * size ? size + n : 2 * size;
    char  *bytes = ri_grow(&ctx->allocator, r->text->bytes, size, capacity, 1);
    if (!bytes) return false;
    r->text->bytes = bytes;
    r->capacity = capacity;
    return true;
}

static recur_status append(recur_ctx *ctx, recur_unit unit, const char *path, const ri_file *file, reading *r)
{
    recur_text *text = r->text;
    if (file->size == 0) return RECUR_OK;
    if (unit != RECUR_BYTE) {
        char where[300];
        snprintf(where, sizeof where, "%s: ", name_of(path));
        recur_status status = ri_utf8_check(where, file->bytes, file->size, ri_ctx_error(ctx));
        if (status != RECUR_OK) return status;
    }
    if (!make_room(ctx, r, file->size))
        return RI_FAIL(ctx, RECUR_EMEMORY, "no memory for the %zu bytes of %s", file->size, name_of(path));
    text->checksum = ri_hash(text->checksum, file->bytes, file->size);
    if (unit != RECUR_BYTE) {
        append_clean(ctx, path, file, text);
    } else {
        memcpy(text->bytes + text->size, file->bytes, file->size);
        text->size += file->size;
    }
    return RECUR_OK;
}

static recur_status read_one(recur_ctx *ctx, recur_unit unit, const char *path, reading *r)
{
    ri_file      file;
    recur_status status = ri_file_open(&ctx->allocator, path, &file, ri_ctx_error(ctx));
    if (status != RECUR_OK) return status;
    r->text->is_stream = r->text->is_stream || file.is_stream;
    status = append(ctx, unit, path, &file, r);
    ri_file_close(&file);
    return status;
}

recur_status recur_text_read(recur_ctx *ctx, recur_unit unit, int n_paths, const char *const *paths,
                             recur_text *text)
{
    if (!ctx || !text) return RECUR_EARG;
    *text = (recur_text){.checksum = RI_HASH_START};
    if (n_paths < 1 || !paths)
        return RI_FAIL(ctx, RECUR_EARG, "%d files to read; wanted at least one", n_paths);
    int n_stdin = 0;
    for (int i = 0; i < n_paths; i++) n_stdin += strcmp(paths[i], "-") == 0;
    if (n_stdin > 1) return RI_FAIL(ctx, RECUR_EARG, "stdin is named %d times; it can be read once", n_stdin);
    reading      r = {.text = text};
    recur_status status = RECUR_OK;
    for (int i = 0; i < n_paths && status == RECUR_OK; i++) status = read_one(ctx, unit, paths[i], &r);
    if (status == RECUR_OK && text->size == 0)
        status = RI_FAIL(ctx, RECUR_EDATA, "%s is empty; wanted text",
                         n_paths == 1 ? name_of(paths[0]) : "every file given");
    if (status != RECUR_OK) recur_text_free(ctx, text);
    return status;
}

void recur_text_free(recur_ctx *ctx, recur_text *text)
{
    if (!ctx || !text) return;
    ri_release(&ctx->allocator, text->bytes);
    *text = (recur_text){0};
}
