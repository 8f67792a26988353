#include "chat.h"

#include <stdlib.h>
#include <string.h>

#include "bot.h"
#include "person.h"

struct chat *chat_find(const struct bot *bot, int64_t person)
{
    return table_get_id(&bot->chats, person);
}

struct chat *chat_get(struct bot *bot, struct person *person)
{
    struct chat *chat = chat_find(bot, person->id);
    if (!chat) {
        chat = xcalloc(1, sizeof *chat);
        chat->bot = bot;
        chat->person = person;
        chat->answers = json_array();
        table_set_id(&bot->chats, person->id, chat);
    }
    return chat;
}

static void message_free(struct message *message)
{
    free(message->text);
    free(message->html);
    free(message->qr);
    json_decref(message->entities);
    json_decref(message->extra);
    free(message->media_group);
    json_decref(message->inline_keyboard);
    json_decref(message->forward_origin);
    free(message);
}

struct message *chat_add(struct chat *chat, bool from_bot, int64_t now_ms)
{
    if (chat->count == 2 * MESSAGES_KEPT) { /* the older half goes, so that this is rare */
        for (size_t i = 0; i < MESSAGES_KEPT; i++)
            message_free(chat->messages[i]);
        chat->count -= MESSAGES_KEPT;
        memmove(chat->messages, chat->messages + MESSAGES_KEPT, chat->count * sizeof *chat->messages);
    }
    if (chat->count == chat->capacity) {
        chat->capacity = chat->capacity ? chat->capacity * 2 : 8;
        chat->messages = xrealloc(chat->messages, chat->capacity * sizeof *chat->messages);
    }
    struct message *message = xcalloc(1, sizeof *message);
    message->id = ++chat->bot->last_message_id;
    message->from_bot = from_bot;
    message->date = now_ms / 1000;
    chat->messages[chat->count++] = message;
    return message;
}

struct message *chat_message(const struct chat *chat, int64_t id)
{
    size_t low = 0, high = chat->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (chat->messages[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < chat->count && chat->messages[low]->id == id ? chat->messages[low] : NULL;
}

void message_set_text(struct message *message, const char *text, const char *html, json_t *entities)
{
    char *new_text = text ? xstrdup(text) : NULL;
    char *new_html = html ? xstrdup(html) : NULL;
    free(message->text);
    free(message->html);
    json_decref(message->entities);
    message->text = new_text;
    message->html = new_html;
    message->entities = json_incref(entities);
}

void message_set_keyboard(struct message *message, json_t *rows)
{
    json_decref(message->inline_keyboard);
    message->inline_keyboard = rows;
}

void chat_free(void *pointer)
{
    struct chat *chat = pointer;
    for (size_t i = 0; i < chat->count; i++)
        message_free(chat->messages[i]);
    free(chat->messages);
    json_decref(chat->reply_keyboard);
    json_decref(chat->answers);
    free(chat);
}
