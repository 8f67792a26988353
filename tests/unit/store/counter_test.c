/* Figures that are kept, not counted. */
#include "fixture.h"

#include <pthread.h>
#include <string.h>

#include "store/catalogue.h"
#include "store/counter.h"
#include "store/order.h"
#include "store/user.h"
#include "store/verify.h"

static void touch(struct shop *s, int64_t telegram_id, const char *name)
{
    MUST(user_touch(&s->work, &(struct person){.telegram_id = telegram_id, .first_name = name}, &err));
}

static void reach(struct shop *s, int64_t telegram_id, bool reachable)
{
    MUST(user_set_reachable(shop_begin(s), telegram_id, reachable, &err));
    shop_commit(s);
}

static struct counters now(void)
{
    struct counters counters;
    MUST(counter_get(shop_task(shop), &counters, &err));
    return counters;
}

static void check_books(void)
{
    struct verify_result result;
    struct work *work = shop_task(shop);
    MUST(verify_store(work->db, work->scope, work->arena, 60000, &result, &err));
    for (size_t i = 0; i < result.listed; i++)
        if (strcmp(result.differences[i].what, "counter") == 0)
            fail_msg("%s %s", result.differences[i].who, result.differences[i].says);
}

static void test_people_are_counted_once(void **state)
{
    NEEDS_SHOP();
    shop_begin(shop);
    touch(shop, 1, "Budi");
    touch(shop, 1, "Budi"); /* again in the same transaction */
    touch(shop, 1, "Budi S");
    touch(shop, 2, "Ani");
    shop_commit(shop);
    assert_int_equal(now().users, 2);
    shop->now_ms += 120000;
    shop_begin(shop);
    touch(shop, 1, "Other name");
    shop_commit(shop);
    assert_int_equal(now().users, 2);
    shop_begin(shop);
    touch(shop, 3, "Rolled back");
    MUST(db_flush(shop->work.tx, &err));
    work_end(&shop->work);
    assert_int_equal(now().users, 2);
    check_books();
}

static void test_a_known_person_writes_nothing_there(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    int64_t before = shop_sql(shop, "SELECT sum(xmin::text::bigint) FROM counters");
    shop->now_ms += 120000;
    shop_person(shop, 1); /* seen_at is written */
    shop_person(shop, 1);
    assert_int_equal(shop_sql(shop, "SELECT sum(xmin::text::bigint) FROM counters"), before);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM counters WHERE xmax <> 0"), 0);
}

static void test_reachable_and_not(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    shop_person(shop, 2);
    reach(shop, 1, false);
    reach(shop, 1, false);
    reach(shop, 2, false);
    reach(shop, 4711, false); /* nobody */
    assert_int_equal(now().unreachable, 2);
    check_books();
    reach(shop, 1, true);
    reach(shop, 1, true);
    reach(shop, 4711, true);
    assert_int_equal(now().unreachable, 1);
    check_books();
}

static int64_t paid_order(int64_t person)
{
    return shop_sql(shop,
                    "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at,"
                    " expires_at, paid_at) VALUES ('tg1-' || md5(random()::text), %lld, 'paid', 1, 1, now(),"
                    " now(), now()) RETURNING id",
                    (long long)person);
}

static void test_completed_orders(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    int64_t first = paid_order(1), second = paid_order(1);
    MUST(order_mark_completed(shop_begin(shop), first, &err));
    shop_commit(shop);
    assert_int_equal(now().completed, 1);
    MUST_FAIL(ERR_CONFLICT, order_mark_completed(shop_begin(shop), first, &err));
    MUST(order_mark_completed(&shop->work, second, &err)); /* the transaction is good still */
    shop_commit(shop);
    assert_int_equal(now().completed, 2);
    check_books();
}

/* No sale, and nobody who writes for the first time, waits for a figure to be repaired. */
static void test_rows_that_are_not_there(void **state)
{
    NEEDS_SHOP();
    const struct catalogue *catalogue;
    shop_sql(shop, "DELETE FROM counters");
    shop_person(shop, 1);
    reach(shop, 1, false);
    reach(shop, 1, true);
    MUST(order_mark_completed(shop_begin(shop), paid_order(1), &err));
    shop_commit(shop);
    struct counters counters = now();
    assert_true(!counters.users && !counters.unreachable && !counters.completed && !counters.counted_ms);
    MUST(catalogue_get(shop_task(shop), &catalogue, &err));
    assert_int_equal(catalogue->user_count, 0);
    /* nor where one says too little */
    shop_sql(shop, "INSERT INTO counters (name, value) VALUES ('unreachable', 0)");
    shop_sql(shop, "UPDATE users SET reachable = false");
    reach(shop, 1, true);
    assert_int_equal(now().unreachable, 0);
}

static void test_what_was_counted_in_the_background(void **state)
{
    NEEDS_SHOP();
    for (int64_t n = 5; n < 7; n++) {
        MUST(counter_set_active(shop_begin(shop), n, 10 * n, &err));
        shop_commit(shop);
        int64_t at = shop->now_ms;
        struct counters counters = now();
        assert_true(counters.active_week == n && counters.active_month == 10 * n &&
                    counters.counted_ms == at);
    }
    check_books();
}

/* --- two servers at once --- */

enum { SERVERS = 2, NEWCOMERS = 60 };

/* Half of them are the other server's newcomers too; every third blocks the bot. */
static void *let_in(void *argument)
{
    struct shop *s = argument;
    int64_t first = s == shop ? 1 : 1 + NEWCOMERS / 2;
    for (int64_t id = first; id < first + NEWCOMERS; id++) {
        shop_begin(s);
        touch(s, id, "x");
        if (id % 3 == 0)
            MUST(user_set_reachable(&s->work, id, false, &err));
        shop_commit(s);
    }
    work_end(&s->work);
    return NULL;
}

static void test_two_servers_at_once(void **state)
{
    NEEDS_SHOP();
    pthread_t threads[SERVERS];
    struct shop *servers[SERVERS] = {shop, shop_another()};
    for (int i = 0; i < SERVERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, let_in, servers[i]), 0);
    for (int i = 0; i < SERVERS; i++)
        pthread_join(threads[i], NULL);
    shop_close(&servers[1]);
    assert_int_equal(now().users, NEWCOMERS + NEWCOMERS / 2);
    assert_int_equal(now().unreachable, (NEWCOMERS + NEWCOMERS / 2) / 3);
    check_books();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_people_are_counted_once), SHOP_TEST(test_a_known_person_writes_nothing_there),
        SHOP_TEST(test_reachable_and_not),       SHOP_TEST(test_completed_orders),
        SHOP_TEST(test_rows_that_are_not_there), SHOP_TEST(test_what_was_counted_in_the_background),
        SHOP_TEST(test_two_servers_at_once),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
