/* Alerts from being raised to being told, over a real database. Time is what the test says. */
#include "../work/rig.h"

#include <stdio.h>

#include "base/log.h"
#include "watch/internal.h"

enum { MINUTE = 60000, HOUR = 3600000, MOST_TOLD = 200, OWNER = 7001 };

static struct alert_map map = ALERT_MAP_INIT;
static struct alert_pace pace;
static int64_t now; /* ms; moved on by the tests */

/* --- the owners --- */

struct told {
    enum alert_telling why;
    bool digest, directly;
    int64_t count, told_count, stores;
    char store[ALERT_STORE + 1], subject[ALERT_SUBJECT + 1];
};
static struct told told[MOST_TOLD];
static atomic_size_t told_count;
static atomic_bool refuses;

static void note_told(const struct told *t)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    size_t i = atomic_load(&told_count);
    assert_true(i < MOST_TOLD);
    told[i] = *t;
    atomic_store(&told_count, i + 1);
    pthread_mutex_unlock(&mutex);
}

static bool tell(struct work *work, const struct alert_row *row, enum alert_telling why, struct error *err)
{
    assert_non_null(work->tx);
    if (atomic_load(&refuses))
        return error_set(err, ERR_RETRY, "not now");
    struct told t = {.why = why, .count = row->count, .told_count = row->told_count};
    snprintf(t.store, sizeof t.store, "%s", row->store ? row->store : "");
    snprintf(t.subject, sizeof t.subject, "%s", row->subject);
    note_told(&t);
    return true;
}

static bool tell_digest(struct work *work, const struct alert_digest *digest, struct error *err)
{
    note_told(&(struct told){.digest = true, .count = digest->alerts, .stores = digest->stores});
    return true;
}

static bool tell_directly(enum alert_telling why, int64_t away_ms)
{
    note_told(&(struct told){.directly = true, .why = why, .count = away_ms});
    rig_notice();
    return true;
}

static const struct alert_teller owners = {tell, tell_digest, tell_directly};
static const struct alert_teller *teller = &owners;

/* --- fixtures --- */

static int begin(void **state)
{
    int rc = rig_begin(state);
    if (!rig.lanes)
        return rc;
    rig_sql("TRUNCATE lapak.alerts");
    alert_map_forget(&map);
    atomic_store(&map.dropped, 0);
    pace = (struct alert_pace){0};
    now = 1800000000000;
    teller = &owners;
    atomic_store(&told_count, 0);
    atomic_store(&refuses, false);
    return rc;
}
#define ALERTS_TEST(test) cmocka_unit_test_setup_teardown(test, begin, rig_end)

static struct lane_store *server(void)
{
    return lanes_server_store(rig.lanes);
}

static void raise_now(const char *store, enum alert_kind kind, const char *subject)
{
    alert_map_raise(&map, store, kind, subject, "detail", now);
}

static void clear_now(const char *store, enum alert_kind kind, const char *subject)
{
    alert_map_clear(&map, store, kind, subject, now);
}

static void write_all(struct work *work, void *context)
{
    struct alert_note **notes = ARENA_ARRAY(work->arena, struct alert_note *, 20000);
    size_t count = alert_map_take(&map, 20000, notes);
    work->now_ms = now;
    MUST(work_begin(work, &err) && alerts_write(work, notes, count, &err) && work_commit(work, &err));
    work_end(work);
    MUST(work_begin(work, &err) && alerts_decide(work, teller, &pace, &err) && work_commit(work, &err));
    for (size_t i = 0; i < count; i++)
        alert_note_free(notes[i]);
}

/* A round of the engine, some time later: what was told in it. */
static size_t after(int64_t ms)
{
    size_t before = atomic_load(&told_count);
    now += ms;
    rig_do(server(), write_all, NULL);
    return atomic_load(&told_count) - before;
}

static size_t raised_after(int64_t ms, enum alert_kind kind)
{
    now += ms;
    raise_now("shop", kind, "x");
    return after(0);
}

static size_t cleared_after(int64_t ms, enum alert_kind kind)
{
    now += ms;
    clear_now("shop", kind, "x");
    return after(0);
}

static const struct told *last_told(void)
{
    assert_true(atomic_load(&told_count) > 0);
    return &told[atomic_load(&told_count) - 1];
}

/* --- grouping and windows --- */

static void test_the_same_fault_is_told_once_with_its_count(void **state)
{
    NEEDS_RIG();
    for (int i = 0; i < 1000; i++)
        raise_now("shop", ALERT_WEBHOOK, "url");
    raise_now("shop", ALERT_WEBHOOK, "pending");
    raise_now(NULL, ALERT_WEBHOOK, "url");
    assert_int_equal(after(0), 3);
    assert_int_equal(rig_sql("SELECT count FROM lapak.alerts WHERE store = 'shop' AND subject = 'url'"),
                     1000);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts"), 3);
    assert_int_equal(told[0].why, ALERT_TELL_NEW);
}

static void test_it_is_told_again_when_its_window_is_over(void **state)
{
    NEEDS_RIG();
    assert_int_equal(raised_after(0, ALERT_WEBHOOK), 1);
    for (int i = 0; i < 50; i++)
        assert_int_equal(raised_after(MINUTE, ALERT_WEBHOOK), 0);
    assert_int_equal(after(HOUR), 1);
    assert_int_equal(last_told()->why, ALERT_TELL_AGAIN);
    assert_int_equal(last_told()->count, 51);
    assert_int_equal(last_told()->told_count, 1);
    assert_int_equal(after(3 * HOUR), 0); /* nothing new happened */
    assert_int_equal(raised_after(0, ALERT_WEBHOOK), 1);
    assert_int_equal(last_told()->count, 52);
}

static void test_what_recovers_is_told_once(void **state)
{
    NEEDS_RIG();
    assert_int_equal(cleared_after(0, ALERT_DISK), 0); /* it never was */
    raised_after(MINUTE, ALERT_DISK);
    assert_int_equal(cleared_after(MINUTE, ALERT_DISK), 1);
    assert_int_equal(last_told()->why, ALERT_TELL_RECOVERED);
    assert_int_equal(cleared_after(MINUTE, ALERT_DISK), 0);
    assert_int_equal(raised_after(2 * HOUR, ALERT_DISK), 1); /* another one */
    assert_int_equal(last_told()->why, ALERT_TELL_NEW);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts"), 2);
}

static void test_what_came_and_went_between_two_rounds_is_only_noted(void **state)
{
    NEEDS_RIG();
    raise_now("shop", ALERT_DISK, "x");
    assert_int_equal(cleared_after(100, ALERT_DISK), 0);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE recovered_at IS NOT NULL"), 1);
    clear_now("shop", ALERT_DISK, "x");
    assert_int_equal(raised_after(100, ALERT_DISK), 1); /* it stayed, this time */
    assert_int_equal(last_told()->count, 2);
}

static void test_what_came_and_went_while_the_database_was_away_is_told(void **state)
{
    NEEDS_RIG();
    raise_now("shop", ALERT_GATEWAY, "x");
    assert_int_equal(cleared_after(10 * MINUTE, ALERT_GATEWAY), 1);
    assert_int_equal(last_told()->why, ALERT_TELL_RECOVERED);
}

static void test_an_error_ends_silently_but_no_count_is_lost(void **state)
{
    NEEDS_RIG();
    assert_int_equal(raised_after(0, ALERT_ERROR), 1);
    raised_after(MINUTE, ALERT_ERROR);
    raised_after(MINUTE, ALERT_ERROR);
    assert_int_equal(after(9 * MINUTE), 1); /* the window since it was told */
    assert_int_equal(last_told()->why, ALERT_TELL_AGAIN);
    assert_int_equal(last_told()->count, 3);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE recovered_at IS NULL"), 1);
    assert_int_equal(after(MINUTE), 0); /* the window since it was raised */
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE recovered_at IS NULL"), 0);
    raised_after(2 * HOUR, ALERT_ERROR);
    raised_after(MINUTE, ALERT_ERROR);
    assert_int_equal(after(HOUR), 1); /* nobody looked for an hour: both at once */
    assert_int_equal(last_told()->count, 2);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE recovered_at IS NULL"), 0);
}

static void test_what_flickers_makes_two_messages_an_hour(void **state)
{
    NEEDS_RIG();
    size_t messages = 0;
    for (int i = 0; i < 10; i++) {
        messages += raised_after(2 * MINUTE, ALERT_BOOKS); /* its window is a day */
        messages += cleared_after(2 * MINUTE, ALERT_BOOKS);
    }
    assert_int_equal(messages, 2);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts"), 1);
    assert_int_equal(raised_after(MINUTE, ALERT_BOOKS), 0);
    assert_int_equal(after(30 * MINUTE), 1); /* it stayed */
    assert_int_equal(last_told()->why, ALERT_TELL_AGAIN);
    assert_int_equal(last_told()->count, 11);
    assert_int_equal(cleared_after(MINUTE, ALERT_BOOKS), 1);
    assert_int_equal(last_told()->why, ALERT_TELL_RECOVERED);
}

/* --- what owners do --- */

static int64_t the_id(void)
{
    return rig_sql("SELECT id FROM lapak.alerts ORDER BY id DESC LIMIT 1");
}

struct act {
    enum { ACK, MUTE, UNMUTE } what;
    int64_t id, until_ms;
    enum error_code code;
};

static void act(struct work *work, void *context)
{
    struct act *a = context;
    struct error refusal = {0};
    work->now_ms = now;
    MUST(work_begin(work, &err));
    bool ok = a->what == ACK    ? alert_ack(work, a->id, OWNER, &refusal)
              : a->what == MUTE ? alert_mute(work, a->id, a->until_ms, OWNER, &refusal)
                                : alert_unmute(work, a->id, OWNER, &refusal);
    a->code = ok ? ERR_NONE : refusal.code;
    if (ok)
        MUST(work_commit(work, &err));
}

static enum error_code do_act(struct act a)
{
    rig_do(server(), act, &a);
    return a.code;
}

static void test_an_acknowledged_one_is_told_when_it_recovers(void **state)
{
    NEEDS_RIG();
    raised_after(0, ALERT_DISK);
    int64_t id = the_id();
    assert_int_equal(do_act((struct act){ACK, .id = id}), ERR_NONE);
    assert_int_equal(do_act((struct act){ACK, .id = id}), ERR_CONFLICT);
    for (int i = 0; i < 30; i++)
        assert_int_equal(raised_after(HOUR, ALERT_DISK), 0);
    assert_int_equal(cleared_after(MINUTE, ALERT_DISK), 1);
    assert_int_equal(last_told()->why, ALERT_TELL_RECOVERED);
    assert_int_equal(do_act((struct act){ACK, .id = id}), ERR_NOT_FOUND);
    assert_int_equal(do_act((struct act){ACK, .id = id + 100}), ERR_NOT_FOUND);
    raised_after(MINUTE, ALERT_DISK);
    assert_int_equal(after(2 * HOUR), 1); /* the same row, and not acknowledged any more */
    assert_int_equal(the_id(), id);
}

static void test_a_muted_one_is_silent_until_then(void **state)
{
    NEEDS_RIG();
    raised_after(0, ALERT_DISK);
    int64_t id = the_id();
    assert_int_equal(do_act((struct act){UNMUTE, .id = id}), ERR_CONFLICT);
    assert_int_equal(do_act((struct act){MUTE, id, now + 5 * HOUR, 0}), ERR_NONE);
    for (int i = 0; i < 4; i++)
        assert_int_equal(raised_after(HOUR, ALERT_DISK), 0);
    assert_int_equal(after(HOUR), 1); /* still there */
    assert_int_equal(last_told()->why, ALERT_TELL_AGAIN);
    assert_int_equal(last_told()->count, 5);
    assert_int_equal(after(MINUTE), 0);
    assert_int_equal(do_act((struct act){MUTE, id, now + 5 * HOUR, 0}), ERR_NONE);
    assert_int_equal(cleared_after(MINUTE, ALERT_DISK), 0); /* over while nobody wanted to hear */
    assert_int_equal(after(9 * HOUR), 0);
}

static void test_unmuted_it_is_told_at_once(void **state)
{
    NEEDS_RIG();
    raised_after(0, ALERT_DISK);
    do_act((struct act){MUTE, the_id(), now + 5 * HOUR, 0});
    assert_int_equal(raised_after(MINUTE, ALERT_DISK), 0);
    assert_int_equal(do_act((struct act){UNMUTE, .id = the_id()}), ERR_NONE);
    assert_int_equal(after(1), 1);
    assert_int_equal(last_told()->why, ALERT_TELL_AGAIN);
}

/* --- many at once --- */

static void raise_many(int from, int to, enum alert_kind kind)
{
    char store[32];
    for (int i = from; i < to; i++) {
        snprintf(store, sizeof store, "store-%d", i);
        raise_now(store, kind, "");
    }
}

static void test_a_thousand_stores_make_twenty_messages(void **state)
{
    NEEDS_RIG();
    raise_many(0, 1000, ALERT_WEBHOOK);
    raise_now(NULL, ALERT_DISK, "/"); /* worse than the others: told by itself */
    assert_int_equal(after(0), 20);
    assert_string_equal(told[0].subject, "/");
    assert_true(last_told()->digest);
    assert_int_equal(last_told()->count, 1001 - 19);
    assert_int_equal(last_told()->stores, 1001 - 19);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE told_open"), 1001);
    assert_int_equal(after(2 * MINUTE), 0);
}

static void test_beyond_the_limit_they_wait_for_the_next_minute(void **state)
{
    NEEDS_RIG();
    raise_many(0, 20, ALERT_WEBHOOK);
    assert_int_equal(after(0), 20);
    assert_false(last_told()->digest);
    raise_many(20, 50, ALERT_WEBHOOK);
    assert_int_equal(after(1000), 0);
    raise_many(50, 60, ALERT_WEBHOOK);
    clear_now("store-0", ALERT_WEBHOOK, "");
    assert_int_equal(after(1000), 0);
    assert_int_equal(after(MINUTE), 20);
    assert_true(last_told()->digest);
    assert_int_equal(last_told()->count, 41 - 19);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE told_at IS NULL"), 0);
}

static void test_more_than_there_is_room_for_is_counted_as_dropped(void **state)
{
    NEEDS_RIG();
    raise_many(0, ALERT_MOST_RAISED + 10, ALERT_WEBHOOK);
    assert_int_equal(atomic_load(&map.dropped), 10);
    raise_many(0, 5, ALERT_WEBHOOK); /* known ones are counted on */
    for (int i = 0; i < ALERT_MOST_CLEARED + 10; i++) {
        char subject[32];
        snprintf(subject, sizeof subject, "s%d", i);
        clear_now("other", ALERT_WEBHOOK, subject);
    }
    assert_int_equal(atomic_load(&map.dropped), 20);
    after(0);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts"), ALERT_MOST_RAISED);
    assert_int_equal(rig_sql("SELECT sum(count) FROM lapak.alerts"), ALERT_MOST_RAISED + 5);
}

/* --- faults --- */

static void refused_round(struct work *work, void *context)
{
    struct error refusal = {0};
    work->now_ms = now;
    MUST(work_begin(work, &err));
    assert_false(alerts_decide(work, teller, &pace, &refusal) && work_commit(work, &refusal));
    assert_int_equal(refusal.code, ERR_RETRY);
}

static void test_what_could_not_be_told_is_told_later(void **state)
{
    NEEDS_RIG();
    teller = NULL;
    raised_after(0, ALERT_DISK); /* there is nobody to be told */
    teller = &owners;
    atomic_store(&refuses, true);
    rig_sql("UPDATE lapak.alerts SET due_at = last_at");
    rig_do(server(), refused_round, NULL);
    assert_int_equal(pace.told, 0);
    atomic_store(&refuses, false);
    assert_int_equal(after(MINUTE), 1);
    assert_int_equal(last_told()->why, ALERT_TELL_NEW);
}

static void test_notes_put_back_are_merged_with_newer_ones(void **state)
{
    NEEDS_RIG();
    struct alert_note *notes[8];
    alert_map_raise(&map, "shop", ALERT_DISK, "x", "first", now);
    clear_now("shop", ALERT_CPU, "");
    alert_map_raise(&map, "shop", ALERT_DISK, "y", "y", now);
    assert_int_equal(alert_map_take(&map, 8, notes), 3);
    now += MINUTE;
    alert_map_raise(&map, "shop", ALERT_DISK, "x", "second", now);
    clear_now("shop", ALERT_DISK, "y");
    raise_now("shop", ALERT_CPU, "");
    alert_map_put_back(&map, notes, 3);
    assert_int_equal(map.raised, 3);
    assert_int_equal(map.cleared, 0);
    after(0);
    assert_int_equal(rig_sql("SELECT count FROM lapak.alerts WHERE subject = 'x' AND detail = 'second'"), 2);
    assert_int_equal(rig_sql("SELECT extract(epoch FROM last_at - first_at) FROM lapak.alerts"
                             " WHERE subject = 'x'"),
                     60);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE subject = 'y' AND detail = 'y'"
                             " AND recovered_at IS NOT NULL"),
                     1);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE kind = 'cpu' AND recovered_at IS NULL"),
                     1);
}

static void test_whatever_is_raised_can_be_written(void **state)
{
    NEEDS_RIG();
    char longest[2000];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    memcpy(longest + ALERT_SUBJECT - 1, "\xc3\xa9", 2); /* across the cut */
    memcpy(longest + ALERT_DETAIL - 1, "\xc3\xa9", 2);
    alert_map_raise(&map, "shop", ALERT_DISK, longest, longest, now);
    alert_map_raise(&map, "shop", ALERT_DISK, "\xff\x80no utf-8\xc3", "\xf0\x9f", now);
    after(0);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE length(subject) = 79"
                             " AND length(detail) = 398"),
                     1);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE subject = 'no utf-8' AND detail = ''"),
                     1);
}

static void test_a_store_that_is_gone_has_no_open_alerts(void **state)
{
    NEEDS_RIG();
    raise_now("shop", ALERT_DISK, "x");
    raise_now("other", ALERT_DISK, "x");
    assert_int_equal(after(0), 2);
    raise_now("shop", ALERT_CPU, "x");
    alert_map_clear_store(&map, "shop", now);
    assert_int_equal(after(0), 0);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE recovered_at IS NULL"), 1);
    alert_map_clear_store(&map, "other", now);
    assert_int_equal(raised_after(0, ALERT_CPU), 1); /* "shop" is back */
    raise_now("other", ALERT_BACKUP, "");
    after(0);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE recovered_at IS NULL"), 2);
}

/* --- two servers --- */

struct server_run {
    struct lanes *lanes;
    struct alert_map map;
    struct alert_pace pace;
    int rounds;
    bool done;
};

static void server_round(struct work *work, void *argument)
{
    struct server_run *run = argument;
    struct alert_note *notes[64];
    for (int i = 0; i < 40; i++) {
        char store[16];
        snprintf(store, sizeof store, "s%d", (i * 7 + run->rounds) % 10);
        alert_map_raise(&run->map, store, ALERT_WEBHOOK, "", "both", work->now_ms);
    }
    size_t count = alert_map_take(&run->map, 64, notes);
    MUST(work_begin(work, &err) && alerts_write(work, notes, count, &err) && work_commit(work, &err));
    work_end(work);
    MUST(work_begin(work, &err) && alerts_decide(work, &owners, &run->pace, &err) && work_commit(work, &err));
    work_end(work);
    for (size_t i = 0; i < count; i++)
        alert_note_free(notes[i]);
    if (--run->rounds)
        lane_submit_internal(work->store, server_round, run);
    else
        __atomic_store_n(&run->done, true, __ATOMIC_RELEASE);
    rig_notice();
}

static bool both_are_done(void *context)
{
    struct server_run *runs = context;
    return __atomic_load_n(&runs[0].done, __ATOMIC_ACQUIRE) &&
           __atomic_load_n(&runs[1].done, __ATOMIC_ACQUIRE);
}

static void test_two_servers_count_together_and_tell_once(void **state)
{
    NEEDS_RIG();
    enum { ROUNDS = 50 };
    static struct server_run runs[2];
    const struct lane_options options = {.count = 1,
                                         .database_url = getenv("LAPAK_TEST_DATABASE_URL"),
                                         .pool = rig.pool,
                                         .master_key = (const uint8_t[32]){1}};
    for (int i = 0; i < 2; i++) {
        runs[i] = (struct server_run){.map = ALERT_MAP_INIT, .rounds = ROUNDS};
        MUST(lanes_start(&options, &runs[i].lanes, &err));
    }
    for (int i = 0; i < 2; i++)
        lane_submit_internal(lanes_server_store(runs[i].lanes), server_round, &runs[i]);
    rig_wait(both_are_done, runs, "two servers");
    for (int i = 0; i < 2; i++)
        lanes_stop(&runs[i].lanes);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts"), 10);
    assert_int_equal(rig_sql("SELECT sum(count) FROM lapak.alerts"), 2 * ROUNDS * 40);
    assert_int_equal(atomic_load(&told_count), 10);
}

/* --- reading --- */

static void read_them(struct work *work, void *context)
{
    struct alert_row *rows, row;
    size_t count;
    int64_t counts[ALERT_SEVERITIES];
    work->now_ms = now;
    MUST(work_begin(work, &err));
    MUST(alert_list(work, NULL, 0, 3, &rows, &count, &err));
    assert_int_equal(count, 3);
    assert_true(rows[0].id > rows[1].id && rows[1].id > rows[2].id);
    int64_t last = rows[2].id;
    MUST(alert_list(work, NULL, last, 3, &rows, &count, &err));
    assert_int_equal(count, 1);
    assert_true(rows[0].id < last);
    MUST(alert_list(work, "", 0, 3, &rows, &count, &err));
    assert_int_equal(count, 1);
    assert_null(rows[0].store);
    assert_int_equal(rows[0].kind, ALERT_DISK);
    assert_string_equal(rows[0].subject, "/");
    MUST(alert_get(work, rows[0].id, &row, &err));
    assert_int_equal(row.told_ms, row.first_ms);
    assert_int_equal(row.recovered_ms, 0);
    struct error refusal;
    assert_false(alert_get(work, 1 << 30, &row, &refusal));
    assert_int_equal(refusal.code, ERR_NOT_FOUND);
    MUST(alert_errors(work, NULL, now - HOUR, 0, 0, 9, &rows, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].store, "teh");
    assert_string_equal(rows[1].store, "kopi");
    MUST(alert_errors(work, NULL, now - HOUR, rows[0].last_ms, rows[0].id, 9, &rows, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].store, "kopi");
    MUST(alert_errors(work, "kopi", 0, 0, 0, 9, &rows, &count, &err));
    assert_int_equal(count, 1);
    MUST(alert_open_counts(work, NULL, counts, &err));
    assert_int_equal(counts[ALERT_CRITICAL], 1);
    assert_int_equal(counts[ALERT_WARNING], 3);
    MUST(alert_open_counts(work, "kopi", counts, &err));
    assert_int_equal(counts[ALERT_WARNING], 2);
}

static void test_they_are_read_by_page_and_store(void **state)
{
    NEEDS_RIG();
    raise_now(NULL, ALERT_DISK, "/");
    raise_now("kopi", ALERT_WEBHOOK, "");
    raise_now("kopi", ALERT_ERROR, "a");
    after(0);
    now += MINUTE;
    raise_now("teh", ALERT_ERROR, "a");
    after(0);
    rig_do(server(), read_them, NULL);
}

/* --- the engine itself --- */

static bool is_told_directly(void *context)
{
    bool found = false;
    for (size_t i = 0, count = atomic_load(&told_count); i < count; i++)
        found |= told[i].directly && told[i].why == *(enum alert_telling *)context;
    return found;
}

static void test_error_lines_become_alerts(void **state)
{
    NEEDS_RIG();
    alerts_set_teller(&owners);
    alerts_start(rig.lanes);
    for (int i = 0; i < 50; i++)
        log_error("kopi", "order tg1-ab%d: no answer from \"10.0.0.%d\" (1234567:%s)", i, i,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHI");
    alert_raise("kopi", ALERT_CPU, "", "%d %%", 91);
    alerts_stop();
    assert_int_equal(rig_sql("SELECT count FROM lapak.alerts WHERE kind = 'error' AND store = 'kopi'"
                             " AND subject = 'order #: no answer from # ([token])'"
                             " AND detail LIKE '%%tg1-ab49%%[token]%%'"),
                     50);
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE detail = '91 %%'"), 1);
    log_error("kopi", "nobody listens");
    assert_int_equal(rig_sql("SELECT count(*) FROM lapak.alerts WHERE kind = 'error'"), 1);
}

static void test_the_owners_are_told_directly_while_the_database_is_away(void **state)
{
    NEEDS_RIG();
    enum alert_telling away = ALERT_TELL_NEW, back = ALERT_TELL_RECOVERED;
    alerts_set_teller(&owners);
    alerts_set_away(2000); /* some rounds */
    rig_sql("BEGIN");
    rig_sql("LOCK TABLE lapak.alerts");
    alerts_start(rig.lanes);
    alert_raise(NULL, ALERT_DISK, "/", "91 %%");
    rig_wait(is_told_directly, &away, "the owners to be told that the database is away");
    assert_true(told[0].count >= 2000);
    alert_raise(NULL, ALERT_DISK, "/", "92 %%");
    rig_sql("COMMIT");
    rig_wait(is_told_directly, &back, "the owners to be told that it is back");
    alerts_stop();
    alerts_set_away(60000);
    assert_int_equal(rig_sql("SELECT count FROM lapak.alerts WHERE kind = 'disk'"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALERTS_TEST(test_the_same_fault_is_told_once_with_its_count),
        ALERTS_TEST(test_it_is_told_again_when_its_window_is_over),
        ALERTS_TEST(test_what_recovers_is_told_once),
        ALERTS_TEST(test_what_came_and_went_between_two_rounds_is_only_noted),
        ALERTS_TEST(test_what_came_and_went_while_the_database_was_away_is_told),
        ALERTS_TEST(test_an_error_ends_silently_but_no_count_is_lost),
        ALERTS_TEST(test_what_flickers_makes_two_messages_an_hour),
        ALERTS_TEST(test_an_acknowledged_one_is_told_when_it_recovers),
        ALERTS_TEST(test_a_muted_one_is_silent_until_then),
        ALERTS_TEST(test_unmuted_it_is_told_at_once),
        ALERTS_TEST(test_a_thousand_stores_make_twenty_messages),
        ALERTS_TEST(test_beyond_the_limit_they_wait_for_the_next_minute),
        ALERTS_TEST(test_more_than_there_is_room_for_is_counted_as_dropped),
        ALERTS_TEST(test_what_could_not_be_told_is_told_later),
        ALERTS_TEST(test_notes_put_back_are_merged_with_newer_ones),
        ALERTS_TEST(test_whatever_is_raised_can_be_written),
        ALERTS_TEST(test_a_store_that_is_gone_has_no_open_alerts),
        ALERTS_TEST(test_two_servers_count_together_and_tell_once),
        ALERTS_TEST(test_they_are_read_by_page_and_store),
        ALERTS_TEST(test_error_lines_become_alerts),
        ALERTS_TEST(test_the_owners_are_told_directly_while_the_database_is_away),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
