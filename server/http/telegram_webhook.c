/* POST /webhooks/telegram/{bot_store_name}: secret, shape, pace, then the store's lane. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "bot/bot.h"
#include "http/internal.h"
#include "watch/fraud.h"

/* One update on its way; owns its arena, in which it lies itself. */
struct intake {
    struct arena *arena;
    struct server *server;
    struct hosted_store *store;
    struct web_token *token; /* NULL: nobody waits for the answer (a spam report) */
    struct update update;
    const char *body;
    size_t body_length;
    int64_t let_in_us, begun_us; /* clock_mono_us */
};

static void intake_free(struct intake *intake)
{
    struct arena *arena = intake->arena;
    arena_free(&arena);
}

static void respond_reply(struct web_token *token, const char *reply)
{
    if (*reply)
        web_respond_json(token, 200, reply);
    else
        web_respond(token, &(struct web_response){.status = 200});
}

static void handle_failure(struct work *work, struct intake *intake, const struct error *why)
{
    const struct update *update = &intake->update;
    const char *name = intake->store->name;
    if (why->code == ERR_RETRY || why->code == ERR_UNCERTAIN) {
        metrics_count(METRIC_UPDATES_RETRIED);
        log_warn(name, "update %lld from %lld put off: %s", (long long)update->update_id,
                 (long long)update->from_id, why->text);
        server_respond_later(intake->token, BUSY_RETRY_SECONDS);
        return;
    }
    atomic_fetch_add(&intake->store->failures, 1);
    metrics_count(METRIC_UPDATES_FAILED);
    bool parked = false;
    struct error err;
    if (!bot_note_failure(work, update, intake->body, intake->body_length, why, &parked, &err)) {
        log_error(name, "update %lld from %lld: %s; and counting that failed: %s",
                  (long long)update->update_id, (long long)update->from_id, why->text, err.text);
        server_respond_later(intake->token, BUSY_RETRY_SECONDS);
        return;
    }
    log_error(name, "update %lld from %lld%s: %s", (long long)update->update_id, (long long)update->from_id,
              parked ? " failed five times and is parked" : "", why->text);
    if (parked)
        metrics_count(METRIC_UPDATES_PARKED);
    web_respond_text(intake->token, parked ? 200 : 500, NULL);
}

static void answer_handled(struct intake *intake, const char *reply)
{
    int64_t now_us = clock_mono_us();
    metrics_time(METRIC_UPDATE_HANDLING, now_us - intake->begun_us);
    metrics_time(METRIC_UPDATE_ALL, now_us - intake->let_in_us);
    metrics_count(METRIC_UPDATES_HANDLED);
    atomic_fetch_add_explicit(&intake->store->updates, 1, memory_order_relaxed);
    respond_reply(intake->token, reply);
}

static void handle_alone(struct work *work, struct intake *intake)
{
    struct error err;
    const char *reply = "";
    if (bot_handle(work, &intake->update, &reply, &err)) {
        answer_handled(intake, reply);
    } else {
        work_end(work);
        handle_failure(work, intake, &err);
    }
}

static bool handle_shared(struct work *work, struct intake *const *intakes, size_t count)
{
    const struct update *updates[BOT_MOST_SHARED];
    const char *replies[BOT_MOST_SHARED];
    struct error err;
    for (size_t i = 0; i < count; i++)
        updates[i] = &intakes[i]->update;
    if (!bot_handle_shared(work, updates, count, replies, &err)) /* told by whichever fails alone as well */
        return false;
    for (size_t i = 0; i < count; i++)
        answer_handled(intakes[i], replies[i]);
    return true;
}

static bool can_share(const void *argument)
{
    const struct intake *intake = argument;
    return !lane_store_is_server(intake->store->lane) && bot_can_share(&intake->update);
}

/* Updates that wait behind this one and can go into the same transaction share its commit. */
static void run_update(struct work *work, void *argument)
{
    struct intake *intakes[BOT_MOST_SHARED] = {argument}, *next;
    size_t count = 1;
    if (can_share(argument))
        while (count < BOT_MOST_SHARED && (next = lane_take_next(work, run_update, can_share)))
            intakes[count++] = next;
    for (size_t i = 0; i < count; i++) {
        intakes[i]->begun_us = clock_mono_us();
        metrics_time(METRIC_UPDATE_WAIT, intakes[i]->begun_us - intakes[i]->let_in_us);
    }
    if (count == 1 || !handle_shared(work, intakes, count))
        for (size_t i = 0; i < count; i++)
            handle_alone(work, intakes[i]);
    for (size_t i = 0; i < count; i++)
        intake_free(intakes[i]);
}

static void submit(struct intake *intake)
{
    intake->let_in_us = clock_mono_us();
    if (lane_submit(intake->store->lane, run_update, intake))
        return;
    metrics_count(METRIC_TELEGRAM_BUSY);
    server_respond_later(intake->token, BUSY_RETRY_SECONDS);
    intake_free(intake);
}

static void submit_waited(void *context, void *argument)
{
    submit(argument);
}

static void report_spam(struct work *work, void *argument)
{
    struct intake *intake = argument;
    struct error err;
    if (!bot_report_spam(work, &intake->update, &err))
        log_error(intake->store->name, "reporting the spam of %lld: %s", (long long)intake->update.from_id,
                  err.text);
    intake_free(intake);
}

/* The owner's bot has no word for outsiders. */
static void turn_away_silently(struct intake *intake)
{
    metrics_count(METRIC_UPDATES_DROPPED);
    metrics_count(METRIC_OWNER_OUTSIDERS);
    respond_reply(intake->token, "");
    intake_free(intake);
}

/* Too fast for now: warned and reported once, then acknowledged without doing anything. */
static void turn_away(struct intake *intake, bool first)
{
    if (lane_store_is_server(intake->store->lane)) {
        turn_away_silently(intake);
        return;
    }
    auto_tenant const struct tenant *tenant = lane_store_tenant(intake->store->lane);
    const char *reply = bot_pace_reply(intake->arena, tenant, &intake->update,
                                       first ? BOT_PACE_SPAM_WARNING : BOT_PACE_SLOW_DOWN);
    respond_reply(intake->token, reply);
    if (first) {
        metrics_count(METRIC_SPAM_REPORTED);
        log_warn(intake->store->name, "spam: %lld is paused", (long long)intake->update.from_id);
        if (lane_submit(intake->store->lane, report_spam, intake))
            return;
    } else {
        metrics_count(METRIC_UPDATES_DROPPED);
    }
    intake_free(intake);
}

/* Whom the store's file names is trusted; an admin added in the chat is known to the lane only, and is held
 * to a buyer's pace. */
static bool is_guarded(const struct intake *intake)
{
    const struct update *update = &intake->update;
    auto_tenant const struct tenant *tenant = lane_store_tenant(intake->store->lane);
    return (update->kind == UPDATE_MESSAGE || update->kind == UPDATE_CALLBACK) &&
           !tenant_is_admin(tenant, update->from_id) && !tenant_is_owner(tenant, update->from_id);
}

static void admit(struct intake *intake)
{
    struct server *server = intake->server;
    int64_t wait_ms = 0;
    enum guard_verdict verdict = is_guarded(intake)
                                     ? guard_ask(server->guard, intake->store->number, intake->update.from_id,
                                                 clock_mono_ms(), &wait_ms)
                                     : GUARD_GO;
    switch (verdict) {
    case GUARD_GO:
        submit(intake);
        break;
    case GUARD_WAIT:
        metrics_count(METRIC_UPDATES_DELAYED);
        listener_after(server->listener, wait_ms, submit_waited, intake);
        break;
    case GUARD_WARN:
        turn_away(intake, true);
        break;
    case GUARD_DROP:
        turn_away(intake, false);
        break;
    }
}

void telegram_webhook(struct web_request *request, void *context)
{
    struct server *server = context;
    struct hosted_store *owners = directory_server(server->options.directory);
    struct hosted_store *store =
        owners && str_equal(request->rest, TENANT_SERVER_NAME) ? owners : server_find_store(server, request);
    if (!store)
        return;
    char address[64];
    web_peer_address(request, address);
    if (!config_allows_telegram(server->options.config, address)) {
        metrics_count(METRIC_TELEGRAM_ELSEWHERE);
        web_respond_text(request->token, 403, "not for this address; see telegram_only_from\n");
        return;
    }
    const char *secret = web_header(request, "x-telegram-bot-api-secret-token");
    if (!secret || !directory_is_secret(server->options.directory, store, secret)) {
        metrics_count(METRIC_TELEGRAM_WRONG_SECRET);
        fraud_note(store->lane, FRAUD_TELEGRAM_SECRET, 0, "");
        web_respond_text(request->token, 401, NULL);
        return;
    }
    if (atomic_load(&store->disabled)) { /* Telegram keeps the update until the token works again */
        metrics_count(METRIC_TELEGRAM_DISABLED);
        server_respond_later(request->token, DISABLED_RETRY_SECONDS);
        return;
    }
    struct arena *arena = arena_new();
    struct intake *intake = ARENA_NEW(arena, struct intake);
    intake->arena = arena;
    intake->server = server;
    intake->store = store;
    intake->token = request->token;
    struct error err;
    if (!update_decode(arena, request->body, request->body_length, &intake->update, &err)) {
        metrics_count(METRIC_TELEGRAM_MALFORMED);
        web_respond_text(request->token, 400, "not an update\n");
        intake_free(intake);
        return;
    }
    intake->body = arena_memdup(arena, request->body, request->body_length);
    intake->body_length = request->body_length;
    admit(intake);
}
