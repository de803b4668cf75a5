/* The directory of a run: its paths, its lock and its log.
 *
 *   lock                    held (flock) while a process works here; the system lets go of it when that process dies
 *   log.jsonl               appended to; a checkpoint knows how many bytes of it were written, the rest is cut off on resuming
 *   config, model.safetensors, checkpoint.safetensors    replaced atomically
 *
 * SPDX-License-Identifier: MIT */
#ifndef RI_RUNDIR_H
#define RI_RUNDIR_H

#include <stdbool.h>

#include "dev/ctx.h"

enum { RI_RUN_PARTS = 3 };

typedef struct ri_rundir {
    recur_ctx *ctx;
    char      *path, *config, *log, *model, *checkpoint;
    char      *old[RI_RUN_PARTS];      /* "<name>.old" of checkpoint, model and config */
    bool       is_aside[RI_RUN_PARTS]; /* an earlier run's file lies there */
    int        lock_fd, log_fd;
    int64_t    log_bytes;
} ri_rundir;

/* Find the checkpoint of a directory, without locking it: its path, for the caller to release, or NULL if there is none yet.
 * Errors: RECUR_EIO: there is no such directory; RECUR_EMEMORY. */
recur_status ri_rundir_find_checkpoint(recur_ctx *ctx, const char *directory, char **path);

/* Create the directory where missing, lock it, open its log, and remove temporary files of a process that was killed. What is there is not
 * changed otherwise.
 * Errors: RECUR_EIO: it cannot be made or written, or another process has it; RECUR_EARG: it holds a run and may_hold_run is false; RECUR_EMEMORY. */
recur_status ri_rundir_open(recur_ctx *ctx, const char *path, bool may_hold_run, ri_rundir **dir);
void         ri_rundir_close(ri_rundir *dir); /* NULL is accepted */

bool ri_rundir_has_checkpoint(const ri_rundir *dir);

/* What an earlier run left here (checkpoint, model, config): put it aside under "<name>.old"; after that either put it back, over whatever
 * stands there by then, or let it go for good. Errors: RECUR_EIO; what was there is then as it was. */
recur_status ri_rundir_set_aside(ri_rundir *dir);
void         ri_rundir_put_back(ri_rundir *dir);
void         ri_rundir_let_go(ri_rundir *dir);

/* Replace the configuration. Errors: RECUR_EIO. */
recur_status ri_rundir_write_config(ri_rundir *dir, const char *text);

/* Cut the log to its first bytes, append a line, make it durable. Errors: RECUR_EIO. */
recur_status ri_rundir_cut_log(ri_rundir *dir, int64_t bytes);
recur_status ri_rundir_append(ri_rundir *dir, const char *line, size_t bytes);
recur_status ri_rundir_sync_log(ri_rundir *dir);

#endif
