#include "telegram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox.h"

/* A request to the Bot API on its way: it may have to wait. */
struct api_request {
    struct arena *arena;
    struct web_token *token;
    struct call call;
    bool is_download;          /* of a file, not a method */
    enum failure_mode answers; /* what becomes of the answer, after having acted */
};

static const char DOWNLOAD[] = "file"; /* what the log and the failures call it */

static const struct method *method_find(const char *name)
{
    static const struct method *const tables[] = {
        method_send_table,    method_edit_table, method_copy_table,    method_chat_table,
        method_webhook_table, method_info_table, method_managed_table,
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct method *method = tables[i]; method->name; method++)
            if (strcasecmp(method->name, name) == 0)
                return method;
    return NULL;
}

static int64_t call_chat_id(const struct call *call)
{
    int64_t chat = call->chat;
    params_int(&call->params, "chat_id", &chat);
    return chat;
}

static void log_call(struct call *call, bool ok, const char *via)
{
    int64_t chat = call_chat_id(call);
    json_t *entry = json_pack("{s:I,s:s,s:o,s:b,s:s,s:I}", "bot", (json_int_t)call->bot->id, "method",
                              call->method, "params", params_log(&call->params), "ok", ok, "via", via,
                              "at_ms", (json_int_t)call->now_ms);
    if (chat)
        json_object_set_new(entry, "chat", json_integer(chat));
    if (!ok) {
        json_object_set_new(entry, "error_code", json_integer(call->error_code));
        json_object_set_new(entry, "description", json_string(call->description));
    }
    journal_call(call->sandbox, entry, !ok && call->malformed);
    journal_event(call->sandbox, "call", call->bot->id, chat, 0);
}

static void fail(struct call *call, int error_code, int retry_after, const char *description)
{
    call->error_code = error_code;
    call->retry_after = retry_after;
    call->description = arena_strdup(call->arena, description);
}

/* Runs the method; true where it succeeded. */
static bool run(struct call *call, json_t **result_out)
{
    const struct method *method = method_find(call->method);
    call->now_ms = clock_now_ms();
    if (!method) {
        fail(call, 404, 0, "Not Found");
        call->malformed = true;
        return false;
    }
    call->method = method->name; /* in Telegram's spelling */
    int wait = method->sends ? rate_take(&call->bot->rate, call_chat_id(call), call->now_ms) : 0;
    if (wait > 0) {
        fail(call, 429, wait, arena_printf(call->arena, "Too Many Requests: retry after %d", wait));
        return false;
    }
    return method->fn(call, result_out);
}

static void respond_error(struct api_request *request, const struct call *call)
{
    auto_json json_t *body =
        json_pack("{s:b,s:i,s:s}", "ok", 0, "error_code", call->error_code, "description", call->description);
    if (call->retry_after > 0)
        json_object_set_new(body, "parameters", json_pack("{s:i}", "retry_after", call->retry_after));
    const char *text = json_text(request->arena, body);
    web_respond(request->token, &(struct web_response){.status = call->error_code,
                                                       .content_type = "application/json",
                                                       .body = text,
                                                       .body_length = strlen(text),
                                                       .retry_after = call->retry_after});
}

static size_t answered_length(const struct api_request *request, size_t length)
{
    return request->answers == FAIL_EMPTY ? 0 : request->answers == FAIL_TRUNCATED ? length / 2 : length;
}

static void respond_result(struct api_request *request, json_t *result)
{
    auto_json json_t *body = json_pack("{s:b,s:o}", "ok", 1, "result", result);
    if (request->call.success_text)
        json_object_set_new(body, "description", json_string(request->call.success_text));
    const char *text = json_text(request->arena, body);
    web_respond(request->token,
                &(struct web_response){.status = 200,
                                       .content_type = "application/json",
                                       .body = text,
                                       .body_length = answered_length(request, strlen(text))});
}

static void respond_dropped(struct api_request *request)
{
    web_respond(request->token, &(struct web_response){.drop_connection = true});
}

static void request_free(struct api_request *request)
{
    struct arena *arena = request->arena;
    params_free(&request->call.params);
    arena_free(&arena); /* the request itself is in it */
}

static void download_run(struct sandbox *sandbox, struct api_request *request)
{
    struct call *call = &request->call;
    const struct file *file = file_find_path(sandbox, call->bot->id, params_text(&call->params, "file_path"));
    call->now_ms = clock_now_ms();
    if (!file)
        fail(call, 404, 0, "Not Found");
    log_call(call, file != NULL, "http");
    if (request->answers == FAIL_DROP_AFTER)
        respond_dropped(request);
    else if (file)
        file_respond(file, answered_length(request, file->length), request->token);
    else
        respond_error(request, call);
    request_free(request);
}

static void request_run(struct sandbox *sandbox, void *data)
{
    struct api_request *request = data;
    if (request->is_download) {
        download_run(sandbox, request);
        return;
    }
    json_t *result = NULL;
    bool ok = run(&request->call, &result);
    log_call(&request->call, ok, "http");
    if (request->answers == FAIL_DROP_AFTER) {
        json_decref(result);
        respond_dropped(request);
    } else if (ok) {
        respond_result(request, result);
    } else {
        respond_error(request, &request->call);
    }
    request_free(request);
}

/* A reset or the end came while the request waited. */
static void request_cancel(void *data)
{
    struct api_request *request = data;
    respond_dropped(request);
    request_free(request);
}

/* What a failure answers instead of acting. */
static void refuse(struct api_request *request, const struct failure_hit *hit)
{
    struct call *call = &request->call;
    static const char page[] =
        "<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>\n";
    call->now_ms = clock_now_ms();
    switch (hit->mode) {
    case FAIL_TOO_MANY:
        fail(call, 429, hit->retry_after,
             arena_printf(call->arena, "Too Many Requests: retry after %d", hit->retry_after));
        break;
    case FAIL_DROP_BEFORE:
        fail(call, 0, 0, "the connection was dropped before acting");
        break;
    case FAIL_HTML:
        fail(call, hit->status, 0, "a page of HTML was answered");
        break;
    default:
        fail(call, hit->status, 0, hit->status < 500 ? "Refused by the sandbox" : "Internal Server Error");
        break;
    }
    log_call(call, false, "http");
    if (hit->mode == FAIL_DROP_BEFORE)
        respond_dropped(request);
    else if (hit->mode == FAIL_HTML)
        web_respond(request->token, &(struct web_response){.status = hit->status,
                                                           .content_type = "text/html",
                                                           .body = page,
                                                           .body_length = sizeof page - 1});
    else
        respond_error(request, call);
    request_free(request);
}

static void request_begin(struct api_request *request)
{
    struct call *call = &request->call;
    struct failure_hit hit =
        failure_take(call->sandbox, FAIL_TELEGRAM, call->bot->id, NULL, call->method, call_chat_id(call));
    switch (hit.mode) {
    case FAIL_SLOW:
        later_call(call->sandbox, hit.delay_ms, request_run, request, request_cancel);
        break;
    case FAIL_NOTHING:
        request_run(call->sandbox, request);
        break;
    case FAIL_DROP_AFTER:
    case FAIL_EMPTY:
    case FAIL_TRUNCATED:
        request->answers = hit.mode;
        request_run(call->sandbox, request);
        break;
    default:
        refuse(request, &hit);
        break;
    }
}

static void respond_plain_error(struct web_request *request, int code, const char *description)
{
    char text[200];
    snprintf(text, sizeof text, "{\"ok\":false,\"error_code\":%d,\"description\":\"%s\"}", code, description);
    web_respond_json(request->token, code, text);
}

/* "{token}/{the rest}"; NULL where it is not that. */
static struct bot *split(struct sandbox *sandbox, struct arena *arena, const char *rest,
                         const char **token_out, const char **name_out)
{
    const char *slash = strchr(rest, '/');
    if (!slash || slash[1] == '\0' || !str_is_utf8(slash, strlen(slash)))
        return NULL;
    const char *token = arena_memdup(arena, rest, (size_t)(slash - rest));
    struct bot *bot = bot_of_token(sandbox, token);
    *token_out = token;
    *name_out = arena_strdup(arena, slash + 1);
    return bot;
}

void telegram_on_request(struct web_request *web, void *context)
{
    struct sandbox *sandbox = context;
    struct arena *arena = arena_new();
    struct api_request *request = ARENA_NEW(arena, struct api_request);
    const char *token = NULL, *name = NULL;
    struct bot *bot = split(sandbox, arena, web->rest, &token, &name);
    struct error err = {0};
    *request = (struct api_request){.arena = arena, .token = web->token};
    request->call = (struct call){.sandbox = sandbox, .bot = bot, .arena = arena, .method = name};

    if (!bot || bot_token_is_revoked(sandbox, token)) {
        if (bot) {
            params_of_json(arena, NULL, &request->call.params);
            request->call.now_ms = clock_now_ms();
            fail(&request->call, 401, 0, "Unauthorized");
            log_call(&request->call, false, "http");
            params_free(&request->call.params);
        }
        respond_plain_error(web, bot ? 401 : 404, bot ? "Unauthorized" : "Not Found");
        arena_free(&arena);
        return;
    }
    /* A call may have to wait: it needs a body of its own. */
    const char *body = arena_memdup(arena, web->body, web->body_length);
    if (!params_parse(arena, web_header(web, "content-type"), web->query, body, web->body_length,
                      &request->call.params, &err)) {
        params_of_json(arena, NULL, &request->call.params);
        request->call.now_ms = clock_now_ms();
        call_bug(&request->call, "%s", err.text);
        log_call(&request->call, false, "http");
        respond_error(request, &request->call);
        request_free(request);
        return;
    }
    request_begin(request);
}

void telegram_on_file(struct web_request *web, void *context)
{
    struct sandbox *sandbox = context;
    struct arena *arena = arena_new();
    struct api_request *request = ARENA_NEW(arena, struct api_request);
    const char *token = NULL, *path = NULL;
    struct bot *bot = split(sandbox, arena, web->rest, &token, &path);
    if (!bot || bot_token_is_revoked(sandbox, token)) {
        respond_plain_error(web, bot ? 401 : 404, bot ? "Unauthorized" : "Not Found");
        arena_free(&arena);
        return;
    }
    auto_json json_t *params = json_pack("{s:s}", "file_path", path);
    *request = (struct api_request){.arena = arena, .token = web->token, .is_download = true};
    request->call = (struct call){.sandbox = sandbox, .bot = bot, .arena = arena, .method = DOWNLOAD};
    params_of_json(arena, params, &request->call.params);
    request_begin(request);
}

/* A webhook's reply that has to wait. */
struct reply {
    struct bot *bot;
    char *method;
    json_t *object;
    bool act;
    struct failure_hit hit;
};

static void reply_free(void *data)
{
    struct reply *reply = data;
    json_decref(reply->object);
    free(reply->method);
    free(reply);
}

static void reply_run(struct sandbox *sandbox, void *data)
{
    struct reply *reply = data;
    auto_arena struct arena *arena = arena_new();
    struct call call = {.sandbox = sandbox, .bot = reply->bot, .arena = arena, .now_ms = clock_now_ms()};
    call.method = reply->method;
    params_of_json(arena, reply->object, &call.params);
    json_t *result = NULL;
    bool ok = false;
    if (reply->act)
        ok = run(&call, &result);
    else if (reply->hit.mode == FAIL_TOO_MANY)
        fail(&call, 429, reply->hit.retry_after,
             arena_printf(arena, "Too Many Requests: retry after %d", reply->hit.retry_after));
    else
        fail(&call, reply->hit.status, 0, "Refused by the sandbox");
    log_call(&call, ok, "webhook-reply");
    json_decref(result);
    params_free(&call.params);
    reply_free(reply);
}

void telegram_run_reply(struct sandbox *sandbox, struct bot *bot, const char *name, json_t *object)
{
    const struct method *method = method_find(name);
    if (method && method->not_in_reply)
        return;
    int64_t chat = 0;
    json_get_int(object, "chat_id", &chat);
    struct reply *reply = xcalloc(1, sizeof *reply);
    *reply = (struct reply){.bot = bot, .method = xstrdup(name), .object = json_incref(object)};
    reply->hit = failure_take(sandbox, FAIL_TELEGRAM, bot->id, NULL, name, chat);
    reply->act = reply->hit.mode == FAIL_NOTHING || reply->hit.mode == FAIL_SLOW ||
                 reply->hit.mode == FAIL_DROP_AFTER || reply->hit.mode == FAIL_EMPTY ||
                 reply->hit.mode == FAIL_TRUNCATED; /* there is no connection to drop, and no answer */
    if (reply->hit.mode == FAIL_SLOW)
        later_call(sandbox, reply->hit.delay_ms, reply_run, reply, reply_free);
    else
        reply_run(sandbox, reply);
}
