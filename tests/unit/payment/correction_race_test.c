/* Two admins at once, each at a server of their own, and an admin and the gateway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <pthread.h>

#include "base/str.h"
#include "decisions.h"

#define NEEDS_HOUSE()                                                                                        \
    do {                                                                                                     \
        if (!house.lanes)                                                                                    \
            skip();                                                                                          \
    } while (0)

struct admin {
    pthread_t thread;
    pthread_barrier_t *start;
    struct lane_store *store;
    struct decision decision;
    bool ok;
};

static void *run_admin(void *argument)
{
    struct admin *admin = argument;
    pthread_barrier_wait(admin->start);
    admin->ok = decide_at(admin->store, &admin->decision);
    return NULL;
}

/* How many of the two went through; the other one must have been told of a conflict, or of nothing left. */
static int decide_at_once(struct decision first, struct decision second)
{
    pthread_barrier_t start;
    struct admin admins[] = {{.store = house.store, .decision = first},
                             {.store = house.other_store, .decision = second}};
    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        admins[i].start = &start;
        assert_int_equal(pthread_create(&admins[i].thread, NULL, run_admin, &admins[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(admins[i].thread, NULL);
    pthread_barrier_destroy(&start);
    for (int i = 0; i < 2; i++) {
        const struct error *err = &admins[i].decision.err;
        if (!admins[i].ok && err->code != ERR_CONFLICT && err->code != ERR_INVALID)
            fail_msg("%s: %s", error_code_name(err->code), err->text);
    }
    return admins[0].ok + admins[1].ok;
}

enum { ROUNDS = 8 };

/* The same thing decided twice, as one decision (a repeated update) and as two of two people. */
static void test_two_admins_decide_the_same(void **state)
{
    NEEDS_HOUSE();
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < decision_kind_count; i++) {
            struct decision first = decision_of(&decision_kinds[i]);
            assert_int_equal(decide_at_once(first, first), 1);
            assert_string_equal(house_value("SELECT count(*) FROM admin_logs"), "1");
            assert_string_equal(house_value("SELECT count(*) <= 2 FROM ledger"), "t");

            bool repeatable = decision_kinds[i].run == do_refund || decision_kinds[i].run == do_resend;
            first = decision_of(&decision_kinds[i]);
            struct decision second = first;
            second.by.key = "update:2";
            second.by.actor_id = OTHER_ADMIN;
            assert_int_equal(decide_at_once(first, second), repeatable ? 2 : 1);
            assert_string_equal(house_value("SELECT count(*) FROM admin_logs"), repeatable ? "2" : "1");
        }
    }
}

static void test_two_admins_give_back_too_much(void **state)
{
    NEEDS_HOUSE();
    for (int round = 0; round < ROUNDS; round++) {
        house_clean();
        struct made_bill made = bills_order("paid", "completed", 0);
        struct decision first = {.run = do_refund, .id = made.id, .amount = 15000};
        struct decision second = {.run = do_refund, .id = made.id, .amount = 15000, .by.key = "update:2"};
        assert_int_equal(decide_at_once(first, second), 1);
        assert_string_equal(bills_picture_of_order(&made), "paid completed 2/0/0 15000 refunded:15000");
    }
}

/* Whatever of the two comes first: booked once. */
static void test_two_admins_disagree(void **state)
{
    NEEDS_HOUSE();
    for (int round = 0; round < ROUNDS; round++) {
        house_clean();
        struct made_bill by_hand = bills_deposit_by_hand("review");
        struct decision confirm = {.run = do_confirm, .id = by_hand.id};
        struct decision reject = {.run = do_reject, .id = by_hand.id, .by.key = "update:2"};
        decide_at_once(confirm, reject); /* rejected and then confirmed is fine */
        assert_string_equal(bills_picture_of_deposit(&by_hand), "completed completed 20000");

        house_clean();
        struct made_bill parked = bills_order("pending", "waiting!", 0);
        struct decision deliver = {.run = do_settle_mismatch, .id = parked.id, .how = CORRECTION_DELIVER};
        struct decision credit = {
            .run = do_settle_mismatch, .id = parked.id, .how = CORRECTION_CREDIT, .by.key = "update:2"};
        assert_int_equal(decide_at_once(deliver, credit), 1);
        const char *picture = bills_picture_of_order(&parked);
        assert_true(str_equal(picture, "paid completed!delivered 2/0/0 0") ||
                    str_equal(picture, "cancelled completed!credited 0/0/2 19999"));
    }
}

/* Two bad units of one order, one to replace them with. */
static void test_two_admins_and_one_unit(void **state)
{
    NEEDS_HOUSE();
    for (int round = 0; round < ROUNDS; round++) {
        house_clean();
        struct made_bill made = bills_order("completed", "completed", 1);
        int64_t bad = decision_unit(&made, "sold");
        struct decision first = {.run = do_replace, .id = bad};
        struct decision second = {.run = do_replace, .id = bad + 1, .by.key = "update:2"};
        assert_int_equal(decide_at_once(first, second), 1);
        assert_string_equal(bills_picture_of_order(&made), "completed completed 2/0/0+1 0");
    }
}

/* The gateway's word and an admin's at the same moment: one of them pays, the other's money is the buyer's,
 * or was never said to have come. */
static void test_an_admin_and_the_gateway(void **state)
{
    NEEDS_HOUSE();
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_t start;
        struct job_step step;
        struct error err = {0};
        house_clean();
        struct made_bill made = bills_order("pending", "waiting", 0);
        struct admin admin = {.store = house.other_store, .decision = {.run = do_mark_paid, .id = made.id}};
        fake_gateway.state =
            (struct gateway_state){GATEWAY_COMPLETED, BILL_AMOUNT, made.reference, made.txn_id, false};
        pthread_barrier_init(&start, NULL, 2);
        admin.start = &start;
        assert_int_equal(pthread_create(&admin.thread, NULL, run_admin, &admin), 0);
        pthread_barrier_wait(&start);
        assert_true(house_job("payment_check", made.id, made.made_ms + 60000, &step, &err));
        pthread_join(admin.thread, NULL);
        pthread_barrier_destroy(&start);
        assert_string_equal(bills_picture_of_order(&made),
                            admin.ok ? "paid completed+completed 2/0/0 20000 payment_cancel"
                                     : "paid completed 2/0/0 0");
        assert_int_equal(house_count_notices("paid"), 1);
    }
}

/* Rows of a table that somebody else has locked. */
static int64_t locked(const char *table)
{
    return house_number(
        "SELECT (SELECT count(*) FROM %s) - (SELECT count(*) FROM (SELECT FROM %s FOR UPDATE SKIP"
        " LOCKED) free)",
        table, table);
}

/* Whether somebody waits for what our own open transaction has. */
static bool is_waited_for(void)
{
    return house_number("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
                        " AND transactionid = pg_current_xact_id()::xid") > 0;
}

/* The person first, then their bill, then its payment, as the person's own updates do: whoever waits for the
 * person holds nothing that those may want. */
static void test_the_person_is_locked_first(void **state)
{
    NEEDS_HOUSE();
    for (size_t i = 0; i < decision_kind_count; i++) {
        pthread_barrier_t start;
        bool ended = false;
        struct admin admin = {
            .store = house.store, .decision = decision_of(&decision_kinds[i]), .start = &start};
        pthread_barrier_init(&start, NULL, 2);
        house_sql("BEGIN");
        house_sql("SELECT FROM users WHERE telegram_id = %lld FOR UPDATE", (long long)admin.decision.id);
        assert_int_equal(pthread_create(&admin.thread, NULL, run_admin, &admin), 0);
        pthread_barrier_wait(&start);
        while (!ended && !is_waited_for())
            ended = pthread_tryjoin_np(admin.thread, NULL) == 0;
        int64_t held = locked("orders") + locked("deposits") + locked("payments") + locked("stock_units");
        house_sql("COMMIT");
        if (!ended)
            pthread_join(admin.thread, NULL);
        pthread_barrier_destroy(&start);
        if (ended || held)
            fail_msg("%s: did not wait for the person, or held %lld rows", decision_kinds[i].name,
                     (long long)held);
        assert_true(admin.ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_admins_decide_the_same),
        cmocka_unit_test(test_two_admins_give_back_too_much),
        cmocka_unit_test(test_two_admins_disagree),
        cmocka_unit_test(test_two_admins_and_one_unit),
        cmocka_unit_test(test_an_admin_and_the_gateway),
        cmocka_unit_test(test_the_person_is_locked_first),
    };
    return cmocka_run_group_tests(tests, house_setup, house_teardown);
}
