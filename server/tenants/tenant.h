/*
 * One store's configuration, read from tenants/NAME.yaml and never changed: a reload makes a new one. Lanes,
 * the sender and the pool each hold a reference; the last one to let go frees it. Safe from any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "tenants/env.h"
#include "tenants/fault.h"
#include "tenants/key.h"

enum { TENANT_MAGIC = 0x7e4a47 };

struct tenant {
    uint32_t magic;
    atomic_uint references;
    struct arena *arena;

    const char *file;     /* as the path was given: "tenants/kopi-digital.yaml" */
    const char *name;     /* bot_store_name */
    const char *title;    /* 1 to 64 characters, as typed (not escaped) */
    const char *language; /* "id" or "en" */
    const struct clock_zone *zone;
    const char *schema; /* store_NAME, with _ for - */
    const char *role;   /* lapak_NAME, with _ for - */

    int64_t bot_id;
    const char *token; /* secret */
    struct key_ids admins;
    struct key_ids owners; /* where the file names none, its admins */
    const char *support;   /* "@name", or NULL */

    const char *pakasir_project;
    const char *pakasir_api_key;        /* secret */
    const char *pakasir_webhook_secret; /* secret */
    bool pakasir_sandbox;
    struct key_texts methods; /* at least one, as Pakasir names them: "qris" */

    int64_t invoice_minutes;             /* 1 to 1440 */
    int64_t low_stock;                   /* 0 to 1,000,000 */
    int64_t most_open;                   /* unpaid orders of a person, 1 to 20; and as many deposits */
    int64_t deposit_least, deposit_most; /* rupiah */
    int64_t snk_retention_days;          /* 1 to 3650: how long proofs of terms are kept */
    const char *deposit_by_hand;         /* how to transfer by hand, for people; NULL: not offered */

    int token_line, project_line; /* in the file, for faults found later */
};

/* Reads one file. NULL where anything is wrong, with all of it in `faults`. The caller owns the one
 * reference. */
struct tenant *tenant_read(const char *path, const struct env *env, struct faults *faults);

/* What a server is as a store among its stores: schema lapak, no role of its own. */
struct server_identity {
    const char *file;  /* the configuration's */
    const char *token; /* the owner's bot; NULL: none */
    const struct key_ids *owners;
    const char *language;
    const struct clock_zone *zone;
};
#define TENANT_SERVER_NAME "server"
/* The caller owns the one reference; what is given is copied. */
struct tenant *tenant_of_server(const struct server_identity *server);

/* Another reference on the same tenant. */
const struct tenant *tenant_ref(const struct tenant *tenant);
/* Lets one go and sets the pointer to NULL; NULL is fine. */
void tenant_unref(const struct tenant **tenant);
#define auto_tenant __attribute__((cleanup(tenant_unref)))

/* Whether both say the same, secrets included. */
bool tenant_is_same(const struct tenant *a, const struct tenant *b);

bool tenant_is_admin(const struct tenant *tenant, int64_t person_id);
bool tenant_is_owner(const struct tenant *tenant, int64_t person_id);

/* "id", "en"; ends in NULL. */
extern const char *const tenant_languages[];

/* [a-z][a-z0-9-]{1,30}, and not "server" (the server's own name in logs and keys). */
bool tenant_is_name(const char *text);
/* Whether the text has the shape of a bot token; *bot_id_out is the number before the colon. */
bool tenant_parse_token(const char *text, int64_t *bot_id_out);
/* The same as the check of a row in a table of keys. */
bool tenant_check_token(const char *written, const char *value, const char **why_out);
