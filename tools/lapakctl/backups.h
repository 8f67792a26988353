/* What lapakctl's commands on backups share: whose they are, where they lie, the connection they work on, and
 * how far they are. */
#pragma once

#include "backup/load.h"
#include "backup/make.h"
#include "backup/shelf.h"
#include "command.h"
#include "database.h"

struct backups {
    struct command_context *context;
    struct command_setup setup;
    const struct tenant *tenant; /* a store's, or the server's own */
    bool is_server;
    struct db *db;
    struct backup_context work;
    struct backup_subject subject;
};

/* The store of that name, or "server". False, with the error printed, where there is none; else
 * backups_close(). The database is not asked yet. */
bool backups_open(struct command_context *context, const char *name, struct backups *backups_out);
/* The same with a configuration that was read and a tenant, whose reference is taken over. */
void backups_of(struct command_context *context, const struct command_setup *setup,
                const struct tenant *tenant, struct backups *backups_out);
void backups_close(struct backups *backups);
/* As a store among the stores; the caller owns the reference. */
const struct tenant *backups_server_tenant(const struct command_setup *setup);

/* A connection ready for the store's backup or restore. */
MUST_USE bool backups_session(struct backups *backups, struct error *err);
/* On a lane of the store, or of the server. */
MUST_USE bool backups_with_work(const struct backups *backups,
                                bool (*fn)(struct work *work, void *argument, struct error *err),
                                void *argument, struct error *err);

/* Which backup is meant: "newest", a time as in its name, a date and time in the store's zone (the newest
 * until then), or a file. */
struct backups_found {
    struct target *target;   /* to be closed; NULL for a file */
    struct shelf_item *item; /* NULL for a file */
    struct load_place place;
};
MUST_USE bool backups_find(const struct backups *backups, const char *at, struct backups_found *found_out,
                           struct error *err);

/* "1.2 MB" */
const char *backups_size_text(struct arena *arena, int64_t bytes);

/* Tries out one backup, as `lapakctl verify STORE --at …` does. */
int backups_verify(struct command_context *context);
