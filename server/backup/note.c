#include "backup/note.h"

#include <string.h>

#include "backup/shelf.h"
#include "base/json.h"
#include "base/str.h"
#include "work/audit.h"

enum { MOST_REASON = 300 };

/* Which backup it is: enough to find it, and to see later whether it is still the same. */
static json_t *describe(struct arena *arena, const char *store, const struct manifest *manifest)
{
    json_t *detail = json_pack("{s:s}", "store", store);
    if (manifest) {
        json_object_set_new(detail, "time", json_string(shelf_time_text(arena, manifest->time_ms)));
        json_object_set_new(detail, "size", json_integer(manifest->size));
        json_object_set_new(detail, "sha256", json_string(manifest->sha256));
        json_object_set_new(detail, "rows", json_integer(manifest_all_rows(manifest)));
        json_object_set_new(detail, "audit_id", json_integer(manifest->audit_id));
    }
    return detail;
}

bool note_made(struct work *work, const char *actor, const struct manifest *manifest, struct error *err)
{
    const struct audit_entry entry = {"backup.made", actor, describe(work->arena, manifest->store, manifest)};
    return audit_add(work, &entry, err);
}

/* It may have been cut inside a character, or quote what a program said. */
const char *note_reason(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    while (!str_is_utf8(text, length))
        length--;
    return str_utf8_cut(arena, arena_memdup(arena, text, length), MOST_REASON);
}

bool note_failed(struct work *work, const char *actor, const char *why, struct error *err)
{
    const struct audit_entry entry = {"backup.failed", actor,
                                      json_pack("{s:s}", "why", note_reason(work->arena, why))};
    return audit_add(work, &entry, err);
}

bool note_restored(struct work *work, const char *event, const char *actor, const char *store,
                   const struct manifest *manifest, struct error *err)
{
    const struct audit_entry entry = {event, actor, describe(work->arena, store, manifest)};
    return audit_add(work, &entry, err);
}
