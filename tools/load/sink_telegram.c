/* The Bot API: /bot{token}/{method}. Bodies are only searched, not parsed: the sink must cost next to
 * nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "sink.h"

enum { MOST_ANSWER = 512 };

struct call {
    struct sink *sink;
    struct web_request *request;
    int64_t bot, chat;
};

static void answer_true(struct call *call)
{
    web_respond_json(call->request->token, 200, "{\"ok\":true,\"result\":true}");
}

static void answer_message(struct call *call)
{
    char text[MOST_ANSWER];
    snprintf(text, sizeof text,
             "{\"ok\":true,\"result\":{\"message_id\":%" PRId64 ",\"from\":{\"id\":%" PRId64
             ",\"is_bot\":true,\"first_name\":\"Bench\"},\"chat\":{\"id\":%" PRId64
             ",\"type\":\"private\",\"first_name\":\"Bench\"},\"date\":%" PRId64 ",\"text\":\"-\"}}",
             call->sink->next_message++, call->bot, call->chat, clock_now_ms() / 1000);
    web_respond_json(call->request->token, 200, text);
}

static void answer_me(struct call *call)
{
    char text[MOST_ANSWER];
    snprintf(text, sizeof text,
             "{\"ok\":true,\"result\":{\"id\":%" PRId64
             ",\"is_bot\":true,\"first_name\":\"Bench\",\"username\":\"bench_%" PRId64 "_bot\"}}",
             call->bot, call->bot);
    web_respond_json(call->request->token, 200, text);
}

static struct sink_bot *need_bot(struct sink *sink, int64_t id)
{
    for (size_t i = 0; i < sink->bot_count; i++)
        if (sink->bots[i].id == id)
            return &sink->bots[i];
    sink->bots = xrealloc(sink->bots, (sink->bot_count + 1) * sizeof *sink->bots);
    struct sink_bot *bot = &sink->bots[sink->bot_count++];
    *bot = (struct sink_bot){.id = id};
    return bot;
}

static void set_webhook(struct call *call)
{
    struct sink_bot *bot = need_bot(call->sink, call->bot);
    struct error err;
    auto_json json_t *json = NULL;
    const char *url, *secret;
    if (!json_parse(call->request->body, call->request->body_length, &json, &err) ||
        !json_get_string(json, "url", &url) || !json_get_string(json, "secret_token", &secret)) {
        web_respond_json(call->request->token, 400,
                         "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request\"}");
        return;
    }
    snprintf(bot->url, sizeof bot->url, "%s", url);
    snprintf(bot->secret, sizeof bot->secret, "%s", secret);
    answer_true(call);
}

static void set_commands(struct call *call)
{
    need_bot(call->sink, call->bot)->registrations++;
    answer_true(call);
}

static const struct {
    const char *name;
    void (*answer)(struct call *call);
} methods[SINK_METHODS] = {
    {"answerCallbackQuery", answer_true},
    {"sendMessage", answer_message},
    {"editMessageText", answer_message},
    {"deleteMessage", answer_true},
    {"sendPhoto", answer_message},
    {"sendDocument", answer_message},
    {"editMessageCaption", answer_message},
    {"editMessageReplyMarkup", answer_message},
    {"getMe", answer_me},
    {"setWebhook", set_webhook},
    {"setMyCommands", set_commands},
};

json_t *sink_telegram_calls(const struct sink *sink)
{
    json_t *json = json_object();
    for (size_t i = 0; i < SINK_METHODS && methods[i].name; i++)
        json_object_set_new(json, methods[i].name, json_integer(sink->calls[i]));
    json_object_set_new(json, "other", json_integer(sink->other_calls));
    return json;
}

/* In JSON as the server writes it, or in a form's part; 0 where there is none. */
static int64_t chat_of(const struct web_request *request)
{
    static const char *const names[] = {"\"chat_id\":", "name=\"chat_id\"\r\n\r\n"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *at = memmem(request->body, request->body_length, names[i], strlen(names[i]));
        if (at)
            return strtoll(at + strlen(names[i]), NULL, 10); /* a NUL stands behind the body */
    }
    return 0;
}

static void note_arrival(struct call *call)
{
    struct sink *sink = call->sink;
    if (!memmem(call->request->body, call->request->body_length, sink->marker, strlen(sink->marker)))
        return;
    int64_t at_us = clock_mono_us();
    sink->arrivals = xrealloc(sink->arrivals, (sink->arrival_count + 1) * sizeof *sink->arrivals);
    sink->arrivals[sink->arrival_count++] = (struct sink_arrival){call->bot, call->chat, at_us};
}

void sink_telegram(struct web_request *request, void *context)
{
    struct call call = {.sink = context, .request = request, .bot = strtoll(request->rest, NULL, 10)};
    const char *slash = strchr(request->rest, '/');
    const char *name = slash ? slash + 1 : "";
    for (size_t i = 0; i < SINK_METHODS && methods[i].name; i++) {
        if (strcmp(methods[i].name, name) != 0)
            continue;
        call.sink->calls[i]++;
        if (methods[i].answer == answer_message) {
            call.chat = chat_of(request);
            note_arrival(&call);
        }
        methods[i].answer(&call);
        return;
    }
    call.sink->other_calls++;
    answer_true(&call);
}
