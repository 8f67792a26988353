#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "watch/figures.h"

enum { BUCKETS = 256, PAGE = 500 };

struct entry {
    struct entry *next;
    struct store_figures figures; /* its texts are not kept */
    char name[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct entry *buckets[BUCKETS];

static struct entry *find(const char *name)
{
    struct entry *entry = buckets[str_hash(name) % BUCKETS];
    while (entry && strcmp(entry->name, name) != 0)
        entry = entry->next;
    return entry;
}

static struct entry *find_or_add(const char *name)
{
    struct entry *entry = find(name);
    if (entry)
        return entry;
    size_t length = strlen(name);
    struct entry **bucket = &buckets[str_hash(name) % BUCKETS];
    entry = xcalloc(1, sizeof *entry + length + 1);
    memcpy(entry->name, name, length);
    entry->next = *bucket;
    *bucket = entry;
    return entry;
}

/* Whether there is an error is all that is kept of it. */
static const char *mark(const char *error)
{
    return error ? "error" : NULL;
}

static void keep(struct entry *entry, const struct store_figures *figures)
{
    entry->figures = *figures;
    entry->figures.store = entry->name;
    entry->figures.day = "";
    entry->figures.webhook_error = mark(figures->webhook_error);
    entry->figures.backup_error = mark(figures->backup_error);
}

void figures_remember(const struct store_figures *figures)
{
    pthread_mutex_lock(&mutex);
    struct entry *entry = find_or_add(figures->store);
    struct store_figures of_backup = entry->figures;
    keep(entry, figures);
    entry->figures.backup_ms = of_backup.backup_ms;
    entry->figures.backup_error = of_backup.backup_error;
    pthread_mutex_unlock(&mutex);
}

bool figures_refresh(struct work *work, struct error *err)
{
    struct store_figures *list;
    size_t count = PAGE;
    const char *after = "";
    while (count == PAGE) {
        if (!figures_list(work, after, PAGE, &list, &count, err))
            return false;
        pthread_mutex_lock(&mutex);
        for (size_t i = 0; i < count; i++)
            keep(find_or_add(list[i].store), &list[i]);
        pthread_mutex_unlock(&mutex);
        after = count ? list[count - 1].store : after;
    }
    return true;
}

bool figures_known(const char *store, struct store_figures *figures_out)
{
    pthread_mutex_lock(&mutex);
    const struct entry *entry = find(store);
    if (entry)
        *figures_out = entry->figures;
    pthread_mutex_unlock(&mutex);
    if (entry)
        figures_out->store = store;
    return entry;
}

void figures_forget(void)
{
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < BUCKETS; i++)
        while (buckets[i]) {
            struct entry *entry = buckets[i];
            buckets[i] = entry->next;
            free(entry);
        }
    pthread_mutex_unlock(&mutex);
}
