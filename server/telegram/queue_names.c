#include "telegram/queue_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "telegram/transport.h"

void queue_init(struct queue *queue, const char *api_base, int bot_per_second)
{
    *queue = (struct queue){
        .api_base = api_base, .bot_per_second = bot_per_second, .bot_rate = limits_bot(bot_per_second)};
    queue->ring_tail = &queue->ring;
    call_list_init(&queue->over);
}

static size_t hash(const void *pointer, int64_t id)
{
    uint64_t h = ((uint64_t)(uintptr_t)pointer >> 4) * 0x9e3779b97f4a7c15u ^ (uint64_t)id;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return (size_t)(h ^ h >> 32);
}

struct bot *queue_find_bot(const struct queue *queue, const struct lane_store *store)
{
    if (queue->bot_capacity == 0)
        return NULL;
    struct bot *bot = queue->bots[hash(store, 0) & (queue->bot_capacity - 1)];
    while (bot && bot->store != store)
        bot = bot->hash_next;
    return bot;
}

struct chat *queue_find_chat(const struct queue *queue, const struct bot *bot, int64_t id)
{
    if (queue->chat_capacity == 0)
        return NULL;
    struct chat *chat = queue->chats[hash(bot, id) & (queue->chat_capacity - 1)];
    while (chat && (chat->bot != bot || chat->id != id))
        chat = chat->hash_next;
    return chat;
}

static void grow_bots(struct queue *queue)
{
    size_t capacity = queue->bot_capacity ? queue->bot_capacity * 2 : 16;
    struct bot **bots = xcalloc(capacity, sizeof(struct bot *));
    for (size_t i = 0; i < queue->bot_capacity; i++)
        for (struct bot *bot = queue->bots[i], *next; bot; bot = next) {
            struct bot **slot = &bots[hash(bot->store, 0) & (capacity - 1)];
            next = bot->hash_next;
            bot->hash_next = *slot;
            *slot = bot;
        }
    free(queue->bots);
    queue->bots = bots;
    queue->bot_capacity = capacity;
}

static void grow_chats(struct queue *queue)
{
    size_t capacity = queue->chat_capacity ? queue->chat_capacity * 2 : 64;
    struct chat **chats = xcalloc(capacity, sizeof(struct chat *));
    for (size_t i = 0; i < queue->chat_capacity; i++)
        for (struct chat *chat = queue->chats[i], *next; chat; chat = next) {
            struct chat **slot = &chats[hash(chat->bot, chat->id) & (capacity - 1)];
            next = chat->hash_next;
            chat->hash_next = *slot;
            *slot = chat;
        }
    free(queue->chats);
    queue->chats = chats;
    queue->chat_capacity = capacity;
}

/* The store's bot; its URLs follow the token given, which a reload may have changed. */
struct bot *queue_need_bot(struct queue *queue, struct lane_store *store, const char *token)
{
    struct bot *bot = queue_find_bot(queue, store);
    if (!bot) {
        if (queue->bot_count == queue->bot_capacity)
            grow_bots(queue);
        bot = xcalloc(1, sizeof(*bot));
        bot->store = store;
        bot->ready_tail = &bot->ready;
        bot->wake.is_bot = true;
        call_list_init(&bot->loose);
        call_list_init(&bot->bulk);
        struct bot **slot = &queue->bots[hash(store, 0) & (queue->bot_capacity - 1)];
        bot->hash_next = *slot;
        *slot = bot;
        queue->bot_count++;
    }
    if (!bot->token || strcmp(bot->token, token) != 0) {
        char prefix[TRANSPORT_MOST_URL];
        free(bot->token);
        free(bot->prefix);
        bot->token = xstrdup(token);
        bot->prefix = xstrdup(transport_prefix(queue->api_base, token, prefix) ? prefix : "");
        bot->refused_us = 0;
    }
    return bot;
}

struct chat *queue_need_chat(struct queue *queue, struct bot *bot, int64_t id)
{
    struct chat *chat = queue_find_chat(queue, bot, id);
    if (chat)
        return chat;
    if (queue->chat_count == queue->chat_capacity)
        grow_chats(queue);
    chat = xcalloc(1, sizeof(*chat));
    chat->bot = bot;
    chat->id = id;
    call_list_init(&chat->calls);
    struct chat **slot = &queue->chats[hash(bot, id) & (queue->chat_capacity - 1)];
    chat->hash_next = *slot;
    *slot = chat;
    queue->chat_count++;
    return chat;
}

void queue_free_chat(struct queue *queue, struct chat *chat)
{
    struct chat **slot = &queue->chats[hash(chat->bot, chat->id) & (queue->chat_capacity - 1)];
    while (*slot != chat)
        slot = &(*slot)->hash_next;
    *slot = chat->hash_next;
    queue->chat_count--;
    wake_cancel(&queue->wakes, &chat->wake);
    free(chat);
}

void queue_free(struct queue *queue)
{
    for (size_t i = 0; i < queue->chat_capacity; i++)
        for (struct chat *chat = queue->chats[i], *next; chat; chat = next) {
            next = chat->hash_next;
            free(chat);
        }
    for (size_t i = 0; i < queue->bot_capacity; i++)
        for (struct bot *bot = queue->bots[i], *next; bot; bot = next) {
            next = bot->hash_next;
            free(bot->token);
            free(bot->prefix);
            limits_window_free(&bot->window);
            free(bot);
        }
    free(queue->chats);
    free(queue->bots);
    wake_heap_free(&queue->wakes);
}
