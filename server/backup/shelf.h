/*
 * The backups that lie in a target: a container and its manifest each, "STORE/20261122T190000Z.lapak" and
 * "….json".
 */
#pragma once

#include "backup/manifest.h"
#include "backup/retention.h"
#include "backup/target.h"

struct shelf_item {
    const char *store;
    int64_t time_ms;
    const char *key;           /* of the container */
    int64_t size;              /* of the container, as it lies there */
    struct manifest *manifest; /* NULL: there is none to be trusted; `problem` says why */
    const char *problem;       /* for people; NULL */
    bool bare;                 /* no manifest lies there: it was being written when something ended */
};

/* "20261122T190000Z"; the time is cut to seconds. */
char *shelf_time_text(struct arena *arena, int64_t time_ms);
/* What shelf_time_text() made; false where it is anything else. */
bool shelf_parse_time(const char *text, int64_t *time_ms_out);
char *shelf_container_key(struct arena *arena, const char *store, int64_t time_ms);
char *shelf_manifest_key(struct arena *arena, const char *store, int64_t time_ms);

/* A store's, or with "" everybody's, with their manifests; by store, then the newest first. In the arena. */
MUST_USE bool shelf_list(struct target *target, struct arena *arena,
                         const uint8_t key[static CRYPTO_KEY_BYTES], const char *store,
                         struct shelf_item **items_out, size_t *count_out, struct error *err);
/* Whether it was verified, and lies there as long as it was then. */
bool shelf_is_good(const struct shelf_item *item);

/* The newest of one store at or before `at_ms`; with INT64_MAX the newest good one, or where none is known to
 * be good, the newest. NULL where there is none. Of shelf_list(). */
struct shelf_item *shelf_find(struct shelf_item *items, size_t count, int64_t at_ms);

/* Removes what the rule does not keep; what has no manifest to be trusted (another BACKUP_KEY's, perhaps) is
 * neither counted nor removed. A bare one goes when it is a day old and a newer good one lies there: what a
 * crash left is nobody's. The container goes first, so that what is left half removed is seen to be. */
MUST_USE bool shelf_prune(struct target *target, const uint8_t key[static CRYPTO_KEY_BYTES],
                          const char *store, const struct retention_rule *rule, int64_t now_ms,
                          size_t *removed_out, struct error *err);
