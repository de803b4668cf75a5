/* Lines end with LF or CRLF, the last one also with the file.
 * SPDX-License-Identifier: MIT */
#include "lines.h"

#include <inttypes.h>
#include <string.h>

const char *lines_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

recur_status lines_open(app *a, const char *path, line_file *f)
{
    *f = (line_file){.name = lines_name(path)};
    recur_status status = recur_text_read(a->ctx, RECUR_BYTE, 1, &path, &f->text);
    if (!status && f->text.size >= 3 && memcmp(f->text.bytes, "\xef\xbb\xbf", 3) == 0) f->at = 3;
    return status;
}

void lines_close(app *a, line_file *f)
{
    recur_text_free(a->ctx, &f->text);
}

static bool next(line_file *f, slice *line)
{
    *line = (slice){f->text.bytes + f->at, f->text.size - f->at};
    if (line->size == 0) return false;
    f->line++;
    const char *end = memchr(line->bytes, '\n', line->size);
    if (end) line->size = (size_t)(end - line->bytes);
    f->at += line->size + (end != NULL);
    if (line->size > 0 && line->bytes[line->size - 1] == '\r') line->size--;
    return true;
}

int lines_next(app *a, line_file *f, slice *line, bool *found)
{
    *found = next(f, line);
    if (*found && memchr(line->bytes, '\0', line->size))
        return output_error(a, RECUR_EDATA, "%s:%" PRId64 ": a NUL byte; wanted text", f->name, f->line);
    return RECUR_OK;
}

int64_t lines_count(line_file *f)
{
    for (slice line; next(f, &line);) continue;
    return f->line;
}
