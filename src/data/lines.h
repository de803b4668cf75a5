/* Lines of files, one after the other: files are mapped, stdin is read as it comes.
 * SPDX-License-Identifier: MIT */
#ifndef RI_LINES_H
#define RI_LINES_H

#include "base/file.h"
#include "data/vec.h"
#include "dev/ctx.h"
#include "recur/dataset.h"
#include "text/split.h"

static const size_t RI_LONGEST_LINE = (size_t)256 << 20;

typedef struct ri_lines {
    recur_ctx         *ctx;
    recur_encoding     encoding;
    bool               is_raw;        /* bytes are not looked at */
    size_t             longest;       /* bytes of a line, or of a row of CSV; whole MiB */
    int                n_paths, next; /* next: the path after the one that is open */
    const char *const *paths;

    ri_file file;            /* a file that is mapped or a pipe that was read */
    ri_vec  window;          /* of stdin: bytes read and not given yet lie from begin on */
    size_t  begin, searched; /* no line feed lies between them */
    bool    is_open, is_stdin, is_at_end;
    bool    has_cr;    /* a line of this file ended in CRLF */
    ri_vec  converted; /* of Latin-1 */

    const char *name;
    int64_t     number; /* of the line given last, from 1 */
    uint64_t    checksum;
    bool        is_stream;
} ri_lines;

/* Begin with files that are opened when their turn comes, and lines of up to RI_LONGEST_LINE. Errors: RECUR_EARG: no path, or stdin twice. */
recur_status ri_lines_init(ri_lines *lines, recur_ctx *ctx, int n_paths, const char *const *paths,
                           recur_encoding encoding);
void         ri_lines_free(ri_lines *lines);

/* Open the next file; *found says whether there was one. Errors: as ri_file_open. */
recur_status ri_lines_open_next(ri_lines *lines, bool *found);

/* Give the next line of the open file without its end; *found is false after the last. It is valid until the next call.
 * Errors: RECUR_EDATA, RECUR_EIO, RECUR_EMEMORY. */
recur_status ri_lines_next(ri_lines *lines, ri_span *line, bool *found);

/* Whether the next line would have to be waited for. */
bool ri_lines_waits(const ri_lines *lines);

/* Check that bytes of a line are UTF-8 without NUL. Errors: RECUR_EDATA. */
recur_status ri_lines_check(const ri_lines *lines, int64_t number, ri_span bytes);

/* Fail with RECUR_EDATA, the sentence opened by file and line. */
recur_status ri_lines_fail(const ri_lines *lines, int64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
