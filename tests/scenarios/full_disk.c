/*
 * A disk without room, for a PostgreSQL or a lapakd of a test's own: loaded into it (LD_PRELOAD), and while
 * the file named by FULL_DISK exists no regular file grows (with FULL_DISK_BELOW: none below that folder).
 * What has its place on the disk can still be overwritten, as on a disk that is really full, so PostgreSQL
 * meets what it would meet there: ENOSPC (SQLSTATE 53100) where a table needs a page, and a panic where the
 * write-ahead log needs a segment. Needs neither root nor a file system of its own.
 */
/* The names as PostgreSQL calls them, whichever it was built for; off_t has 64 bits either way. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static bool is_below(int fd)
{
    const char *folder = getenv("FULL_DISK_BELOW");
    char link[64], path[4096];
    if (!folder)
        return true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* Standard output and error are the server's log, which is not what fills up. */
static bool has_room(int fd, off_t end)
{
    struct stat st;
    const char *flag = getenv("FULL_DISK");
    if (fd <= STDERR_FILENO || !flag || access(flag, F_OK) != 0 || fstat(fd, &st) != 0 ||
        !S_ISREG(st.st_mode) || end <= st.st_size || !is_below(fd))
        return true;
    errno = ENOSPC;
    return false;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (!next)
        next = dlsym(RTLD_NEXT, "write");
    off_t at = fd > STDERR_FILENO ? lseek(fd, 0, SEEK_CUR) : -1;
    return at >= 0 && !has_room(fd, at + (off_t)count) ? -1 : next(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (!next)
        next = dlsym(RTLD_NEXT, "pwrite");
    return has_room(fd, at + (off_t)count) ? next(fd, bytes, count, at) : -1;
}

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at)
{
    static ssize_t (*next)(int, const struct iovec *, int, off_t);
    if (!next)
        next = dlsym(RTLD_NEXT, "pwritev");
    off_t end = at;
    for (int i = 0; i < count; i++)
        end += (off_t)pieces[i].iov_len;
    return has_room(fd, end) ? next(fd, pieces, count, at) : -1;
}

int posix_fallocate(int fd, off_t at, off_t length)
{
    static int (*next)(int, off_t, off_t);
    if (!next)
        next = dlsym(RTLD_NEXT, "posix_fallocate");
    return has_room(fd, at + length) ? next(fd, at, length) : ENOSPC;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) __attribute__((alias("pwrite")));
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off_t at) __attribute__((alias("pwritev")));
int posix_fallocate64(int fd, off_t at, off_t length) __attribute__((alias("posix_fallocate")));
