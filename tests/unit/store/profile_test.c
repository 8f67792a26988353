#include "fixture.h"

#include <string.h>

#include "store/ledger.h"
#include "store/profile.h"

static void order(int64_t person, const char *state, int64_t total, int64_t refunded)
{
    bool completed = strcmp(state, "completed") == 0;
    bool paid = completed || strcmp(state, "paid") == 0;
    shop_sql(
        shop,
        "INSERT INTO orders (reference, telegram_id, state, subtotal, total, refunded, created_at, "
        "expires_at,"
        " paid_at, completed_at) VALUES ('tg1-' || md5(random()::text), %lld, '%s', %lld, %lld, %lld, now(),"
        " now(), %s, %s)",
        (long long)person, state, (long long)total, (long long)total, (long long)refunded,
        paid ? "now()" : "NULL", completed ? "now()" : "NULL");
}

static void test_somebody_unknown(void **state)
{
    NEEDS_SHOP();
    struct profile profile = {.balance = 7};
    struct work *work = shop_task(shop);
    MUST(profile_get(work, 1, &profile, &err));
    assert_true(!profile.balance && !profile.since_ms && !profile.purchases && !profile.spent);
    assert_null(work->tx);
}

static void test_what_was_paid_counts(void **state)
{
    NEEDS_SHOP();
    struct profile profile;
    int64_t balance;
    shop_person(shop, 1);
    int64_t since = shop->now_ms;
    shop_person(shop, 2);
    MUST(profile_get(shop_task(shop), 1, &profile, &err));
    assert_true(profile.since_ms == since && !profile.purchases && !profile.spent && !profile.balance);

    order(1, "pending", 1000, 0);
    order(1, "cancelled", 2000, 0);
    order(1, "expired", 4000, 0);
    order(1, "paid", 8000, 500);
    order(1, "completed", 16000, 0);
    order(2, "completed", 32000, 0);
    struct work *work = shop_begin(shop);
    MUST(ledger_book(work, 1, LEDGER_DEPOSIT, 300, "d", "", &balance, &err));
    MUST(profile_get(work, 1, &profile, &err)); /* in the open transaction */
    assert_int_equal(profile.balance, 300);
    assert_int_equal(profile.since_ms, since);
    assert_int_equal(profile.purchases, 2);
    assert_int_equal(profile.spent, 23500);
    assert_non_null(work->tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_somebody_unknown),
        SHOP_TEST(test_what_was_paid_counts),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
