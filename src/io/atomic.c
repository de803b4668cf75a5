/* Write beside, make durable, rename: the recipe of every database, and the one that POSIX promises.
 *
 * SPDX-License-Identifier: MIT */
#include "io/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PATH_BYTES = 4096, MAX_TRIES = 10000, PERMISSIONS = 0777 };

typedef struct replacement {
    const char *path;
    char        temporary[MAX_PATH_BYTES];
    int         fd;
} replacement;

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* Create the temporary file under the first name that is free, with the permissions of the file it will replace. */
static recur_status create_beside(replacement *r, ri_error *error)
{
    struct stat old;
    bool        exists = stat(r->path, &old) == 0;
    if (exists && S_ISDIR(old.st_mode))
        return ri_fail(error, RECUR_EIO, "cannot write %s: it is a directory", r->path);
    if (exists && !S_ISREG(old.st_mode))
        return ri_fail(error, RECUR_EIO,
                       "cannot write %s: it is a device or a pipe; wanted a file to replace", r->path);
    r->fd = -1;
    for (int i = 0; i < MAX_TRIES && r->fd < 0; i++) {
        int n = snprintf(r->temporary, sizeof r->temporary, "%s.tmp-%ld-%d", r->path, (long)getpid(), i);
        if (n < 0 || (size_t)n >= sizeof r->temporary)
            return ri_fail(error, RECUR_EIO, "cannot write %.80s...: the path has %zu bytes, too many",
                           r->path, strlen(r->path));
        r->fd = open(r->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (r->fd < 0 && errno != EEXIST && errno != EINTR) break;
    }
    if (r->fd < 0) return ri_fail(error, RECUR_EIO, "cannot write %s: %s", r->path, strerror(errno));
    if (exists)
        (void)!fchmod(r->fd,
                      old.st_mode &
                          PERMISSIONS); /* where permissions mean nothing it fails, and nothing is lost */
    return RECUR_OK;
}

/* Make a rename durable. A directory that cannot be opened or synced at all (some file systems) is left to the system. */
static recur_status sync_directory(const char *path, ri_error *error)
{
    char        directory[MAX_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t      n = slash ? (size_t)(slash - path) : 0;
    memcpy(directory, path, n);
    directory[n] = '\0';
    int fd = open(n > 0 ? directory : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return RECUR_OK;
    int failure = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    if (failure == 0 || failure == EINVAL || failure == ENOTSUP || failure == EROFS) return RECUR_OK;
    return ri_fail(error, RECUR_EIO, "cannot make the directory of %s durable: %s", path, strerror(failure));
}

recur_status ri_atomic_write(const char *path, const ri_chunk *chunks, size_t n, ri_error *error)
{
    replacement  r = {.path = path};
    recur_status status = create_beside(&r, error);
    if (status != RECUR_OK) return status;
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) ok = write_all(r.fd, chunks[i].bytes, chunks[i].size);
    ok = ok && fsync(r.fd) == 0;
    int reason = errno;
    if (close(r.fd) != 0 && ok) {
        reason = errno;
        ok = false;
    }
    if (ok && rename(r.temporary, path) != 0) {
        reason = errno;
        ok = false;
    }
    if (!ok) {
        unlink(r.temporary);
        return ri_fail(error, RECUR_EIO, "cannot write %s: %s", path, strerror(reason));
    }
    return sync_directory(path, error);
}
