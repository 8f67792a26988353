/*
 * A place where backups are kept: a directory, or an S3-compatible store. It knows objects by their key
 * ("kopi-digital/20261122T190000Z.lapak"), takes each as a stream whose length nobody knows beforehand, and
 * gives it back as one.
 *
 * Whoever makes a kind of place writes a `struct target_kind`: a table of functions and how its configuration
 * begins (backup.offsite: "s3://…"; what begins like no other is a directory). Rules for each:
 *
 * - An object is there with put_end() alone, whole: until then, after a failure, a crash or put_abort(),
 *   nothing of that key was added, and one that was there before is still there as it was.
 * - Only remove() removes, and only that key. An error never costs an older object.
 * - Nothing hangs: each step ends in bounded time, and soon where target_stop() was called.
 * - Errors name the place, the key and what the other side said, never a credential. ERR_RETRY: it may go
 *   through later (no room, no answer); ERR_REFUSED: credentials or rights; ERR_NOT_FOUND: no such object.
 *
 * One target is used by one thread at a time; several targets may be.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct target;
struct target_put;
struct target_get;

struct target_object {
    const char *key;
    int64_t size; /* bytes */
};

struct target_kind {
    const char *prefix; /* "s3://"; NULL: whatever no other kind takes */
    /* `place` is what stands in the configuration; the target's own memory may come from the arena. */
    bool (*open)(struct target *target, struct error *err);
    void (*close)(struct target *target);
    bool (*put_begin)(struct target *target, const char *key, struct target_put **put_out, struct error *err);
    bool (*put_write)(struct target_put *put, const void *bytes, size_t length, struct error *err);
    bool (*put_end)(struct target_put *put, struct error *err); /* frees it in any case */
    void (*put_abort)(struct target_put *put);                  /* frees it */
    bool (*get_begin)(struct target *target, const char *key, struct target_get **get_out, struct error *err);
    /* At most `capacity` bytes; 0: the end, and all of it came. */
    bool (*get_read)(struct target_get *get, void *bytes_out, size_t capacity, size_t *length_out,
                     struct error *err);
    void (*get_end)(struct target_get *get); /* frees it, at any point */
    /* All objects whose keys begin with the prefix, in any order; what is half written is none. */
    bool (*list)(struct target *target, struct arena *arena, const char *prefix,
                 struct target_object **objects_out, size_t *count_out, struct error *err);
    /* An object that is not there is removed already. */
    bool (*remove)(struct target *target, const char *key, struct error *err);
};

struct target {
    const struct target_kind *kind;
    const char *place;   /* as configured: "backups", "s3://bucket/lapak"; also its name for people */
    struct arena *arena; /* lives as long as the target */
    void *own;           /* of the kind */
};

extern const struct target_kind target_directory;
extern const struct target_kind target_s3; /* see backup/s3.h */

/* Finds the kind by the place's beginning and opens it. The caller closes it. */
MUST_USE bool target_open(const char *place, struct target **target_out, struct error *err);
void target_close(struct target **target);
#define auto_target __attribute__((cleanup(target_close)))

/* A small object at once. */
MUST_USE bool target_put_whole(struct target *target, const char *key, const void *bytes, size_t length,
                               struct error *err);
/* A small object whole, with a NUL behind it; ERR_INVALID where it has more than `most` bytes. */
MUST_USE bool target_get_whole(struct target *target, struct arena *arena, const char *key, size_t most,
                               char **bytes_out, size_t *length_out, struct error *err);

/* "kopi-digital/20261122T190000Z.lapak": characters that are safe in any place, one slash. */
bool target_is_key(const char *key);

/* From now on every step ends soon, with ERR_RETRY; for when the server stops. Any thread. */
void target_stop(void);
/* For a new start in the same process. */
void target_start(void);
bool target_is_stopping(void);
