#include "watch/machine.h"

#include <pthread.h>

#include "watch/metrics.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct machine_figures last = {.cpu_percent = -1, .memory_percent = -1, .log_bytes = -1};

const char *machine_place_name(enum machine_place place)
{
    static const char *const names[] = {"logs", "backups", "database"};
    return names[place];
}

const char *machine_clock_name(enum machine_clock clock)
{
    static const char *const names[] = {"PostgreSQL", "Telegram", "Pakasir"};
    return names[clock];
}

void machine_get(struct machine_figures *figures_out)
{
    pthread_mutex_lock(&mutex);
    *figures_out = last;
    pthread_mutex_unlock(&mutex);
}

void machine_set(const struct machine_figures *figures)
{
    pthread_mutex_lock(&mutex);
    last = *figures;
    pthread_mutex_unlock(&mutex);
}

/* --- for /metrics: what is not known has no row --- */

static void percent(struct str *page, const char *name, const char *help, int value)
{
    metrics_introduce(page, name, "gauge", help);
    if (value >= 0)
        metrics_row_real(page, name, "", value / 100.0);
}

static void bytes(struct str *page, const char *name, const char *help, int64_t value)
{
    metrics_introduce(page, name, "gauge", help);
    if (value >= 0)
        metrics_row(page, name, "", value);
}

static void render_disks(struct str *page, const struct machine_figures *f)
{
    static const char used[] = "lapak_machine_disk_used_ratio", left[] = "lapak_machine_disk_free_bytes";
    metrics_introduce(page, used, "gauge", "Used part of the disk, by what is on it.");
    for (int i = 0; i < MACHINE_PLACES; i++)
        if (f->disks[i].known)
            metrics_row_real(page, used, arena_printf(page->arena, "of=\"%s\"", machine_place_name(i)),
                             f->disks[i].percent / 100.0);
    metrics_introduce(page, left, "gauge", "Free bytes of the disk, by what is on it.");
    for (int i = 0; i < MACHINE_PLACES; i++)
        if (f->disks[i].known)
            metrics_row(page, left, arena_printf(page->arena, "of=\"%s\"", machine_place_name(i)),
                        f->disks[i].free_bytes);
}

static void render_database(struct str *page, const struct machine_figures *f)
{
    bytes(page, "lapak_database_up", "Whether the database answered at the last look.",
          f->database_known ? f->database_up : -1);
    bytes(page, "lapak_database_size_bytes", "Size of the database.",
          f->database_up ? f->database_bytes : -1);
    bytes(page, "lapak_database_connections", "Connections to the database server, of everybody.",
          f->database_up ? f->connections : -1);
    bytes(page, "lapak_database_connections_max", "Connections the database server allows.",
          f->database_up ? f->most_connections : -1);
}

static void render_clocks(struct str *page, const struct machine_figures *f)
{
    static const char name[] = "lapak_clock_offset_seconds";
    metrics_introduce(page, name, "gauge", "How far ahead of this machine's clock another one is.");
    for (int i = 0; i < MACHINE_CLOCKS; i++)
        if (f->clock_known[i])
            metrics_row_real(page, name, arena_printf(page->arena, "of=\"%s\"", machine_clock_name(i)),
                             (double)f->clock_ms[i] / 1000);
}

void machine_render(struct str *page)
{
    struct machine_figures f;
    machine_get(&f);
    bytes(page, "lapak_machine_checked_timestamp_seconds", "When the machine was last looked at.",
          f.checked_ms ? f.checked_ms / 1000 : -1);
    percent(page, "lapak_machine_cpu_used_ratio", "Used part of all processors since the look before.",
            f.cpu_percent);
    percent(page, "lapak_machine_memory_used_ratio", "Used part of the memory.", f.memory_percent);
    bytes(page, "lapak_machine_memory_bytes", "Memory there is.", f.memory_percent < 0 ? -1 : f.memory_bytes);
    bytes(page, "lapak_machine_memory_available_bytes", "Memory that can be had.",
          f.memory_percent < 0 ? -1 : f.memory_available_bytes);
    render_disks(page, &f);
    bytes(page, "lapak_log_bytes", "Size of all log files.", f.log_bytes);
    render_database(page, &f);
    bytes(page, "lapak_certificate_expiry_timestamp_seconds", "When the first of our certificates ends.",
          f.certificate_ms ? f.certificate_ms / 1000 : -1);
    render_clocks(page, &f);
}
