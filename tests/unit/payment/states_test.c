/*
 * Every state met by every event: the tables say what comes of it, and the test makes each pair in a real
 * database and compares. A pair that no row names, or two, fails it, and so does a name that is not known.
 *
 * What comes of a pair is written as bills.h draws it, with who was told behind the colon; NOTHING where all
 * stays as it is and nobody is told; REFUSED the same, where whoever asked is told no.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "bills.h"
#include "pairs.h"
#include "payment/breaker.h"
#include "payment/correction.h"
#include "states.h"
#include "store/stock.h"

#define NEEDS_HOUSE()                                                                                        \
    do {                                                                                                     \
        if (!house.lanes)                                                                                    \
            skip();                                                                                          \
    } while (0)

enum { SOON = 60000, END = 900000, LATE = 960000, ADMIN = 9001 };

/* --- events --- */

enum word { PENDING, COMPLETED, CANCELED, OTHER_AMOUNT, OTHER_TXN, REFUSING, SILENT };

struct event {
    const char *name;
    bool (*run)(const struct event *event, const struct made_bill *made, struct error *err);
    int64_t after_ms; /* since the bill was made */
    enum word word;   /* the gateway's answer, or what the webhook says */
    int spare;        /* units available beside the order's own */
    enum correction_settlement how;
    const char *before; /* what is set in the payment; or NULL */
};

static bool run_job(const char *kind, const struct event *event, const struct made_bill *made,
                    struct error *err)
{
    struct job_step step;
    return house_job(kind, made->id, made->made_ms + event->after_ms, &step, err);
}

static bool status(const struct event *event, const struct made_bill *made, struct error *err)
{
    struct gateway_state *state = &fake_gateway.state;
    *state = (struct gateway_state){GATEWAY_COMPLETED, BILL_AMOUNT, made->reference, made->txn_id, false};
    if (event->word == PENDING)
        state->status = GATEWAY_PENDING;
    if (event->word == CANCELED)
        state->status = GATEWAY_CANCELED;
    if (event->word == OTHER_AMOUNT)
        state->amount = BILL_PAID_OTHER;
    if (event->word == OTHER_TXN)
        state->txn_id = "T-other";
    if (event->word == REFUSING)
        error_set(&fake_gateway.status_error, ERR_REFUSED, "404");
    if (event->word == SILENT)
        error_set(&fake_gateway.status_error, ERR_UNCERTAIN, "no answer");
    return run_job("payment_check", event, made, err);
}

static bool create(const struct event *event, const struct made_bill *made, struct error *err)
{
    fake_gateway.created = (struct payment_created){.txn_id = made->txn_id,
                                                    .fee = 520,
                                                    .total = BILL_AMOUNT + 520,
                                                    .qr_string = "000201",
                                                    .expires_ms = made->ends_ms};
    if (event->word == REFUSING)
        error_set(&fake_gateway.create_error, ERR_REFUSED, "no");
    if (event->word == SILENT)
        error_set(&fake_gateway.create_error, ERR_UNCERTAIN, "no answer");
    return run_job("payment_create", event, made, err);
}

static bool void_it(const struct event *event, const struct made_bill *made, struct error *err)
{
    if (event->word == REFUSING)
        error_set(&fake_gateway.cancel_error, ERR_REFUSED, "not pending");
    return run_job("payment_cancel", event, made, err);
}

static bool expire_by_hand(const struct event *event, const struct made_bill *made, struct error *err)
{
    return run_job("deposit_expire", event, made, err);
}

struct hinting {
    const struct event *event;
    const struct made_bill *made;
    struct error *err;
    enum checkout_hint_result result;
    bool ok;
};

static void take_hint(struct work *work, void *context)
{
    struct hinting *h = context;
    struct checkout_hint hint = {h->made->txn_id, h->made->reference,
                                 h->event->word == OTHER_AMOUNT ? BILL_PAID_OTHER : BILL_AMOUNT, false,
                                 "completed"};
    work->now_ms = h->made->made_ms + h->event->after_ms;
    h->ok = checkout_take_hint(work, &hint, &h->result, h->err);
}

static bool webhook(const struct event *event, const struct made_bill *made, struct error *err)
{
    struct hinting h = {event, made, err, HINT_NOTED, false};
    house_do(take_hint, &h);
    return h.ok;
}

/* What one transaction does. */
struct act {
    bool (*fn)(struct work *work, struct act *act, struct error *err);
    const struct event *event;
    const struct made_bill *made;
    struct correction by;
    int64_t result;
};

static bool in_transaction(struct work *work, void *context, struct error *err)
{
    struct act *act = context;
    return act->fn(work, act, err);
}

static bool act(const struct event *event, const struct made_bill *made,
                bool (*fn)(struct work *work, struct act *act, struct error *err), struct error *err)
{
    struct act act = {
        fn,
        event,
        made,
        {ADMIN, "a reason", arena_printf(house.arena, "%s %lld", event->name, (long long)made->id)},
        0};
    return house_transaction(made->made_ms + event->after_ms, in_transaction, &act, err);
}

#define ACT(name, call)                                                                                      \
    static bool name##_act(struct work *work, struct act *act, struct error *err)                            \
    {                                                                                                        \
        return call;                                                                                         \
    }                                                                                                        \
    static bool name(const struct event *event, const struct made_bill *made, struct error *err)             \
    {                                                                                                        \
        return act(event, made, name##_act, err);                                                            \
    }

static int64_t first_unit(const struct made_bill *made)
{
    return house_number("SELECT coalesce(min(id) FILTER (WHERE state = 'sold'), min(id), 0) FROM"
                        " stock_units WHERE product_id = %lld",
                        (long long)made->id);
}

ACT(buyer_cancels, checkout_cancel(work, act->made->id, act->made->id, err))
ACT(admin_cancels, correction_cancel(work, &act->by, act->made->id, err))
ACT(buyer_cancels_deposit, checkout_cancel_deposit(work, act->made->id, act->made->id, err))
ACT(delivered, order_mark_completed(work, act->made->id, err))
ACT(proved, deposit_prove(work, act->made->id, "file", err))
ACT(marked_paid, correction_mark_paid(work, &act->by, act->made->id, err))
ACT(refunded, correction_refund(work, &act->by, act->made->id, 5000, &act->result, err))
ACT(resent, correction_resend(work, &act->by, act->made->id, err))
ACT(replaced, correction_replace_unit(work, &act->by, first_unit(act->made), &act->result, err))
ACT(settled, correction_settle_mismatch(work, &act->by, act->made->id, act->event->how, err))
ACT(confirmed, correction_confirm_deposit(work, &act->by, act->made->id, err))
ACT(rejected, correction_reject_deposit(work, &act->by, act->made->id, err))

/* --- events of a unit: `subject` is the one that is looked at --- */

static int64_t subject;

static bool order_for_another(struct work *work, const struct made_bill *made, struct error *err)
{
    struct order order;
    enum order_obstacle obstacle;
    int64_t about;
    return cart_set(work, 1001, made->id, 1, 10000, err) &&
           order_place(work, 1001, work->now_ms + SOON, 1000, &order, &obstacle, &about, err);
}

static int64_t other_unit(const struct made_bill *made)
{
    return house_number("SELECT coalesce(max(id), 0) FROM stock_units WHERE product_id = %lld AND state ="
                        " 'sold' AND replaced_by IS NULL AND id <> %lld",
                        (long long)made->id, (long long)subject);
}

ACT(ordered, order_for_another(work, act->made, err))
ACT(order_paid, order_mark_paid(work, act->made->id, err))
ACT(order_cancelled, order_end(work, act->made->id, ORDER_CANCELLED, "buyer", err))
ACT(order_expired, order_end(work, act->made->id, ORDER_EXPIRED, "expired", err))
ACT(order_paid_late, order_revive(work, act->made->id, err))
ACT(unit_replaced, stock_replace(work, subject, &act->result, err))
ACT(other_unit_replaced, stock_replace(work, other_unit(act->made), &act->result, err))

/* Asked a moment ago: a webhook's look waits a little, and stays a row. */
#define JUST_ASKED  "checked_at = created_at + interval '59 s'"
#define ASKED_A_LOT "failures = 9"

#define GATEWAY_EVENTS                                                                                       \
    {.name = "paid", .run = status, .after_ms = SOON, .word = COMPLETED},                                    \
        {.name = "paid at the end", .run = status, .after_ms = END, .word = COMPLETED},                      \
        {.name = "unpaid", .run = status, .after_ms = SOON, .word = PENDING},                                \
        {.name = "unpaid at the end", .run = status, .after_ms = END, .word = PENDING},                      \
        {.name = "canceled", .run = status, .after_ms = SOON, .word = CANCELED},                             \
        {.name = "other amount", .run = status, .after_ms = SOON, .word = OTHER_AMOUNT},                     \
        {.name = "other transaction", .run = status, .after_ms = SOON, .word = OTHER_TXN},                   \
        {.name = "status refused", .run = status, .after_ms = SOON, .word = REFUSING},                       \
        {.name = "no status", .run = status, .after_ms = SOON, .word = SILENT},                              \
        {.name = "no status for long",                                                                       \
         .run = status,                                                                                      \
         .after_ms = LATE,                                                                                   \
         .word = SILENT,                                                                                     \
         .before = ASKED_A_LOT},                                                                             \
        {.name = "invoice made", .run = create, .after_ms = SOON},                                           \
        {.name = "invoice refused", .run = create, .after_ms = SOON, .word = REFUSING},                      \
        {.name = "no invoice", .run = create, .after_ms = SOON, .word = SILENT},                             \
        {.name = "no invoice for long",                                                                      \
         .run = create,                                                                                      \
         .after_ms = SOON,                                                                                   \
         .word = SILENT,                                                                                     \
         .before = ASKED_A_LOT},                                                                             \
        {.name = "no time for an invoice", .run = create, .after_ms = END},                                  \
        {.name = "voided", .run = void_it, .after_ms = LATE},                                                \
        {.name = "not voided", .run = void_it, .after_ms = LATE, .word = REFUSING},                          \
        {.name = "webhook", .run = webhook, .after_ms = SOON, .word = COMPLETED, .before = JUST_ASKED},      \
    {                                                                                                        \
        .name = "wrong webhook", .run = webhook, .after_ms = SOON, .word = OTHER_AMOUNT,                     \
        .before = JUST_ASKED                                                                                 \
    }

static const struct event order_events[] = {
    GATEWAY_EVENTS,
    {.name = "paid late", .run = status, .after_ms = LATE, .word = COMPLETED, .spare = 2},
    {.name = "paid late with too few units", .run = status, .after_ms = LATE, .word = COMPLETED, .spare = 1},
    {.name = "other amount late", .run = status, .after_ms = LATE, .word = OTHER_AMOUNT, .spare = 2},
    {.name = "buyer cancels", .run = buyer_cancels, .after_ms = SOON},
    {.name = "admin cancels", .run = admin_cancels, .after_ms = SOON},
    {.name = "delivered", .run = delivered, .after_ms = LATE},
    {.name = "marked paid", .run = marked_paid, .after_ms = LATE, .spare = 2},
    {.name = "marked paid with too few units", .run = marked_paid, .after_ms = LATE, .spare = 1},
    {.name = "refunded", .run = refunded, .after_ms = LATE},
    {.name = "resent", .run = resent, .after_ms = LATE},
    {.name = "unit replaced", .run = replaced, .after_ms = LATE, .spare = 1},
    {.name = "unit replaced with none left", .run = replaced, .after_ms = LATE},
    {.name = "mismatch delivered", .run = settled, .after_ms = LATE, .spare = 2, .how = CORRECTION_DELIVER},
    {.name = "mismatch delivered with too few units",
     .run = settled,
     .after_ms = LATE,
     .spare = 1,
     .how = CORRECTION_DELIVER},
    {.name = "mismatch credited", .run = settled, .after_ms = LATE, .how = CORRECTION_CREDIT},
    {.name = "mismatch given back", .run = settled, .after_ms = LATE, .how = CORRECTION_REFUNDED},
};

#define DECISIONS_ON_DEPOSITS                                                                                \
    {.name = "buyer cancels", .run = buyer_cancels_deposit, .after_ms = SOON},                               \
        {.name = "proved", .run = proved, .after_ms = SOON},                                                 \
        {.name = "confirmed", .run = confirmed, .after_ms = LATE},                                           \
    {                                                                                                        \
        .name = "rejected", .run = rejected, .after_ms = LATE                                                \
    }

static const struct event deposit_events[] = {
    GATEWAY_EVENTS,
    {.name = "paid late", .run = status, .after_ms = LATE, .word = COMPLETED},
    {.name = "other amount late", .run = status, .after_ms = LATE, .word = OTHER_AMOUNT},
    {.name = "mismatch delivered", .run = settled, .after_ms = LATE, .how = CORRECTION_DELIVER},
    {.name = "mismatch credited", .run = settled, .after_ms = LATE, .how = CORRECTION_CREDIT},
    {.name = "mismatch given back", .run = settled, .after_ms = LATE, .how = CORRECTION_REFUNDED},
    DECISIONS_ON_DEPOSITS,
};

static const struct event by_hand_events[] = {
    DECISIONS_ON_DEPOSITS,
    {.name = "looked at before its end", .run = expire_by_hand, .after_ms = SOON},
    {.name = "looked at after its end", .run = expire_by_hand, .after_ms = END},
};

static const struct event unit_events[] = {
    {.name = "another orders one", .run = ordered},
    {.name = "its order is paid", .run = order_paid},
    {.name = "its order is delivered", .run = delivered},
    {.name = "its order is cancelled", .run = order_cancelled},
    {.name = "its order expires", .run = order_expired},
    {.name = "its order is paid late", .run = order_paid_late},
    {.name = "it is replaced", .run = unit_replaced},
    {.name = "another of the order is replaced", .run = other_unit_replaced},
};

/* --- events of what is done by hand --- */

ACT(fulfilled, correction_fulfil(work, &act->by, act->made->id, "86 diamonds", NULL, NULL, err))
ACT(fulfilled_with_file, correction_fulfil(work, &act->by, act->made->id, NULL, "file-id", "a.pdf", err))
ACT(fulfilled_with_nothing, correction_fulfil(work, &act->by, act->made->id, NULL, NULL, NULL, err))

static const struct event item_events[] = {
    {.name = "done with a text", .run = fulfilled},
    {.name = "done with a file", .run = fulfilled_with_file},
    {.name = "done", .run = fulfilled_with_nothing},
    {.name = "its order is paid", .run = order_paid},
    {.name = "its order is delivered", .run = delivered},
    {.name = "its order is cancelled", .run = order_cancelled},
    {.name = "its order expires", .run = order_expired},
    {.name = "its order is paid late", .run = order_paid_late},
};

/* --- states --- */

#define WITH_PAYMENTS(state)                                                                                 \
    state "/creating", state "/waiting", state "/completed", state "/cancelled", state "/expired",           \
        state "/failed"

static const char *const order_states[] = {
    WITH_PAYMENTS("pending"), WITH_PAYMENTS("paid"), WITH_PAYMENTS("completed"), WITH_PAYMENTS("cancelled"),
    WITH_PAYMENTS("expired"), "pending/waiting!",    "paid/cancelled!",          "completed/expired!",
    "cancelled/cancelled!",   "expired/expired!",
};

/* By the gateway there is no review and no rejecting: the table says so. */
static const char *const deposit_states[] = {
    WITH_PAYMENTS("pending"), WITH_PAYMENTS("completed"), WITH_PAYMENTS("cancelled"),
    WITH_PAYMENTS("expired"), "pending/waiting!",         "completed/expired!",
    "cancelled/cancelled!",   "expired/expired!",
};

static const char *const by_hand_states[] = {"pending",   "review",  "completed",
                                             "cancelled", "expired", "rejected"};

/* Of the unit, and its order; one more of the product is available. */
static const struct unit_state {
    const char *name, *order_state, *payment_state;
    const char *subject_state;
    bool replaced; /* one was */
} unit_makes[] = {
    {"available beside a paid order", "paid", "completed", "available", false},
    {"available after its order", "cancelled", "cancelled", "available", false},
    {"reserved", "pending", "waiting", "reserved", false},
    {"sold", "paid", "completed", "sold", false},
    {"sold and delivered", "completed", "completed", "sold", false},
    {"replaced", "paid", "completed", "sold", true},
};
static const char *const unit_states[] = {
    "available beside a paid order",
    "available after its order",
    "reserved",
    "sold",
    "sold and delivered",
    "replaced",
};

/* Of something that an admin does by hand, and its order. */
static const char *const item_states[] = {"open/pending", "open/cancelled", "open/expired",
                                          "open/paid",    "done/paid",      "done/completed"};

/* --- one pair --- */

enum kind { ORDER, DEPOSIT, BY_HAND, UNIT, ITEM };

static struct made_bill make_item(const char *state)
{
    const char *order = strchr(state, '/') + 1;
    bool open = str_equal(order, "pending"), paid = str_equal(order, "paid") || str_equal(order, "completed");
    struct made_bill made = bills_order(order, open ? "waiting" : paid ? "completed" : "cancelled", 0);
    bills_make_manual(&made, str_starts_with(state, "done"));
    return made;
}

static const char *picture_of_item(const struct made_bill *made)
{
    return house_value(
        "SELECT CASE WHEN i.fulfilled_at IS NULL THEN 'open' ELSE 'done' END || ', ' || o.state"
        " || CASE WHEN i.content IS NULL THEN '' ELSE ' with content' END || ', ' || p.sold"
        " || ' sold' FROM order_items i JOIN orders o ON o.id = i.order_id"
        " JOIN products p ON p.id = i.product_id WHERE i.id = %lld",
        (long long)made->id);
}

/* The oldest unit in that state; where one was replaced, it is that one. */
static struct made_bill make_unit(const char *state)
{
    const struct unit_state *make = unit_makes;
    while (!str_equal(make->name, state))
        make++;
    struct made_bill made = bills_order(make->order_state, make->payment_state, 2);
    subject = house_number("SELECT min(id) FROM stock_units WHERE product_id = %lld AND state = '%s'",
                           (long long)made.id, make->subject_state);
    if (make->replaced)
        house_sql("UPDATE stock_units SET state = 'sold', order_item_id = %lld, sold_at = now()"
                  " WHERE id = %lld; UPDATE stock_units SET replaced_by = %lld WHERE id = %lld",
                  (long long)made.id, (long long)subject + 2, (long long)subject + 2, (long long)subject);
    return made;
}

static const char *picture_of_unit(const struct made_bill *made)
{
    return house_value(
        "SELECT state || CASE WHEN order_item_id = %lld THEN ' to its order' WHEN order_item_id IS"
        " NOT NULL THEN ' to another' ELSE '' END || CASE WHEN replaced_by IS NULL THEN '' ELSE"
        " ', replaced' END FROM stock_units WHERE id = %lld",
        (long long)made->id, (long long)subject);
}

static struct made_bill make(enum kind kind, const char *state, int spare)
{
    char *payment = arena_strdup(house.arena, state), *slash = strchr(payment, '/');
    if (kind == UNIT)
        return make_unit(state);
    if (kind == ITEM)
        return make_item(state);
    if (kind == BY_HAND)
        return bills_deposit_by_hand(state);
    *slash = '\0';
    return kind == ORDER ? bills_order(payment, slash + 1, spare) : bills_deposit(payment, slash + 1);
}

static const char *picture(enum kind kind, const struct made_bill *made)
{
    return kind == UNIT    ? picture_of_unit(made)
           : kind == ITEM  ? picture_of_item(made)
           : kind == ORDER ? bills_picture_of_order(made)
                           : bills_picture_of_deposit(made);
}

static bool is_no(enum error_code code)
{
    return code == ERR_CONFLICT || code == ERR_INVALID || code == ERR_NOT_FOUND;
}

/* A person's decision that was carried out has its row, any other has none. */
static void check_log(const struct event *event, const struct made_bill *made, bool ok)
{
    const char *logs = house_value("SELECT count(*) FROM admin_logs WHERE key = '%s %lld'", event->name,
                                   (long long)made->id);
    bool is_decision = event->run == fulfilled || event->run == fulfilled_with_file ||
                       event->run == fulfilled_with_nothing || event->run == admin_cancels ||
                       event->run == marked_paid || event->run == refunded || event->run == resent ||
                       event->run == replaced || event->run == settled || event->run == confirmed ||
                       event->run == rejected;
    assert_string_equal(logs, ok && is_decision ? "1" : "0");
}

static const char *outcome_of(enum kind kind, const char *state, const struct event *event)
{
    struct error err = {0};
    struct made_bill made = make(kind, state, event->spare);
    fake_gateway = (struct fake_gateway){0};
    breaker_note(house.tenant->pakasir_project, NULL, made.made_ms);
    if (event->before)
        house_sql("UPDATE payments SET %s WHERE id = %lld", event->before, (long long)made.id);
    const char *before = picture(kind, &made);
    house_forget_notices();
    bool ok = event->run(event, &made, &err);
    const char *after = picture(kind, &made), *told = house_notices();
    bool is_bill = kind != UNIT && kind != ITEM;
    const char *changes = is_bill ? bills_changes(before, after) : str_equal(before, after) ? "" : after;
    bool same = !*changes && !*told;
    check_log(event, &made, ok);
    if (!ok)
        return is_no(err.code) && same ? REFUSED : arena_printf(house.arena, "failed: %s", err.text);
    if (same)
        return NOTHING;
    return *told ? arena_printf(house.arena, "%s: %s", changes, told) : changes;
}

/* --- the tables --- */

struct table {
    enum kind kind;
    const struct event *events;
    const char *const *states;
};

static const char *outcome(const struct pairs *pairs, size_t state, size_t event)
{
    const struct table *table = pairs->context;
    return outcome_of(table->kind, table->states[state], &table->events[event]);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void run(const char *name, const struct table *table, size_t state_count, size_t event_count,
                const struct pairs_row *rows, size_t row_count)
{
    house_clean();
    const char **events = ARENA_ARRAY(house.arena, const char *, event_count);
    for (size_t i = 0; i < event_count; i++)
        events[i] = table->events[i].name;
    pairs_check(house.arena, &(struct pairs){name, table->states, state_count, events, event_count, rows,
                                             row_count, outcome, table});
}

#define RUN(name, kind, prefix)                                                                              \
    run(name, &(struct table){kind, prefix##_events, prefix##_states}, COUNT(prefix##_states),               \
        COUNT(prefix##_events), states_of_##prefix, states_of_##prefix##_count)

static void test_orders(void **state)
{
    NEEDS_HOUSE();
    RUN("order", ORDER, order);
}

static void test_deposits(void **state)
{
    NEEDS_HOUSE();
    RUN("deposit", DEPOSIT, deposit);
}

static void test_deposits_by_hand(void **state)
{
    NEEDS_HOUSE();
    RUN("deposit by hand", BY_HAND, by_hand);
}

static void test_units(void **state)
{
    NEEDS_HOUSE();
    RUN("unit", UNIT, unit);
}

static void test_items_by_hand(void **state)
{
    NEEDS_HOUSE();
    RUN("item by hand", ITEM, item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),           cmocka_unit_test(test_deposits),
        cmocka_unit_test(test_deposits_by_hand), cmocka_unit_test(test_units),
        cmocka_unit_test(test_items_by_hand),
    };
    return cmocka_run_group_tests(tests, house_setup, house_teardown);
}
