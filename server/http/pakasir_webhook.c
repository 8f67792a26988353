/*
 * POST /webhooks/pakasir/{bot_store_name}. Only a hint that a payment was made (money moves after the
 * gateway's own status call). The secret is the project's static one in X-Secret, or the older
 * X-Pakasir-Signature: hex HMAC-SHA256 of the raw body. JSON whatever the Content-Type says.
 */
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "http/internal.h"
#include "payment/checkout.h"
#include "watch/fraud.h"

struct hint_intake {
    struct arena *arena;
    struct hosted_store *store;
    struct web_token *token;
    struct checkout_hint hint;
};

static bool is_authentic(struct web_request *request, const struct tenant *tenant)
{
    const char *expected = tenant->pakasir_webhook_secret;
    const char *secret = web_header(request, "x-secret");
    if (secret)
        return crypto_equal(secret, strlen(secret), expected, strlen(expected));
    const char *signature = web_header(request, "x-pakasir-signature");
    if (!signature || strlen(signature) != 64)
        return false;
    uint8_t mac[32];
    crypto_hmac_sha256(expected, strlen(expected), request->body, request->body_length, mac);
    auto_arena struct arena *arena = arena_new();
    char *hex = str_hex(arena, mac, sizeof mac);
    char given[64];
    for (size_t i = 0; i < sizeof given; i++)
        given[i] = signature[i] >= 'A' && signature[i] <= 'F' ? (char)(signature[i] | 0x20) : signature[i];
    return crypto_equal(given, sizeof given, hex, 64);
}

static bool read_hint(struct arena *arena, const char *body, size_t length, struct checkout_hint *hint)
{
    struct error err;
    auto_json json_t *json = NULL;
    const char *txn_id, *order_id, *status;
    if (!json_parse(body, length, &json, &err) || !json_get_string(json, "txn_id", &txn_id) ||
        !json_get_string(json, "order_id", &order_id) || !json_get_string(json, "status", &status) ||
        !json_get_int(json, "amount", &hint->amount) || !json_get_bool(json, "is_sandbox", &hint->is_sandbox))
        return false;
    if (strlen(txn_id) > 128 || strlen(order_id) > 64)
        return false;
    hint->txn_id = arena_strdup(arena, txn_id);
    hint->order_id = arena_strdup(arena, order_id);
    hint->status = arena_strdup(arena, status);
    return true;
}

static void run_hint(struct work *work, void *argument)
{
    struct hint_intake *intake = argument;
    static const struct {
        enum metric metric;
        int status;
        const char *remark; /* for the log; NULL: nothing remarkable */
        bool is_fraud;
    } answers[] = {
        [HINT_NOTED] = {METRIC_HINTS_NOTED, 200, NULL},
        [HINT_ALREADY_SETTLED] = {METRIC_HINTS_SETTLED, 200, NULL},
        [HINT_UNKNOWN_ORDER] = {METRIC_HINTS_UNKNOWN, 404, "names an order that is not this store's"},
        [HINT_WRONG] = {METRIC_HINTS_WRONG, 422, "does not fit the payment it names", true},
    };
    const char *name = intake->store->name;
    enum checkout_hint_result result;
    struct error err;
    if (checkout_take_hint(work, &intake->hint, &result, &err)) {
        metrics_count(answers[result].metric);
        atomic_fetch_add(&intake->store->hints, 1);
        if (answers[result].remark)
            log_warn(name, "a payment webhook with the right secret %s: ignored", answers[result].remark);
        if (answers[result].is_fraud)
            fraud_note(work->store, FRAUD_WEBHOOK, 0, intake->hint.order_id);
        web_respond_text(intake->token, answers[result].status, NULL);
    } else {
        if (err.code != ERR_RETRY && err.code != ERR_UNCERTAIN)
            log_error(name, "payment webhook: %s", err.text);
        server_respond_later(
            intake->token, BUSY_RETRY_SECONDS); /* and if it never comes again, the poll finds the payment */
    }
    struct arena *arena = intake->arena;
    arena_free(&arena);
}

void pakasir_webhook(struct web_request *request, void *context)
{
    struct server *server = context;
    struct hosted_store *store = server_find_store(server, request);
    if (!store)
        return;
    auto_tenant const struct tenant *tenant = lane_store_tenant(store->lane);
    if (!is_authentic(request, tenant)) {
        metrics_count(METRIC_PAKASIR_WRONG_SECRET);
        fraud_note(store->lane, FRAUD_PAKASIR_SECRET, 0, "");
        web_respond_text(request->token, 401, NULL);
        return;
    }
    struct arena *arena = arena_new();
    struct hint_intake *intake = ARENA_NEW(arena, struct hint_intake);
    *intake = (struct hint_intake){.arena = arena, .store = store, .token = request->token};
    if (!read_hint(arena, request->body, request->body_length, &intake->hint)) {
        metrics_count(METRIC_PAKASIR_MALFORMED);
        web_respond_text(request->token, 400, "not a payment notice\n");
        arena_free(&arena);
    } else if (!lane_submit(store->lane, run_hint, intake)) {
        metrics_count(METRIC_PAKASIR_BUSY);
        server_respond_later(request->token, BUSY_RETRY_SECONDS);
        arena_free(&arena);
    }
}
