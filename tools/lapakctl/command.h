/*
 * lapakctl's commands. Each is one file that ends in a `struct command`; main.c lists them in a table, and
 * the table feeds dispatch, --help and the check of operands. A command returns the exit code: COMMAND_OK, or
 * COMMAND_FAILED where it found something wrong or could not do its work. COMMAND_USAGE is main.c's alone.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "tenants/config.h"
#include "tenants/load.h"

enum { COMMAND_OK = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2 };

/* An option of one command, behind its name: "lapakctl audit toko-a --since 2026-11-01". */
struct command_option {
    const char *name;  /* "--since" */
    const char *value; /* what it takes, for the help: "TIME"; NULL: it is a switch */
    const char *help;
};

struct command_given {
    const struct command_option *option;
    const char *value; /* "" for a switch */
};

/* What a command gets; everything in it lives until the program ends. */
struct command_context {
    struct arena *arena;
    const char *config_path;
    const char *env_path; /* NULL: no env file */
    bool json;            /* the result as one JSON document on standard output */
    int operand_count;    /* checked against the command's limits */
    const char *const *operands;
    int given_count; /* its own options, as they were given */
    const struct command_given *given;
};

/* The value of one of the command's own options, "" for a switch; NULL where it was not given. The last one
 * counts. */
const char *command_option(const struct command_context *context, const char *name);

struct command {
    const char *name;  /* one word, or two: "catalog import" */
    const char *usage; /* its operands: "STORE FILE", "[STORE]" */
    const char *help;  /* one line */
    int operands;      /* how many it takes; negative: so many at most */
    int (*run)(struct command_context *context);
    const struct command_option *options; /* its own; ends with an empty one; NULL: none */
};

extern const struct command command_check;
extern const struct command command_tenants;
extern const struct command command_tenant_add;
extern const struct command command_migrate;
extern const struct command command_catalog_import;
extern const struct command command_catalog_export;
extern const struct command command_verify;
extern const struct command command_audit;
extern const struct command command_alerts;
extern const struct command command_backup;
extern const struct command command_list;
extern const struct command command_restore;
extern const struct command command_person_export;
extern const struct command command_person_erase;
extern const struct command command_reload;
extern const struct command command_status;
extern const struct command command_suspend;
extern const struct command command_resume;

/* The configuration that a command works on: both files read and without faults. */
struct command_setup {
    struct env *env;
    struct config *config;
};

/* Reads env file and configuration. False where they have faults; those are then printed. */
bool command_read_setup(struct command_context *context, struct command_setup *setup_out);
/* Reads the stores' files; a file with faults is in the list with them. False, with the error printed, where
 * the directory can't be read. The caller releases the list with tenants_release(). */
bool command_read_tenants(struct command_context *context, const struct command_setup *setup,
                          struct tenant_list *list_out);
/* One store by its name; where it is unknown or has faults that is printed, and NULL returned. The caller
 * owns the reference. */
const struct tenant *command_read_tenant(struct command_context *context, const struct command_setup *setup,
                                         const char *name);
