/* Time. Business time is always a parameter (milliseconds since 1970, UTC); only edges read the clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Milliseconds since 1970-01-01 UTC. */
int64_t clock_now_ms(void);

/* Milliseconds of a clock that never jumps; for time-outs, rates and durations only. */
int64_t clock_mono_ms(void);
/* The same in microseconds. */
int64_t clock_mono_us(void);

/* Loads the rules of an IANA zone ("Asia/Jakarta") from the system's zoneinfo; false where it has none
 * or the name is not a zone name. Loaded zones are shared and live as long as the process. */
struct clock_zone;
MUST_USE bool clock_zone_load(const char *name, const struct clock_zone **zone_out);

/* "Asia/Jakarta". */
const char *clock_zone_name(const struct clock_zone *zone);

/* Seconds east of UTC in the zone at that time (25200 for Asia/Jakarta), daylight saving included. */
int32_t clock_zone_offset(const struct clock_zone *zone, int64_t at_ms);

/* A date and time of day of the calendar everybody uses. */
struct clock_civil {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second, millisecond;
};
struct clock_civil clock_to_civil(const struct clock_zone *zone, int64_t at_ms); /* UTC where zone is NULL */
/* Days since 1970-01-01 of a date; month and day from 1. */
int64_t clock_days(int year, int month, int day);

/* "dd/mm/YYYY HH:MM" in the zone; years outside 0-9999 are cut to them. */
void clock_format(const struct clock_zone *zone, int64_t at_ms, char buffer[static 17]);

/* "2026-11-22T09:16:01.123Z", UTC. */
void clock_format_utc(int64_t at_ms, char buffer[static 25]);

/* RFC 3339 with 0 to 9 fraction digits and `Z` or an offset, as Pakasir sends them
 * ("2025-09-19T01:18:49.678622564Z"). False where the text is anything else. */
bool clock_parse_rfc3339(const char *text, int64_t *at_ms_out);
/* A date and time of day in the zone, "2026-08-01 17:00", or a date alone, "2026-08-01": the day's beginning,
 * or with `whole_day` its end, which is the beginning of the next. False where the text is anything else. A
 * time that the zone's clocks skip is as far behind the skip; of one they show twice it is either. UTC where
 * zone is NULL. */
bool clock_parse_local(const struct clock_zone *zone, const char *text, bool whole_day, int64_t *at_ms_out);
