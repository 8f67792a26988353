/* What was raised and cleared and is not written down yet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "watch/internal.h"

/* Cuts at a character's boundary and leaves out what is no UTF-8: the database takes nothing else. */
static size_t copy_text(char *to, size_t most, const char *text)
{
    size_t length = 0, left = strlen(text);
    while (left) {
        uint32_t point;
        size_t n = str_utf8_decode(text, left, &point);
        if (length + n > most)
            break;
        memcpy(to + length, text, n);
        length += n;
        text += n ? n : 1;
        left -= n ? n : 1;
    }
    to[length] = '\0';
    return length;
}

/* --- the hash and the order of arrival; under the mutex --- */

static struct alert_note **bucket_of(struct alert_map *map, const struct alert_note *key)
{
    uint32_t hash = str_hash(key->store) * 31 + str_hash(key->subject) * 17 + (uint32_t)key->kind;
    return &map->buckets[hash % ALERT_BUCKETS];
}

static bool same(const struct alert_note *a, const struct alert_note *b)
{
    return a->kind == b->kind && a->whole_store == b->whole_store && !strcmp(a->subject, b->subject) &&
           !strcmp(a->store, b->store);
}

static struct alert_note *find(struct alert_map *map, const struct alert_note *key)
{
    struct alert_note *note = *bucket_of(map, key);
    while (note && !same(note, key))
        note = note->hash_next;
    return note;
}

static size_t *counter_of(struct alert_map *map, const struct alert_note *note)
{
    return note->raised ? &map->raised : &map->cleared;
}

/* Last in the order, or first. */
static void link_note(struct alert_map *map, struct alert_note *note, bool in_front)
{
    struct alert_note **bucket = bucket_of(map, note);
    note->hash_next = *bucket;
    *bucket = note;
    note->before = in_front ? NULL : map->last;
    note->next = in_front ? map->first : NULL;
    *(note->before ? &note->before->next : &map->first) = note;
    *(note->next ? &note->next->before : &map->last) = note;
    (*counter_of(map, note))++;
}

static void unlink_note(struct alert_map *map, struct alert_note *note)
{
    struct alert_note **at = bucket_of(map, note);
    while (*at != note)
        at = &(*at)->hash_next;
    *at = note->hash_next;
    *(note->before ? &note->before->next : &map->first) = note->next;
    *(note->next ? &note->next->before : &map->last) = note->before;
    note->hash_next = note->next = note->before = NULL;
    (*counter_of(map, note))--;
}

void alert_note_free(struct alert_note *note)
{
    free(note->detail);
    free(note);
}

static struct alert_note key_of(const char *store, enum alert_kind kind, const char *subject)
{
    struct alert_note key = {.kind = kind};
    copy_text(key.store, ALERT_STORE, store ? store : "");
    copy_text(key.subject, ALERT_SUBJECT, subject);
    return key;
}

static struct alert_note *note_new(const struct alert_note *key)
{
    struct alert_note *note = xcalloc(1, sizeof *note);
    *note = *key;
    return note;
}

/* --- raising and clearing --- */

static void set_raised(struct alert_note *note, char *detail, int64_t now_ms)
{
    if (!note->raised)
        note->first_ms = now_ms;
    note->raised++;
    note->last_ms = now_ms;
    note->cleared_ms = 0;
    free(note->detail);
    note->detail = detail;
}

void alert_map_raise(struct alert_map *map, const char *store, enum alert_kind kind, const char *subject,
                     const char *detail, int64_t now_ms)
{
    struct alert_note key = key_of(store, kind, subject);
    char text[ALERT_DETAIL + 1];
    copy_text(text, ALERT_DETAIL, detail);
    char *copy = xstrdup(text);
    atomic_fetch_add(&map->raised_total, 1);
    pthread_mutex_lock(&map->mutex);
    struct alert_note *note = find(map, &key);
    bool room = (note && note->raised) || map->raised < ALERT_MOST_RAISED;
    if (room && note) {
        (*counter_of(map, note))--;
        set_raised(note, copy, now_ms);
        (*counter_of(map, note))++;
    } else if (room) {
        note = note_new(&key);
        set_raised(note, copy, now_ms);
        link_note(map, note, false);
    }
    pthread_mutex_unlock(&map->mutex);
    if (!room) {
        atomic_fetch_add(&map->dropped, 1);
        free(copy);
    }
}

static void clear(struct alert_map *map, const struct alert_note *key, int64_t now_ms)
{
    struct alert_note *note = find(map, key);
    if (!note && map->cleared >= ALERT_MOST_CLEARED) {
        atomic_fetch_add(&map->dropped, 1);
        return;
    }
    if (!note) {
        note = note_new(key);
        link_note(map, note, false);
    }
    note->cleared_ms = now_ms;
}

void alert_map_clear(struct alert_map *map, const char *store, enum alert_kind kind, const char *subject,
                     int64_t now_ms)
{
    struct alert_note key = key_of(store, kind, subject);
    pthread_mutex_lock(&map->mutex);
    clear(map, &key, now_ms);
    pthread_mutex_unlock(&map->mutex);
}

void alert_map_clear_store(struct alert_map *map, const char *store, int64_t now_ms)
{
    struct alert_note key = key_of(store, ALERT_KIND_COUNT, "");
    key.whole_store = true;
    pthread_mutex_lock(&map->mutex);
    for (struct alert_note *note = map->first, *next; note; note = next) {
        next = note->next;
        if (strcmp(note->store, key.store) != 0)
            continue;
        unlink_note(map, note);
        alert_note_free(note);
    }
    clear(map, &key, now_ms);
    pthread_mutex_unlock(&map->mutex);
}

/* --- taking and putting back --- */

static int in_order(const void *a, const void *b)
{
    const struct alert_note *one = *(struct alert_note *const *)a, *two = *(struct alert_note *const *)b;
    int difference = strcmp(one->store, two->store);
    if (!difference)
        difference = (int)two->whole_store - (int)one->whole_store; /* first of all: what was before it */
    if (!difference)
        difference = (int)one->kind - (int)two->kind;
    return difference ? difference : strcmp(one->subject, two->subject);
}

size_t alert_map_take(struct alert_map *map, size_t most, struct alert_note **notes_out)
{
    size_t count = 0;
    pthread_mutex_lock(&map->mutex);
    while (map->first && count < most) {
        notes_out[count] = map->first;
        unlink_note(map, notes_out[count++]);
    }
    pthread_mutex_unlock(&map->mutex);
    qsort(notes_out, count, sizeof(struct alert_note *), in_order);
    return count;
}

/* `older` into what was noted since. */
static void merge(struct alert_map *map, struct alert_note *note, struct alert_note *older)
{
    if (!older->raised)
        return;
    (*counter_of(map, note))--;
    note->last_ms = note->raised ? note->last_ms : older->last_ms;
    note->first_ms = older->first_ms;
    note->raised += older->raised;
    (*counter_of(map, note))++;
    if (!note->detail) {
        note->detail = older->detail;
        older->detail = NULL;
    }
}

void alert_map_put_back(struct alert_map *map, struct alert_note **notes, size_t count)
{
    pthread_mutex_lock(&map->mutex);
    while (count--) {
        struct alert_note *older = notes[count];
        struct alert_note whole = {.kind = ALERT_KIND_COUNT, .whole_store = true};
        memcpy(whole.store, older->store, sizeof whole.store);
        struct alert_note *note = find(map, &whole);
        if (!note && !(note = find(map, older))) {
            link_note(map, older, true);
            continue;
        }
        if (!note->whole_store)
            merge(map, note, older);
        alert_note_free(older);
    }
    pthread_mutex_unlock(&map->mutex);
}

void alert_map_forget(struct alert_map *map)
{
    pthread_mutex_lock(&map->mutex);
    for (struct alert_note *note = map->first, *next; note; note = next) {
        next = note->next;
        alert_note_free(note);
    }
    memset((void *)map->buckets, 0, sizeof map->buckets);
    map->first = map->last = NULL;
    map->raised = map->cleared = 0;
    pthread_mutex_unlock(&map->mutex);
}
