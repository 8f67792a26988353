/*
 * For tests of what payments do to orders: one store in a real PostgreSQL on a real lane, a gateway that
 * answers what a test says (gateway_of() is this folder's, the product's is not linked), and notices that are
 * written down. Stock is a product of 10,000 rupiah.
 */
#pragma once

#include "base/arena.h"
#include "payment/checkout.h"
#include "payment/gateway.h"
#include "store/verify.h"
#include "work/lane.h"

/* Time of tests that move it themselves: far ahead, so that the lane's own sweep never finds a job of theirs
 * due. */
#define HOUSE_NOW INT64_C(4102444800000)

struct house {
    struct arena *arena; /* of the test; emptied by house_clean() */
    const struct tenant *tenant;
    struct lanes *lanes;
    struct lane_store *store;
    struct lanes *other_lanes; /* as a second server for the same store */
    struct lane_store *other_store;
    struct pool *pool;
};
extern struct house house;

/* For cmocka's groups. Without LAPAK_TEST_DATABASE_URL there is no house: house.lanes is NULL. */
int house_setup(void **state);
int house_teardown(void **state);
/* Empties the store's tables and what was noted. */
void house_clean(void);

/* Runs SQL in the store's schema as the owner. */
void house_sql(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The first column of the first row; "" for NULL or no row. */
const char *house_value(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What verify_store() finds; in house.arena. */
void house_verify(struct verify_result *result_out);
/* The same as a number. */
int64_t house_number(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs fn as a task of the lane and waits for it. */
void house_do(void (*fn)(struct work *work, void *context), void *context);
/* Runs fn in a transaction at `now_ms`, without starting the jobs it adds; true where fn said so (then it was
 * committed). */
bool house_transaction(int64_t now_ms, bool (*fn)(struct work *work, void *context, struct error *err),
                       void *context, struct error *err);

/* The same at one of the two servers; may be called by a thread for each. */
bool house_transaction_at(struct lane_store *store, int64_t now_ms,
                          bool (*fn)(struct work *work, void *context, struct error *err), void *context,
                          struct error *err);

/* One round of a job at `now_ms`: prepare, and where it asks for it call and finish. False where a step
 * failed. */
bool house_job(const char *kind, int64_t ref, int64_t now_ms, struct job_step *step_out, struct error *err);

/* --- the gateway --- */

struct fake_gateway {
    /* Answers; an error where the code is not ERR_NONE. */
    struct error create_error, status_error, cancel_error, reach_error;
    struct payment_created created;
    struct gateway_state state;
    const char *meanwhile; /* SQL that runs while a call is under way; or NULL */
    void (*during)(void);  /* runs then too, and its tasks on the other server's lane; or NULL */
    int creates, statuses, cancels, reaches; /* calls so far */
};
extern struct fake_gateway fake_gateway;

/* --- notices --- */

/* "invoice_ready", "paid", "paid late", … in order, with blanks between; amounts behind a colon. Emptied by
 * house_clean(). */
const char *house_notices(void);
void house_forget_notices(void);
/* Until it is told otherwise every notice fails, as where the message can't be written. */
void house_refuse_notices(bool refuse);
int house_count_notices(const char *name);
/* Waits until the notice came and its transaction is over; fails the test after ten seconds. */
void house_wait_notice(const char *name);
