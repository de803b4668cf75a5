/* recur resume: go on with a run from what it holds.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "memory.h"
#include "rows.h"
#include "train.h"

static const option_group *const resume_groups[] = {&budget_group, &common_group, NULL};

/* What may be said anew when resuming; the run's own configuration says the rest. */
static const char *const passed_on[] = {"epochs", "steps", "minutes", "save-every", "threads"};
enum { N_PASSED_ON = sizeof passed_on / sizeof *passed_on, N_BUDGET = 3 };

static bool has_new_budget(const options *o)
{
    for (int i = 0; i < N_BUDGET; i++)
        if (options_given(o, passed_on[i])) return true;
    return false;
}

/* Find the task that a run's configuration names. */
static recur_status find_task(options *o, const char *path, const task **t)
{
    char         name[32];
    recur_status status = config_peek(o, path, "task", name, sizeof name);
    if (status) return status;
    *t = task_named(*name ? name : "lm");
    return *t ? RECUR_OK : options_fail(o, RECUR_EARG, "%s: this version has no task '%s'", path, name);
}

static recur_status read_run(const char *dir, const options *given, options *o, const task **t)
{
    size_t      n = strlen(dir) + sizeof "/config";
    char       *path = need_memory(n, 1);
    struct stat about;
    snprintf(path, n, "%s/config", dir);
    recur_status status = RECUR_OK;
    if (stat(dir, &about) != 0)
        status = options_fail(o, RECUR_EIO, "there is no run in %s: %s", dir, strerror(errno));
    else if (!S_ISDIR(about.st_mode))
        status =
            options_fail(o, RECUR_EIO, "recur resume wants the directory of a run, found the file %s", dir);
    else if (stat(path, &about) != 0)
        status = options_fail(o, RECUR_EIO, "there is no run in %s: cannot read %s: %s", dir, path,
                              strerror(errno));
    if (!status) status = find_task(o, path, t);
    if (!status) status = command_load((*t)->train, path, o);
    for (int i = 0; i < N_PASSED_ON && !status; i++)
        if (options_given(given, passed_on[i]))
            options_set(o, passed_on[i], SOURCE_COMMAND, options_text(given, passed_on[i]));
    if (!status && !task_has_data(o, *t))
        status = options_fail(o, RECUR_EARG, "%s does not say which data the run is about", path);
    if (!status) status = (*t)->complete(o);
    free(path);
    return status;
}

static int resume(app *a, options *given)
{
    const char  *dir = given->args[0];
    bool         finished = false;
    const task  *t = NULL;
    options      o = {0};
    recur_status status = read_run(dir, given, &o, &t);
    int          code = status ? output_error(a, status, "%s", o.error) : app_open(a, &o);
    if (!code && !has_new_budget(given)) {
        status = recur_run_finished(a->ctx, dir, &finished);
        if (status) code = output_failure(a, status);
    }
    if (!code && finished)
        progress_say(
            a,
            "the run in %s is finished; a larger budget (--epochs, --steps, --minutes) gives it more to do",
            dir);
    else if (!code)
        code = train_run(a, &o, t, dir, true);
    options_free(&o);
    return code;
}

const command resume_command = {
    .name = "resume",
    .synopsis = "RUN [options]",
    .brief = "RUN",
    .summary = "go on with a run where it stopped, to the bit",
    .notes = "A larger budget lets a finished run go on.\n",
    .groups = resume_groups,
    .args = "RUN",
    .run = resume,
};
