/* What a person's next message means. Owns table `conversations`: one row a person, expires by itself. */
#pragma once

#include "work/work.h"

/* Replaces the one there is. Queued; `kind` is a word of the caller's, `ref` what it is about. */
MUST_USE bool conversation_set(struct work *work, int64_t telegram_id, const char *kind, int64_t ref,
                               int64_t expires_ms, struct error *err);
/* The same, about a message in the person's chat (0: none) that is changed once the answer is there. */
MUST_USE bool conversation_set_about(struct work *work, int64_t telegram_id, const char *kind, int64_t ref,
                                     int64_t message_id, int64_t expires_ms, struct error *err);
/* The same with a text that belongs to it (sealed in the row). */
MUST_USE bool conversation_set_with(struct work *work, int64_t telegram_id, const char *kind, int64_t ref,
                                    const char *data, int64_t expires_ms, struct error *err);
/* That text, in the arena; NULL where the person has no conversation of this kind (any more), or it has none.
 */
MUST_USE bool conversation_data(struct work *work, int64_t telegram_id, const char *kind, int64_t *ref_out,
                                const char **data_out, struct error *err);
/* kind "" where there is none (or it expired). Text in the arena. */
MUST_USE bool conversation_get(struct work *work, int64_t telegram_id, const char **kind_out,
                               int64_t *ref_out, struct error *err);
/* That message; 0 where there is none. */
MUST_USE bool conversation_message(struct work *work, int64_t telegram_id, int64_t *message_id_out,
                                   struct error *err);
/* Queued; nothing happens where there is none. */
MUST_USE bool conversation_clear(struct work *work, int64_t telegram_id, struct error *err);
