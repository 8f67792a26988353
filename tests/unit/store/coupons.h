/* Coupons in carts and orders, for tests of both coupon.c and coupon_edit.c. */
#pragma once

#include "fixture.h"

#include <pthread.h>

#include "store/coupon.h"
#include "store/order.h"

enum { BUYER = 1001, OTHER = 1002 };

/* As coupon_put() makes it; and as it is now. */
struct coupon coupons_put(const struct coupon *coupon);
struct coupon coupons_get(int64_t id);

extern int64_t product_a, product_b;
/* A at 30,000, ten units; B at 1,000, ten units, in a category of its own. */
void coupons_furnish(void);
/* One A in the cart, and the coupon of that code. */
void coupons_fill(struct shop *s, int64_t person, const char *code);
/* Leaves the transaction open where it went through. */
enum order_obstacle coupons_try(struct shop *s, int64_t person, struct order *order_out, char *why);
struct order coupons_place(int64_t person);
void coupons_end(int64_t order_id, enum order_state state);

/* Somebody at another server who wants an order while this one holds the coupon. */
struct waiter {
    pthread_t thread;
    struct shop *shop;
    int64_t late; /* an order to revive; 0: one to place */
    enum order_obstacle obstacle;
    struct error err;
};
/* Until it waits for a lock. */
void waiter_start(struct waiter *waiter);
void waiter_end(struct waiter *waiter);
