/* The control interface: transactions, and paying them as a bank does. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "control.h"
#include "params.h"
#include "sandbox.h"
#include "transaction.h"

enum { WEBHOOKS_MOST = 1000, DELAY_MOST_MS = 600000 };

static json_t *transaction_json(const struct transaction *t)
{
    char expires[40], completed[40];
    transaction_time(t->expires_ms, expires);
    transaction_time(t->completed_ms, completed);
    return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:s?,s:s?,s:s,s:s?,s:I}", "txn_id", t->txn_id, "slug",
                     t->project->slug, "order_id", t->order_id, "amount", (json_int_t)t->amount, "fee",
                     (json_int_t)t->fee, "total_payment", (json_int_t)t->total_payment, "status",
                     transaction_status_name(t), "method", t->method, "qr_string", t->qr_string, "va_number",
                     t->va_number, "expired_at", expires, "completed_at", t->completed_ms ? completed : NULL,
                     "webhooks_sent", (json_int_t)t->webhooks_sent);
}

static bool transactions(struct control *control, json_t **answer_out)
{
    const char *slug = params_query(control->arena, control->query, "slug");
    json_t *list = json_array();
    for (struct table_entry *e = control->sandbox->transactions.first; e; e = e->next) {
        const struct transaction *t = e->value;
        if (!slug || !*slug || strcmp(slug, t->project->slug) == 0)
            json_array_append_new(list, transaction_json(t));
    }
    *answer_out = json_pack("{s:o}", "transactions", list);
    return true;
}

/* By txn_id, order_id, QR text or number; the newest one where several fit. */
static bool find(struct control *control, struct transaction **transaction_out)
{
    const char *txn_id = NULL, *order_id = NULL, *qr = NULL, *number = NULL, *slug = NULL;
    if (!control_may_text(control, "txn_id", &txn_id) || !control_may_text(control, "order_id", &order_id) ||
        !control_may_text(control, "qr", &qr) || !control_may_text(control, "va_number", &number) ||
        !control_may_text(control, "slug", &slug))
        return false;
    if (!txn_id && !order_id && !qr && !number)
        return error_set(&control->err, ERR_INVALID, "one of txn_id, order_id, qr and va_number is needed");
    for (struct table_entry *e = control->sandbox->transactions.last; e; e = e->before) {
        struct transaction *t = e->value;
        if ((!txn_id || strcmp(txn_id, t->txn_id) == 0) &&
            (!order_id || strcmp(order_id, t->order_id) == 0) && (!qr || str_equal(qr, t->qr_string)) &&
            (!number || str_equal(number, t->va_number)) && (!slug || strcmp(slug, t->project->slug) == 0)) {
            *transaction_out = t;
            return true;
        }
    }
    return error_set(&control->err, ERR_INVALID, "there is no such transaction");
}

static bool read_webhooks(struct control *control, int *webhooks_out)
{
    const json_t *value = json_object_get(control->body, "webhook");
    static const struct {
        const char *name;
        int times;
    } names[] = {{"once", 1}, {"twice", 2}, {"never", 0}};
    if (!value || json_is_null(value)) {
        *webhooks_out = 1;
        return true;
    }
    if (json_is_integer(value) && json_integer_value(value) >= 0 &&
        json_integer_value(value) <= WEBHOOKS_MOST) {
        *webhooks_out = (int)json_integer_value(value);
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_equal(json_string_value(value), names[i].name)) {
            *webhooks_out = names[i].times;
            return true;
        }
    }
    return error_set(&control->err, ERR_INVALID, "webhook must be once, twice, never or a number up to %d",
                     WEBHOOKS_MOST);
}

static bool pay(struct control *control, json_t **answer_out)
{
    struct transaction *transaction;
    struct payment payment = {.status_amount = -1};
    if (!find(control, &transaction) || !read_webhooks(control, &payment.webhooks) ||
        !control_may_bool(control, "parallel", &payment.parallel) ||
        !control_may_bool(control, "force", &payment.force) ||
        !control_may_int(control, "delay_ms", 0, DELAY_MOST_MS, &payment.delay_ms) ||
        !control_may_int(control, "status_amount", 0, INT32_MAX, &payment.status_amount) ||
        !transaction_pay(control->sandbox, transaction, &payment, clock_now_ms(), &control->err))
        return false;
    *answer_out = json_pack("{s:s}", "txn_id", transaction->txn_id);
    return true;
}

/* What payment-fee tells from now on for the methods named, whatever the amount; {} for its formula again. */
static bool set_fees(struct control *control, json_t **answer_out)
{
    json_t *fees = json_object_get(control->body, "fees");
    const char *method;
    json_t *fee;
    if (!json_is_object(fees))
        return error_set(&control->err, ERR_INVALID, "fees must be an object of methods and figures");
    json_object_foreach(fees, method, fee)
    {
        if (!json_is_integer(fee))
            return error_set(&control->err, ERR_INVALID, "the fee of %s must be a number", method);
    }
    json_decref(control->sandbox->fees);
    control->sandbox->fees = json_incref(fees);
    *answer_out = json_object();
    return true;
}

const struct control_route control_pay_table[] = {
    {"GET", "transactions", transactions},
    {"POST", "pay", pay},
    {"POST", "fees", set_fees},
    {NULL, NULL, NULL},
};
