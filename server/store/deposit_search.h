/*
 * Deposits as a store's admins look for them: reads only, in the open transaction or one of its own; results
 * in the arena. The tables are deposit.c's, payment.c's and user.c's. Each page is read by an index.
 */
#pragma once

#include "store/deposit.h"
#include "store/payment.h"
#include "store/search.h"
#include "store/user.h"

/* Which deposits. The numbers stand in callback data that people keep: new ones go to the end. */
enum deposit_filter {
    DEPOSITS_ALL,
    DEPOSITS_PENDING,
    DEPOSITS_REVIEW, /* whose proof waits for an admin */
    DEPOSITS_COMPLETED,
    DEPOSITS_CANCELLED,
    DEPOSITS_EXPIRED,
    DEPOSITS_REJECTED,
    DEPOSITS_OF_PERSON, /* ref: Telegram id */
    DEPOSITS_PARKED,    /* money came that an admin has to look at */
    DEPOSIT_FILTERS
};

/* A deposit as a line of a list. */
struct deposit_found {
    int64_t id;
    enum deposit_kind kind;
    enum deposit_state state;
    int64_t amount; /* rupiah */
    int64_t created_ms;
    int64_t telegram_id;
    const char *first_name, *last_name; /* last_name NULL where there is none */
};
struct deposit_search_page {
    size_t count;
    const struct deposit_found *deposits;
    struct search_ends ends;
};
/* SEARCH_ROWS deposits that fit, newest first (DEPOSITS_REVIEW: oldest first), beyond id `from` (0: from the
 * beginning). ERR_INVALID for a filter that there is not. */
MUST_USE bool deposit_search(struct work *work, enum deposit_filter filter, int64_t ref, int64_t from,
                             struct deposit_search_page *page_out, struct error *err);

/* How many wait for an admin; counted up to SEARCH_MOST_COUNTED. */
struct deposit_counts {
    int64_t review, parked;
};
MUST_USE bool deposit_search_counts(struct work *work, struct deposit_counts *counts_out, struct error *err);

/* All an admin is told of one deposit. */
enum { DEPOSIT_RECORD_PAYMENTS = 10 };
struct deposit_record {
    struct deposit deposit;
    bool has_proof;
    const char *end_reason; /* the word that deposit_end() was given, or NULL */
    struct person person;
    const char *decided_by;         /* the admin's first name; "" where nobody decided, or is not known */
    size_t payment_count;           /* at most DEPOSIT_RECORD_PAYMENTS */
    const struct payment *payments; /* newest first */
    const struct payment *parked;   /* the one among them that an admin has to look at, or NULL */
};
/* ERR_NOT_FOUND. */
MUST_USE bool deposit_search_record(struct work *work, int64_t deposit_id, struct deposit_record *record_out,
                                    struct error *err);
