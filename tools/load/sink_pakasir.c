/* Pakasir v2: every project exists, every transaction is made, none is paid before tools/bench says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "payment/qris.h"
#include "sink.h"

enum { EXPIRY_MS = 900000 };

static void refuse(struct web_request *request, int status, const char *message)
{
    sink_respond(request, status, json_pack("{s:s}", "message", message));
}

/* What stands behind the slug in "{slug}/{id}"; "" where nothing does. */
static const char *id_of(const struct web_request *request)
{
    const char *slash = strchr(request->rest, '/');
    return slash ? slash + 1 : "";
}

static struct sink_transaction *find_or_add(struct sink *sink, const struct web_request *request,
                                            int64_t amount)
{
    const char *order_id = id_of(request);
    size_t slug = strcspn(request->rest, "/");
    for (size_t i = 0; i < sink->transaction_count; i++)
        if (strcmp(sink->transactions[i].order_id, order_id) == 0)
            return &sink->transactions[i];
    sink->transactions =
        xrealloc(sink->transactions, (sink->transaction_count + 1) * sizeof *sink->transactions);
    struct sink_transaction *t = &sink->transactions[sink->transaction_count++];
    *t = (struct sink_transaction){.amount = amount};
    snprintf(t->slug, sizeof t->slug, "%.*s", (int)slug, request->rest);
    snprintf(t->order_id, sizeof t->order_id, "%s", order_id);
    snprintf(t->txn_id, sizeof t->txn_id, "bench-%zu", sink->transaction_count);
    return t;
}

void sink_create(struct web_request *request, void *context)
{
    struct error err;
    auto_json json_t *json = NULL;
    const char *method;
    int64_t amount;
    if (!*id_of(request) || !json_parse(request->body, request->body_length, &json, &err) ||
        !json_get_string(json, "method", &method) || !json_get_int(json, "amount", &amount)) {
        refuse(request, 400, "method and amount are needed");
        return;
    }
    auto_arena struct arena *arena = arena_new();
    const struct sink_transaction *t = find_or_add(context, request, amount);
    char expires[25];
    clock_format_utc(clock_now_ms() + EXPIRY_MS, expires);
    sink_respond(request, 200,
                 json_pack("{s:s, s:s, s:s, s:I, s:i, s:I, s:s, s:s, s:s, s:b}", "txn_id", t->txn_id,
                           "project", t->slug, "order_id", t->order_id, "amount", (json_int_t)t->amount,
                           "fee", 0, "total_payment", (json_int_t)t->amount, "payment_method", method,
                           "qr_string", qris_build(arena, "Bench", "Jakarta", t->txn_id, t->amount),
                           "expired_at", expires, "is_sandbox", 0));
}

static struct sink_transaction *find(struct sink *sink, struct web_request *request)
{
    for (size_t i = 0; i < sink->transaction_count; i++)
        if (str_equal(sink->transactions[i].txn_id, id_of(request)))
            return &sink->transactions[i];
    refuse(request, 404, "no such transaction");
    return NULL;
}

void sink_status(struct web_request *request, void *context)
{
    const struct sink_transaction *t = find(context, request);
    if (t)
        sink_respond(request, 200,
                     json_pack("{s:s, s:s, s:I, s:b, s:s, s:n}", "txn_id", t->txn_id, "order_id", t->order_id,
                               "amount", (json_int_t)t->amount, "is_sandbox", 0, "status",
                               t->completed ? "completed" : "pending", "completed_at"));
}

void sink_cancel(struct web_request *request, void *context)
{
    if (find(context, request))
        refuse(request, 200, "Berhasil batalkan transaksi");
}
