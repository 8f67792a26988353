/*
 * When a gateway is asked again. Two halves: at which time a payment's next call is due (pure, all times in
 * ms since 1970), and how many calls of a kind a project may make now (the gateway's own limits; in this
 * process's memory, safe from any thread).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/order.h"
#include "store/payment.h"

enum {
    PACE_STATUS_GAP_MS = 4000,  /* Pakasir: one status call per transaction in 4 s */
    PACE_FIRST_LOOK_MS = 10000, /* after the invoice, where no webhook came */
    PACE_AFTER_VOID_MS = 5000,  /* a look after the transaction was voided */
    PACE_VOID_FOUND_MS = 60000, /* void of a transaction found by chance: after its state was asked */
};

/* --- creating: how often a buyer's invoice is tried --- */

/* `failures`: those before this one. False: give up; the buyer looks at a loading line. A gateway that only
 * asks to wait (429) is no failure and gets more patience. */
bool pace_create_again(const struct payment *payment, const struct error *failure, int64_t now_ms,
                       int64_t *due_ms_out);

/* --- looking: the next status call of an open order --- */

int64_t pace_look_pending(const struct payment *payment, int64_t expires_ms, int64_t now_ms);
/* The last call brought nothing usable. False: the order's end has passed and was asked for often enough;
 * expire it. */
bool pace_look_unanswered(const struct payment *payment, int64_t expires_ms, const struct error *failure,
                          int64_t now_ms, int64_t *due_ms_out);

/* --- after the end: money may still come --- */

/* False: looked often enough. */
bool pace_late_look(const struct payment *payment, int64_t now_ms, int64_t *due_ms_out);
bool pace_late_unanswered(const struct payment *payment, const struct error *failure, int64_t now_ms,
                          int64_t *due_ms_out);
/* The next try to void. False: give up, it ends by itself. */
bool pace_void_again(const struct payment *payment, const struct error *failure, int64_t now_ms,
                     int64_t *due_ms_out);

/* --- the gateway's limits --- */

enum pace_kind {
    PACE_CREATE,
    PACE_CANCEL /* 2 a second for a project */,
    PACE_STATUS /* 1 in 4 s for a transaction */
};

/* Takes the right to one call of `key` (project or transaction). False: none now; `*due_ms_out` is when to
 * come back (for PACE_CREATE and PACE_CANCEL, which many wait for, a time of the caller's own). */
bool pace_take(enum pace_kind kind, const char *key, int64_t now_ms, int64_t *due_ms_out);
