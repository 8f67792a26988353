/*
 * Pakasir, version 2 of its API. Calls may be made from any thread once the base is set. Reading an answer is
 * apart from asking for it, so that hostile answers can be tried without a network.
 */
#pragma once

#include "payment/call.h"
#include "payment/gateway.h"

extern const struct gateway pakasir;

/* "https://app.pakasir.com/api/v2"; once, before the first call. Copied. */
void pakasir_set_base(const char *api_base);

/* What a create-transaction answer says, checked against what was asked. ERR_UNCERTAIN: malformed, about
 * another project, order, amount, method or sandbox flag, or with a QR string, number or link that must not
 * be shown; ERR_REFUSED and ERR_RETRY by HTTP status. */
MUST_USE bool pakasir_read_created(const struct tenant *tenant, struct arena *arena,
                                   const struct call_answer *answer, const char *order_id, const char *method,
                                   int64_t amount, struct payment_created *created_out, struct error *err);
/* What a transaction-status answer says, by its form only: whose transaction it is, the caller compares.
 * Codes as above. */
MUST_USE bool pakasir_read_state(const struct tenant *tenant, struct arena *arena,
                                 const struct call_answer *answer, struct gateway_state *state_out,
                                 struct error *err);

/* Whether the gateway is there (a fee) and takes the project's key (the status of a transaction that there is
 * none of); nothing is made. ERR_REFUSED where it refuses the key or knows no such project, ERR_RETRY and
 * ERR_UNCERTAIN where it could not be asked. */
MUST_USE bool pakasir_check_key(struct arena *arena, const char *project, const char *api_key,
                                struct error *err);

/* What an amount of rupiah costs by each method, as the gateway previews it without a key: *fees_out has
 * method_count (payment/method.h) elements, -1 where the answer has no usable figure. Codes as above. */
MUST_USE bool pakasir_fees(struct arena *arena, int64_t amount, int64_t *fees_out, struct error *err);
MUST_USE bool pakasir_read_fees(struct arena *arena, const struct call_answer *answer, int64_t amount,
                                int64_t *fees_out, struct error *err);
