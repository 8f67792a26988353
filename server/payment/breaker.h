/*
 * A circuit breaker for each gateway project: after some failures in a row nobody calls for a while, so that
 * a gateway that is down costs no threads, and buyers are told at once. Then one call is let through; it
 * decides. In this process's memory, safe from any thread. Pure but for that memory: time is a parameter.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum breaker_change { BREAKER_SAME, BREAKER_OPENED, BREAKER_CLOSED };

/* Whether a call may be made now. False: `*due_ms_out` is when to come back. Where it was open and its time
 * is over, the one who asks first is let through and the others wait for what comes of it (10 s at most). */
bool breaker_take(const char *project, int64_t now_ms, int64_t *due_ms_out);
/* What came of a call. `failure` NULL, or an error that shows the gateway alive (refused, too many requests,
 * a malformed field), closes it; no connection, a time-out, 5xx and pages that are no JSON count towards
 * opening. Opened again by the call that was let through counts as opened: who was to tell of it may have
 * failed to. */
enum breaker_change breaker_note(const char *project, const struct error *failure, int64_t now_ms);
/* For pages: no call is possible now. Takes nothing. */
bool breaker_is_open(const char *project, int64_t now_ms);
