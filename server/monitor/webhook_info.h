/* Telegram's answer to getWebhookInfo, which may say anything. */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"

struct webhook_info {
    bool ours;
    const char *elsewhere; /* the host where it leads instead; "" where it leads nowhere */
    int64_t pending;       /* updates Telegram keeps for us */
    const char *error;     /* of its last try that failed; NULL: none */
    int64_t error_ms;      /* when that was */
    bool denied;           /* that was because we refused Telegram's secret: somebody set another one */
};

/* `url` is the webhook as registration sets it; `token` is blanked, wherever it stands. Texts in the arena,
 * cut and without control characters. ERR_UNCERTAIN where it is no such answer. */
MUST_USE bool webhook_info_read(struct arena *arena, const json_t *answer, const char *url, const char *token,
                                struct webhook_info *info_out, struct error *err);
