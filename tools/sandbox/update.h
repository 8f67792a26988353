/*
 * Updates on their way to a bot, as Telegram does it: kept until the webhook answers 2xx, one in flight for
 * each queue (messages by chat, callback queries by user), tried again at once, after 2, 4, 8, 16, 32 s and
 * then each minute; Retry-After of a refusal counts instead, without advancing that. Callback queries live
 * 150 s, the rest a day.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct sandbox;
struct bot;

/* Queues {"update_id": …, kind: content}; takes content over. `key` is the queue: "m1001" or "c1001". The id
 * is given also where allowed_updates leaves the kind out. */
int64_t update_send(struct sandbox *sandbox, struct bot *bot, const char *kind, const char *key, int64_t chat,
                    json_t *content);
/* Queues an update as it stands; its update_id is used or, where it has none, made. Takes it over. */
int64_t update_send_raw(struct sandbox *sandbox, struct bot *bot, json_t *update);
/* Posts a known update again, past the queues: one after the other, or all at once. */
MUST_USE bool update_repeat(struct sandbox *sandbox, struct bot *bot, int64_t update_id, int times,
                            bool parallel, struct error *err);

/* The webhook was set or changed: what waits is tried now. */
void update_webhook_changed(struct sandbox *sandbox, struct bot *bot);
/* Everything pending is dropped. */
void update_drop_pending(struct sandbox *sandbox, struct bot *bot);
/* Frees all of a bot's queues and updates (at a reset, and at the end). */
void update_forget_all(struct bot *bot);
