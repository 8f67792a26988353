/* The machine, looked at by a thread of its own: also while the database is away, and once in each process.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "monitor/internal.h"
#include "monitor/proc.h"
#include "telegram/api.h"
#include "web/tls.h"

/* How late /metrics may know of other servers' rounds, and of backups. */
enum { REFRESH_MS = 30000 };

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    bool has_cpu;
    struct proc_cpu cpu; /* of the last look */
} the = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

bool machine_stopping(void)
{
    return atomic_load(&the.stopping);
}

/* --- one look --- */

static void look_at_processors(struct machine_figures *figures)
{
    struct proc_cpu now;
    struct proc_memory memory;
    figures->cpu_percent = figures->memory_percent = -1;
    if (proc_cpu_now(&now)) {
        if (the.has_cpu)
            figures->cpu_percent = proc_cpu_percent(&the.cpu, &now);
        the.cpu = now;
        the.has_cpu = true;
    }
    if (!proc_memory_now(&memory))
        return;
    figures->memory_percent = proc_memory_percent(&memory);
    figures->memory_bytes = memory.total;
    figures->memory_available_bytes = memory.available;
}

static void look_at_disks(struct machine_figures *figures, const struct monitor_options *options)
{
    figures->disks[MACHINE_LOGS].known = space_of(options->log_dir, &figures->disks[MACHINE_LOGS]);
    figures->disks[MACHINE_BACKUPS].known =
        options->backup_dir && space_of(options->backup_dir, &figures->disks[MACHINE_BACKUPS]);
    figures->log_bytes = space_below(options->log_dir);
}

static void look_at_database(struct arena *arena, struct machine_figures *figures,
                             const struct monitor_options *options)
{
    struct machine_database database = {0};
    struct error err;
    bool ok = machine_database_look(arena, figures, &database, &err);
    if (machine_stopping())
        return;
    figures->database_known = true;
    figures->database_up = ok;
    struct machine_disk *disk = &figures->disks[MACHINE_DATABASE];
    disk->known = ok && database.directory && space_of(database.directory, disk);
    judge_database(figures, &database, ok ? NULL : &err, options);
}

static void take_earlier(int64_t *earliest_ms, int64_t at_ms)
{
    if (at_ms && (!*earliest_ms || at_ms < *earliest_ms))
        *earliest_ms = at_ms;
}

static void look_at_certificates(struct machine_figures *figures, const struct monitor_options *options,
                                 int64_t now_ms)
{
    int64_t of_file = 0, of_address = 0;
    struct error err;
    if (options->certificate && tls_certificate_expires(options->certificate, &of_file, &err))
        judge_certificate(options->certificate, of_file, options->limits, now_ms);
    if (str_starts_with(options->public_url, "https://") &&
        outside_certificate(options->public_url, &of_address))
        judge_certificate(options->public_url, of_address, options->limits, now_ms);
    figures->certificate_ms = 0;
    take_earlier(&figures->certificate_ms, of_file);
    take_earlier(&figures->certificate_ms, of_address);
}

static void look_at_clocks(struct machine_figures *figures, const struct monitor_options *options)
{
    const struct {
        enum machine_clock clock;
        const char *url;
    } clocks[] = {{MACHINE_CLOCK_TELEGRAM, telegram_base()}, {MACHINE_CLOCK_GATEWAY, options->gateway_url}};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++)
        figures->clock_known[clocks[i].clock] =
            outside_clock(clocks[i].url, &figures->clock_ms[clocks[i].clock]);
}

/* What is near first: it is known also while the rest of the world keeps us waiting. */
static void look(const struct monitor_options *options)
{
    auto_arena struct arena *arena = arena_new();
    struct machine_figures figures;
    machine_get(&figures);
    figures.checked_ms = clock_now_ms();
    figures.clock_known[MACHINE_CLOCK_DATABASE] = false;
    look_at_processors(&figures);
    look_at_disks(&figures, options);
    look_at_database(arena, &figures, options);
    if (machine_stopping())
        return;
    machine_set(&figures);
    judge_machine(&figures, options->limits);
    look_at_certificates(&figures, options, figures.checked_ms);
    look_at_clocks(&figures, options);
    if (machine_stopping())
        return;
    judge_clocks(&figures, options->limits);
    machine_set(&figures);
}

/* --- the thread --- */

static bool wait_until(int64_t at_ms)
{
    const struct timespec until = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    pthread_mutex_lock(&the.mutex);
    while (!machine_stopping() && clock_mono_ms() < at_ms)
        pthread_cond_clockwait(&the.changed, &the.mutex, CLOCK_MONOTONIC, &until);
    pthread_mutex_unlock(&the.mutex);
    return !machine_stopping();
}

static void *watch(void *argument)
{
    const struct monitor_options *options = monitor_options();
    int64_t due_ms = 0, next_ms;
    do {
        monitor_refresh();
        if (clock_mono_ms() >= due_ms) {
            due_ms = clock_mono_ms() + options->limits->every_seconds * 1000;
            look(options);
        }
        next_ms = clock_mono_ms() + REFRESH_MS;
    } while (wait_until(due_ms < next_ms ? due_ms : next_ms));
    return NULL;
}

void machine_start(void)
{
    atomic_store(&the.stopping, false);
    machine_database_start(monitor_options()->database_url);
    if (pthread_create(&the.thread, NULL, watch, NULL))
        abort();
    the.running = true;
}

void machine_stop(void)
{
    if (!the.running)
        return;
    pthread_mutex_lock(&the.mutex);
    atomic_store(&the.stopping, true);
    pthread_cond_broadcast(&the.changed);
    pthread_mutex_unlock(&the.mutex);
    machine_database_stop();
    pthread_join(the.thread, NULL);
    the.running = false;
}
