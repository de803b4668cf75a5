/* A regular file is mapped: nothing is copied, and pages that are not looked at are not read. All else is read to its end.
 *
 * Pipes are opened without waiting, because opening one that has no writer would block for ever. Whether a pipe has a writer shows when
 * reading: nothing and no writer reads as the end, nothing with a writer as EAGAIN. From then on reading waits as long as the writer does.
 *
 * SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 64 * 1024, WRITER_WAIT_MS = 5000, WRITER_LOOK_MS = 20 };

/* Bytes as they come in. */
typedef struct growing {
    const recur_allocator *allocator;
    char                  *bytes;
    size_t                 size, capacity;
} growing;

static bool make_room(growing *g)
{
    if (g->size < g->capacity) return true;
    size_t capacity = g->capacity ? g->capacity * 2 : FIRST_CAPACITY;
    char  *bytes = capacity > g->capacity ? ri_grow(g->allocator, g->bytes, g->size, capacity, 1) : NULL;
    if (!bytes) return false;
    g->bytes = bytes;
    g->capacity = capacity;
    return true;
}

/* Wait until a pipe that was opened without waiting has data, a writer, or had one. */
static recur_status wait_for_writer(int fd, const char *path, growing *g, ri_error *error)
{
    for (int waited = 0; waited < WRITER_WAIT_MS; waited += WRITER_LOOK_MS) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int           ready = poll(&p, 1, WRITER_LOOK_MS);
        if (ready < 0 && errno != EINTR)
            return ri_fail(error, RECUR_EIO, "cannot wait for %s: %s", path, strerror(errno));
        if (ready > 0) return RECUR_OK;
        if (!make_room(g)) return ri_fail(error, RECUR_EMEMORY, "no memory for reading %s", path);
        ssize_t n = read(fd, g->bytes + g->size, g->capacity - g->size);
        if (n > 0) g->size += (size_t)n; /* it came just now */
        if (n > 0 || (n < 0 && errno == EAGAIN)) return RECUR_OK;
    }
    return ri_fail(error, RECUR_EIO, "nobody writes to pipe %s (waited %d s)", path, WRITER_WAIT_MS / 1000);
}

static recur_status read_to_end(int fd, const char *path, growing *g, ri_error *error)
{
    for (;;) {
        if (!make_room(g)) return ri_fail(error, RECUR_EMEMORY, "no memory for reading %s", path);
        ssize_t n = read(fd, g->bytes + g->size, g->capacity - g->size);
        if (n == 0) return RECUR_OK;
        if (n > 0) {
            g->size += (size_t)n;
        } else if (errno == EAGAIN) { /* someone made our stdin non-blocking */
            struct pollfd p = {.fd = fd, .events = POLLIN};
            poll(&p, 1, -1);
        } else if (errno == EISDIR) {
            return ri_fail(error, RECUR_EIO, "%s is a directory; wanted a file", path);
        } else if (errno != EINTR) {
            return ri_fail(error, RECUR_EIO, "cannot read %s: %s", path, strerror(errno));
        }
    }
}

/* Read all of a descriptor into file. */
static recur_status slurp(int fd, const char *path, bool is_pipe, ri_file *file, ri_error *error)
{
    growing      g = {.allocator = file->allocator};
    recur_status status = is_pipe ? wait_for_writer(fd, path, &g, error) : RECUR_OK;
    if (status == RECUR_OK && is_pipe) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    if (status == RECUR_OK) status = read_to_end(fd, path, &g, error);
    if (status != RECUR_OK || g.size == 0) {
        ri_release(g.allocator, g.bytes);
        return status;
    }
    file->bytes = g.bytes;
    file->size = g.size;
    return RECUR_OK;
}

static recur_status open_descriptor(int fd, const char *path, ri_file *file, ri_error *error)
{
    struct stat s;
    if (fstat(fd, &s) != 0) return ri_fail(error, RECUR_EIO, "cannot examine %s: %s", path, strerror(errno));
    if (S_ISDIR(s.st_mode)) return ri_fail(error, RECUR_EIO, "%s is a directory; wanted a file", path);
    if (S_ISFIFO(s.st_mode)) {
        file->is_stream = true;
        return slurp(fd, path, true, file, error);
    }
    if (!S_ISREG(s.st_mode))
        return ri_fail(error, RECUR_EIO, "%s is a device; wanted a file or a pipe", path);
    if (s.st_size > 0 && (uintmax_t)s.st_size <= SIZE_MAX) {
        void *bytes = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED) {
            file->bytes = bytes;
            file->size = (size_t)s.st_size;
            file->is_mapped = true;
            return RECUR_OK;
        }
    }
    return slurp(fd, path, false, file,
                 error); /* no mapping here, or a size that says nothing, as in /proc */
}

recur_status ri_file_open(const recur_allocator *a, const char *path, ri_file *file, ri_error *error)
{
    *file = (ri_file){.allocator = a};
    if (strcmp(path, "-") == 0) {
        file->is_stream = true;
        return slurp(STDIN_FILENO, "stdin", false, file, error);
    }
    int fd;
    do {
        fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return ri_fail(error, RECUR_EIO, "cannot open %s: %s", path, strerror(errno));
    recur_status status = open_descriptor(fd, path, file, error);
    close(fd);
    return status;
}

void ri_file_close(ri_file *file)
{
    if (file->is_mapped) {
        munmap((void *)(uintptr_t)file->bytes, file->size);
    } else {
        ri_release(file->allocator, (void *)(uintptr_t)file->bytes);
    }
    *file = (ri_file){.allocator = file->allocator};
}
