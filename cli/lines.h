/* Files of lines that are read in step, to their end.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "app.h"

typedef struct slice {
    const char *bytes;
    size_t      size;
} slice;

typedef struct line_file {
    const char *name;
    recur_text  text;
    size_t      at;
    int64_t     line; /* of the last one read, from 1 */
} line_file;

/* How a sentence calls a file. */
const char *lines_name(const char *path);

/* Read a file whole; a byte order mark is skipped. lines_close is called in any case. */
recur_status lines_open(app *a, const char *path, line_file *f);
void         lines_close(app *a, line_file *f);

/* Read the next line, without its end. *found is false at the end of the file. Returns an exit code, the error said: there may be no NUL byte. */
int lines_next(app *a, line_file *f, slice *line, bool *found);

/* Read to the end. Returns how many lines there are in all. */
int64_t lines_count(line_file *f);

#endif
