/*
 * Deposits: money a person puts on their balance. Owns table `deposits`.
 *
 * States, by the gateway: pending -> completed | cancelled | expired; cancelled | expired -> completed (paid
 * late). By hand: pending (a proof is asked for) -> review (given) -> completed | rejected; pending ->
 * cancelled | expired; rejected -> completed (the admin was wrong). Completed is final. Every change names
 * the states it comes from and is ERR_CONFLICT where the deposit is in none of them. The ledger entry is the
 * caller's (settle).
 */
#pragma once

#include "work/work.h"

enum deposit_kind { DEPOSIT_GATEWAY, DEPOSIT_MANUAL };
enum deposit_state {
    DEPOSIT_PENDING,
    DEPOSIT_REVIEW,
    DEPOSIT_COMPLETED,
    DEPOSIT_CANCELLED,
    DEPOSIT_EXPIRED,
    DEPOSIT_REJECTED
};

struct deposit {
    int64_t id;
    const char *reference; /* "dp1001-k3v…", unique across stores: what the gateway sees */
    int64_t telegram_id;
    enum deposit_kind kind;
    int64_t amount; /* rupiah, without any fee */
    enum deposit_state state;
    int64_t loading_message_id, invoice_message_id; /* 0: none */
    int64_t decided_by;                             /* the admin's Telegram id; 0: nobody */
    int64_t created_ms, expires_ms, proved_ms, completed_ms, ended_ms;
};

/* A pending one. The person's row must be locked (user_touch), which makes the count of open ones right:
 * ERR_CONFLICT where `most_open` are pending or in review already. ERR_INVALID unless 1 to 10^9 rupiah. */
MUST_USE bool deposit_add(struct work *work, int64_t telegram_id, enum deposit_kind kind, int64_t amount,
                          int64_t expires_ms, int64_t most_open, struct deposit *deposit_out,
                          struct error *err);

/* `lock` takes the row's lock until the end of the transaction. ERR_NOT_FOUND; for _own also where it is
 * another person's. */
MUST_USE bool deposit_get(struct work *work, int64_t deposit_id, bool lock, struct deposit *deposit_out,
                          struct error *err);
MUST_USE bool deposit_get_own(struct work *work, int64_t deposit_id, int64_t telegram_id, bool lock,
                              struct deposit *deposit_out, struct error *err);
/* The newest `limit` of a person, newest first, of those before id `before` (0: from the newest). In the open
 * transaction or one of its own; in the arena. */
MUST_USE bool deposit_list(struct work *work, int64_t telegram_id, int64_t before, int64_t limit,
                           struct deposit **deposits_out, size_t *count_out, struct error *err);

/* pending -> review, by hand only; the photo's file_id is sealed. */
MUST_USE bool deposit_prove(struct work *work, int64_t deposit_id, const char *file_id, struct error *err);
/* The proof's file_id, in the arena; NULL where there is none. */
MUST_USE bool deposit_proof(struct work *work, int64_t deposit_id, const char **file_id_out,
                            struct error *err);
/* Any but completed -> completed. `decided_by` 0: by the gateway. */
MUST_USE bool deposit_mark_completed(struct work *work, int64_t deposit_id, int64_t decided_by,
                                     struct error *err);
/* pending -> cancelled or expired. `reason` is a word for people reading the books. */
MUST_USE bool deposit_end(struct work *work, int64_t deposit_id, enum deposit_state end, const char *reason,
                          struct error *err);
/* review -> rejected. */
MUST_USE bool deposit_reject(struct work *work, int64_t deposit_id, int64_t decided_by, struct error *err);

/* As order_shorten_expiry() and the two setters of messages. */
MUST_USE bool deposit_shorten_expiry(struct work *work, int64_t deposit_id, int64_t expires_ms,
                                     struct error *err);
MUST_USE bool deposit_set_loading_message(struct work *work, int64_t deposit_id, int64_t message_id,
                                          struct error *err);
MUST_USE bool deposit_set_invoice_message(struct work *work, int64_t deposit_id, int64_t message_id,
                                          struct error *err);

const char *deposit_state_name(enum deposit_state state); /* "pending", … as in the database */
/* False where nothing has that name. */
MUST_USE bool deposit_state_of(const char *name, enum deposit_state *state_out);
MUST_USE bool deposit_kind_of(const char *name, enum deposit_kind *kind_out);
