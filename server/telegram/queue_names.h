/* The bots and chats of a queue, by their names. For queue.c alone. */
#pragma once

#include "telegram/queue.h"

/* Each NULL where there is none. */
struct bot *queue_find_bot(const struct queue *queue, const struct lane_store *store);
struct chat *queue_find_chat(const struct queue *queue, const struct bot *bot, int64_t id);
/* The store's bot; its URLs follow the token given, which a reload may have changed. */
struct bot *queue_need_bot(struct queue *queue, struct lane_store *store, const char *token);
struct chat *queue_need_chat(struct queue *queue, struct bot *bot, int64_t id);
/* Of a chat where nothing waits and nothing is under way. */
void queue_free_chat(struct queue *queue, struct chat *chat);
