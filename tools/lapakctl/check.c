/* lapakctl check: reads everything lapakd would read and lists what is wrong with it, as `file:line: key:
 * fault`. */
#include <stdio.h>

#include "base/json.h"
#include "command.h"
#include "output.h"
#include "web/tls.h"

/* The faults of the env file and the configuration, then of each store's file. */
struct findings {
    struct faults server;
    struct tenant_list list;
    size_t faulty_stores;
    bool has_backup_key;
};

/* What only lapakd itself opens. */
static void check_tls(const struct config *config, struct faults *faults)
{
    struct error err;
    struct tls *tls = NULL;
    if (!config->tls_certificate || !config->tls_key)
        return;
    if (!tls_load(config->tls_certificate, config->tls_key, &tls, &err))
        fault_add(faults, config->file, 0, "tls", "%s", err.text);
    tls_free(&tls);
}

static void collect(struct command_context *context, struct findings *findings)
{
    struct error err;
    struct env *env = env_read(context->arena, context->env_path, &findings->server);
    struct config *config = config_examine(context->arena, context->config_path, env, &findings->server);
    check_tls(config, &findings->server);
    findings->has_backup_key = config->backup.has_key;
    if (!config->tenants_dir)
        return;
    if (!tenants_load(context->arena, config, env, &findings->list, &err))
        fault_add(&findings->server, config->file, 0, "tenants_dir", "%s", err.text);
    for (size_t i = 0; i < findings->list.count; i++)
        findings->faulty_stores += findings->list.items[i].tenant == NULL;
}

static void print_json(const struct findings *findings)
{
    json_t *stores = json_array();
    bool good = findings->server.count == 0 && findings->faulty_stores == 0;
    for (size_t i = 0; i < findings->list.count; i++) {
        const struct tenant_file *file = &findings->list.items[i];
        json_array_append_new(stores,
                              json_pack("{s:s, s:s?, s:b, s:o}", "file", file->path, "bot_store_name",
                                        file->tenant ? file->tenant->name : NULL, "ok", file->tenant != NULL,
                                        "faults", output_faults_json(&file->faults)));
    }
    output_json(json_pack("{s:b, s:o, s:o, s:b}", "ok", good, "faults", output_faults_json(&findings->server),
                          "stores", stores, "backups", findings->has_backup_key));
}

static void print_faults(struct arena *arena, const struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        puts(fault_text(arena, &faults->items[i]));
}

static void print_text(struct command_context *context, const struct findings *findings)
{
    const struct tenant_list *list = &findings->list;
    print_faults(context->arena, &findings->server);
    for (size_t i = 0; i < list->count; i++)
        print_faults(context->arena, &list->items[i].faults);
    printf("%s: %s\n", context->config_path, findings->server.count ? "lapakd would not start" : "good");
    for (size_t i = 0; i < list->count; i++)
        printf("%s: %s\n", list->items[i].path, list->items[i].tenant ? "good" : "this store would not run");
    if (!findings->has_backup_key)
        puts("no backups are made: BACKUP_KEY is not set; make one with: openssl rand -base64 32");
    if (list->count == 0)
        puts("no store: there is no NAME.yaml in tenants_dir");
}

static int run(struct command_context *context)
{
    struct findings findings = {.server = FAULTS_INIT(context->arena)};
    collect(context, &findings);
    if (context->json)
        print_json(&findings);
    else
        print_text(context, &findings);
    bool good = findings.server.count == 0 && findings.faulty_stores == 0;
    tenants_release(&findings.list);
    return good ? COMMAND_OK : COMMAND_FAILED;
}

const struct command command_check = {
    "check", "", "check the configuration and every store's file; each fault with file and line", 0, run,
};
