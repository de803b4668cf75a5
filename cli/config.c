/* Configuration files: one "name = value" a line, names as on the command line, "#" before a comment.
 *
 * A run holds the whole configuration that it was made with, so that 'recur resume RUN' and 'recur train lm --config RUN/config' need
 * nothing else. Paths in it are absolute.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "suggest.h"

enum { CONFIG_MAX = 1 << 20, WRITER_WAIT_MS = 5000 }; /* bytes; a configuration has a few hundred */

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r", text[n - 1])) n--;
    text[n] = '\0';
    return text;
}

static recur_status unknown_name(options *o, int line, const char *name)
{
    suggestion s;
    suggest_start(&s, name);
    for (int i = 0; i < o->n_values; i++) {
        const option *row = o->values[i].row;
        if (!(row->flags & OPTION_LOCAL) && row->type != OPTION_REFUSED) suggest_offer(&s, row->name);
    }
    if (!s.best) return options_fail(o, RECUR_EARG, "%s, line %d: unknown name '%s'", o->file, line, name);
    return options_fail(o, RECUR_EARG, "%s, line %d: unknown name '%s'; did you mean %s?", o->file, line,
                        name, s.best);
}

static recur_status take_line(options *o, int line, char *text)
{
    char *sign = strchr(text, '=');
    text = trim(text);
    if (!*text || *text == '#') return RECUR_OK;
    if (!sign)
        return options_fail(o, RECUR_EARG, "%s, line %d: wanted name = value, found '%s'", o->file, line,
                            text);
    *sign = '\0';
    char *name = trim(text);
    char *value = trim(sign + 1);

    option_value *v = options_look(o, name);
    if (!v || v->row->flags & OPTION_LOCAL) return unknown_name(o, line, name);
    if (v->source == SOURCE_COMMAND) return RECUR_OK;
    if (v->source == SOURCE_FILE && !(v->row->flags & OPTION_MANY))
        return options_fail(o, RECUR_EARG, "%s, line %d: %s is given again; first in line %d", o->file, line,
                            name, v->line);
    char label[128];
    snprintf(label, sizeof label, "%.60s, line %d: %s", o->file, line, name);
    recur_status status = options_store(o, v, SOURCE_FILE, label, value);
    v->line = line;
    return status;
}

/* Open a file for reading; NULL and errno where it cannot be. A pipe without a writer would block for ever: EAGAIN after some seconds. */
static FILE *open_patiently(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    FILE         *f = poll(&p, 1, WRITER_WAIT_MS) == 0 ? NULL : fdopen(fd, "rb");
    if (f) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    } else {
        close(fd);
        errno = EAGAIN;
    }
    return f;
}

/* Read a whole small text file. */
static recur_status read_text(options *o, const char *path, char **text)
{
    FILE       *f = open_patiently(path);
    struct stat about;
    if (!f && errno == EAGAIN)
        return options_fail(o, RECUR_EIO, "nobody writes the configuration to pipe %s (waited %d s)", path,
                            WRITER_WAIT_MS / 1000);
    if (!f) return options_fail(o, RECUR_EIO, "cannot read the configuration %s: %s", path, strerror(errno));
    if (fstat(fileno(f), &about) == 0 && S_ISDIR(about.st_mode)) {
        fclose(f);
        return options_fail(o, RECUR_EIO, "cannot read the configuration %s: it is a directory", path);
    }
    *text = need_memory(CONFIG_MAX + 1, 1);
    size_t n = fread(*text, 1, CONFIG_MAX, f);
    bool   fits = !ferror(f) && n < CONFIG_MAX;
    fclose(f);
    if (fits && strlen(*text) == n) return RECUR_OK;
    return options_fail(o, RECUR_EARG,
                        "%s is not a configuration: it is binary, unreadable or larger than %d bytes", path,
                        CONFIG_MAX);
}

/* Take the lines of a text, which is cut up. */
static recur_status take_lines(options *o, char *text)
{
    recur_status status = RECUR_OK;
    int          line = 0;
    for (char *p = text, *next; !status && p; p = next) {
        next = strchr(p, '\n');
        if (next) *next++ = '\0';
        status = take_line(o, ++line, p);
    }
    return status;
}

recur_status config_read(options *o, const char *path)
{
    char        *text = NULL;
    recur_status status = read_text(o, path, &text);
    free(o->file);
    o->file = need_copy(path);
    if (!status) status = take_lines(o, text);
    free(text);
    return status;
}

recur_status config_take(options *o, const char *origin, const char *text)
{
    char *copy = need_copy(text);
    free(o->file);
    o->file = need_copy(origin);
    recur_status status = take_lines(o, copy);
    free(copy);
    return status;
}

recur_status config_peek(options *o, const char *path, const char *name, char *value, size_t size)
{
    char        *text = NULL;
    recur_status status = read_text(o, path, &text);
    *value = '\0';
    for (char *p = status ? NULL : text, *next; p && !*value; p = next) {
        next = strchr(p, '\n');
        if (next) *next++ = '\0';
        char *sign = strchr(p, '=');
        if (!sign) continue;
        *sign = '\0';
        if (strcmp(trim(p), name) == 0) snprintf(value, size, "%s", trim(sign + 1));
    }
    free(text);
    return status;
}

/* ---- writing ---- */

static bool can_be_written(const char *text)
{
    size_t n = strlen(text);
    return !strpbrk(text, "\r\n") && (n == 0 || !strchr(" \t", text[n - 1]));
}

char *config_absolute(const char *path)
{
    char where[4096];
    if (path[0] == '/' || strcmp(path, "-") == 0) return need_copy(path);
    if (!getcwd(where, sizeof where)) return NULL;
    size_t n = strlen(where) + strlen(path) + 2;
    char  *full = need_memory(n, 1);
    snprintf(full, n, "%s/%s", where, path);
    return full;
}

static recur_status write_value(options *o, const option_value *v, FILE *f)
{
    for (int i = 0; i < v->n_texts; i++) {
        char *text = v->row->flags & OPTION_PATH ? config_absolute(v->texts[i]) : need_copy(v->texts[i]);
        bool  fits = text && can_be_written(text);
        if (fits) fprintf(f, "%s = %s\n", v->row->name, text);
        free(text);
        if (!fits)
            return options_fail(
                o, RECUR_EARG,
                "--%s cannot be kept in a configuration: a line feed in it, or a blank at its end",
                v->row->name);
    }
    return RECUR_OK;
}

/* Write all values, or those of n names. */
static char *write_values(options *o, const char *head, const char *const *names, size_t n)
{
    char        *text = NULL;
    size_t       size = 0;
    recur_status status = RECUR_OK;
    FILE        *f = open_memstream(&text, &size);
    if (!f) {
        options_fail(o, RECUR_EMEMORY, "no memory for the configuration");
        return NULL;
    }
    fputs(head, f);
    for (int i = 0; !status && i < o->n_values; i++) {
        const option_value *v = &o->values[i];
        bool                is_wanted = !names;
        for (size_t k = 0; k < n && !is_wanted; k++) is_wanted = strcmp(names[k], v->row->name) == 0;
        if (is_wanted && !(v->row->flags & OPTION_LOCAL) && options_fits(o, v->row))
            status = write_value(o, v, f);
    }
    if (fclose(f) != 0 && !status) status = options_fail(o, RECUR_EMEMORY, "no memory for the configuration");
    if (!status) return text;
    free(text);
    return NULL;
}

char *config_write(options *o)
{
    char head[96];
    snprintf(head, sizeof head, "# recur %s: the configuration of this run\n", RECUR_VERSION);
    return write_values(o, head, NULL, 0);
}

char *config_write_some(options *o, const char *const *names, size_t n)
{
    return write_values(o, "", names, n);
}
