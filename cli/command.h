/* A command: the table that describes it, and words that become its options.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "options.h"

typedef struct app app;

/* What a command is called, how it is used, what runs it. */
typedef struct command {
    const char                *name;     /* "train lm" */
    const char                *synopsis; /* behind the name */
    const char                *brief;    /* the shortest use, for the first screen */
    const char                *summary;  /* what it does */
    const char                *notes;    /* further lines of its help, or NULL */
    const option_group *const *groups;   /* ended by NULL */
    const char                *args;     /* names of the arguments that must be given, "RUN"; "": none */
    const char                *rest;     /* the option that further arguments belong to, or NULL */
    int (*run)(app *a, options *o);
    void (*more)(app *a); /* writes what its help has behind the options, NULL: nothing */
} command;

/* Parse the words after a command's name. Returns RECUR_EARG (RECUR_EIO for a configuration file that cannot be read) with the
 * sentence in o->error. options_free is called in either case. */
recur_status command_parse(const command *c, int n, char *const *words, options *o);

/* Take a command's values from a configuration file alone. Otherwise as command_parse. */
recur_status command_load(const command *c, const char *path, options *o);

#endif
