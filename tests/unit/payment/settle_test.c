/* Every state of an order and its payment, met by every answer of the gateway: what is paid, what is freed,
 * who is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "house.h"
#include "payment/breaker.h"

#define NEEDS_HOUSE()                                                                                        \
    do {                                                                                                     \
        if (!house.lanes)                                                                                    \
            skip();                                                                                          \
    } while (0)

enum { AMOUNT = 20000, QUANTITY = 2 };
/* Of the order that make() made last; each has days of its own, as the gateway's limits are remembered for a
 * while. */
static int64_t made_ms = HOUSE_NOW, expires_ms;

static char *sql_time(int64_t ms)
{
    return arena_printf(house.arena, "to_timestamp(%lld / 1000.0)", (long long)ms);
}

/* An order of two units with its payment, in the states asked for; `spare` further units are available. */
static void make(const char *order_state, const char *payment_state, bool known, int spare)
{
    made_ms += INT64_C(864000000);
    expires_ms = made_ms + 900000;
    bool paid = str_equal(order_state, "paid") || str_equal(order_state, "completed");
    bool ended = !str_equal(payment_state, "creating") && !str_equal(payment_state, "waiting");
    house_sql(
        "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at, paid_at,"
        " completed_at) VALUES ('tg1001-abc', 1001, '%s', %d, %d, %s, %s, %s, %s)",
        order_state, AMOUNT, AMOUNT, sql_time(made_ms), sql_time(expires_ms),
        paid ? sql_time(made_ms) : "NULL", str_equal(order_state, "completed") ? sql_time(made_ms) : "NULL");
    house_sql("INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
              " VALUES (1, 1, 'Product', 10000, %d, '')",
              QUANTITY);
    for (int i = 0; i < QUANTITY + spare; i++) {
        const char *state = i >= QUANTITY                       ? "available"
                            : str_equal(order_state, "pending") ? "reserved"
                            : paid                              ? "sold"
                                                                : NULL;
        if (state)
            house_sql(
                "INSERT INTO stock_units (product_id, state, content, digest, order_item_id, created_at,"
                " reserved_at, sold_at) VALUES (1, '%s', 'x', '%d', %s, %s, NULL, %s)",
                state, i, i < QUANTITY ? "1" : "NULL", sql_time(made_ms),
                str_equal(state, "sold") ? sql_time(made_ms) : "NULL");
    }
    house_sql("INSERT INTO payments (order_id, gateway_order_id, method, amount, state, txn_id, fee, total, "
              "qr_string,"
              " expires_at, created_at, ended_at) VALUES (1, 'tg1001-abc', 'qris', %d, '%s', %s, 1, 2, 'q', "
              "%s, %s, %s)",
              AMOUNT, payment_state, known ? "'T-1'" : "NULL", sql_time(expires_ms), sql_time(made_ms),
              ended ? sql_time(expires_ms) : "NULL");
}

enum answer {
    PENDING,
    COMPLETED,
    CANCELED,
    OTHER_AMOUNT,
    OTHER_AMOUNT_PENDING,
    OTHER_ORDER,
    OTHER_TXN,
    OTHER_FLAG,
    NOTHING,
    REFUSED,
    ANSWERS
};
static const char *const answer_names[] = {
    "pending",     "completed", "canceled",   "other amount", "other amount pending",
    "other order", "other txn", "other flag", "nothing",      "refused"};

static void set_answer(enum answer answer)
{
    struct gateway_state *state = &fake_gateway.state;
    *state = (struct gateway_state){GATEWAY_COMPLETED, AMOUNT, "tg1001-abc", "T-1", false};
    fake_gateway.status_error = (struct error){0};
    switch (answer) {
    case PENDING:
        state->status = GATEWAY_PENDING;
        break;
    case CANCELED:
        state->status = GATEWAY_CANCELED;
        break;
    case OTHER_AMOUNT_PENDING:
        state->status = GATEWAY_PENDING;
        state->amount = 1;
        break;
    case OTHER_AMOUNT:
        state->amount = AMOUNT - 1;
        break;
    case OTHER_ORDER:
        state->order_id = "tg1001-abd";
        break;
    case OTHER_TXN:
        state->txn_id = "T-2";
        break;
    case OTHER_FLAG:
        state->is_sandbox = true;
        break;
    case NOTHING:
        error_set(&fake_gateway.status_error, ERR_UNCERTAIN, "no answer");
        break;
    case REFUSED:
        error_set(&fake_gateway.status_error, ERR_REFUSED, "404");
        break;
    case COMPLETED:
    case ANSWERS:
        break;
    }
}

/* "order payment sold/reserved/available balance [problem] : notices : jobs" */
static const char *picture(void)
{
    const char *rows =
        house_value("SELECT o.state || ' ' || p.state || ' '"
                    " || (SELECT count(*) FILTER (WHERE state = 'sold') || '/' || count(*) FILTER (WHERE "
                    "state = 'reserved') || '/'"
                    " || count(*) FILTER (WHERE state = 'available') FROM stock_units) || ' ' || u.balance "
                    "|| coalesce(' ' || p.problem, '')"
                    " || coalesce(' ' || (SELECT string_agg(kind, ' ' ORDER BY kind) FROM jobs), '')"
                    " FROM orders o JOIN payments p ON p.order_id = o.id JOIN users u USING (telegram_id)");
    /* the ledger and the balance must always agree */
    assert_string_equal(
        house_value("SELECT coalesce(sum(amount), 0) = (SELECT balance FROM users) FROM ledger"), "t");
    return arena_printf(house.arena, "%s : %s", rows, house_notices());
}

static const char *step_text(const struct job_step *step, int64_t now_ms)
{
    return step->kind == JOB_DONE
               ? "done"
               : arena_printf(house.arena, "+%lld", (long long)(step->due_ms - now_ms) / 1000);
}

struct row {
    const char *order, *payment;
    int spare;
    int64_t after_ms; /* since the order was made */
    enum answer answer;
    const char *step, *picture;
};

static const struct row rows[] = {
    /* open, before its end */
    {"pending", "waiting", 0, 60000, PENDING, "+30", "pending waiting 0/2/0 0 : "},
    {"pending", "waiting", 0, 60000, COMPLETED, "done", "paid completed 2/0/0 0 : paid"},
    {"pending", "waiting", 0, 60000, CANCELED, "+60",
     "cancelled cancelled 0/0/2 0 : ended:cancelled:gateway"},
    {"pending", "waiting", 0, 60000, OTHER_AMOUNT, "done",
     "pending waiting 0/2/0 0 mismatch : mismatch:19999"},
    {"pending", "waiting", 0, 60000, OTHER_AMOUNT_PENDING, "+4", "pending waiting 0/2/0 0 : "},
    {"pending", "waiting", 0, 60000, OTHER_ORDER, "+4", "pending waiting 0/2/0 0 : "},
    {"pending", "waiting", 0, 60000, OTHER_TXN, "+4", "pending waiting 0/2/0 0 : "},
    {"pending", "waiting", 0, 60000, OTHER_FLAG, "+4", "pending waiting 0/2/0 0 : "},
    {"pending", "waiting", 0, 60000, NOTHING, "+4", "pending waiting 0/2/0 0 : "},
    {"pending", "waiting", 0, 60000, REFUSED, "+4", "pending waiting 0/2/0 0 : "},
    /* open, at its end: the last look */
    {"pending", "waiting", 0, 900000, PENDING, "+60",
     "expired expired 0/0/2 0 payment_cancel : ended:expired"},
    {"pending", "waiting", 0, 900000, COMPLETED, "done", "paid completed 2/0/0 0 : paid"},
    {"pending", "waiting", 0, 900000, CANCELED, "+60",
     "cancelled cancelled 0/0/2 0 : ended:cancelled:gateway"},
    {"pending", "waiting", 0, 900000, OTHER_AMOUNT, "done",
     "pending waiting 0/2/0 0 mismatch : mismatch:19999"},
    {"pending", "waiting", 0, 900000, NOTHING, "+10", "pending waiting 0/2/0 0 : "},
    /* still creating: the other job's business */
    {"pending", "creating", 0, 60000, COMPLETED, "done", "pending creating 0/2/0 0 : "},
    /* ended unpaid, units there again */
    {"expired", "expired", 2, 960000, PENDING, "+240", "expired expired 0/0/2 0 : "},
    {"expired", "expired", 2, 960000, COMPLETED, "done", "paid completed 2/0/0 0 : paid_late"},
    {"expired", "expired", 2, 960000, CANCELED, "+240", "expired expired 0/0/2 0 : "},
    {"expired", "expired", 2, 960000, OTHER_AMOUNT, "done",
     "expired expired 0/0/2 0 mismatch : mismatch:19999"},
    {"expired", "expired", 2, 960000, OTHER_TXN, "+30", "expired expired 0/0/2 0 : "},
    {"expired", "expired", 2, 960000, OTHER_FLAG, "+30", "expired expired 0/0/2 0 : "},
    {"expired", "expired", 2, 960000, NOTHING, "+30", "expired expired 0/0/2 0 : "},
    {"cancelled", "cancelled", 3, 960000, COMPLETED, "done", "paid completed 2/0/1 0 : paid_late"},
    {"cancelled", "cancelled", 2, 960000, PENDING, "+240", "cancelled cancelled 0/0/2 0 : "},
    {"cancelled", "failed", 2, 960000, COMPLETED, "done", "paid completed 2/0/0 0 : paid_late"},
    /* ended unpaid, too few units: the balance */
    {"expired", "expired", 1, 960000, COMPLETED, "done", "expired completed 0/0/1 20000 : credited:20000"},
    {"cancelled", "cancelled", 0, 960000, COMPLETED, "done",
     "cancelled completed 0/0/0 20000 : credited:20000"},
    {"cancelled", "failed", 1, 960000, COMPLETED, "done", "cancelled completed 0/0/1 20000 : credited:20000"},
    /* a day later nobody looks any more, but a webhook makes us */
    {"expired", "expired", 2, 900000 + 86400000, PENDING, "done", "expired expired 0/0/2 0 : "},
    {"expired", "expired", 2, 900000 + 86400000, COMPLETED, "done", "paid completed 2/0/0 0 : paid_late"},
    /* paid by another payment: too much */
    {"paid", "cancelled", 0, 960000, COMPLETED, "done", "paid completed 2/0/0 20000 : credited:20000"},
    {"completed", "expired", 5, 960000, COMPLETED, "done",
     "completed completed 2/0/5 20000 : credited:20000"},
    {"paid", "waiting", 0, 60000, COMPLETED, "done", "paid completed 2/0/0 20000 : credited:20000"},
    {"paid", "waiting", 0, 60000, PENDING, "+60", "paid cancelled 2/0/0 0 payment_cancel : "},
    {"paid", "cancelled", 0, 960000, PENDING, "+240", "paid cancelled 2/0/0 0 : "},
    /* completed stays completed, whatever is said */
    {"paid", "completed", 1, 960000, PENDING, "done", "paid completed 2/0/1 0 : "},
    {"paid", "completed", 1, 960000, COMPLETED, "done", "paid completed 2/0/1 0 : "},
    {"completed", "completed", 1, 960000, CANCELED, "done", "completed completed 2/0/1 0 : "},
    {"completed", "completed", 1, 960000, OTHER_AMOUNT, "done", "completed completed 2/0/1 0 : "},
};

static void test_table(void **state)
{
    NEEDS_HOUSE();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct job_step step;
        struct error err = {0};
        house_clean();
        make(row->order, row->payment, !str_equal(row->payment, "creating"), row->spare);
        int64_t now = made_ms + row->after_ms;
        set_answer(row->answer);
        if (!house_job("payment_check", 1, now, &step, &err))
            fail_msg("row %zu: %s", i, err.text);
        const char *seen = picture(), *step_seen = step_text(&step, now);
        if (!str_equal(seen, row->picture) || !str_equal(step_seen, row->step))
            fail_msg("row %zu (%s %s, %s): \"%s\" %s instead of \"%s\" %s", i, row->order, row->payment,
                     answer_names[row->answer], seen, step_seen, row->picture, row->step);
        /* The same again changes nothing more: neither twice the money nor twice the units. */
        if (row->answer == COMPLETED && !str_equal(row->payment, "creating")) {
            assert_true(house_job("payment_check", 1, now + 3600000, &step, &err));
            assert_string_equal(picture(), row->picture);
            assert_int_equal(step.kind, JOB_DONE);
        }
    }
}

static void test_one_look_in_four_seconds(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err;
    house_clean();
    make("pending", "waiting", true, 0);
    set_answer(PENDING);
    assert_true(house_job("payment_check", 1, made_ms + 10000, &step, &err));
    assert_int_equal(fake_gateway.statuses, 1);
    assert_true(house_job("payment_check", 1, made_ms + 11000, &step, &err));
    assert_int_equal(fake_gateway.statuses, 1);
    assert_int_equal(step.kind, JOB_AGAIN);
    assert_int_equal(step.due_ms, made_ms + 14000);
    assert_true(house_job("payment_check", 1, made_ms + 14200, &step, &err));
    assert_int_equal(fake_gateway.statuses, 2);
}

/* The gateway is away at the end: three more looks, then the order ends, and money that came is still found.
 */
static void test_away_at_the_end(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err;
    house_clean();
    make("pending", "waiting", true, 0);
    set_answer(NOTHING);
    int64_t now = expires_ms;
    step.due_ms = now;
    while (fake_gateway.statuses < 20 && !house_count_notices("ended")) {
        now = step.due_ms;
        assert_true(house_job("payment_check", 1, now, &step, &err));
        assert_int_equal(step.kind, JOB_AGAIN);
    }
    assert_int_equal(fake_gateway.statuses, 4);
    assert_int_equal(now, expires_ms + 30000);
    assert_string_equal(picture(), "expired expired 0/0/2 0 payment_cancel : ended:expired");
    set_answer(COMPLETED);
    assert_true(house_job("payment_check", 1, step.due_ms, &step, &err));
    assert_non_null(strstr(picture(), "paid completed 2/0/0 0"));
    /* the order is paid: nothing is voided any more */
    assert_true(house_job("payment_cancel", 1, now + 90000, &step, &err));
    assert_int_equal(fake_gateway.cancels, 0);
}

/* Another server was quicker, between our question and the answer: what it did stays, whatever the answer. */
static void test_settled_meanwhile(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        const char *order, *payment, *meanwhile;
        const char *pictures[ANSWERS]; /* NULL: as the first */
    } cases[] = {
        {"pending",
         "waiting",
         "UPDATE orders SET state = 'paid', paid_at = '2100-01-01'; UPDATE payments SET state = 'completed';"
         "UPDATE stock_units SET state = 'sold', sold_at = '2100-01-01'",
         {"paid completed 2/0/0 0 : "}},
        {"pending",
         "waiting",
         "UPDATE payments SET problem = 'mismatch'",
         {"pending waiting 0/2/0 0 mismatch : "}},
        {"expired", "expired", "UPDATE payments SET state = 'completed'", {"expired completed 0/0/0 0 : "}},
        {"pending",
         "waiting",
         "UPDATE orders SET state = 'cancelled'; UPDATE payments SET state = 'cancelled';"
         "UPDATE stock_units SET state = 'available', order_item_id = NULL",
         {"cancelled cancelled 0/0/2 0 : ", [COMPLETED] = "paid completed 2/0/0 0 : paid_late",
          [OTHER_AMOUNT] = "cancelled cancelled 0/0/2 0 mismatch : mismatch:19999"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (enum answer answer = 0; answer < ANSWERS; answer++) {
            struct job_step step;
            struct error err = {0};
            const char *expected =
                cases[i].pictures[answer] ? cases[i].pictures[answer] : cases[i].pictures[0];
            house_clean();
            make(cases[i].order, cases[i].payment, true, 0);
            set_answer(answer);
            fake_gateway.meanwhile = cases[i].meanwhile;
            if (!house_job("payment_check", 1, made_ms + 900000, &step, &err))
                fail_msg("case %zu, %s: %s", i, answer_names[answer], err.text);
            if (!str_equal(picture(), expected))
                fail_msg("case %zu, %s: \"%s\"", i, answer_names[answer], picture());
        }
    }
}

static void test_parked_stays_parked(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err;
    house_clean();
    make("pending", "waiting", true, 0);
    set_answer(OTHER_AMOUNT);
    assert_true(house_job("payment_check", 1, made_ms + 100000, &step, &err));
    set_answer(COMPLETED);
    assert_true(house_job("payment_check", 1, made_ms + 200000, &step, &err));
    assert_int_equal(step.kind, JOB_DONE);
    assert_int_equal(fake_gateway.statuses, 1);
    assert_int_equal(house_count_notices("mismatch"), 1);
}

/* --- creating --- */

static void set_created(int64_t gateway_expires_ms)
{
    fake_gateway.created = (struct payment_created){
        .txn_id = "T-1", .fee = 520, .total = 20520, .qr_string = "000201", .expires_ms = gateway_expires_ms};
}

static void test_create(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        const char *order, *payment;
        int64_t gateway_expires_in;
        enum error_code code;
        const char *step, *picture;
    } cases[] = {
        {"pending", "creating", 900000, ERR_NONE, "done",
         "pending waiting 0/2/0 0 payment_check : invoice_ready:20520"},
        {"pending", "creating", 5000, ERR_NONE, "done",
         "pending waiting 0/2/0 0 payment_check : invoice_ready:20520"},
        {"pending", "creating", -5000, ERR_NONE, "done",
         "cancelled failed 0/0/2 0 payment_cancel : invoice_failed"},
        {"pending", "creating", 900000, ERR_INVALID, "done", "cancelled failed 0/0/2 0 : invoice_failed"},
        {"pending", "creating", 900000, ERR_REFUSED, "done", "cancelled failed 0/0/2 0 : invoice_failed"},
        {"pending", "creating", 900000, ERR_RETRY, "+1", "pending creating 0/2/0 0 : "},
        {"pending", "creating", 900000, ERR_UNCERTAIN, "+1", "pending creating 0/2/0 0 : "},
        {"pending", "waiting", 900000, ERR_NONE, "done", "pending waiting 0/2/0 0 : "},
        {"cancelled", "cancelled", 900000, ERR_NONE, "done", "cancelled cancelled 0/0/0 0 : "},
        {"paid", "completed", 900000, ERR_NONE, "done", "paid completed 2/0/0 0 : "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct job_step step;
        struct error err;
        house_clean();
        make(cases[i].order, cases[i].payment, !str_equal(cases[i].payment, "creating"), 0);
        int64_t now = made_ms;
        set_created(now + cases[i].gateway_expires_in);
        if (cases[i].code)
            error_set(&fake_gateway.create_error, cases[i].code, "as told");
        assert_true(house_job("payment_create", 1, now, &step, &err));
        if (!str_equal(picture(), cases[i].picture) || !str_equal(step_text(&step, now), cases[i].step))
            fail_msg("case %zu: \"%s\" %s", i, picture(), step_text(&step, now));
    }
}

static void test_create_takes_the_earlier_end(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err;
    house_clean();
    make("pending", "creating", false, 0);
    int64_t now = made_ms + 100000;
    set_created(now + 300000);
    assert_true(house_job("payment_create", 1, now, &step, &err));
    assert_string_equal(house_value("SELECT expires_at = %s FROM orders", sql_time(now + 300000)), "t");
    assert_string_equal(house_value("SELECT due_at = %s FROM jobs", sql_time(now + 10000)), "t");
    house_clean();
    make("pending", "creating", false, 0);
    set_created(made_ms + 30000000);
    assert_true(house_job("payment_create", 1, made_ms, &step, &err));
    assert_string_equal(house_value("SELECT expires_at = %s FROM orders", sql_time(expires_ms)), "t");
}

/* The gateway is known to be down when the time is over: nobody asks it, the units are free, and what was
 * paid is found when it is back. */
static void test_expiry_while_the_gateway_is_down(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err, down;
    house_clean();
    make("pending", "waiting", true, 0);
    const char *project = house.tenant->pakasir_project;
    error_fill(&down, ERR_RETRY, "no connection");
    for (int i = 0; i < 5; i++)
        breaker_note(project, &down, expires_ms + 20000);
    assert_true(house_job("payment_check", 1, expires_ms + 25000, &step, &err));
    assert_string_equal(picture(), "pending waiting 0/2/0 0 : ");
    assert_true(house_job("payment_check", 1, expires_ms + 30000 - 1, &step, &err));
    assert_string_equal(picture(), "pending waiting 0/2/0 0 : ");
    breaker_note(project, NULL, expires_ms + 29000);
    for (int i = 0; i < 5; i++)
        breaker_note(project, &down, expires_ms + 29000);
    assert_true(house_job("payment_check", 1, expires_ms + 30000, &step, &err));
    assert_string_equal(picture(), "expired expired 0/0/2 0 payment_cancel : ended:expired");
    assert_int_equal(fake_gateway.statuses, 0);
    assert_int_equal(step.kind, JOB_AGAIN);
    breaker_note(project, NULL, step.due_ms);
    set_answer(COMPLETED);
    assert_true(house_job("payment_check", 1, step.due_ms, &step, &err));
    assert_string_equal(picture(), "paid completed 2/0/0 0 payment_cancel : ended:expired paid_late");
}

/* A page of the gateway's: nothing is known of its fee and end, so ours is the end. */
static void test_create_a_link(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err;
    house_clean();
    make("pending", "creating", false, 0);
    fake_gateway.created =
        (struct payment_created){.txn_id = "T-1", .total = 20000, .pay_url = "https://pay.example/T-1"};
    assert_true(house_job("payment_create", 1, made_ms, &step, &err));
    assert_string_equal(picture(), "pending waiting 0/2/0 0 payment_check : invoice_ready:20000");
    assert_string_equal(house_value("SELECT expires_at = %s FROM orders", sql_time(expires_ms)), "t");
    assert_string_equal(house_value("SELECT pay_url FROM payments WHERE expires_at IS NULL"),
                        "https://pay.example/T-1");
}

/* An answer that names a transaction of somebody else is asked again, and never believed. */
static void test_create_names_anothers_transaction(void **state)
{
    NEEDS_HOUSE();
    struct job_step step = {.kind = JOB_AGAIN};
    struct error err;
    house_clean();
    make("pending", "creating", false, 0);
    step.due_ms = made_ms;
    house_sql("INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at)"
              " SELECT 'tg1-other', telegram_id, 'pending', 1000, 1000, created_at, expires_at FROM orders;"
              "INSERT INTO payments (order_id, gateway_order_id, method, amount, state, txn_id, created_at)"
              " SELECT max(id), 'tg1-other', 'payment_link', 1000, 'waiting', 'T-other', now() FROM orders");
    fake_gateway.created =
        (struct payment_created){.txn_id = "T-other", .total = 20000, .pay_url = "https://pay.example/o"};
    assert_true(house_job("payment_create", 1, step.due_ms, &step, &err));
    assert_string_equal(step_text(&step, made_ms), "+1");
    assert_string_equal(house_value("SELECT state FROM payments WHERE id = 1"), "creating");
    while (step.kind == JOB_AGAIN && fake_gateway.creates < 10)
        assert_true(house_job("payment_create", 1, step.due_ms, &step, &err));
    assert_int_equal(fake_gateway.creates, 3);
    assert_string_equal(house_value("SELECT state FROM payments WHERE id = 1 AND txn_id IS NULL"), "failed");
    assert_string_equal(house_value("SELECT state FROM payments WHERE txn_id = 'T-other'"), "waiting");
    assert_int_equal(house_count_notices("invoice_failed"), 1);

    /* found by a webhook afterwards: the same */
    house_sql("UPDATE payments SET hinted_at = created_at WHERE id = 1");
    assert_true(house_job("payment_check", 1, made_ms + 60000, &step, &err));
    assert_int_equal(step.kind, JOB_AGAIN);
    assert_string_equal(house_value("SELECT count(*) FROM payments WHERE txn_id = 'T-other'"), "1");
    /* and once it names the right one, all is well */
    set_created(expires_ms);
    assert_true(house_job("payment_check", 1, step.due_ms, &step, &err));
    assert_string_equal(house_value("SELECT txn_id FROM payments WHERE id = 1"), "T-1");
}

/* Nobody answers: the buyer is told after the third try, and the units are free. */
static void test_create_gives_up(void **state)
{
    NEEDS_HOUSE();
    struct job_step step = {.kind = JOB_AGAIN};
    struct error err;
    house_clean();
    make("pending", "creating", false, 0);
    step.due_ms = made_ms;
    error_set(&fake_gateway.create_error, ERR_UNCERTAIN, "no answer");
    while (step.kind == JOB_AGAIN && fake_gateway.creates < 10)
        assert_true(house_job("payment_create", 1, step.due_ms, &step, &err));
    assert_int_equal(fake_gateway.creates, 3);
    assert_true(step.due_ms <= made_ms + 30000);
    assert_string_equal(picture(), "cancelled failed 0/0/2 0 : invoice_failed");

    /* A webhook for it all the same: the transaction is found, asked, and what was paid is delivered. */
    fake_gateway.create_error = (struct error){0};
    set_created(expires_ms);
    set_answer(COMPLETED);
    int64_t now = made_ms + 300000;
    assert_true(house_job("payment_check", 1, now, &step, &err));
    assert_int_equal(step.kind, JOB_AGAIN);
    assert_int_equal(step.due_ms, now);
    assert_true(house_job("payment_check", 1, now, &step, &err));
    assert_int_equal(step.kind, JOB_DONE);
    assert_string_equal(picture(), "paid completed 2/0/0 0 payment_cancel : invoice_failed paid_late");
    assert_true(house_job("payment_cancel", 1, now + 60000, &step, &err));
    assert_int_equal(fake_gateway.cancels, 0);
}

/* Thirty buyers in one store: no more than two calls a second, each in its turn, and nobody is forgotten. */
static void test_create_in_turn(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err;
    house_clean();
    make("pending", "creating", false, 0);
    int64_t now = made_ms, due;
    error_set(&fake_gateway.create_error, ERR_RETRY, "down");
    assert_true(house_job("payment_create", 1, now, &step, &err));
    assert_int_equal(fake_gateway.creates, 1);
    assert_true(house_job("payment_create", 1, now + 10, &step, &err));
    assert_int_equal(fake_gateway.creates, 1);
    assert_int_equal(step.kind, JOB_AGAIN);
    due = step.due_ms;
    assert_true(house_job("payment_create", 1, now + 20, &step, &err));
    assert_true(step.due_ms >= due + 500);
    /* waiting for a turn is no failure */
    assert_string_equal(house_value("SELECT failures FROM payments"), "1");
    assert_true(house_job("payment_create", 1, due + 90, &step, &err));
    assert_int_equal(fake_gateway.creates, 2);
}

/* A webhook came before there was an answer: giving up does not forget it. */
static void test_hinted_while_creating(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err;
    house_clean();
    make("pending", "creating", false, 0);
    house_sql("UPDATE payments SET hinted_at = created_at");
    error_set(&fake_gateway.create_error, ERR_REFUSED, "no");
    assert_true(house_job("payment_create", 1, made_ms, &step, &err));
    assert_string_equal(picture(), "cancelled failed 0/0/2 0 payment_check : invoice_failed");
}

static void test_create_after_the_end(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err;
    house_clean();
    make("pending", "creating", false, 0);
    assert_true(house_job("payment_create", 1, expires_ms, &step, &err));
    assert_int_equal(fake_gateway.creates, 0);
    assert_string_equal(picture(), "cancelled failed 0/0/2 0 : invoice_failed");
}

/* --- voiding --- */

static void test_cancel_job(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        const char *order, *payment;
        enum error_code code;
        int calls;
        const char *step, *picture;
    } cases[] = {
        {"expired", "expired", ERR_NONE, 1, "done", "expired expired 0/0/0 0 payment_check : "},
        {"cancelled", "cancelled", ERR_NONE, 1, "done", "cancelled cancelled 0/0/0 0 payment_check : "},
        {"cancelled", "cancelled", ERR_REFUSED, 1, "done", "cancelled cancelled 0/0/0 0 payment_check : "},
        {"cancelled", "cancelled", ERR_UNCERTAIN, 1, "+2", "cancelled cancelled 0/0/0 0 : "},
        {"pending", "waiting", ERR_NONE, 0, "done", "pending waiting 0/2/0 0 : "},
        {"paid", "completed", ERR_NONE, 0, "done", "paid completed 2/0/0 0 : "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct job_step step;
        struct error err;
        house_clean();
        make(cases[i].order, cases[i].payment, true, 0);
        int64_t now = expires_ms + 1000;
        if (cases[i].code)
            error_set(&fake_gateway.cancel_error, cases[i].code, "as told");
        assert_true(house_job("payment_cancel", 1, now, &step, &err));
        assert_int_equal(fake_gateway.cancels, cases[i].calls);
        if (!str_equal(picture(), cases[i].picture) || (cases[i].step[0] == 'd') != (step.kind == JOB_DONE))
            fail_msg("case %zu: \"%s\" %s", i, picture(), step_text(&step, now));
    }
}

struct cancelling {
    int64_t telegram_id;
};

static bool cancel(struct work *work, void *context, struct error *err)
{
    return checkout_cancel(work, 1, ((struct cancelling *)context)->telegram_id, err);
}

static void test_buyer_cancels(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        const char *order, *payment;
        int64_t telegram_id;
        enum error_code code;
        const char *picture;
    } cases[] = {
        {"pending", "waiting", 1001, ERR_NONE,
         "cancelled cancelled 0/0/2 0 payment_cancel : ended:cancelled"},
        {"pending", "creating", 1001, ERR_NONE, "cancelled cancelled 0/0/2 0 : ended:cancelled"},
        {"pending", "waiting", 1002, ERR_NOT_FOUND, "pending waiting 0/2/0 0 : "},
        {"paid", "completed", 1001, ERR_CONFLICT, "paid completed 2/0/0 0 : "},
        {"expired", "expired", 1001, ERR_CONFLICT, "expired expired 0/0/0 0 : "},
        {"cancelled", "cancelled", 1001, ERR_CONFLICT, "cancelled cancelled 0/0/0 0 : "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        struct cancelling cancelling = {cases[i].telegram_id};
        house_clean();
        make(cases[i].order, cases[i].payment, !str_equal(cases[i].payment, "creating"), 0);
        bool ok = house_transaction(made_ms + 1000, cancel, &cancelling, &err);
        assert_int_equal(ok ? ERR_NONE : err.code, cases[i].code);
        assert_string_equal(picture(), cases[i].picture);
    }
    /* parked: money came, an admin decides */
    struct error err;
    struct cancelling own = {1001};
    house_clean();
    make("pending", "waiting", true, 0);
    house_sql("UPDATE payments SET problem = 'mismatch'");
    assert_false(house_transaction(made_ms, cancel, &own, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
}

/* The buyer gives up while the gateway is being asked: its answer is kept, and voided. */
static void test_cancelled_while_creating(void **state)
{
    NEEDS_HOUSE();
    struct error err;
    struct job_step step;
    house_clean();
    make("pending", "creating", false, 0);
    set_created(expires_ms);
    fake_gateway.meanwhile = "UPDATE orders SET state = 'cancelled';"
                             "UPDATE payments SET state = 'cancelled', ended_at = '2100-01-01';"
                             "UPDATE stock_units SET state = 'available', order_item_id = NULL";
    assert_true(house_job("payment_create", 1, made_ms + 700000, &step, &err));
    assert_int_equal(fake_gateway.creates, 1);
    assert_int_equal(step.kind, JOB_DONE);
    assert_string_equal(picture(), "cancelled cancelled 0/0/2 0 payment_cancel : ");
    assert_string_equal(house_value("SELECT txn_id FROM payments"), "T-1");

    /* And before it is asked: then it is not. */
    struct cancelling own = {1001};
    house_clean();
    make("pending", "creating", false, 0);
    assert_true(house_transaction(made_ms, cancel, &own, &err));
    assert_true(house_job("payment_create", 1, made_ms + 710000, &step, &err));
    assert_int_equal(fake_gateway.creates, 0);
    assert_string_equal(picture(), "cancelled cancelled 0/0/2 0 : ended:cancelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_one_look_in_four_seconds),
        cmocka_unit_test(test_away_at_the_end),
        cmocka_unit_test(test_settled_meanwhile),
        cmocka_unit_test(test_parked_stays_parked),
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_create_takes_the_earlier_end),
        cmocka_unit_test(test_expiry_while_the_gateway_is_down),
        cmocka_unit_test(test_create_a_link),
        cmocka_unit_test(test_create_names_anothers_transaction),
        cmocka_unit_test(test_create_gives_up),
        cmocka_unit_test(test_create_in_turn),
        cmocka_unit_test(test_hinted_while_creating),
        cmocka_unit_test(test_create_after_the_end),
        cmocka_unit_test(test_cancel_job),
        cmocka_unit_test(test_buyer_cancels),
        cmocka_unit_test(test_cancelled_while_creating),
    };
    return cmocka_run_group_tests(tests, house_setup, house_teardown);
}
