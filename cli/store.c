/* Texts kept in a run: written beside, synced and renamed, as every file of a run.
 * SPDX-License-Identifier: MIT */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

static char *join(const char *dir, const char *name)
{
    size_t n = strlen(dir) + strlen(name) + 2;
    char  *path = need_memory(n, 1);
    snprintf(path, n, "%s/%s", dir, name);
    return path;
}

/* Make a directory and those above it; count the new ones. */
static bool make_directories(const char *dir, int *n_made)
{
    char *path = need_copy(dir);
    bool  ok = true;
    for (char *p = path + 1; ok; p++) {
        char end = *p;
        if (end != '/' && end != '\0') continue;
        *p = '\0';
        if (mkdir(path, 0777) == 0)
            ++*n_made;
        else
            ok = errno == EEXIST;
        *p = end;
        if (end == '\0') break;
    }
    int reason = errno;
    free(path);
    errno = reason;
    return ok;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno != EINTR) return false;
        if (written < 0) continue;
        bytes += written;
        n -= (size_t)written;
    }
    return fsync(fd) == 0;
}

static bool replace(const char *path, const char *bytes, size_t n)
{
    size_t size = strlen(path) + 32;
    char  *temporary = need_memory(size, 1);
    snprintf(temporary, size, "%s.tmp-%ld", path, (long)getpid());
    int  fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool ok = fd >= 0 && write_all(fd, bytes, n);
    int  reason = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        reason = errno;
        ok = false;
    }
    if (ok && rename(temporary, path) != 0) {
        reason = errno;
        ok = false;
    }
    if (!ok && fd >= 0) unlink(temporary);
    free(temporary);
    errno = reason;
    return ok;
}

static void sync_directory(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

int store_text(app *a, store *s, const recur_text *text, const char **path)
{
    char name[64];
    snprintf(name, sizeof name, "data-%016" PRIx64 ".txt", text->checksum);
    if (!make_directories(s->dir, &s->n_made))
        return output_error(a, RECUR_EIO, "cannot create the directory %s: %s", s->dir, strerror(errno));
    char *file = join(s->dir, name);
    bool  is_new = access(file, F_OK) != 0;
    s->paths[s->n_paths] = file;
    s->is_new[s->n_paths] = is_new;
    s->n_paths++;
    if (!replace(file, text->bytes, text->size))
        return output_error(a, RECUR_EIO, "cannot keep the data in %s: %s", file, strerror(errno));
    sync_directory(s->dir);
    *path = file;
    return RECUR_OK;
}

/* ---- afterwards ---- */

static bool holds(const char *dir, const char *config)
{
    char  *path = join(dir, "config");
    FILE  *f = fopen(path, "rb");
    size_t n = strlen(config);
    char  *text = need_memory(n + 1, 1);
    bool   is_same = f && fread(text, 1, n + 1, f) == n && memcmp(text, config, n) == 0;
    if (f) fclose(f);
    free(text);
    free(path);
    return is_same;
}

/* Remove texts of the run that was here before: those that the configuration does not name, and what a killed process left of one. */
static void remove_old(const char *dir, const char *config)
{
    DIR *entries = opendir(dir);
    if (!entries) return;
    for (struct dirent *e; (e = readdir(entries)) != NULL;) {
        const char *digits = e->d_name + 5;
        if (strncmp(e->d_name, "data-", 5) == 0 && strspn(digits, "0123456789abcdef") == 16 &&
            strncmp(digits + 16, ".txt", 4) == 0 && !strstr(config, e->d_name))
            (void)unlinkat(dirfd(entries), e->d_name, 0);
    }
    closedir(entries);
}

static void take_back(const store *s)
{
    for (int i = 0; i < s->n_paths; i++)
        if (s->is_new[i]) unlink(s->paths[i]);
    char *path = need_copy(s->dir);
    for (int i = 0; i < s->n_made && rmdir(path) == 0;
         i++) { /* the newest first; one that is not empty stays */
        char *slash = strrchr(path, '/');
        if (!slash) break;
        *slash = '\0';
    }
    free(path);
}

void store_settle(store *s, const char *config, bool is_replaced)
{
    if (!config || !holds(s->dir, config))
        take_back(s);
    else if (is_replaced)
        remove_old(s->dir, config);
}

void store_free(store *s)
{
    for (int i = 0; i < s->n_paths; i++) free(s->paths[i]);
    s->n_paths = 0;
}
