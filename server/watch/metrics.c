#include "watch/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const struct {
    const char *name;
    const char *labels;
    const char *help;
} rows[] = {
#define METRICS_ROW(id, name, labels, help) {name, labels, help},
    METRICS_COUNTERS(METRICS_ROW)
#undef METRICS_ROW
};

static atomic_ullong values[METRIC_COUNT];

void metrics_count(enum metric metric)
{
    atomic_fetch_add_explicit(&values[metric], 1, memory_order_relaxed);
}

uint64_t metrics_value(enum metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

void metrics_row(struct str *page, const char *name, const char *labels, int64_t value)
{
    str_addf(page, *labels ? "%s{%s} %lld\n" : "%s%s %lld\n", name, labels, (long long)value);
}

void metrics_row_real(struct str *page, const char *name, const char *labels, double value)
{
    str_addf(page, *labels ? "%s{%s} %.6g\n" : "%s%s %.6g\n", name, labels, value);
}

void metrics_introduce(struct str *page, const char *name, const char *type, const char *help)
{
    str_addf(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_figure(struct str *page, const char *name, const char *type, const char *help,
                    const char *labels, int64_t value)
{
    metrics_introduce(page, name, type, help);
    metrics_row(page, name, labels, value);
}

static const struct {
    const char *name;
    const char *help;
} times[] = {
#define METRICS_TIME(id, name, help) {name, help},
    METRICS_HISTOGRAMS(METRICS_TIME)
#undef METRICS_TIME
};

static const struct {
    int64_t us; /* at most */
    const char *text;
} buckets[] = {{5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},   {100000, "0.1"},
               {250000, "0.25"}, {500000, "0.5"},  {1000000, "1"},   {2500000, "2.5"},  {5000000, "5"},
               {10000000, "10"}, {30000000, "30"}, {60000000, "60"}, {300000000, "300"}};
enum { BUCKETS = sizeof buckets / sizeof buckets[0] };

static struct {
    atomic_ullong within[BUCKETS + 1]; /* each in the first that fits; the last is for what takes longer */
    atomic_ullong sum_us;
} spent[METRIC_TIME_COUNT];

void metrics_time(enum metric_time time, int64_t us)
{
    size_t i = 0;
    us = us > 0 ? us : 0;
    while (i < BUCKETS && us > buckets[i].us)
        i++;
    atomic_fetch_add_explicit(&spent[time].within[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&spent[time].sum_us, (unsigned long long)us, memory_order_relaxed);
}

static void render_time(struct str *page, int time)
{
    const char *name = times[time].name;
    unsigned long long count = 0;
    metrics_introduce(page, name, "histogram", times[time].help);
    for (size_t i = 0; i <= BUCKETS; i++) {
        count += atomic_load_explicit(&spent[time].within[i], memory_order_relaxed);
        str_addf(page, "%s_bucket{le=\"%s\"} %llu\n", name, i < BUCKETS ? buckets[i].text : "+Inf", count);
    }
    str_addf(page, "%s_sum %.6f\n", name,
             (double)atomic_load_explicit(&spent[time].sum_us, memory_order_relaxed) / 1e6);
    str_addf(page, "%s_count %llu\n", name, count);
}

void metrics_render(struct str *page)
{
    for (int i = 0; i < METRIC_TIME_COUNT; i++)
        render_time(page, i);
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0)
            metrics_figure(page, rows[i].name, "counter", rows[i].help, rows[i].labels,
                           (int64_t)metrics_value((enum metric)i));
        else
            metrics_row(page, rows[i].name, rows[i].labels, (int64_t)metrics_value((enum metric)i));
    }
}

static int64_t resident_bytes(void)
{
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%*d %lld", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return pages * sysconf(_SC_PAGESIZE);
}

static int64_t open_files(void)
{
    int64_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 3; /* ".", "..", and the directory itself */
}

/* Before main(), so that nobody has to remember it. */
static int64_t started_ms;
__attribute__((constructor)) static void note_start(void)
{
    started_ms = clock_mono_ms();
}

void metrics_process(struct str *page)
{
    metrics_figure(page, "process_resident_memory_bytes", "gauge", "Resident memory.", "", resident_bytes());
    metrics_figure(page, "process_open_fds", "gauge", "Open file descriptors.", "", open_files());
    metrics_figure(page, "lapak_uptime_seconds", "gauge", "Seconds since the start.", "",
                   (clock_mono_ms() - started_ms) / 1000);
}
