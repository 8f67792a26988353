#include "table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* FNV-1a. Keys are made here or come from the developer's own programs: nobody attacks the sandbox's tables.
 */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = 14695981039346656037u;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 1099511628211u;
    return hash;
}

static struct table_entry **find(const struct table *table, const char *key, uint64_t hash)
{
    struct table_entry **at = &table->buckets[hash % table->bucket_count];
    while (*at && ((*at)->hash != hash || strcmp((*at)->key, key) != 0))
        at = &(*at)->chain;
    return at;
}

void *table_get(const struct table *table, const char *key)
{
    if (table->count == 0)
        return NULL;
    struct table_entry *entry = *find(table, key, hash_of(key));
    return entry ? entry->value : NULL;
}

static void grow(struct table *table)
{
    free(table->buckets);
    table->bucket_count = table->bucket_count ? table->bucket_count * 2 : 16;
    table->buckets = xcalloc(table->bucket_count, sizeof *table->buckets);
    for (struct table_entry *e = table->first; e; e = e->next) {
        struct table_entry **bucket = &table->buckets[e->hash % table->bucket_count];
        e->chain = *bucket;
        *bucket = e;
    }
}

void table_set(struct table *table, const char *key, void *value)
{
    if (table->count >= table->bucket_count)
        grow(table);
    uint64_t hash = hash_of(key);
    struct table_entry **at = find(table, key, hash);
    if (*at) {
        (*at)->value = value;
        return;
    }
    size_t size = strlen(key) + 1;
    struct table_entry *entry = xcalloc(1, sizeof *entry + size);
    memcpy(entry->key, key, size);
    entry->hash = hash;
    entry->value = value;
    entry->before = table->last;
    if (table->last)
        table->last->next = entry;
    else
        table->first = entry;
    table->last = entry;
    *at = entry;
    table->count++;
}

void *table_remove(struct table *table, const char *key)
{
    if (table->count == 0)
        return NULL;
    struct table_entry **at = find(table, key, hash_of(key));
    struct table_entry *entry = *at;
    if (!entry)
        return NULL;
    void *value = entry->value;
    *at = entry->chain;
    if (entry->before)
        entry->before->next = entry->next;
    else
        table->first = entry->next;
    if (entry->next)
        entry->next->before = entry->before;
    else
        table->last = entry->before;
    free(entry);
    table->count--;
    return value;
}

void table_clear(struct table *table, void (*dispose)(void *value))
{
    for (struct table_entry *e = table->first, *next; e; e = next) {
        next = e->next;
        if (dispose)
            dispose(e->value);
        free(e);
    }
    free(table->buckets);
    *table = (struct table){0};
}

static void id_key(int64_t id, char key[static 24])
{
    snprintf(key, 24, "%" PRId64, id);
}

void *table_get_id(const struct table *table, int64_t id)
{
    char key[24];
    id_key(id, key);
    return table_get(table, key);
}

void table_set_id(struct table *table, int64_t id, void *value)
{
    char key[24];
    id_key(id, key);
    table_set(table, key, value);
}
