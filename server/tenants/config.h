/*
 * The server's configuration, from conf/lapak.yaml and the environment; read once, never changed. Relative
 * paths are relative to the working directory.
 */
#pragma once

#include "base/clock.h"
#include "base/crypto.h"
#include "tenants/env.h"
#include "tenants/fault.h"
#include "tenants/key.h"

/* When something is said to be wrong: above these figures. Percent where nothing else is said. */
struct watch_limits {
    int64_t every_seconds; /* each store, and the machine, is looked at */
    int64_t webhook_pending;
    int64_t outbox_late, jobs_late; /* seconds */
    int64_t failed_payments;        /* in a row: from this one on */
    int64_t cpu, memory, disk, connections;
    int64_t logs_mb;
    int64_t certificate_days; /* less than these are left */
    int64_t clock_seconds;
};

/* An S3-compatible store for backup.offsite: s3://…; all NULL but the region: none. */
struct s3_config {
    const char *endpoint; /* no trailing slash */
    const char *region;
    const char *access_key, *secret_key; /* secrets */
    int64_t patience; /* seconds without an answer, or with hardly a byte, that end a call */
};

/* Where backups go, when they are made, and how many are kept. */
struct backup_config {
    struct s3_config s3;
    const char *directory;
    const char *offsite; /* a second place; NULL: none */
    const char *at;      /* "03:00", in the store's zone */
    int64_t daily, weekly, monthly;
    bool has_key; /* without BACKUP_KEY none are made */
    uint8_t key[CRYPTO_KEY_BYTES];
};

struct config {
    const char *file;
    struct key_hostport listen;
    const char *public_url;   /* no trailing slash */
    const char *database_url; /* secret: may hold a password */
    const char *tenants_dir;
    const char *log_dir;
    const char *texts_dir;
    const char *schema_dir;
    const char *control_socket;
    const char *telegram_api_base; /* no trailing slash */
    const char *pakasir_api_base;  /* no trailing slash */
    int64_t telegram_rate;         /* calls a second of one bot: 1 to 1000 */
    const char *owner_token;       /* secret; NULL: no owner bot */
    struct key_ids owner_ids;
    const char *owner_language; /* "id" or "en" */
    const struct clock_zone *owner_zone;
    const char *owner_summary_at; /* "08:00" in owner_zone; "" or "off": no daily summary */
    int64_t owner_database_away;  /* seconds until the owners are told directly: 2 to 3600 */
    int64_t lanes;                /* 1 to 64 */
    int64_t log_days;             /* 1 to 3650 */
    struct key_addresses metrics_allow;
    struct watch_limits watch;
    struct key_addresses trusted_proxies;
    struct key_addresses telegram_only_from; /* empty: from anywhere */
    const char *tls_certificate;             /* PEM files; both NULL: plain HTTP */
    const char *tls_key;
    struct backup_config backup;
    uint8_t data_encryption_key[CRYPTO_KEY_BYTES];
};

/* Reads the file, and DATA_ENCRYPTION_KEY and BACKUP_KEY from the environment. NULL where anything is wrong,
 * with all of it in `faults`. It lives as long as the arena. */
struct config *config_read(struct arena *arena, const char *path, const struct env *env,
                           struct faults *faults);

/* The same for a tool that goes on looking: gives what could be read (a member that was at fault is NULL or
 * zero), never NULL. Only without faults may a server run on it. */
struct config *config_examine(struct arena *arena, const char *path, const struct env *env,
                              struct faults *faults);

/* The first key that another reading says otherwise, or NULL: what a restart would change. */
const char *config_difference(const struct config *a, const struct config *b);

/* Whether /metrics is answered to the address ("203.0.113.9", "::1"): loopback always, the rest by
 * metrics_allow. */
bool config_allows_metrics(const struct config *config, const char *address);
/* Whether the address is of a proxy whose X-Forwarded-For is to be believed. */
bool config_trusts_proxy(const struct config *config, const char *address);
/* Whether Telegram's webhooks may come from the address; everybody's where telegram_only_from is empty. */
bool config_allows_telegram(const struct config *config, const char *address);
