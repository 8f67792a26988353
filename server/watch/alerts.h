/*
 * Alerts: what the owners have to know, of a store or of the server. Owns table lapak.alerts.
 *
 * An alert is known by its store, kind and subject. The same one raised again is counted, not told again,
 * until its window is over; what recovers is told once more. Raised alerts are collected in memory and
 * written down by the server's lane about once a second; where the database is away they are kept until it is
 * back. The telling is the outbox's (of the server's store), so none is lost while the owner's bot is dead.
 *
 * States: open -> recovered (a later one of the same store, kind and subject is a new alert). An open one may
 * be acknowledged (told again only when it recovers) or muted until a time.
 */
#pragma once

#include "work/lane.h"

enum alert_severity { ALERT_NOTE, ALERT_WARNING, ALERT_CRITICAL };

/* ALERT(ID, "name", severity, recovers, window in seconds). One that does not recover ends by itself when it
 * was not raised for its window. Each has a text of its own for people (bot/owner). */
#define ALERT_KINDS(ALERT)                                                                                   \
    ALERT(ERROR, "error", ALERT_WARNING, false, 600)                                                         \
    ALERT(BOT_DISABLED, "bot_disabled", ALERT_CRITICAL, true, 3600)                                          \
    ALERT(BOT_UNREACHABLE, "bot_unreachable", ALERT_WARNING, true, 3600)                                     \
    ALERT(TENANT_FILE, "tenant_file", ALERT_WARNING, true, 3600)                                             \
    ALERT(WEBHOOK, "webhook", ALERT_WARNING, true, 3600)                                                     \
    ALERT(GATEWAY, "gateway", ALERT_CRITICAL, true, 3600)                                                    \
    ALERT(OUTBOX_LATE, "outbox_late", ALERT_WARNING, true, 3600)                                             \
    ALERT(JOBS_LATE, "jobs_late", ALERT_WARNING, true, 3600)                                                 \
    ALERT(PARKED, "parked", ALERT_WARNING, true, 86400)                                                      \
    ALERT(PAYMENTS_FAILING, "payments_failing", ALERT_WARNING, true, 3600)                                   \
    ALERT(BOOKS, "books", ALERT_CRITICAL, true, 86400)                                                       \
    ALERT(CPU, "cpu", ALERT_WARNING, true, 3600)                                                             \
    ALERT(MEMORY, "memory", ALERT_WARNING, true, 3600)                                                       \
    ALERT(DISK, "disk", ALERT_CRITICAL, true, 3600)                                                          \
    ALERT(LOGS, "logs", ALERT_WARNING, true, 86400)                                                          \
    ALERT(DATABASE, "database", ALERT_CRITICAL, true, 3600)                                                  \
    ALERT(CONNECTIONS, "connections", ALERT_WARNING, true, 3600)                                             \
    ALERT(CERTIFICATE, "certificate", ALERT_CRITICAL, true, 86400)                                           \
    ALERT(CLOCK, "clock", ALERT_WARNING, true, 3600)                                                         \
    ALERT(BACKUP, "backup", ALERT_CRITICAL, true, 86400)                                                     \
    ALERT(AUDIT, "audit", ALERT_CRITICAL, true, 86400)                                                       \
    ALERT(FRAUD, "fraud", ALERT_WARNING, false, 600)

enum alert_kind {
#define ALERT_ID(id, name, severity, recovers, window) ALERT_##id,
    ALERT_KINDS(ALERT_ID)
#undef ALERT_ID
        ALERT_KIND_COUNT
};

/* `store` is a bot_store_name, or NULL for the server; `subject` what of that kind ("/var/lib", "getMe"; ""
 * for the only one), at most 80 bytes kept; the text is a detail for people ("91 %"), at most 400 bytes kept,
 * and never holds a secret. Any thread; never waits, never fails. */
void alert_raise(const char *store, enum alert_kind kind, const char *subject, const char *detail, ...)
    __attribute__((format(printf, 4, 5)));
/* What is not the case any more. Any thread; cheap where nothing of it was raised. */
void alert_clear(const char *store, enum alert_kind kind, const char *subject);

/* Begins writing them down, and takes every error line of the log as an alert (kind ERROR, its text without
 * numbers the subject). */
void alerts_start(struct lanes *lanes);
/* Writes down what is still collected, where the database is there. */
void alerts_stop(void);
