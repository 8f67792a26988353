#include "backup/restore.h"

#include <ctype.h>
#include <time.h>

#include "backup/shelf.h"
#include "backup/snapshot.h"
#include "base/str.h"
#include "db/migrate.h"
#include "db/schema.h"
#include "store/broadcast.h"
#include "tenants/enrolment.h"
#include "work/audit.h"
#include "work/lane.h"

enum { SWAP_TRIES = 10, SWAP_PAUSE_MS = 500 };

static bool is_server(const struct backup_subject *subject)
{
    return str_equal(subject->store, TENANT_SERVER_NAME);
}

static const char *restored_name(struct arena *arena, const struct backup_subject *subject)
{
    return arena_printf(arena, SCHEMA_RESTORED "%s", subject->schema);
}

/* "before_20261122t190000z_store_kopi"; never that of the one that comes in, which may be a second old. */
static const char *before_name(struct arena *arena, const struct backup_subject *subject,
                               const char *incoming, int64_t now_ms)
{
    char *time = shelf_time_text(arena, now_ms);
    for (char *p = time; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    const char *name = arena_printf(arena, SCHEMA_BEFORE "%s_%s", time, subject->schema);
    return str_equal(name, incoming) ? before_name(arena, subject, incoming, now_ms + 1000) : name;
}

/* lapakd keeps of the server's schema more in its head than it can be told to forget. */
static bool alone(const struct backup_context *context, const struct backup_subject *subject,
                  struct error *err)
{
    int64_t others;
    if (!is_server(subject))
        return true;
    if (!schema_other_sessions(context->db, &others, err))
        return false;
    return !others ||
           error_set(err, ERR_CONFLICT, "lapakd uses this database (%lld connections): stop it first",
                     (long long)others);
}

bool restore_look(const struct backup_context *context, const struct backup_subject *subject,
                  struct arena *arena, struct restore_present *present_out, struct error *err)
{
    struct restore_present present = {0};
    if (!schema_exists(context->db, subject->schema, &present.exists, err) ||
        !schema_before(arena, context->db, subject->schema, &present.unconfirmed, err) ||
        !snapshot_count(context->db, arena, subject->schema, &present.tables, &present.table_count, err))
        return false;
    *present_out = present;
    return true;
}

/* --- loading --- */

static bool check_data_key(const struct backup_context *context, const struct load_result *result,
                           struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    return str_equal(result->manifest.data_key,
                     manifest_data_key(arena, context->config->data_encryption_key)) ||
           error_set(
               err, ERR_INVALID,
               "its sold contents were sealed with another DATA_ENCRYPTION_KEY: put the one of that time "
               "into the env file first");
}

/* A dump of an older version is brought up while nobody sees it yet; the server's own when lapakd starts. */
static bool bring_up_to_date(const struct backup_context *context, const struct backup_subject *subject,
                             const char *schema, struct error *err)
{
    struct migrate_target target = {.schema = schema, .role = subject->role};
    if (!migrate_all(context->db, context->config->schema_dir, &target, is_server(subject) ? 0 : 1, err))
        return false;
    if (target.failed) {
        *err = target.error;
        return false;
    }
    return schema_session(context->db, err);
}

/* What went out since the backup must not go out again by itself. */
static bool pause_broadcasts(const struct backup_context *context, const char *schema, struct error *err)
{
    const struct db_scope scope = {.id = 3, .schema = schema, .role = ""};
    auto_tx struct db_tx *tx = NULL;
    return db_begin(context->db, &scope, &tx, err) && broadcast_pause_all(tx, clock_now_ms(), err) &&
           db_commit(tx, err);
}

static bool load_beside(const struct backup_context *context, const struct backup_subject *subject,
                        const struct load_request *request, struct arena *arena,
                        struct load_result *result_out, struct error *err)
{
    struct load_result result;
    backup_progress(context, "loading it beside the store");
    if (*subject->role && !schema_role(context->db, subject->role, err))
        return false;
    if (!load_run(context, request, arena, &result, err) || !check_data_key(context, &result, err))
        return false;
    if (!is_server(subject) && (!bring_up_to_date(context, subject, request->schema, err) ||
                                !pause_broadcasts(context, request->schema, err)))
        return false;
    *result_out = result;
    return true;
}

bool restore_load(const struct backup_context *context, const struct backup_subject *subject,
                  const struct load_place *place, struct arena *arena, struct load_result *result_out,
                  struct error *err)
{
    const struct load_request request = {
        .place = *place, .store = subject->store, .schema = restored_name(arena, subject)};
    const char *unconfirmed;
    struct error ignored;
    if (!alone(context, subject, err) ||
        !schema_before(arena, context->db, subject->schema, &unconfirmed, err))
        return false;
    if (unconfirmed)
        return error_set(err, ERR_CONFLICT,
                         "an earlier restore is neither confirmed nor taken back; see --confirm and --undo");
    if (load_beside(context, subject, &request, arena, result_out, err))
        return true;
    (void)!schema_drop(context->db, request.schema, &ignored); /* it is dropped before the next, too */
    return false;
}

/* --- changing places --- */

/* A store that is under load is waited for; it waits meanwhile no longer than a lock's time limit. */
static bool swap_patiently(const struct backup_context *context, const struct schema_swap *swap,
                           struct error *err)
{
    for (int i = 0; i < SWAP_TRIES; i++) {
        if (schema_swap(context->db, swap, err))
            return true;
        if (err->code != ERR_RETRY || db_reconnects(context->db) || !db_is_up(context->db))
            return false;
        nanosleep(&(struct timespec){.tv_nsec = SWAP_PAUSE_MS * 1000000L}, NULL);
    }
    return false;
}

/* The store may be new here: on another host, or its row went with the server's schema. */
static bool make_known(const struct backup_context *context, const struct backup_subject *subject,
                       struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct vault vault;
    const struct tenant tenant = {.name = subject->store, .schema = subject->schema};
    struct enrolment enrolment = {.tenant = &tenant};
    vault_init(&vault, context->config->data_encryption_key, TENANT_SERVER_NAME);
    return enrol_stores(arena, context->db, &vault, &enrolment, 1, err);
}

static bool change_places(const struct backup_context *context, const struct backup_subject *subject,
                          const char *incoming, int64_t now_ms, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const struct schema_swap swap = {
        .schema = subject->schema,
        .incoming = incoming,
        .outgoing = before_name(arena, subject, incoming, now_ms),
        .channel = LANE_CATALOGUE_CHANNEL,
        .payload = is_server(subject) ? NULL : subject->store,
    };
    backup_progress(context, "putting it in the store's place");
    if (!alone(context, subject, err) || !swap_patiently(context, &swap, err))
        return false;
    /* The server's schema comes with the heads of other trails as they were then; those trails went on. */
    if (is_server(subject))
        return bring_up_to_date(context, subject, subject->schema, err) &&
               audit_known_forget(context->db, NULL, err);
    return make_known(context, subject, err) && audit_known_forget(context->db, subject->store, err);
}

bool restore_swap(const struct backup_context *context, const struct backup_subject *subject, int64_t now_ms,
                  struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    return change_places(context, subject, restored_name(arena, subject), now_ms, err);
}

static bool find_before(const struct backup_context *context, const struct backup_subject *subject,
                        struct arena *arena, const char **before_out, struct error *err)
{
    const char *before;
    if (!schema_before(arena, context->db, subject->schema, &before, err))
        return false;
    if (!before)
        return error_set(err, ERR_NOT_FOUND, "there is no restore of %s to confirm or to take back",
                         subject->store);
    *before_out = before;
    return true;
}

bool restore_confirm(const struct backup_context *context, const struct backup_subject *subject,
                     struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const char *before;
    return find_before(context, subject, arena, &before, err) && schema_drop(context->db, before, err);
}

bool restore_undo(const struct backup_context *context, const struct backup_subject *subject, int64_t now_ms,
                  struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const char *before;
    return find_before(context, subject, arena, &before, err) &&
           change_places(context, subject, before, now_ms, err);
}
