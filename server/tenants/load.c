#include "tenants/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What two stores can't share: who they are, written so that texts compare. */
struct claim {
    const char *value;
    size_t index; /* of the file */
};

static const char *bot_of(struct arena *arena, const struct tenant *tenant)
{
    return arena_printf(arena, "%lld", (long long)tenant->bot_id);
}

static const char *project_of(struct arena *arena, const struct tenant *tenant)
{
    return tenant->pakasir_project;
}

static int token_line(const struct tenant *tenant)
{
    return tenant->token_line;
}

static int project_line(const struct tenant *tenant)
{
    return tenant->project_line;
}

static const struct unique {
    const char *key, *complaint;
    const char *(*value)(struct arena *arena, const struct tenant *tenant);
    int (*line)(const struct tenant *tenant);
} uniques[] = {
    {"telegram.token", "is of the same bot as in", bot_of, token_line},
    {"pakasir.project", "is already used in", project_of, project_line},
};

static int by_value(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = strcmp(x->value, y->value);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void refuse(struct tenant_file *file, const struct unique *unique, const char *other)
{
    fault_add(&file->faults, file->path, unique->line(file->tenant), unique->key, "%s %s", unique->complaint,
              other);
    tenant_unref(&file->tenant);
}

/* Of files with the same value only the first keeps its tenant. */
static void check_unique(struct arena *arena, struct tenant_list *list, const struct unique *unique)
{
    struct claim *claims = ARENA_ARRAY(arena, struct claim, list->count);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].tenant) {
            claims[count].value = arena_strdup(arena, unique->value(arena, list->items[i].tenant));
            claims[count++].index = i;
        }
    qsort(claims, count, sizeof *claims, by_value);
    for (size_t i = 1, first = 0; i < count; i++) {
        if (strcmp(claims[first].value, claims[i].value) == 0)
            refuse(&list->items[claims[i].index], unique, list->items[claims[first].index].path);
        else
            first = i;
    }
}

static void check_owner(const struct config *config, struct tenant_list *list)
{
    int64_t owner_id = 0;
    if (!config->owner_token || !tenant_parse_token(config->owner_token, &owner_id))
        return;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].tenant && list->items[i].tenant->bot_id == owner_id)
            refuse(&list->items[i], &uniques[0], config->file);
}

static bool ends_in(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a > b && strcmp(text + a - b, end) == 0;
}

static int is_yaml(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && (ends_in(entry->d_name, ".yaml") || ends_in(entry->d_name, ".yml"));
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_file(struct tenant_file *file, const struct env *env)
{
    if (ends_in(file->path, ".yml"))
        fault_add(&file->faults, file->path, 0, "", "a store's file must end in .yaml");
    else
        file->tenant = tenant_read(file->path, env, &file->faults);
}

bool tenants_load(struct arena *arena, const struct config *config, const struct env *env,
                  struct tenant_list *list_out, struct error *err)
{
    struct dirent **names = NULL;
    int count = scandir(config->tenants_dir, &names, is_yaml, by_bytes);
    if (count < 0)
        return error_set(err, ERR_NOT_FOUND, "%s: %s", config->tenants_dir, strerror(errno));
    struct tenant_list list = {(size_t)count, ARENA_ARRAY(arena, struct tenant_file, count)};
    for (size_t i = 0; i < list.count; i++) {
        struct tenant_file *file = &list.items[i];
        file->path = arena_printf(arena, "%s/%s", config->tenants_dir, names[i]->d_name);
        file->faults = FAULTS_INIT(arena);
        read_file(file, env);
        free(names[i]);
    }
    free(names);
    check_owner(config, &list);
    auto_arena struct arena *scratch = arena_new();
    for (size_t i = 0; i < sizeof uniques / sizeof uniques[0]; i++)
        check_unique(scratch, &list, &uniques[i]);
    *list_out = list;
    return true;
}

void tenants_release(struct tenant_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        tenant_unref(&list->items[i].tenant);
}
