/* Directories of runs: see rundir.h.
 * SPDX-License-Identifier: MIT */
#include "train/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/atomic.h"

static const char *const kept_names[] = {"config", "log.jsonl", "model.safetensors",
                                         "checkpoint.safetensors"};
enum { CONFIG, LOG, MODEL, CHECKPOINT, N_KEPT };

/* Return directory/name, NULL if there is no memory. */
static char *join(recur_ctx *ctx, const char *directory, const char *name)
{
    size_t n = strlen(directory), m = strlen(name);
    char  *path = ri_allocate(&ctx->allocator, n + m + 2, 1);
    if (!path) return NULL;
    memcpy(path, directory, n);
    path[n] = '/';
    memcpy(path + n + 1, name, m + 1);
    return path;
}

recur_status ri_rundir_find_checkpoint(recur_ctx *ctx, const char *directory, char **path)
{
    struct stat about;
    *path = NULL;
    if (stat(directory, &about) != 0)
        return RI_FAIL(ctx, RECUR_EIO, "cannot read the run directory %s: %s", directory, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return RI_FAIL(ctx, RECUR_EIO, "%s is no directory, wanted that of a run", directory);
    char *found = join(ctx, directory, kept_names[CHECKPOINT]);
    if (!found) return ri_no_memory(ctx, "the run directory's path");
    if (access(found, F_OK) == 0) {
        *path = found;
    } else {
        ri_release(&ctx->allocator, found);
    }
    return RECUR_OK;
}

/* ---- opening ---- */

/* Create a directory and those above it. A component that is there is passed over; what is no directory shows when the lock is made. */
static recur_status make_directories(ri_rundir *d)
{
    for (char *p = d->path + 1;; p++) {
        if (*p != '/' && *p != '\0') continue;
        char end = *p;
        *p = '\0';
        int failure = mkdir(d->path, 0777) == 0 || errno == EEXIST ? 0 : errno;
        if (failure == EROFS && access(d->path, F_OK) == 0) failure = 0;
        recur_status status = RECUR_OK;
        if (failure)
            status =
                RI_FAIL(d->ctx, RECUR_EIO, "cannot create the directory %s: %s", d->path, strerror(failure));
        *p = end;
        if (status || end == '\0') return status;
    }
}

static recur_status lock(ri_rundir *d)
{
    char *path = join(d->ctx, d->path, "lock");
    if (!path) return ri_no_memory(d->ctx, "the run directory's path");
    d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int failure = errno;
    ri_release(&d->ctx->allocator, path);
    if (d->lock_fd < 0)
        return RI_FAIL(d->ctx, RECUR_EIO, "cannot write in the run directory %s: %s", d->path,
                       strerror(failure));
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) == 0) return RECUR_OK;
    if (errno == EWOULDBLOCK)
        return RI_FAIL(d->ctx, RECUR_EIO, "the run directory %s is in use by another process", d->path);
    return RI_FAIL(d->ctx, RECUR_EIO, "cannot lock the run directory %s: %s", d->path, strerror(errno));
}

/* Whether a name is that of a temporary file beside one of ours. */
static bool is_temporary(const char *name)
{
    for (int i = 0; i < N_KEPT; i++) {
        size_t n = strlen(kept_names[i]);
        if (strncmp(name, kept_names[i], n) == 0 && strncmp(name + n, ".tmp-", 5) == 0) return true;
    }
    return false;
}

/* Nobody else writes here while we hold the lock, so what looks like a temporary file was left by a process that was killed. */
static void remove_temporaries(const ri_rundir *d)
{
    DIR *entries = opendir(d->path);
    if (!entries) return;
    for (struct dirent *e; (e = readdir(entries)) != NULL;)
        if (is_temporary(e->d_name)) (void)unlinkat(dirfd(entries), e->d_name, 0);
    closedir(entries);
}

static recur_status find_paths(ri_rundir *d, const char *path)
{
    d->path = ri_copy_string(&d->ctx->allocator, path);
    d->config = join(d->ctx, path, kept_names[CONFIG]);
    d->log = join(d->ctx, path, kept_names[LOG]);
    d->model = join(d->ctx, path, kept_names[MODEL]);
    d->checkpoint = join(d->ctx, path, kept_names[CHECKPOINT]);
    d->old[0] = join(d->ctx, path, "checkpoint.safetensors.old");
    d->old[1] = join(d->ctx, path, "model.safetensors.old");
    d->old[2] = join(d->ctx, path, "config.old");
    bool has_old = d->old[0] && d->old[1] && d->old[2];
    if (d->path && d->config && d->log && d->model && d->checkpoint && has_old) return RECUR_OK;
    return ri_no_memory(d->ctx, "the run directory's paths");
}

/* An empty log alone is what a process leaves that was killed before its run began. */
static bool holds_run(const ri_rundir *d)
{
    const char *const paths[N_KEPT] = {d->config, d->log, d->model, d->checkpoint};
    struct stat       about;
    for (int i = 0; i < N_KEPT; i++)
        if (stat(paths[i], &about) == 0 && about.st_size > 0) return true;
    return false;
}

static recur_status prepare(ri_rundir *d, const char *path, bool may_hold_run)
{
    if (path[0] == '\0') return RI_FAIL(d->ctx, RECUR_EARG, "the run directory has no name");
    recur_status status = find_paths(d, path);
    if (!status) status = make_directories(d);
    if (!status) status = lock(d);
    if (status) return status;
    if (!may_hold_run && holds_run(d))
        return RI_FAIL(d->ctx, RECUR_EARG,
                       "%s holds a run already: resume it (recur resume), or replace it (--overwrite)", path);
    remove_temporaries(d);
    d->log_fd = open(d->log, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (d->log_fd < 0) return RI_FAIL(d->ctx, RECUR_EIO, "cannot write %s: %s", d->log, strerror(errno));
    return RECUR_OK;
}

recur_status ri_rundir_open(recur_ctx *ctx, const char *path, bool may_hold_run, ri_rundir **out)
{
    *out = NULL;
    ri_rundir *d = ri_allocate(&ctx->allocator, 1, sizeof *d);
    if (!d) return ri_no_memory(ctx, "the run directory");
    *d = (ri_rundir){.ctx = ctx, .lock_fd = -1, .log_fd = -1};
    recur_status status = prepare(d, path, may_hold_run);
    if (status) {
        ri_rundir_close(d);
        return status;
    }
    *out = d;
    return RECUR_OK;
}

void ri_rundir_close(ri_rundir *d)
{
    if (!d) return;
    if (d->log_fd >= 0) close(d->log_fd);
    if (d->lock_fd >= 0) close(d->lock_fd);
    char *const texts[] = {d->path, d->config, d->log, d->model, d->checkpoint};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) ri_release(&d->ctx->allocator, texts[i]);
    for (int i = 0; i < RI_RUN_PARTS; i++) ri_release(&d->ctx->allocator, d->old[i]);
    ri_release(&d->ctx->allocator, d);
}

/* ---- files ---- */

bool ri_rundir_has_checkpoint(const ri_rundir *d)
{
    return access(d->checkpoint, F_OK) == 0;
}

/* What a run is, but for its log, which is cut only when the new run has begun. */
static const char *part_of(const ri_rundir *d, int i)
{
    const char *const parts[RI_RUN_PARTS] = {d->checkpoint, d->model, d->config};
    return parts[i];
}

/* Where a name cannot be changed back the earlier run stays under its ".old" name: nothing is lost. */
static void take_back(ri_rundir *d, int i)
{
    if (d->is_aside[i] && rename(d->old[i], part_of(d, i)) == 0) d->is_aside[i] = false;
}

recur_status ri_rundir_set_aside(ri_rundir *d)
{
    for (int i = 0; i < RI_RUN_PARTS; i++) {
        d->is_aside[i] = rename(part_of(d, i), d->old[i]) == 0;
        if (d->is_aside[i] || errno == ENOENT) continue;
        recur_status status =
            RI_FAIL(d->ctx, RECUR_EIO, "cannot put %s aside: %s", part_of(d, i), strerror(errno));
        while (i-- > 0) take_back(d, i);
        return status;
    }
    return RECUR_OK;
}

void ri_rundir_put_back(ri_rundir *d)
{
    for (int i = 0; i < RI_RUN_PARTS; i++) {
        if (d->is_aside[i])
            take_back(d, i);
        else
            unlink(part_of(d, i)); /* the new run's: there was none before */
    }
}

void ri_rundir_let_go(ri_rundir *d)
{
    for (int i = 0; i < RI_RUN_PARTS; i++) unlink(d->old[i]); /* also what a killed process left */
}

recur_status ri_rundir_write_config(ri_rundir *d, const char *text)
{
    ri_chunk all = {text, strlen(text)};
    return ri_atomic_write(d->config, &all, 1, ri_ctx_error(d->ctx));
}

/* ---- log ---- */

static recur_status log_failure(ri_rundir *d)
{
    return RI_FAIL(d->ctx, RECUR_EIO, "cannot write %s: %s", d->log, strerror(errno));
}

recur_status ri_rundir_cut_log(ri_rundir *d, int64_t bytes)
{
    off_t size = lseek(d->log_fd, 0, SEEK_END);
    if (size < 0) return log_failure(d);
    if (size < bytes) {
        ri_log(d->ctx, "%s is shorter than when its checkpoint was saved; new lines follow what is there",
               d->log);
        bytes = size;
    }
    if (ftruncate(d->log_fd, bytes) != 0 || lseek(d->log_fd, bytes, SEEK_SET) < 0) return log_failure(d);
    d->log_bytes = bytes;
    return RECUR_OK;
}

recur_status ri_rundir_append(ri_rundir *d, const char *line, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = write(d->log_fd, line + done, bytes - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return log_failure(d);
        done += (size_t)n;
    }
    d->log_bytes += (int64_t)bytes;
    return RECUR_OK;
}

recur_status ri_rundir_sync_log(ri_rundir *d)
{
    return fsync(d->log_fd) == 0 || errno == EINVAL ? RECUR_OK : log_failure(d);
}
