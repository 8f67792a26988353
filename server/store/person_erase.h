/*
 * A person is removed and the books stay: orders, deposits, terms and ledger entries go over to a nameless
 * row of `users` with an id that nobody has (a negative one). What says who they were, what they wrote, what
 * was delivered to them and what waited to be sent to them is gone; somebody with the same Telegram id who
 * comes again is new here. References of orders stay: they are what the gateway's books are found by, and the
 * Telegram id is part of them.
 *
 * What strangers' actions left in the audit trail stays (an id, never a name), and so does a parked update
 * until retention.h removes it: it is sealed, and nobody knows whose it is.
 */
#pragma once

#include "work/work.h"

struct person_erased {
    int64_t pseudonym; /* their new id in the books */
    int64_t orders, deposits, entries;
    int64_t balance; /* that was left, and now is nobody's */
};
/* Opens and commits its own transaction, as the tables' owner: the ledger and the admin logs are append-only
 * for the store's role. With the audit row "person.erased".
 *
 * ERR_NOT_FOUND where the store does not know them; ERR_CONFLICT, with the reason, while something is open
 * (an order, a deposit, a payment that waits for an admin), where they are one of the store's admins, and
 * (unless `force`) where a balance is left or they are shut out: both would be forgotten. */
MUST_USE bool person_erase(struct work *work, int64_t telegram_id, bool force,
                           struct person_erased *erased_out, struct error *err);
