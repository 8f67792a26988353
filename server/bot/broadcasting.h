/*
 * Broadcasts on their way: the job that adds their messages to the outbox a slice at a time, what becomes of
 * these, and what the admin who made one is told: one message whose figures change while it runs, and a
 * report at the end.
 */
#pragma once

#include "work/job.h"
#include "work/outbox.h"

/* store/broadcast.h says how one job serves all broadcasts of a store. */
extern const struct job_kind broadcasting_job;

/* Calls a second of one bot; broadcasts take at most four fifths of it. Given by bot_init(). */
void broadcasting_set_rate(int calls_per_second);
/* Messages of a broadcast a second, at most. */
int64_t broadcasting_pace(void);

/* Effects (effects.c). The bulk one is store/broadcast.h's. */
bool broadcasting_apply(struct work *work, int64_t ref, int64_t chat_id, enum outbox_bulk_outcome outcome,
                        const char *why, struct error *err);
#define EFFECT_BROADCAST_PROGRESS "broadcast_progress" /* ref: the broadcast; the message's id is kept */
#define EFFECT_BROADCAST_PREVIEW  "broadcast_preview"  /* ref: the chat; a refusal is told */
bool broadcasting_apply_progress(struct work *work, int64_t ref, enum outbox_outcome outcome,
                                 const json_t *result, struct error *err);
bool broadcasting_apply_preview(struct work *work, int64_t ref, enum outbox_outcome outcome,
                                const json_t *result, struct error *err);
