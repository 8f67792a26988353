/*
 * Time zones, read from the TZif files (RFC 8536) of the system. localtime_r() knows one zone a process; this
 * server needs one a store, from several threads at once.
 */
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

#define ZONEINFO "/usr/share/zoneinfo/"
enum { MAX_FILE = 256 * 1024, MAX_NAME = 64, HEADER = 44 };

/* When daylight saving begins or ends in a year, as POSIX writes it: Mm.w.d, Jn or n, and a time. */
struct rule {
    char form; /* 'M', 'J' or '0' for the zero-based day */
    int month, week, day;
    int32_t seconds;
};

struct clock_zone {
    struct clock_zone *next;
    char name[MAX_NAME];
    size_t count;
    int64_t *times;   /* transitions, ascending, seconds since 1970 */
    int32_t *offsets; /* from times[i] on */
    int32_t before;   /* before the first transition */
    bool has_footer;  /* the rules after the last transition */
    bool has_dst;
    int32_t standard, daylight; /* seconds east of UTC */
    struct rule start, end;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct clock_zone *zones; /* never freed */

/* --- the footer: a POSIX TZ string --- */

static bool take_int(const char **p, int most, int *value_out)
{
    int value = 0;
    const char *from = *p;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        value = value * 10 + (**p - '0');
        if (value > most)
            return false;
    }
    *value_out = value;
    return *p > from;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool take_time(const char **p, int most_hours, int32_t *seconds_out)
{
    int hours, parts[2] = {0, 0}, sign = **p == '-' ? -1 : 1;
    if (**p == '-' || **p == '+')
        (*p)++;
    if (!take_int(p, most_hours, &hours))
        return false;
    for (int i = 0; i < 2 && **p == ':'; i++) {
        (*p)++;
        if (!take_int(p, 59, &parts[i]))
            return false;
    }
    *seconds_out = sign * (hours * 3600 + parts[0] * 60 + parts[1]);
    return true;
}

static bool skip_abbreviation(const char **p)
{
    const char *from = *p;
    if (**p == '<') {
        *p = strchr(*p, '>');
        if (!*p)
            return false;
        (*p)++;
        return true;
    }
    while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z'))
        (*p)++;
    return *p - from >= 3;
}

static bool take_rule(const char **p, struct rule *rule)
{
    if (*(*p)++ != ',')
        return false;
    bool good;
    rule->form = **p == 'M' || **p == 'J' ? **p : '0';
    if (rule->form != '0')
        (*p)++;
    if (rule->form == 'M') {
        good = take_int(p, 12, &rule->month) && rule->month >= 1 && *(*p)++ == '.' &&
               take_int(p, 5, &rule->week) && rule->week >= 1 && *(*p)++ == '.' && take_int(p, 6, &rule->day);
    } else {
        good = take_int(p, 365, &rule->day) && (rule->form == '0' || rule->day >= 1);
    }
    rule->seconds = 2 * 3600;
    if (good && **p == '/') {
        (*p)++;
        good = take_time(p, 167, &rule->seconds);
    }
    return good;
}

static bool read_footer(struct clock_zone *zone, const char *text)
{
    int32_t west;
    if (!skip_abbreviation(&text) || !take_time(&text, 24, &west))
        return false;
    zone->standard = -west;
    zone->has_footer = true;
    if (!*text)
        return true;
    zone->daylight = zone->standard + 3600;
    if (!skip_abbreviation(&text))
        return false;
    if (*text != ',') {
        if (!take_time(&text, 24, &west))
            return false;
        zone->daylight = -west;
    }
    zone->has_dst = true;
    return take_rule(&text, &zone->start) && take_rule(&text, &zone->end) && !*text;
}

/* The local second, since 1970, at which the rule falls in the year. */
static int64_t rule_time(const struct rule *rule, int year)
{
    int64_t first = clock_days(year, 1, 1), day = first + rule->day;
    bool leap = clock_days(year + 1, 1, 1) - first == 366;
    if (rule->form == 'J') {
        day = first + rule->day - 1 + (leap && rule->day > 59 ? 1 : 0); /* counts no 29 February */
    } else if (rule->form == 'M') {
        int64_t month = clock_days(year, rule->month, 1);
        int64_t next = rule->month == 12 ? clock_days(year + 1, 1, 1) : clock_days(year, rule->month + 1, 1);
        int64_t weekday = ((month + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        day = month + (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
        while (day >= next)
            day -= 7;
    }
    return day * 86400 + rule->seconds;
}

static int32_t footer_offset(const struct clock_zone *zone, int64_t at)
{
    if (!zone->has_dst)
        return zone->standard;
    int year = clock_to_civil(NULL, (at + zone->standard) * 1000).year;
    int64_t start = rule_time(&zone->start, year) - zone->standard;
    int64_t end = rule_time(&zone->end, year) - zone->daylight;
    bool daylight = start < end ? at >= start && at < end : at >= start || at < end;
    return daylight ? zone->daylight : zone->standard;
}

const char *clock_zone_name(const struct clock_zone *zone)
{
    return zone->name;
}

int32_t clock_zone_offset(const struct clock_zone *zone, int64_t at_ms)
{
    static const int64_t far_ms = INT64_C(1) << 60; /* beyond it the sums below would not fit */
    at_ms = at_ms > far_ms ? far_ms : at_ms < -far_ms ? -far_ms : at_ms;
    int64_t at = at_ms / 1000 - (at_ms % 1000 < 0 ? 1 : 0);
    size_t low = 0, high = zone->count; /* the first transition after `at` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->has_footer)
        return footer_offset(zone, at);
    return low == 0 ? zone->before : zone->offsets[low - 1];
}

/* --- the file --- */

static int64_t big_endian(const uint8_t *p, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | p[i];
    return bytes == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

struct counts {
    size_t utc, wall, leap, times, types, chars;
};

static bool read_header(const uint8_t *p, const uint8_t *end, struct counts *c)
{
    if (end - p < HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return false;
    size_t *const fields[] = {&c->utc, &c->wall, &c->leap, &c->times, &c->types, &c->chars};
    for (size_t i = 0; i < 6; i++) {
        int64_t value = big_endian(p + 20 + 4 * i, 4);
        if (value < 0 || value > MAX_FILE)
            return false;
        *fields[i] = (size_t)value;
    }
    return c->types >= 1 && c->types <= 256 && c->leap == 0; /* "right/" zones count other seconds */
}

static size_t body_size(const struct counts *c, size_t time_size)
{
    return c->times * time_size + c->times + c->types * 6 + c->chars + c->leap * (time_size + 4) + c->wall +
           c->utc;
}

static bool read_tables(struct clock_zone *zone, const uint8_t *p, const struct counts *c)
{
    const uint8_t *types = p + c->times * 8, *details = types + c->times;
    zone->count = c->times;
    zone->times = xcalloc(c->times, sizeof *zone->times);
    zone->offsets = xcalloc(c->times, sizeof *zone->offsets);
    zone->before = (int32_t)big_endian(details, 4);
    for (size_t i = 0; i < c->times; i++) {
        zone->times[i] = big_endian(p + 8 * i, 8);
        if (types[i] >= c->types || (i > 0 && zone->times[i] <= zone->times[i - 1]))
            return false;
        zone->offsets[i] = (int32_t)big_endian(details + 6 * types[i], 4);
        if (zone->offsets[i] < -90000 || zone->offsets[i] > 93600) /* RFC 8536, 3.2 */
            return false;
    }
    return zone->before >= -90000 && zone->before <= 93600;
}

static bool read_zone(struct clock_zone *zone, const uint8_t *bytes, size_t length)
{
    const uint8_t *p = bytes, *end = bytes + length;
    struct counts c;
    if (!read_header(p, end, &c) || (size_t)(end - p) < HEADER + body_size(&c, 4))
        return false;
    p += HEADER + body_size(&c, 4); /* the 32-bit copy of the tables */
    if (!read_header(p, end, &c) || (size_t)(end - p) < HEADER + body_size(&c, 8))
        return false;
    if (!read_tables(zone, p + HEADER, &c))
        return false;
    p += HEADER + body_size(&c, 8);
    const uint8_t *stop = end - p > 1 ? memchr(p + 1, '\n', (size_t)(end - p) - 1) : NULL;
    if (!stop || *p != '\n' || memchr(p, '\0', (size_t)(stop - p)))
        return false;
    if (stop == p + 1)
        return true; /* no rule known: the last transition stays */
    auto_arena struct arena *arena = arena_new();
    return read_footer(zone, arena_memdup(arena, p + 1, (size_t)(stop - p) - 1));
}

/* "Area/Place": letters, digits, _ + - between single slashes; so no "..", no leading slash, nothing hidden.
 */
static bool is_zone_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length >= MAX_NAME || name[length - 1] == '/')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool other = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
        bool slash = c == '/' && i > 0 && name[i - 1] != '/';
        if (!letter && !slash && !(other && i > 0))
            return false;
    }
    return true;
}

static struct clock_zone *zone_from_file(const char *name)
{
    char path[sizeof ZONEINFO + MAX_NAME];
    snprintf(path, sizeof path, ZONEINFO "%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > MAX_FILE) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    size_t length = 0;
    auto_freep uint8_t *bytes = xcalloc(1, MAX_FILE);
    ssize_t n;
    while ((n = read(fd, bytes + length, MAX_FILE - length)) > 0)
        length += (size_t)n;
    close(fd);
    struct clock_zone *zone = xcalloc(1, sizeof *zone);
    if (n < 0 || !read_zone(zone, bytes, length)) {
        free(zone->times);
        free(zone->offsets);
        free(zone);
        return NULL;
    }
    snprintf(zone->name, sizeof zone->name, "%s", name);
    return zone;
}

bool clock_zone_load(const char *name, const struct clock_zone **zone_out)
{
    if (!is_zone_name(name))
        return false;
    pthread_mutex_lock(&lock);
    struct clock_zone *zone = zones;
    while (zone && strcmp(zone->name, name) != 0)
        zone = zone->next;
    if (!zone) {
        zone = zone_from_file(name);
        if (zone) {
            zone->next = zones;
            zones = zone;
        }
    }
    pthread_mutex_unlock(&lock);
    if (zone)
        *zone_out = zone;
    return zone != NULL;
}
