#include "database.h"

#include <semaphore.h>
#include <string.h>

#include "db/migrate.h"
#include "store/settings.h"
#include "tenants/enrolment.h"
#include "work/lane.h"
#include "work/pool.h"

bool database_open(const struct command_setup *setup, struct db **db_out, struct error *err)
{
    return db_open(setup->config->database_url, NULL, 0, db_out, err);
}

bool database_prepare(struct command_context *context, const struct command_setup *setup, struct db *db,
                      const struct tenant_list *list, struct migrate_target *targets,
                      size_t *target_count_out, struct error *err)
{
    struct enrolment *enrolments = ARENA_ARRAY(context->arena, struct enrolment, list->count);
    const struct tenant **tenants = ARENA_ARRAY(context->arena, const struct tenant *, list->count);
    size_t count = 0, enrolled = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct tenant *tenant = list->items[i].tenant;
        if (!tenant)
            continue;
        tenants[count] = tenant;
        targets[count++] = (struct migrate_target){.schema = tenant->schema, .role = tenant->role};
    }
    if (!migrate_all(db, setup->config->schema_dir, targets, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!targets[i].failed)
            enrolments[enrolled++].tenant = tenants[i];
    }
    struct vault vault;
    vault_init(&vault, setup->config->data_encryption_key, "server");
    if (!enrol_stores(context->arena, db, &vault, enrolments, enrolled, err))
        return false;
    *target_count_out = count;
    return true;
}

struct visit {
    bool (*fn)(struct work *work, void *argument, struct error *err);
    void *argument;
    struct error *err;
    bool ok;
    sem_t done;
};

static void run_visit(struct work *work, void *argument)
{
    struct visit *visit = argument;
    visit->ok = visit->fn(work, visit->argument, visit->err);
    work_end(work);
    sem_post(&visit->done);
}

bool database_with_store(const struct command_setup *setup, const struct tenant *tenant,
                         bool (*fn)(struct work *work, void *argument, struct error *err), void *argument,
                         struct error *err)
{
    struct visit visit = {.fn = fn, .argument = argument, .err = err};
    struct pool *pool = pool_start(1);
    struct lanes *lanes;
    bool is_server = !tenant || !strcmp(tenant->name, TENANT_SERVER_NAME);
    const struct lane_options options = {.count = 1,
                                         .database_url = setup->config->database_url,
                                         .pool = pool,
                                         .master_key = setup->config->data_encryption_key,
                                         .server_tenant = is_server ? tenant : NULL};
    if (lanes_start(&options, &lanes, err)) {
        sem_init(&visit.done, 0, 0);
        lanes_on_task(lanes, settings_apply);
        lane_submit_internal(is_server ? lanes_server_store(lanes) : lanes_add_store(lanes, tenant),
                             run_visit, &visit);
        sem_wait(&visit.done);
        sem_destroy(&visit.done);
        lanes_stop(&lanes);
    }
    pool_stop(&pool);
    return visit.ok;
}

bool database_with_server(const struct command_setup *setup,
                          bool (*fn)(struct work *work, void *argument, struct error *err), void *argument,
                          struct error *err)
{
    return database_with_store(setup, NULL, fn, argument, err);
}
