/* What a run says of itself: its configuration and its log.
 *
 * A model file alone has neither. That is no error: the measures still tell most, and what is left out is said.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diagnose.h"
#include "memory.h"

static char *path_of(const diagnosis *d, const char *name)
{
    size_t n = strlen(d->path) + strlen(name) + 2;
    char  *path = need_memory(n, 1);
    snprintf(path, n, "%s/%s", d->path, name);
    return path;
}

static void read_config(diagnosis *d)
{
    char        *path = path_of(d, "config");
    recur_status status = command_load(d->task->train, path, &d->config);
    if (status)
        progress_say(d->app, "note: %s; what the rate, --clip and --bptt were is left out", d->config.error);
    d->has_config = !status;
    if (d->has_config) d->training = train_opts(&d->config);
    free(path);
}

static int read_log(diagnosis *d)
{
    char *path = path_of(d, "log.jsonl");
    d->has_log = access(path, F_OK) == 0;
    if (!d->has_log)
        progress_say(d->app, "note: there is no log in %s: how training went is left out", d->path);
    free(path);
    recur_status status = d->has_log ? recur_run_log_read(d->app->ctx, d->path, &d->log) : RECUR_OK;
    return status ? output_failure(d->app, status) : RECUR_OK;
}

int run_read(diagnosis *d)
{
    struct stat about;
    if (stat(d->path, &about) == 0 && S_ISDIR(about.st_mode)) {
        read_config(d);
        return read_log(d);
    }
    progress_say(
        d->app,
        "note: %s is a model file without its run: rate, clipping, --bptt and how training went are left out",
        d->path);
    return RECUR_OK;
}
