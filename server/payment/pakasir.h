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

/* What a create-transaction answer says, checked against what was asked. ERR_UNCERTAIN: malformed, or about
 * another project or order; ERR_INVALID: another amount, method or sandbox flag, or a QR string that must not
 * be shown; ERR_REFUSED and ERR_RETRY by HTTP status. */
MUST_USE bool pakasir_read_created(const struct tenant *tenant, struct arena *arena,
                                   const struct call_answer *answer, const char *order_id, const char *method,
                                   int64_t amount, struct payment_created *created_out, struct error *err);
/* What a transaction-status answer says, by its form only: whose transaction it is, the caller compares.
 * Codes as above. */
MUST_USE bool pakasir_read_state(const struct tenant *tenant, struct arena *arena,
                                 const struct call_answer *answer, struct gateway_state *state_out,
                                 struct error *err);
