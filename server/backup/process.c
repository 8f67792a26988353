#include "backup/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backup/target.h"
#include "base/arena.h"
#include "base/clock.h"

enum { TICK_MS = 200, BUFFER = 64 * 1024, MOST_COMPLAINT = 2000, END_MS = 5000, END_TICK_MS = 10 };

struct child {
    const struct process *process;
    pid_t pid;
    int in, out, complaints; /* our ends; -1: closed */
    const char *waiting;     /* of what it is to read, not written yet */
    size_t waiting_length;
    char said[MOST_COMPLAINT + 1];
    size_t said_length;
};

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* --- starting --- */

struct pipes {
    int in[2], out[2], complaints[2];
};

static bool open_pipes(struct pipes *pipes, struct error *err)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    int *const all[] = {pipes->in, pipes->out, pipes->complaints};
    for (size_t i = 0; i < 3; i++) {
        if (pipe2(all[i], O_CLOEXEC) != 0) {
            error_set(err, ERR_RETRY, "pipe: %s", strerror(errno));
            for (size_t k = 0; k < i; k++) {
                close(all[k][0]);
                close(all[k][1]);
            }
            return false;
        }
    }
    return true;
}

static bool spawn(const struct process *process, const struct pipes *pipes, pid_t *pid_out, struct error *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, ignored;
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes->in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipes->out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipes->complaints[1], STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int code = posix_spawnp(pid_out, process->arguments[0], &actions, &attributes,
                            (char *const *)process->arguments, process->environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (code == ENOENT)
        return error_set(err, ERR_NOT_FOUND, "%s is not installed (Debian: postgresql-client)",
                         process->arguments[0]);
    return code == 0 || error_set(err, ERR_RETRY, "%s: %s", process->arguments[0], strerror(code));
}

static bool start(struct child *child, struct error *err)
{
    struct pipes pipes;
    if (!open_pipes(&pipes, err))
        return false;
    bool ok = spawn(child->process, &pipes, &child->pid, err);
    close(pipes.in[0]);
    close(pipes.out[1]);
    close(pipes.complaints[1]);
    child->in = pipes.in[1];
    child->out = pipes.out[0];
    child->complaints = pipes.complaints[0];
    int *const ours[] = {&child->in, &child->out, &child->complaints};
    for (size_t i = 0; i < 3; i++) {
        if (ok)
            fcntl(*ours[i], F_SETFL, fcntl(*ours[i], F_GETFL) | O_NONBLOCK);
        else
            shut(ours[i]);
    }
    if (ok && !child->process->feed)
        shut(&child->in);
    return ok;
}

/* --- talking --- */

static bool write_in(struct child *child, struct error *err)
{
    const void *bytes;
    if (!child->waiting_length) {
        if (!child->process->feed(child->process->context, &bytes, &child->waiting_length, err))
            return false;
        child->waiting = bytes;
        if (!child->waiting_length) {
            shut(&child->in);
            return true;
        }
    }
    ssize_t n = write(child->in, child->waiting, child->waiting_length);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        shut(&child->in); /* it ended: its exit status says how */
        return true;
    }
    if (n > 0) {
        child->waiting += n;
        child->waiting_length -= (size_t)n;
    }
    return true;
}

static bool read_out(struct child *child, char *buffer, struct error *err)
{
    ssize_t n = read(child->out, buffer, BUFFER);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        shut(&child->out);
    return n <= 0 || child->process->take(child->process->context, buffer, (size_t)n, err);
}

static void read_complaints(struct child *child)
{
    char rest[512];
    size_t room = MOST_COMPLAINT - child->said_length;
    ssize_t n =
        read(child->complaints, room ? child->said + child->said_length : rest, room ? room : sizeof rest);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        shut(&child->complaints);
    if (n > 0 && room)
        child->said_length += (size_t)n;
}

static bool talk(struct child *child, struct error *err)
{
    const char *name = child->process->arguments[0];
    int64_t end = clock_mono_ms() + child->process->most_ms;
    auto_freep char *buffer = xcalloc(1, BUFFER);
    while (child->out >= 0 || child->complaints >= 0) {
        struct pollfd fds[] = {{.fd = child->in, .events = POLLOUT},
                               {.fd = child->out, .events = POLLIN},
                               {.fd = child->complaints, .events = POLLIN}};
        if (poll(fds, 3, TICK_MS) < 0 && errno != EINTR)
            return error_set(err, ERR_INTERNAL, "%s: poll: %s", name, strerror(errno));
        if (target_is_stopping())
            return error_set(err, ERR_RETRY, "%s: stopping", name);
        if (clock_mono_ms() > end)
            return error_set(err, ERR_RETRY, "%s: not done within %lld minutes", name,
                             (long long)child->process->most_ms / 60000);
        if (fds[2].revents)
            read_complaints(child);
        if (fds[1].revents && !read_out(child, buffer, err))
            return false;
        if (fds[0].revents && !write_in(child, err))
            return false;
    }
    return true;
}

/* --- the end --- */

static int wait_for_end(struct child *child, bool kill_it)
{
    int status = -1;
    int64_t hard = clock_mono_ms() + END_MS;
    if (kill_it)
        kill(child->pid, SIGTERM);
    pid_t got;
    while ((got = waitpid(child->pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
        if (clock_mono_ms() > hard)
            kill(child->pid, SIGKILL);
        nanosleep(&(struct timespec){.tv_nsec = END_TICK_MS * 1000000L}, NULL);
    }
    return status;
}

/* What it said first, in one line and without its own name in front. */
static void first_complaint(struct child *child, char line_out[static MOST_COMPLAINT + 1])
{
    const char *text = child->said, *error = strstr(text, "error: ");
    child->said[child->said_length] = '\0';
    text = error ? error + strlen("error: ") : text;
    size_t length = strcspn(text, "\n");
    memcpy(line_out, text, length);
    line_out[length] = '\0';
}

bool process_run(const struct process *process, struct error *err)
{
    struct child child = {.process = process, .in = -1, .out = -1, .complaints = -1};
    char line[MOST_COMPLAINT + 1];
    if (!start(&child, err))
        return false;
    bool ok = talk(&child, err);
    shut(&child.in);
    shut(&child.out);
    shut(&child.complaints);
    int status = wait_for_end(&child, !ok);
    if (!ok || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return ok;
    first_complaint(&child, line);
    return error_set(err, ERR_INTERNAL, "%s: %s", process->arguments[0],
                     *line ? line : "it ended without saying why");
}
