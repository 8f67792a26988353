/* What people decide: once, whole or not at all, and written down. What each decision does in each state is
 * states_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "decisions.h"
#include "store/ledger.h"

#define NEEDS_HOUSE()                                                                                        \
    do {                                                                                                     \
        if (!house.lanes)                                                                                    \
            skip();                                                                                          \
    } while (0)

/* Everything a decision may change, as one text. */
static const char *everything(void)
{
    return house_value(
        "SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (SELECT 'o' || o::text AS line FROM orders "
        "o"
        " UNION ALL SELECT 'p' || p::text FROM payments p UNION ALL SELECT 'd' || d::text FROM deposits d"
        " UNION ALL SELECT 'u' || u::text FROM users u UNION ALL SELECT 's' || s::text FROM stock_units s"
        " UNION ALL SELECT 'l' || l::text FROM ledger l UNION ALL SELECT 'a' || a::text FROM admin_logs a"
        " UNION ALL SELECT 'r' || r::text FROM products r UNION ALL SELECT 'j' || j::text FROM jobs j) "
        "lines");
}

static const char *log_of(const char *key)
{
    return house_value(
        "SELECT actor_id || ' ' || action || ' ' || subject || ' ' || coalesce(before::text, '-')"
        " || ' ' || coalesce(after::text, '-') || ' ' || note FROM admin_logs WHERE key = '%s'",
        key);
}

/* --- each is written down --- */

static void test_each_is_written_down(void **state)
{
    NEEDS_HOUSE();
    for (size_t i = 0; i < decision_kind_count; i++) {
        struct decision decision = decision_of(&decision_kinds[i]);
        decide_well(decision);
        const char *expected = arena_printf(house.arena, "9001 %s as the buyer asked", decision_kinds[i].log);
        if (!str_equal(log_of("update:1"), expected))
            fail_msg("%s: %s", decision_kinds[i].name, log_of("update:1"));
        assert_string_equal(
            house_value("SELECT count(*) FROM admin_logs WHERE subject_id = %lld", (long long)decision.id),
            "1");
    }
}

static void test_the_same_decision_twice(void **state)
{
    NEEDS_HOUSE();
    for (size_t i = 0; i < decision_kind_count; i++) {
        struct decision decision = decision_of(&decision_kinds[i]);
        decide_well(decision);
        const char *after = everything(), *told = arena_strdup(house.arena, house_notices());
        decide_badly(ERR_CONFLICT, decision);
        assert_string_equal(everything(), after);
        assert_string_equal(house_notices(), told);
        /* Another bill by the same decision: not that either. */
        struct made_bill other = bills_order("paid", "completed", 2);
        after = everything();
        decide_badly(ERR_CONFLICT, (struct decision){.run = do_refund, .id = other.id, .amount = 1});
        decide_badly(ERR_CONFLICT, (struct decision){.run = do_adjust, .id = other.id, .amount = 1});
        assert_string_equal(everything(), after);
    }
}

static void test_a_decision_needs_a_reason(void **state)
{
    NEEDS_HOUSE();
    char long_note[502], *fits;
    memset(long_note, 'x', sizeof long_note - 1);
    long_note[501] = '\0';
    const char *const bad[] = {"", " ", " \t\r\n ", long_note, "caf\xE9"};
    for (size_t i = 0; i < decision_kind_count; i++) {
        for (size_t j = 0; j < sizeof bad / sizeof bad[0]; j++) {
            struct decision decision = decision_of(&decision_kinds[i]);
            const char *before = everything();
            decision.by.note = bad[j];
            decide_badly(ERR_INVALID, decision);
            assert_string_equal(everything(), before);
        }
        struct decision decision = decision_of(&decision_kinds[i]);
        fits = arena_strdup(house.arena, long_note);
        fits[500] = '\0';
        decision.by.note = fits;
        decide_well(decision);
    }
}

/* A message that can't be written takes everything with it. */
static void test_all_or_nothing(void **state)
{
    NEEDS_HOUSE();
    for (size_t i = 0; i < decision_kind_count; i++) {
        struct decision decision = decision_of(&decision_kinds[i]);
        const char *before = everything();
        house_refuse_notices(true);
        bool ok = decide(&decision);
        house_refuse_notices(false);
        assert_false(ok);
        assert_int_equal(decision.err.code, ERR_INTERNAL);
        assert_string_equal(everything(), before);
        decision.by.key = NULL;
        decide_well(decision);
    }
}

static void test_what_is_not_there(void **state)
{
    NEEDS_HOUSE();
    house_clean();
    for (size_t i = 0; i < decision_kind_count; i++)
        decide_badly(ERR_NOT_FOUND, (struct decision){.run = decision_kinds[i].run, .id = 4711, .amount = 1});
    decide_badly(ERR_NOT_FOUND, (struct decision){.run = do_replace, .id = 4711});
    assert_string_equal(house_notices(), "");
}

/* --- one by one --- */

static void refund(int64_t order, int64_t amount, const char *key)
{
    decide_well((struct decision){.run = do_refund, .id = order, .amount = amount, .by.key = key});
}

static void test_refunds_in_parts(void **state)
{
    NEEDS_HOUSE();
    static const int64_t never[] = {0, -1, 20001, INT64_MIN, INT64_MAX};
    house_clean();
    struct made_bill made = bills_order("completed", "completed", 0);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        decide_badly(ERR_INVALID, (struct decision){.run = do_refund, .id = made.id, .amount = never[i]});
    refund(made.id, 5000, "update:1");
    decide_badly(ERR_INVALID,
                 (struct decision){.run = do_refund, .id = made.id, .amount = 15001, .by.key = "update:2"});
    refund(made.id, 14999, "update:2");
    refund(made.id, 1, "update:3");
    decide_badly(ERR_INVALID,
                 (struct decision){.run = do_refund, .id = made.id, .amount = 1, .by.key = "update:4"});
    assert_string_equal(bills_picture_of_order(&made), "completed completed 2/0/0 20000 refunded:20000");
    assert_string_equal(
        house_value(
            "SELECT string_agg(kind || ' ' || amount || ' ' || reason_key || ' ' || note, ', ' ORDER BY"
            " id) FROM ledger"),
        arena_printf(house.arena,
                     "refund 5000 refund:order:%lld:update:1 %s, refund 14999 refund:order:%lld:update:2 %s,"
                     " refund 1 refund:order:%lld:update:3 %s",
                     (long long)made.id, made.reference, (long long)made.id, made.reference,
                     (long long)made.id, made.reference));
    assert_string_equal(house_notices(), "refunded:5000 refunded:14999 refunded:1");
}

static void test_adjusting_a_balance(void **state)
{
    NEEDS_HOUSE();
    static const int64_t never[] = {0,         -5001,    -LEDGER_MOST, -LEDGER_MOST - 1, LEDGER_MOST + 1,
                                    INT64_MIN, INT64_MAX};
    house_clean();
    decide_well(
        (struct decision){.run = do_adjust, .id = 1001, .amount = 5000, .by = {ADMIN, "a gift", "update:1"}});
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        decide_badly(
            ERR_INVALID,
            (struct decision){.run = do_adjust, .id = 1001, .amount = never[i], .by.key = "update:2"});
    decide_well(
        (struct decision){.run = do_adjust, .id = 1001, .amount = -5000, .by = {0, "a mistake", "update:2"}});
    assert_string_equal(
        house_value("SELECT string_agg(kind || ' ' || amount || ' ' || reason_key || ' ' || note,"
                    " ', ' ORDER BY id) FROM ledger"),
        "adjustment 5000 adjust:update:1 a gift, adjustment -5000 adjust:update:2 a mistake");
    assert_string_equal(house_value("SELECT balance FROM users"), "0");
    assert_string_equal(house_notices(), "adjusted:5000 adjusted:-5000");
}

static void test_replacing_a_unit(void **state)
{
    NEEDS_HOUSE();
    house_clean();
    struct made_bill made = bills_order("completed", "completed", 1),
                     open = bills_order("pending", "waiting", 1);
    int64_t bad = decision_unit(&made, "sold"), fresh = decision_unit(&made, "available");
    struct decision decision = {.run = do_replace, .id = bad};
    assert_true(decide(&decision));
    assert_int_equal(decision.result, fresh);
    assert_string_equal(bills_picture_of_order(&made), "completed completed 2/0/0+1 0");
    assert_string_equal(log_of("update:1"),
                        arena_printf(house.arena,
                                     "9001 replace_unit unit {\"order\": \"%s\", \"replaced_by\": null}"
                                     " {\"order\": \"%s\", \"replaced_by\": %lld} as the buyer asked",
                                     made.reference, made.reference, (long long)fresh));
    decide_badly(ERR_CONFLICT, decision); /* the same decision */
    decision.by.key = "update:2";
    decide_badly(ERR_CONFLICT, decision); /* it was replaced */
    decision.id = fresh;
    decide_badly(ERR_CONFLICT, decision); /* there is none left */
    decision.id = decision_unit(&open, "reserved");
    decide_badly(ERR_CONFLICT, decision);
    decision.id = decision_unit(&open, "available");
    decide_badly(ERR_CONFLICT, decision);
    assert_string_equal(house_notices(), "replaced");
    assert_string_equal(house_value("SELECT count(*) FROM admin_logs"), "1");
}

/* Money that came twice, by hand and by the gateway: the second is the buyer's. */
static void test_the_gateway_is_paid_as_well(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err = {0};
    house_clean();
    struct made_bill made = bills_order("pending", "waiting", 0);
    decide_well((struct decision){.run = do_mark_paid, .id = made.id});
    assert_string_equal(bills_picture_of_order(&made), "paid cancelled+completed 2/0/0 0 payment_cancel");
    assert_string_equal(house_value("SELECT method || ' ' || amount || ' ' || (txn_id IS NULL)"
                                    " FROM payments WHERE state = 'completed'"),
                        "manual 20000 true");
    assert_string_equal(house_value("SELECT gateway_order_id FROM payments WHERE state = 'completed'"),
                        arena_printf(house.arena, "manual-%s", made.reference));
    fake_gateway.state =
        (struct gateway_state){GATEWAY_COMPLETED, BILL_AMOUNT, made.reference, made.txn_id, false};
    assert_true(house_job("payment_check", made.id, made.made_ms + 60000, &step, &err));
    assert_string_equal(bills_picture_of_order(&made), "paid completed+completed 2/0/0 20000 payment_cancel");
    assert_string_equal(house_notices(), "paid credited:20000");
}

/* From before what was paid was noted: there is no amount that could be booked. */
static void test_an_unknown_amount(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        const char *order, *payment;
        enum correction_settlement how;
        bool ok;
        const char *picture;
    } cases[] = {
        {"pending", "waiting!", CORRECTION_DELIVER, true, "paid completed!delivered 2/0/2 0"},
        {"pending", "waiting!", CORRECTION_CREDIT, false, "pending waiting! 0/2/2 0"},
        {"pending", "waiting!", CORRECTION_REFUNDED, true, "cancelled completed!refunded 0/0/4 0"},
        {"expired", "expired!", CORRECTION_DELIVER, false, "expired expired! 0/0/2 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        house_clean();
        struct made_bill made = bills_order(cases[i].order, cases[i].payment, 2);
        struct decision decision = {.run = do_settle_mismatch, .id = made.id, .how = cases[i].how};
        house_sql("UPDATE payments SET paid_amount = NULL");
        assert_int_equal(decide(&decision), cases[i].ok);
        assert_int_equal(decision.err.code, cases[i].ok ? ERR_NONE : ERR_INVALID);
        assert_string_equal(bills_picture_of_order(&made), cases[i].picture);
    }
}

static void test_a_deposit_by_hand(void **state)
{
    NEEDS_HOUSE();
    house_clean();
    struct made_bill made = bills_deposit_by_hand("review");
    decide_well((struct decision){.run = do_reject, .id = made.id, .by.actor_id = OTHER_ADMIN});
    assert_string_equal(bills_picture_of_deposit(&made), "rejected - 0");
    assert_string_equal(house_value("SELECT decided_by FROM deposits"), "9002");
    decide_badly(ERR_CONFLICT, (struct decision){.run = do_reject, .id = made.id, .by.key = "update:2"});
    decide_well(
        (struct decision){.run = do_confirm, .id = made.id, .by.key = "update:2"}); /* it was a mistake */
    assert_string_equal(bills_picture_of_deposit(&made), "completed completed 20000");
    assert_string_equal(house_value("SELECT decided_by FROM deposits"), "9001");
    assert_string_equal(house_value("SELECT kind || ' ' || reason_key FROM ledger"),
                        arena_printf(house.arena, "deposit deposit:%lld", (long long)made.id));
    decide_badly(ERR_CONFLICT, (struct decision){.run = do_confirm, .id = made.id, .by.key = "update:3"});
    decide_badly(ERR_CONFLICT, (struct decision){.run = do_reject, .id = made.id, .by.key = "update:3"});
    assert_string_equal(house_notices(), "rejected deposited:20000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_written_down),        cmocka_unit_test(test_the_same_decision_twice),
        cmocka_unit_test(test_a_decision_needs_a_reason),   cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_what_is_not_there),           cmocka_unit_test(test_refunds_in_parts),
        cmocka_unit_test(test_adjusting_a_balance),         cmocka_unit_test(test_replacing_a_unit),
        cmocka_unit_test(test_the_gateway_is_paid_as_well), cmocka_unit_test(test_an_unknown_amount),
        cmocka_unit_test(test_a_deposit_by_hand),
    };
    return cmocka_run_group_tests(tests, house_setup, house_teardown);
}
