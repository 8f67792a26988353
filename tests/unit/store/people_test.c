/* People and what their next message means. */
#include "fixture.h"

#include "store/conversation.h"
#include "store/user.h"
#include "work/outbox.h"

static void touch(const struct person *person)
{
    struct work *work = shop_begin(shop);
    MUST(user_touch(work, person, &err));
    MUST(user_touch(work, person, &err)); /* again in the same transaction is fine */
    shop_commit(shop);
}

static int64_t version(void)
{
    return shop_sql(shop, "SELECT xmin::text::bigint FROM users WHERE telegram_id = 1");
}

static void test_names_are_remembered_and_followed(void **state)
{
    NEEDS_SHOP();
    struct person person = {1, "<b>'; DROP TABLE users; --\xF0\x9F\x98\x80", NULL, "budi", NULL}, stored;
    touch(&person);
    MUST(user_get(shop_begin(shop), 1, &stored, &err));
    assert_string_equal(stored.first_name, person.first_name);
    assert_null(stored.last_name);
    assert_string_equal(stored.username, "budi");
    person.last_name = "Santoso";
    person.username = NULL;
    touch(&person);
    MUST(user_get(shop_begin(shop), 1, &stored, &err));
    assert_string_equal(stored.last_name, "Santoso");
    assert_null(stored.username);
    MUST_FAIL(ERR_NOT_FOUND, user_get(&shop->work, 2, &stored, &err));
}

static void test_most_touches_write_nothing(void **state)
{
    NEEDS_SHOP();
    struct person person = {.telegram_id = 1, .first_name = "Budi"};
    touch(&person);
    int64_t first = version();
    touch(&person);
    assert_int_equal(version(), first);
    shop->now_ms += 60000;
    touch(&person);
    assert_int_not_equal(version(), first);
    assert_int_equal(shop_sql(shop, "SELECT (extract(epoch FROM seen_at) * 1000)::bigint FROM users"),
                     shop->now_ms);
}

DB_TENANT_STATEMENT(test_set_lock_timeout, "SELECT set_config('lock_timeout', '50', true)");

/* Also where nothing is written the person is locked. */
static void test_a_touch_locks_the_person(void **state)
{
    NEEDS_SHOP();
    struct person person = {.telegram_id = 1, .first_name = "Budi"},
                  somebody = {.telegram_id = 2, .first_name = "Ani"};
    touch(&person);
    struct shop *other = shop_another();
    other->now_ms = shop->now_ms; /* within the minute */
    MUST(user_touch(shop_begin(shop), &person, &err));
    MUST(db_flush(shop->work.tx, &err));
    struct work *theirs = shop_begin(other);
    MUST(db_query(theirs->tx, &test_set_lock_timeout, DB_NO_PARAMS, NULL, &err));
    MUST(user_touch(theirs, &somebody, &err));
    MUST(db_flush(theirs->tx, &err));
    MUST(user_touch(theirs, &person, &err));
    MUST_FAIL(ERR_RETRY, db_flush(theirs->tx, &err));
    shop_close(&other);
}

static void test_coming_back_releases_what_was_held(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    MUST(user_set_reachable(shop_begin(shop), 1, false, &err));
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE NOT reachable"), 1);
    shop_sql(shop, "INSERT INTO outbox (chat_id, seal_id, payload, keep, state, due_at, created_at) VALUES"
                   " (1, 1, 'x', true, 'held', now(), now()), (2, 1, 'x', true, 'held', now(), now())");
    MUST(user_set_reachable(shop_begin(shop), 1, true, &err));
    MUST(user_set_reachable(&shop->work, 4711, true, &err)); /* nobody */
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE NOT reachable"), 0);
    assert_int_equal(shop_sql(shop, "SELECT chat_id FROM outbox WHERE state = 'pending'"), 1);
    assert_int_equal(shop_sql(shop, "SELECT chat_id FROM outbox WHERE state = 'held'"), 2);
}

static void test_conversations(void **state)
{
    NEEDS_SHOP();
    const char *kind;
    int64_t ref = -1;
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    MUST(conversation_get(work, 1, &kind, &ref, &err));
    assert_string_equal(kind, "");
    assert_int_equal(ref, 0);
    MUST(conversation_set(work, 1, "proof", 7, work->now_ms + 2500, &err));
    MUST(conversation_set(work, 1, "proof", 8, work->now_ms + 2500, &err));
    shop_commit(shop);
    MUST(conversation_get(shop_begin(shop), 1, &kind, &ref, &err)); /* a second later */
    assert_string_equal(kind, "proof");
    assert_int_equal(ref, 8);
    shop_task(shop);
    MUST(conversation_get(shop_begin(shop), 1, &kind, &ref, &err)); /* three seconds later */
    assert_string_equal(kind, "");
    work = &shop->work;
    MUST(conversation_set(work, 1, "proof", 9, work->now_ms + 1000, &err));
    MUST(conversation_clear(work, 1, &err));
    MUST(conversation_clear(work, 2, &err));
    MUST(conversation_get(work, 1, &kind, &ref, &err));
    assert_string_equal(kind, "");
}

static void test_the_message_a_question_is_about(void **state)
{
    NEEDS_SHOP();
    int64_t message = -1;
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    MUST(conversation_message(work, 1, &message, &err));
    assert_int_equal(message, 0);
    MUST(conversation_set_about(work, 1, "reason", 7, 300, work->now_ms + 1000, &err));
    MUST(conversation_message(work, 1, &message, &err));
    assert_int_equal(message, 300);
    MUST(conversation_set(work, 1, "proof", 8, work->now_ms + 1000, &err)); /* another question: about none */
    MUST(conversation_message(work, 1, &message, &err));
    assert_int_equal(message, 0);
    MUST(conversation_set_about(work, 1, "reason", 7, 300, work->now_ms, &err)); /* over */
    MUST(conversation_message(work, 1, &message, &err));
    assert_int_equal(message, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_names_are_remembered_and_followed),
        SHOP_TEST(test_most_touches_write_nothing),
        SHOP_TEST(test_a_touch_locks_the_person),
        SHOP_TEST(test_coming_back_releases_what_was_held),
        SHOP_TEST(test_conversations),
        SHOP_TEST(test_the_message_a_question_is_about),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
