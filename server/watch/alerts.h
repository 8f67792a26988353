/*
 * Alerts: what the owners have to know, of a store or of the server. Owns table lapak.alerts (written down by
 * alert_write.c; read, acknowledged and muted by alert_row.c).
 *
 * An alert is known by its store, kind and subject. The same one raised again is counted, not told again,
 * until its window is over; what recovers is told once more. Raised alerts are collected in memory (bounded;
 * what finds no room is counted) and written down by the server's lane about once a second; where the
 * database is away they are kept, and counted on, until it is back. The telling is the outbox's (of the
 * server's store), so none is lost while the owner's bot is dead. Several servers share the table: what is
 * told is decided under the row's lock.
 *
 * States: open -> recovered. Raised again within its window (at most an hour) a recovered one is open again,
 * and what is told of it keeps to its window, so that what flickers does not make a message each time; later
 * it is a new alert. An open one may be acknowledged (told again only when it recovers) or muted until a time
 * (nothing until then; told again where it is still open). Recovered ones go after 90 days.
 *
 * No more than 20 messages a minute (and process) are told: where there would be more, the worst are told one
 * by one and the rest in one digest.
 */
#pragma once

#include "base/str.h"
#include "work/job.h"
#include "work/lane.h"

enum alert_severity { ALERT_NOTE, ALERT_WARNING, ALERT_CRITICAL, ALERT_SEVERITIES };

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

/* "error", "bot_disabled", … */
const char *alert_kind_name(enum alert_kind kind);
enum alert_severity alert_kind_severity(enum alert_kind kind);
/* "note", "warning", "critical". */
const char *alert_severity_name(enum alert_severity severity);
/* Whether it is open until it is cleared (else it ends by itself, and nobody is told of the end). */
bool alert_kind_recovers(enum alert_kind kind);

/* --- raising --- */

/* `store` is a bot_store_name, or NULL for the server; `subject` what of that kind ("/var/lib", "getMe"; ""
 * for the only one), at most 80 bytes kept; the text is a detail for people ("91 %"), at most 400 bytes kept,
 * and never holds a secret. Any thread; never waits, never fails. */
void alert_raise(const char *store, enum alert_kind kind, const char *subject, const char *detail, ...)
    __attribute__((format(printf, 4, 5)));
/* What is not the case any more; nothing happens where it was not. Any thread; never waits, never fails, and
 * cheap enough for every round. */
void alert_clear(const char *store, enum alert_kind kind, const char *subject);
/* Ends all of a store that is gone (its file was removed); nobody is told. */
void alert_clear_store(const char *store);

/* --- reading and acting: in the open transaction of the server's store --- */

struct alert_row {
    int64_t id;
    const char *store; /* NULL: the server's */
    enum alert_kind kind;
    const char *subject, *detail; /* "": none; the detail is of the last time */
    int64_t count;
    int64_t first_ms, last_ms;  /* raised */
    int64_t told_ms;            /* last; 0: never */
    int64_t told_count;         /* what `count` was then */
    bool told_open;             /* that it is open is the last that was told */
    int64_t acked_ms, acked_by; /* 0: not; by a telegram id, 0 whoever runs the server */
    int64_t muted_until_ms;     /* 0: never was; it may be over */
    int64_t recovered_ms;       /* 0: open */
};

/* Everywhere below `store` NULL is everybody's, "" the server's. Rows are in the arena. */

/* The open ones, the newest (by id) first, at most `limit` with an id below `before_id` (0: from the first
 * on). */
MUST_USE bool alert_list(struct work *work, const char *store, int64_t before_id, int64_t limit,
                         struct alert_row **rows_out, size_t *count_out, struct error *err);
/* Open or recovered; ERR_NOT_FOUND. */
MUST_USE bool alert_get(struct work *work, int64_t id, struct alert_row *row_out, struct error *err);
/* Kind ERROR, open or ended, raised since `since_ms`; the last raised first, behind the row (before_ms,
 * before_id), its last_ms and id (0, 0: from the first on). */
MUST_USE bool alert_errors(struct work *work, const char *store, int64_t since_ms, int64_t before_ms,
                           int64_t before_id, int64_t limit, struct alert_row **rows_out, size_t *count_out,
                           struct error *err);
/* How many are open, by severity; neither acknowledged nor muted ones are left out. */
MUST_USE bool alert_open_counts(struct work *work, const char *store, int64_t counts_out[ALERT_SEVERITIES],
                                struct error *err);

/* `by` is a telegram id, 0 for whoever runs the server. Each is written to the server's audit trail.
 * ERR_NOT_FOUND where no open alert has this id; ERR_CONFLICT where it is acknowledged (not muted) already.
 */
MUST_USE bool alert_ack(struct work *work, int64_t id, int64_t by, struct error *err);
MUST_USE bool alert_mute(struct work *work, int64_t id, int64_t until_ms, int64_t by, struct error *err);
MUST_USE bool alert_unmute(struct work *work, int64_t id, int64_t by, struct error *err);

/* --- telling: the upper room's table --- */

enum alert_telling {
    ALERT_TELL_NEW,
    ALERT_TELL_AGAIN,     /* its window (or the mute) is over and it is still there; see count, told_count */
    ALERT_TELL_RECOVERED, /* may be the first that is told, of what came and went while nothing could be */
};

/* What was too much to be told one by one. */
struct alert_digest {
    int64_t alerts;                    /* all of them; */
    int64_t recovered;                 /* of these over */
    int64_t stores;                    /* different ones; the server counts as one */
    int64_t by_kind[ALERT_KIND_COUNT]; /* of those that are open */
};

struct alert_teller {
    /* In the transaction that writes the telling down: outbox_add() to each owner. Must fail with the
     * database alone. */
    bool (*tell)(struct work *work, const struct alert_row *row, enum alert_telling why, struct error *err);
    bool (*tell_digest)(struct work *work, const struct alert_digest *digest, struct error *err);
    /* The database is away: without it, on a thread of the alerts' own, by calls that may wait 20 s. NEW;
     * AGAIN each hour; RECOVERED once it is back. `away_ms`: for how long now, or was. False where nobody
     * could be told: tried again soon. */
    bool (*tell_directly)(enum alert_telling why, int64_t away_ms);
};
/* Before alerts_start(); NULL (and before), or without `tell`: alerts are written down and nobody is told. */
void alerts_set_teller(const struct alert_teller *teller);

/* --- wiring --- */

/* How long the database may be away before the owners are told directly, in ms, more than a round's second;
 * 60,000 unless told. Before alerts_start(). */
void alerts_set_away(int64_t ms);
/* Begins writing them down, and takes every error line of the log as an alert (kind ERROR, its text without
 * numbers the subject). */
void alerts_start(struct lanes *lanes);
/* Writes down what is still collected, where the database is there. After lanes_drain(), before lanes_stop().
 * Whatever is raised later is not written. */
void alerts_stop(void);

/* A standing job of the server's: removes what recovered 90 days ago. */
extern const struct job_kind alerts_tidy_job;

/* For /metrics: lapak_alerts_open (by severity, as of the last time this process looked), and what was
 * raised, told and dropped. */
void alerts_render(struct str *page);
