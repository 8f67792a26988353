#include "store/aside.h"

enum { MOST_PREPARED = 64 };

void aside_start(struct aside *aside, const char *database_url)
{
    aside->url = database_url;
    aside->stopping = false;
}

void aside_stop(struct aside *aside)
{
    pthread_mutex_lock(&aside->mutex);
    aside->stopping = true;
    if (aside->canceller)
        db_cancel(aside->canceller);
    pthread_mutex_unlock(&aside->mutex);
}

bool aside_take(struct aside *aside)
{
    pthread_mutex_lock(&aside->mutex);
    bool free = !aside->running && !aside->stopping;
    if (free)
        aside->running = true;
    pthread_mutex_unlock(&aside->mutex);
    return free;
}

void aside_end(struct aside *aside)
{
    pthread_mutex_lock(&aside->mutex);
    db_canceller_free(&aside->canceller);
    aside->running = false;
    pthread_mutex_unlock(&aside->mutex);
}

/* From now on aside_stop() ends it; false where that was before. */
static bool may_be_stopped(struct aside *aside, const struct db *db)
{
    pthread_mutex_lock(&aside->mutex);
    bool go = !aside->stopping;
    if (go)
        aside->canceller = db_canceller(db);
    pthread_mutex_unlock(&aside->mutex);
    return go;
}

bool aside_open(struct aside *aside, struct db **db_out, struct error *err)
{
    struct db *db = NULL;
    if (!db_open(aside->url, NULL, MOST_PREPARED, &db, err))
        return false;
    if (!may_be_stopped(aside, db)) {
        db_close(&db);
        return error_set(err, ERR_RETRY, "stopping");
    }
    *db_out = db;
    return true;
}

struct db_scope aside_scope(const struct tenant *tenant)
{
    return (struct db_scope){.id = 1, .schema = tenant->schema, .role = tenant->role};
}
