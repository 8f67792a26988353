/*
 * Keyboards as JSON, built row by row. An inline button's data must fit Telegram's 64 bytes: an assertion
 * guards it.
 *
 * A keyboard that was begun must be ended by keyboard_inline(), keyboard_reply() or keyboard_drop(). Rows
 * without buttons are left out. A label or text that is not UTF-8 is shown as "…" rather than failing.
 */
#pragma once

#include <jansson.h>

/* The colour of an inline button (Bot API `style`). */
enum button_style { STYLE_NONE, STYLE_PRIMARY, STYLE_SUCCESS, STYLE_DANGER };

struct keyboard {
    json_t *rows;
    json_t *row;
};

void keyboard_begin(struct keyboard *keyboard);
/* Following buttons go to a new row. */
void keyboard_row(struct keyboard *keyboard);
/* An inline button that sends its data (1-64 bytes) back as a callback query. */
void keyboard_data(struct keyboard *keyboard, const char *label, enum button_style style,
                   const char *data_format, ...) __attribute__((format(printf, 4, 5)));
void keyboard_url(struct keyboard *keyboard, const char *label, const char *url);
/* CopyTextButton; left out where the text has not 1-256 characters, as Telegram would refuse the message. */
void keyboard_copy(struct keyboard *keyboard, const char *label, const char *text);
/* A button of a reply keyboard. */
void keyboard_text(struct keyboard *keyboard, const char *label);
/* {"inline_keyboard": …} or {"keyboard": …, "resize_keyboard": true, "is_persistent": true}; the caller owns
 * the result, the keyboard is empty afterwards. */
json_t *keyboard_inline(struct keyboard *keyboard);
json_t *keyboard_reply(struct keyboard *keyboard);
/* Forgets what was built. */
void keyboard_drop(struct keyboard *keyboard);
