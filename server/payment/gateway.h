/*
 * Payment gateways, as a table of providers: each makes a transaction, asks its state, voids it. Calls run in
 * the worker pool and know no database. An answer is checked field by field before anything of it is used;
 * whatever is missing or of a wrong type is ERR_UNCERTAIN: asked again, never believed.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "store/payment.h"
#include "tenants/tenant.h"

enum gateway_status { GATEWAY_PENDING, GATEWAY_COMPLETED, GATEWAY_CANCELED };

struct gateway_state {
    enum gateway_status status;
    int64_t amount;       /* rupiah, base amount, as the gateway has it */
    const char *order_id; /* as the gateway has it */
    const char *txn_id;
    bool is_sandbox;
};

struct gateway {
    const char *name; /* "pakasir" */
    /* Find-or-create: the same order id and body return the same transaction, so repeating after a time-out
     * is safe. Checks project, order id, amount, method and sandbox flag against what was asked, as far as
     * the method's answer has them, and what is to be shown: the QR string outside the sandbox, the number,
     * the link. */
    bool (*create)(const struct tenant *tenant, struct arena *arena, const char *order_id, const char *method,
                   int64_t amount, struct payment_created *created_out, struct error *err);
    bool (*status)(const struct tenant *tenant, struct arena *arena, const char *txn_id,
                   struct gateway_state *state_out, struct error *err);
    bool (*cancel)(const struct tenant *tenant, struct arena *arena, const char *txn_id, struct error *err);
    /* Whether it is there at all: a call that changes nothing. */
    bool (*reach)(const struct tenant *tenant, struct arena *arena, struct error *err);
};

/* The gateway of a tenant (all use Pakasir today). */
const struct gateway *gateway_of(const struct tenant *tenant);
/* "https://app.pakasir.com/api/v2"; once, before the pool starts. The pay page's base is derived
 * (…/pay-v2/{txn_id}). */
void gateway_set_base(const char *api_base);
/* The gateway's pay page for a transaction; in the arena. */
char *gateway_pay_page(struct arena *arena, const char *txn_id);
