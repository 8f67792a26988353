/* What registration asks of Telegram; it waits, at most as long as api.h's calls. Private to registration.c.
 */
#pragma once

#include <stdatomic.h>

#include "base/error.h"
#include "telegram/registration.h"

/* What a run found out. */
struct registration_outcome {
    enum registration_state state;
    int64_t bot_id; /* 0: not known */
    char bot_username[40];
    bool can_manage_bots;
    struct error err; /* why it is not live */
};

/* Of all that Telegram is told of a bot, its token among it. */
void registration_digest(const struct registration_options *options, const struct tenant *tenant,
                         bool is_server, const char *secret, uint8_t digest_out[static 32]);
/* getWebhookInfo: whether the webhook is still where registration set it. */
bool registration_is_ours(const struct registration_options *options, const atomic_bool *stopping,
                          const struct tenant *tenant);
/* getMe, setWebhook, setMyCommands; broken off within a second once *stopping. `is_server`: of the owner's
 * bot. */
void registration_make_ours(const struct registration_options *options, const atomic_bool *stopping,
                            const struct tenant *tenant, bool is_server, const char *secret,
                            struct registration_outcome *outcome_out);
/* Takes the webhook off the tenant's bot, where it is the one registration set. True where nothing is left to
 * be done. */
bool registration_leave(const struct registration_options *options, const atomic_bool *stopping,
                        const struct tenant *tenant, struct error *err);
