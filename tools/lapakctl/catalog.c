/* lapakctl catalog import | export: a store's products, stock and coupons as a YAML file. */
#include <stdio.h>

#include "base/json.h"
#include "database.h"
#include "output.h"
#include "store/catalogue_file.h"

struct import {
    const char *path;
    struct catalogue_import counts;
};

static bool do_import(struct work *work, void *argument, struct error *err)
{
    struct import *import = argument;
    return catalogue_import(work, import->path, &import->counts, err);
}

struct export
{
    struct arena *arena;
    char *yaml;
};

static bool do_export(struct work *work, void *argument, struct error *err)
{
    struct export *export = argument;
    char *yaml;
    if (!catalogue_export(work, true, &yaml, err))
        return false;
    export->yaml = arena_strdup(export->arena, yaml);
    return true;
}

/* The schema of the one store, made or migrated first: an import may come before lapakd's first start. */
static bool visit_store(struct command_context *context,
                        bool (*fn)(struct work *work, void *argument, struct error *err), void *argument)
{
    struct command_setup setup;
    if (!command_read_setup(context, &setup))
        return false;
    const struct tenant *tenant = command_read_tenant(context, &setup, context->operands[0]);
    if (!tenant)
        return false;
    struct error err;
    auto_db struct db *db = NULL;
    struct migrate_target target;
    size_t count;
    struct tenant_file file = {.path = tenant->file, .tenant = tenant};
    bool ok = database_open(&setup, &db, &err) &&
              database_prepare(context, &setup, db, &(struct tenant_list){1, &file}, &target, &count, &err);
    if (ok && target.failed) {
        err = target.error;
        ok = false;
    }
    ok = ok && database_with_store(&setup, tenant, fn, argument, &err);
    if (!ok)
        output_error(context, &err);
    tenant_unref(&tenant);
    return ok;
}

static int run_import(struct command_context *context)
{
    struct import import = {.path = context->operands[1]};
    if (!visit_store(context, do_import, &import))
        return COMMAND_FAILED;
    const struct catalogue_import *c = &import.counts;
    if (context->json)
        output_json(
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "categories_added",
                      (json_int_t)c->categories_added, "products_added", (json_int_t)c->products_added,
                      "products_changed", (json_int_t)c->products_changed, "stock_added",
                      (json_int_t)c->stock_added, "stock_known", (json_int_t)c->stock_known, "coupons_added",
                      (json_int_t)c->coupons_added, "coupons_changed", (json_int_t)c->coupons_changed));
    else
        printf("%s: %lld categories and %lld products added, %lld products changed, %lld stock lines added, "
               "%lld known already, %lld coupons added, %lld changed\n",
               context->operands[0], (long long)c->categories_added, (long long)c->products_added,
               (long long)c->products_changed, (long long)c->stock_added, (long long)c->stock_known,
               (long long)c->coupons_added, (long long)c->coupons_changed);
    return COMMAND_OK;
}

static int run_export(struct command_context *context)
{
    struct export export = {.arena = context->arena};
    if (!visit_store(context, do_export, &export))
        return COMMAND_FAILED;
    if (context->json)
        output_json(json_pack("{s:s}", "yaml", export.yaml));
    else
        fputs(export.yaml, stdout);
    return COMMAND_OK;
}

const struct command command_catalog_import = {
    "catalog import",
    "STORE FILE",
    "add a catalogue file's products, stock and coupons to a store; may be repeated",
    2,
    run_import,
};

const struct command command_catalog_export = {
    "catalog export",
    "STORE",
    "print a store's catalogue with available stock (secret!) and coupons as YAML",
    1,
    run_export,
};
