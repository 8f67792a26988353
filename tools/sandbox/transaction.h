/* Pakasir's projects and transactions, and the webhooks that tell of payments. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "failure.h"

struct sandbox;

struct project {
    char *slug, *api_key, *webhook_url, *webhook_secret; /* the last two may be NULL */
    bool is_sandbox, enforce_rates;
    int64_t expires_in;                    /* seconds */
    int64_t created_at[2], canceled_at[2]; /* clock_mono_ms() of the last calls, for the rates */
    struct webhook *held;                  /* to be sent after the next one */
};

enum transaction_status { TRANSACTION_PENDING, TRANSACTION_COMPLETED, TRANSACTION_CANCELED };

struct transaction {
    char *txn_id, *order_id, *method;
    struct project *project;
    int64_t amount, fee, total_payment;
    char *qr_string; /* NULL where the method has none */
    char *va_number;
    enum transaction_status status;
    int64_t expires_ms, completed_ms;
    int64_t status_amount; /* what a status call tells as amount */
    int64_t asked_ms;      /* clock_mono_ms() of the last status call, for the rate */
    int64_t webhooks_sent;
};

struct project *project_find(const struct sandbox *sandbox, const char *slug);
/* Found or made; the caller fills it. */
struct project *project_get(struct sandbox *sandbox, const char *slug);
json_t *project_json(const struct project *project); /* the caller's; without the secrets */
void project_free(void *project);

struct transaction *transaction_of_order(const struct sandbox *sandbox, const char *slug,
                                         const char *order_id);
/* Pending; `flaw` is what a failure asked for (FAIL_BAD_QR, FAIL_WRONG_AMOUNT) or FAIL_NOTHING. */
struct transaction *transaction_create(struct sandbox *sandbox, struct project *project, const char *order_id,
                                       const char *method, int64_t amount, enum failure_mode flaw,
                                       int64_t now_ms);
const char *transaction_status_name(const struct transaction *transaction);
/* Rupiah the buyer pays on top. */
int64_t transaction_fee(const char *method, int64_t amount);
/* "2025-09-19T01:18:49.678622564Z" */
void transaction_time(int64_t at_ms, char buffer[static 40]);

struct payment {
    int webhooks;
    bool parallel, force;
    int64_t delay_ms;
    int64_t status_amount; /* -1: the true one */
};
/* Pays as a bank does. ERR_INVALID where it is not pending any more, or expired, and `force` is not set. */
MUST_USE bool transaction_pay(struct sandbox *sandbox, struct transaction *transaction,
                              const struct payment *payment, int64_t now_ms, struct error *err);
void transaction_free(void *transaction);
