/*
 * What a payment is for: an order or a deposit, seen as one thing that is open, has a time at which it ends,
 * and is paid or ends unpaid. Exactly one of the two pointers is set; all of it lives in the work's arena.
 */
#pragma once

#include "store/deposit.h"
#include "store/order.h"
#include "store/payment.h"

struct bill {
    struct order *order;
    struct deposit *deposit;
};

/* Of an order, or a deposit, that the caller has. */
struct bill bill_of_order(struct order *order);
struct bill bill_of_deposit(struct deposit *deposit);

int64_t bill_id(const struct bill *bill);
const char *bill_reference(const struct bill *bill);
int64_t bill_person(const struct bill *bill);
int64_t bill_created_ms(const struct bill *bill);
int64_t bill_expires_ms(const struct bill *bill);
int64_t bill_loading_message(const struct bill *bill);
int64_t bill_invoice_message(const struct bill *bill);
bool bill_is_open(const struct bill *bill);    /* pending */
bool bill_is_expired(const struct bill *bill); /* ended by its time */
