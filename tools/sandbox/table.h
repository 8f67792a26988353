/* A map from a text to a pointer that keeps the order of adding. Owns its keys, not its values. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct table_entry {
    struct table_entry *next, *before; /* in order of adding */
    struct table_entry *chain;
    uint64_t hash;
    void *value;
    char key[];
};

struct table {
    struct table_entry **buckets;
    size_t bucket_count;
    size_t count;
    struct table_entry *first, *last;
};

void *table_get(const struct table *table, const char *key); /* NULL where it is missing */
void *table_get_id(const struct table *table, int64_t id);
/* Adds or replaces; a replaced value is the caller's business. */
void table_set(struct table *table, const char *key, void *value);
void table_set_id(struct table *table, int64_t id, void *value);
void *table_remove(struct table *table, const char *key); /* the value it had, or NULL */
/* Empties it; `dispose` (may be NULL) is called for each value. */
void table_clear(struct table *table, void (*dispose)(void *value));
