/* lapakctl suspend and resume: closes a store for buyers, and opens it again. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "database.h"
#include "output.h"
#include "tenants/suspension.h"
#include "work/audit.h"

enum { MOST_REASON = 300 };

struct order {
    const char *name, *reason;
    bool resume;
    bool changed; /* what came of it */
};

static bool note(struct work *work, const struct order *order, struct error *err)
{
    const struct audit_entry entry = {
        .event = order->resume ? "store.resumed" : "store.suspended",
        .actor = "operator",
        .detail = json_pack("{s:s, s:s*}", "store", order->name, "reason", order->reason)};
    return audit_add(work, &entry, err);
}

static bool carry_out(struct work *work, void *argument, struct error *err)
{
    struct order *order = argument;
    return (order->resume ? suspension_end(work->tx, order->name, &order->changed, err)
                          : suspension_set(work->tx, order->name, 0, order->reason, work->now_ms,
                                           &order->changed, err)) &&
           note(work, order, err);
}

static bool carry_out_committed(struct work *work, void *argument, struct error *err)
{
    return work_transaction(work, carry_out, argument, err);
}

static bool with_server(const struct command_setup *setup, struct order *order, struct error *err)
{
    const struct config *config = setup->config;
    auto_tenant const struct tenant *server =
        tenant_of_server(&(struct server_identity){.file = config->file,
                                                   .owners = &config->owner_ids,
                                                   .language = config->owner_language,
                                                   .zone = config->owner_zone});
    return database_with_store(setup, server, carry_out_committed, order, err);
}

static int run(struct command_context *context, struct order *order)
{
    struct command_setup setup;
    struct error err;
    order->name = context->operands[0];
    if (!command_read_setup(context, &setup))
        return COMMAND_FAILED;
    if (!tenant_is_name(order->name)) {
        error_set(&err, ERR_INVALID, "not the name of a store (a-z, 0-9 and -): %.40s", order->name);
    } else if (order->reason && (!str_is_utf8(order->reason, strlen(order->reason)) ||
                                 str_utf16_length(order->reason) > MOST_REASON)) {
        error_set(&err, ERR_INVALID, "the reason is too long (%d characters), or not UTF-8", MOST_REASON);
    } else if (with_server(&setup, order, &err)) {
        const char *state = order->resume ? "open" : "suspended";
        if (context->json)
            output_json(json_pack("{s:s, s:s, s:b}", "bot_store_name", order->name, "state", state, "changed",
                                  order->changed));
        else
            printf("%s is %s%s\n", order->name, state, order->changed ? "" : " already");
        return COMMAND_OK;
    }
    output_error(context, &err);
    return COMMAND_FAILED;
}

static int run_suspend(struct command_context *context)
{
    struct order order = {.reason = context->operand_count > 1 ? context->operands[1] : NULL};
    if (context->operand_count < 1) {
        fprintf(stderr, "usage: lapakctl suspend STORE [REASON]\n");
        return COMMAND_USAGE;
    }
    return run(context, &order);
}

static int run_resume(struct command_context *context)
{
    struct order order = {.resume = true};
    return run(context, &order);
}

const struct command command_suspend = {
    .name = "suspend",
    .usage = "STORE [REASON]",
    .help = "close a store for buyers; what is paid still settles",
    .operands = -2,
    .run = run_suspend,
};
const struct command command_resume = {
    .name = "resume",
    .usage = "STORE",
    .help = "open a suspended store again",
    .operands = 1,
    .run = run_resume,
};
