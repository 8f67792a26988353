#include "store/admin_log.h"

#include "base/json.h"
#include "store/admin_audit.h"
#include "store/internal.h"
#include "store/window.h"

DB_TENANT_STATEMENT(
    admin_log_insert,
    "INSERT INTO admin_logs (actor_id, action, subject, subject_id, before, after, note, key, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key) DO NOTHING");

static const char *text_of(struct work *work, const json_t *json)
{
    return json ? json_text(work->arena, json) : NULL;
}

bool admin_log_add(struct work *work, const struct admin_log *entry, struct error *err)
{
    auto_json json_t *before = entry->before;
    auto_json json_t *after = entry->after;
    struct db_rows rows;
    if (!db_query(work->tx, &admin_log_insert,
                  DB_PARAMS(P_INT(entry->actor_id), P_TEXT(entry->action), P_TEXT(entry->subject),
                            P_INT(entry->subject_id), P_TEXT(text_of(work, before)),
                            P_TEXT(text_of(work, after)), P_TEXT(entry->note ? entry->note : ""),
                            P_TEXT(entry->key), P_TIME(work->now_ms)),
                  &rows, err))
        return error_context(err, "admin log");
    if (rows.affected != 1)
        return error_set(err, ERR_CONFLICT, "admin log: %s %s was carried out before", entry->action,
                         entry->key);
    return admin_audit(work, entry, err);
}

DB_TENANT_STATEMENT(admin_log_count, "SELECT count(*) FROM admin_logs WHERE key = $1");

bool admin_log_has(struct work *work, const char *key, bool *found_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &admin_log_count, DB_PARAMS(P_TEXT(key)), &rows, err))
        return error_context(err, "admin log");
    *found_out = db_int(&rows, 0, 0) > 0;
    return true;
}

/* --- reading --- */

#define COLUMNS                                                                                              \
    "SELECT id, actor_id, action, subject, subject_id, before, after, note, created_at FROM admin_logs"
DB_TENANT_STATEMENT(admin_log_select, COLUMNS " WHERE id = $1");
DB_TENANT_STATEMENT(admin_log_select_key, COLUMNS " WHERE key = $1");
DB_TENANT_STATEMENT(admin_log_newest, COLUMNS " WHERE id < $1 ORDER BY id DESC LIMIT $2");
DB_TENANT_STATEMENT(admin_log_of_actor, COLUMNS " WHERE id < $1 AND actor_id = $3 ORDER BY id DESC LIMIT $2");
DB_TENANT_STATEMENT(admin_log_of_subject,
                    COLUMNS " WHERE id < $1 AND subject = $3 AND subject_id = $4 ORDER BY id DESC LIMIT $2");

static struct admin_log_entry read_entry(struct work *work, const struct db_rows *rows, int row)
{
    return (struct admin_log_entry){
        .id = db_int(rows, row, 0),
        .actor_id = db_int(rows, row, 1),
        .action = db_text_copy(work->arena, rows, row, 2),
        .subject = db_text_copy(work->arena, rows, row, 3),
        .subject_id = db_int(rows, row, 4),
        .before = db_text_copy(work->arena, rows, row, 5),
        .after = db_text_copy(work->arena, rows, row, 6),
        .note = db_text_copy(work->arena, rows, row, 7),
        .created_ms = db_time(rows, row, 8),
    };
}

static bool query_list(struct work *work, const struct admin_log_filter *filter, int64_t before,
                       int64_t limit, struct db_rows *rows_out, struct error *err)
{
    const struct db_param below = P_INT(before > 0 ? before : INT64_MAX), most = P_INT(limit);
    if (filter->by_actor)
        return db_query(work->tx, &admin_log_of_actor, DB_PARAMS(below, most, P_INT(filter->actor_id)),
                        rows_out, err);
    if (filter->subject)
        return db_query(work->tx, &admin_log_of_subject,
                        DB_PARAMS(below, most, P_TEXT(filter->subject), P_INT(filter->subject_id)), rows_out,
                        err);
    return db_query(work->tx, &admin_log_newest, DB_PARAMS(below, most), rows_out, err);
}

bool admin_log_list(struct work *work, const struct admin_log_filter *filter, int64_t before, int64_t limit,
                    struct admin_log_entry **entries_out, size_t *count_out, struct error *err)
{
    struct db_rows rows;
    bool own = false;
    bool ok = store_read_begin(work, &own, err) && query_list(work, filter, before, limit, &rows, err);
    if (ok) {
        *entries_out = ARENA_ARRAY(work->arena, struct admin_log_entry, rows.count);
        *count_out = (size_t)rows.count;
        for (int i = 0; i < rows.count; i++)
            (*entries_out)[i] = read_entry(work, &rows, i);
    }
    store_read_end(work, own);
    return ok || error_context(err, "admin log");
}

DB_TENANT_STATEMENT(admin_log_newer, COLUMNS " WHERE id > $1 ORDER BY id LIMIT $2");
DB_TENANT_STATEMENT(admin_log_newer_of_actor,
                    COLUMNS " WHERE id > $1 AND actor_id = $3 ORDER BY id LIMIT $2");
DB_TENANT_STATEMENT(admin_log_newer_of_subject,
                    COLUMNS " WHERE id > $1 AND subject = $3 AND subject_id = $4 ORDER BY id LIMIT $2");

static bool query_newer(struct work *work, const struct admin_log_filter *filter, int64_t than, int64_t limit,
                        struct db_rows *rows_out, struct error *err)
{
    const struct db_param above = P_INT(than), most = P_INT(limit);
    if (filter->by_actor)
        return db_query(work->tx, &admin_log_newer_of_actor, DB_PARAMS(above, most, P_INT(filter->actor_id)),
                        rows_out, err);
    if (filter->subject)
        return db_query(work->tx, &admin_log_newer_of_subject,
                        DB_PARAMS(above, most, P_TEXT(filter->subject), P_INT(filter->subject_id)), rows_out,
                        err);
    return db_query(work->tx, &admin_log_newer, DB_PARAMS(above, most), rows_out, err);
}

/* One more than fits, so that it is known whether another page follows. */
static bool query_page(struct work *work, const struct admin_log_filter *filter, int64_t cursor, int most,
                       struct db_rows *rows_out, struct error *err)
{
    if (cursor < 0)
        return query_newer(work, filter, -cursor, most + 1, rows_out, err);
    return query_list(work, filter, cursor < INT64_MAX && cursor ? cursor + 1 : 0, most + 1, rows_out, err);
}

bool admin_log_page(struct work *work, const struct admin_log_filter *filter, int64_t cursor, int most,
                    struct admin_log_page *page_out, struct error *err)
{
    struct db_rows rows = {0};
    bool own = false;
    if (cursor == INT64_MIN)
        cursor = 0;
    bool ok = store_read_begin(work, &own, err) && query_page(work, filter, cursor, most, &rows, err);
    if (ok && !rows.count && cursor) {
        cursor = 0;
        ok = query_page(work, filter, cursor, most, &rows, err);
    }
    if (ok) {
        const struct window window = window_of(&rows, cursor, most);
        *page_out = (struct admin_log_page){ARENA_ARRAY(work->arena, struct admin_log_entry, window.count),
                                            (size_t)window.count, window.before, window.after};
        for (int i = 0; i < window.count; i++)
            page_out->entries[i] = read_entry(work, &rows, window_row(&window, i));
    }
    store_read_end(work, own);
    return ok || error_context(err, "admin log");
}

static bool query_one(struct work *work, const struct db_statement *statement, struct db_param what,
                      struct admin_log_entry *entry_out, struct error *err)
{
    struct db_rows rows;
    bool own = false;
    bool ok = store_read_begin(work, &own, err) && db_query(work->tx, statement, &what, 1, &rows, err);
    if (ok && !rows.count)
        ok = error_set(err, ERR_NOT_FOUND, "not there");
    if (ok)
        *entry_out = read_entry(work, &rows, 0);
    store_read_end(work, own);
    return ok;
}

bool admin_log_get(struct work *work, int64_t id, struct admin_log_entry *entry_out, struct error *err)
{
    return query_one(work, &admin_log_select, P_INT(id), entry_out, err) ||
           error_context(err, "admin log %lld", (long long)id);
}

bool admin_log_find(struct work *work, const char *key, struct admin_log_entry *entry_out, struct error *err)
{
    return query_one(work, &admin_log_select_key, P_TEXT(key), entry_out, err) ||
           error_context(err, "admin log %s", key);
}
