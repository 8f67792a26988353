/*
 * Makes stores known to the database. Owns the rows of lapak.stores and their columns schema_name and
 * webhook_secret (state and bot columns belong to telegram/registration.c). The webhook secret is random,
 * made once, and kept sealed: a restart or a second server finds the same one. The same for the owner's bot:
 * the one row of lapak.owner_bot.
 */
#pragma once

#include "db/db.h"
#include "tenants/tenant.h"
#include "tenants/vault.h"

struct enrolment {
    const struct tenant *tenant; /* given; borrowed */
    /* Filled in: */
    const char *webhook_secret; /* in the arena */
    bool is_new;                /* nobody knew of it before */
};

/* One transaction for all of them, however many. */
MUST_USE bool enrol_stores(struct arena *arena, struct db *db, const struct vault *server_vault,
                           struct enrolment *stores, size_t count, struct error *err);

/* The owner's bot; its webhook secret is in the arena. A transaction of its own. */
MUST_USE bool enrol_server(struct arena *arena, struct db *db, const struct vault *server_vault,
                           const char **webhook_secret_out, struct error *err);

/* What the server wrote down about its stores; for lapakctl. */
struct enrolled_store {
    const char *name;
    const char *state;        /* "starting", "live", "disabled", "unreachable" */
    const char *reason;       /* or NULL */
    const char *bot_username; /* or NULL */
    int64_t since_ms;
};
MUST_USE bool enrolled_stores(struct arena *arena, struct db *db, struct enrolled_store **stores_out,
                              size_t *count_out, struct error *err);
