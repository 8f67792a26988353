#include "backup/target.h"

#include <stdatomic.h>
#include <string.h>

#include "base/str.h"

static const struct target_kind *const kinds[] = {
    &target_directory,
    &target_s3,
};

static atomic_bool stopping;

void target_start(void)
{
    atomic_store(&stopping, false);
}

void target_stop(void)
{
    atomic_store(&stopping, true);
}

bool target_is_stopping(void)
{
    return atomic_load(&stopping);
}

static const struct target_kind *kind_of(const char *place)
{
    const struct target_kind *rest = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!kinds[i]->prefix)
            rest = kinds[i];
        else if (str_starts_with(place, kinds[i]->prefix))
            return kinds[i];
    }
    return rest;
}

bool target_open(const char *place, struct target **target_out, struct error *err)
{
    struct arena *arena = arena_new();
    struct target *target = ARENA_NEW(arena, struct target);
    target->arena = arena;
    target->place = arena_strdup(arena, place);
    target->kind = kind_of(place);
    if (!target->kind->open(target, err)) {
        arena_free(&arena);
        return false;
    }
    *target_out = target;
    return true;
}

void target_close(struct target **target)
{
    if (!*target)
        return;
    (*target)->kind->close(*target);
    struct arena *arena = (*target)->arena;
    *target = NULL;
    arena_free(&arena);
}

bool target_is_key(const char *key)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *slash = strchr(key, '/');
    return slash && slash > key && strspn(key, safe) == (size_t)(slash - key) && key[0] != '.' &&
           slash[1] != '.' && slash[1] && !slash[1 + strspn(slash + 1, safe)] && strlen(key) < 200;
}

bool target_put_whole(struct target *target, const char *key, const void *bytes, size_t length,
                      struct error *err)
{
    struct target_put *put;
    if (!target->kind->put_begin(target, key, &put, err))
        return false;
    if (target->kind->put_write(put, bytes, length, err))
        return target->kind->put_end(put, err);
    target->kind->put_abort(put);
    return false;
}

bool target_get_whole(struct target *target, struct arena *arena, const char *key, size_t most,
                      char **bytes_out, size_t *length_out, struct error *err)
{
    struct target_get *get;
    if (!target->kind->get_begin(target, key, &get, err))
        return false;
    char *bytes = arena_alloc(arena, most + 1);
    size_t length = 0, step = 1;
    bool ok = true;
    while (ok && step && length <= most) {
        ok = target->kind->get_read(get, bytes + length, most + 1 - length, &step, err);
        length += ok ? step : 0;
    }
    target->kind->get_end(get);
    if (!ok)
        return false;
    if (length > most)
        return error_set(err, ERR_INVALID, "%s: %s: larger than %zu bytes", target->place, key, most);
    bytes[length] = '\0';
    *bytes_out = bytes;
    *length_out = length;
    return true;
}
