/* lapakctl migrate: brings every schema up to date, as lapakd does when it starts. */
#include <stdio.h>

#include "base/json.h"
#include "database.h"
#include "db/migrate.h"
#include "output.h"

static int print_targets(const struct command_context *context, const struct migrate_target *targets,
                         size_t count, size_t faulty)
{
    size_t failed = 0;
    json_t *stores = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct migrate_target *t = &targets[i];
        failed += t->failed;
        json_array_append_new(stores, json_pack("{s:s, s:i, s:i, s:b, s:s?}", "schema", t->schema, "from",
                                                t->from, "to", t->to, "ok", !t->failed, "error",
                                                t->failed ? t->error.text : NULL));
        if (context->json)
            continue;
        if (t->failed)
            printf("%s: failed: %s\n", t->schema, t->error.text);
        else if (t->from == t->to)
            printf("%s: version %d, current\n", t->schema, t->to);
        else
            printf("%s: version %d to %d\n", t->schema, t->from, t->to);
    }
    if (context->json)
        output_json(json_pack("{s:b, s:O}", "ok", !failed && !faulty, "schemas", stores));
    json_decref(stores);
    return failed || faulty ? COMMAND_FAILED : COMMAND_OK;
}

static int run(struct command_context *context)
{
    struct command_setup setup;
    struct tenant_list list;
    if (!command_read_setup(context, &setup) || !command_read_tenants(context, &setup, &list))
        return COMMAND_FAILED;
    size_t faulty = 0, count = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].tenant)
            continue;
        faulty++;
        if (!context->json)
            output_faults(context, &list.items[i].faults);
    }
    struct migrate_target *targets = ARENA_ARRAY(context->arena, struct migrate_target, list.count);
    auto_db struct db *db = NULL;
    struct error err;
    int code = COMMAND_FAILED;
    if (database_open(&setup, &db, &err) &&
        database_prepare(context, &setup, db, &list, targets, &count, &err))
        code = print_targets(context, targets, count, faulty);
    else
        output_error(context, &err);
    tenants_release(&list);
    return code;
}

const struct command command_migrate = {
    "migrate", "", "bring the schemas of the server and of every store up to date", 0, run,
};
