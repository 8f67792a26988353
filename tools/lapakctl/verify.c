/* lapakctl verify: the books of one store, or of all, against themselves. Changes nothing, and takes a
 * connection of its own: lapakd may run. */
#include "store/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "backups.h"
#include "base/json.h"
#include "base/str.h"
#include "database.h"
#include "output.h"

enum {
    MOST_MS = 30 * 60 * 1000, /* for one store: an operator may wait, and may stop it */
    MOST_PREPARED = 64,       /* each store's statements are used once */
    MOST_SCOPES = 256,        /* a backend that touched so many schemas is replaced: its caches only grow */
};

struct totals {
    json_t *stores; /* with --json */
    size_t wrong;   /* stores with differences, or that could not be looked at */
};

static json_t *differences_json(const struct verify_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->listed; i++) {
        const struct verify_difference *d = &result->differences[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s}", "what", d->what, "who", d->who, "says", d->says));
    }
    return list;
}

static json_t *result_json(const char *name, const struct verify_result *result, bool good)
{
    return json_pack("{s:s, s:b, s:I, s:o, s:s?, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I}}", "bot_store_name",
                     name, "ok", good, "differences", (json_int_t)result->difference_count, "listed",
                     differences_json(result), "unfinished", result->unfinished, "milliseconds",
                     (json_int_t)result->took_ms, "looked_at", "people", (json_int_t)result->users, "orders",
                     (json_int_t)result->orders, "payments", (json_int_t)result->payments, "deposits",
                     (json_int_t)result->deposits, "units", (json_int_t)result->units, "coupons",
                     (json_int_t)result->coupons);
}

static void print_result(struct command_context *context, const char *name,
                         const struct verify_result *result)
{
    for (size_t i = 0; i < result->listed; i++) {
        const struct verify_difference *d = &result->differences[i];
        printf("%s: %s: %s: %s\n", name, d->what, d->who, d->says);
    }
    if (result->difference_count > (int64_t)result->listed)
        printf("%s: … and %" PRId64 " more\n", name, result->difference_count - (int64_t)result->listed);
    if (result->unfinished)
        printf("%s: not finished: %s took too long\n", name, result->unfinished);
    printf("%s: %" PRId64 " differences in %s (%.1f s)\n", name, result->difference_count,
           verify_looked_at(context->arena, result), (double)result->took_ms / 1000);
}

static void note_failure(const struct command_context *context, struct totals *totals, const char *name,
                         const char *text)
{
    totals->wrong++;
    if (context->json)
        json_array_append_new(
            totals->stores, json_pack("{s:s, s:b, s:s}", "bot_store_name", name, "ok", false, "error", text));
    else
        fprintf(stderr, "lapakctl: %s: %s\n", name, text);
}

static void look_at(struct command_context *context, struct db *db, const struct tenant *tenant,
                    const struct migrate_target *target, uint32_t id, struct totals *totals)
{
    const struct db_scope scope = {.id = id, .schema = tenant->schema, .role = tenant->role};
    auto_arena struct arena *arena = arena_new();
    struct verify_result result;
    struct error err;
    if (target->from != target->to) {
        note_failure(context, totals, tenant->name,
                     target->from ? "its schema is of another version; see lapakctl migrate"
                                  : "it has no schema yet: lapakd has not started with it");
        return;
    }
    if (db_scopes_touched(db) >= MOST_SCOPES)
        db_recycle(db);
    if (!verify_store(db, &scope, arena, MOST_MS, &result, &err)) {
        note_failure(context, totals, tenant->name, err.text);
        return;
    }
    bool good = !result.difference_count && !result.unfinished;
    totals->wrong += !good;
    if (context->json)
        json_array_append_new(totals->stores, result_json(tenant->name, &result, good));
    else
        print_result(context, tenant->name, &result);
    fflush(stdout);
}

/* Many stores take a while; whoever sits in front of it sees how far it is. */
static void show_progress(size_t done, size_t count, const char *name)
{
    if (count > 1 && isatty(STDERR_FILENO))
        fprintf(stderr, done < count ? "\r\x1b[K%zu of %zu: %s" : "\r\x1b[K", done + 1, count, name);
}

static bool look_at_all(struct command_context *context, const struct command_setup *setup,
                        const struct tenant *const *tenants, size_t count, struct totals *totals,
                        struct error *err)
{
    auto_db struct db *db = NULL;
    struct migrate_target *targets = ARENA_ARRAY(context->arena, struct migrate_target, count);
    for (size_t i = 0; i < count; i++)
        targets[i] = (struct migrate_target){.schema = tenants[i]->schema, .role = tenants[i]->role};
    if (!db_open(setup->config->database_url, NULL, MOST_PREPARED, &db, err) ||
        !migrate_versions(db, setup->config->schema_dir, targets, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        show_progress(i, count, tenants[i]->name);
        look_at(context, db, tenants[i], &targets[i], (uint32_t)i + 1, totals);
    }
    show_progress(count, count, "");
    return true;
}

static int report(struct command_context *context, const struct command_setup *setup,
                  const struct tenant *const *tenants, size_t count, size_t faulty)
{
    struct totals totals = {.stores = json_array()};
    struct error err;
    bool ok = look_at_all(context, setup, tenants, count, &totals, &err);
    bool good = ok && !totals.wrong && !faulty;
    if (!ok)
        output_error(context, &err);
    else if (context->json)
        output_json(json_pack("{s:b, s:O}", "ok", good, "stores", totals.stores));
    json_decref(totals.stores);
    return good ? COMMAND_OK : COMMAND_FAILED;
}

static int run_all(struct command_context *context, const struct command_setup *setup)
{
    struct tenant_list list;
    if (!command_read_tenants(context, setup, &list))
        return COMMAND_FAILED;
    const struct tenant **tenants = ARENA_ARRAY(context->arena, const struct tenant *, list.count);
    size_t count = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].tenant)
            tenants[count++] = list.items[i].tenant;
        else if (!context->json)
            output_faults(context, &list.items[i].faults);
    }
    int code = report(context, setup, tenants, count, list.count - count);
    tenants_release(&list);
    return code;
}

static int run(struct command_context *context)
{
    struct command_setup setup;
    if (command_option(context, "--at"))
        return backups_verify(context);
    if (!command_read_setup(context, &setup))
        return COMMAND_FAILED;
    if (!context->operand_count)
        return run_all(context, &setup);
    const struct tenant *tenant = command_read_tenant(context, &setup, context->operands[0]);
    if (!tenant)
        return COMMAND_FAILED;
    int code = report(context, &setup, &tenant, 1, 0);
    tenant_unref(&tenant);
    return code;
}

static const struct command_option own[] = {
    {"--at", "newest|TIME", "not the books, but that backup of the store: restore it beside it, and count"},
    {0},
};

const struct command command_verify = {
    "verify",
    "[STORE]",
    "check the books against themselves: balances, stock, coupons, orders; changes nothing",
    -1,
    run,
    own,
};
