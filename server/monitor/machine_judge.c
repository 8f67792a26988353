#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "monitor/internal.h"
#include "watch/alerts.h"

enum { MB = 1024 * 1024, DAY_MS = 24 * 3600 * 1000 };

/* Not where it is not known: neither well nor ill. */
static void judge_percent(enum alert_kind kind, const char *subject, int percent, int64_t limit)
{
    if (percent < 0)
        return;
    if (percent > limit)
        alert_raise(NULL, kind, subject, "%d %%", percent);
    else
        alert_clear(NULL, kind, subject);
}

void judge_machine(const struct machine_figures *figures, const struct watch_limits *limits)
{
    judge_percent(ALERT_CPU, "", figures->cpu_percent, limits->cpu);
    judge_percent(ALERT_MEMORY, "", figures->memory_percent, limits->memory);
    for (int i = 0; i < MACHINE_PLACES; i++)
        judge_percent(ALERT_DISK, machine_place_name(i),
                      figures->disks[i].known ? figures->disks[i].percent : -1, limits->disk);
    if (figures->log_bytes > limits->logs_mb * MB)
        alert_raise(NULL, ALERT_LOGS, "", "%" PRId64 " MB", figures->log_bytes / MB);
    else if (figures->log_bytes >= 0)
        alert_clear(NULL, ALERT_LOGS, "");
}

static void judge_late(enum alert_kind kind, int64_t seconds, int64_t limit)
{
    if (seconds > limit)
        alert_raise(NULL, kind, "", "%" PRId64 " s", seconds);
    else
        alert_clear(NULL, kind, "");
}

void judge_database(const struct machine_figures *figures, const struct machine_database *database,
                    const struct error *failure, const struct monitor_options *options)
{
    if (failure) {
        alert_raise(NULL, ALERT_DATABASE, "", "%s", failure->text);
        return;
    }
    alert_clear(NULL, ALERT_DATABASE, "");
    int64_t used = figures->connections, all = figures->most_connections;
    if (all > 0)
        judge_percent(ALERT_CONNECTIONS, "", used < all ? (int)(used * 100 / all) : 100,
                      options->limits->connections);
    if (options->has_owner_bot)
        judge_late(ALERT_OUTBOX_LATE, database->outbox_late, options->limits->outbox_late);
    judge_late(ALERT_JOBS_LATE, database->jobs_late, options->limits->jobs_late);
}

void judge_certificate(const char *subject, int64_t expires_ms, const struct watch_limits *limits,
                       int64_t now_ms)
{
    if (!expires_ms)
        return;
    int64_t days = (expires_ms - now_ms) / DAY_MS;
    char date[25];
    clock_format_utc(expires_ms, date);
    if (days < limits->certificate_days)
        alert_raise(NULL, ALERT_CERTIFICATE, subject, "%.10s (%" PRId64 ")", date, days);
    else
        alert_clear(NULL, ALERT_CERTIFICATE, subject);
}

void judge_clocks(const struct machine_figures *figures, const struct watch_limits *limits)
{
    const int64_t limit_ms = limits->clock_seconds * 1000;
    for (int i = 0; i < MACHINE_CLOCKS; i++) {
        const char *name = machine_clock_name(i);
        if (!figures->clock_known[i])
            continue;
        if (llabs(figures->clock_ms[i]) > limit_ms)
            alert_raise(NULL, ALERT_CLOCK, name, "%+.1f s", (double)figures->clock_ms[i] / 1000);
        else
            alert_clear(NULL, ALERT_CLOCK, name);
    }
}
