/* What a command works with: where its results go and how it speaks.
 *
 * stdout carries results and nothing else; stderr carries progress, notes and errors. With --json every result, report and error is one
 * JSON object on a line of stdout.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_APP_H
#define CLI_APP_H

#include <jansson.h>
#include <stdbool.h>

#include "command.h"
#include "recur/recur.h"

/* The bar on a terminal. It is drawn over itself, and cleared before any other line. */
typedef struct progress {
    bool   is_terminal, has_color, is_drawn;
    int    width;
    double began, drawn; /* seconds on the monotonic clock */
    double first;        /* share done when it began: a resumed run does not start at 0 */
    double from, part;   /* of the whole, where this work is one of several parts; part 0: it is the whole */
} progress;

struct app {
    bool       json, quiet;
    bool       is_broken;    /* whoever read stdout has gone */
    int        output_error; /* errno of the first failed write to stdout, 0: none */
    progress   bar;
    recur_ctx *ctx; /* made by app_open */

    const char *experiment; /* of a chapter that is at work, and */
    recur_page *page;       /* where it speaks in place of stdout; NULL otherwise */
};

#define COMMAND(name) extern const command name##_command;
#include "commands.def"
#undef COMMAND

/* Every command, ended by NULL. */
extern const command *const all_commands[];

/* Create the context with the --threads given. Returns an exit code, the error said. */
int app_open(app *a, const options *o);

/* The same with a number of threads (0: all cores), in place of a context that is there. */
int app_open_threads(app *a, int threads);

/* ---- results and errors (output.c) ---- */

/* Write bytes to stdout at once. Returns false if nobody reads them any more or they cannot be written. */
bool output_bytes(app *a, const char *bytes, size_t n);
bool output_format(app *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write one JSON object as a line; it is released. */
bool output_json(app *a, json_t *object);

/* A number for JSON: null where it is not finite. */
json_t *output_number(double x);

/* A list of n of them; NULL values: an empty one. */
json_t *output_numbers(int64_t n, const double *values);

/* Bytes as a JSON string: what is not UTF-8 becomes U+FFFD. */
json_t *output_string(const char *bytes, size_t n);

/* Say an error and return its exit code. */
int output_error(app *a, recur_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Say the context's last error and return its exit code. */
int output_failure(app *a, recur_status status);

/* Whether a path ends in these letters and has others before them: what a file is to be is told by its ending. */
bool path_ends_in(const char *path, const char *ending);

/* Refuse a path for a page (NULL: there is none) that does not end in .html. Returns an exit code, the error said. */
int output_check_page(app *a, const char *path);

/* Flush stdout; a failed write turns success into exit code 5. */
int output_end(app *a, int code);

/* ---- progress (progress.c) ---- */

void   progress_open(app *a);                      /* looks at stderr, TERM, NO_COLOR */
void   progress_begin(app *a);                     /* the work starts now; a part goes on */
double progress_share(const app *a, double share); /* of the whole, of a share of this part */
double progress_seconds(const app *a);             /* since then */
void   progress_draw(app *a, double share, const recur_report *last); /* last may be NULL */
void   progress_clear(app *a);
void   progress_say(app *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));                /* a line; none when quiet */
const char *progress_loss(double loss, char text[32]);    /* "1.7512"; a huge one in short */
const char *progress_time(double seconds, char text[32]); /* "1m 20s" */

/* ---- signals (signals.c) ---- */

void signals_catch(
    void); /* from now on the first SIGINT or SIGTERM only asks, a second one ends the process */
int  signals_pending(void);          /* the signal that asks for an end, 0: none */
void signals_end(int signal_number); /* end the process by that signal */

/* ---- help (help.c) ---- */

int help_first_screen(app *a);
int help_tasks(app *a); /* what can be trained */
int help_labs(app *a);  /* the experiments */
int help_scores(app *a);
int help_command(app *a, const command *c, bool all);

#endif
