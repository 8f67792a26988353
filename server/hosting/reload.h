/*
 * Reads the env file and the stores' files again and makes the server follow them: what is new is migrated,
 * enrolled and served, what changed is swapped, what is gone is put out of service, and what says the same is
 * not touched. A bad file leaves its store exactly as it was. Runs on the caller's thread, with a database
 * connection of its own; one reload at a time, others wait.
 *
 * conf/lapak.yaml is read when the server starts. Whether it (or a variable it names) says something else now
 * is told, not followed.
 */
#pragma once

#include "hosting/service.h"
#include "tenants/load.h"

struct reload_options {
    const struct config *config;
    const char *env_path; /* NULL: none */
    struct service *service;
    struct lane_store *server; /* whose audit trail tells of reloads */
};
struct reload_names {
    size_t count;
    const char **items;
};
struct reload_report { /* in the caller's arena */
    struct reload_names added, changed, removed;
    size_t unchanged;
    struct faults faults;    /* whatever could not be followed, of files and of the database */
    const char *restart_for; /* the key of conf/lapak.yaml that waits for a restart, or NULL */
    bool passing;            /* the same again later may do more */
};

struct reload;

/* Everything in the options must outlive it. */
struct reload *reload_new(const struct reload_options *options);
void reload_free(struct reload **reload);

/* The first time, before anybody listens, on the connection given: false where no store could be made ready
 * because of the database. Files with faults are logged, and their stores not started. */
MUST_USE bool reload_start(struct reload *reload, struct db *db, struct error *err);
/* Every other time; never fails as a whole, all that went wrong is in the report. Faults are logged once,
 * and raised as alerts until they are gone. */
void reload_run(struct reload *reload, struct arena *arena, struct reload_report *report_out);
/* Whatever runs or comes is broken off: new stores are left for the next start. */
void reload_end(struct reload *reload);
