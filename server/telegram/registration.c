#include "telegram/registration.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "telegram/registration_calls.h"

enum {
    MOST_RUNNING = 4,
    SLOT_MS = 100,
    LONGEST_BACKOFF_MS = 300000,
    MOST_REASON = 256, /* more than a method's name and telegram_judge's text, so that no character is cut */
    WRITE_RETRY_MS = 2000,
};

struct entry {
    struct lane_store *store;
    const struct tenant *tenant; /* as it was when it was added last; a reference */
    char *secret;
    bool gone;                     /* removed: nothing is registered */
    const struct tenant *farewell; /* whose bot's webhook is to be taken off; a reference, or NULL */
    bool planned;                  /* a run is waiting in the pool */
    bool waits;                    /* its turn came while enough were running */
    int64_t planned_ms;            /* for then */
    bool running;
    bool again; /* asked for while it ran */
    int failures;
    enum registration_state state;
    char reason[MOST_REASON];
    int64_t bot_id;
    char bot_username[40];
    bool can_manage_bots;
    bool has_digest; /* of what Telegram was told last */
    bool look;       /* it may still be so */
    uint8_t digest[32];
};

struct registration {
    struct registration_options options;
    atomic_bool stopping;
    size_t first_serial; /* of entries[0] */
    struct entry **entries;
    size_t count;
    int running;
    int64_t next_slot_ms;
    int64_t pause_ms; /* until then nobody calls (429) */
    size_t *waiting;  /* serials of entries whose turn came while enough were running */
    size_t waiting_count;
};

/*
 * The pool may drop a delayed task, or run it after this registration is gone. So its tasks carry no pointer
 * but a number that is never used twice, and look it up here, under the lock.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t nobody_runs = PTHREAD_COND_INITIALIZER;
static struct registration *current;
static size_t next_serial = 1;

static void run_entry(void *serial);
static void rewrite(void *serial);

const char *registration_state_name(enum registration_state state)
{
    static const char *const names[] = {
        [REGISTRATION_STARTING] = "starting", [REGISTRATION_LIVE] = "live",
        [REGISTRATION_DISABLED] = "disabled", [REGISTRATION_UNREACHABLE] = "unreachable",
        [REGISTRATION_REMOVED] = "removed",
    };
    return names[state];
}

/* With the lock held: the entry, or NULL where it is of a registration that has ended. */
static struct entry *find(size_t serial)
{
    if (!current || serial < current->first_serial || serial - current->first_serial >= current->count ||
        atomic_load(&current->stopping))
        return NULL;
    return current->entries[serial - current->first_serial];
}

/* --- when: with the lock held --- */

static void plan(struct registration *r, size_t serial, int64_t delay_ms)
{
    struct entry *entry = r->entries[serial - r->first_serial];
    int64_t now_ms = clock_mono_ms(), at_ms = now_ms + delay_ms;
    if (at_ms < r->next_slot_ms)
        at_ms = r->next_slot_ms;
    if (at_ms < r->pause_ms)
        at_ms = r->pause_ms;
    /* Retries far off take no slot: they are spread already. */
    if (delay_ms == 0)
        r->next_slot_ms = at_ms + SLOT_MS;
    entry->planned = true;
    entry->planned_ms = at_ms;
    if (at_ms > now_ms)
        pool_submit_later(r->options.pool, (long)(at_ms - now_ms), run_entry, (void *)(uintptr_t)serial);
    else
        pool_submit(r->options.pool, run_entry, (void *)(uintptr_t)serial);
}

/* Whether the entry may call now; otherwise it is planned anew or waits for another to end. */
static bool admit(struct registration *r, struct entry *entry, size_t serial)
{
    if (!entry->planned || clock_mono_ms() < entry->planned_ms)
        return false; /* left over from a plan that was changed */
    entry->planned = false;
    if (entry->running) {
        entry->again = true;
        return false;
    }
    if (clock_mono_ms() < r->pause_ms) {
        plan(r, serial, 0);
        return false;
    }
    if (r->running >= MOST_RUNNING) {
        entry->planned = true;
        if (!entry->waits) /* asked for again and again it comes by more than once */
            r->waiting[r->waiting_count++] = serial;
        entry->waits = true;
        return false;
    }
    entry->running = true;
    r->running++;
    return true;
}

static void let_next_run(struct registration *r)
{
    if (r->waiting_count == 0)
        return;
    size_t serial = r->waiting[0];
    r->entries[serial - r->first_serial]->waits = false;
    memmove(r->waiting, r->waiting + 1, --r->waiting_count * sizeof(*r->waiting));
    pool_submit(r->options.pool, run_entry, (void *)(uintptr_t)serial);
}

/* --- writing it down --- */

DB_SERVER_STATEMENT(registration_write,
                    "UPDATE stores SET state = $2, state_reason = $3, bot_id = coalesce($4, bot_id), "
                    "bot_username = coalesce($5, bot_username), "
                    "state_since = CASE WHEN state = $2 THEN state_since ELSE $6 END, registered_digest = $7 "
                    "WHERE bot_store_name = $1");

DB_SERVER_STATEMENT(
    registration_write_owner,
    "UPDATE owner_bot SET state = $1, state_reason = $2, bot_id = coalesce($3, bot_id), "
    "bot_username = coalesce($4, bot_username), can_manage_bots = CASE WHEN $3 IS NULL THEN can_manage_bots "
    "ELSE $6 END, state_since = CASE WHEN state = $1 THEN state_since ELSE $5 END");

/* A state on its way to the server's lane; it may arrive when the registration is gone. */
struct note {
    size_t serial;
    char *name; /* NULL: the owner's bot */
    enum registration_state state;
    char reason[MOST_REASON];
    int64_t bot_id;
    char bot_username[40];
    bool can_manage_bots;
    bool has_digest;
    uint8_t digest[32];
};

static void note_free(struct note *note)
{
    free(note->name);
    free(note);
}

static bool send_note(struct work *work, const struct note *note, struct error *err)
{
    const char *state = registration_state_name(note->state);
    const char *reason = note->reason[0] ? note->reason : NULL;
    const char *username = note->bot_username[0] ? note->bot_username : NULL;
    if (!note->name)
        return db_send(work->tx, &registration_write_owner,
                       DB_PARAMS(P_TEXT(state), P_TEXT(reason), P_ID(note->bot_id), P_TEXT(username),
                                 P_TIME(work->now_ms), P_BOOL(note->can_manage_bots)),
                       NULL, err);
    return db_send(work->tx, &registration_write,
                   DB_PARAMS(P_TEXT(note->name), P_TEXT(state), P_TEXT(reason), P_ID(note->bot_id),
                             P_TEXT(username), P_TIME(work->now_ms),
                             note->has_digest ? P_BYTES(note->digest, sizeof(note->digest)) : P_NULL),
                   NULL, err);
}

static void write_note(struct work *work, void *argument)
{
    struct note *note = argument;
    struct error err;
    bool written = work_begin(work, &err) && send_note(work, note, &err) && work_commit(work, &err);
    work_end(work);
    bool passing = !written && (err.code == ERR_RETRY || err.code == ERR_UNCERTAIN);
    if (!written && !passing)
        log_error(note->name, "registration: state not written: %s", err.text);
    pthread_mutex_lock(&lock);
    if (passing && find(note->serial))
        pool_submit_later(current->options.pool, WRITE_RETRY_MS, rewrite, (void *)(uintptr_t)note->serial);
    pthread_mutex_unlock(&lock);
    note_free(note);
}

/* With the lock held, so that notes of a store leave in the order of its states. */
static void submit_note(const struct registration *r, const struct entry *entry, size_t serial)
{
    struct note *note = xcalloc(1, sizeof(*note));
    note->serial = serial;
    if (!lane_store_is_server(entry->store))
        note->name = xstrdup(lane_store_name(entry->store));
    note->can_manage_bots = entry->can_manage_bots;
    note->has_digest = entry->has_digest && entry->state == REGISTRATION_LIVE;
    memcpy(note->digest, entry->digest, sizeof(note->digest));
    note->state = entry->state;
    note->bot_id = entry->bot_id;
    memcpy(note->reason, entry->reason, sizeof(note->reason));
    memcpy(note->bot_username, entry->bot_username, sizeof(note->bot_username));
    lane_submit_internal(lanes_server_store(r->options.lanes), write_note, note);
}

static void rewrite(void *serial)
{
    pthread_mutex_lock(&lock);
    const struct entry *entry = find((size_t)(uintptr_t)serial);
    if (entry)
        submit_note(current, entry, (size_t)(uintptr_t)serial);
    pthread_mutex_unlock(&lock);
}

/* --- one run --- */

static int64_t backoff_ms(int failures)
{
    int64_t ms = failures > 8 ? LONGEST_BACKOFF_MS : 1000 << failures;
    return ms < LONGEST_BACKOFF_MS ? ms : LONGEST_BACKOFF_MS;
}

/* With the lock held: takes the outcome in and plans what follows. True where state or reason changed. */
static bool settle(struct registration *r, struct entry *entry, size_t serial,
                   const struct registration_outcome *outcome, const uint8_t digest[static 32])
{
    const char *reason = outcome->state == REGISTRATION_LIVE ? "" : outcome->err.text;
    bool changed =
        entry->state != outcome->state || strncmp(entry->reason, reason, sizeof(entry->reason) - 1) != 0;
    entry->state = outcome->state;
    snprintf(entry->reason, sizeof(entry->reason), "%.*s", (int)sizeof(entry->reason) - 1, reason);
    if (outcome->bot_id) {
        entry->bot_id = outcome->bot_id;
        memcpy(entry->bot_username, outcome->bot_username, sizeof(entry->bot_username));
        entry->can_manage_bots = outcome->can_manage_bots;
    }
    /* Also where it was told the same again: another server may have written that the store is gone. */
    bool was_told =
        outcome->state == REGISTRATION_LIVE &&
        (outcome->bot_id || !entry->has_digest || memcmp(entry->digest, digest, sizeof(entry->digest)) != 0);
    entry->has_digest = outcome->state == REGISTRATION_LIVE;
    memcpy(entry->digest, digest, sizeof(entry->digest));
    if (changed || was_told)
        submit_note(r, entry, serial);
    if (outcome->state != REGISTRATION_UNREACHABLE) {
        entry->failures = 0;
        return changed;
    }
    entry->failures++;
    int64_t delay_ms = backoff_ms(entry->failures), named_ms = (int64_t)outcome->err.retry_after * 1000;
    if (named_ms > 0 && clock_mono_ms() + named_ms > r->pause_ms)
        r->pause_ms = clock_mono_ms() + named_ms;
    plan(r, serial, delay_ms > named_ms ? delay_ms : named_ms);
    return changed;
}

/* With the lock held: whether another store, or this one again, has the bot now. */
static bool is_taken(const struct registration *r, int64_t bot_id)
{
    for (size_t i = 0; i < r->count; i++)
        if (!r->entries[i]->gone && r->entries[i]->tenant->bot_id == bot_id)
            return true;
    return false;
}

/* What a run does, taken from its entry under the lock. */
struct run {
    char *secret;
    const struct tenant *tenant;   /* to be registered, or NULL */
    bool is_server;                /* the owner's bot */
    const struct tenant *farewell; /* or NULL */
    uint8_t digest[32];            /* of what it tells Telegram */
    uint8_t known[32];             /* of what was told before, where it is only looked at */
    bool look;
    struct registration_outcome outcome;
    bool left; /* the farewell need not be tried again */
};

static struct run run_begin(const struct registration *r, struct entry *entry)
{
    struct run run = {.secret = xstrdup(entry->secret), .farewell = entry->farewell, .left = true};
    entry->farewell = NULL;
    if (run.farewell && is_taken(r, run.farewell->bot_id))
        tenant_unref(&run.farewell);
    if (!entry->gone)
        run.tenant = lane_store_tenant(entry->store);
    run.is_server = lane_store_is_server(entry->store);
    run.look = entry->look && entry->has_digest;
    memcpy(run.known, entry->digest, sizeof(run.known));
    entry->look = false;
    return run;
}

static void run_calls(const struct registration *r, struct run *run)
{
    if (run->farewell)
        run->left = registration_leave(&r->options, &r->stopping, run->farewell, &run->outcome.err);
    if (!run->tenant)
        return;
    registration_digest(&r->options, run->tenant, run->is_server, run->secret, run->digest);
    if (run->look && memcmp(run->digest, run->known, sizeof(run->digest)) == 0 &&
        registration_is_ours(&r->options, &r->stopping, run->tenant))
        run->outcome = (struct registration_outcome){.state = REGISTRATION_LIVE};
    else
        registration_make_ours(&r->options, &r->stopping, run->tenant, run->is_server, run->secret,
                               &run->outcome);
}

/* With the lock held. A farewell that has to be said again later; unless the entry has another one by now. */
static void keep_farewell(struct registration *r, struct entry *entry, size_t serial, struct run *run)
{
    if (run->left || entry->farewell)
        return;
    entry->farewell = run->farewell;
    run->farewell = NULL;
    if (!entry->planned)
        plan(r, serial, backoff_ms(++entry->failures));
}

static void run_free(struct run *run)
{
    free(run->secret);
    tenant_unref(&run->tenant);
    tenant_unref(&run->farewell);
}

static void run_entry(void *argument)
{
    size_t serial = (size_t)(uintptr_t)argument;
    pthread_mutex_lock(&lock);
    struct entry *entry = find(serial);
    struct registration *r = current;
    if (!entry || !admit(r, entry, serial)) {
        pthread_mutex_unlock(&lock);
        return;
    }
    /* The registration stays while anyone runs. */
    struct run run = run_begin(r, entry);
    pthread_mutex_unlock(&lock);

    run_calls(r, &run);

    pthread_mutex_lock(&lock);
    bool stopping = atomic_load(&r->stopping), changed = false, settled = false;
    if (!stopping && run.tenant && !entry->gone) {
        changed = settle(r, entry, serial, &run.outcome, run.digest);
        settled = true;
    }
    if (!stopping)
        keep_farewell(r, entry, serial, &run);
    struct entry told = *entry;
    pthread_mutex_unlock(&lock);
    run_free(&run);

    if (settled && told.state != REGISTRATION_UNREACHABLE)
        lane_store_hold_outbox(told.store, told.state == REGISTRATION_DISABLED);
    if (changed && r->options.on_state)
        r->options.on_state(r->options.context, told.store, told.state, told.reason);

    pthread_mutex_lock(&lock);
    entry->running = false;
    if (entry->again && !stopping)
        plan(r, serial, 0);
    entry->again = false;
    r->running--;
    let_next_run(r);
    if (r->running == 0)
        pthread_cond_broadcast(&nobody_runs);
    pthread_mutex_unlock(&lock);
}

/* --- for everybody --- */

struct registration *registration_start(const struct registration_options *options)
{
    struct registration *r = xcalloc(1, sizeof(*r));
    r->options = *options;
    pthread_mutex_lock(&lock);
    if (current)
        abort(); /* a bug: two registrations in one process */
    r->first_serial = next_serial;
    current = r;
    pthread_mutex_unlock(&lock);
    return r;
}

static int by_name(const void *name, const void *registered)
{
    return strcmp(name, ((const struct registered *)registered)->name);
}

/* What Telegram was told by the process before this one. */
static void recall(const struct registration *r, struct entry *entry)
{
    const char *name = lane_store_name(entry->store);
    const struct registered *known =
        name && r->options.known_count
            ? bsearch(name, r->options.known, r->options.known_count, sizeof(*known), by_name)
            : NULL;
    if (!known)
        return;
    entry->has_digest = entry->look = true;
    memcpy(entry->digest, known->digest, sizeof(entry->digest));
}

static size_t add_entry(struct registration *r, struct lane_store *store)
{
    r->entries = xrealloc(r->entries, (r->count + 1) * sizeof(*r->entries));
    r->waiting = xrealloc(r->waiting, (r->count + 1) * sizeof(*r->waiting));
    r->entries[r->count] = xcalloc(1, sizeof(struct entry));
    r->entries[r->count]->store = store;
    r->entries[r->count]->secret = xstrdup("");
    recall(r, r->entries[r->count]);
    r->count++;
    return next_serial++;
}

/* With the lock held: 0 where the store was never added. */
static size_t serial_of(const struct registration *r, const struct lane_store *store)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->entries[i]->store == store)
            return r->first_serial + i;
    return 0;
}

/* With the lock held: the bot the entry had is to be left alone. The reference is taken over. */
static void bid_farewell(struct entry *entry, const struct tenant *tenant)
{
    if (!tenant)
        return;
    tenant_unref(
        &entry->farewell); /* one before it, that was never said: its bot's updates get a 404 or a 401 */
    entry->farewell = tenant;
}

static void run_soon(struct registration *r, struct entry *entry, size_t serial)
{
    if (atomic_load(&r->stopping))
        return;
    if (entry->running)
        entry->again = true;
    else
        plan(r, serial, 0);
}

/* With the lock held: takes in what the store's file says now. */
static void refresh(struct registration *r, struct entry *entry, size_t serial)
{
    const struct tenant *before = entry->tenant;
    entry->tenant = lane_store_tenant(entry->store);
    if (before && before->bot_id != entry->tenant->bot_id && !entry->gone)
        bid_farewell(entry, before);
    else
        tenant_unref(&before);
    if (!entry->gone)
        return;
    entry->gone = entry->has_digest = false;
    entry->state = REGISTRATION_STARTING;
    submit_note(r, entry, serial);
}

void registration_add(struct registration *registration, struct lane_store *store, const char *secret)
{
    pthread_mutex_lock(&lock);
    if (!registration || registration != current || /* a late 401, while the server stops */
        (!secret && lane_store_is_removed(store))) {
        pthread_mutex_unlock(&lock);
        return;
    }
    size_t serial = serial_of(registration, store);
    if (serial == 0)
        serial = add_entry(registration, store);
    struct entry *entry = registration->entries[serial - registration->first_serial];
    refresh(registration, entry, serial);
    if (secret) {
        free(entry->secret);
        entry->secret = xstrdup(secret);
    } else {
        entry->look = false;
    }
    run_soon(registration, entry, serial);
    pthread_mutex_unlock(&lock);
}

void registration_remove(struct registration *registration, struct lane_store *store)
{
    pthread_mutex_lock(&lock);
    size_t serial = registration && registration == current ? serial_of(registration, store) : 0;
    struct entry *entry = serial ? registration->entries[serial - registration->first_serial] : NULL;
    if (entry && !entry->gone) {
        entry->gone = true;
        entry->failures = 0;
        entry->state = REGISTRATION_REMOVED;
        entry->reason[0] = '\0';
        submit_note(registration, entry, serial);
        bid_farewell(entry, tenant_ref(entry->tenant));
        run_soon(registration, entry, serial);
    }
    pthread_mutex_unlock(&lock);
}

void registration_stop(struct registration **registration)
{
    struct registration *r = *registration;
    if (!r)
        return;
    pthread_mutex_lock(&lock);
    atomic_store(&r->stopping, true);
    while (r->running > 0)
        pthread_cond_wait(&nobody_runs, &lock);
    current = NULL;
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < r->count; i++) {
        tenant_unref(&r->entries[i]->tenant);
        tenant_unref(&r->entries[i]->farewell);
        free(r->entries[i]->secret);
        free(r->entries[i]);
    }
    free(r->entries);
    free(r->waiting);
    free(r);
    *registration = NULL;
}
