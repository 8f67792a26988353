#include "transaction.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/str.h"
#include "qris.h"
#include "sandbox.h"
#include "webhook.h"

enum { EXPIRES_IN_S = 900, TXN_ID_LENGTH = 24, WRONG_BY = 1000 };

struct project *project_find(const struct sandbox *sandbox, const char *slug)
{
    return table_get(&sandbox->projects, slug);
}

struct project *project_get(struct sandbox *sandbox, const char *slug)
{
    struct project *project = project_find(sandbox, slug);
    if (!project) {
        project = xcalloc(1, sizeof *project);
        project->slug = xstrdup(slug);
        project->api_key = xstrdup("");
        project->expires_in = EXPIRES_IN_S;
        table_set(&sandbox->projects, slug, project);
    }
    return project;
}

json_t *project_json(const struct project *project)
{
    return json_pack("{s:s,s:s?,s:b,s:b,s:I}", "slug", project->slug, "webhook_url", project->webhook_url,
                     "is_sandbox", project->is_sandbox, "enforce_rates", project->enforce_rates, "expires_in",
                     (json_int_t)project->expires_in);
}

void project_free(void *pointer)
{
    struct project *project = pointer;
    if (project->held)
        webhook_free(project->held);
    free(project->slug);
    free(project->api_key);
    free(project->webhook_url);
    free(project->webhook_secret);
    free(project);
}

static char *order_key(struct arena *arena, const char *slug, const char *order_id)
{
    return arena_printf(arena, "%s/%s", slug, order_id);
}

struct transaction *transaction_of_order(const struct sandbox *sandbox, const char *slug,
                                         const char *order_id)
{
    auto_arena struct arena *arena = arena_new();
    return table_get(&sandbox->orders, order_key(arena, slug, order_id));
}

int64_t transaction_fee(const char *method, int64_t amount)
{
    if (strcmp(method, "qris") == 0)
        return amount <= 105000 ? (amount * 7 + 500) / 1000 + 310 : (amount + 50) / 100;
    if (strcmp(method, "payment_link") == 0)
        return 0; /* known once the buyer has chosen */
    return strcmp(method, "artha_graha_va") == 0 || strcmp(method, "sampoerna_va") == 0 ? 2000 : 3500;
}

void transaction_time(int64_t at_ms, char buffer[static 40])
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc;
    char date[24];
    gmtime_r(&seconds, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(buffer, 40, "%s.%03d622564Z", date, (int)(at_ms % 1000));
}

const char *transaction_status_name(const struct transaction *transaction)
{
    static const char *const names[] = {
        [TRANSACTION_PENDING] = "pending",
        [TRANSACTION_COMPLETED] = "completed",
        [TRANSACTION_CANCELED] = "canceled",
    };
    return names[transaction->status];
}

static char *make_va_number(struct arena *arena)
{
    uint32_t random;
    crypto_random(&random, sizeof random);
    return arena_printf(arena, "8808%012" PRIu32, random);
}

struct transaction *transaction_create(struct sandbox *sandbox, struct project *project, const char *order_id,
                                       const char *method, int64_t amount, enum failure_mode flaw,
                                       int64_t now_ms)
{
    auto_arena struct arena *arena = arena_new();
    struct transaction *t = xcalloc(1, sizeof *t);
    t->txn_id = xstrdup(crypto_random_word(arena, TXN_ID_LENGTH));
    t->order_id = xstrdup(order_id);
    t->method = xstrdup(method);
    t->project = project;
    t->amount = t->status_amount = amount;
    t->fee = transaction_fee(method, amount);
    t->total_payment = amount + t->fee;
    t->expires_ms = now_ms + project->expires_in * 1000;
    if (strcmp(method, "qris") == 0)
        t->qr_string = xstrdup(qris_code(arena, project->slug, "JAKARTA", t->txn_id,
                                         t->total_payment + (flaw == FAIL_WRONG_AMOUNT ? WRONG_BY : 0),
                                         flaw == FAIL_BAD_QR ? QRIS_BAD_CRC : QRIS_GOOD));
    else if (strcmp(method, "payment_link") != 0)
        t->va_number = xstrdup(make_va_number(arena));
    table_set(&sandbox->transactions, t->txn_id, t);
    table_set(&sandbox->orders, order_key(arena, project->slug, order_id), t);
    journal_event(sandbox, "transaction", 0, 0, 0);
    return t;
}

bool transaction_pay(struct sandbox *sandbox, struct transaction *t, const struct payment *payment,
                     int64_t now_ms, struct error *err)
{
    if (!payment->force) {
        if (t->status != TRANSACTION_PENDING)
            return error_set(err, ERR_INVALID, "the transaction is already %s", transaction_status_name(t));
        if (now_ms >= t->expires_ms)
            return error_set(err, ERR_INVALID, "the transaction is expired");
    }
    t->status = TRANSACTION_COMPLETED;
    t->completed_ms = now_ms;
    t->status_amount = payment->status_amount >= 0 ? payment->status_amount : t->amount;
    journal_event(sandbox, "transaction", 0, 0, 0);
    webhook_send(sandbox, t, payment->webhooks, payment->parallel, payment->delay_ms);
    return true;
}

void transaction_free(void *pointer)
{
    struct transaction *t = pointer;
    free(t->txn_id);
    free(t->order_id);
    free(t->method);
    free(t->qr_string);
    free(t->va_number);
    free(t);
}
