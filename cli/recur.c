/* The program: find the command, parse its words by its table, run it.
 *
 * Exit codes are the library's status numbers (recur/status.h); a run that a signal ended ends by that signal.
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "suggest.h"

const command *const all_commands[] = {
#define COMMAND(name) &name##_command,
#include "commands.def"
#undef COMMAND
    NULL};

/* ---- context ---- */

static void on_log(void *user, const char *line)
{
    progress_say(user, "note: %s", line);
}

int app_open(app *a, const options *o)
{
    return app_open_threads(a, (int)options_int(o, "threads"));
}

int app_open_threads(app *a, int threads)
{
    const recur_ctx_opts opts = {.threads = threads, .log = on_log, .log_user = a};
    recur_ctx_destroy(a->ctx);
    recur_status status = recur_ctx_create(&opts, &a->ctx);
    if (!status) return RECUR_OK;
    const char *cpu = getenv("RECUR_CPU");
    if (status == RECUR_EARG && cpu && *cpu)
        return output_error(
            a, status,
            "RECUR_CPU is \"%s\"; wanted ref, or sse2, avx2, avx512 or neon where the processor has it", cpu);
    return output_error(a, status, "cannot start %d threads", opts.threads);
}

/* ---- commands by name ---- */

/* Return whether the words begin with the command's name, and how many words that is. */
static bool is_named(const command *c, int n, char *const *words, int *n_used)
{
    const char *name = c->name;
    for (*n_used = 0; *n_used < n;) {
        size_t length = strcspn(name, " ");
        if (strlen(words[*n_used]) != length || strncmp(words[*n_used], name, length) != 0) return false;
        ++*n_used;
        name += length;
        if (!*name) return true;
        name++;
    }
    return false;
}

static const command *find_command(int n, char *const *words, int *n_used)
{
    for (const command *const *c = all_commands; *c; c++)
        if (is_named(*c, n, words, n_used)) return *c;
    return NULL;
}

/* "recur train" or "recur score" without a task, "recur lab" without an experiment, or with one that is not there. */
static int no_member(app *a, const char *what, int n, char *const *words)
{
    char       names[256] = "";
    size_t     group = strlen(words[0]);
    suggestion s;
    suggest_start(&s, n > 1 ? words[1] : "");
    for (const command *const *c = all_commands; *c; c++) {
        if (strncmp((*c)->name, words[0], group) != 0 || (*c)->name[group] != ' ') continue;
        const char *name = (*c)->name + group + 1;
        size_t      length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%s", length ? ", " : "", name);
        suggest_offer(&s, name);
    }
    if (n < 2 || words[1][0] == '-')
        return output_error(a, RECUR_EARG, "recur %s wants a%s %s; there is: %s", words[0],
                            *what == 'e' ? "n" : "", what, names);
    if (s.best)
        return output_error(a, RECUR_EARG, "recur %s has no %s '%s'; did you mean %s?", words[0], what,
                            words[1], s.best);
    return output_error(a, RECUR_EARG, "recur %s has no %s '%s'; there is: %s", words[0], what, words[1],
                        names);
}

static int no_command(app *a, int n, char *const *words)
{
    char           list[1000] = "";
    const command *is_task_of = NULL;
    suggestion     s;
    if (strcmp(words[0], "train") == 0) return no_member(a, "task", n, words);
    if (strcmp(words[0], "lab") == 0) return no_member(a, "experiment", n, words);
    if (strcmp(words[0], "score") == 0) return no_member(a, "task", n, words);
    suggest_start(&s, words[0]);
    for (const command *const *c = all_commands; *c; c++) {
        size_t length = strlen(list);
        snprintf(list + length, sizeof list - length, "%s, ", (*c)->name);
        suggest_offer(&s, (*c)->name);
        const char *task = strchr((*c)->name, ' ');
        if (task && !is_task_of && strcmp(words[0], task + 1) == 0) is_task_of = *c;
    }
    const char *others[] = {"train", "lab", "score", "help", "version"};
    for (int i = 0; i < 5; i++) suggest_offer(&s, others[i]);
    if (is_task_of) s.best = is_task_of->name;
    if (s.best)
        return output_error(a, RECUR_EARG, "recur has no command '%s'; did you mean 'recur %s'?", words[0],
                            s.best);
    return output_error(a, RECUR_EARG, "recur has no command '%s'; there are: %shelp, version", words[0],
                        list);
}

/* ---- help and version ---- */

/* Return whether a word is among those before "--". */
static bool has_word(int n, char *const *words, const char *word)
{
    for (int i = 0; i < n && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], word) == 0) return true;
    return false;
}

static int print_version(app *a)
{
    output_format(a, "recur %s\n", recur_version());
    return RECUR_OK;
}

/* "recur help [COMMAND] [--all]" in any order. */
static int help(app *a, int n, char *words[])
{
    bool all = has_word(n, words, "--all");
    int  n_left = 0, n_used;
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], "--all") != 0 && strcmp(words[i], "--help") != 0) words[n_left++] = words[i];
    if (n_left == 0) return help_first_screen(a);
    if (n_left == 1 && strcmp(words[0], "train") == 0) return help_tasks(a);
    if (n_left == 1 && strcmp(words[0], "lab") == 0) return help_labs(a);
    if (n_left == 1 && strcmp(words[0], "score") == 0) return help_scores(a);
    const command *c = find_command(n_left, words, &n_used);
    return c ? help_command(a, c, all) : no_command(a, n_left, words);
}

/* ---- all together ---- */

static int run(app *a, const command *c, int n, char *const *words)
{
    options o;
    if (has_word(n, words, "--help") || has_word(n, words, "-h"))
        return help_command(a, c, has_word(n, words, "--all"));
    recur_status status = command_parse(c, n, words, &o);
    int          code;
    if (status) {
        code = output_error(a, status, "%s", o.error);
    } else {
        a->quiet = options_on(&o, "quiet");
        a->json = options_on(&o, "json");
        code = c->run(a, &o);
    }
    options_free(&o);
    return code;
}

/* Return whether "recur lab" with this word still asks for the list. */
static bool is_list(const char *word)
{
    return strcmp(word, "--json") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int dispatch(app *a, int n, char *words[])
{
    int n_used;
    if (n == 0 || strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)
        return help(a, n ? n - 1 : 0, words + !!n);
    if (strcmp(words[0], "help") == 0) return help(a, n - 1, words + 1);
    if (strcmp(words[0], "version") == 0 || strcmp(words[0], "--version") == 0) return print_version(a);
    if (n == 2 && strcmp(words[0], "train") == 0 &&
        (has_word(n, words, "--help") || has_word(n, words, "-h")))
        return help_tasks(a);
    if (n == 2 && strcmp(words[0], "score") == 0 &&
        (has_word(n, words, "--help") || has_word(n, words, "-h")))
        return help_scores(a);
    if (strcmp(words[0], "lab") == 0 && (n == 1 || (n == 2 && is_list(words[1])))) return help_labs(a);
    const command *c = find_command(n, words, &n_used);
    if (c) return run(a, c, n - n_used, words + n_used);
    if (words[0][0] == '-')
        return output_error(a, RECUR_EARG, "recur wants a command before %s; 'recur help' lists them",
                            words[0]);
    return no_command(a, n, words);
}

/* Where stdin, stdout or stderr is closed, put something in its place that cannot be used: else the next file opened would be
 * taken for it, and messages would be written into a checkpoint. */
static void fill_closed_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            _exit(RECUR_EIO);
}

int main(int argc, char *argv[])
{
    app a = {0};
    fill_closed_streams();
    signal(SIGPIPE, SIG_IGN); /* a write then fails, and a run is saved before it ends */
    signal(SIGXFSZ, SIG_IGN); /* so does one past a limit on the size of files */
    a.json = argc > 0 && has_word(argc - 1, argv + 1, "--json");
    progress_open(&a);
    int code = dispatch(&a, argc - 1, argv + 1);
    code = output_end(&a, code);
    recur_ctx_destroy(a.ctx);
    if (signals_pending()) signals_end(signals_pending());
    if (a.is_broken) signals_end(SIGPIPE);
    return code;
}
