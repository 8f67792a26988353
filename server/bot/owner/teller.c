/* The owners are told of alerts: by the outbox, or, while the database is away, directly. */
#include "base/json.h"
#include "base/log.h"
#include "bot/outgoing.h"
#include "bot/owner/hop.h"
#include "bot/owner/owner.h"
#include "bot/owner/screens.h"
#include "bot/owner/words.h"
#include "telegram/api.h"

static struct lane_store *the_server; /* for what goes out without a lane */

bool owner_send(struct work *work, const char *html, json_t *keyboard, struct error *err)
{
    auto_json json_t *owned = keyboard;
    for (size_t i = 0; i < work->tenant->owners.count; i++) {
        const struct outbox_message message = {.chat_id = work->tenant->owners.items[i],
                                               .method = "sendMessage",
                                               .params = page_message(work, html, json_incref(owned)),
                                               .keep = true};
        if (!outbox_add(work, &message, err))
            return error_context(err, "owners");
    }
    return true;
}

static json_t *keyboard_of(struct work *work, const struct alert_row *row, enum alert_telling why)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (why != ALERT_TELL_RECOVERED) {
        keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_OWNER_ALERT_ACK), STYLE_NONE, "oak:%lld",
                      (long long)row->id);
        keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_OWNER_ALERT_MUTE), STYLE_NONE, "oai:%lld",
                      (long long)row->id);
    }
    keyboard_row(&keyboard);
    if (row->store)
        keyboard_data(&keyboard, say(work, TEXT_BUTTON_OWNER_STORE, TEXT_VALUES(TV("toko", row->store))),
                      STYLE_NONE, "ot:%s", row->store);
    else
        keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_OWNER_MENU), STYLE_NONE, "ad");
    return keyboard_inline(&keyboard);
}

static bool tell(struct work *work, const struct alert_row *row, enum alert_telling why, struct error *err)
{
    return owner_send(work, words_message(work, row, why), keyboard_of(work, row, why), err);
}

static bool tell_digest(struct work *work, const struct alert_digest *digest, struct error *err)
{
    json_t *keyboard = say_button(work, TEXT_BUTTON_OWNER_ALERTS_ALL, "oa");
    return owner_send(work, words_digest(work, digest), keyboard, err);
}

/* --- directly --- */

static bool tell_one(const struct tenant *server, const char *text, int64_t owner_id)
{
    struct error err;
    auto_json json_t *result = NULL;
    auto_json json_t *params =
        json_pack("{s:I, s:s, s:s}", "chat_id", (json_int_t)owner_id, "text", text, "parse_mode", "HTML");
    if (telegram_call(telegram_base(), server->token, "sendMessage", params, &result, NULL, &err))
        return true;
    log_warn(NULL, "owner %lld was not told: %s", (long long)owner_id, err.text);
    return false;
}

static bool tell_directly(enum alert_telling why, int64_t away_ms)
{
    auto_tenant const struct tenant *server = lane_store_tenant(the_server);
    if (!server || !server->token)
        return true; /* there is nobody */
    auto_arena struct arena *arena = arena_new();
    enum text_key key = why == ALERT_TELL_RECOVERED ? TEXT_OWNER_ALERT_BACK : TEXT_OWNER_ALERT_AWAY;
    const char *seconds = arena_printf(arena, "%lld", (long long)(away_ms / 1000));
    const char *text =
        text_render(say_texts(), server->language, key, arena, TEXT_VALUES(TV("lama", seconds)));
    bool told = false;
    for (size_t i = 0; i < server->owners.count; i++)
        told = tell_one(server, text, server->owners.items[i]) || told;
    return told;
}

const struct alert_teller owner_alert_teller = {
    .tell = tell, .tell_digest = tell_digest, .tell_directly = tell_directly};

void owner_start(const struct owner_options *options)
{
    the_server = lanes_server_store(options->lanes);
    hop_use_lanes(options->lanes);
    summary_set_time(options->summary_at);
    backing_use(&options->backups);
}
