/* Figures over days of the store's own calendar, from a history that is written by hand. */
#include "fixture.h"

#include <string.h>

#include "base/str.h"
#include "store/statistics.h"

static const struct clock_zone *jakarta, *new_york, *kolkata;

static int zones(void **state)
{
    assert_true(clock_zone_load("Asia/Jakarta", &jakarta));
    assert_true(clock_zone_load("America/New_York", &new_york));
    assert_true(clock_zone_load("Asia/Kolkata", &kolkata));
    return shop_set_up(state);
}

static int64_t day(int year, int month, int of_month)
{
    return clock_days(year, month, of_month);
}

static int64_t at(const struct clock_zone *zone, const char *text)
{
    int64_t at_ms = 0;
    if (!clock_parse_local(zone, text, false, &at_ms))
        fail_msg("%s is no time", text);
    return at_ms;
}

/* --- days --- */

static void test_days(void **state)
{
    int64_t of = day(2026, 3, 8); /* New York's clocks skip from 2:00 to 3:00 */
    assert_int_equal(statistics_day_begins(new_york, of), at(new_york, "2026-03-08 00:00"));
    assert_int_equal(statistics_day_begins(new_york, of + 1) - statistics_day_begins(new_york, of),
                     23 * 3600 * 1000);
    of = day(2026, 11, 1); /* and go back */
    assert_int_equal(statistics_day_begins(new_york, of + 1) - statistics_day_begins(new_york, of),
                     25 * 3600 * 1000);
    for (of = day(2026, 1, 1); of <= day(2026, 12, 31); of++) {
        int64_t begins = statistics_day_begins(new_york, of);
        assert_int_equal(statistics_day_of(new_york, begins), of);
        assert_int_equal(statistics_day_of(new_york, begins - 1), of - 1);
    }
    assert_int_equal(statistics_day_of(jakarta, at(NULL, "2026-11-21 17:00")), day(2026, 11, 22));
    assert_int_equal(statistics_day_of(jakarta, at(NULL, "2026-11-21 16:59")), day(2026, 11, 21));
}

static void test_periods(void **state)
{
    int64_t today = day(2026, 11, 22), now_ms = at(jakarta, "2026-11-22 13:00");
    const struct {
        int64_t from, to;
        bool good;
    } rows[] = {
        {today, today, true},
        {today - 6, today, true},
        {today - 365, today, true},
        {today - 366, today, false},
        {today - 400, today - 50, true},
        {today, today + 1, false},
        {today + 1, today, false},
        {today, today - 1, false},
        {-1, 3, false},
        {0, 0, true},
        {INT64_MIN, INT64_MAX, false},
        {INT64_MIN, today, false},
        {today, INT64_MAX, false},
        {INT64_MAX, INT64_MIN, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (statistics_is_period(jakarta, &(struct statistics_period){rows[i].from, rows[i].to}, now_ms) !=
            rows[i].good)
            fail_msg("row %zu", i);
}

static void test_shares(void **state)
{
    assert_int_equal(statistics_share(3, 4), 750);
    assert_int_equal(statistics_share(2, 3), 667);
    assert_int_equal(statistics_share(1, 3), 333);
    assert_int_equal(statistics_share(0, 5), 0);
    assert_int_equal(statistics_share(5, 5), 1000);
    assert_int_equal(statistics_share(0, 0), -1);
    assert_int_equal(statistics_average(&(struct statistics){.all = {.paid = 3, .revenue = 100}}), 33);
    assert_int_equal(statistics_average(&(struct statistics){0}), 0);
}

/* --- figures --- */

static int64_t product_a, product_b;

static int begin(void **state)
{
    if (!shop)
        return 0;
    shop_empty(state);
    product_a = shop_product(shop, "A", 1000, 0);
    product_b = shop_product(shop, "B", 500, 0);
    for (int64_t person = 1; person <= 4; person++)
        shop_person(shop, person);
    return 0;
}

static const char *time_sql(const struct clock_zone *zone, const char *text)
{
    if (!text)
        return "NULL";
    return arena_printf(shop->arena, "to_timestamp(%lld)", (long long)(at(zone, text) / 1000));
}

/* An order of so many of A and of B, paid at `paid` (NULL: not). */
static int64_t order(const struct clock_zone *zone, int64_t person, int a, int b, const char *made,
                     const char *paid)
{
    static int number;
    long long total = a * 1000LL + b * 500LL;
    int64_t id = shop_sql(shop,
                          "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, "
                          "expires_at, paid_at, ended_at)"
                          " VALUES ('tg1-%d', %lld, '%s', %lld, %lld, %s, now(), %s, %s) RETURNING id",
                          ++number, (long long)person, paid ? "paid" : "expired", total, total,
                          time_sql(zone, made), time_sql(zone, paid), paid ? "NULL" : "now()");
    const struct {
        int64_t product;
        int price, quantity;
    } items[] = {{product_a, 1000, a}, {product_b, 500, b}};
    for (int i = 0; i < 2; i++)
        if (items[i].quantity)
            shop_sql(shop,
                     "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
                     " VALUES (%lld, %lld, 'X', %d, %d, '')",
                     (long long)id, (long long)items[i].product, items[i].price, items[i].quantity);
    return id;
}

static void book(const struct clock_zone *zone, const char *kind, const char *when, int amount)
{
    static int number;
    shop_sql(shop,
             "INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at) VALUES (1, '%s', %d, "
             "'%s:%d', %s)",
             kind, amount, kind, ++number, time_sql(zone, when));
}

static struct statistics read_them(const struct clock_zone *zone, int64_t from, int64_t to)
{
    struct statistics s;
    shop_task(shop);
    MUST(statistics_read(shop->lane.db, &shop->store.scope, zone, &(struct statistics_period){from, to},
                         10000, shop->arena, &s, &err));
    return s;
}

static void check(const struct statistics_figures *figures, int made, int paid, int revenue)
{
    assert_int_equal(figures->made, made);
    assert_int_equal(figures->paid, paid);
    assert_int_equal(figures->revenue, revenue);
}

static void test_nothing_happened(void **state)
{
    NEEDS_SHOP();
    struct statistics s = read_them(jakarta, day(2026, 1, 1), day(2026, 12, 31));
    assert_int_equal(s.day_count, 365);
    check(&s.all, 0, 0, 0);
    assert_int_equal(s.product_count, 0);
    assert_int_equal(s.buyers + s.new_buyers + s.refund_count + s.refunds + s.deposits + s.made_and_paid, 0);
}

static void test_a_history(void **state)
{
    NEEDS_SHOP();
    int64_t first = day(2026, 11, 20);
    order(jakarta, 1, 1, 0, "2026-11-10 12:00", "2026-11-10 12:01"); /* before: 1 is no new buyer */
    order(jakarta, 1, 2, 1, "2026-11-20 00:00", "2026-11-20 00:00");
    order(jakarta, 2, 0, 5, "2026-11-20 23:59", "2026-11-21 00:01"); /* paid the day after it was made */
    order(jakarta, 3, 1, 0, "2026-11-19 23:00", "2026-11-22 09:30"); /* paid late: made before the period */
    order(jakarta, 3, 1, 0, "2026-11-22 09:40", "2026-11-23 00:00"); /* paid after it */
    order(jakarta, 4, 1, 0, "2026-11-20 00:00", "2026-11-20 00:00"); /* the period's first moment */
    order(jakarta, 4, 1, 0, "2026-11-22 10:00", NULL);
    order(jakarta, 4, 1, 0, "2026-11-23 00:00", NULL);
    book(jakarta, "refund", "2026-11-20 10:00", 700);
    book(jakarta, "refund", "2026-11-22 23:59", 300);
    book(jakarta, "refund", "2026-11-23 00:00", 9000);
    book(jakarta, "deposit", "2026-11-21 10:00", 50000);
    book(jakarta, "purchase", "2026-11-21 10:00", -20000);

    struct statistics s = read_them(jakarta, first, first + 2);
    assert_int_equal(s.day_count, 3);
    check(&s.days[0], 3, 2, 3500);
    check(&s.days[1], 0, 1, 2500);
    check(&s.days[2], 2, 1, 1000);
    check(&s.all, 5, 4, 7000);
    check(&s.hours[0], 2, 3, 6000);
    check(&s.hours[9], 1, 1, 1000);
    check(&s.hours[23], 1, 0, 0);
    assert_int_equal(s.made_and_paid, 4);
    assert_int_equal(s.buyers, 4);
    assert_int_equal(s.new_buyers, 3);
    assert_int_equal(s.refund_count, 2);
    assert_int_equal(s.refunds, 1000);
    assert_int_equal(s.deposit_count, 1);
    assert_int_equal(s.deposits, 50000);
    assert_int_equal(s.product_count, 2);
    assert_string_equal(s.products[0].name, "Product B");
    assert_int_equal(s.products[0].units, 6);
    assert_int_equal(s.products[0].revenue, 3000);
    assert_int_equal(s.products[1].units, 4);
    assert_int_equal(s.products[1].revenue, 4000);
}

/* The same moments fall on other days elsewhere; a day of 23 or 25 hours loses nothing. */
static void test_zones(void **state)
{
    NEEDS_SHOP();
    order(NULL, 1, 1, 0, "2026-11-21 18:20", "2026-11-21 18:40");
    struct statistics s = read_them(jakarta, day(2026, 11, 22), day(2026, 11, 22));
    check(&s.all, 1, 1, 1000);
    check(&s.hours[1], 1, 1, 1000);
    s = read_them(NULL, day(2026, 11, 21), day(2026, 11, 22));
    check(&s.days[0], 1, 1, 1000);
    check(&s.days[1], 0, 0, 0);
    s = read_them(kolkata, day(2026, 11, 21), day(2026, 11, 22)); /* 23:50 and 0:10 there */
    check(&s.days[0], 1, 0, 0);
    check(&s.days[1], 0, 1, 1000);
    check(&s.hours[23], 1, 0, 0);
    check(&s.hours[0], 0, 1, 1000);

    for (int hour = 0; hour < 24; hour++) /* of UTC, over the night in which New York's clocks go back */
        order(NULL, 2, 1, 0, arena_printf(shop->arena, "2026-11-01 %02d:30", hour),
              arena_printf(shop->arena, "2026-11-01 %02d:30", hour));
    s = read_them(new_york, day(2026, 10, 31), day(2026, 11, 2));
    check(&s.days[0], 4, 4, 4000);
    check(&s.days[1], 20, 20, 20000);
    check(&s.days[2], 0, 0, 0);
    check(&s.hours[1], 2, 2, 2000);                               /* twice that night */
    order(NULL, 2, 1, 0, "2026-11-02 04:30", "2026-11-02 04:59"); /* its last hour */
    s = read_them(new_york, day(2026, 11, 1), day(2026, 11, 1));
    check(&s.all, 21, 21, 21000);
}

static void test_best_sellers(void **state)
{
    NEEDS_SHOP();
    for (int i = 0; i < 12; i++) {
        int64_t product = shop_product(shop, arena_printf(shop->arena, "P%d", i), 100, 0);
        int64_t id = order(jakarta, 1, 0, 1, "2026-11-20 10:00", "2026-11-20 10:00");
        shop_sql(shop,
                 "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
                 " VALUES (%lld, %lld, 'X', 100, %d, '')",
                 (long long)id, (long long)product, i + 1);
    }
    struct statistics s = read_them(jakarta, day(2026, 11, 20), day(2026, 11, 20));
    assert_int_equal(s.product_count, 13);
    assert_string_equal(s.products[0].code, "B"); /* 12 of it as of P11, and worth more */
    assert_string_equal(s.products[1].code, "P11");
    assert_string_equal(s.products[9].code, "P3");
    assert_int_equal(s.products[9].units, 4);
    assert_string_equal(s.products[12].code, "P0");
}

static void test_ended_from_outside(void **state)
{
    NEEDS_SHOP();
    struct statistics s;
    shop_task(shop);
    shop_sql(shop, "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
    MUST_FAIL(ERR_RETRY, statistics_read(shop->lane.db, &shop->store.scope, jakarta,
                                         &(struct statistics_period){1, 2}, 50, shop->arena, &s, &err));
    shop_sql(shop, "ROLLBACK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_shares),
        cmocka_unit_test_setup(test_nothing_happened, begin),
        cmocka_unit_test_setup(test_a_history, begin),
        cmocka_unit_test_setup(test_zones, begin),
        cmocka_unit_test_setup(test_best_sellers, begin),
        cmocka_unit_test_setup(test_ended_from_outside, begin),
    };
    return cmocka_run_group_tests(tests, zones, shop_tear_down);
}
