/* What is remembered of trails apart from them: table lapak.audit_heads. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "work/audit_chain.h"
#include "work/internal.h"

static const char HEAD[] = "head", VERIFIED[] = "verified";

struct audit_head_note {
    struct audit_head_note *next;
    struct audit_head head;
    uint8_t mark[AUDIT_HASH_BYTES];
    char store[];
};

/* Keyed, so that nobody without the key makes the server remember another one. */
static void mark_of(struct arena *arena, const struct vault *vault, const char *kind, const char *store,
                    const struct audit_head *head, uint8_t mark_out[static AUDIT_HASH_BYTES])
{
    struct str s = STR_INIT(arena);
    audit_add_part(&s, kind, strlen(kind));
    audit_add_part(&s, store, strlen(store));
    audit_add_number(&s, head->id);
    audit_add_part(&s, head->hash, AUDIT_HASH_BYTES);
    vault_audit_mark(vault, s.text, s.length, mark_out);
}

/* --- in memory, until the server's lane writes it --- */

/* The newer one of a store stays. Under the mutex. */
static void keep(struct lanes *lanes, struct audit_head_note *note)
{
    struct audit_head_note **at = &lanes->audit_heads;
    while (*at && strcmp((*at)->store, note->store) != 0)
        at = &(*at)->next;
    struct audit_head_note *older = *at;
    if (older && older->head.id >= note->head.id) {
        free(note);
        return;
    }
    note->next = older ? older->next : NULL;
    *at = note;
    free(older);
}

static void write_task(struct work *work, void *argument)
{
    audit_heads_write(work);
}

void audit_head_changed(struct lanes *lanes, const struct vault *vault, const char *store,
                        const struct audit_head *head)
{
    if (!lanes || !lanes->server_store) /* a lane by itself, as tests have it: nobody to remember it */
        return;
    auto_arena struct arena *arena = arena_new();
    size_t length = strlen(store);
    struct audit_head_note *note = xcalloc(1, sizeof *note + length + 1);
    note->head = *head;
    memcpy(note->store, store, length);
    mark_of(arena, vault, HEAD, store, head, note->mark);
    pthread_mutex_lock(&lanes->audit_mutex);
    bool first = !lanes->audit_heads;
    keep(lanes, note);
    pthread_mutex_unlock(&lanes->audit_mutex);
    if (first)
        (void)!lane_submit_unless_stopping(lanes->server_store, write_task, NULL);
}

static struct audit_head_note *take_all(struct lanes *lanes)
{
    pthread_mutex_lock(&lanes->audit_mutex);
    struct audit_head_note *first = lanes->audit_heads;
    lanes->audit_heads = NULL;
    pthread_mutex_unlock(&lanes->audit_mutex);
    return first;
}

/* Two servers may come in any order. */
DB_SERVER_STATEMENT(
    audit_head_put,
    "INSERT INTO audit_heads AS h (store, kind, id, hash, mark, at) VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (store, kind) DO UPDATE SET id = excluded.id, hash = excluded.hash,"
    " mark = excluded.mark, at = excluded.at WHERE h.id < excluded.id");

static bool put(struct db_tx *tx, const char *kind, const char *store, const struct audit_head *head,
                const uint8_t *mark, int64_t now_ms, struct error *err)
{
    return db_send(tx, &audit_head_put,
                   DB_PARAMS(P_TEXT(store), P_TEXT(kind), P_INT(head->id),
                             P_BYTES(head->hash, AUDIT_HASH_BYTES), P_BYTES(mark, AUDIT_HASH_BYTES),
                             P_TIME(now_ms)),
                   NULL, err);
}

void audit_heads_write(struct work *work)
{
    struct lanes *lanes = work->store->lane->lanes;
    struct audit_head_note *first = take_all(lanes), *next;
    struct error err;
    if (!first)
        return;
    bool ok = work_begin(work, &err);
    for (const struct audit_head_note *note = first; ok && note; note = note->next)
        ok = put(work->tx, HEAD, note->store, &note->head, note->mark, work->now_ms, &err);
    ok = ok && work_commit(work, &err);
    work_end(work);
    if (!ok && err.code != ERR_RETRY)
        log_error(NULL, "remembering the ends of audit trails: %s", err.text);
    for (struct audit_head_note *note = first; note; note = next) {
        next = note->next;
        if (ok) {
            free(note);
            continue;
        }
        pthread_mutex_lock(&lanes->audit_mutex);
        keep(lanes, note); /* until the next sweep, or the next row of any trail */
        pthread_mutex_unlock(&lanes->audit_mutex);
    }
}

void audit_heads_free(struct lanes *lanes)
{
    for (struct audit_head_note *note = take_all(lanes), *next; note; note = next) {
        next = note->next;
        free(note);
    }
}

/* --- in the table --- */

static const struct db_scope server_scope = {.id = 0, .schema = "lapak", .role = ""};

DB_SERVER_STATEMENT(audit_head_select,
                    "SELECT id, hash, mark FROM audit_heads WHERE store = $1 AND kind = $2");

static bool read_one(struct db_tx *tx, struct arena *arena, const struct vault *vault, const char *kind,
                     const char *name, struct audit_head *head_out, const char **forged, struct error *err)
{
    struct db_rows rows;
    struct audit_head head;
    uint8_t made[AUDIT_HASH_BYTES];
    size_t length = 0;
    if (!db_query(tx, &audit_head_select, DB_PARAMS(P_TEXT(name), P_TEXT(kind)), &rows, err))
        return false;
    *head_out = (struct audit_head){0};
    if (!rows.count)
        return true;
    const void *mark = db_bytes(arena, &rows, 0, 2, &length);
    bool whole = audit_read_head(arena, &rows, &head);
    if (whole)
        mark_of(arena, vault, kind, name, &head, made);
    if (whole && crypto_equal(mark, length, made, sizeof made))
        *head_out = head;
    else
        *forged = kind;
    return true;
}

bool audit_known_get(struct db *db, const struct vault *vault, const char *name,
                     struct audit_known *known_out, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    auto_tx struct db_tx *tx = NULL;
    struct audit_known known = {0};
    if (!db_begin(db, &server_scope, &tx, err) ||
        !read_one(tx, arena, vault, VERIFIED, name, &known.verified, &known.forged, err) ||
        !read_one(tx, arena, vault, HEAD, name, &known.head, &known.forged, err))
        return error_context(err, "audit");
    *known_out = known;
    return true;
}

bool audit_known_put(struct db *db, const struct vault *vault, const char *name,
                     const struct audit_head *verified, int64_t now_ms, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    auto_tx struct db_tx *tx = NULL;
    uint8_t marks[2][AUDIT_HASH_BYTES];
    mark_of(arena, vault, VERIFIED, name, verified, marks[0]);
    mark_of(arena, vault, HEAD, name, verified, marks[1]);
    return (db_begin(db, &server_scope, &tx, err) &&
            put(tx, VERIFIED, name, verified, marks[0], now_ms, err) &&
            put(tx, HEAD, name, verified, marks[1], now_ms, err) && db_commit(tx, err)) ||
           error_context(err, "audit");
}

DB_SERVER_STATEMENT(audit_head_delete, "DELETE FROM audit_heads WHERE store = coalesce($1, store)");

bool audit_known_forget(struct db *db, const char *name, struct error *err)
{
    auto_tx struct db_tx *tx = NULL;
    return (db_begin(db, &server_scope, &tx, err) &&
            db_send(tx, &audit_head_delete, DB_PARAMS(P_TEXT(name)), NULL, err) && db_commit(tx, err)) ||
           error_context(err, "audit");
}
