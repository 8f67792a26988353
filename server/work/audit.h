/*
 * The audit trail of a store, or of the server: configuration changes, roles, money corrections, backups and
 * restores, logins of owners, signs of fraud. Owns table audit_logs (in every schema), append-only also for
 * the store's role. Each row's hash is an HMAC (under the store's key) over the row and the hash of the row
 * before it, so that a row changed, taken out or put in between is found by audit_verify().
 */
#pragma once

#include <jansson.h>

#include "work/work.h"

struct audit_entry {
    const char
        *event; /* "config.changed", "role.granted", "money.corrected", "backup.made", "fraud.secret" */
    const char *actor; /* "telegram:1001", "operator", "system", "outside" */
    json_t *detail;    /* an object; taken over; NULL: {}. Never contents, proofs or keys. */
};

/* In the open transaction, after whatever else it locks: the trail is a chain, so writers of one store wait
 * for each other until the commit. Waits. */
MUST_USE bool audit_add(struct work *work, const struct audit_entry *entry, struct error *err);

/* The same from any thread and without a transaction, for what others do to us (a forged webhook): written by
 * the store's lane; of one event and subject at most one row in ten minutes, with their count. Never waits,
 * never fails. `subject`: "" or what of it, at most 64 bytes. */
void audit_note(struct lane_store *store, const char *event, const char *subject);
