#include "backup/check.h"

#include <string.h>

#include "base/str.h"
#include "db/schema.h"

/* What lies there against what its manifest says of it. */
static bool same_file(const struct shelf_item *item, const struct load_result *result, struct error *err)
{
    if (!item->manifest ||
        (item->manifest->size == result->size && str_equal(item->manifest->sha256, result->sha256)))
        return true;
    return error_set(err, ERR_INVALID, "%s: it is not what its manifest says: another size or digest",
                     item->key);
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
