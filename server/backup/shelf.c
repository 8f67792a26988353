#include "backup/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { MOST_MANIFEST = 64 * 1024, TIME_LENGTH = 16, DAY_MS = 24 * 3600 * 1000 };

static const char container_end[] = ".lapak", manifest_end[] = ".json";

char *shelf_time_text(struct arena *arena, int64_t time_ms)
{
    struct clock_civil t = clock_to_civil(NULL, time_ms);
    return arena_printf(arena, "%04d%02d%02dT%02d%02d%02dZ", t.year, t.month, t.day, t.hour, t.minute,
                        t.second);
}

bool shelf_parse_time(const char *text, int64_t *time_ms_out)
{
    static const char form[] = "dddddddd\x01"
                               "dddddd\x02";
    if (strlen(text) != TIME_LENGTH)
        return false;
    for (size_t i = 0; i < TIME_LENGTH; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == 'd' ? !digit : text[i] != (form[i] == '\x01' ? 'T' : 'Z'))
            return false;
    }
    auto_arena struct arena *arena = arena_new();
    return clock_parse_rfc3339(arena_printf(arena, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", text, text + 4, text + 6,
                                            text + 9, text + 11, text + 13),
                               time_ms_out);
}

char *shelf_container_key(struct arena *arena, const char *store, int64_t time_ms)
{
    return arena_printf(arena, "%s/%s%s", store, shelf_time_text(arena, time_ms), container_end);
}

char *shelf_manifest_key(struct arena *arena, const char *store, int64_t time_ms)
{
    return arena_printf(arena, "%s/%s%s", store, shelf_time_text(arena, time_ms), manifest_end);
}

/* --- listing --- */

static bool is_container(struct arena *arena, const struct target_object *object, struct shelf_item *item_out)
{
    const char *slash = strchr(object->key, '/');
    if (!slash || strlen(slash + 1) != TIME_LENGTH + strlen(container_end) ||
        !str_equal(slash + 1 + TIME_LENGTH, container_end) ||
        !shelf_parse_time(arena_memdup(arena, slash + 1, TIME_LENGTH), &item_out->time_ms))
        return false;
    item_out->store = arena_memdup(arena, object->key, (size_t)(slash - object->key));
    item_out->key = object->key;
    item_out->size = object->size;
    return true;
}

static bool read_manifest(struct target *target, struct arena *arena,
                          const uint8_t key[static CRYPTO_KEY_BYTES], struct shelf_item *item,
                          struct error *err)
{
    char *text;
    size_t length;
    struct manifest *manifest = ARENA_NEW(arena, struct manifest);
    struct error why;
    if (!target_get_whole(target, arena, shelf_manifest_key(arena, item->store, item->time_ms), MOST_MANIFEST,
                          &text, &length, &why)) {
        if (why.code != ERR_NOT_FOUND && why.code != ERR_INVALID) {
            *err = why;
            return false;
        }
        item->bare = why.code == ERR_NOT_FOUND;
        item->problem = item->bare ? "it has no manifest" : "its manifest is far too large";
        return true;
    }
    if (!manifest_parse(arena, key, text, length, manifest, &why))
        item->problem = arena_strdup(arena, why.text);
    else if (!str_equal(manifest->store, item->store) || manifest->time_ms / 1000 != item->time_ms / 1000)
        item->problem = "its manifest is another backup's";
    else
        item->manifest = manifest;
    if (item->manifest && manifest->size != item->size)
        item->problem = "it is not as long as it was when it was made";
    return true;
}

static int by_store_newest_first(const void *a, const void *b)
{
    const struct shelf_item *x = a, *y = b;
    int order = strcmp(x->store, y->store);
    return order ? order : (x->time_ms < y->time_ms) - (x->time_ms > y->time_ms);
}

bool shelf_list(struct target *target, struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES],
                const char *store, struct shelf_item **items_out, size_t *count_out, struct error *err)
{
    struct target_object *objects;
    size_t object_count, count = 0;
    const char *prefix = *store ? arena_printf(arena, "%s/", store) : "";
    if (!target->kind->list(target, arena, prefix, &objects, &object_count, err))
        return false;
    struct shelf_item *items = ARENA_ARRAY(arena, struct shelf_item, object_count);
    for (size_t i = 0; i < object_count; i++) {
        struct shelf_item item = {0};
        if (!is_container(arena, &objects[i], &item))
            continue;
        if (!read_manifest(target, arena, key, &item, err))
            return false;
        items[count++] = item;
    }
    if (count)
        qsort(items, count, sizeof *items, by_store_newest_first);
    *items_out = items;
    *count_out = count;
    return true;
}

bool shelf_is_good(const struct shelf_item *item)
{
    return item->manifest && !item->problem && item->manifest->verified_ms;
}

struct shelf_item *shelf_find(struct shelf_item *items, size_t count, int64_t at_ms)
{
    struct shelf_item *found = NULL;
    for (size_t i = 0; i < count; i++) {
        bool better = !found || (at_ms == INT64_MAX && shelf_is_good(&items[i]) && !shelf_is_good(found));
        if (items[i].time_ms <= at_ms && better)
            found = &items[i];
    }
    return found;
}

/* --- clearing away --- */

/* Of items with the newest first. */
static bool is_left_over(const struct shelf_item *items, size_t at, int64_t now_ms)
{
    bool better = false;
    for (size_t i = 0; i < at; i++)
        better = better || shelf_is_good(&items[i]);
    return items[at].bare && better && items[at].time_ms < now_ms - DAY_MS;
}

static bool remove_bare(struct target *target, const struct shelf_item *items, size_t count, int64_t now_ms,
                        size_t *removed, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_left_over(items, i, now_ms))
            continue;
        if (!target->kind->remove(target, items[i].key, err))
            return false;
        ++*removed;
    }
    return true;
}

bool shelf_prune(struct target *target, const uint8_t key[static CRYPTO_KEY_BYTES], const char *store,
                 const struct retention_rule *rule, int64_t now_ms, size_t *removed_out, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct shelf_item *items;
    size_t count, known = 0, removed = 0;
    if (!shelf_list(target, arena, key, store, &items, &count, err) ||
        !remove_bare(target, items, count, now_ms, &removed, err))
        return false;
    struct retention_item *decided = ARENA_ARRAY(arena, struct retention_item, count);
    for (size_t i = 0; i < count; i++) {
        if (items[i].manifest) {
            decided[known] = (struct retention_item){items[i].time_ms, shelf_is_good(&items[i]), false};
            items[known++] = items[i];
        }
    }
    retention_decide(decided, known, rule, now_ms);
    for (size_t i = 0; i < known; i++) {
        if (decided[i].keep)
            continue;
        if (!target->kind->remove(target, items[i].key, err) ||
            !target->kind->remove(target, shelf_manifest_key(arena, items[i].store, items[i].time_ms), err))
            return false;
        removed++;
    }
    *removed_out = removed;
    return true;
}
