#include "tenants/stores.h"

#define COLUMNS                                                                                              \
    "bot_store_name, state, state_reason, bot_username, state_since, suspended_at, suspended_by, "           \
    "suspended_reason"

DB_SERVER_STATEMENT(stores_select_after,
                    "SELECT " COLUMNS " FROM stores WHERE bot_store_name > $1 AND state <> 'removed' "
                    "ORDER BY bot_store_name LIMIT $2");
DB_SERVER_STATEMENT(stores_select_before,
                    "SELECT * FROM (SELECT " COLUMNS
                    " FROM stores WHERE bot_store_name < $1 AND state <> 'removed' "
                    "ORDER BY bot_store_name DESC LIMIT $2) AS page ORDER BY bot_store_name");
DB_SERVER_STATEMENT(stores_select, "SELECT " COLUMNS " FROM stores WHERE bot_store_name = $1");

static struct store_row read_row(struct arena *arena, const struct db_rows *rows, int i)
{
    return (struct store_row){
        .name = db_text_copy(arena, rows, i, 0),
        .state = db_text_copy(arena, rows, i, 1),
        .reason = db_text_copy(arena, rows, i, 2),
        .bot_username = db_text_copy(arena, rows, i, 3),
        .since_ms = db_time(rows, i, 4),
        .suspended_ms = db_time(rows, i, 5),
        .suspended_by = db_int(rows, i, 6),
        .suspended_reason = db_text_copy(arena, rows, i, 7),
    };
}

static struct store_row *read_rows(struct arena *arena, const struct db_rows *rows)
{
    struct store_row *list = ARENA_ARRAY(arena, struct store_row, rows->count);
    for (int i = 0; i < rows->count; i++)
        list[i] = read_row(arena, rows, i);
    return list;
}

bool stores_page(struct arena *arena, struct db_tx *tx, const char *from, bool backwards, int64_t limit,
                 struct store_row **rows_out, size_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, backwards ? &stores_select_before : &stores_select_after,
                  DB_PARAMS(P_TEXT(from), P_INT(limit)), &rows, err))
        return error_context(err, "stores");
    *rows_out = read_rows(arena, &rows);
    *count_out = (size_t)rows.count;
    return true;
}

bool stores_get(struct arena *arena, struct db_tx *tx, const char *name, struct store_row *row_out,
                struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, &stores_select, DB_PARAMS(P_TEXT(name)), &rows, err))
        return error_context(err, "store %s", name);
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "store %s: not there", name);
    *row_out = read_row(arena, &rows, 0);
    return true;
}

DB_SERVER_STATEMENT(stores_select_not_live,
                    "SELECT " COLUMNS ", count(*) OVER () FROM stores WHERE state NOT IN ('live', 'removed') "
                    "ORDER BY bot_store_name LIMIT $1");

bool stores_not_live(struct arena *arena, struct db_tx *tx, int64_t limit, struct store_row **rows_out,
                     size_t *count_out, int64_t *all_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, &stores_select_not_live, DB_PARAMS(P_INT(limit)), &rows, err))
        return error_context(err, "stores");
    *rows_out = read_rows(arena, &rows);
    *count_out = (size_t)rows.count;
    *all_out = rows.count ? db_int(&rows, 0, 8) : 0;
    return true;
}

DB_SERVER_STATEMENT(stores_select_of_bot, "SELECT bot_store_name FROM stores WHERE bot_id = $1 "
                                          "AND state <> 'removed' ORDER BY bot_store_name LIMIT 1");

bool stores_of_bot(struct arena *arena, struct db_tx *tx, int64_t bot_id, const char **name_out,
                   struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, &stores_select_of_bot, DB_PARAMS(P_INT(bot_id)), &rows, err))
        return error_context(err, "store of a bot");
    *name_out = rows.count ? db_text_copy(arena, &rows, 0, 0) : NULL;
    return true;
}

DB_SERVER_STATEMENT(stores_select_count,
                    "SELECT count(*), count(*) FILTER (WHERE state = 'live'), "
                    "count(*) FILTER (WHERE state = 'starting'), count(*) FILTER (WHERE state = 'disabled'), "
                    "count(*) FILTER (WHERE state = 'unreachable'), count(suspended_at) "
                    "FROM stores WHERE state <> 'removed'");

bool stores_count(struct db_tx *tx, struct stores_count *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, &stores_select_count, DB_NO_PARAMS, &rows, err))
        return error_context(err, "stores");
    *count_out = (struct stores_count){.all = db_int(&rows, 0, 0),
                                       .live = db_int(&rows, 0, 1),
                                       .starting = db_int(&rows, 0, 2),
                                       .disabled = db_int(&rows, 0, 3),
                                       .unreachable = db_int(&rows, 0, 4),
                                       .suspended = db_int(&rows, 0, 5)};
    return true;
}

DB_SERVER_STATEMENT(stores_select_owner_bot, "SELECT bot_username, can_manage_bots FROM owner_bot");

bool stores_owner_bot(struct arena *arena, struct db_tx *tx, struct owner_bot *bot_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, &stores_select_owner_bot, DB_NO_PARAMS, &rows, err))
        return error_context(err, "the owner's bot");
    *bot_out = rows.count ? (struct owner_bot){.username = db_text_copy(arena, &rows, 0, 0),
                                               .can_manage_bots = db_bool(&rows, 0, 1)}
                          : (struct owner_bot){0};
    return true;
}
