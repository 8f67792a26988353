/*
 * The owner's bot: one bot for all stores of the server, for the people of `owner.ids` and nobody else. Its
 * updates come as those of the server's own lane_store; whoever is no owner gets no answer at all and is
 * counted. Each of its screens is a row of ways.c.
 *
 * Every update of an owner is one transaction of the server's: deduplication, the day's first visit (audited
 * as a login), the screen, and messages that were held for them while they had blocked the bot.
 *
 * Owns table lapak.owner_visits.
 */
#pragma once

#include <jansson.h>

#include "telegram/update.h"
#include "watch/alerts.h"
#include "work/job.h"
#include "work/work.h"

/* As bot_handle(), which hands the updates of the server's lane_store over. */
MUST_USE bool owner_handle(struct work *work, const struct update *update, const char **reply_out,
                           struct error *err);

/* For setMyCommands; borrowed, lives as long as the program. */
const json_t *owner_commands(const char *language);

/* --- wiring --- */

/* For alerts_set_teller(): each alert is a message to every owner, kept until they can be reached. */
extern const struct alert_teller owner_alert_teller;
/* Whoever makes backups. */
struct owner_backups {
    bool (*is_on)(void); /* whether any are made */
    /* Of that store, or of the server; `owner` is told by owner_backup_done(). Must not wait. */
    void (*ask)(struct lane_store *store, int64_t owner);
};
/* What came of it, in a transaction of the server's. `store` may be TENANT_SERVER_NAME; `text` is shown as it
 * is. */
MUST_USE bool owner_backup_done(struct work *work, int64_t owner, const char *store, bool ok,
                                const char *text, struct error *err);

struct owner_options {
    struct lanes *lanes;
    const char *summary_at; /* "08:00" in the owner's zone; "" or "off": no daily summary. Borrowed */
    struct owner_backups backups;
};
/* When the lanes are there; before alerts_start(). */
void owner_start(const struct owner_options *options);
/* The daily summary; a standing job of the server's. */
extern const struct job_kind owner_summary_job;
