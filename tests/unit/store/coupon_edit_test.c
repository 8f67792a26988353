/* What admins do with coupons in the chat: each knows what it saw. */
#include "coupons.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void test_pages(void **state)
{
    NEEDS_SHOP();
    struct coupon_page page;
    MUST(coupon_page(shop_task(shop), 0, &page, &err));
    assert_int_equal(page.count, 0);
    int64_t ids_by_code[19];
    for (int i = 18; i >= 0; i--) {
        char code[4] = {'_', (char)('A' + i / 10), (char)('0' + i % 10)};
        ids_by_code[i] = coupons_put(&(struct coupon){.code = code, .value = 5}).id;
    }
    MUST(coupon_page(shop_task(shop), 0, &page, &err));
    assert_true(page.count == COUPONS_ON_A_PAGE && !page.before && page.after == ids_by_code[8]);
    assert_string_equal(page.coupons[0].code, "_A0");
    MUST(coupon_page(shop_task(shop), page.after, &page, &err));
    assert_true(page.before == -ids_by_code[8] && page.after == ids_by_code[16]);
    assert_string_equal(page.coupons[0].code, "_A8");
    MUST(coupon_page(shop_task(shop), page.after, &page, &err));
    assert_true(page.count == 3 && !page.after);
    MUST(coupon_page(shop_task(shop), page.before, &page, &err));
    assert_string_equal(page.coupons[0].code, "_A8");
    static const int64_t nowhere[] = {4711, -4711, INT64_MIN};
    for (size_t i = 0; i < 3; i++) {
        MUST(coupon_page(shop_task(shop), nowhere[i], &page, &err));
        assert_string_equal(page.coupons[0].code, "_A0");
    }
}

enum { DONE = -1 };

/* In a transaction of its own, whatever task the coupon was read in; DONE, or the failure's code. */
static int edit(int64_t actor_id, const struct coupon *coupon)
{
    char code[64];
    int64_t products[8];
    struct coupon copy = *coupon;
    struct error failure;
    snprintf(code, sizeof code, "%s", coupon->code);
    for (size_t i = 0; i < coupon->products.count; i++)
        products[i] = coupon->products.items[i];
    copy.code = code;
    copy.products.items = products;
    struct work *work = shop_begin(shop);
    bool ok = coupon_edit(work, actor_id, &copy, &failure) && work_commit(work, &failure);
    work_end(work);
    return ok ? DONE : (int)failure.code;
}

static void test_an_edit_knows_what_was_seen(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "DELETE FROM admin_logs");
    struct coupon seen = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .starts_ms = 1000});
    seen.code = "HEMAT"; /* its own is gone with the task */
    struct coupon first = seen, second = seen;
    first.value = 20;
    second.most_uses = 7;
    assert_int_equal(edit(9001, &first), DONE);
    assert_int_equal(edit(9002, &second), ERR_CONFLICT);
    assert_true(coupons_get(seen.id).value == 20 && !coupons_get(seen.id).most_uses);
    assert_int_equal(coupons_get(seen.id).edition, seen.edition + 1); /* takes off something else */
    second = coupons_get(seen.id);
    static const int64_t some[] = {5, 3, 5};
    second.code = "HEMAT2";
    second.products = (struct coupon_ids){3, some};
    second.maximum_discount = 5000;
    second.minimum_total = 100;
    second.most_uses = 7;
    second.most_uses_each = 2;
    second.ends_ms = 1893456000000;
    second.stopped = true; /* is coupon_stop()'s */
    assert_int_equal(edit(9002, &second), DONE);
    struct coupon now = coupons_get(seen.id);
    assert_string_equal(now.code, "HEMAT2");
    assert_true(now.products.count == 2 && now.products.items[0] == 3 && now.maximum_discount == 5000 &&
                now.minimum_total == 100 && now.most_uses == 7 && now.most_uses_each == 2 &&
                now.ends_ms == 1893456000000 && !now.stopped);
    assert_int_equal(now.edition, seen.edition + 2);
    assert_int_equal(now.revision, seen.revision + 2);
    now.most_uses = 0; /* takes off the same: nobody's cart is touched */
    assert_int_equal(edit(9002, &now), DONE);
    assert_int_equal(coupons_get(seen.id).edition, seen.edition + 2);
    /* the file and a stop are changes too */
    struct coupon behind = coupons_get(seen.id);
    behind.code = "HEMAT2";
    behind.products = (struct coupon_ids){0};
    coupons_put(&(struct coupon){.code = "HEMAT2", .value = 30, .starts_ms = 1000});
    assert_int_equal(edit(9002, &behind), ERR_CONFLICT);
    behind = coupons_get(seen.id);
    behind.code = "HEMAT2";
    MUST(coupon_stop(shop_begin(shop), 9001, seen.id, true, &err));
    shop_commit(shop);
    assert_int_equal(edit(9002, &behind), ERR_CONFLICT);
    /* what is written of it is what was changed */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = 'edit'"), 3);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM admin_logs WHERE before = '{\"value\": 10}' AND after ="
                              " '{\"value\": 20}' AND actor_id = 9001 AND note = 'HEMAT'"),
                     1);
}

static void test_an_edit_that_can_not_be(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    coupons_put(&(struct coupon){.code = "OTHER", .value = 10});
    struct coupon coupon = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .starts_ms = 1000});
    coupons_fill(shop, BUYER, "HEMAT");
    coupons_place(BUYER);
    coupons_fill(shop, BUYER, "HEMAT");
    coupons_place(BUYER);
    coupon = coupons_get(coupon.id);
    coupon.code = "HEMAT";
    int64_t most;
    MUST(coupon_most_by_one(shop_begin(shop), coupon.id, &most, &err));
    assert_int_equal(most, 2);
    struct coupon wrong = coupon;
    wrong.most_uses = 1;
    assert_int_equal(edit(0, &wrong), ERR_CONFLICT);
    wrong = coupon;
    wrong.most_uses_each = 1;
    assert_int_equal(edit(0, &wrong), ERR_CONFLICT);
    wrong = coupon;
    wrong.value = 101;
    assert_int_equal(edit(0, &wrong), ERR_INVALID);
    wrong = coupon;
    wrong.ends_ms = 999;
    assert_int_equal(edit(0, &wrong), ERR_INVALID);
    wrong = coupon;
    wrong.code = "it's";
    assert_int_equal(edit(0, &wrong), ERR_INVALID);
    wrong = coupon;
    wrong.id = 4711;
    assert_int_equal(edit(0, &wrong), ERR_NOT_FOUND);
    coupon.most_uses = 2;
    coupon.most_uses_each = 2;
    assert_int_equal(edit(0, &coupon), DONE);
    coupon = coupons_get(coupon.id);
    coupon.code = "OTHER";
    assert_int_equal(edit(0, &coupon), ERR_CONFLICT);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 1);
}

static pthread_barrier_t start;

static void *run_edit(void *argument)
{
    struct shop *s = argument;
    struct error failure;
    struct work *work = shop_begin(s);
    struct coupon coupon;
    MUST(coupon_find(work, "HEMAT", &coupon, &err));
    pthread_barrier_wait(&start);
    coupon.value += 1;
    bool ok = coupon_edit(work, 0, &coupon, &failure) && work_commit(work, &failure);
    work_end(work);
    return ok ? argument : NULL;
}

static void test_edits_at_two_servers(void **state)
{
    NEEDS_SHOP();
    struct shop *servers[2] = {shop, shop_another()};
    pthread_t threads[2];
    int done = 0;
    void *result;
    int64_t id = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10}).id;
    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_edit, servers[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &result);
        done += result != NULL;
    }
    pthread_barrier_destroy(&start);
    shop_close(&servers[1]);
    assert_int_equal(done, 1);
    assert_int_equal(coupons_get(id).value, 11);
}

static void test_deleted_or_stopped(void **state)
{
    NEEDS_SHOP();
    bool deleted;
    coupons_furnish();
    struct coupon coupon = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .starts_ms = 1000});
    MUST_FAIL(ERR_CONFLICT,
              coupon_delete(shop_begin(shop), 0, coupon.id, coupon.revision + 1, &deleted, &err));
    coupons_fill(shop, BUYER, "HEMAT");
    MUST(coupon_delete(shop_begin(shop), 9001, coupon.id, coupon.revision, &deleted, &err));
    shop_commit(shop);
    assert_true(deleted);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons"), 0);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM admin_logs WHERE action = 'delete' AND after IS NULL"
                              " AND before->>'code' = 'HEMAT'"),
                     1);
    MUST_FAIL(ERR_NOT_FOUND, coupon_delete(shop_begin(shop), 0, coupon.id, coupon.revision, &deleted, &err));
    /* who has it in the cart pays no more than was shown without being told */
    char why[300];
    struct order order;
    assert_int_equal(coupons_try(shop, BUYER, &order, why), ORDER_COUPON_REFUSED);
    const struct coupon_in_cart *chosen;
    MUST(coupon_cart_get(shop_begin(shop), BUYER, false, &chosen, &err));
    assert_true(chosen->coupon.stopped && !chosen->changed);
    MUST(coupon_cart_clear(&shop->work, BUYER, &err));
    shop_commit(shop);
    assert_int_equal(coupons_try(shop, BUYER, &order, why), ORDER_OK);
    assert_int_equal(order.discount, 0);

    /* one that an order had is stopped, also where the order has ended: it may yet be paid */
    coupon = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .starts_ms = 1000});
    coupons_fill(shop, BUYER, "HEMAT");
    coupons_end(coupons_place(BUYER).id, ORDER_EXPIRED);
    coupon = coupons_get(coupon.id);
    assert_int_equal(coupon.uses, 0);
    MUST(coupon_delete(shop_begin(shop), 9001, coupon.id, coupon.revision, &deleted, &err));
    shop_commit(shop);
    assert_false(deleted);
    assert_true(coupons_get(coupon.id).stopped);
    coupon = coupons_get(coupon.id);
    MUST(coupon_delete(shop_begin(shop), 9001, coupon.id, coupon.revision, &deleted, &err)); /* already */
    shop_commit(shop);
    assert_false(deleted);
}

static void test_deleted_while_an_order_waits(void **state)
{
    NEEDS_SHOP();
    bool deleted;
    coupons_furnish();
    struct coupon coupon = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .starts_ms = 1000});
    coupons_fill(shop, BUYER, "HEMAT");
    MUST(coupon_delete(shop_begin(shop), 0, coupon.id, coupon.revision, &deleted, &err));
    struct waiter waiter = {0};
    waiter_start(&waiter);
    shop_commit(shop);
    waiter_end(&waiter);
    assert_true(deleted);
    assert_int_equal(waiter.obstacle, ORDER_COUPON_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_pages),
        SHOP_TEST(test_an_edit_knows_what_was_seen),
        SHOP_TEST(test_an_edit_that_can_not_be),
        SHOP_TEST(test_edits_at_two_servers),
        SHOP_TEST(test_deleted_or_stopped),
        SHOP_TEST(test_deleted_while_an_order_waits),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
