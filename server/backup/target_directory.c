/* Backups in a directory: an object is a file, one folder a store. What is being written has a name of its
 * own (".part") until it is whole and on the disk. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup/target.h"
#include "base/str.h"

enum { STALE_SECONDS = 24 * 3600 };

static const char half_written[] = ".part";

struct target_put {
    struct target *target;
    int fd;
    char *path, *temporary;
};

struct target_get {
    struct target *target;
    int fd;
    char *path;
};

static bool failed(const char *path, struct error *err)
{
    int code = errno;
    return error_set(err,
                     code == ENOENT                                     ? ERR_NOT_FOUND
                     : code == EACCES || code == EPERM || code == EROFS ? ERR_REFUSED
                                                                        : ERR_RETRY,
                     "%s: %s", path, strerror(code));
}

static bool stopping(const char *path, struct error *err)
{
    return target_is_stopping() && !error_set(err, ERR_RETRY, "%s: stopping", path);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && str_equal(text + length - tail, end);
}

static char *path_of(struct target *target, struct arena *arena, const char *key)
{
    return arena_printf(arena, "%s/%s", target->place, key);
}

static bool make_directory(const char *path, struct error *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST || failed(path, err);
}

static bool directory_open(struct target *target, struct error *err)
{
    return make_directory(target->place, err);
}

static void directory_close(struct target *target)
{
}

/* --- writing --- */

static void put_free(struct target_put *put)
{
    if (put->fd >= 0)
        close(put->fd);
    free(put->path);
    free(put->temporary);
    free(put);
}

/* What a crash left half written is nobody's after a day. */
static void remove_stale(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    struct stat st;
    while (dir && (entry = readdir(dir))) {
        if (ends_with(entry->d_name, half_written) && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
            S_ISREG(st.st_mode) && st.st_mtime + STALE_SECONDS < time(NULL))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

static bool put_begin(struct target *target, const char *key, struct target_put **put_out, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    if (!target_is_key(key))
        return error_set(err, ERR_INTERNAL, "%s: not a key: %s", target->place, key);
    char *path = path_of(target, arena, key), *folder = arena_strdup(arena, path);
    *strrchr(folder, '/') = '\0';
    if (stopping(path, err) || !make_directory(target->place, err) || !make_directory(folder, err))
        return false;
    remove_stale(folder);
    char *temporary = arena_printf(arena, "%s.%ld%s", path, (long)getpid(), half_written);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(temporary, err);
    struct target_put *put = xcalloc(1, sizeof *put);
    *put = (struct target_put){target, fd, xstrdup(path), xstrdup(temporary)};
    *put_out = put;
    return true;
}

static bool put_write(struct target_put *put, const void *bytes, size_t length, struct error *err)
{
    const char *from = bytes;
    while (length) {
        if (stopping(put->path, err))
            return false;
        ssize_t n = write(put->fd, from, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(put->path, err);
        from += n;
        length -= (size_t)n;
    }
    return true;
}

static void put_abort(struct target_put *put)
{
    unlink(put->temporary);
    put_free(put);
}

static bool sync_folder(const char *path, struct error *err)
{
    auto_freep char *folder = xstrdup(path);
    *strrchr(folder, '/') = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    ok = ok || failed(folder, err);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool put_end(struct target_put *put, struct error *err)
{
    bool ok = fsync(put->fd) == 0;
    ok = close(put->fd) == 0 && ok;
    put->fd = -1;
    ok = ok && rename(put->temporary, put->path) == 0;
    ok = (ok || failed(put->path, err)) && sync_folder(put->path, err);
    if (!ok)
        unlink(put->temporary);
    put_free(put);
    return ok;
}

/* --- reading --- */

static bool get_begin(struct target *target, const char *key, struct target_get **get_out, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    if (!target_is_key(key))
        return error_set(err, ERR_INTERNAL, "%s: not a key: %s", target->place, key);
    char *path = path_of(target, arena, key);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(path, err);
    struct target_get *get = xcalloc(1, sizeof *get);
    *get = (struct target_get){target, fd, xstrdup(path)};
    *get_out = get;
    return true;
}

static bool get_read(struct target_get *get, void *bytes_out, size_t capacity, size_t *length_out,
                     struct error *err)
{
    ssize_t n;
    if (stopping(get->path, err))
        return false;
    do
        n = read(get->fd, bytes_out, capacity);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return failed(get->path, err);
    *length_out = (size_t)n;
    return true;
}

static void get_end(struct target_get *get)
{
    close(get->fd);
    free(get->path);
    free(get);
}

/* --- looking --- */

struct listing {
    struct arena *arena;
    struct target_object *objects;
    size_t count, capacity;
};

static void add_object(struct listing *listing, const char *key, int64_t size)
{
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? listing->capacity * 2 : 32;
        struct target_object *objects = ARENA_ARRAY(listing->arena, struct target_object, capacity);
        if (listing->count)
            memcpy(objects, listing->objects, listing->count * sizeof *objects);
        listing->objects = objects;
        listing->capacity = capacity;
    }
    listing->objects[listing->count++] = (struct target_object){key, size};
}

static bool list_folder(struct target *target, const char *folder, const char *prefix,
                        struct listing *listing, struct error *err)
{
    const char *path = path_of(target, listing->arena, folder);
    DIR *dir = opendir(path);
    if (!dir)
        return errno == ENOENT || errno == ENOTDIR || failed(path, err);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        struct stat st;
        const char *key = arena_printf(listing->arena, "%s/%s", folder, entry->d_name);
        if (target_is_key(key) && str_starts_with(key, prefix) && !ends_with(key, half_written) &&
            fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            add_object(listing, key, st.st_size);
    }
    closedir(dir);
    return true;
}

static bool list(struct target *target, struct arena *arena, const char *prefix,
                 struct target_object **objects_out, size_t *count_out, struct error *err)
{
    struct listing listing = {.arena = arena};
    const char *slash = strchr(prefix, '/');
    bool ok = true;
    if (slash) {
        ok =
            list_folder(target, arena_memdup(arena, prefix, (size_t)(slash - prefix)), prefix, &listing, err);
    } else {
        DIR *dir = opendir(target->place);
        struct dirent *entry;
        if (!dir)
            return failed(target->place, err);
        while (ok && (entry = readdir(dir))) {
            if (entry->d_name[0] != '.' && str_starts_with(entry->d_name, prefix))
                ok = list_folder(target, arena_strdup(arena, entry->d_name), prefix, &listing, err);
        }
        closedir(dir);
    }
    if (!ok)
        return false;
    *objects_out = listing.objects;
    *count_out = listing.count;
    return true;
}

static bool remove_object(struct target *target, const char *key, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    if (!target_is_key(key))
        return error_set(err, ERR_INTERNAL, "%s: not a key: %s", target->place, key);
    const char *path = path_of(target, arena, key);
    return unlink(path) == 0 || errno == ENOENT || failed(path, err);
}

const struct target_kind target_directory = {
    .open = directory_open,
    .close = directory_close,
    .put_begin = put_begin,
    .put_write = put_write,
    .put_end = put_end,
    .put_abort = put_abort,
    .get_begin = get_begin,
    .get_read = get_read,
    .get_end = get_end,
    .list = list,
    .remove = remove_object,
};
