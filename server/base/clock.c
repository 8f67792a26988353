#include "base/clock.h"

#include <stdio.h>
#include <time.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

/* Both ways between days and dates count in eras of 400 years that begin on 1 March, so that the leap day
 * is the last of its year. */
int64_t clock_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of(int64_t days, struct clock_civil *civil)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    civil->day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    civil->month = (int)(m < 10 ? m + 3 : m - 9);
    civil->year = (int)(year_of_era + era * 400 + (civil->month <= 2 ? 1 : 0));
}

static int64_t clamp(int64_t at_ms)
{
    static const int64_t least = INT64_C(-62167132800000); /* 0000-01-02, room for any offset */
    static const int64_t most = INT64_C(253402214400000);  /* 9999-12-31 */
    return at_ms < least ? least : at_ms > most ? most : at_ms;
}

struct clock_civil clock_to_civil(const struct clock_zone *zone, int64_t at_ms)
{
    int64_t local = clamp(at_ms) + (zone ? clock_zone_offset(zone, at_ms) * INT64_C(1000) : 0);
    int64_t days = local / DAY_MS, ms = local % DAY_MS;
    if (ms < 0) {
        ms += DAY_MS;
        days--;
    }
    struct clock_civil civil;
    date_of(days, &civil);
    civil.hour = (int)(ms / 3600000);
    civil.minute = (int)(ms / 60000 % 60);
    civil.second = (int)(ms / 1000 % 60);
    civil.millisecond = (int)(ms % 1000);
    return civil;
}

/* Writes a number of fixed width; snprintf can't know that the year has four digits. */
static char *digits(char *p, int value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + width;
}

void clock_format(const struct clock_zone *zone, int64_t at_ms, char buffer[static 17])
{
    struct clock_civil c = clock_to_civil(zone, at_ms);
    char *p = digits(buffer, c.day, 2);
    *p++ = '/';
    p = digits(p, c.month, 2);
    *p++ = '/';
    p = digits(p, c.year, 4);
    *p++ = ' ';
    p = digits(p, c.hour, 2);
    *p++ = ':';
    p = digits(p, c.minute, 2);
    *p = '\0';
}

void clock_format_utc(int64_t at_ms, char buffer[static 25])
{
    struct clock_civil c = clock_to_civil(NULL, at_ms);
    const struct {
        int value, width;
        char end;
    } parts[] = {{c.year, 4, '-'},   {c.month, 2, '-'},  {c.day, 2, 'T'},        {c.hour, 2, ':'},
                 {c.minute, 2, ':'}, {c.second, 2, '.'}, {c.millisecond, 3, 'Z'}};
    char *p = buffer;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        p = digits(p, parts[i].value, parts[i].width);
        *p++ = parts[i].end;
    }
    *p = '\0';
}

/* Exactly `width` digits at *text, moved past. */
static bool take_number(const char **text, int width, int least, int most, int *value_out)
{
    int value = 0;
    for (int i = 0; i < width; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        value = value * 10 + (**text - '0');
    }
    *value_out = value;
    return value >= least && value <= most;
}

static bool take_char(const char **text, const char *allowed)
{
    for (; *allowed; allowed++) {
        if (**text == *allowed) {
            (*text)++;
            return true;
        }
    }
    return false;
}

static int days_in_month(int year, int month)
{
    return (int)(clock_days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) -
                 clock_days(year, month, 1));
}

static bool take_date(const char **text, struct clock_civil *c)
{
    return take_number(text, 4, 0, 9999, &c->year) && take_char(text, "-") &&
           take_number(text, 2, 1, 12, &c->month) && take_char(text, "-") &&
           take_number(text, 2, 1, days_in_month(c->year, c->month), &c->day);
}

static bool take_fraction(const char **text, int *ms_out)
{
    int ms = 0, count = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++, count++)
        if (count < 3)
            ms = ms * 10 + (**text - '0');
    for (int i = count; i < 3; i++)
        ms *= 10;
    *ms_out = ms;
    return count >= 1 && count <= 9;
}

static bool take_offset(const char **text, int *minutes_out)
{
    int hours, minutes;
    bool west = **text == '-';
    *minutes_out = 0;
    if (take_char(text, "Zz"))
        return true;
    if (!take_char(text, "+-") || !take_number(text, 2, 0, 23, &hours) || !take_char(text, ":") ||
        !take_number(text, 2, 0, 59, &minutes))
        return false;
    *minutes_out = (hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

bool clock_parse_rfc3339(const char *text, int64_t *at_ms_out)
{
    struct clock_civil c = {0};
    int offset_minutes = 0;
    const char *p = text;
    if (!take_date(&p, &c) || !take_char(&p, "Tt") || !take_number(&p, 2, 0, 23, &c.hour) ||
        !take_char(&p, ":") || !take_number(&p, 2, 0, 59, &c.minute) || !take_char(&p, ":") ||
        !take_number(&p, 2, 0, 60, &c.second)) /* 60: a leap second */
        return false;
    if (take_char(&p, ".") && !take_fraction(&p, &c.millisecond))
        return false;
    if (!take_offset(&p, &offset_minutes) || *p)
        return false;
    int64_t minutes = clock_days(c.year, c.month, c.day) * 1440 + c.hour * 60 + c.minute - offset_minutes;
    *at_ms_out = minutes * 60000 + c.second * INT64_C(1000) + c.millisecond;
    return true;
}

bool clock_parse_local(const struct clock_zone *zone, const char *text, bool whole_day, int64_t *at_ms_out)
{
    struct clock_civil c = {0};
    const char *p = text;
    if (!take_date(&p, &c))
        return false;
    bool date_alone = !*p;
    if (!date_alone && (!take_char(&p, " T") || !take_number(&p, 2, 0, 23, &c.hour) || !take_char(&p, ":") ||
                        !take_number(&p, 2, 0, 59, &c.minute) || *p))
        return false;
    int64_t days = clock_days(c.year, c.month, c.day) + (date_alone && whole_day);
    int64_t local = days * DAY_MS + (c.hour * 60 + c.minute) * INT64_C(60000);
    /* Between the two a change of the zone may lie. */
    int64_t near = local - (zone ? clock_zone_offset(zone, local) * INT64_C(1000) : 0);
    *at_ms_out = local - (zone ? clock_zone_offset(zone, near) * INT64_C(1000) : 0);
    return true;
}
