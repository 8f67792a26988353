#include "tenants/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What two stores can't share: who they are, written so that texts compare. */
struct claim {
    const char *value;
    bool stands;  /* its store runs with it already */
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
    if (order)
        return order;
    return x->stands != y->stands ? y->stands - x->stands : (x->index > y->index) - (x->index < y->index);
}

static void refuse(struct tenant_file *file, const struct unique *unique, const char *other)
{
    fault_add(&file->faults, file->path, unique->line(file->tenant), unique->key, "%s %s", unique->complaint,
              other);
    tenant_unref(&file->tenant);
}

/* Of files with the same value only the first keeps its tenant. True where one had to give its up. */
static bool check_unique(struct tenant_list *list, const struct unique *unique)
{
    auto_arena struct arena *arena = arena_new();
    struct claim *claims = ARENA_ARRAY(arena, struct claim, list->count);
    size_t count = 0;
    bool refused = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct tenant *before = list->items[i].before;
        const struct tenant *tenant = list->items[i].tenant ? list->items[i].tenant : before;
        if (!tenant)
            continue;
        const char *value = unique->value(arena, tenant);
        claims[count++] = (struct claim){
            .value = value, .stands = before && !strcmp(unique->value(arena, before), value), .index = i};
    }
    qsort(claims, count, sizeof *claims, by_value);
    for (size_t i = 1, first = 0; i < count; i++) {
        struct tenant_file *file = &list->items[claims[i].index];
        if (strcmp(claims[first].value, claims[i].value) != 0) {
            first = i;
        } else if (file->tenant) {
            refuse(file, unique, list->items[claims[first].index].path);
            refused = true;
        }
    }
    return refused;
}

/* Who gives up a new value falls back on the one that runs, which somebody else may have claimed. */
static void check_all_unique(struct tenant_list *list)
{
    bool refused = true;
    while (refused) {
        refused = false;
        for (size_t i = 0; i < sizeof uniques / sizeof uniques[0]; i++)
            refused = check_unique(list, &uniques[i]) || refused;
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

const char *tenant_name_of_file(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return arena_memdup(arena, name, dot ? (size_t)(dot - name) : strlen(name));
}

static const struct tenant *nobody_runs(void *context, const char *name)
{
    return NULL;
}

bool tenants_load(struct arena *arena, const struct config *config, const struct env *env,
                  struct tenant_list *list_out, struct error *err)
{
    return tenants_load_again(arena, config, env, nobody_runs, NULL, list_out, err);
}

bool tenants_load_again(struct arena *arena, const struct config *config, const struct env *env,
                        const struct tenant *(*running)(void *context, const char *name), void *context,
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
        if (ends_in(file->path, ".yaml"))
            file->before = running(context, tenant_name_of_file(arena, file->path));
        free(names[i]);
    }
    free(names);
    check_owner(config, &list);
    check_all_unique(&list);
    *list_out = list;
    return true;
}

void tenants_release(struct tenant_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        tenant_unref(&list->items[i].tenant);
        tenant_unref(&list->items[i].before);
    }
}
