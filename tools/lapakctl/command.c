#include "command.h"

#include "backup/s3.h"

#include "base/str.h"
#include "output.h"

const char *command_option(const struct command_context *context, const char *name)
{
    const char *value = NULL;
    for (int i = 0; i < context->given_count; i++) {
        if (str_equal(context->given[i].option->name, name))
            value = context->given[i].value;
    }
    return value;
}

bool command_read_setup(struct command_context *context, struct command_setup *setup_out)
{
    struct faults faults = FAULTS_INIT(context->arena);
    struct command_setup setup = {.env = env_read(context->arena, context->env_path, &faults)};
    setup.config = config_read(context->arena, context->config_path, setup.env, &faults);
    if (faults.count > 0) {
        output_faults(context, &faults);
        return false;
    }
    s3_configure(&setup.config->backup.s3, 0); /* for whatever opens backup.offsite */
    *setup_out = setup;
    return true;
}

bool command_read_tenants(struct command_context *context, const struct command_setup *setup,
                          struct tenant_list *list_out)
{
    struct error err;
    if (tenants_load(context->arena, setup->config, setup->env, list_out, &err))
        return true;
    output_error(context, &err);
    return false;
}

const struct tenant *command_read_tenant(struct command_context *context, const struct command_setup *setup,
                                         const char *name)
{
    struct tenant_list list;
    struct error err;
    const struct tenant *tenant = NULL;
    if (!tenant_is_name(name)) {
        error_set(&err, ERR_INVALID, "not the name of a store (a-z, 0-9 and -): %.40s", name);
        output_error(context, &err);
        return NULL;
    }
    if (!command_read_tenants(context, setup, &list))
        return NULL;
    const char *path = arena_printf(context->arena, "%s/%s.yaml", setup->config->tenants_dir, name);
    size_t i = 0;
    while (i < list.count && !str_equal(list.items[i].path, path))
        i++;
    if (i == list.count) {
        error_set(&err, ERR_NOT_FOUND, "there is no store %s: no file %s", name, path);
        output_error(context, &err);
    } else if (!list.items[i].tenant) {
        output_faults(context, &list.items[i].faults);
    } else {
        tenant = tenant_ref(list.items[i].tenant);
    }
    tenants_release(&list);
    return tenant;
}
