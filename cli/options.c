/* The parser of command lines. It knows no option by name: the command's table says what there is.
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

/* ---- memory ---- */

void *need_more(void *p, size_t n, size_t size)
{
    void *more = n > SIZE_MAX / size ? NULL : realloc(p, n * size > 0 ? n * size : 1);
    if (!more) {
        fputs("recur: no memory\n", stderr);
        exit(RECUR_EMEMORY);
    }
    return more;
}

void *need_memory(size_t n, size_t size)
{
    void *p = need_more(NULL, n, size);
    return memset(p, 0, n * size);
}

char *need_copy(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(need_memory(n, 1), text, n);
}

/* ---- values ---- */

recur_status options_fail(options *o, recur_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(o->error, sizeof o->error, format, args);
    va_end(args);
    return status;
}

static option_value *find(const options *o, const char *name)
{
    for (int i = 0; i < o->n_values; i++)
        if (strcmp(o->values[i].row->name, name) == 0) return &o->values[i];
    return NULL;
}

option_value *options_find(const options *o, const char *name)
{
    option_value *v = find(o, name);
    if (!v) abort(); /* a name that the table lacks is a mistake in this program */
    return v;
}

bool options_given(const options *o, const char *name)
{
    return options_find(o, name)->source >= SOURCE_FILE;
}

bool options_on(const options *o, const char *name)
{
    return options_find(o, name)->is_on;
}

int64_t options_int(const options *o, const char *name)
{
    return options_find(o, name)->integer;
}

double options_number(const options *o, const char *name)
{
    return options_find(o, name)->numbers[0];
}

const char *options_text(const options *o, const char *name)
{
    const option_value *v = options_find(o, name);
    return v->n_texts ? v->texts[0] : NULL;
}

static void clear(option_value *v)
{
    for (int i = 0; i < v->n_texts; i++) free(v->texts[i]);
    free(v->texts);
    *v = (option_value){.row = v->row};
}

void options_clear(options *o, const char *name)
{
    clear(options_find(o, name));
}

/* Store a text under v and parse it. */
static recur_status store(options *o, option_value *v, option_source source, const char *label,
                          const char *text)
{
    if (!(v->row->flags & OPTION_MANY) || v->source < source) clear(v);
    v->texts = need_more(v->texts, (size_t)v->n_texts + 1, sizeof *v->texts);
    v->texts[v->n_texts++] = need_copy(text);
    v->source = source;
    return value_parse(v, label, text, o->error, sizeof o->error);
}

void options_set(options *o, const char *name, option_source source, const char *text)
{
    option_value *v = options_find(o, name);
    clear(v);
    if (store(o, v, source, name, text)) abort(); /* the caller's promise */
}

/* ---- what goes with what ---- */

/* Split needs, "cell=lstm|gru", into the other option's value and the texts that it may have. */
static const option_value *needed(const options *o, const option *row, const char **texts)
{
    char        name[32];
    const char *sign = strchr(row->needs, '=');
    snprintf(name, sizeof name, "%.*s", (int)(sign - row->needs), row->needs);
    *texts = sign + 1;
    return options_find(o, name);
}

bool options_fits(const options *o, const option *row)
{
    if (!row->needs) return true;
    const char         *texts;
    const option_value *other = needed(o, row, &texts);
    size_t              n = strlen(other->texts[0]);
    for (const char *p = texts; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strcspn(p, "|") == n && strncmp(p, other->texts[0], n) == 0) return true;
    return false;
}

static recur_status check_needs(options *o)
{
    for (int i = 0; i < o->n_values; i++) {
        const option_value *v = &o->values[i];
        if (v->source < SOURCE_FILE || options_fits(o, v->row)) continue;
        if (v->source == SOURCE_FILE && v->row->fallback && strcmp(v->texts[0], v->row->fallback) == 0)
            continue; /* a run's configuration says the defaults too */
        char                list[128];
        const char         *texts;
        const option_value *other = needed(o, v->row, &texts);
        value_list(texts, list, sizeof list);
        return options_fail(o, RECUR_EARG, "--%s is for --%s %s, found --%s %s", v->row->name,
                            other->row->name, list, other->row->name, other->texts[0]);
    }
    return RECUR_OK;
}

/* ---- the command line ---- */

static recur_status unknown_option(options *o, const char *word)
{
    suggestion s;
    suggest_start(&s, word);
    for (int i = 0; i < o->n_values; i++) {
        const option *row = o->values[i].row;
        if (!(row->flags & OPTION_FILE) && row->type != OPTION_REFUSED) suggest_offer(&s, row->name);
    }
    if (s.best)
        return options_fail(o, RECUR_EARG, "recur %s has no option --%s; did you mean --%s?",
                            o->command->name, word, s.best);
    return options_fail(o, RECUR_EARG,
                        "recur %s has no option --%s; 'recur help %s --all' lists what there is",
                        o->command->name, word, o->command->name);
}

/* Take one option at words[*i], and its argument where it is a word of its own. */
static recur_status take_option(options *o, int n, char *const *words, int *i)
{
    const char *word = words[*i] + 2, *sign = strchr(word, '=');
    char        name[64], label[80];
    snprintf(name, sizeof name, "%.*s", (int)(sign ? (size_t)(sign - word) : strlen(word)), word);
    snprintf(label, sizeof label, "--%s", name);

    option_value *v = find(o, name);
    bool          is_off = !v && strncmp(name, "no-", 3) == 0;
    if (is_off) v = find(o, name + 3);
    if (!v || v->row->flags & OPTION_FILE || (is_off && v->row->type != OPTION_SWITCH))
        return unknown_option(o, name);

    if (v->row->type == OPTION_SWITCH) {
        if (sign) return options_fail(o, RECUR_EARG, "%s takes no value, found '%s'", label, sign + 1);
        return store(o, v, SOURCE_COMMAND, label, is_off ? "no" : "yes");
    }
    if (v->row->type == OPTION_REFUSED) return options_fail(o, RECUR_EARG, "%s %s", label, v->row->help);
    if (sign) return store(o, v, SOURCE_COMMAND, label, sign + 1);
    if (*i + 1 >= n)
        return options_fail(o, RECUR_EARG, "%s wants %s, found nothing after it", label, v->row->form);
    const char *text = words[++*i];
    if (strncmp(text, "--", 2) == 0 && v->row->type == OPTION_TEXT)
        return options_fail(o, RECUR_EARG,
                            "%s wants %s, found the option %s; a value with dashes is given as %s=%s", label,
                            v->row->form, text, label, text);
    return store(o, v, SOURCE_COMMAND, label, text);
}

static recur_status take_argument(options *o, const char *word)
{
    const char *wanted = o->command->args;
    int         n = *wanted ? 1 : 0;
    for (const char *p = wanted; *p; p++) n += *p == ' ';
    if (o->n_args < n) {
        o->args = need_more(o->args, (size_t)o->n_args + 1, sizeof *o->args);
        o->args[o->n_args++] = need_copy(word);
        return RECUR_OK;
    }
    if (o->command->rest)
        return store(o, options_find(o, o->command->rest), SOURCE_COMMAND, o->command->rest, word);
    return options_fail(o, RECUR_EARG, "recur %s takes %s, found '%s' as well", o->command->name,
                        *wanted ? wanted : "no arguments", word);
}

static recur_status take_words(options *o, int n, char *const *words)
{
    bool are_options = true;
    for (int i = 0; i < n; i++) {
        recur_status status;
        if (are_options && strcmp(words[i], "--") == 0) {
            are_options = false;
            continue;
        }
        if (are_options && strncmp(words[i], "--", 2) == 0)
            status = take_option(o, n, words, &i);
        else if (are_options && words[i][0] == '-' && words[i][1])
            status =
                options_fail(o, RECUR_EARG, "unknown option %s; options begin with two dashes", words[i]);
        else
            status = take_argument(o, words[i]);
        if (status) return status;
    }
    return RECUR_OK;
}

/* ---- all together ---- */

static void prepare(options *o, const command *c)
{
    *o = (options){.command = c};
    for (const option_group *const *g = c->groups; *g; g++) {
        for (const option *row = (*g)->rows; row->name; row++) {
            o->values = need_more(o->values, (size_t)o->n_values + 1, sizeof *o->values);
            o->values[o->n_values++] = (option_value){.row = row};
        }
    }
}

static recur_status complete(options *o)
{
    for (int i = 0; i < o->n_values; i++) {
        option_value *v = &o->values[i];
        if (v->source == SOURCE_NONE && v->row->fallback &&
            store(o, v, SOURCE_DEFAULT, v->row->name, v->row->fallback))
            abort(); /* a default of the table that its own row refuses */
    }
    return check_needs(o);
}

recur_status options_parse(options *o, const command *c, int n, char *const *words)
{
    prepare(o, c);
    recur_status status = take_words(o, n, words);
    if (status) return status;
    const option_value *config = find(o, "config");
    if (config && config->n_texts) status = config_read(o, config->texts[0]);
    if (status) return status;
    if (o->n_args == 0 && *c->args)
        return options_fail(o, RECUR_EARG, "recur %s wants %s; 'recur help %s' says more", c->name, c->args,
                            c->name);
    return complete(o);
}

recur_status options_load(options *o, const command *c, const char *path)
{
    prepare(o, c);
    recur_status status = config_read(o, path);
    return status ? status : complete(o);
}

void options_free(options *o)
{
    for (int i = 0; i < o->n_values; i++) clear(&o->values[i]);
    for (int i = 0; i < o->n_args; i++) free(o->args[i]);
    free(o->values);
    free(o->args);
    free(o->file);
    o->n_values = o->n_args = 0;
}
