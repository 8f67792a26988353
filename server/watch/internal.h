/* What the files of watch/ share about alerts; nobody else includes it. */
#pragma once

#include "watch/alerts.h"

enum {
    ALERT_SUBJECT = 80,
    ALERT_DETAIL = 400,
    ALERT_STORE = 64,
    ALERT_FLAP_MS = 3600 * 1000, /* what comes back within this (or its window) is the same alert */
};

/* alert_kind.c */
int64_t alert_window_ms(enum alert_kind kind);
/* A name in the table; what a newer server wrote there is ALERT_ERROR. */
enum alert_kind alert_kind_of(const char *name);

/* alert_row.c */
#define ALERT_COLUMNS                                                                                        \
    "id, store, kind, subject, detail, count, first_at, last_at, told_at, told_count, told_open, acked_at,"  \
    " acked_by, muted_until, recovered_at"
/* A row of a statement that selects ALERT_COLUMNS; in the arena. */
struct alert_row alert_row_read(struct arena *arena, const struct db_rows *rows, int row);
