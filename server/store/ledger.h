/*
 * People's balances. Owns table `ledger` (append-only) and the column users.balance, changed together or not
 * at all.
 */
#pragma once

#include "work/work.h"

enum ledger_kind {
    LEDGER_DEPOSIT,
    LEDGER_PURCHASE,
    LEDGER_REFUND,
    LEDGER_ADJUSTMENT,
    LEDGER_TRANSFER,
    LEDGER_LATE_PAYMENT
};

/* The most one entry may be, in rupiah, in either direction. */
#define LEDGER_MOST INT64_C(1000000000000)

/* Books `amount` rupiah (negative: taken). `reason_key` is unique for ever ("late:payment:17"): ERR_CONFLICT
 * where that was booked already, and then nothing was written and the transaction can go on. ERR_INVALID
 * where the amount is 0 or more than LEDGER_MOST, the person is not known, or the balance would fall below
 * zero (the last two leave only a rollback). The balance afterwards in `balance_out`. */
MUST_USE bool ledger_book(struct work *work, int64_t telegram_id, enum ledger_kind kind, int64_t amount,
                          const char *reason_key, const char *note, int64_t *balance_out, struct error *err);

/* ERR_NOT_FOUND where the person is not known. */
MUST_USE bool ledger_balance(struct work *work, int64_t telegram_id, int64_t *balance_out, struct error *err);

struct ledger_entry {
    int64_t id;
    enum ledger_kind kind;
    int64_t amount;   /* rupiah; negative: taken */
    const char *note; /* the reference or reason it was booked with; "" */
    int64_t created_ms;
};
/* A stretch of a person's entries, and where the neighbouring ones begin. */
struct ledger_page {
    const struct ledger_entry *entries; /* newest first */
    size_t count;
    bool has_older, has_newer;
    int64_t older, newer; /* what to give as `before` */
};
/* The newest `limit` entries of a person before id `before` (0: the newest there are); in the arena. Somebody
 * not known has none. In the open transaction, or one of its own. */
MUST_USE bool ledger_list(struct work *work, int64_t telegram_id, int64_t before, int64_t limit,
                          struct ledger_page *page_out, struct error *err);
