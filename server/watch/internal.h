/* What the files of watch/ share about alerts; nobody else includes it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

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

/* alert_subject.c */
/* The message with numbers, hex, ids and quoted parts replaced by "#", so that the same fault is the same
 * subject; `subject_out` has ALERT_SUBJECT + 1 bytes. */
void alert_subject(const char *message, char *subject_out);

/* alert_map.c: what was raised and cleared and is not written down yet, one note for each store, kind and
 * subject. Bounded; its functions hold its mutex for moments only. */
struct alert_note {
    struct alert_note *hash_next, *next; /* `next`: in order of arrival, or of the list it was taken in */
    struct alert_note *before;
    char store[ALERT_STORE + 1]; /* "": the server's */
    bool whole_store;            /* everything of the store is over; kind and subject are nothing */
    enum alert_kind kind;
    char subject[ALERT_SUBJECT + 1];
    int64_t raised;            /* times; 0: cleared alone */
    int64_t first_ms, last_ms; /* raised */
    int64_t cleared_ms;        /* 0: not, or raised again since */
    char *detail;              /* of the last time; NULL: not raised */
};
enum { ALERT_BUCKETS = 4096, ALERT_MOST_RAISED = 8192, ALERT_MOST_CLEARED = 8192 };
struct alert_map {
    pthread_mutex_t mutex;
    struct alert_note *buckets[ALERT_BUCKETS];
    struct alert_note *first, *last;
    size_t raised, cleared; /* notes that were raised; that were cleared alone */
    atomic_ullong raised_total, dropped;
};
#define ALERT_MAP_INIT                                                                                       \
    {                                                                                                        \
        .mutex = PTHREAD_MUTEX_INITIALIZER                                                                   \
    }
void alert_map_raise(struct alert_map *map, const char *store, enum alert_kind kind, const char *subject,
                     const char *detail, int64_t now_ms);
void alert_map_clear(struct alert_map *map, const char *store, enum alert_kind kind, const char *subject,
                     int64_t now_ms);
void alert_map_clear_store(struct alert_map *map, const char *store, int64_t now_ms);
/* The oldest, at most `most`, out of the map; in the order in which they are to be written: the same in every
 * server, so that none waits for the other in a circle. `notes_out` has room for `most`; each is the
 * caller's.
 */
size_t alert_map_take(struct alert_map *map, size_t most, struct alert_note **notes_out);
/* Notes that could not be written, back behind what came meanwhile: the newer state stays, counts are added.
 */
void alert_map_put_back(struct alert_map *map, struct alert_note **notes, size_t count);
void alert_note_free(struct alert_note *note);
void alert_map_forget(struct alert_map *map);

/* alert_write.c: in transactions of the server's store. */
MUST_USE bool alerts_write(struct work *work, struct alert_note *const *notes, size_t count,
                           struct error *err);
/* How many messages went in this minute. */
struct alert_pace {
    int64_t since_ms;
    int told;
};
enum { ALERT_MOST_A_MINUTE = 20, ALERT_MINUTE_MS = 60000, ALERT_MOST_DUE = 2000 };
/* Decides all that is due: tells it (`teller` may be NULL: nobody), ends it, or puts it off. */
MUST_USE bool alerts_decide(struct work *work, const struct alert_teller *teller, struct alert_pace *pace,
                            struct error *err);

/* alert_decision.c */
struct alert_decision {
    bool tells;
    enum alert_telling why;
    bool ends;      /* is over from now on */
    bool told_open; /* what the owners then take it for */
    int64_t due_ms; /* when to decide again; 0: when something happens */
};
struct alert_decision alert_decide(const struct alert_row *row, int64_t now_ms);

/* alert_row.c */
#define ALERT_COLUMNS                                                                                        \
    "id, store, kind, subject, detail, count, first_at, last_at, told_at, told_count, told_open, acked_at,"  \
    " acked_by, muted_until, recovered_at"
/* A row of a statement that selects ALERT_COLUMNS; in the arena. */
struct alert_row alert_row_read(struct arena *arena, const struct db_rows *rows, int row);
