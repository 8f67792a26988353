/* lapakctl person export|erase: what a store holds about somebody, and an end to it. */
#include <inttypes.h>
#include <stdio.h>

#include "ask.h"
#include "base/str.h"
#include "command.h"
#include "database.h"
#include "output.h"
#include "store/person_erase.h"
#include "store/person_export.h"

struct errand {
    int64_t telegram_id;
    bool force;
    json_t *json;
    struct person_erased erased;
};

static bool run_export(struct work *work, void *argument, struct error *err)
{
    struct errand *errand = argument;
    return person_export(work, errand->telegram_id, &errand->json, err);
}

static bool run_erase(struct work *work, void *argument, struct error *err)
{
    struct errand *errand = argument;
    return person_erase(work, errand->telegram_id, errand->force, &errand->erased, err);
}

/* Runs it in the store that the operands name; prints what is wrong. */
static bool visit(struct command_context *context, struct errand *errand,
                  bool (*fn)(struct work *work, void *argument, struct error *err))
{
    struct command_setup setup;
    struct error err;
    if (!command_read_setup(context, &setup))
        return false;
    const struct tenant *tenant = command_read_tenant(context, &setup, context->operands[0]);
    if (!tenant)
        return false;
    bool ok = str_to_int64(context->operands[1], &errand->telegram_id) ||
              error_set(&err, ERR_INVALID, "not a Telegram id: %.40s", context->operands[1]);
    ok = ok && database_with_store(&setup, tenant, fn, errand, &err);
    if (!ok)
        output_error(context, &err);
    tenant_unref(&tenant);
    return ok;
}

static bool has_both(const struct command_context *context)
{
    if (context->operand_count == 2)
        return true;
    fputs("lapakctl: which store, and which Telegram id?\n", stderr);
    return false;
}

static int do_export(struct command_context *context)
{
    struct errand errand = {0};
    if (!has_both(context) || !visit(context, &errand, run_export))
        return COMMAND_FAILED;
    output_json(errand.json);
    return COMMAND_OK;
}

static int do_erase(struct command_context *context)
{
    struct errand errand = {.force = command_option(context, "--force")};
    if (!has_both(context))
        return COMMAND_FAILED;
    const char *question =
        arena_printf(context->arena, "Erase person %s in %s for good? There is no way back",
                     context->operands[1], context->operands[0]);
    if (!command_option(context, "--yes") && !ask_yes(context->arena, question)) {
        fputs("lapakctl: nothing was erased\n", stderr);
        return COMMAND_FAILED;
    }
    if (!visit(context, &errand, run_erase))
        return COMMAND_FAILED;
    const struct person_erased *erased = &errand.erased;
    if (context->json)
        output_json(json_pack("{s:I, s:I, s:I, s:I, s:I}", "pseudonym", (json_int_t)erased->pseudonym,
                              "orders", (json_int_t)erased->orders, "deposits", (json_int_t)erased->deposits,
                              "ledger", (json_int_t)erased->entries, "balance", (json_int_t)erased->balance));
    else
        printf("erased; %" PRId64 " orders, %" PRId64 " deposits and %" PRId64
               " ledger entries stay in the books, nameless\n",
               erased->orders, erased->deposits, erased->entries);
    return COMMAND_OK;
}

static const struct command_option erase_options[] = {
    {"--yes", NULL, "do not ask"},
    {"--force", NULL, "also where a balance is left (it is lost) or the person is shut out"},
    {0},
};

const struct command command_person_export = {
    .name = "person export",
    .usage = "STORE TELEGRAM_ID",
    .help = "print everything that the store holds about a person, as JSON",
    .operands = 2,
    .run = do_export,
};
const struct command command_person_erase = {
    .name = "person erase",
    .usage = "STORE TELEGRAM_ID",
    .help = "remove a person; the books stay, without a name",
    .operands = 2,
    .run = do_erase,
    .options = erase_options,
};
