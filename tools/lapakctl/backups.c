/* lapakctl list, and what the commands on backups share. */
#include "backups.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "output.h"
#include "tenants/enrolment.h"

/* --- whose they are --- */

static void on_signal(int number)
{
    target_stop(); /* what runs ends soon, and cleans up behind itself */
}

static void show_progress(void *argument, const char *step)
{
    const struct backups *backups = argument;
    if (isatty(STDERR_FILENO) && !backups->context->json)
        fprintf(stderr, *step ? "\r\x1b[K%s: %s …" : "\r\x1b[K", backups->subject.store, step);
}

const struct tenant *backups_server_tenant(const struct command_setup *setup)
{
    const struct config *config = setup->config;
    return tenant_of_server(&(struct server_identity){.file = config->file,
                                                      .token = config->owner_token,
                                                      .owners = &config->owner_ids,
                                                      .language = config->owner_language,
                                                      .zone = config->owner_zone});
}

void backups_of(struct command_context *context, const struct command_setup *setup,
                const struct tenant *tenant, struct backups *backups_out)
{
    *backups_out = (struct backups){.context = context, .setup = *setup, .tenant = tenant};
    backups_out->is_server = str_equal(tenant->name, TENANT_SERVER_NAME);
    backups_out->subject = backup_subject_of(tenant, NULL);
    backups_out->work = (struct backup_context){
        .config = setup->config, .progress = show_progress, .progress_context = backups_out};
    const struct sigaction stop = {.sa_handler = on_signal};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    signal(SIGPIPE, SIG_IGN); /* pg_restore may end before it has read all; its exit status tells */
}

bool backups_open(struct command_context *context, const char *name, struct backups *backups_out)
{
    struct command_setup setup;
    if (!command_read_setup(context, &setup))
        return false;
    const struct tenant *tenant = str_equal(name, TENANT_SERVER_NAME)
                                      ? backups_server_tenant(&setup)
                                      : command_read_tenant(context, &setup, name);
    if (tenant)
        backups_of(context, &setup, tenant, backups_out);
    return tenant;
}

void backups_close(struct backups *backups)
{
    show_progress(backups, "");
    db_close(&backups->db);
    tenant_unref(&backups->tenant);
}

bool backups_session(struct backups *backups, struct error *err)
{
    if (!db_open(backups->setup.config->database_url, NULL, 64, &backups->db, err))
        return false;
    backups->work.db = backups->db;
    return backup_session(&backups->work, backups->subject.schema, err);
}

bool backups_with_work(const struct backups *backups,
                       bool (*fn)(struct work *work, void *argument, struct error *err), void *argument,
                       struct error *err)
{
    return backups->is_server ? database_with_server(&backups->setup, fn, argument, err)
                              : database_with_store(&backups->setup, backups->tenant, fn, argument, err);
}

/* --- which --- */

static bool find_in(const struct backups *backups, const char *place, int64_t at_ms,
                    struct backups_found *found, struct error *err)
{
    struct shelf_item *items;
    size_t count;
    struct target *target;
    if (!target_open(place, &target, err))
        return false;
    if (!shelf_list(target, backups->context->arena, backups->setup.config->backup.key,
                    backups->subject.store, &items, &count, err)) {
        target_close(&target);
        return false;
    }
    struct shelf_item *item = shelf_find(items, count, at_ms);
    if (!item) {
        target_close(&target);
        return error_set(err, ERR_NOT_FOUND, "%s holds no backup of %s%s", place, backups->subject.store,
                         at_ms == INT64_MAX ? "" : " from before that time");
    }
    *found = (struct backups_found){target, item, {.target = target, .key = item->key}};
    return true;
}

static bool parse_at(const struct backups *backups, const char *at, int64_t *at_ms_out)
{
    if (str_equal(at, "newest"))
        return (*at_ms_out = INT64_MAX, true);
    return shelf_parse_time(at, at_ms_out) || clock_parse_rfc3339(at, at_ms_out) ||
           clock_parse_local(backups->subject.zone, at, true, at_ms_out);
}

bool backups_find(const struct backups *backups, const char *at, struct backups_found *found_out,
                  struct error *err)
{
    const struct backup_config *config = &backups->setup.config->backup;
    int64_t at_ms;
    if (!config->has_key)
        return error_set(err, ERR_INVALID, "BACKUP_KEY is not set: no backup can be read without it");
    if (!parse_at(backups, at, &at_ms)) {
        if (access(at, F_OK) != 0)
            return error_set(err, ERR_INVALID, "--at: neither a time (\"2026-11-22 19:00\") nor a file: %s",
                             at);
        *found_out = (struct backups_found){.place = {.path = at}};
        return true;
    }
    struct error first;
    if (find_in(backups, config->directory, at_ms, found_out, &first) ||
        (config->offsite && find_in(backups, config->offsite, at_ms, found_out, err)))
        return true;
    *err = first;
    return false;
}

/* --- lapakctl list --- */

enum { COLUMNS = 7 };

struct listing {
    struct command_context *context;
    json_t *json;
    const char **cells;
    size_t rows, capacity;
    size_t problems;
};

const char *backups_size_text(struct arena *arena, int64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double size = (double)bytes;
    size_t unit = 0;
    while (size >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        size /= 1000;
        unit++;
    }
    return arena_printf(arena, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

static const char *time_text(struct arena *arena, int64_t ms)
{
    char text[17];
    const struct clock_zone *utc;
    if (!ms || !clock_zone_load("UTC", &utc))
        return "-";
    clock_format(utc, ms, text);
    return arena_strdup(arena, text);
}

static void add_row(struct listing *listing, const char *const cells[COLUMNS])
{
    if (listing->rows == listing->capacity) {
        size_t capacity = listing->capacity ? listing->capacity * 2 : 64;
        const char **more = ARENA_ARRAY(listing->context->arena, const char *, capacity *COLUMNS);
        if (listing->rows)
            memcpy(more, listing->cells, listing->rows * COLUMNS * sizeof *more);
        listing->cells = more;
        listing->capacity = capacity;
    }
    memcpy(&listing->cells[listing->rows++ * COLUMNS], cells, COLUMNS * sizeof *cells);
}

static void add_item(struct listing *listing, const char *place, const struct shelf_item *item)
{
    struct arena *arena = listing->context->arena;
    const struct manifest *m = item->manifest;
    const char *remark = item->problem          ? item->problem
                         : m && !m->verified_ms ? "never tried out: not known to be good"
                                                : "";
    listing->problems += item->problem != NULL;
    const char *const cells[COLUMNS] = {
        item->store,
        shelf_time_text(arena, item->time_ms),
        backups_size_text(arena, item->size),
        m ? arena_printf(arena, "%" PRId64, manifest_all_rows(m)) : "?",
        time_text(arena, m ? m->verified_ms : 0),
        place,
        remark,
    };
    add_row(listing, cells);
    json_array_append_new(
        listing->json, json_pack("{s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s?}", "store",
                                 item->store, "time", shelf_time_text(arena, item->time_ms), "time_ms",
                                 (json_int_t)item->time_ms, "place", place, "key", item->key, "size",
                                 (json_int_t)item->size, "rows", (json_int_t)(m ? manifest_all_rows(m) : 0),
                                 "schema_version", (json_int_t)(m ? m->schema_version : 0), "verified_ms",
                                 (json_int_t)(m ? m->verified_ms : 0), "sha256", m ? m->sha256 : "",
                                 "problem", item->problem));
}

static bool list_place(struct listing *listing, const struct config *config, const char *place,
                       const char *store, struct error *err)
{
    auto_target struct target *target = NULL;
    struct shelf_item *items;
    size_t count;
    if (!target_open(place, &target, err) ||
        !shelf_list(target, listing->context->arena, config->backup.key, store, &items, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        add_item(listing, place, &items[i]);
    return true;
}

static int run_list(struct command_context *context)
{
    static const char *const heading[COLUMNS] = {"STORE",    "TIME",  "SIZE",  "ROWS",
                                                 "VERIFIED", "PLACE", "REMARK"};
    struct command_setup setup;
    struct error err;
    const char *store = context->operand_count ? context->operands[0] : "";
    if (!command_read_setup(context, &setup))
        return COMMAND_FAILED;
    struct listing listing = {.context = context, .json = json_array()};
    add_row(&listing, heading);
    bool ok = true;
    const char *const places[] = {setup.config->backup.directory, setup.config->backup.offsite};
    if (*store && !str_equal(store, TENANT_SERVER_NAME) && !tenant_is_name(store))
        ok = error_set(&err, ERR_INVALID, "not the name of a store (a-z, 0-9 and -): %.40s", store);
    for (size_t i = 0; ok && i < 2 && places[i]; i++)
        ok = list_place(&listing, setup.config, places[i], store, &err);
    if (!ok)
        output_error(context, &err);
    else if (context->json)
        output_json(json_pack("{s:b, s:O}", "ok", !listing.problems, "backups", listing.json));
    else if (listing.rows > 1)
        output_table(listing.cells, listing.rows, COLUMNS);
    else
        puts("no backup");
    json_decref(listing.json);
    return ok && !listing.problems ? COMMAND_OK : COMMAND_FAILED;
}

const struct command command_list = {
    "list", "[STORE]", "list the backups of a store (or \"server\"), or all, with what is known of each",
    -1,     run_list,
};
