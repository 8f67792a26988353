/* Who is shut out, and what is remembered of it. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "store/bar.h"
#include "store/catalogue.h"
#include "store/user.h"

enum { ADMIN = 9001, OWNER = 9002 };

static void put(struct shop *s, int64_t telegram_id, bool out)
{
    MUST(bar_put(shop_begin(s), ADMIN, telegram_id, out, &err));
    shop_commit(s);
}

/* As an update would find it: with a snapshot that is fresh. */
static bool is_out(struct shop *s, int64_t telegram_id)
{
    const struct catalogue *catalogue;
    MUST(catalogue_get(shop_task(s), &catalogue, &err));
    return bar_is_out(&s->work, telegram_id);
}

static void test_out_and_in_again(void **state)
{
    NEEDS_SHOP();
    for (int64_t id = 1; id <= 40; id++)
        shop_person(shop, id);
    assert_false(is_out(shop, 7));
    for (int64_t id = 40; id >= 2; id -= 2)
        put(shop, id, true);
    for (int64_t id = 0; id <= 41; id++)
        assert_int_equal(is_out(shop, id), id > 0 && id <= 40 && id % 2 == 0);
    assert_int_equal(bar_count(&shop->work), 20);
    put(shop, 8, false);
    assert_false(is_out(shop, 8));
    assert_true(is_out(shop, 10));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE actor_id = 9001 AND subject ="
                                    " 'user' AND subject_id = 8 AND before <> after"),
                     2);
}

static void test_what_can_not_be(void **state)
{
    NEEDS_SHOP();
    static const int64_t admins[] = {ADMIN}, owners[] = {OWNER};
    shop->tenant.admins = (struct key_ids){1, admins};
    shop->tenant.owners = (struct key_ids){1, owners};
    shop_person(shop, 1);
    shop_person(shop, ADMIN);
    shop_person(shop, OWNER);
    struct work *work = shop_begin(shop);
    MUST_FAIL(ERR_INVALID, bar_put(work, OWNER, ADMIN, true, &err));
    MUST_FAIL(ERR_INVALID, bar_put(work, ADMIN, OWNER, true, &err));
    MUST_FAIL(ERR_NOT_FOUND, bar_put(work, ADMIN, 4711, true, &err));
    MUST_FAIL(ERR_CONFLICT, bar_put(work, ADMIN, 1, false, &err));
    MUST(bar_put(work, ADMIN, 1, true, &err)); /* the transaction is good still */
    MUST_FAIL(ERR_CONFLICT, bar_put(work, OWNER, 1, true, &err));
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 1);
    /* who was shut out and became an admin can be let in */
    shop_sql(shop, "UPDATE users SET barred_at = now() WHERE telegram_id = 9001");
    put(shop, ADMIN, false);
}

static void test_what_was_rolled_back_is_not_remembered(void **state)
{
    NEEDS_SHOP();
    const struct catalogue *catalogue;
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    MUST(bar_put(work, ADMIN, 1, true, &err));
    MUST(catalogue_get(work, &catalogue, &err));
    assert_true(bar_is_out(work, 1));
    work_end(work);
    assert_false(is_out(shop, 1));
}

static void test_another_server_follows(void **state)
{
    NEEDS_SHOP();
    struct shop *other = shop_another();
    shop_person(shop, 1);
    assert_false(is_out(other, 1));
    put(shop, 1, true);
    assert_false(is_out(other, 1));
    catalogue_forget(&other->work); /* which the announcement does */
    assert_true(is_out(other, 1));
    shop_sql(shop, "UPDATE users SET barred_at = NULL");
    other->now_ms += 60000; /* without one */
    assert_false(is_out(other, 1));
    shop_close(&other);
}

static void test_told_now_and_then(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    shop_person(shop, 2);
    put(shop, 1, true);
    assert_true(is_out(shop, 1));
    assert_true(bar_may_tell(&shop->work, 1));
    assert_false(bar_may_tell(&shop->work, 1));
    assert_false(bar_may_tell(&shop->work, 2)); /* is not shut out */
    put(shop, 2, true);                         /* what is remembered is made anew */
    assert_true(is_out(shop, 2));
    assert_false(bar_may_tell(&shop->work, 1));
    assert_true(bar_may_tell(&shop->work, 2));
    shop->now_ms += 600000;
    assert_true(is_out(shop, 1));
    assert_true(bar_may_tell(&shop->work, 1));
    shop->now_ms -= 3600000; /* a clock that was put back */
    assert_true(is_out(shop, 1));
    assert_true(bar_may_tell(&shop->work, 1));
}

static atomic_int changed;

static void *shut_out(void *argument)
{
    struct shop *s = argument;
    struct error err;
    bool ok = bar_put(shop_begin(s), ADMIN, 1, true, &err) && work_commit(&s->work, &err);
    work_end(&s->work);
    if (ok)
        atomic_fetch_add(&changed, 1);
    else
        assert_int_equal(err.code, ERR_CONFLICT);
    return NULL;
}

static void test_two_admins_at_once(void **state)
{
    NEEDS_SHOP();
    pthread_t threads[2];
    struct shop *servers[2] = {shop, shop_another()};
    shop_person(shop, 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, shut_out, servers[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    shop_close(&servers[1]);
    assert_int_equal(changed, 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_out_and_in_again),
        SHOP_TEST(test_what_can_not_be),
        SHOP_TEST(test_what_was_rolled_back_is_not_remembered),
        SHOP_TEST(test_another_server_follows),
        SHOP_TEST(test_told_now_and_then),
        SHOP_TEST(test_two_admins_at_once),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
