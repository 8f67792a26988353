/*
 * The Bot API: /bot{token}/{method}. Each call is checked, played, logged and answered here; what a method
 * does is in the tables of the method_*.c files. What only a buggy bot would send is counted as malformed.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "bot.h"
#include "chat.h"
#include "file.h"
#include "keyboard.h"
#include "params.h"

struct sandbox;
struct web_request;
struct channel;

/* One call of a method. */
struct call {
    struct sandbox *sandbox;
    struct bot *bot;
    const char *method;
    struct arena *arena;
    struct params params;
    int64_t now_ms;
    /* Why it was refused. */
    int error_code;
    char *description;
    int retry_after;
    bool malformed;
    /* More for the log: the callback's chat, where the params name none. */
    int64_t chat;
    const char *success_text; /* "description" beside "result", or NULL */
};

/* Gives the result, the caller's; false where the call was refused. */
typedef bool method_fn(struct call *call, json_t **result_out);

struct method {
    const char *name;
    method_fn *fn;
    bool not_in_reply; /* ignored in a webhook's reply */
    bool sends;        /* counts against the limits on sending */
};

/* Ended by a method without a name. */
extern const struct method method_send_table[];
extern const struct method method_edit_table[];
extern const struct method method_copy_table[];
extern const struct method method_chat_table[];
extern const struct method method_webhook_table[];
extern const struct method method_info_table[];
extern const struct method method_managed_table[];

/* Refuses with 400 what only a buggy bot sends; always false. */
#define call_bug(call, ...)                                                                                  \
    __extension__({                                                                                          \
        call_refuse_bug((call), __VA_ARGS__);                                                                \
        false;                                                                                               \
    })
void call_refuse_bug(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with a lower layer's words. */
bool call_bug_error(struct call *call, const char *prefix, const struct error *err);
/* Refuses for the state things are in: 400 or 403. */
#define call_state(call, ...)                                                                                \
    __extension__({                                                                                          \
        call_refuse_state((call), __VA_ARGS__);                                                              \
        false;                                                                                               \
    })
void call_refuse_state(struct call *call, int error_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The chat of chat_id, where the bot may write. */
bool call_chat(struct call *call, struct chat **chat_out);
/* The chat of another parameter, whether or not the bot may write. */
bool call_chat_named(struct call *call, const char *name, struct chat **chat_out);
/* The channel or group of that parameter (an id, or "@name"); NULL where it is none. */
struct channel *call_channel(struct call *call, const char *name);
/* False, with the call refused, where the channel hides from the bot. */
bool call_may_see(struct call *call, const struct channel *channel);
/* The message of message_id in the chat. `missing` is what Telegram says where there is none. */
bool call_message(struct call *call, struct chat *chat, const char *missing, struct message **message_out);
bool call_markup(struct call *call, bool inline_only, struct markup *markup_out);

/* A text with its entities, as parsed. */
struct formatted {
    char *text;
    const char *html; /* as sent, in HTML mode */
    json_t *entities; /* freed with the call's params */
    size_t length;    /* UTF-16 units */
};
/* Reads `name`, parse_mode and `entities_name`; a missing text is empty. From the call's params or, where
 * `object` is not NULL, from that (an InputMedia). */
bool call_formatted(struct call *call, const json_t *object, const char *name, const char *entities_name,
                    struct formatted *formatted_out);
/* A text of 1 to 4096 characters; a caption of 0 to 1024. */
bool call_text(struct call *call, struct formatted *formatted_out);
bool call_caption(struct call *call, const json_t *object, struct formatted *formatted_out);

/* The file of a media parameter: uploaded, "attach://name", or a file_id. */
bool call_file(struct call *call, const char *name, const char *value, enum file_kind kind,
               struct file **file_out);

void telegram_on_request(struct web_request *request, void *context);
void telegram_on_file(struct web_request *request, void *context);
/* A call that came in a webhook's reply; `object` is borrowed. */
void telegram_run_reply(struct sandbox *sandbox, struct bot *bot, const char *method, json_t *object);
