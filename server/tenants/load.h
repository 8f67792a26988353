/*
 * All stores of tenants_dir: for every file either a tenant or what is wrong with it. A bad file stops its
 * own store and no other. Between files: a token or project that two stores use belongs to the first file in
 * the order of names; the second is refused, naming both.
 */
#pragma once

#include "tenants/config.h"
#include "tenants/tenant.h"

struct tenant_file {
    const char *path;
    const struct tenant *tenant; /* NULL where there are faults; the list's reference */
    const struct tenant *before; /* tenants_load_again: what runs under this name; the list's reference */
    struct faults faults;
};

struct tenant_list {
    size_t count;
    struct tenant_file *items; /* in the order of file names */
};

/* Reads every *.yaml of the directory that is not hidden; a *.yml is a fault, other files are left alone.
 * ERR_NOT_FOUND where the directory can't be read. The caller frees the list with tenants_release(); its
 * texts live in the arena. */
MUST_USE bool tenants_load(struct arena *arena, const struct config *config, const struct env *env,
                           struct tenant_list *list_out, struct error *err);
/* The same beside stores that run: who has a bot or a project already keeps it, whatever the files' order,
 * and a store whose file is bad keeps what it has. `running` gives a reference, or NULL, for a
 * bot_store_name. */
MUST_USE bool tenants_load_again(struct arena *arena, const struct config *config, const struct env *env,
                                 const struct tenant *(*running)(void *context, const char *name),
                                 void *context, struct tenant_list *list_out, struct error *err);
/* The name a store's file stands for: "kopi-digital" of "tenants/kopi-digital.yaml". */
const char *tenant_name_of_file(struct arena *arena, const char *path);
/* Lets the list's references go. */
void tenants_release(struct tenant_list *list);
