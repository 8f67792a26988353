#include "telegram/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "telegram/transport.h"
#include "telegram/upload.h"

void call_list_init(struct call_list *list)
{
    *list = (struct call_list){.tail = &list->head};
}

void call_list_add(struct call_list *list, struct call *call)
{
    call->next = NULL;
    *list->tail = call;
    list->tail = &call->next;
    list->count++;
}

struct call *call_list_take(struct call_list *list)
{
    struct call *call = list->head;
    if (!call)
        return NULL;
    list->head = call->next;
    if (!list->head)
        list->tail = &list->head;
    list->count--;
    call->next = NULL;
    return call;
}

bool call_is_row(const struct call *call)
{
    return call->report.id != 0;
}

void call_free(struct call *call)
{
    if (call) {
        json_decref(call->report.result);
        free(call);
    }
}

/* A call with everything it points to in one piece of memory; the body is left for the caller to fill. */
static struct call *make(struct lane_store *store, const char *method, const char *effect, size_t length,
                         char **body_out)
{
    size_t method_size = strlen(method) + 1, effect_size = effect ? strlen(effect) + 1 : 0;
    struct call *call = xcalloc(1, sizeof(*call) + method_size + effect_size + length + 1);
    char *at = (char *)(call + 1);
    call->store = store;
    call->method = memcpy(at, method, method_size);
    at += method_size;
    if (effect)
        call->report.effect = memcpy(at, effect, effect_size);
    at += effect_size;
    call->body = at;
    call->length = length;
    *body_out = at;
    return call;
}

static struct call *make_json(struct lane_store *store, const char *method, const char *effect,
                              int64_t chat_id, const json_t *params)
{
    /* Most bodies fit the first try; the room in front is for chat_id, put in place of the opening brace. */
    char first[2048], prefix[48];
    const char *text = first;
    auto_freep char *longer = NULL;
    size_t length = 2;
    if (params) {
        length = json_dumpb(params, first, sizeof(first), JSON_COMPACT);
        if (length > sizeof(first)) {
            longer = xcalloc(1, length);
            json_dumpb(params, longer, length, JSON_COMPACT);
            text = longer;
        }
    }
    if (!params || length < 2)
        length = 2, text = "{}";
    size_t prefix_length = 0;
    if (chat_id != 0)
        prefix_length = (size_t)snprintf(prefix, sizeof(prefix), "{\"chat_id\":%lld%s", (long long)chat_id,
                                         length > 2 ? "," : "");
    size_t skip = prefix_length > 0 ? 1 : 0;
    char *body;
    struct call *call = make(store, method, effect, prefix_length + length - skip, &body);
    memcpy(body, prefix, prefix_length);
    memcpy(body + prefix_length, text + skip, length - skip);
    return call;
}

static struct call *make_form(struct lane_store *store, const struct outbox_message *message)
{
    auto_arena struct arena *arena = arena_new();
    struct str text;
    struct error err;
    char *body;
    if (!upload_body(arena, message, &text, &err)) {
        struct call *call = make(store, message->method, message->effect, 0, &body);
        call->body = NULL;
        call->report.verdict = OUTBOX_VERDICT_REFUSED;
        snprintf(call->report.error, sizeof(call->report.error), "%.150s", err.text);
        return call;
    }
    struct call *call = make(store, message->method, message->effect, text.length, &body);
    memcpy(body, text.text, text.length);
    call->is_form = true;
    return call;
}

struct call *call_for_message(struct lane_store *store, const struct outbox_message *message)
{
    struct call *call;
    if (message->attachment == ATTACH_NONE)
        call = make_json(store, message->method, message->effect, message->chat_id, message->params);
    else
        call = make_form(store, message);
    call->report.id = message->id;
    call->report.chat_id = message->chat_id;
    call->report.effect_ref = message->effect_ref;
    call->report.keep = message->keep;
    call->report.bulk = message->bulk;
    call->report.attempts = message->attempts;
    if (!transport_is_method(message->method)) {
        call->body = NULL;
        call->report.verdict = OUTBOX_VERDICT_REFUSED;
        snprintf(call->report.error, sizeof(call->report.error), "the method's name is not a word");
    }
    return call;
}

int64_t call_chat_of(const json_t *params)
{
    int64_t chat_id = 0;
    json_get_int(params, "chat_id", &chat_id);
    return chat_id;
}

struct call *call_expendable(struct lane_store *store, const char *method, const json_t *params)
{
    struct call *call = make_json(store, method, NULL, 0, params);
    call->report.chat_id = call_chat_of(params);
    return call;
}
