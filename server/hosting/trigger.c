#include "hosting/trigger.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum {
    REST_MS = 300,          /* without a change, before what changed is read */
    LONGEST_REST_MS = 2000, /* where changes never come to rest */
    AGAIN_MS = 2000, /* after a reload that may do more later; and to watch a directory that is not there */
    LONGEST_AGAIN_MS = 60000,
};

/* A directory under watch. */
struct watched {
    const char *path;
    int watch; /* -1: not watched */
    bool told; /* that it can't be watched */
};

struct trigger {
    struct reload *reload;
    const char *env_path;
    char *env_directory;
    struct watched directories[2]; /* the stores', the env file's */
    struct stat env_seen;
    int notify; /* -1: none to be had */
    int wake;
    pthread_t thread;
    atomic_bool asked, stopping;
    bool stirred; /* something happened, also what is nothing to reload for: a file that is being made */
};

enum {
    TENANTS,
    ENV,
    EVENTS = IN_CLOSE_WRITE | IN_CREATE | IN_ATTRIB | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
};

/* --- watching --- */

static void watch(struct trigger *trigger, struct watched *directory)
{
    if (directory->watch >= 0 || trigger->notify < 0 || !directory->path)
        return;
    directory->watch = inotify_add_watch(trigger->notify, directory->path, EVENTS);
    if (directory->watch >= 0) {
        directory->told = false;
    } else if (!directory->told) {
        log_warn(NULL, "%s can't be watched for changes: %s; send SIGHUP, or lapakctl reload, after a change",
                 directory->path, strerror(errno));
        directory->told = true;
    }
}

static bool watches_all(const struct trigger *trigger)
{
    return trigger->notify < 0 || (trigger->directories[TENANTS].watch >= 0 &&
                                   (!trigger->env_path || trigger->directories[ENV].watch >= 0));
}

/* The file itself may be a link to one that was replaced: what counts is what the path leads to. */
static bool env_changed(struct trigger *trigger)
{
    struct stat now = {0};
    if (!trigger->env_path || stat(trigger->env_path, &now) != 0)
        return false; /* being replaced, or gone: nothing to follow */
    const struct stat *seen = &trigger->env_seen;
    bool changed = now.st_dev != seen->st_dev || now.st_ino != seen->st_ino || now.st_size != seen->st_size ||
                   now.st_ctim.tv_sec != seen->st_ctim.tv_sec || now.st_ctim.tv_nsec != seen->st_ctim.tv_nsec;
    trigger->env_seen = now;
    return changed;
}

static void lose(struct trigger *trigger, struct watched *directory, const struct inotify_event *event)
{
    if (event->mask & IN_MOVE_SELF)
        inotify_rm_watch(trigger->notify, directory->watch); /* elsewhere now; IN_IGNORED follows */
    if (event->mask & IN_IGNORED)
        directory->watch = -1;
}

/* A file that is being made is waited for until it is closed; a link is whole at once, and never closed. */
static bool is_whole(const char *directory, const struct inotify_event *event)
{
    struct stat status;
    char path[PATH_MAX];
    if (!(event->mask & IN_CREATE))
        return true;
    int length = snprintf(path, sizeof path, "%s/%s", directory, event->len ? event->name : "");
    return length < (int)sizeof path && lstat(path, &status) == 0 &&
           (S_ISLNK(status.st_mode) || status.st_nlink > 1);
}

/* Whether the event is one to reload for. Both directories may be the same. */
static bool take_event(struct trigger *trigger, const struct inotify_event *event)
{
    struct watched *tenants = &trigger->directories[TENANTS], *env = &trigger->directories[ENV];
    bool is_tenants = event->wd == tenants->watch, is_env = event->wd == env->watch;
    if (is_tenants)
        lose(trigger, tenants, event);
    if (is_env)
        lose(trigger, env, event);
    /* Hidden files are no stores: rsync and some editors write those first. */
    return (event->mask & IN_Q_OVERFLOW) || (is_env && is_whole(env->path, event) && env_changed(trigger)) ||
           (is_tenants && (!event->len || event->name[0] != '.') && is_whole(tenants->path, event));
}

/* Takes in what has arrived. True where there is something to reload for. */
static bool take_events(struct trigger *trigger)
{
    char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool changed = false;
    ssize_t length;
    while (trigger->notify >= 0 && (length = read(trigger->notify, buffer, sizeof buffer)) > 0) {
        trigger->stirred = true;
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            changed = take_event(trigger, event) || changed;
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return changed;
}

/* --- the thread --- */

/* Waits at most so long (-1: for ever) for events or for being asked. True where there is something to do. */
static bool await(struct trigger *trigger, int wait_ms)
{
    struct pollfd fds[2] = {{trigger->wake, POLLIN, 0}, {trigger->notify, POLLIN, 0}};
    poll(fds, trigger->notify >= 0 ? 2 : 1, wait_ms);
    uint64_t count;
    trigger->stirred = false;
    if (fds[0].revents && read(trigger->wake, &count, sizeof count) < 0)
        return false;
    return take_events(trigger);
}

static void let_come_to_rest(struct trigger *trigger)
{
    int64_t end = clock_mono_ms() + LONGEST_REST_MS;
    while (!atomic_load(&trigger->stopping) && !atomic_load(&trigger->asked) && clock_mono_ms() < end &&
           (await(trigger, REST_MS) || trigger->stirred))
        ;
}

/* False where the same again later may do more. */
static bool reload_now(struct trigger *trigger, bool asked)
{
    auto_arena struct arena *arena = arena_new();
    struct reload_report report;
    reload_run(trigger->reload, arena, &report);
    if (asked || report.added.count || report.changed.count || report.removed.count)
        log_info(NULL, "reloaded: %zu stores added, %zu changed, %zu removed, %zu as they were",
                 report.added.count, report.changed.count, report.removed.count, report.unchanged);
    return !report.passing;
}

/* True where a directory is watched again: what happened there meanwhile nobody saw. */
static bool watch_again(struct trigger *trigger)
{
    bool found = false;
    for (size_t i = 0; i < sizeof trigger->directories / sizeof *trigger->directories; i++) {
        struct watched *directory = &trigger->directories[i];
        bool was_lost = directory->path && directory->watch < 0;
        watch(trigger, directory);
        found = found || (was_lost && directory->watch >= 0);
    }
    return found;
}

static void *serve(void *argument)
{
    struct trigger *trigger = argument;
    int again_ms = 0; /* 0: all was done */
    while (!atomic_load(&trigger->stopping)) {
        bool changed = await(trigger, again_ms ? again_ms : watches_all(trigger) ? -1 : AGAIN_MS);
        changed = watch_again(trigger) || changed;
        if (changed)
            let_come_to_rest(trigger);
        bool asked = atomic_exchange(&trigger->asked, false);
        if (atomic_load(&trigger->stopping) || (!changed && !asked && !again_ms))
            continue;
        if (reload_now(trigger, asked))
            again_ms = 0;
        else
            again_ms = again_ms && again_ms < LONGEST_AGAIN_MS ? again_ms * 2 : AGAIN_MS;
    }
    return NULL;
}

static char *directory_of(const char *path)
{
    char *directory = xstrdup(path), *slash = strrchr(directory, '/');
    if (!slash) {
        free(directory);
        return xstrdup(".");
    }
    slash[slash == directory] = '\0';
    return directory;
}

struct trigger *trigger_new(const char *tenants_dir, const char *env_path)
{
    struct trigger *trigger = xcalloc(1, sizeof *trigger);
    trigger->env_path = env_path;
    trigger->env_directory = env_path ? directory_of(env_path) : NULL;
    trigger->directories[TENANTS] = (struct watched){.path = tenants_dir, .watch = -1};
    trigger->directories[ENV] = (struct watched){.path = trigger->env_directory, .watch = -1};
    trigger->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (trigger->wake < 0)
        abort();
    trigger->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (trigger->notify < 0)
        log_warn(NULL,
                 "files can't be watched for changes: %s; send SIGHUP, or lapakctl reload, after a change",
                 strerror(errno));
    watch(trigger, &trigger->directories[TENANTS]);
    watch(trigger, &trigger->directories[ENV]);
    env_changed(trigger);
    return trigger;
}

void trigger_start(struct trigger *trigger, struct reload *reload)
{
    trigger->reload = reload;
    if (pthread_create(&trigger->thread, NULL, serve, trigger))
        abort();
}

static void wake(struct trigger *trigger)
{
    uint64_t one = 1;
    if (write(trigger->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        abort();
}

void trigger_ask(struct trigger *trigger)
{
    atomic_store(&trigger->asked, true);
    wake(trigger);
}

void trigger_stop(struct trigger **pointer)
{
    struct trigger *trigger = *pointer;
    if (!trigger)
        return;
    atomic_store(&trigger->stopping, true);
    wake(trigger);
    if (trigger->reload)
        pthread_join(trigger->thread, NULL);
    if (trigger->notify >= 0)
        close(trigger->notify);
    close(trigger->wake);
    free(trigger->env_directory);
    free(trigger);
    *pointer = NULL;
}
