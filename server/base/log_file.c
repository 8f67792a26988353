#include "base/log_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

enum { OPEN_FILES = 64, BUFFER = 64 * 1024 };

struct file {
    int64_t day; /* days since 1970 */
    uint64_t used_at;
    size_t length;
    char *buffer;
    int fd; /* -1: this entry is free */
    char folder[65];
};

static int directory_fd = -1;
static struct file files[OPEN_FILES];
static uint64_t uses;

static bool make_directories(const char *path, struct error *err)
{
    auto_freep char *copy = xstrdup(path);
    for (char *p = copy + 1; *copy; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;
        *p = '\0';
        if (mkdir(copy, 0750) != 0 && errno != EEXIST)
            return error_set(err, ERR_INTERNAL, "log directory %s: %s", copy, strerror(errno));
        *p = end;
        if (end == '\0')
            break;
    }
    return true;
}

bool log_file_open(const char *directory, struct error *err)
{
    if (!make_directories(directory, err))
        return false;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERR_INTERNAL, "log directory %s: %s", directory, strerror(errno));
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
        error_set(err, ERR_INTERNAL, "log directory %s: %s", directory, strerror(errno));
        close(fd);
        return false;
    }
    directory_fd = fd;
    for (size_t i = 0; i < OPEN_FILES; i++)
        files[i].fd = -1;
    return true;
}

static bool flush(struct file *file)
{
    size_t done = 0;
    while (done < file->length) {
        ssize_t n = write(file->fd, file->buffer + done, file->length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    bool good = done == file->length;
    file->length = 0;
    return good;
}

static bool discard(struct file *file)
{
    if (file->fd < 0)
        return true;
    bool good = flush(file);
    close(file->fd);
    free(file->buffer);
    *file = (struct file){.fd = -1};
    return good;
}

void log_file_close(void)
{
    for (size_t i = 0; i < OPEN_FILES; i++)
        discard(&files[i]);
    close(directory_fd);
    directory_fd = -1;
}

static int open_day(const char *folder, int64_t at_ms)
{
    char path[128], stamp[25];
    clock_format_utc(at_ms, stamp);
    snprintf(path, sizeof path, "%s/%.10s.log", folder, stamp);
    if (mkdirat(directory_fd, folder, 0750) != 0 && errno != EEXIST)
        return -1;
    return openat(directory_fd, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
}

/* The entry of the folder: open on the right day, or NULL where it can't be. */
static struct file *find_file(const char *folder, int64_t at_ms)
{
    int64_t day = at_ms / 86400000;
    struct file *oldest = &files[0];
    for (size_t i = 0; i < OPEN_FILES; i++) {
        if (files[i].fd >= 0 && files[i].day == day && strcmp(files[i].folder, folder) == 0)
            return &files[i];
        if (files[i].fd < 0 || (oldest->fd >= 0 && files[i].used_at < oldest->used_at))
            oldest = &files[i];
    }
    discard(oldest);
    int fd = open_day(folder, at_ms);
    if (fd < 0)
        return NULL;
    snprintf(oldest->folder, sizeof oldest->folder, "%s", folder);
    oldest->day = day;
    oldest->fd = fd;
    oldest->buffer = xcalloc(1, BUFFER);
    return oldest;
}

bool log_file_add(const char *folder, int64_t at_ms, const char *line, size_t length)
{
    struct file *file = find_file(folder, at_ms);
    if (!file || length > BUFFER)
        return false;
    file->used_at = ++uses;
    bool good = file->length + length <= BUFFER || flush(file);
    memcpy(file->buffer + file->length, line, length);
    file->length += length;
    return good;
}

bool log_file_flush(void)
{
    bool good = true;
    for (size_t i = 0; i < OPEN_FILES; i++)
        if (files[i].fd >= 0 && files[i].length)
            good = flush(&files[i]) && good;
    return good;
}

/* --- old ones --- */

/* "2026-11-22.log", and nothing else. */
static bool is_log_name(const char *name)
{
    static const char shape[] = "0000-00-00.log";
    size_t i = 0;
    for (; shape[i]; i++)
        if (shape[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != shape[i])
            return false;
    return !name[i];
}

static size_t remove_in(int parent, const char *folder, const char *first_kept)
{
    size_t removed = 0;
    int fd = openat(parent, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (is_log_name(entry->d_name) && strncmp(entry->d_name, first_kept, strlen("0000-00-00")) < 0)
            removed += unlinkat(fd, entry->d_name, 0) == 0;
    closedir(directory);
    return removed;
}

bool log_file_remove_old(const char *directory, int64_t before_ms, size_t *removed_out, struct error *err)
{
    char stamp[25];
    size_t removed = 0;
    DIR *folders = opendir(directory);
    if (!folders)
        return error_set(err, ERR_INTERNAL, "log directory %s: %s", directory, strerror(errno));
    clock_format_utc(before_ms, stamp);
    for (const struct dirent *entry; (entry = readdir(folders));)
        if (entry->d_name[0] != '.')
            removed += remove_in(dirfd(folders), entry->d_name, stamp);
    closedir(folders);
    *removed_out = removed;
    return true;
}
