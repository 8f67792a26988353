#include "keyboard.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"

enum {
    MOST_BUTTONS = 100,
    MOST_IN_A_ROW_INLINE = 8,
    MOST_IN_A_ROW_REPLY = 12,
    MOST_REPLY_BUTTONS = 300,
    CALLBACK_BYTES = 64,
    COPY_CHARACTERS = 256,
    PLACEHOLDER_CHARACTERS = 64,
};

static bool check_data(const json_t *value, struct error *err)
{
    size_t length = json_string_length(value);
    if (!json_is_string(value) || length < 1 || length > CALLBACK_BYTES)
        return error_set(err, ERR_INVALID, "BUTTON_DATA_INVALID");
    return true;
}

static bool is_host_character(char c)
{
    return c == '-' || c == '.' || c == ':' || c == '[' || c == ']' || (c >= '0' && c <= '9') ||
           ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (unsigned char)c >= 0x80;
}

/* An http address with a host, or a tg:// one. Telegram wants a dot in the host; the sandbox's own machine is
 * let through as well, because the pay page lives there. */
static bool is_url(const char *url)
{
    if (str_starts_with(url, "tg://"))
        return url[5] != '\0';
    const char *scheme = strstr(url, "://");
    if (scheme && !str_starts_with(url, "http://") && !str_starts_with(url, "https://"))
        return false;
    const char *host = scheme ? scheme + 3 : url;
    size_t length = strcspn(host, "/?#");
    bool dot = memchr(host, '.', length) != NULL || strncmp(host, "localhost", 9) == 0 || host[0] == '[';
    for (size_t i = 0; i < length; i++)
        if (!is_host_character(host[i]))
            return false;
    return dot && !strpbrk(url, " \t\n\r") && strlen(url) <= 2048;
}

static bool check_url(const json_t *value, struct error *err)
{
    const char *url = json_string_value(value);
    if (!url || !is_url(url))
        return error_set(err, ERR_INVALID, "inline keyboard button URL '%.200s' is invalid: Wrong HTTP URL",
                         url ? url : "");
    return true;
}

static bool check_copy(const json_t *value, struct error *err)
{
    const char *text;
    if (!json_get_string(value, "text", &text))
        return error_set(
            err, ERR_INVALID,
            "can't parse inline keyboard button: Field \"copy_text\" must be of type Object with a text");
    size_t length = str_utf16_length(text);
    if (length < 1 || length > COPY_CHARACTERS)
        return error_set(err, ERR_INVALID, "BUTTON_COPY_TEXT_INVALID");
    return true;
}

static bool check_text(const json_t *value, struct error *err)
{
    return json_is_string(value) ||
           error_set(err, ERR_INVALID, "can't parse inline keyboard button: must be a String");
}

static bool check_object(const json_t *value, struct error *err)
{
    return json_is_object(value) ||
           error_set(err, ERR_INVALID, "can't parse inline keyboard button: must be an Object");
}

static bool check_true(const json_t *value, struct error *err)
{
    return json_is_boolean(value) ||
           error_set(err, ERR_INVALID, "can't parse inline keyboard button: must be of type Boolean");
}

/* A button does exactly one of these. */
static const struct {
    const char *name;
    bool (*check)(const json_t *value, struct error *err);
} actions[] = {
    {"callback_data", check_data},
    {"url", check_url},
    {"copy_text", check_copy},
    {"switch_inline_query", check_text},
    {"switch_inline_query_current_chat", check_text},
    {"switch_inline_query_chosen_chat", check_object},
    {"web_app", check_object},
    {"login_url", check_object},
    {"callback_game", check_object},
    {"pay", check_true},
};

static bool check_style(const json_t *button, struct error *err)
{
    const json_t *style = json_object_get(button, "style");
    const char *name = json_string_value(style);
    if (!style || str_equal(name, "danger") || str_equal(name, "success") || str_equal(name, "primary"))
        return true;
    return error_set(err, ERR_INVALID, "BUTTON_STYLE_INVALID");
}

static bool check_inline_button(const json_t *button, struct error *err)
{
    const char *text;
    if (!json_is_object(button))
        return error_set(err, ERR_INVALID,
                         "can't parse inline keyboard button: InlineKeyboardButton must be an Object");
    if (!json_get_string(button, "text", &text))
        return error_set(err, ERR_INVALID, "can't parse inline keyboard button: Can't find field \"text\"");
    if (text[strspn(text, " \t\n")] == '\0')
        return error_set(err, ERR_INVALID, "inline keyboard button text must be non-empty");
    int count = 0;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        const json_t *value = json_object_get(button, actions[i].name);
        if (!value)
            continue;
        count++;
        if (!actions[i].check(value, err))
            return false;
    }
    if (count == 0)
        return error_set(
            err, ERR_INVALID,
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
    if (count > 1)
        return error_set(
            err, ERR_INVALID,
            "can't parse inline keyboard button: exactly one of the optional fields must be used");
    return check_style(button, err);
}

static bool check_reply_button(const json_t *button, struct error *err)
{
    const char *text = json_string_value(button);
    if (!text && !json_get_string(button, "text", &text))
        return error_set(err, ERR_INVALID, "can't parse keyboard button: Can't find field \"text\"");
    if (text[strspn(text, " \t\n")] == '\0')
        return error_set(err, ERR_INVALID, "keyboard button text must be non-empty");
    return json_is_string(button) || check_style(button, err);
}

static bool check_rows(json_t *rows, size_t most_in_a_row, size_t most,
                       bool (*check)(const json_t *button, struct error *err), size_t *count_out,
                       struct error *err)
{
    size_t count = 0, i, j;
    json_t *row, *button;
    if (!json_is_array(rows))
        return error_set(err, ERR_INVALID,
                         "can't parse reply keyboard markup JSON object: rows must be an Array");
    json_array_foreach(rows, i, row)
    {
        if (!json_is_array(row))
            return error_set(
                err, ERR_INVALID,
                "can't parse reply keyboard markup JSON object: a row must be an Array of buttons");
        if (json_array_size(row) > most_in_a_row)
            return error_set(err, ERR_INVALID, "REPLY_MARKUP_TOO_LONG");
        json_array_foreach(row, j, button)
        {
            count++;
            if (!check(button, err))
                return false;
        }
    }
    if (count > most)
        return error_set(err, ERR_INVALID, "REPLY_MARKUP_TOO_LONG");
    *count_out = count;
    return true;
}

static bool check_reply_keyboard(json_t *json, struct markup *markup, struct error *err)
{
    size_t count;
    const char *placeholder;
    markup->reply_rows = json_object_get(json, "keyboard");
    if (!check_rows(markup->reply_rows, MOST_IN_A_ROW_REPLY, MOST_REPLY_BUTTONS, check_reply_button, &count,
                    err))
        return false;
    if (count == 0)
        return error_set(err, ERR_INVALID, "reply keyboard markup must have at least one button");
    if (json_get_string(json, "input_field_placeholder", &placeholder) &&
        (*placeholder == '\0' || str_utf16_length(placeholder) > PLACEHOLDER_CHARACTERS))
        return error_set(err, ERR_INVALID, "INPUT_FIELD_PLACEHOLDER_INVALID");
    json_get_bool(json, "one_time_keyboard", &markup->one_time);
    return true;
}

bool keyboard_check(json_t *json, bool inline_only, struct markup *markup_out, struct error *err)
{
    struct markup markup = {.given = json != NULL};
    if (!json) {
        *markup_out = markup;
        return true;
    }
    bool force_reply = false;
    if (json_object_get(json, "inline_keyboard")) {
        size_t count;
        json_t *rows = json_object_get(json, "inline_keyboard");
        if (!check_rows(rows, MOST_IN_A_ROW_INLINE, MOST_BUTTONS, check_inline_button, &count, err))
            return false;
        markup.is_inline = true;
        markup.inline_rows = count > 0 ? rows : NULL;
    } else if (inline_only) {
        if (json_object_size(json) > 0)
            return error_set(err, ERR_INVALID, "inline keyboard expected");
        markup.is_inline = true;
    } else if (json_object_get(json, "keyboard")) {
        if (!check_reply_keyboard(json, &markup, err))
            return false;
    } else if (json_get_bool(json, "remove_keyboard", &markup.remove_keyboard)) {
        if (!markup.remove_keyboard)
            return error_set(err, ERR_INVALID, "remove_keyboard must be True");
    } else if (!json_get_bool(json, "force_reply", &force_reply) && json_object_size(json) > 0) {
        return error_set(err, ERR_INVALID, "object expected as reply markup");
    }
    *markup_out = markup;
    return true;
}
