#include "fixture.h"

#include "store/internal.h"
#include "store/membership.h"
#include "store/settings.h"

enum { BUDI = 1001, ADMIN = 9001 };

static struct work *task(int64_t later_ms)
{
    shop->now_ms += later_ms;
    struct work *work = shop_task(shop);
    settings_apply(work);
    return work;
}

static void set_channel(const char *channel, int64_t edition)
{
    struct work *work = shop_begin(shop);
    MUST(settings_put(work, "channel", channel ? json_string(channel) : NULL, edition, ADMIN, NULL, &err));
    shop_commit(shop);
}

static void put(bool is_member)
{
    struct work *work = task(0);
    MUST(work_begin(work, &err));
    MUST(membership_put(work, BUDI, is_member, &err));
    shop_commit(shop);
}

static enum membership get(int64_t later_ms)
{
    enum membership membership;
    MUST(membership_get(task(later_ms), BUDI, &membership, &err));
    return membership;
}

static int begin(void **state)
{
    int result = shop_empty(state);
    if (shop)
        shop_person(shop, BUDI);
    return result;
}

static void test_a_day(void **state)
{
    NEEDS_SHOP();
    set_channel("@kopi_kabar", 0);
    assert_int_equal(get(0), MEMBERSHIP_NONE);
    put(true);
    assert_int_equal(get(0), MEMBERSHIP_GOOD);
    assert_int_equal(get(MEMBERSHIP_MS - 60000), MEMBERSHIP_GOOD);
    assert_int_equal(get(120000), MEMBERSHIP_OLD);
    put(true);
    assert_int_equal(get(0), MEMBERSHIP_GOOD);
    put(false);
    assert_int_equal(get(0), MEMBERSHIP_NONE);
}

static void test_without_a_channel_everybody_is_in_it(void **state)
{
    NEEDS_SHOP();
    assert_int_equal(get(0), MEMBERSHIP_GOOD);
    assert_int_equal(store_cache_of(task(0))->members.size, 0); /* and nothing is asked or remembered */
}

static void test_another_channel(void **state)
{
    NEEDS_SHOP();
    set_channel("@kopi_kabar", 0);
    put(true);
    assert_int_equal(get(0), MEMBERSHIP_GOOD);
    set_channel("@kopi_lain", 1);
    assert_int_equal(get(0), MEMBERSHIP_NONE);
    put(true);
    assert_int_equal(get(0), MEMBERSHIP_GOOD);
    set_channel(NULL, 2);
    assert_int_equal(get(0), MEMBERSHIP_GOOD);
    set_channel("@kopi_lain", 3);
    assert_int_equal(get(0), MEMBERSHIP_NONE);
}

/* Changed behind its back, so that it shows what asks the database. */
static void test_what_is_remembered(void **state)
{
    NEEDS_SHOP();
    set_channel("@kopi_kabar", 0);
    put(true);
    assert_int_equal(get(0), MEMBERSHIP_GOOD);
    shop_sql(shop, "UPDATE users SET member_until = NULL");
    assert_int_equal(get(3600000), MEMBERSHIP_GOOD);
    put(false);
    assert_int_equal(get(0), MEMBERSHIP_NONE);
    shop_sql(shop, "UPDATE users SET member_until = to_timestamp(%lld / 1000.0)",
             (long long)(shop->now_ms + MEMBERSHIP_MS));
    assert_int_equal(get(0), MEMBERSHIP_NONE);
    assert_int_equal(get(3000), MEMBERSHIP_GOOD);
}

static void test_what_is_rolled_back_is_not_remembered(void **state)
{
    NEEDS_SHOP();
    enum membership membership;
    set_channel("@kopi_kabar", 0);
    struct work *work = task(0);
    MUST(work_begin(work, &err));
    MUST(membership_put(work, BUDI, true, &err));
    MUST(membership_get(work, BUDI, &membership, &err));
    assert_int_equal(membership, MEMBERSHIP_GOOD);
    work_end(work);
    assert_int_equal(get(0), MEMBERSHIP_NONE);
}

static void test_asked_once_a_minute(void **state)
{
    NEEDS_SHOP();
    assert_true(membership_may_ask(task(0), BUDI));
    assert_false(membership_may_ask(task(50000), BUDI));
    assert_true(membership_may_ask(task(0), BUDI + 1));
    assert_true(membership_may_ask(task(20000), BUDI));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_day, begin),
        cmocka_unit_test_setup(test_without_a_channel_everybody_is_in_it, begin),
        cmocka_unit_test_setup(test_another_channel, begin),
        cmocka_unit_test_setup(test_what_is_remembered, begin),
        cmocka_unit_test_setup(test_what_is_rolled_back_is_not_remembered, begin),
        cmocka_unit_test_setup(test_asked_once_a_minute, begin),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
