/* Options: one table describes them, and the parser, the help, the configuration files and the suggestions all read that table.
 *
 * A value comes from the command line, else from the file given by --config, else from the table. It keeps its text, so that the
 * configuration written into a run says what the user said.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recur/status.h"

typedef enum option_type {
    OPTION_SWITCH,  /* --tie and --no-tie; in a file "tie = yes" or "no" */
    OPTION_INT,     /* a whole number from min to max */
    OPTION_NUMBER,  /* a finite number from min to max */
    OPTION_NUMBERS, /* least to most numbers with commas between them, each from min to max */
    OPTION_CHOICE,  /* one of choices; a choice may want positive numbers, "step:FACTOR,AFTER" */
    OPTION_TEXT,
    OPTION_REFUSED /* an option of other tasks; help says why not of this one */
} option_type;

enum {
    OPTION_USUAL = 1,  /* among the dozen that help shows first */
    OPTION_MANY = 2,   /* may be given several times */
    OPTION_PATH = 4,   /* written into a run as an absolute path */
    OPTION_LOCAL = 8,  /* says nothing about the result: not written into a run, not read from a file */
    OPTION_ABOVE = 16, /* min itself is not allowed */
    OPTION_FILE = 32,  /* only in configuration files */
    OPTION_CONFIG = 64 /* its argument is a configuration file */
};

enum { OPTION_MAX_NUMBERS = 12 };

typedef struct option {
    const char *name; /* without dashes; NULL ends a table */
    const char *form; /* of its argument: "N"; NULL for a switch */
    option_type type;
    double      min, max;
    int         least, most;
    const char *choices;      /* "constant|step:FACTOR,AFTER|cosine" */
    const char *fallback;     /* the default as it would be typed, NULL: none */
    const char *default_says; /* how help words a default that depends on other options, or NULL */
    const char *needs;        /* "cell=lstm|gru": only together with these, or NULL */
    const char *help;
    unsigned    flags;
} option;

typedef struct option_group {
    const char   *title;
    const option *rows;
} option_group;

typedef enum option_source { SOURCE_NONE, SOURCE_DEFAULT, SOURCE_FILE, SOURCE_COMMAND } option_source;

typedef struct option_value {
    const option *row;
    option_source source;
    int           line; /* in the configuration file */
    char        **texts;
    int           n_texts;
    bool          is_on;
    int64_t       integer;
    int           choice;
    double        numbers[OPTION_MAX_NUMBERS]; /* OPTION_NUMBER: the first */
    int           n_numbers;
} option_value;

typedef struct options {
    option_value *values;
    int           n_values;
    char        **args;
    int           n_args;
    char         *file; /* where values of SOURCE_FILE come from */
    char          error[1024];
} options;

/* Begin with the rows of some groups (ended by NULL), no value given. options_free is called at the end, whatever happened. */
void options_begin(options *o, const option_group *const *groups);
void options_free(options *o);

/* Keep a sentence in o->error and return its status. */
recur_status options_fail(options *o, recur_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Return the value of that name, NULL if the table has none. */
option_value *options_look(const options *o, const char *name);

/* Look at a value. The name must be in the table. */
option_value *options_find(const options *o, const char *name);
bool          options_given(const options *o, const char *name); /* not by default */
bool          options_on(const options *o, const char *name);
int64_t       options_int(const options *o, const char *name);
double        options_number(const options *o, const char *name);
const char   *options_text(const options *o, const char *name); /* NULL: none */

/* Return whether an option can have an effect beside the others: what its row needs is there. */
bool options_fits(const options *o, const option *row);

/* Store a text as a value, or as one more of them where there may be many, and parse it; label is how a sentence calls the option. A
 * stronger source replaces a weaker one. Returns RECUR_EARG with the sentence in o->error. */
recur_status options_store(options *o, option_value *v, option_source source, const char *label,
                           const char *text);

/* Give a value that the user left open, or replace one: text must be right. */
void options_set(options *o, const char *name, option_source source, const char *text);
void options_clear(options *o, const char *name);

/* Fill in the defaults of the table, and refuse an option without what it needs: RECUR_EARG with the sentence in o->error. */
recur_status options_complete(options *o);

/* ---- one value (values.c) ---- */

/* Parse text into v; label is how the sentence calls the option. Returns RECUR_EARG with a sentence in error. */
recur_status value_parse(option_value *v, const char *label, const char *text, char *error,
                         size_t error_size);
void         value_list(const char *choices, char *text, size_t size); /* "rnn, relu, lstm or gru" */

#endif
