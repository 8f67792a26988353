#include "sandbox.h"

#include "bot.h"
#include "callback.h"
#include "channel.h"
#include "file.h"
#include "person.h"
#include "transaction.h"

char *sandbox_url(const struct sandbox *sandbox, struct arena *arena, const char *path)
{
    return arena_printf(arena, "http://%s:%u%s", sandbox->host, listener_port(sandbox->listener), path);
}

int64_t sandbox_wait_ms(const struct sandbox *sandbox, int64_t wait_ms)
{
    return sandbox->fast ? wait_ms / 100 : wait_ms;
}

static void forget(struct sandbox *sandbox)
{
    failure_remove_all(sandbox);
    table_clear(&sandbox->callbacks, callback_free);
    table_clear(&sandbox->bots, bot_free);
    table_clear(&sandbox->people, person_free);
    table_clear(&sandbox->channels, channel_free);
    table_clear(&sandbox->files, file_free);
    table_clear(&sandbox->revoked, NULL);
    table_clear(&sandbox->orders, NULL);
    table_clear(&sandbox->transactions, transaction_free);
    table_clear(&sandbox->projects, project_free);
    json_decref(sandbox->fees);
    sandbox->fees = NULL;
}

void sandbox_reset(struct sandbox *sandbox)
{
    sandbox->generation++;
    later_cancel_all(sandbox); /* first: what waits points at what is freed below */
    forget(sandbox);
    sandbox->updates_pending = sandbox->webhooks_pending = 0;
    journal_reset(sandbox);
}

void sandbox_free(struct sandbox *sandbox)
{
    later_free_all(sandbox);
    forget(sandbox);
    journal_free(sandbox);
}
