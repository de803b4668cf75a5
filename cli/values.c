/* The text of one option becomes its value, or a sentence that says what was wanted, what was found and what would be right.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "suggest.h"

typedef struct sentence {
    char       *text;
    size_t      size;
    const char *label;
} sentence;

static recur_status wrong(const sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static recur_status wrong(const sentence *s, const char *format, ...)
{
    int     n = snprintf(s->text, s->size, "%s ", s->label);
    va_list args;
    va_start(args, format);
    if (n > 0 && (size_t)n < s->size) vsnprintf(s->text + n, s->size - (size_t)n, format, args);
    va_end(args);
    return RECUR_EARG;
}

/* ---- numbers ---- */

static void range_says(const option *row, const char *what, char *text, size_t size)
{
    bool is_above = row->flags & OPTION_ABOVE;
    if (row->max < HUGE_VAL)
        snprintf(text, size, is_above ? "%s above %.15g, up to %.15g" : "%s from %.15g to %.15g", what,
                 row->min, row->max);
    else
        snprintf(text, size, is_above ? "%s above %.15g" : "%s of at least %.15g", what, row->min);
}

static bool in_range(const option *row, double x)
{
    return x >= row->min && x <= row->max && !(row->flags & OPTION_ABOVE && x <= row->min);
}

/* Say that a number is out of range, and which one is the nearest that is not. */
static recur_status out_of_range(const sentence *s, const option *row, const char *range, const char *found,
                                 double x)
{
    if (x > row->max) return wrong(s, "wants %s, found %s; the nearest is %.15g", range, found, row->max);
    if (!(row->flags & OPTION_ABOVE))
        return wrong(s, "wants %s, found %s; the nearest is %.15g", range, found, row->min);
    if (row->fallback) return wrong(s, "wants %s, found %s; the default is %s", range, found, row->fallback);
    return wrong(s, "wants %s, found %s", range, found);
}

static recur_status parse_int(option_value *v, const sentence *s, const char *text)
{
    char range[128], *end;
    range_says(v->row, "a whole number", range, sizeof range);
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end) {
        double x = strtod(text, &end);
        if (end == text || *end || isnan(x)) return wrong(s, "wants %s, found '%s'", range, text);
        if (in_range(v->row, x))
            return wrong(s, "wants %s, found %s; the nearest is %.0f", range, text, rint(x));
        return out_of_range(s, v->row, range, text, x);
    }
    if (errno == ERANGE || !in_range(v->row, (double)value))
        return out_of_range(s, v->row, range, text, (double)value);
    v->integer = value;
    return RECUR_OK;
}

/* Read one number that ends at `stop` or at the end of the text. */
static bool read_number(const char **text, char stop, double *x)
{
    char *end;
    *x = strtod(*text, &end);
    if (end == *text || (*end && *end != stop)) return false;
    *text = *end ? end + 1 : end;
    return true;
}

static recur_status parse_number(option_value *v, const sentence *s, const char *text)
{
    char        range[128];
    const char *rest = text;
    double      x;
    range_says(v->row, "a number", range, sizeof range);
    if (!read_number(&rest, '\0', &x) || isnan(x)) return wrong(s, "wants %s, found '%s'", range, text);
    if (!isfinite(x)) return wrong(s, "wants a finite number, found %s", text);
    if (!in_range(v->row, x)) return out_of_range(s, v->row, range, text, x);
    v->numbers[0] = x;
    v->n_numbers = 1;
    return RECUR_OK;
}

static recur_status parse_numbers(option_value *v, const sentence *s, const char *text)
{
    const option *row = v->row;
    const char   *rest = text;
    char          range[128];
    range_says(row, "numbers", range, sizeof range);
    v->n_numbers = 0;
    while (*rest || v->n_numbers == 0 || rest[-1] == ',') {
        double x;
        if (v->n_numbers == row->most || !read_number(&rest, ',', &x))
            return wrong(s, "wants %s (%d to %d %s), found '%s'", row->form, row->least, row->most, range,
                         text);
        if (!in_range(row, x)) return wrong(s, "wants %s, found %.15g in '%s'", range, x, text);
        v->numbers[v->n_numbers++] = x;
    }
    if (v->n_numbers < row->least)
        return wrong(s, "wants %s (%d to %d %s), found '%s'", row->form, row->least, row->most, range, text);
    return RECUR_OK;
}

/* ---- choices ---- */

enum { CHOICE_BYTES = 64 };

/* Copy choice number i, its arguments cut off; *args is where their names begin, NULL if it has none. */
static bool nth_choice(const char *choices, int i, char name[CHOICE_BYTES], const char **args)
{
    for (; i > 0; i--) {
        choices = strchr(choices, '|');
        if (!choices) return false;
        choices++;
    }
    size_t n = strcspn(choices, ":|");
    snprintf(name, CHOICE_BYTES, "%.*s", (int)n, choices);
    *args = choices[n] == ':' ? choices + n + 1 : NULL;
    return true;
}

void value_list(const char *choices, char *text, size_t size)
{
    size_t n = 0;
    for (const char *p = choices; *p && n + 8 < size;) {
        size_t length = strcspn(p, "|");
        bool   is_last = !p[length] || !strchr(p + length + 1, '|');
        n += (size_t)snprintf(text + n, size - n, "%.*s", (int)length, p);
        if (!p[length]) break;
        if (n < size) n += (size_t)snprintf(text + n, size - n, "%s", is_last ? " or " : ", ");
        p += length + 1;
    }
}

static recur_status unknown_choice(const option_value *v, const sentence *s, const char *word)
{
    char       list[256], name[CHOICE_BYTES], near[CHOICE_BYTES] = "";
    suggestion best;
    value_list(v->row->choices, list, sizeof list);
    suggest_start(&best, word);
    const char *args;
    for (int i = 0; nth_choice(v->row->choices, i, name, &args); i++) {
        size_t before = best.distance;
        suggest_offer(&best, name);
        if (best.distance < before) memcpy(near, name, sizeof near);
    }
    if (!*near) return wrong(s, "wants %s, found '%s'", list, word);
    return wrong(s, "wants %s, found '%s'; did you mean %s?", list, word, near);
}

/* Read the numbers behind a choice; args names them: "FACTOR,AFTER|cosine". */
static recur_status choice_numbers(option_value *v, const sentence *s, const char *name, const char *args,
                                   const char *text)
{
    int length = (int)strcspn(args, "|"), wanted = 1;
    for (int i = 0; i < length; i++) wanted += args[i] == ',';
    v->n_numbers = 0;
    while (*text && v->n_numbers < wanted) {
        double *x = &v->numbers[v->n_numbers];
        if (!read_number(&text, ',', x) || !(*x > 0) || !isfinite(*x)) break;
        v->n_numbers++;
    }
    if (v->n_numbers == wanted && !*text && text[-1] != ',') return RECUR_OK;
    return wrong(s, "wants %s:%.*s with positive numbers, found '%s'", name, length, args, v->texts[0]);
}

static recur_status parse_choice(option_value *v, const sentence *s, const char *text)
{
    char        word[CHOICE_BYTES], name[CHOICE_BYTES];
    const char *args;
    size_t      n = strcspn(text, ":");
    snprintf(word, sizeof word, "%.*s", (int)n, text);
    for (v->choice = 0; nth_choice(v->row->choices, v->choice, name, &args); v->choice++) {
        if (strcmp(word, name) != 0 || n >= sizeof word) continue;
        if (args) return choice_numbers(v, s, name, args, text[n] ? text + n + 1 : text + n);
        if (text[n]) return wrong(s, "%s takes no number, found '%s'", name, text);
        return RECUR_OK;
    }
    return unknown_choice(v, s, word);
}

/* ---- all types ---- */

static recur_status parse_switch(option_value *v, const sentence *s, const char *text)
{
    v->is_on = strcmp(text, "yes") == 0;
    if (v->is_on || strcmp(text, "no") == 0) return RECUR_OK;
    return wrong(s, "wants yes or no, found '%s'", text);
}

recur_status value_parse(option_value *v, const char *label, const char *text, char *error, size_t error_size)
{
    const sentence s = {.text = error, .size = error_size, .label = label};
    switch (v->row->type) {
    case OPTION_SWITCH:
        return parse_switch(v, &s, text);
    case OPTION_INT:
        return parse_int(v, &s, text);
    case OPTION_NUMBER:
        return parse_number(v, &s, text);
    case OPTION_NUMBERS:
        return parse_numbers(v, &s, text);
    case OPTION_CHOICE:
        return parse_choice(v, &s, text);
    case OPTION_TEXT:
        return RECUR_OK;
    case OPTION_REFUSED:
        break;
    }
    return wrong(&s, "%s", v->row->help);
}
