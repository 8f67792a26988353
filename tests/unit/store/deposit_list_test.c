#include "fixture.h"

#include <string.h>

#include "store/deposit_list.h"

static int64_t add(int64_t person, const char *kind, const char *state, int64_t message)
{
    return shop_sql(
        shop,
        "INSERT INTO deposits (reference, telegram_id, kind, amount, state, loading_message_id, proof,"
        " created_at, expires_at, completed_at) VALUES ('dp1-' || md5(random()::text), %lld, '%s', 50000,"
        " '%s', nullif(%lld, 0), %s, now(), now(), %s) RETURNING id",
        (long long)person, kind, state, (long long)message, strcmp(state, "review") == 0 ? "'x'" : "NULL",
        strcmp(state, "completed") == 0 ? "now()" : "NULL");
}

static void test_only_open_ones_of_the_person(void **state)
{
    NEEDS_SHOP();
    struct deposit *deposits;
    size_t count;
    shop_person(shop, 1);
    shop_person(shop, 2);
    int64_t first = add(1, "gateway", "pending", 0);
    add(1, "gateway", "completed", 0);
    add(1, "gateway", "cancelled", 0);
    add(1, "manual", "expired", 0);
    add(1, "manual", "rejected", 0);
    add(2, "gateway", "pending", 0);
    int64_t second = add(1, "manual", "review", 0);
    struct work *work = shop_task(shop);
    MUST(deposit_list_open(work, 1, 20, &deposits, &count, &err));
    assert_int_equal(count, 2);
    assert_true(deposits[0].id == second && deposits[0].state == DEPOSIT_REVIEW &&
                deposits[0].kind == DEPOSIT_MANUAL);
    assert_true(deposits[1].id == first && deposits[1].state == DEPOSIT_PENDING &&
                deposits[1].kind == DEPOSIT_GATEWAY && deposits[1].amount == 50000);
    MUST(deposit_list_open(work, 1, 1, &deposits, &count, &err));
    assert_true(count == 1 && deposits[0].id == second);
    MUST(deposit_list_open(work, 3, 20, &deposits, &count, &err));
    assert_int_equal(count, 0);
}

static void test_the_message_a_deposit_stands_in(void **state)
{
    NEEDS_SHOP();
    int64_t found = -1;
    shop_person(shop, 1);
    shop_person(shop, 2);
    add(1, "gateway", "cancelled", 77);
    struct work *work = shop_task(shop);
    MUST(deposit_list_loading_in(work, 1, 77, &found, &err));
    assert_int_equal(found, 0); /* the message was used again since */
    int64_t id = add(1, "gateway", "pending", 77);
    MUST(deposit_list_loading_in(work, 1, 77, &found, &err));
    assert_int_equal(found, id);
    MUST(deposit_list_loading_in(work, 1, 78, &found, &err));
    assert_int_equal(found, 0);
    MUST(deposit_list_loading_in(work, 2, 77, &found, &err)); /* another chat */
    assert_int_equal(found, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_only_open_ones_of_the_person),
        SHOP_TEST(test_the_message_a_deposit_stands_in),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
