/* recur train: what the command does for every task.
 * SPDX-License-Identifier: MIT */
#include "train.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char runs_dir[] = "runs";

/* Name a run after the time and make its directory at once: another one may begin in the same second. Where it cannot be made, the
 * library will say so. Returns whether the directory above is new. */
static bool claim_name(const char *name, char *dir, size_t size)
{
    char      stamp[32] = "";
    time_t    now = time(NULL);
    struct tm parts;
    bool      is_new = mkdir(runs_dir, 0777) == 0;
    if (localtime_r(&now, &parts)) strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
    snprintf(dir, size, "%s/%s-%s", runs_dir, name, stamp);
    for (int i = 2; mkdir(dir, 0777) != 0 && errno == EEXIST; i++)
        snprintf(dir, size, "%s/%s-%s-%d", runs_dir, name, stamp, i);
    return is_new;
}

/* Train in a directory with a name of its own; one in which nothing came to be does not stay. */
static int train_named(app *a, options *o, const task *t)
{
    char dir[96];
    bool is_new = claim_name(t->name, dir, sizeof dir);
    int  code = train_run(a, o, t, dir, false);
    if (rmdir(dir) == 0 && is_new) rmdir(runs_dir);
    return code;
}

int train_task(app *a, options *o, const task *t)
{
    const char *out = options_text(o, "out");
    if (!task_has_data(o, t))
        return output_error(a, RECUR_EARG, "recur train %s wants %s; found none", t->name,
                            t->wants ? t->wants : "a FILE to learn from, or - for stdin");
    recur_status status = t->complete(o);
    if (status) return output_error(a, status, "%s", o->error);
    if (out && !*out) return output_error(a, RECUR_EARG, "--out wants a directory, found an empty name");
    int code = app_open(a, o);
    if (code) return code;
    return out ? train_run(a, o, t, out, false) : train_named(a, o, t);
}
