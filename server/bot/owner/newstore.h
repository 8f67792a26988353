/*
 * A new store from the owner's bot: a wizard asks what a store needs, its bot and its gateway's key are tried
 * by jobs, the files are written by another (tenants/writer.h), and a last one tells when the store is live,
 * which the running server sees to by itself (hosting/). Whatever waits for others is such a job of the
 * server's; between two of them everything lies sealed in the person's conversation, or in the job.
 *
 * The files are written where the update came in: servers that share a database share the directory of the
 * stores and the env file, too.
 */
#pragma once

#include "bot/wizard.h"
#include "tenants/config.h"
#include "work/job.h"

/* Where the files go; before the first update. Borrowed. `env_path` NULL: there is no env file, and no store
 * can be added from here. */
void newstore_init(const struct config *config, const char *env_path);

extern const struct wizard_kind newstore_wizard;
extern const struct job_kind newstore_bot_job, newstore_key_job, newstore_write_job, newstore_live_job;

turn_handler newstore_open;
turn_handler newstore_open_with; /* numbers[0]: a bot that the person made through ours */

/* A token that comes when no form asks for a secret: it is deleted from the chat, said so, and nobody else
 * sees it (*guarded_out). In the open transaction. */
MUST_USE bool newstore_guard(struct turn *turn, bool *guarded_out, struct error *err);
/* The person's form waits for a bot: goes on with this one (*taken_out), and tells the person. In the open
 * transaction. */
MUST_USE bool newstore_take_bot(struct turn *turn, int64_t bot_id, bool *taken_out, struct error *err);
