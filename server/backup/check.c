#include "backup/check.h"

#include <string.h>

#include "base/str.h"
#include "db/schema.h"

enum { MOST_READ_AGAIN = 1000 * 1000 * 1000 };

/* What lies there against what its manifest says of it. */
static bool same_file(const struct shelf_item *item, const struct load_result *result, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const struct manifest *m = item->manifest;
    if (!m)
        return true;
    if (m->size != result->size || !str_equal(m->sha256, result->sha256))
        return error_set(err, ERR_INVALID, "%s: it is not what its manifest says: another size or digest",
                         item->key);
    const char *difference =
        manifest_difference(arena, m, result->manifest.tables, result->manifest.table_count);
    return !difference ||
           error_set(err, ERR_INVALID, "%s: it is not what its manifest says: %s", item->key, difference);
}

bool check_bytes(const struct backup_context *context, struct target *target, const struct shelf_item *item,
                 struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const struct load_request request = {.place = {.target = target, .key = item->key}, .store = item->store};
    struct load_result result;
    return load_run(context, &request, arena, &result, err) && same_file(item, &result, err);
}

static bool restore_aside(const struct backup_context *context, const struct backup_subject *subject,
                          struct target *target, const struct shelf_item *item, const char *scratch,
                          struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const struct load_request request = {
        .place = {.target = target, .key = item->key}, .store = subject->store, .schema = scratch};
    struct load_result result;
    return (!*subject->role || schema_role(context->db, subject->role, err)) &&
           load_run(context, &request, arena, &result, err) && same_file(item, &result, err);
}

bool check_item(const struct backup_context *context, const struct backup_subject *subject,
                struct target *target, struct shelf_item *item, int64_t now_ms, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const char *scratch = arena_printf(arena, SCHEMA_SCRATCH "%s", subject->schema);
    struct error while_dropping;
    backup_progress(context, "trying it out");
    bool good = restore_aside(context, subject, target, item, scratch, err);
    bool dropped = schema_drop(context->db, scratch, &while_dropping);
    if (good && !dropped) {
        *err = while_dropping;
        return error_context(err, "%s", scratch);
    }
    if (!good || !item->manifest)
        return good;
    item->manifest->verified_ms = now_ms;
    const char *text = manifest_text(arena, context->config->backup.key, item->manifest);
    return target_put_whole(target, shelf_manifest_key(arena, item->store, item->time_ms), text, strlen(text),
                            err);
}

bool check_older(const struct backup_context *context, const struct backup_subject *subject,
                 const char *newest, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    auto_target struct target *target = NULL;
    struct shelf_item *items;
    size_t count;
    int64_t left = MOST_READ_AGAIN;
    if (!target_open(context->config->backup.directory, &target, err) ||
        !shelf_list(target, arena, context->config->backup.key, subject->store, &items, &count, err))
        return false;
    for (size_t i = 0; i < count && left > 0; left -= items[i].size, i++) {
        if (str_equal(items[i].key, newest))
            continue;
        if (items[i].problem)
            return error_set(err, ERR_INVALID, "%s: %s", items[i].key, items[i].problem);
        if (!check_bytes(context, target, &items[i], err))
            return false;
    }
    return true;
}
