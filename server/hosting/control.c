#include "hosting/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

enum { MOST_AT_ONCE = 8, MOST_REQUEST = 65536, PATIENCE_MS = 5000 };

struct control {
    char *path;
    const struct control_command *commands;
    size_t count;
    void *context;
    int listener, wake;
    dev_t device; /* the socket as it was made: whether the path still leads to it */
    ino_t inode;
    pthread_t thread;
    atomic_bool stopping;

    pthread_mutex_t mutex;
    pthread_cond_t done;
    int running;
};

struct visit {
    struct control *control;
    int fd;
};

/* --- one command --- */

static bool is_ours(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

/* Waits until something can be read, the time is over, or the server stops. */
static bool readable(const struct control *control, int fd, int64_t end_ms)
{
    for (;;) {
        int64_t left = end_ms - clock_mono_ms();
        struct pollfd fds[2] = {{fd, POLLIN, 0}, {control->wake, POLLIN, 0}};
        if (left <= 0 || atomic_load(&control->stopping))
            return false;
        if (poll(fds, 2, (int)left) > 0 && fds[0].revents)
            return true;
    }
}

/* The line without its end, or NULL. */
static char *read_line(const struct control *control, struct arena *arena, int fd, size_t *length_out)
{
    char *line = arena_alloc(arena, MOST_REQUEST);
    size_t length = 0;
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
    while (length < MOST_REQUEST && readable(control, fd, end_ms)) {
        ssize_t n = recv(fd, line + length, MOST_REQUEST - length, 0);
        if (n <= 0)
            return NULL;
        char *line_end = memchr(line + length, '\n', (size_t)n);
        length += (size_t)n;
        if (line_end) {
            *length_out = (size_t)(line_end - line);
            return line;
        }
    }
    return NULL;
}

static void write_all(int fd, const char *text, size_t length)
{
    const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (length > 0) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        length -= (size_t)n;
    }
}

static json_t *obey(struct control *control, struct arena *arena, const char *line, size_t length,
                    struct error *err)
{
    auto_json json_t *request = NULL;
    const char *name;
    if (!json_parse(line, length, &request, err))
        return NULL;
    if (!json_get_string(request, "command", &name)) {
        error_set(err, ERR_INVALID, "no command is named");
        return NULL;
    }
    for (size_t i = 0; i < control->count; i++)
        if (strcmp(control->commands[i].name, name) == 0)
            return control->commands[i].run(control->context, arena, request, err);
    error_set(err, ERR_NOT_FOUND, "there is no command %.40s", name);
    return NULL;
}

static void answer(int fd, struct arena *arena, json_t *given, const struct error *err)
{
    auto_json json_t *json = given;
    if (!json)
        json = json_pack("{s:o, s:s}", "error", json_string_of(arena, err->text), "code",
                         error_code_name(err->code));
    const char *text = json_text(arena, json);
    write_all(fd, arena_printf(arena, "%s\n", text), strlen(text) + 1);
}

static void serve(struct control *control, int fd)
{
    auto_arena struct arena *arena = arena_new();
    struct error err;
    size_t length;
    if (!is_ours(fd))
        return;
    const char *line = read_line(control, arena, fd, &length);
    if (line) {
        json_t *json = obey(control, arena, line, length, &err);
        answer(fd, arena, json, &err);
    }
}

static void *run_visit(void *argument)
{
    struct visit *visit = argument;
    struct control *control = visit->control;
    serve(control, visit->fd);
    close(visit->fd);
    free(visit);
    pthread_mutex_lock(&control->mutex);
    control->running--;
    pthread_cond_signal(&control->done);
    pthread_mutex_unlock(&control->mutex);
    return NULL;
}

/* --- who comes --- */

static bool admit(struct control *control)
{
    pthread_mutex_lock(&control->mutex);
    bool room = control->running < MOST_AT_ONCE;
    control->running += room;
    pthread_mutex_unlock(&control->mutex);
    return room;
}

static void receive(struct control *control, int fd)
{
    pthread_t thread;
    pthread_attr_t attributes;
    if (!admit(control)) {
        close(fd);
        return;
    }
    struct visit *visit = xcalloc(1, sizeof *visit);
    *visit = (struct visit){control, fd};
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, run_visit, visit))
        run_visit(visit);
    pthread_attr_destroy(&attributes);
}

static void *listen_for_visits(void *argument)
{
    struct control *control = argument;
    struct pollfd fds[2] = {{control->listener, POLLIN, 0}, {control->wake, POLLIN, 0}};
    while (!atomic_load(&control->stopping)) {
        if (poll(fds, 2, -1) < 0 || !fds[0].revents)
            continue;
        int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            receive(control, fd);
        else if (errno == EMFILE || errno == ENFILE)
            poll(&fds[1], 1, 1000); /* no descriptors left: it waits in the kernel */
    }
    return NULL;
}

/* --- the socket --- */

static bool make_directory(const char *path, struct error *err)
{
    auto_freep char *directory = xstrdup(path);
    char *slash = strrchr(directory, '/');
    if (!slash || slash == directory)
        return true;
    *slash = '\0';
    return mkdir(directory, 0700) == 0 || errno == EEXIST ||
           error_set(err, ERR_INVALID, "control_socket: %s: %s", directory, strerror(errno));
}

/* Made beside its place, closed to others, and then moved there: nobody finds it half made, and whatever was
 * there is replaced. */
static bool make_socket(struct control *control, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    auto_arena struct arena *arena = arena_new();
    const char *beside = arena_printf(arena, "%s.%ld", control->path, (long)getpid());
    struct stat info;
    if (strlen(beside) >= sizeof address.sun_path)
        return error_set(err, ERR_INVALID, "control_socket: the path is too long: %s", control->path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", beside);
    unlink(beside);
    control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = control->listener >= 0 &&
              bind(control->listener, (const struct sockaddr *)&address, sizeof address) == 0;
    if (!ok || chmod(beside, 0600) != 0 || listen(control->listener, MOST_AT_ONCE) != 0 ||
        stat(beside, &info) != 0 || rename(beside, control->path) != 0) {
        error_set(err, ERR_INVALID, "control_socket: %s: %s", control->path, strerror(errno));
        if (ok)
            unlink(beside);
        return false;
    }
    control->device = info.st_dev;
    control->inode = info.st_ino;
    return true;
}

static void remove_socket(const struct control *control)
{
    struct stat info;
    if (stat(control->path, &info) == 0 && info.st_dev == control->device && info.st_ino == control->inode)
        unlink(control->path);
}

static void control_free(struct control *control)
{
    if (control->listener >= 0)
        close(control->listener);
    if (control->wake >= 0)
        close(control->wake);
    pthread_mutex_destroy(&control->mutex);
    pthread_cond_destroy(&control->done);
    free(control->path);
    free(control);
}

bool control_start(const char *path, const struct control_command *commands, size_t count, void *context,
                   struct control **control_out, struct error *err)
{
    struct control *control = xcalloc(1, sizeof *control);
    control->path = xstrdup(path);
    control->commands = commands;
    control->count = count;
    control->context = context;
    control->listener = -1;
    control->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&control->mutex, NULL);
    pthread_cond_init(&control->done, NULL);
    if (control->wake < 0 || !make_directory(path, err) || !make_socket(control, err)) {
        if (control->wake < 0)
            error_set(err, ERR_RETRY, "control_socket: %s", strerror(errno));
        control_free(control);
        return false;
    }
    if (pthread_create(&control->thread, NULL, listen_for_visits, control))
        abort();
    *control_out = control;
    return true;
}

void control_stop(struct control **pointer)
{
    struct control *control = *pointer;
    if (!control)
        return;
    uint64_t one = 1;
    atomic_store(&control->stopping, true);
    remove_socket(control);
    if (write(control->wake, &one, sizeof one) < 0)
        abort();
    pthread_join(control->thread, NULL);
    pthread_mutex_lock(&control->mutex);
    while (control->running > 0)
        pthread_cond_wait(&control->done, &control->mutex);
    pthread_mutex_unlock(&control->mutex);
    control_free(control);
    *pointer = NULL;
}
