#include "fixture.h"

#include "base/str.h"
#include "store/payment.h"

static int made;

static const struct payment_created *answer(int64_t id)
{
    struct payment_created *created = ARENA_NEW(shop->arena, struct payment_created);
    *created = (struct payment_created){.txn_id = arena_printf(shop->arena, "txn-%lld", (long long)id),
                                        .fee = 310,
                                        .total = 5310,
                                        .qr_string = "000201",
                                        .expires_ms = shop->now_ms + 900000};
    return created;
}

/* A new order of one person. */
static int64_t new_order(void)
{
    return shop_sql(
        shop,
        "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at)"
        " VALUES ('tg1-%d', 1, 'pending', 5000, 5000, now(), now()) RETURNING id",
        ++made);
}

static bool mark_waiting(struct work *work, int64_t id, struct error *err)
{
    return payment_mark_waiting(work, id, answer(id), err);
}
static bool fill_ended(struct work *work, int64_t id, struct error *err)
{
    return payment_fill_ended(work, id, answer(id), err);
}
static bool cancel(struct work *work, int64_t id, struct error *err)
{
    return payment_end(work, id, PAYMENT_CANCELLED, err);
}
static bool expire(struct work *work, int64_t id, struct error *err)
{
    return payment_end(work, id, PAYMENT_EXPIRED, err);
}
static bool fail_it(struct work *work, int64_t id, struct error *err)
{
    return payment_end(work, id, PAYMENT_FAILED, err);
}
static bool complete(struct work *work, int64_t id, struct error *err)
{
    return payment_mark_completed(work, id, err);
}

#define FROM(state) (1u << PAYMENT_##state)
static const struct {
    bool (*run)(struct work *work, int64_t id, struct error *err);
    unsigned from;
    int to; /* or -1: unchanged */
} steps[] = {
    {mark_waiting, FROM(CREATING), PAYMENT_WAITING},
    {fill_ended, FROM(CANCELLED) | FROM(EXPIRED) | FROM(FAILED), -1},
    {cancel, FROM(CREATING) | FROM(WAITING), PAYMENT_CANCELLED},
    {expire, FROM(CREATING) | FROM(WAITING), PAYMENT_EXPIRED},
    {fail_it, FROM(CREATING) | FROM(WAITING), PAYMENT_FAILED},
    {complete, FROM(WAITING) | FROM(CANCELLED) | FROM(EXPIRED) | FROM(FAILED), PAYMENT_COMPLETED},
};

static int64_t payment_in(enum payment_state wanted)
{
    static bool (*const last[])(struct work *, int64_t, struct error *) = {
        [PAYMENT_COMPLETED] = complete,
        [PAYMENT_CANCELLED] = cancel,
        [PAYMENT_EXPIRED] = expire,
        [PAYMENT_FAILED] = fail_it,
    };
    int64_t order = new_order(), id;
    struct work *work = shop_begin(shop);
    MUST(payment_add(work, order, 0, arena_printf(work->arena, "tg1-%d", made), "qris", 5000, &id, &err));
    if (wanted != PAYMENT_CREATING)
        MUST(mark_waiting(work, id, &err));
    if (wanted != PAYMENT_CREATING && wanted != PAYMENT_WAITING)
        MUST(last[wanted](work, id, &err));
    shop_commit(shop);
    return id;
}

static void test_each_change_from_each_state(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    for (enum payment_state from = PAYMENT_CREATING; from <= PAYMENT_FAILED; from++) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            int64_t id = payment_in(from);
            bool allowed = steps[i].from >> from & 1;
            struct work *work = shop_begin(shop);
            struct payment payment;
            if (allowed)
                MUST(steps[i].run(work, id, &err));
            else
                MUST_FAIL(ERR_CONFLICT, steps[i].run(work, id, &err));
            MUST(payment_get(work, id, true, &payment, &err)); /* the transaction goes on */
            assert_int_equal(payment.state, allowed && steps[i].to >= 0 ? steps[i].to : (int)from);
            bool ended = payment.state != PAYMENT_CREATING && payment.state != PAYMENT_WAITING;
            assert_int_equal(payment.ended_ms != 0, ended);
            shop_commit(shop);
        }
    }
}

static void test_an_answer_that_came_late_is_filled_in_once(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    int64_t id = payment_in(PAYMENT_CREATING);
    struct work *work = shop_begin(shop);
    struct payment payment;
    MUST(payment_end(work, id, PAYMENT_CANCELLED, &err));
    MUST_FAIL(ERR_CONFLICT, payment_mark_completed(work, id, &err)); /* nothing is known of a transaction */
    MUST(payment_fill_ended(work, id, answer(id), &err));
    MUST(payment_fill_ended(work, id, answer(id), &err));
    MUST_FAIL(ERR_CONFLICT, payment_fill_ended(work, id, answer(id + 1), &err));
    MUST(payment_get(work, id, false, &payment, &err));
    assert_int_equal(payment.state, PAYMENT_CANCELLED);
    assert_string_equal(payment.qr_string, "000201");
    assert_int_equal(payment.fee, 310);
    assert_int_equal(payment.total, 5310);
    assert_int_equal(payment.expires_ms, work->now_ms + 900000);
    MUST(payment_mark_completed(work, id, &err));
}

/* Each method's own: the others stay empty, and an end that nobody named is none. */
static void test_what_is_shown_is_kept(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    static const struct {
        struct payment_created answer;
        bool ended;
    } rows[] = {
        {{.txn_id = "va-1", .fee = 9, .total = 5009, .va_number = "88 01-23", .expires_ms = 1000}, false},
        {{.txn_id = "va-2", .fee = 9, .total = 5009, .va_number = "88 01-23", .expires_ms = 1000}, true},
        {{.txn_id = "link-1", .total = 5000, .pay_url = "https://pay.example/1"}, false},
        {{.txn_id = "link-2", .total = 5000, .pay_url = "https://pay.example/1"}, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct payment_created *told = &rows[i].answer;
        int64_t id = payment_in(rows[i].ended ? PAYMENT_EXPIRED : PAYMENT_CREATING);
        if (rows[i].ended)
            shop_sql(shop, "UPDATE payments SET txn_id = NULL WHERE id = %lld", (long long)id);
        struct work *work = shop_begin(shop);
        struct payment payment;
        MUST(rows[i].ended ? payment_fill_ended(work, id, told, &err)
                           : payment_mark_waiting(work, id, told, &err));
        MUST(payment_get(work, id, false, &payment, &err));
        assert_string_equal(payment.txn_id, told->txn_id);
        assert_int_equal(payment.total, told->total);
        assert_null(payment.qr_string);
        assert_true(str_equal(payment.va_number, told->va_number));
        assert_true(str_equal(payment.pay_url, told->pay_url));
        assert_int_equal(payment.expires_ms, told->expires_ms);
        shop_commit(shop);
    }
}

static void test_a_transaction_belongs_to_one_payment(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    int64_t first = payment_in(PAYMENT_WAITING), second = payment_in(PAYMENT_CREATING);
    struct work *work = shop_begin(shop);
    const char *taken = answer(first)->txn_id;
    bool is_free;
    MUST(payment_txn_is_free(work, second, taken, &is_free, &err));
    assert_false(is_free);
    MUST(payment_txn_is_free(work, first, taken, &is_free, &err));
    assert_true(is_free);
    MUST(payment_txn_is_free(work, second, "another", &is_free, &err));
    assert_true(is_free);
}

static void test_finding(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    int64_t id = payment_in(PAYMENT_FAILED), again;
    struct work *work = shop_begin(shop);
    struct payment payment;
    MUST(payment_get(work, id, false, &payment, &err));
    int64_t order = payment.order_id;
    MUST(payment_find(work, payment.gateway_order_id, true, &payment, &err));
    assert_int_equal(payment.id, id);
    MUST_FAIL(ERR_NOT_FOUND, payment_find(work, "tg1-other", false, &payment, &err));
    MUST_FAIL(ERR_NOT_FOUND, payment_get(work, id + 1, true, &payment, &err));
    MUST(payment_add(work, order, 0, "tg1-second", "qris", 5000, &again, &err));
    MUST(payment_of_order(work, order, true, &payment, &err));
    assert_int_equal(payment.id, again);
    assert_null(payment.txn_id);
    assert_int_equal(payment.expires_ms, 0);
    MUST_FAIL(ERR_NOT_FOUND, payment_of_order(work, order + 1, false, &payment, &err));
    MUST_FAIL(ERR_CONFLICT,
              payment_add(work, order, 0, "tg1-third", "qris", 5000, &again, &err)); /* one is open */
}

static void test_notes(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    int64_t id = payment_in(PAYMENT_WAITING);
    struct work *work = shop_begin(shop);
    struct payment payment;
    MUST(payment_note_hint(work, id, &err));
    MUST(payment_note_check(work, id, false, &err));
    MUST(payment_note_failure(work, id, &err));
    MUST(payment_get(work, id, false, &payment, &err));
    assert_int_equal(payment.hinted_ms, work->now_ms);
    assert_int_equal(payment.checks, 1);
    assert_int_equal(payment.failures, 2);
    assert_int_equal(payment.last_check_ms, work->now_ms);
    MUST(payment_note_check(work, id, true, &err));
    MUST(payment_get(work, id, false, &payment, &err));
    assert_int_equal(payment.failures, 0);
    assert_null(payment.problem);
}

static void test_a_problem_is_settled_once(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, 1);
    for (enum payment_state from = PAYMENT_CREATING; from <= PAYMENT_FAILED; from++) {
        int64_t id = payment_in(from);
        struct work *work = shop_begin(shop);
        struct payment payment;
        MUST_FAIL(ERR_CONFLICT, payment_resolve(work, id, PAYMENT_DELIVERED, &err)); /* there is none */
        MUST(payment_park(work, id, "mismatch", 4999, &err));
        MUST_FAIL(ERR_CONFLICT, payment_park(work, id, "other", 1, &err));
        MUST(payment_get(work, id, false, &payment, &err));
        assert_string_equal(payment.problem, "mismatch");
        assert_int_equal(payment.paid_amount, 4999);
        assert_null(payment.resolution);
        MUST(payment_resolve(work, id, PAYMENT_CREDITED, &err));
        MUST_FAIL(ERR_CONFLICT, payment_resolve(work, id, PAYMENT_REFUNDED, &err));
        MUST_FAIL(ERR_CONFLICT, payment_park(work, id, "other", 1, &err)); /* nor parked again */
        MUST(payment_get(work, id, false, &payment, &err));
        assert_string_equal(payment.resolution, "credited");
        assert_int_equal(payment.paid_amount, 4999);
        assert_int_equal(payment.state, from);
        shop_commit(shop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_each_change_from_each_state),
        SHOP_TEST(test_an_answer_that_came_late_is_filled_in_once),
        SHOP_TEST(test_what_is_shown_is_kept),
        SHOP_TEST(test_a_transaction_belongs_to_one_payment),
        SHOP_TEST(test_finding),
        SHOP_TEST(test_notes),
        SHOP_TEST(test_a_problem_is_settled_once),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
