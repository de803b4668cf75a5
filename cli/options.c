/* The values of options: found by name, stored, completed by their defaults, and checked against what they need.
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

recur_status options_fail(options *o, recur_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(o->error, sizeof o->error, format, args);
    va_end(args);
    return status;
}

/* ---- life ---- */

void options_begin(options *o, const option_group *const *groups)
{
    *o = (options){0};
    for (const option_group *const *g = groups; *g; g++) {
        for (const option *row = (*g)->rows; row->name; row++) {
            o->values = need_more(o->values, (size_t)o->n_values + 1, sizeof *o->values);
            o->values[o->n_values++] = (option_value){.row = row};
        }
    }
}

static void clear(option_value *v)
{
    for (int i = 0; i < v->n_texts; i++) free(v->texts[i]);
    free(v->texts);
    *v = (option_value){.row = v->row};
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

/* ---- looking ---- */

option_value *options_look(const options *o, const char *name)
{
    for (int i = 0; i < o->n_values; i++)
        if (strcmp(o->values[i].row->name, name) == 0) return &o->values[i];
    return NULL;
}

option_value *options_find(const options *o, const char *name)
{
    option_value *v = options_look(o, name);
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

/* ---- storing ---- */

void options_clear(options *o, const char *name)
{
    clear(options_find(o, name));
}

recur_status options_store(options *o, option_value *v, option_source source, const char *label,
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
    if (options_store(o, v, source, name, text)) abort(); /* the caller's promise */
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

recur_status options_complete(options *o)
{
    for (int i = 0; i < o->n_values; i++) {
        option_value *v = &o->values[i];
        if (v->source == SOURCE_NONE && v->row->fallback &&
            options_store(o, v, SOURCE_DEFAULT, v->row->name, v->row->fallback))
            abort(); /* a default of the table that its own row refuses */
    }
    return check_needs(o);
}
