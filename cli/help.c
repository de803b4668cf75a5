/* Help, made from the same tables that the parser reads.
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "app.h"

enum { WIDTH = 96, COLUMN = 32 };

/* Print the shortest use of every command whose name begins so. */
static void print_uses(app *a, const char *begin)
{
    for (const command *const *c = all_commands; *c; c++) {
        char use[64];
        if (strncmp((*c)->name, begin, strlen(begin)) != 0) continue;
        bool has_own_list = strchr((*c)->name, ' '); /* train, score, lab */
        if (!*begin && has_own_list) continue;
        snprintf(use, sizeof use, "recur %s %s", (*c)->name, (*c)->brief);
        output_format(a, "  %-28s %s\n", use, (*c)->summary);
    }
}

int help_first_screen(app *a)
{
    output_format(a, "recur %s: recurrent neural networks, trained and run on the CPU\n\n", recur_version());
    output_format(a, "  %-28s %s\n", "recur train TASK FILE", "train a model: of text, or of labels");
    print_uses(a, "");
    output_format(a, "  %-28s %s\n", "recur score TASK", "metrics of predictions in files");
    output_format(a, "  %-28s %s\n", "recur lab", "the textbook's experiments");
    output_format(a, "\n  %-28s %s\n", "recur help COMMAND",
                  "show its options; with --all the rare ones too");
    return RECUR_OK;
}

int help_tasks(app *a)
{
    output_format(a, "recur train TASK FILE...\n\n");
    print_uses(a, "train ");
    return RECUR_OK;
}

int help_scores(app *a)
{
    output_format(a, "recur score TASK GOLD PREDICTED\n\n");
    print_uses(a, "score ");
    return RECUR_OK;
}

int help_labs(app *a)
{
    if (!a->json) output_format(a, "recur lab NAME [options]\n\n");
    if (!a->json) print_uses(a, "lab ");
    for (const command *const *c = all_commands; *c && a->json; c++)
        if (strncmp((*c)->name, "lab ", 4) == 0)
            output_json(a, json_pack("{s:s,s:s}", "name", (*c)->name + 4, "summary", (*c)->summary));
    return RECUR_OK;
}

/* Print text in a column, broken at blanks. The cursor stands at `at`. */
static void print_column(app *a, int at, const char *text)
{
    while (*text) {
        size_t n = strlen(text), room = WIDTH - COLUMN;
        if (n > room) {
            n = room;
            while (n > 0 && text[n] != ' ') n--;
            if (n == 0) n = strcspn(text, " ");
        }
        if (at < COLUMN)
            output_format(a, "%*s%.*s\n", COLUMN - at, "", (int)n, text);
        else
            output_format(a, "\n%*s%.*s\n", COLUMN, "", (int)n, text);
        text += n + strspn(text + n, " ");
        at = 0;
    }
}

static void print_row(app *a, const option *row)
{
    char        left[96], right[512];
    const char *value = row->default_says ? row->default_says : row->fallback;
    bool        is_on = row->type == OPTION_SWITCH && row->fallback && strcmp(row->fallback, "yes") == 0;
    int n = snprintf(left, sizeof left, "  --%s%s%s%s", is_on ? "no-" : "", row->name, row->form ? " " : "",
                     row->form ? row->form : "");
    if (is_on)
        snprintf(right, sizeof right, "do not %s", row->help);
    else if (value && row->type != OPTION_SWITCH)
        snprintf(right, sizeof right, "%s (default: %s)", row->help, value);
    else
        snprintf(right, sizeof right, "%s", row->help);
    output_format(a, "%s", left);
    print_column(a, n, right);
}

/* Print the rows that help shows: all, or the usual ones. Return how many were left out. */
static int print_groups(app *a, const command *c, bool all)
{
    int  n_left = 0;
    bool is_first = true;
    for (const option_group *const *g = c->groups; *g; g++) {
        bool has_title = false;
        for (const option *row = (*g)->rows; row->name; row++) {
            if (row->type == OPTION_REFUSED || row->flags & OPTION_FILE) continue;
            if (!all && !(row->flags & OPTION_USUAL)) {
                n_left++;
                continue;
            }
            if (all && !has_title) output_format(a, "\n%s\n", (*g)->title);
            has_title = true;
            if (!all && is_first) output_format(a, "\n");
            is_first = false;
            print_row(a, row);
        }
    }
    return n_left;
}

int help_command(app *a, const command *c, bool all)
{
    output_format(a, "recur %s %s\n\n%c%s.\n", c->name, c->synopsis, toupper((unsigned char)c->summary[0]),
                  c->summary + 1);
    if (c->notes) output_format(a, "%s", c->notes);
    int n_left = print_groups(a, c, all);
    if (c->more) c->more(a);
    if (n_left) output_format(a, "\n%d more: recur help %s --all\n", n_left, c->name);
    return RECUR_OK;
}
