#include "coupons.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "store/cart.h"
#include "store/user.h"

struct coupon coupons_put(const struct coupon *coupon)
{
    struct coupon stored;
    enum coupon_change change;
    MUST(coupon_put(shop_begin(shop), coupon, &change, &err));
    MUST(coupon_find(&shop->work, coupon->code, &stored, &err));
    shop_commit(shop);
    return stored;
}

struct coupon coupons_get(int64_t id)
{
    struct coupon coupon;
    MUST(coupon_get(shop_begin(shop), id, false, &coupon, &err));
    return coupon;
}

int64_t product_a, product_b;

void coupons_furnish(void)
{
    product_a = shop_product(shop, "A", 30000, 10);
    product_b = shop_product(shop, "B", 1000, 10);
    shop_sql(shop,
             "INSERT INTO categories (id, name, position) OVERRIDING SYSTEM VALUE VALUES (20, 'Second', 2)");
    shop_sql(shop, "UPDATE products SET category_id = 20 WHERE code = 'B'");
    shop_person(shop, BUYER);
    shop_person(shop, OTHER);
}

void coupons_fill(struct shop *s, int64_t person, const char *code)
{
    struct coupon coupon;
    MUST(cart_set(shop_begin(s), person, product_a, 1, 30000, &err));
    MUST(coupon_find(&s->work, code, &coupon, &err));
    MUST(coupon_cart_set(&s->work, person, &coupon, &err));
    shop_commit(s);
}

enum order_obstacle coupons_try(struct shop *s, int64_t person, struct order *order_out, char *why)
{
    enum order_obstacle obstacle;
    int64_t about;
    struct error err;
    struct work *work = shop_begin(s);
    if (order_place(work, person, work->now_ms + 60000, 100, order_out, &obstacle, &about, &err))
        return ORDER_OK;
    assert_int_equal(err.code, ERR_CONFLICT);
    if (why)
        snprintf(why, sizeof err.text, "%s", err.text);
    work_end(work);
    return obstacle;
}

struct order coupons_place(int64_t person)
{
    struct order order;
    assert_int_equal(coupons_try(shop, person, &order, NULL), ORDER_OK);
    shop_commit(shop);
    return order;
}

void coupons_end(int64_t order_id, enum order_state state)
{
    MUST(order_end(shop_begin(shop), order_id, state, "test", &err));
    shop_commit(shop);
}

static void *run_waiter(void *argument)
{
    struct waiter *waiter = argument;
    struct order order;
    int64_t about;
    struct work *work = shop_begin(waiter->shop);
    bool ok = waiter->late ? order_revive(work, waiter->late, &waiter->err)
                           : order_place(work, BUYER, work->now_ms + 60000, 100, &order, &waiter->obstacle,
                                         &about, &waiter->err);
    if (ok)
        ok = work_commit(work, &waiter->err);
    work_end(work);
    return NULL;
}

void waiter_start(struct waiter *waiter)
{
    waiter->shop = shop_another();
    assert_int_equal(pthread_create(&waiter->thread, NULL, run_waiter, waiter), 0);
    while (!shop_sql(shop, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
        sched_yield();
}

void waiter_end(struct waiter *waiter)
{
    pthread_join(waiter->thread, NULL);
    shop_close(&waiter->shop);
}
