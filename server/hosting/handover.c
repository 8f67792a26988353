#include "hosting/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "hosting/notify.h"
#include "web/listener.h"

enum {
    SOCKET_FD = 3, /* in the successor, and where systemd puts its first */
    READY_FD = 4,
    SAFE_FD = 10, /* above what the successor's descriptors are put over */
    START_MS = 600000,
    END_MS = 5000, /* while systemd waits 20 s for both of us; it may be migrating, which may break off */
};

/* Values of LAPAKD_HANDOVER, by whose the socket is. */
#define OF_OURS    "3,4"
#define OF_SYSTEMD "3,4,systemd"

enum outcome { NONE, STARTING, SERVES, FAILED };

struct handover {
    char **argv;
    char program[1024]; /* as it was called: after an upgrade that is the new one */
    int socket_fd;      /* handed to us; 0: none */
    bool from_systemd;  /* also where a predecessor got it there */
    int ready_fd;       /* to the predecessor; 0: none */

    atomic_int outcome; /* enum outcome */
    pid_t successor;
    pthread_t thread;
    bool thread_to_join;
    int heard_fd;  /* what the successor says */
    int cancel_fd; /* an eventfd: do not wait any longer */
};

static bool take_variable(const char *name, char *value_out, size_t size)
{
    const char *value = getenv(name);
    bool fits = value && strlen(value) < size;
    if (fits)
        snprintf(value_out, size, "%s", value);
    unsetenv(name);
    return fits;
}

static void take_from_systemd(struct handover *handover)
{
    char pid[24] = "", count[24] = "";
    int64_t for_pid = 0, fds = 0;
    take_variable("LISTEN_PID", pid, sizeof pid);
    take_variable("LISTEN_FDS", count, sizeof count);
    unsetenv("LISTEN_FDNAMES");
    if (!str_to_int64(pid, &for_pid) || for_pid != getpid() || !str_to_int64(count, &fds) || fds < 1)
        return;
    handover->socket_fd = SOCKET_FD;
    handover->from_systemd = true;
    if (fds > 1)
        fprintf(stderr, "lapakd: %lld sockets are handed over, the first is used\n", (long long)fds);
}

static void take_from_predecessor(struct handover *handover)
{
    char value[16];
    if (!take_variable("LAPAKD_HANDOVER", value, sizeof value))
        return;
    handover->from_systemd = strcmp(value, OF_SYSTEMD) == 0;
    if (!handover->from_systemd && strcmp(value, OF_OURS) != 0)
        return;
    handover->socket_fd = SOCKET_FD;
    handover->ready_fd = READY_FD;
    fcntl(READY_FD, F_SETFD, FD_CLOEXEC);
}

struct handover *handover_new(char **argv)
{
    struct handover *handover = xcalloc(1, sizeof *handover);
    handover->argv = argv;
    ssize_t length = readlink("/proc/self/exe", handover->program, sizeof handover->program - 1);
    handover->program[length > 0 ? length : 0] = '\0';
    take_from_systemd(handover);
    take_from_predecessor(handover);
    if (handover->socket_fd)
        fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC);
    return handover;
}

int handover_take_socket(struct handover *handover, const char *host, uint16_t port)
{
    int fd = handover->socket_fd;
    handover->socket_fd = 0;
    if (!fd || handover->from_systemd || listener_socket_fits(fd, host, port))
        return fd;
    log_info(NULL, "the predecessor listens at another address than %s:%u; it is left to it", host, port);
    close(fd);
    return 0;
}

void handover_serving(struct handover *handover)
{
    if (handover->ready_fd) {
        if (write(handover->ready_fd, "1", 1) != 1)
            log_warn(NULL, "the predecessor does not hear that we serve: %s", strerror(errno));
        close(handover->ready_fd);
        handover->ready_fd = 0;
    }
    notify_send("READY=1");
}

/* Waits for its end, and for no longer than END_MS. */
static void end_successor(struct handover *handover)
{
    kill(handover->successor, SIGTERM);
    for (int waited = 0; waited < END_MS; waited += 50) {
        if (waitpid(handover->successor, NULL, WNOHANG) != 0)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    kill(handover->successor, SIGKILL);
    waitpid(handover->successor, NULL, 0);
}

static void tell_failure(const struct handover *handover)
{
    int status = 0;
    pid_t pid = handover->successor;
    if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status))
        log_error(NULL,
                  "the successor (process %d) was ended by signal %d before it served; this one goes on", pid,
                  WTERMSIG(status));
    else
        log_error(
            NULL,
            "the successor (process %d) could not start (exit status %d): see its lines in this log or on "
            "standard error; this one goes on",
            pid, WEXITSTATUS(status));
}

static void *wait_for_successor(void *argument)
{
    struct handover *handover = argument;
    struct pollfd fds[2] = {{.fd = handover->heard_fd, .events = POLLIN},
                            {.fd = handover->cancel_fd, .events = POLLIN}};
    int ready;
    do
        ready = poll(fds, 2, START_MS);
    while (ready < 0 && errno == EINTR);
    char byte;
    if (ready > 0 && fds[0].revents && read(handover->heard_fd, &byte, 1) == 1) {
        log_info(NULL, "the successor (process %d) serves: leaving", handover->successor);
        /* A beat, too: the successor's first may come before systemd knows it, and not count. */
        notify_send("MAINPID=%d\nWATCHDOG=1", handover->successor);
        atomic_store(&handover->outcome, SERVES);
        kill(getpid(), SIGTERM);
        return NULL;
    }
    if (ready > 0 && fds[0].revents && !fds[1].revents) {
        tell_failure(handover);
    } else {
        if (ready == 0)
            log_error(NULL,
                      "the successor (process %d) did not serve within %d s and is ended; this one goes on",
                      handover->successor, START_MS / 1000);
        end_successor(handover);
    }
    atomic_store(&handover->outcome, FAILED);
    return NULL;
}

/* Ours, without what is meant for this process alone, and with what was handed over. */
static char **successor_environment(const struct handover *handover)
{
    static char ours[] = "LAPAKD_HANDOVER=" OF_OURS, of_systemd[] = "LAPAKD_HANDOVER=" OF_SYSTEMD;
    size_t count = 0;
    while (environ[count])
        count++;
    char **environment = xcalloc(count + 2, sizeof *environment);
    memcpy(environment, environ, count * sizeof *environment);
    environment[count] = handover->from_systemd ? of_systemd : ours;
    return environment;
}

/* Nothing but standard streams, the socket and the pipe's end gets into it. */
static int spawn(struct handover *handover, int socket_fd, int ready_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipe_signal;
    sigemptyset(&none);
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, socket_fd, SOCKET_FD);
    posix_spawn_file_actions_adddup2(&actions, ready_fd, READY_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, READY_FD + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char **environment = successor_environment(handover);
    int rc = posix_spawn(&handover->successor, handover->program, &actions, &attributes, handover->argv,
                         environment);
    free(environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return rc;
}

static void close_all(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* The thread is over, or almost. */
static void forget_attempt(struct handover *handover)
{
    if (!handover->thread_to_join)
        return;
    pthread_join(handover->thread, NULL);
    handover->thread_to_join = false;
    close(handover->heard_fd);
    close(handover->cancel_fd);
}

bool handover_begin(struct handover *handover, int socket_fd, struct error *err)
{
    int outcome = atomic_load(&handover->outcome);
    if (outcome == STARTING || outcome == SERVES)
        return error_set(err, ERR_CONFLICT, "the successor (process %d) %s already", handover->successor,
                         outcome == SERVES ? "serves" : "starts");
    forget_attempt(handover);

    enum { HEARD, READY, HIGH_READY, HIGH_SOCKET, CANCEL, COUNT };
    int fds[COUNT] = {-1, -1, -1, -1, -1};
    bool done = pipe2(fds, O_CLOEXEC) == 0 &&
                (fds[HIGH_READY] = fcntl(fds[READY], F_DUPFD_CLOEXEC, SAFE_FD)) >= 0 &&
                (fds[HIGH_SOCKET] = fcntl(socket_fd, F_DUPFD_CLOEXEC, SAFE_FD)) >= 0 &&
                (fds[CANCEL] = eventfd(0, EFD_CLOEXEC)) >= 0;
    int problem = done ? spawn(handover, fds[HIGH_SOCKET], fds[HIGH_READY]) : errno;
    if (problem) {
        close_all(fds, COUNT);
        return error_set(err, ERR_INTERNAL, "starting %s: %s", handover->program, strerror(problem));
    }
    log_info(NULL, "starting the successor: %s, process %d", handover->program, handover->successor);
    close_all(&fds[READY], HIGH_SOCKET - READY + 1);
    handover->heard_fd = fds[HEARD];
    handover->cancel_fd = fds[CANCEL];
    atomic_store(&handover->outcome, STARTING);
    problem = pthread_create(&handover->thread, NULL, wait_for_successor, handover);
    if (problem) {
        end_successor(handover);
        close_all((int[]){handover->heard_fd, handover->cancel_fd}, 2);
        atomic_store(&handover->outcome, FAILED);
        return error_set(err, ERR_INTERNAL, "thread of the handover: %s", strerror(problem));
    }
    handover->thread_to_join = true;
    return true;
}

bool handover_done(const struct handover *handover)
{
    return atomic_load(&handover->outcome) == SERVES;
}

bool handover_successor_lives(const struct handover *handover)
{
    siginfo_t info = {0};
    return handover_done(handover) &&
           waitid(P_PID, (id_t)handover->successor, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

void handover_cancel(struct handover *handover)
{
    if (handover->thread_to_join && eventfd_write(handover->cancel_fd, 1) != 0)
        log_warn(NULL, "ending the successor: %s", strerror(errno));
    forget_attempt(handover);
}

void handover_end(struct handover **pointer)
{
    struct handover *handover = *pointer;
    if (!handover)
        return;
    handover_cancel(handover);
    if (handover->socket_fd)
        close(handover->socket_fd);
    if (handover->ready_fd)
        close(handover->ready_fd);
    free(handover);
    *pointer = NULL;
}
