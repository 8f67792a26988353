/* Everything a store holds about a person, for that person: what they are called, what they bought (contents
 * opened: it is theirs), paid, wrote and were told by admins' decisions. Reads only. */
#pragma once

#include <jansson.h>

#include "work/work.h"

/* In the open transaction or one of its own; the caller's. ERR_NOT_FOUND where the store does not know them.
 */
MUST_USE bool person_export(struct work *work, int64_t telegram_id, json_t **json_out, struct error *err);
