/* Transactions, failures and prepared statements against a real PostgreSQL (LAPAK_TEST_DATABASE_URL). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "db/db.h"

static const struct db_scope scope_a = {1, "store_db_a", "lapak_db_a"};
static const struct db_scope scope_server = {3, "public", ""};
static const struct db_scope scope_b = {2, "store_db_b", "lapak_db_b"};

DB_TENANT_STATEMENT(put, "INSERT INTO thing (id, word, raw, at) VALUES ($1, $2, $3, $4)");
DB_TENANT_STATEMENT(get, "SELECT word, raw, at, id FROM thing WHERE id = $1");
DB_TENANT_STATEMENT(count, "SELECT count(*) FROM thing");
DB_TENANT_STATEMENT(rename_word, "UPDATE thing SET word = $2 WHERE id = $1");
DB_TENANT_STATEMENT(peek_other, "SELECT count(*) FROM store_db_b.thing");
DB_TENANT_STATEMENT(broken, "SELECT nothing FROM nowhere");
DB_TENANT_STATEMENT(get_time, "SELECT at FROM thing WHERE id = $1");
DB_TENANT_STATEMENT(own_pid, "SELECT pg_backend_pid()");
DB_TENANT_STATEMENT(sleep_long, "SELECT pg_sleep(60)");
DB_SERVER_STATEMENT(end_backend, "SELECT pg_terminate_backend(pg_backend_pid())");

static struct db *db;

static void must(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s", err->text);
}

static void exec(const char *sql)
{
    struct error err;
    must(db_exec(db, sql, NULL, &err), &err);
}

static int open_database(void **state)
{
    const char *url = getenv("LAPAK_TEST_DATABASE_URL");
    struct error err = {0};
    if (!url)
        return 0;
    must(db_open(url, NULL, 3, &db, &err), &err);
    static const char *const names[] = {"db_a", "db_b"};
    for (size_t i = 0; i < 2; i++) {
        auto_arena struct arena *arena = arena_new();
        exec(arena_printf(
            arena,
            "DROP SCHEMA IF EXISTS store_%s CASCADE; DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE "
            "rolname = 'lapak_%s') THEN CREATE ROLE lapak_%s; END IF; END $$; GRANT lapak_%s TO "
            "CURRENT_USER; CREATE SCHEMA store_%s; "
            "CREATE TABLE store_%s.thing (id bigint PRIMARY KEY, word text NOT NULL CHECK (word <> 'bad'), "
            "raw bytea, "
            "at timestamptz); GRANT USAGE ON SCHEMA store_%s TO lapak_%s; "
            "GRANT ALL ON store_%s.thing TO lapak_%s",
            names[i], names[i], names[i], names[i], names[i], names[i], names[i], names[i], names[i],
            names[i]));
    }
    return 0;
}

static int close_database(void **state)
{
    db_close(&db);
    return 0;
}

#define NEEDS_DATABASE()                                                                                     \
    do {                                                                                                     \
        if (!db)                                                                                             \
            skip();                                                                                          \
    } while (0)

static int64_t things(const struct db_scope *scope)
{
    struct error err;
    auto_tx struct db_tx *tx = NULL;
    struct db_rows rows;
    must(db_begin(db, scope, &tx, &err) && db_query(tx, &count, DB_NO_PARAMS, &rows, &err), &err);
    return db_int(&rows, 0, 0);
}

static void values_round_trip(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    auto_arena struct arena *arena = arena_new();
    const uint8_t raw[] = {0, 255, 16, 0};
    for (int64_t ms = -1; ms < 3; ms++) {
        auto_tx struct db_tx *tx = NULL;
        struct db_rows rows;
        int64_t at = ms == 2 ? 1795338961123 : ms == 1 ? 951782399999 /* 29 February 2000 */ : ms;
        must(db_begin(db, &scope_a, &tx, &err) &&
                 db_send(tx, &put,
                         DB_PARAMS(P_INT(INT64_MIN + ms + 1), P_TEXT("a'\"\\ 😀"), P_BYTES(raw, sizeof raw),
                                   P_TIME(at)),
                         NULL, &err) &&
                 db_query(tx, &get, DB_PARAMS(P_INT(INT64_MIN + ms + 1)), &rows, &err),
             &err);
        size_t length;
        assert_string_equal(db_text(&rows, 0, 0), "a'\"\\ 😀");
        assert_memory_equal(db_bytes(arena, &rows, 0, 1, &length), raw, sizeof raw);
        assert_int_equal(length, sizeof raw);
        assert_int_equal(db_time(&rows, 0, 2), at);
        assert_int_equal(db_int(&rows, 0, 3), INT64_MIN + ms + 1);
    }
    assert_int_equal(things(&scope_a), 0); /* none was committed */
}

static void commit_keeps_and_end_forgets(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    struct db_tx *tx = NULL;
    struct db_rows rows = {0};
    must(db_begin(db, &scope_a, &tx, &err) &&
             db_send(tx, &put, DB_PARAMS(P_INT(1), P_TEXT("one"), P_NULL, P_TIME(0)), NULL, &err) &&
             db_send(tx, &get, DB_PARAMS(P_INT(1)), &rows, &err) && db_commit(tx, &err),
         &err);
    assert_true(db_committed(tx));
    assert_string_equal(db_text(&rows, 0, 0), "one"); /* readable after the commit */
    assert_true(db_is_null(&rows, 0, 1));
    db_end(&tx);
    assert_null(tx);
    assert_int_equal(things(&scope_a), 1);
    assert_int_equal(things(&scope_b), 0);
}

static void failure_takes_everything_and_the_connection_lives(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    struct {
        const struct db_statement *statement;
        struct db_param params[4];
        size_t count;
        enum error_code code;
    } cases[] = {
        {&put, {P_INT(1), P_TEXT("again"), P_NULL, P_NULL}, 4, ERR_CONFLICT},
        {&put, {P_INT(7), P_TEXT("bad"), P_NULL, P_NULL}, 4, ERR_INVALID},
        {&peek_other, {P_NULL}, 0, ERR_INTERNAL}, /* the role sees no other schema */
        {&broken, {P_NULL}, 0, ERR_INTERNAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int late = 0; late < 2; late++) { /* noticed by the commit, and at once */
            auto_tx struct db_tx *tx = NULL;
            must(db_begin(db, &scope_a, &tx, &err) &&
                     db_send(tx, &put, DB_PARAMS(P_INT(9), P_TEXT("nine"), P_NULL, P_NULL), NULL, &err),
                 &err);
            bool ok = late ? db_send(tx, cases[i].statement, cases[i].params, cases[i].count, NULL, &err) &&
                                 db_commit(tx, &err)
                           : db_query(tx, cases[i].statement, cases[i].params, cases[i].count, NULL, &err);
            assert_false(ok);
            assert_int_equal(err.code, cases[i].code);
            assert_null(strstr(err.text, "again"));
            assert_false(!late && db_commit(tx, &err));
        }
        assert_int_equal(things(&scope_a), 1);
    }
}

static void change_wants_exactly_one_row(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    auto_tx struct db_tx *tx = NULL;
    must(db_begin(db, &scope_a, &tx, &err) &&
             db_change(tx, &rename_word, DB_PARAMS(P_INT(1), P_TEXT("uno")), &err),
         &err);
    assert_false(db_change(tx, &rename_word, DB_PARAMS(P_INT(404), P_TEXT("none")), &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    must(db_commit(tx, &err), &err); /* no error of SQL: the transaction goes on */
}

static void a_lost_connection_is_replaced(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    struct db_tx *tx = NULL;
    must(db_begin(db, &scope_server, &tx, &err), &err);
    assert_false(db_query(tx, &end_backend, DB_NO_PARAMS, NULL, &err));
    assert_int_equal(err.code, ERR_RETRY);
    db_end(&tx);
    while (!db_begin(db, &scope_a, &tx, &err)) /* at most one try a second */
        assert_int_equal(err.code, ERR_RETRY);
    db_end(&tx);
    assert_int_equal(db_reconnects(db), 1);
    assert_int_equal(things(&scope_a), 1);
}

static void what_failed_unread_does_not_reach_the_next(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    for (int round = 0; round < 4; round++) {
        struct db_tx *tx = NULL;
        must(db_begin(db, &scope_a, &tx, &err) &&
                 db_send(tx, round % 2 ? &put : &broken,
                         (struct db_param[]){P_INT(1), P_TEXT("again"), P_NULL, P_NULL}, round % 2 ? 4 : 0,
                         NULL, &err),
             &err);
        db_end(&tx);
        assert_int_equal(things(&scope_a), 1);
    }
    assert_true(db_is_up(db));
    assert_int_equal(db_reconnects(db), 0);
}

static void a_constraint_is_of_the_last_transaction(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    struct db_tx *tx = NULL;
    must(db_begin(db, &scope_a, &tx, &err), &err);
    assert_false(db_query(tx, &put, DB_PARAMS(P_INT(1), P_TEXT("again"), P_NULL, P_NULL), NULL, &err));
    db_end(&tx);
    assert_string_equal(db_constraint(db), "thing_pkey");
    must(db_begin(db, &scope_a, &tx, &err), &err);
    assert_false(db_change(tx, &rename_word, DB_PARAMS(P_INT(404), P_TEXT("none")), &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(db_constraint(db), "");
    db_end(&tx);
}

/* Transactions of random statements, good and bad, read or not, ended in every way, against what must be
 * there afterwards. */
static void nothing_leaks_from_one_transaction_to_the_next(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    unsigned seed = 20261122;
    int64_t expected = things(&scope_b), next_id = 5000;
    for (int round = 0; round < 300; round++) {
        struct db_tx *tx = NULL;
        struct db_rows rows[8];
        int added = 0, statements = rand_r(&seed) % 8;
        bool ok = true;
        must(db_begin(db, &scope_b, &tx, &err), &err);
        for (int i = 0; i < statements; i++) {
            bool good = rand_r(&seed) % 8 != 0, wait = rand_r(&seed) % 3 == 0;
            const struct db_statement *statement = good ? &put : rand_r(&seed) % 2 ? &broken : &put;
            const struct db_param params[] = {P_INT(good ? ++next_id : next_id),
                                              P_TEXT(good ? "fine" : "bad"), P_NULL, P_NULL};
            bool sent =
                (wait ? db_query : db_send)(tx, statement, params, statement == &put ? 4 : 0, &rows[i], &err);
            assert_true(sent || !ok || !good); /* nothing fails but what must */
            assert_false(wait && sent && (!ok || !good));
            ok = ok && good;
            added += good;
        }
        if (rand_r(&seed) % 2) {
            assert_int_equal(db_commit(tx, &err), ok);
            expected += ok ? added : 0;
        }
        db_end(&tx);
        assert_int_equal(things(&scope_b), expected);
    }
    assert_int_equal(db_reconnects(db), 0);
}

static void a_statement_the_server_forgot_is_prepared_again(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    auto_db struct db *own = NULL;
    must(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &own, &err), &err);
    for (int i = 0; i < 2; i++) {
        struct db_tx *tx = NULL;
        must(db_begin(own, &scope_a, &tx, &err) && db_commit(tx, &err), &err);
        db_end(&tx);
        must(db_exec(own, "DEALLOCATE ALL", NULL, &err), &err);
        while (!db_begin(own, &scope_a, &tx, &err) || !db_commit(tx, &err)) {
            assert_int_equal(err.code, ERR_RETRY);
            db_end(&tx);
        }
        db_end(&tx);
    }
}

/* Ends the backend of `tx` from outside; when this is back the news has arrived. */
static void kill_backend_of(struct db *own, struct db_tx *tx)
{
    struct error err;
    struct db_rows rows;
    auto_arena struct arena *arena = arena_new();
    must(db_query(tx, &own_pid, DB_NO_PARAMS, &rows, &err), &err);
    must(
        db_exec(db, arena_printf(arena, "SELECT pg_terminate_backend(%s)", db_text(&rows, 0, 0)), NULL, &err),
        &err);
    struct pollfd p = {.fd = db_socket(own), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 10000), 1);
}

static void a_commit_that_breaks_says_what_is_known(void **state)
{
    NEEDS_DATABASE();
    static const struct {
        bool cut;  /* the connection, without a word; otherwise PostgreSQL says why it goes */
        bool more; /* something is unread before the COMMIT */
        enum error_code code;
    } cases[] = {
        {false, true, ERR_RETRY}, /* it was refused before the COMMIT */
        {false, false, ERR_UNCERTAIN},
        {true, true, ERR_UNCERTAIN},
        {true, false, ERR_UNCERTAIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        auto_db struct db *own = NULL;
        auto_tx struct db_tx *tx = NULL;
        must(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &own, &err), &err);
        must(db_begin(own, &scope_a, &tx, &err), &err);
        if (cases[i].cut)
            must(db_flush(tx, &err), &err);
        else
            kill_backend_of(own, tx);
        if (cases[i].more)
            must(db_send(tx, &get, DB_PARAMS(P_INT(1)), NULL, &err), &err);
        if (cases[i].cut)
            shutdown(db_socket(own), SHUT_RDWR);
        assert_false(db_commit(tx, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_false(db_committed(tx));
        assert_false(db_is_up(own));
    }
}

static void a_lost_connection_can_be_replaced_at_once(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    auto_db struct db *own = NULL;
    struct db_tx *tx = NULL;
    must(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &own, &err), &err);
    must(db_begin(own, &scope_a, &tx, &err), &err);
    kill_backend_of(own, tx);
    db_end(&tx);
    assert_false(db_is_up(own));
    while (!db_ensure_up(own, &err)) /* at most one try a second */
        assert_int_equal(err.code, ERR_RETRY);
    assert_true(db_is_up(own));
    assert_int_equal(db_reconnects(own), 1);
}

static void times_without_end(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    auto_tx struct db_tx *tx = NULL;
    static const struct {
        int64_t given, read;
    } cases[] = {
        {INT64_MAX, 253402300799999}, {INT64_MIN, -62135596800000}, {253402300799999, 253402300799999}};
    must(db_begin(db, &scope_a, &tx, &err), &err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db_rows rows;
        must(db_send(tx, &put, DB_PARAMS(P_INT(800 + (int)i), P_TEXT("t"), P_NULL, P_TIME(cases[i].given)),
                     NULL, &err) &&
                 db_query(tx, &get_time, DB_PARAMS(P_INT(800 + (int)i)), &rows, &err),
             &err);
        assert_int_equal(db_time(&rows, 0, 0), cases[i].read);
    }
    db_end(&tx);
    struct db_rows rows;
    must(db_exec(db, "SELECT 'infinity'::timestamptz, '-infinity'::timestamptz, NULL::timestamptz", &rows,
                 &err),
         &err);
    assert_int_equal(db_time(&rows, 0, 0), INT64_MAX);
    assert_int_equal(db_time(&rows, 0, 1), INT64_MIN);
    assert_int_equal(db_time(&rows, 0, 2), 0);
    db_rows_free(&rows);
}

static void prepared_statements_are_bounded(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    for (int round = 0; round < 20; round++) { /* 2 scopes of 3 statements, 3 may stay */
        const struct db_scope *scope = round % 2 ? &scope_a : &scope_b;
        auto_tx struct db_tx *tx = NULL;
        must(db_begin(db, scope, &tx, &err) && db_query(tx, &count, DB_NO_PARAMS, NULL, &err) &&
                 db_query(tx, &get, DB_PARAMS(P_INT(1)), NULL, &err) &&
                 db_query(tx, &rename_word, DB_PARAMS(P_INT(404), P_TEXT("x")), NULL, &err) &&
                 db_commit(tx, &err),
             &err);
    }
    struct db_rows rows;
    must(db_exec(db, "SELECT count(*) FROM pg_prepared_statements", &rows, &err), &err);
    assert_in_range(db_int(&rows, 0, 0), 3,
                    3 + 4); /* the last transaction may exceed it until the next begins */
    db_rows_free(&rows);
}

static void a_large_pipeline_does_not_block(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    auto_tx struct db_tx *tx = NULL;
    auto_arena struct arena *arena = arena_new();
    char *word = arena_alloc(arena, 100001);
    memset(word, 'w', 100000);
    must(db_begin(db, &scope_b, &tx, &err), &err);
    for (int i = 0; i < 300; i++)
        must(db_send(tx, &put, DB_PARAMS(P_INT(1000 + i), P_TEXT(word), P_NULL, P_NULL), NULL, &err), &err);
    struct db_rows *rows = ARENA_ARRAY(arena, struct db_rows, 300);
    for (int i = 0; i < 300; i++)
        must(db_send(tx, &get, DB_PARAMS(P_INT(1000 + i)), &rows[i], &err), &err);
    must(db_commit(tx, &err), &err);
    for (int i = 0; i < 300; i++)
        assert_int_equal(strlen(db_text(&rows[i], 0, 0)), 100000);
}

static void put_in(struct db *where, int64_t id)
{
    struct error err;
    struct db_tx *tx = NULL;
    must(db_begin(where, &scope_b, &tx, &err) &&
             db_send(tx, &put, DB_PARAMS(P_INT(id), P_TEXT("new"), P_NULL, P_NULL), NULL, &err) &&
             db_commit(tx, &err),
         &err);
    db_end(&tx);
}

static void a_snapshot_stays_as_it_was(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    auto_db struct db *own = NULL;
    must(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &own, &err), &err);
    struct db_tx *tx = NULL;
    struct db_rows rows;
    must(db_begin_snapshot(own, &scope_b, 60000, &tx, &err) &&
             db_query(tx, &count, DB_NO_PARAMS, &rows, &err),
         &err);
    int64_t before = db_int(&rows, 0, 0);
    put_in(db, 2001);
    put_in(db, 2002);
    must(db_query(tx, &count, DB_NO_PARAMS, &rows, &err), &err);
    assert_int_equal(db_int(&rows, 0, 0), before);
    db_end(&tx);
    assert_int_equal(things(&scope_b), before + 2);
    put_in(own, 2003); /* the next transaction writes again */
    must(db_begin_snapshot(own, &scope_b, 60000, &tx, &err), &err);
    assert_false(db_query(tx, &rename_word, DB_PARAMS(P_INT(2001), P_TEXT("renamed")), NULL, &err));
    db_end(&tx);
}

static void a_snapshot_ends_a_statement_that_takes_too_long(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    struct db_tx *tx = NULL;
    must(db_begin_snapshot(db, &scope_a, 20, &tx, &err), &err);
    assert_false(db_query(tx, &sleep_long, DB_NO_PARAMS, NULL, &err));
    assert_int_equal(err.code, ERR_RETRY);
    db_end(&tx);
    assert_true(things(&scope_a) >= 0);
}

struct sleeper {
    struct db *db;
    struct db_tx *tx;
    struct error err;
    bool woke_by_itself;
};

static void *sleep_there(void *argument)
{
    struct sleeper *sleeper = argument;
    sleeper->woke_by_itself = db_query(sleeper->tx, &sleep_long, DB_NO_PARAMS, NULL, &sleeper->err);
    return NULL;
}

static bool is_asleep(const char *pid)
{
    struct error err;
    struct db_rows rows;
    auto_arena struct arena *arena = arena_new();
    must(db_exec(db,
                 arena_printf(
                     arena, "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", pid),
                 &rows, &err),
         &err);
    bool found = rows.count;
    db_rows_free(&rows);
    return found;
}

static void another_thread_can_end_a_statement(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    struct db_rows rows;
    pthread_t thread;
    auto_db struct db *own = NULL;
    auto_arena struct arena *arena = arena_new();
    must(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &own, &err), &err);
    struct db_canceller *canceller = db_canceller(own);
    struct sleeper sleeper = {.db = own};
    must(db_begin_snapshot(own, &scope_a, 60000, &sleeper.tx, &err) &&
             db_query(sleeper.tx, &own_pid, DB_NO_PARAMS, &rows, &err),
         &err);
    const char *pid = db_text_copy(arena, &rows, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, sleep_there, &sleeper), 0);
    while (!is_asleep(pid))
        ;
    db_cancel(canceller);
    pthread_join(thread, NULL);
    assert_false(sleeper.woke_by_itself);
    assert_int_equal(sleeper.err.code, ERR_RETRY);
    db_end(&sleeper.tx);
    db_cancel(canceller); /* nothing runs */
    db_canceller_free(&canceller);
    assert_null(canceller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_round_trip),
        cmocka_unit_test(commit_keeps_and_end_forgets),
        cmocka_unit_test(failure_takes_everything_and_the_connection_lives),
        cmocka_unit_test(change_wants_exactly_one_row),
        cmocka_unit_test(what_failed_unread_does_not_reach_the_next),
        cmocka_unit_test(a_constraint_is_of_the_last_transaction),
        cmocka_unit_test(nothing_leaks_from_one_transaction_to_the_next),
        cmocka_unit_test(a_statement_the_server_forgot_is_prepared_again),
        cmocka_unit_test(a_commit_that_breaks_says_what_is_known),
        cmocka_unit_test(a_lost_connection_can_be_replaced_at_once),
        cmocka_unit_test(times_without_end),
        cmocka_unit_test(a_lost_connection_is_replaced),
        cmocka_unit_test(prepared_statements_are_bounded),
        cmocka_unit_test(a_large_pipeline_does_not_block),
        cmocka_unit_test(a_snapshot_stays_as_it_was),
        cmocka_unit_test(a_snapshot_ends_a_statement_that_takes_too_long),
        cmocka_unit_test(another_thread_can_end_a_statement),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
