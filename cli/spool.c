/* Streams put into temporary files: see spool.h.
 * SPDX-License-Identifier: MIT */
#include "spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

static bool is_stream(const char *path)
{
    struct stat about;
    if (strcmp(path, "-") == 0) return fstat(STDIN_FILENO, &about) != 0 || !S_ISREG(about.st_mode);
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

/* Replace one of an option's texts. */
static void rename_text(options *o, const char *name, int place, const char *text)
{
    option_value *v = options_find(o, name);
    free(v->texts[place]);
    v->texts[place] = need_copy(text);
}

/* Put the bytes into a file without a name. Of stdin it becomes stdin, so that sentences call it so. */
static int put(app *a, options *o, const char *name, spool *s, bool is_stdin)
{
    char path[32];
    s->file = tmpfile();
    bool ok = s->file && fwrite(s->text.bytes, 1, s->text.size, s->file) == s->text.size &&
              fflush(s->file) == 0 && lseek(fileno(s->file), 0, SEEK_SET) == 0 &&
              (!is_stdin || dup2(fileno(s->file), STDIN_FILENO) >= 0);
    if (!ok)
        return output_error(a, RECUR_EIO, "cannot put the data of a stream into a temporary file: %s",
                            strerror(errno));
    if (is_stdin) return RECUR_OK;
    snprintf(path, sizeof path, "/dev/fd/%d", fileno(s->file));
    rename_text(o, name, s->place, path);
    return RECUR_OK;
}

int spool_take(app *a, options *o, const char *name, spool *s)
{
    const option_value *v = options_find(o, name);
    int                 n_streams = 0;
    for (int i = 0; i < v->n_texts; i++) {
        bool is_stdin = strcmp(v->texts[i], "-") == 0;
        if (!is_stdin && !is_stream(v->texts[i])) continue;
        s->place = i;
        n_streams++;
    }
    if (n_streams == 0) return RECUR_OK;
    if (n_streams > 1)
        return output_error(a, RECUR_EARG,
                            "--%s names %d streams; at most one of its files may be stdin or a pipe", name,
                            n_streams);
    const char  *path = v->texts[s->place];
    recur_status status = recur_text_read(a->ctx, RECUR_BYTE, 1, &path, &s->text);
    if (status) return output_failure(a, status);
    s->is_used = true;
    return put(a, o, name, s, strcmp(path, "-") == 0);
}

int spool_keep(app *a, options *o, const char *name, spool *s, store *run)
{
    const char *path;
    if (!s->is_used) return RECUR_OK;
    int code = store_text(a, run, &s->text, &path);
    if (code) return code;
    rename_text(o, name, s->place, path);
    recur_text_free(a->ctx, &s->text); /* training reads what was made of it */
    return RECUR_OK;
}

void spool_free(app *a, spool *s)
{
    recur_text_free(a->ctx, &s->text);
    if (s->file) fclose(s->file);
}
