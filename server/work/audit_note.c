/* What others do to us, counted, so that a flood of it makes few rows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "work/internal.h"

enum {
    WINDOW_MS = 600000,
    MOST_NOTED = 48, /* of a store, told apart at a time */
    MOST_APART = 40, /* the rest is for what can't be told apart any more */
    SUBJECT_BYTES = 65,
};

/* One event and subject. Free where it has no event. */
struct noted {
    const char *event;
    int64_t actor;      /* 0: outside */
    int64_t count;      /* not written yet */
    int64_t written_ms; /* clock_mono_ms; 0: never */
    char subject[SUBJECT_BYTES];
};

struct audit_notes {
    bool submitted; /* a task is on its way */
    struct noted items[MOST_NOTED];
};

static bool is_over(const struct noted *noted, int64_t now_ms)
{
    return !noted->written_ms || now_ms - noted->written_ms >= WINDOW_MS;
}

static struct noted *find(struct audit_notes *notes, const char *event, int64_t actor, const char *subject)
{
    for (size_t i = 0; i < MOST_NOTED; i++) {
        struct noted *noted = &notes->items[i];
        if (noted->event && noted->actor == actor && !strcmp(noted->event, event) &&
            !strcmp(noted->subject, subject))
            return noted;
    }
    return NULL;
}

/* A free one, or one that nothing came of for a while; among the first `most`. */
static struct noted *take_free(struct audit_notes *notes, size_t most, int64_t now_ms)
{
    for (size_t i = 0; i < most; i++) {
        struct noted *noted = &notes->items[i];
        if (!noted->event || (!noted->count && is_over(noted, now_ms))) {
            *noted = (struct noted){0};
            return noted;
        }
    }
    return NULL;
}

static struct noted *find_or_add(struct audit_notes *notes, const char *event, int64_t actor,
                                 const char *subject, size_t most, int64_t now_ms)
{
    struct noted *noted = find(notes, event, actor, subject);
    if (noted || !(noted = take_free(notes, most, now_ms)))
        return noted;
    noted->event = event;
    noted->actor = actor;
    snprintf(noted->subject, sizeof noted->subject, "%s", subject);
    return noted;
}

static void write_task(struct work *work, void *argument)
{
    audit_notes_write(work, false);
}

void audit_note_by(struct lane_store *store, const char *event, int64_t telegram_id, const char *subject)
{
    struct lanes *lanes = store->lane->lanes;
    int64_t now_ms = clock_mono_ms();
    char cut[SUBJECT_BYTES];
    snprintf(cut, sizeof cut, "%s", subject);
    pthread_mutex_lock(&lanes->audit_mutex);
    if (!store->audit_notes)
        store->audit_notes = xcalloc(1, sizeof *store->audit_notes);
    struct audit_notes *notes = store->audit_notes;
    struct noted *noted = find_or_add(notes, event, telegram_id, cut, MOST_APART, now_ms);
    if (!noted)
        noted = find_or_add(notes, event, 0, "…", MOST_NOTED, now_ms);
    bool submit = false;
    if (noted) {
        noted->count++;
        submit = is_over(noted, now_ms) && !notes->submitted;
        notes->submitted = notes->submitted || submit;
    }
    pthread_mutex_unlock(&lanes->audit_mutex);
    if (submit)
        (void)!lane_submit_unless_stopping(store, write_task, NULL);
}

void audit_note(struct lane_store *store, const char *event, const char *subject)
{
    audit_note_by(store, event, 0, subject);
}

/* --- writing them down --- */

/* Those that are due, copied; they count from anew. */
static size_t take_due(struct lane_store *store, bool all, struct noted taken_out[static MOST_NOTED])
{
    struct lanes *lanes = store->lane->lanes;
    int64_t now_ms = clock_mono_ms();
    size_t count = 0;
    pthread_mutex_lock(&lanes->audit_mutex);
    struct audit_notes *notes = store->audit_notes;
    if (notes)
        notes->submitted = false;
    for (size_t i = 0; notes && i < MOST_NOTED; i++) {
        struct noted *noted = &notes->items[i];
        if (!noted->count || !(all || is_over(noted, now_ms)))
            continue;
        taken_out[count++] = *noted;
        noted->count = 0;
        noted->written_ms = now_ms;
    }
    pthread_mutex_unlock(&lanes->audit_mutex);
    return count;
}

/* They could not be written: due again. Nobody took their places, as they are in their window. */
static void give_back(struct lane_store *store, const struct noted *taken, size_t count)
{
    struct lanes *lanes = store->lane->lanes;
    pthread_mutex_lock(&lanes->audit_mutex);
    for (size_t i = 0; i < count; i++) {
        struct noted *noted = find(store->audit_notes, taken[i].event, taken[i].actor, taken[i].subject);
        if (noted) {
            noted->count += taken[i].count;
            noted->written_ms = taken[i].written_ms;
        }
    }
    pthread_mutex_unlock(&lanes->audit_mutex);
}

static bool add(struct work *work, const struct noted *noted, struct error *err)
{
    json_t *detail = json_pack("{s:I}", "count", (json_int_t)noted->count);
    if (*noted->subject)
        json_object_set_new(detail, "subject", json_string(work_reason(work->arena, noted->subject)));
    const struct audit_entry entry = {
        .event = noted->event,
        .actor = noted->actor ? audit_person(work->arena, noted->actor) : "outside",
        .detail = detail,
    };
    return audit_add(work, &entry, err);
}

void audit_notes_write(struct work *work, bool all)
{
    struct lane_store *store = work->store;
    struct noted taken[MOST_NOTED];
    size_t count = take_due(store, all, taken);
    struct error err;
    if (!count)
        return;
    bool ok = work_begin(work, &err);
    for (size_t i = 0; ok && i < count; i++)
        ok = add(work, &taken[i], &err);
    ok = ok && work_commit(work, &err);
    work_end(work);
    if (ok)
        return;
    if (err.code != ERR_UNCERTAIN) /* rather not counted than counted twice */
        give_back(store, taken, count);
    if (err.code != ERR_RETRY)
        log_error(lane_store_name(store), "audit: %s", err.text);
}

void audit_notes_free(struct lane_store *store)
{
    free(store->audit_notes);
    store->audit_notes = NULL;
}
