#include "desk.h"

#include <string.h>

#include "base/str.h"

enum { PEOPLE = 2 };

static struct {
    int64_t person;
    json_t *page;
} seats[PEOPLE];
static size_t seat;
static json_t *last_reply;

void desk_is(int64_t person)
{
    seat = 0;
    while (seat + 1 < PEOPLE && seats[seat].person && seats[seat].person != person)
        seat++;
    seats[seat].person = person;
}

static int64_t person(void)
{
    if (!seats[seat].person)
        desk_is(ADMIN);
    return seats[seat].person;
}

static const json_t *keep(const json_t *reply)
{
    json_decref(last_reply);
    last_reply = json_incref((json_t *)reply);
    if (!*talk_said(reply) || str_equal(talk_method(reply), "answerCallbackQuery"))
        return NULL;
    json_decref(seats[seat].page);
    seats[seat].page = json_incref((json_t *)reply);
    return seats[seat].page;
}

const json_t *desk_open(const char *data)
{
    return keep(talk_press(person(), "%s", data));
}

const char *desk_data(const char *label)
{
    size_t i, j;
    json_t *row, *button;
    const json_t *markup = json_object_get(seats[seat].page, "reply_markup");
    json_array_foreach(json_object_get(markup, "inline_keyboard"), i, row)
    {
        json_array_foreach(row, j, button)
        {
            if (str_starts_with(json_string_value(json_object_get(button, "text")), label))
                return json_string_value(json_object_get(button, "callback_data"));
        }
    }
    return NULL;
}

const json_t *desk_press(const char *label)
{
    const char *data = desk_data(label);
    if (!data)
        fail_msg("there is no button \"%s\" below \"%s\"", label, talk_said(seats[seat].page));
    char copy[65] = "";
    strncpy(copy, data, sizeof copy - 1);
    return desk_open(copy);
}

const json_t *desk_send(const char *text)
{
    return keep(talk_text(person(), text));
}

const json_t *desk_photo(const char *file_id)
{
    struct update update = talk_make_text(person(), NULL);
    update.photo_file_id = file_id;
    return keep(talk_update(&update));
}

const json_t *desk_document(const char *file_id, const char *name, int64_t size)
{
    struct update update = talk_make_text(person(), NULL);
    update.has_media = true;
    update.document_file_id = file_id;
    update.document_name = name;
    update.document_size = size;
    return keep(talk_update(&update));
}

void desk_says(const char *part)
{
    if (!strstr(talk_said(seats[seat].page), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(seats[seat].page));
}

void desk_says_not(const char *part)
{
    if (strstr(talk_said(seats[seat].page), part))
        fail_msg("\"%s\" is in \"%s\"", part, talk_said(seats[seat].page));
}
