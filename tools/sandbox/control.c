#include "control.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot.h"
#include "file.h"
#include "params.h"
#include "sandbox.h"

bool control_int(struct control *control, const char *name, int64_t *value_out)
{
    return json_get_int(control->body, name, value_out) ||
           error_set(&control->err, ERR_INVALID, "%s must be an integer", name);
}

bool control_bot(struct control *control, struct bot **bot_out)
{
    int64_t id;
    if (!control_int(control, "bot", &id))
        return false;
    struct bot *bot = bot_find(control->sandbox, id);
    if (!bot)
        return error_set(&control->err, ERR_INVALID, "there is no bot %lld", (long long)id);
    *bot_out = bot;
    return true;
}

static const json_t *given(const struct control *control, const char *name)
{
    const json_t *value = json_object_get(control->body, name);
    return json_is_null(value) ? NULL : value;
}

bool control_may_int(struct control *control, const char *name, int64_t least, int64_t most,
                     int64_t *value_out)
{
    const json_t *value = given(control, name);
    if (!value)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most)
        return error_set(&control->err, ERR_INVALID, "%s must be an integer from %lld to %lld", name,
                         (long long)least, (long long)most);
    *value_out = json_integer_value(value);
    return true;
}

bool control_may_bool(struct control *control, const char *name, bool *value_out)
{
    const json_t *value = given(control, name);
    if (value && !json_is_boolean(value))
        return error_set(&control->err, ERR_INVALID, "%s must be true or false", name);
    if (value)
        *value_out = json_is_true(value);
    return true;
}

bool control_may_text(struct control *control, const char *name, const char **value_out)
{
    const json_t *value = given(control, name);
    if (value && !json_get_string(control->body, name, value_out))
        return error_set(&control->err, ERR_INVALID, "%s must be a text", name);
    return true;
}

int64_t control_query_int(struct control *control, const char *name, int64_t otherwise)
{
    const char *text = params_query(control->arena, control->query, name);
    int64_t value;
    return text && str_to_int64(text, &value) ? value : otherwise;
}

static void respond(struct arena *arena, struct web_token *token, int status, const json_t *json)
{
    const char *text = json_text(arena, json);
    web_respond(token, &(struct web_response){.status = status,
                                              .content_type = "application/json",
                                              .body = text,
                                              .body_length = strlen(text),
                                              .extra_name = "cache-control",
                                              .extra_value = "no-store"});
}

static void respond_error(struct arena *arena, struct web_token *token, int status, const char *text)
{
    auto_json json_t *json = json_object();
    json_t *reason = json_string(text);
    json_object_set_new(json, "error", reason ? reason : json_string("the request is not UTF-8"));
    respond(arena, token, status, json);
}

static const struct control_route *route_find(const char *method, const char *name, bool *known_out)
{
    static const struct control_route *const tables[] = {control_state_table, control_chat_table,
                                                         control_people_table, control_pay_table,
                                                         control_managed_table};
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    *known_out = false;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const struct control_route *route = tables[i]; route->name; route++) {
            if (strcmp(route->name, name) != 0)
                continue;
            *known_out = true;
            if (strcmp(route->http_method, method) == 0)
                return route;
        }
    }
    return NULL;
}

static bool read_body(struct control *control, const struct web_request *web)
{
    if (web->body_length == 0) {
        control->body = json_object();
        return true;
    }
    if (!json_parse(web->body, web->body_length, &control->body, &control->err))
        return false;
    return json_is_object(control->body) ||
           error_set(&control->err, ERR_INVALID, "the body must be a JSON object");
}

void control_on_request(struct web_request *web, void *context)
{
    auto_arena struct arena *arena = arena_new();
    bool known;
    const struct control_route *route = route_find(web->method, web->rest, &known);
    if (!web_peer_is_loopback(web)) {
        respond_error(arena, web->token, 403, "loopback only");
        return;
    }
    if (!route) {
        respond_error(arena, web->token, known ? 405 : 404, known ? "method not allowed" : "no such address");
        return;
    }
    struct control control = {.sandbox = context, .arena = arena, .query = web->query, .token = web->token};
    json_t *answer = NULL;
    bool good = read_body(&control, web) && route->fn(&control, &answer);
    if (!good)
        respond_error(arena, web->token, 400, control.err.text);
    else if (control.token)
        respond(arena, control.token, 200, answer);
    json_decref(answer);
    json_decref(control.body);
}

void control_on_file(struct web_request *web, void *context)
{
    struct sandbox *sandbox = context;
    const struct file *file = table_get(&sandbox->files, web->rest);
    if (file)
        file_respond(file, file->length, web->token);
    else
        web_respond_text(web->token, 404, "not found\n");
}
