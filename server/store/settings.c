#include "store/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "store/admin_log.h"
#include "store/internal.h"
#include "store/own_text.h"

/* A lost announcement is made good for after this time. */
enum { MOST_AGE_MS = 60000, MOST_KEY = 80 };

/* --- what can be set --- */

static bool is_contact(const char *text)
{
    size_t length = strlen(text);
    return text[0] == '@' && length >= 5 && length <= 33 &&
           strspn(text + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == length - 1;
}

/* "@name", or the number of a channel without one. */
static bool is_channel(const char *text)
{
    int64_t id;
    return is_contact(text) || (str_starts_with(text, "-100") && str_to_int64(text, &id));
}

static bool is_link(const char *text)
{
    static const char prefix[] = "https://t.me/";
    return str_starts_with(text, prefix) &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/:.") ==
               strlen(text);
}

static bool is_not_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] != '\0';
}

static bool low_stock_changed(struct work *work, const json_t *value, struct error *err)
{
    return catalogue_limit_changed(work, json_integer_value(value), err);
}

#define TENANT(member) .in_tenant = true, .offset = offsetof(struct tenant, member)
#define OWN(member)    .offset = offsetof(struct settings, member)
const struct setting_definition settings_definitions[] = {
    {"title", SETTING_LINE, 1, 64, is_not_blank, TENANT(title)},
    {"support", SETTING_LINE, 5, 33, is_contact, TENANT(support)},
    {"invoice_minutes", SETTING_NUMBER, 1, 1440, NULL, TENANT(invoice_minutes)},
    {"low_stock", SETTING_NUMBER, 0, 1000000, NULL, TENANT(low_stock), .changed = low_stock_changed},
    {"most_open_orders", SETTING_NUMBER, 1, 20, NULL, TENANT(most_open)},
    {"deposit.minimum", SETTING_NUMBER, 500, 50000000, NULL, TENANT(deposit_least),
     .not_above = "deposit.maximum"},
    {"deposit.maximum", SETTING_NUMBER, 500, 50000000, NULL, TENANT(deposit_most),
     .not_below = "deposit.minimum"},
    {"deposit.transfer", SETTING_LINES, 1, 1000, is_not_blank, TENANT(deposit_by_hand)},
    {"maintenance", SETTING_FLAG, 0, 1, NULL, OWN(maintenance)},
    {"maintenance.note", SETTING_LINES, 1, 500, is_not_blank, OWN(maintenance_note)},
    {"channel", SETTING_LINE, 5, 33, is_channel, OWN(channel)},
    {"channel.link", SETTING_LINE, 14, 128, is_link, OWN(channel_link)},
    {"welcome.photo", SETTING_LINE, 1, 512, is_not_blank, OWN(welcome_photo)},
    {"welcome.sticker", SETTING_LINE, 1, 512, is_not_blank, OWN(welcome_sticker)},
    {"calculator.refund_deduction", SETTING_NUMBER, 0, 100, NULL, OWN(refund_deduction)},
    {"calculator.refund_step", SETTING_NUMBER, 1, 1000000, NULL, OWN(refund_step)},
    {"calculator.fee_percent", SETTING_NUMBER, 0, 5000, NULL, OWN(fee_percent)},
    {"calculator.fee_flat", SETTING_NUMBER, 0, 1000000, NULL, OWN(fee_flat)},
};
const size_t settings_definition_count = sizeof settings_definitions / sizeof settings_definitions[0];

const struct settings settings_nothing = {
    .refund_step = 100,
    .fee_percent = 70,
    .fee_flat = 310,
};

const struct setting_definition *settings_definition(const char *name)
{
    for (size_t i = 0; i < settings_definition_count; i++)
        if (strcmp(settings_definitions[i].name, name) == 0)
            return &settings_definitions[i];
    return NULL;
}

static bool is_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            return false;
    return true;
}

bool settings_is_valid(const struct setting_definition *definition, const json_t *value)
{
    if (definition->kind == SETTING_FLAG)
        return json_is_boolean(value);
    if (definition->kind == SETTING_NUMBER)
        return json_is_integer(value) && json_integer_value(value) >= definition->least &&
               json_integer_value(value) <= definition->most;
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value))
        return false;
    int64_t length = (int64_t)str_utf16_length(text);
    return length >= definition->least && length <= definition->most &&
           (definition->kind == SETTING_LINES || is_line(text)) &&
           (!definition->check || definition->check(text));
}

/* --- in memory --- */

struct settings_snapshot {
    struct settings settings;  /* first: what others hold is a pointer to it */
    const struct tenant *file; /* a reference: the copy's texts are its */
    struct arena *arena;
};

void settings_cache_clear(struct settings_cache *cache)
{
    if (cache->current) {
        struct arena *arena = cache->current->arena; /* the snapshot itself lies in it */
        tenant_unref(&cache->current->file);
        arena_free(&arena);
    }
    *cache = (struct settings_cache){0};
}

static void apply_value(struct settings *settings, struct arena *arena,
                        const struct setting_definition *definition, const json_t *value)
{
    char *at = (definition->in_tenant ? (char *)&settings->tenant : (char *)settings) + definition->offset;
    if (!settings_is_valid(definition, value)) /* of another version: as the file says */
        return;
    if (definition->kind == SETTING_FLAG)
        *(bool *)at = json_is_true(value);
    else if (definition->kind == SETTING_NUMBER)
        *(int64_t *)at = json_integer_value(value);
    else
        *(const char **)at = arena_strdup(arena, json_string_value(value));
}

static void add_admin(struct settings *settings, struct arena *arena, const char *id_text)
{
    struct key_ids *admins = &settings->tenant.admins;
    int64_t id;
    if (!str_to_int64(id_text, &id) || id <= 0 || tenant_is_admin(&settings->tenant, id))
        return;
    int64_t *items = ARENA_ARRAY(arena, int64_t, admins->count + 1);
    if (admins->count)
        memcpy(items, admins->items, admins->count * sizeof *items);
    items[admins->count] = id;
    *admins = (struct key_ids){admins->count + 1, items};
}

static void apply_row(struct settings *settings, struct arena *arena, const struct setting *row)
{
    auto_json json_t *value = json_loads(row->json, JSON_DECODE_ANY, NULL);
    const struct setting_definition *definition = settings_definition(row->key);
    if (definition && value)
        apply_value(settings, arena, definition, value);
    if (str_starts_with(row->key, "admin:"))
        add_admin(settings, arena, row->key + strlen("admin:"));
}

static struct setting read_row(struct arena *arena, const struct db_rows *rows, int i)
{
    return (struct setting){
        .id = db_int(rows, i, 0),
        .key = db_text_copy(arena, rows, i, 1),
        .json = db_text_copy(arena, rows, i, 2),
        .edition = db_int(rows, i, 3),
        .updated_by = db_int(rows, i, 4),
        .updated_ms = db_time(rows, i, 5),
    };
}

#define COLUMNS "id, key, value, edition, updated_by, updated_at"
DB_TENANT_STATEMENT(settings_select_all, "SELECT " COLUMNS " FROM settings WHERE value IS NOT NULL"
                                         " ORDER BY key COLLATE \"C\"");

/* `file` is the tenant as its file says. */
static void rebuild(struct settings_cache *cache, const struct tenant *file, const struct db_rows *rows,
                    int64_t now_ms)
{
    struct arena *arena = arena_new();
    struct settings_snapshot *s = ARENA_NEW(arena, struct settings_snapshot);
    struct setting *list = ARENA_ARRAY(arena, struct setting, rows->count);
    *s = (struct settings_snapshot){.settings = settings_nothing, .file = tenant_ref(file), .arena = arena};
    s->settings.tenant = *file;
    s->settings.tenant.magic = 0; /* nobody may hold a reference on this copy */
    for (int i = 0; i < rows->count; i++) {
        list[i] = read_row(arena, rows, i);
        apply_row(&s->settings, arena, &list[i]);
    }
    settings_settle(&s->settings, file);
    s->settings.texts = own_texts_build(arena, list, (size_t)rows->count);
    s->settings.rows = list;
    s->settings.count = (size_t)rows->count;
    settings_cache_clear(cache);
    cache->current = s;
    cache->built_ms = now_ms;
}

static bool is_old(const struct settings_cache *cache, const struct tenant *file, int64_t now_ms)
{
    return !cache->current || cache->stale || cache->current->file != file ||
           now_ms - cache->built_ms > MOST_AGE_MS ||
           now_ms < cache->built_ms; /* a clock that went back says nothing */
}

static void (*on_read)(struct work *work);

void settings_on_read(void (*fn)(struct work *work))
{
    on_read = fn;
}

static bool read_anew(struct work *work, struct settings_cache *cache)
{
    struct error ignored;
    struct db_rows rows;
    bool own = false;
    bool ok = store_read_begin(work, &own, &ignored) &&
              db_query(work->tx, &settings_select_all, DB_NO_PARAMS, &rows, &ignored);
    if (ok)
        rebuild(cache, work->file, &rows, work->now_ms);
    store_read_end(work, own);
    return ok;
}

void settings_apply(struct work *work)
{
    struct settings_cache *cache = &store_cache_of(work)->settings;
    bool is_new = is_old(cache, work->file, work->now_ms) && read_anew(work, cache);
    if (cache->current) {
        work->tenant = &cache->current->settings.tenant;
        work->file = cache->current->file; /* the older one, where what is set can't be read */
    }
    if (is_new && on_read)
        on_read(work);
}

const struct settings *settings_of(const struct work *work)
{
    const struct store_cache *cache = work_data(work);
    return cache && cache->settings.current ? &cache->settings.current->settings : &settings_nothing;
}

static int by_key(const void *key, const void *row)
{
    return strcmp(key, ((const struct setting *)row)->key);
}

const struct setting *settings_row(const struct work *work, const char *key)
{
    const struct settings *settings = settings_of(work);
    return settings->count ? bsearch(key, settings->rows, settings->count, sizeof *settings->rows, by_key)
                           : NULL;
}

void settings_forget(struct work *work)
{
    struct store_cache *cache = work_data(work);
    if (cache)
        cache->settings.stale = true;
}

/* --- in the database --- */

DB_TENANT_STATEMENT(settings_select, "SELECT " COLUMNS " FROM settings WHERE key = $1");
DB_TENANT_STATEMENT(settings_lock, "SELECT " COLUMNS " FROM settings WHERE key = $1 FOR UPDATE");

bool settings_read(struct work *work, const char *key, bool lock, struct setting *setting_out,
                   struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, lock ? &settings_lock : &settings_select, DB_PARAMS(P_TEXT(key)), &rows, err))
        return error_context(err, "setting %.80s", key);
    *setting_out = rows.count ? read_row(work->arena, &rows, 0)
                              : (struct setting){.key = arena_strdup(work->arena, key)};
    return true;
}

/* One that was never set has edition 0, and rows begin with 1: two who set it first meet at the key. */
DB_TENANT_STATEMENT(
    settings_upsert,
    "INSERT INTO settings AS s (key, value, updated_by, updated_at)"
    " VALUES ($1, $2::jsonb, $4, $5)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, edition = s.edition + 1,"
    " updated_by = excluded.updated_by, updated_at = excluded.updated_at WHERE s.edition = $3 RETURNING id");

static json_t *loaded(const char *json)
{
    return json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
}

static const char *written(struct work *work, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    const char *json = text ? arena_strdup(work->arena, text) : NULL;
    free(text);
    return json;
}

static bool check_value(struct work *work, const struct setting_definition *definition, const json_t *value,
                        struct error *err)
{
    bool together;
    if (value && !settings_is_valid(definition, value))
        return error_set(err, ERR_INVALID, "setting %s: not within its limits", definition->name);
    if (!settings_goes_together(work, definition, value, &together, err))
        return false;
    return together || error_set(err, ERR_INVALID, "setting %s: contradicts %s", definition->name,
                                 definition->not_above ? definition->not_above : definition->not_below);
}

static bool follow(struct work *work, const struct setting_definition *definition, const json_t *value,
                   struct error *err)
{
    if (!definition || !definition->changed)
        return true;
    auto_json json_t *of_file = value ? NULL : settings_default(work, definition);
    return definition->changed(work, value ? value : of_file, err) ||
           error_context(err, "setting %s", definition->name);
}

bool settings_put(struct work *work, const char *key, json_t *value_taken, int64_t edition, int64_t actor_id,
                  const char *note, struct error *err)
{
    auto_json json_t *value = value_taken;
    const struct setting_definition *definition = settings_definition(key);
    struct setting before;
    struct db_rows rows;
    if (strlen(key) > MOST_KEY)
        return error_set(err, ERR_INVALID, "setting %.80s: too long", key);
    if (!settings_read(work, key, true, &before, err) ||
        (definition && !check_value(work, definition, value, err)))
        return false;
    if (before.edition != edition)
        return error_set(err, ERR_CONFLICT, "setting %.80s: changed meanwhile", key);
    if (!db_query(work->tx, &settings_upsert,
                  DB_PARAMS(P_TEXT(key), P_TEXT(written(work, value)), P_INT(edition), P_INT(actor_id),
                            P_TIME(work->now_ms)),
                  &rows, err))
        return error_context(err, "setting %.80s", key);
    if (rows.count != 1)
        return error_set(err, ERR_CONFLICT, "setting %.80s: changed meanwhile", key);
    const struct admin_log entry = {.actor_id = actor_id,
                                    .action = value ? "set" : "reset",
                                    .subject = "setting",
                                    .subject_id = db_int(&rows, 0, 0),
                                    .before =
                                        json_pack("{s:s, s:o?}", "key", key, "value", loaded(before.json)),
                                    .after = json_pack("{s:s, s:O?}", "key", key, "value", value),
                                    .note = note};
    store_cache_of(work)->settings.stale = true;
    return admin_log_add(work, &entry, err) && follow(work, definition, value, err) &&
           catalogue_changed(work, err);
}
