/* Configuration files: one "name = value" a line, names as on the command line, "#" before a comment.
 *
 * A run holds the whole configuration that it was made with, so that 'recur resume RUN' and 'recur train lm --config RUN/config' need
 * nothing else. Paths in it are absolute.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"

enum { CONFIG_MAX = 1 << 20 }; /* bytes; a configuration has a few hundred */

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

static option_value *find_name(options *o, const char *name)
{
    for (int i = 0; i < o->n_values; i++)
        if (strcmp(o->values[i].row->name, name) == 0) return &o->values[i];
    return NULL;
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

    option_value *v = find_name(o, name);
    if (!v || v->row->flags & OPTION_LOCAL) return unknown_name(o, line, name);
    if (v->source == SOURCE_COMMAND) return RECUR_OK;
    if (v->source == SOURCE_FILE && !(v->row->flags & OPTION_MANY))
        return options_fail(o, RECUR_EARG, "%s, line %d: %s is given again; first in line %d", o->file, line,
                            name, v->line);
    char label[128];
    snprintf(label, sizeof label, "%.60s, line %d: %s", o->file, line, name);
    v->texts = need_more(v->texts, (size_t)v->n_texts + 1, sizeof *v->texts);
    v->texts[v->n_texts++] = need_copy(value);
    v->source = SOURCE_FILE;
    v->line = line;
    return value_parse(v, label, value, o->error, sizeof o->error);
}

/* Read a whole small text file. */
static recur_status read_text(options *o, const char *path, char **text)
{
    FILE       *f = fopen(path, "rb");
    struct stat about;
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

recur_status config_read(options *o, const char *path)
{
    char        *text = NULL;
    recur_status status = read_text(o, path, &text);
    free(o->file);
    o->file = need_copy(path);
    int line = 0;
    for (char *p = text, *next; !status && p; p = next) {
        next = strchr(p, '\n');
        if (next) *next++ = '\0';
        status = take_line(o, ++line, p);
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

/* Return a path from the root, or NULL if the working directory has no name. The caller frees it. */
static char *absolute(const char *path)
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
        char *text = v->row->flags & OPTION_PATH ? absolute(v->texts[i]) : need_copy(v->texts[i]);
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

char *config_write(options *o)
{
    char        *text = NULL;
    size_t       size = 0;
    recur_status status = RECUR_OK;
    FILE        *f = open_memstream(&text, &size);
    if (!f) {
        options_fail(o, RECUR_EMEMORY, "no memory for the configuration");
        return NULL;
    }
    fprintf(f, "# recur %s: the configuration of this run\n", RECUR_VERSION);
    for (int i = 0; !status && i < o->n_values; i++) {
        const option_value *v = &o->values[i];
        if (!(v->row->flags & OPTION_LOCAL) && options_fits(o, v->row)) status = write_value(o, v, f);
    }
    if (fclose(f) != 0 && !status) status = options_fail(o, RECUR_EMEMORY, "no memory for the configuration");
    if (!status) return text;
    free(text);
    return NULL;
}
