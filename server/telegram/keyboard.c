#include "telegram/keyboard.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"

enum { MOST_DATA_BYTES = 64, MOST_COPY_CHARACTERS = 256 };

static const char *const style_names[] = {
    [STYLE_PRIMARY] = "primary",
    [STYLE_SUCCESS] = "success",
    [STYLE_DANGER] = "danger",
};

static json_t *text_or_dots(const char *text)
{
    json_t *json = json_string(text);
    return json ? json : json_string("…");
}

static void end_row(struct keyboard *keyboard)
{
    if (keyboard->row && json_array_size(keyboard->row) > 0)
        json_array_append(keyboard->rows, keyboard->row);
    json_decref(keyboard->row);
    keyboard->row = NULL;
}

/* A new button in the current row; borrowed. */
static json_t *add_button(struct keyboard *keyboard, const char *label)
{
    if (!keyboard->row)
        keyboard->row = json_array();
    json_t *button = json_object();
    json_object_set_new(button, "text", text_or_dots(label));
    json_array_append_new(keyboard->row, button);
    return button;
}

void keyboard_begin(struct keyboard *keyboard)
{
    keyboard->rows = json_array();
    keyboard->row = NULL;
}

void keyboard_row(struct keyboard *keyboard)
{
    end_row(keyboard);
}

void keyboard_data(struct keyboard *keyboard, const char *label, enum button_style style,
                   const char *data_format, ...)
{
    char data[MOST_DATA_BYTES + 1];
    va_list args;
    va_start(args, data_format);
    int length = vsnprintf(data, sizeof(data), data_format, args);
    va_end(args);
    assert(length >= 1 && length <= MOST_DATA_BYTES);
    json_t *button = add_button(keyboard, label);
    json_object_set_new(button, "callback_data", text_or_dots(data));
    if (style != STYLE_NONE)
        json_object_set_new(button, "style", json_string(style_names[style]));
}

void keyboard_url(struct keyboard *keyboard, const char *label, const char *url)
{
    json_object_set_new(add_button(keyboard, label), "url", text_or_dots(url));
}

void keyboard_copy(struct keyboard *keyboard, const char *label, const char *text)
{
    size_t length = str_utf16_length(text);
    if (length < 1 || length > MOST_COPY_CHARACTERS)
        return;
    json_t *copy = json_object();
    json_object_set_new(copy, "text", text_or_dots(text));
    json_object_set_new(add_button(keyboard, label), "copy_text", copy);
}

void keyboard_text(struct keyboard *keyboard, const char *label)
{
    add_button(keyboard, label);
}

static json_t *take_rows(struct keyboard *keyboard)
{
    end_row(keyboard);
    json_t *rows = keyboard->rows;
    keyboard->rows = NULL;
    return rows;
}

json_t *keyboard_inline(struct keyboard *keyboard)
{
    json_t *markup = json_object();
    json_object_set_new(markup, "inline_keyboard", take_rows(keyboard));
    return markup;
}

json_t *keyboard_reply(struct keyboard *keyboard)
{
    json_t *markup = json_object();
    json_object_set_new(markup, "keyboard", take_rows(keyboard));
    json_object_set_new(markup, "resize_keyboard", json_true());
    json_object_set_new(markup, "is_persistent", json_true());
    return markup;
}

void keyboard_drop(struct keyboard *keyboard)
{
    json_decref(keyboard->row);
    json_decref(keyboard->rows);
    *keyboard = (struct keyboard){0};
}
