#include "base/clock.h"
#include "monitor/internal.h"
#include "store/aside.h"

static struct aside looking = ASIDE_INIT;

/* The directory is told to members of pg_read_all_settings alone. */
DB_SERVER_STATEMENT(monitor_database,
                    "SELECT pg_database_size(current_database()), "
                    "(SELECT sum(numbackends)::bigint FROM pg_stat_database), "
                    "current_setting('max_connections')::bigint, clock_timestamp(), "
                    "CASE WHEN coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', "
                    "true) THEN (SELECT setting FROM pg_settings WHERE name = 'data_directory') END");

void machine_database_start(const char *database_url)
{
    looking.stopping = false;
    aside_start(&looking, database_url);
}

void machine_database_stop(void)
{
    aside_stop(&looking);
}

static bool look(struct arena *arena, struct machine_figures *figures, struct machine_database *database,
                 struct error *err)
{
    static const struct db_scope scope = {UINT32_MAX, "lapak", ""};
    auto_db struct db *db = NULL;
    auto_tx struct db_tx *tx = NULL;
    struct db_rows rows, outbox, jobs;
    if (!aside_open(&looking, &db, err) || !db_begin(db, &scope, &tx, err) || !db_flush(tx, err))
        return false;
    int64_t before_ms = clock_now_ms();
    if (!db_query(tx, &monitor_database, DB_NO_PARAMS, &rows, err))
        return false;
    int64_t now_ms = clock_now_ms();
    if (!reading_server(tx, &outbox, &jobs, err))
        return false;
    figures->database_bytes = db_int(&rows, 0, 0);
    figures->connections = db_int(&rows, 0, 1);
    figures->most_connections = db_int(&rows, 0, 2);
    figures->clock_known[MACHINE_CLOCK_DATABASE] = true;
    figures->clock_ms[MACHINE_CLOCK_DATABASE] = db_time(&rows, 0, 3) - (before_ms + (now_ms - before_ms) / 2);
    database->directory = db_text_copy(arena, &rows, 0, 4);
    database->outbox_late = reading_late(&outbox, 1, now_ms);
    database->jobs_late = reading_late(&jobs, 0, now_ms);
    return true;
}

bool machine_database_look(struct arena *arena, struct machine_figures *figures,
                           struct machine_database *database_out, struct error *err)
{
    struct machine_database database = {0};
    if (!aside_take(&looking))
        return error_set(err, ERR_RETRY, "the server stops");
    bool ok = look(arena, figures, &database, err);
    aside_end(&looking);
    if (ok)
        *database_out = database;
    return ok;
}
