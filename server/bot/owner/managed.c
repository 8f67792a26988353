#include "bot/owner/managed.h"

#include <string.h>

#include "base/json.h"
#include "bot/owner/newstore_internal.h"
#include "telegram/api.h"
#include "work/audit.h"
#include "work/outbox.h"

#define JOB_TOKEN "managed_token"
enum { MOST_FAILURES = 5, LONGEST_CALL_MS = 30000 };

/* --- what is remembered --- */

DB_SERVER_STATEMENT(managed_upsert, "INSERT INTO managed_bots (bot_id, bot_username, made_by, created_at) "
                                    "VALUES ($1, $2, $3, $4) ON CONFLICT (bot_id) DO UPDATE "
                                    "SET bot_username = excluded.bot_username, made_by = excluded.made_by");
DB_SERVER_STATEMENT(managed_select,
                    "SELECT bot_username, made_by, store FROM managed_bots WHERE bot_id = $1");
DB_SERVER_STATEMENT(managed_update_store, "UPDATE managed_bots SET store = $2 WHERE bot_id = $1");

bool managed_get(struct work *work, int64_t bot_id, struct managed_bot *bot_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &managed_select, DB_PARAMS(P_INT(bot_id)), &rows, err))
        return error_context(err, "managed bot");
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "bot %lld: not one of ours", (long long)bot_id);
    *bot_out = (struct managed_bot){.username = db_text_copy(work->arena, &rows, 0, 0),
                                    .made_by = db_int(&rows, 0, 1),
                                    .store = db_text_copy(work->arena, &rows, 0, 2)};
    return true;
}

bool managed_set_store(struct work *work, int64_t bot_id, const char *store, struct error *err)
{
    return db_query(work->tx, &managed_update_store, DB_PARAMS(P_INT(bot_id), P_TEXT(store)), NULL, err) ||
           error_context(err, "managed bot");
}

bool managed_token(const struct tenant *manager, struct arena *arena, int64_t bot_id, const char **token_out,
                   struct error *err)
{
    auto_json json_t *result = NULL;
    auto_json json_t *params = json_pack("{s:I}", "user_id", (json_int_t)bot_id);
    int64_t id;
    if (!telegram_call(telegram_base(), manager->token, "getManagedBotToken", params, &result, NULL, err))
        return error_context(err, "getManagedBotToken");
    const char *token = json_string_value(result);
    if (!token || !tenant_parse_token(token, &id) || id != bot_id)
        return error_set(err, ERR_RETRY, "getManagedBotToken: an answer that is no token of the bot");
    *token_out = arena_strdup(arena, token);
    return true;
}

bool owner_send_page(struct turn *turn, struct error *err)
{
    struct page *page = &turn->page;
    const struct outbox_message message = {.chat_id = turn->update->chat_id,
                                           .method = "sendMessage",
                                           .params = page_message(turn->work, page->html, page->keyboard),
                                           .keep = true};
    page->keyboard = NULL;
    page_forget(page);
    return outbox_add(turn->work, &message, err);
}

/* --- the update --- */

static bool offer_form(struct turn *turn, struct error *err)
{
    const struct update *update = turn->update;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_NEWSTORE_WITH, "onwb:%lld", (long long)update->managed_id);
    page_show(turn->work, &turn->page,
              say(turn->work, TEXT_MANAGED_MADE,
                  TEXT_VALUES(TV("nama", update->managed_name), TV("bot", update->managed_username))),
              keyboard_inline(&keyboard));
    return owner_send_page(turn, err);
}

bool managed_update(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct update *update = turn->update;
    struct managed_bot known;
    const char *store;
    bool taken = false;
    if (!db_query(work->tx, &managed_upsert,
                  DB_PARAMS(P_INT(update->managed_id), P_TEXT(update->managed_username),
                            P_INT(update->from_id), P_TIME(work->now_ms)),
                  NULL, err) ||
        !managed_get(work, update->managed_id, &known, err) ||
        !stores_of_bot(work->arena, work->tx, update->managed_id, &store, err))
        return error_context(err, "managed bot");
    if (!store)
        store = known.store; /* its file is written, and the server has not registered it yet */
    if (!store)
        return newstore_take_bot(turn, update->managed_id, &taken, err) && (taken || offer_form(turn, err));
    auto_json json_t *data =
        json_pack("{s:I, s:I, s:s, s:s}", "person", (json_int_t)update->from_id, "bot",
                  (json_int_t)update->managed_id, "username", update->managed_username, "store", store);
    return job_add_with(work, JOB_TOKEN, update->update_id, json_text(work->arena, data), err);
}

/* --- another token --- */

struct token_request {
    int64_t person, bot_id;
    const char *username, *store;
};
struct token_result {
    bool ok, changed;
    struct error err;
};

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    auto_json json_t *json = NULL;
    const char *data, *username, *store;
    struct token_request *request = ARENA_NEW(work->arena, struct token_request);
    if (!job_data(work, JOB_TOKEN, ref, &data, err) || !json_parse(data, strlen(data), &json, err))
        return false;
    if (!json_get_int(json, "person", &request->person) || !json_get_int(json, "bot", &request->bot_id) ||
        !json_get_string(json, "username", &username) || !json_get_string(json, "store", &store))
        return error_set(err, ERR_INTERNAL, "the job's data is damaged");
    request->username = arena_strdup(work->arena, username);
    request->store = arena_strdup(work->arena, store);
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request_taken)
{
    const struct token_request *request = request_taken;
    struct token_result *result = ARENA_NEW(arena, struct token_result);
    const char *token;
    result->ok = managed_token(tenant, arena, request->bot_id, &token, &result->err) &&
                 tenant_write_secret(arena, newstore_config, newstore_env_path, request->store,
                                     "telegram.token", token, &result->changed, &result->err);
    return result;
}

static bool finish(struct work *work, int64_t ref, void *request_taken, void *result_taken,
                   struct job_step *step_out, struct error *err)
{
    const struct token_request *request = request_taken;
    const struct token_result *result = result_taken;
    struct newstore_visit visit;
    if (!result->ok && (result->err.code == ERR_RETRY || result->err.code == ERR_UNCERTAIN)) {
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + NEWSTORE_AGAIN_MS};
        return true;
    }
    if (result->ok && !result->changed)
        return true;
    const struct text_value values[] = {TV("toko", request->store), TV("bot", request->username),
                                        TV("alasan", result->ok ? "" : result->err.text)};
    newstore_visit(&visit, work, request->person, ref);
    screen_say(&visit.turn,
               say(work, result->ok ? TEXT_MANAGED_TOKEN_TAKEN : TEXT_MANAGED_TOKEN_FAILED, values, 3), NULL);
    if (!owner_send_page(&visit.turn, err))
        return false;
    if (!result->ok)
        return true;
    return audit_add(work,
                     &(struct audit_entry){.event = "store.token_changed",
                                           .actor = audit_person(work->arena, request->person),
                                           .detail = json_pack("{s:s}", "store", request->store)},
                     err);
}

const struct job_kind managed_token_job = {.name = JOB_TOKEN,
                                           .prepare = prepare,
                                           .call = call,
                                           .finish = finish,
                                           .most_failures = MOST_FAILURES,
                                           .longest_call_ms = LONGEST_CALL_MS};
