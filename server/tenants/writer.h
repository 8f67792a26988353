/*
 * A new store's files: tenants_dir/NAME.yaml, and the lines of its secrets in the env file. Both are written
 * beside their places, read as lapakd would read them, and moved there whole, the secrets first: a running
 * lapakd that watches the directory finds a store that is complete. One writer at a time, of all processes.
 *
 * ERR_CONFLICT: there is such a store already; ERR_INVALID: what was given can't be a store, with all of it
 * in `faults`; ERR_NOT_FOUND: no env file to write to; ERR_INTERNAL: the disk, permissions. After a failure
 * nothing was added, but perhaps the lines of secrets that nobody names.
 */
#pragma once

#include "tenants/config.h"

/* What is asked of whoever adds a store; texts as typed. */
struct tenant_draft {
    const char *name;     /* bot_store_name */
    const char *title;    /* as buyers see it */
    const char *language; /* "id" or "en" */
    const char *timezone; /* "Asia/Jakarta" */
    const char *support;  /* "@name", or NULL */
    struct key_ids admins, owners;
    const char *token;                    /* secret */
    const char *project;                  /* Pakasir's slug */
    const char *api_key, *webhook_secret; /* secrets */
    bool sandbox;
    struct key_texts methods;
};

/* Writes both; the YAML file's path, in the arena. `env_path` is the env file lapakd was started with. */
MUST_USE bool tenant_write(struct arena *arena, const struct config *config, const char *env_path,
                           const struct tenant_draft *draft, const char **path_out, struct faults *faults,
                           struct error *err);

/* Another value for a secret of a store that is there: `key` is its name in the store's file
 * ("telegram.token"), and the line of the variable that stands there is replaced in the env file, which is
 * put into its place as a whole. `*changed_out`: it said something else before. ERR_NOT_FOUND where there is
 * no such file, key or line (the process's own environment may have the variable: nothing can change that);
 * ERR_INVALID where a file has faults. */
MUST_USE bool tenant_write_secret(struct arena *arena, const struct config *config, const char *env_path,
                                  const char *name, const char *key, const char *value, bool *changed_out,
                                  struct error *err);
