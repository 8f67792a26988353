/*
 * What a payment will probably cost: the gateway's payment-fee, remembered for a while, else its published
 * formula. A preview, shown with ±; what the gateway answers when the invoice is made is the truth. In this
 * process's memory, safe from any thread.
 */
#pragma once

#include "payment/method.h"

struct pool;

/* Before the first wish; the pool asks the gateway. NULL, before the pool ends: nobody is asked any more. */
void fee_set_pool(struct pool *pool);
/* The fee in rupiah; never waits. */
int64_t fee_preview(const struct method *method, int64_t amount, int64_t now_ms);
/* Somebody will soon ask what this amount costs: the gateway is asked in the background, unless it is known,
 * being asked, or too many are being asked. */
void fee_wish(int64_t amount, int64_t now_ms);
