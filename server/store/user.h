/* People who wrote to a store's bot. Owns table `users`, but for `balance`, which ledger.c alone
 * writes, `barred_at` (bar.c) and the coupon in the cart (coupon.c). */
#pragma once

#include "work/work.h"

/* As Telegram describes the person; texts borrowed. */
struct person {
    int64_t telegram_id;
    const char *first_name;
    const char *last_name;     /* or NULL */
    const char *username;      /* or NULL */
    const char *language_code; /* or NULL */
};

/* Queues the upsert that remembers the person and locks their row until the transaction ends: everything of
 * one person in a store happens one after the other, also when a message and a callback query arrive at once
 * at two servers. Not waited for. The time a person was seen is kept to the minute, so that most calls lock
 * and write nothing. Somebody new is counted (counter.h). */
MUST_USE bool user_touch(struct work *work, const struct person *person, struct error *err);

/* Sets whether the person can be reached, and counts it (queued; nothing happens for a person who is not
 * known); on coming back held messages become due (outbox_release). */
MUST_USE bool user_set_reachable(struct work *work, int64_t telegram_id, bool reachable, struct error *err);

/* Name and username for admins' notices. Both in the arena; username NULL where there is none. ERR_NOT_FOUND.
 */
MUST_USE bool user_get(struct work *work, int64_t telegram_id, struct person *person_out, struct error *err);
/* Locks the person's row until the transaction ends, and waits for it. ERR_NOT_FOUND. */
MUST_USE bool user_lock(struct work *work, int64_t telegram_id, struct error *err);
/* Queues the lock of the row of whoever an order or a deposit (the other id is 0) belongs to: who changes a
 * bill and may book to its person's balance locks as the person's own updates do, the person first. */
MUST_USE bool user_lock_of_bill(struct work *work, int64_t order_id, int64_t deposit_id, struct error *err);
