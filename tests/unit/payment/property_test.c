/*
 * Random sequences of actions, each done to the product (on a real PostgreSQL, with a gateway that lies when
 * it is told to) and to a model: after every step both must look the same, and at the end of a sequence the
 * money that the gateway took is where the books say.
 *
 *   LAPAK_TEST_SEED=4711   these sequences again; a failure prints the seed and what was done
 *   LAPAK_TEST_STEPS=20000 more of them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "house.h"
#include "model.h"
#include "store/user.h"

enum { STEPS = 900, STEPS_A_SEQUENCE = 60, UNITS = 6 };

static struct model model;
static uint64_t seed, chance;
static char journal[16384];
static int lost_in_a_row;
static struct model_payment *in_call;

/* --- chance, and what was done --- */

static uint64_t next_random(void)
{
    chance ^= chance << 13; /* xorshift64 */
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance;
}

static int any(int count)
{
    return (int)(next_random() % (uint64_t)count);
}

static bool one_in(int count)
{
    return any(count) == 0;
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
    size_t length = strlen(journal);
    va_list args;
    va_start(args, format);
    vsnprintf(journal + length, sizeof journal - length, format, args);
    va_end(args);
}

static void fail_with(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void fail_with(const char *format, ...)
{
    char why[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    print_error("LAPAK_TEST_SEED=%" PRIu64 "\ndone:%s\n", seed, journal);
    fail_msg("%s", why);
    abort(); /* fail_msg() does not return, which the compiler does not know */
}

/* The house tells people nothing, so that every paid order misses its delivery; nothing else may be wrong. */
static void verify(void)
{
    struct verify_result result;
    int undelivered = 0;
    house_verify(&result);
    for (size_t i = 0; i < result.listed; i++) {
        const struct verify_difference *d = &result.differences[i];
        if (strstr(d->says, "no delivery is on its way"))
            undelivered++;
        else
            fail_with("verify: %s: %s: %s", d->what, d->who, d->says);
    }
    assert_null(result.unfinished);
    assert_int_equal(undelivered, model_undelivered(&model));
}

static void compare(void)
{
    const char *expected = model_picture(&model, house.arena), *seen = house_value("%s", model_picture_sql);
    if (!str_equal(seen, expected))
        fail_with("\nthe database says %s\nand should say    %s", seen, expected);
    verify();
}

typedef bool payment_filter(const struct model_payment *payment);

static bool is_any(const struct model_payment *payment)
{
    return true;
}

static bool is_of_gateway(const struct model_payment *payment)
{
    return !payment->by_balance;
}

static bool is_open(const struct model_payment *payment)
{
    return payment->state == PAYMENT_CREATING || payment->state == PAYMENT_WAITING;
}

static bool is_creating(const struct model_payment *payment)
{
    return payment->state == PAYMENT_CREATING;
}

static bool is_at_gateway(const struct model_payment *payment)
{
    return payment->there && payment->state != PAYMENT_COMPLETED;
}

static bool has_ended(const struct model_payment *payment)
{
    return payment->there && payment->state != PAYMENT_COMPLETED && payment->state != PAYMENT_WAITING;
}

static struct model_payment *pick(payment_filter *fits)
{
    struct model_payment *found = NULL;
    int seen = 0, from = model.payment_count > 15 ? model.payment_count - 15 : 0;
    for (int i = from; i < model.payment_count; i++)
        if (fits(&model.payments[i]) && one_in(++seen))
            found = &model.payments[i];
    return found;
}

/* One for which an action is meant, mostly; NULL where there is none. */
static struct model_payment *any_payment(payment_filter *fits)
{
    if (in_call && one_in(2)) /* what the other server is just asking about */
        return in_call;
    struct model_payment *found = one_in(5) ? NULL : pick(fits);
    return found ? found : pick(fits == is_any || fits == is_open ? is_any : is_of_gateway);
}

/* --- actions of people --- */

struct purchase {
    int person;
    int quantity[MODEL_PRODUCTS];
    struct model_coupon *coupon;
    const char *method;
    int64_t amount; /* of a deposit; 0: it is an order */
    int64_t id;
    enum order_obstacle obstacle;
};

static bool touch(struct work *work, int who, struct error *err)
{
    const struct person person = {MODEL_FIRST_PERSON + who, "Ani", NULL, NULL, NULL};
    return user_touch(work, &person, err);
}

static bool start_order(struct work *work, void *context, struct error *err)
{
    struct purchase *p = context;
    struct order order;
    int64_t product;
    if (!touch(work, p->person, err) ||
        !checkout_start(work, MODEL_FIRST_PERSON + p->person, p->method, &order, &p->obstacle, &product, err))
        return false;
    p->id = order.id;
    return true;
}

static int64_t newest_payment(void)
{
    return strtoll(house_value("SELECT max(id) FROM payments"), NULL, 10);
}

static void fill_cart(const struct purchase *p)
{
    house_sql("DELETE FROM cart_items; UPDATE users SET coupon_id = %s, coupon_edition = 1",
              !p->coupon                       ? "NULL"
              : p->coupon == &model.coupons[0] ? "1"
                                               : "2");
    for (int i = 0; i < MODEL_PRODUCTS; i++)
        if (p->quantity[i])
            house_sql("INSERT INTO cart_items VALUES (%" PRId64 ", %d, %d, %" PRId64 ", '2026-01-01')",
                      MODEL_FIRST_PERSON + p->person, i + 1, p->quantity[i], model.price[i]);
}

static int richest(void)
{
    int found = 0;
    for (int i = 1; i < MODEL_PEOPLE; i++)
        if (model.balance[i] > model.balance[found])
            found = i;
    return found;
}

static void place(bool by_balance)
{
    struct purchase p = {.person = by_balance && !one_in(3) ? richest() : any(MODEL_PEOPLE),
                         .method = by_balance ? "balance" : "qris"};
    struct error err = {0};
    int64_t total;
    for (int i = 0; i < MODEL_PRODUCTS; i++)
        p.quantity[i] = one_in(2) ? 0 : 1 + any(2);
    if (one_in(3))
        p.coupon = &model.coupons[any(MODEL_COUPONS)];
    note(" %s:%d,%d,%d%s", p.method, p.person, p.quantity[0], p.quantity[1],
         !p.coupon                       ? ""
         : p.coupon == &model.coupons[0] ? ",c1"
                                         : ",c2");
    fill_cart(&p);
    enum order_obstacle expected = model_obstacle(&model, p.person, p.quantity, p.coupon, by_balance, &total);
    bool ok = house_transaction(model.now_ms, start_order, &p, &err);
    bool possible = expected == ORDER_OK && (by_balance || total >= MODEL_QRIS_LEAST);
    if (p.obstacle != expected || ok != possible)
        fail_with("obstacle %d instead of %d: %s", p.obstacle, expected, ok ? "placed" : err.text);
    if (ok)
        model_add_payment(&model, newest_payment(),
                          model_add_order(&model, p.id, p.person, p.quantity, p.coupon), by_balance);
}

static void order_by_gateway(void)
{
    place(false);
}

static void order_by_balance(void)
{
    place(true);
}

static bool start_deposit(struct work *work, void *context, struct error *err)
{
    struct purchase *p = context;
    struct deposit deposit;
    if (!touch(work, p->person, err) || !checkout_deposit(work, MODEL_FIRST_PERSON + p->person, "qris",
                                                          p->amount, &deposit, &p->obstacle, err))
        return false;
    p->id = deposit.id;
    return true;
}

static void deposit(void)
{
    struct purchase p = {.person = any(MODEL_PEOPLE),
                         .amount = one_in(8) ? MODEL_DEPOSIT_LEAST - 1 : MODEL_DEPOSIT_LEAST * (1 + any(5))};
    struct error err = {0};
    note(" deposit:%d,%" PRId64, p.person, p.amount);
    bool possible = p.amount >= MODEL_DEPOSIT_LEAST && model_may_deposit(&model, p.person);
    if (house_transaction(model.now_ms, start_deposit, &p, &err) != possible)
        fail_with("a deposit of %" PRId64 " was %s: %s", p.amount, possible ? "refused" : "made", err.text);
    if (possible)
        model_add_payment(&model, newest_payment(), model_add_deposit(&model, p.id, p.person, p.amount),
                          false);
}

static bool give_up(struct work *work, void *context, struct error *err)
{
    const struct model_bill *bill = context;
    int64_t person = MODEL_FIRST_PERSON + bill->person;
    return touch(work, bill->person, err) &&
           (bill->is_deposit ? checkout_cancel_deposit(work, bill->id, person, err)
                             : checkout_cancel(work, bill->id, person, err));
}

static void cancel(void)
{
    struct model_payment *payment = any_payment(is_open);
    struct error err = {0};
    if (!payment)
        return;
    note(" cancel:%" PRId64, payment->id);
    bool possible = model_cancel(&model, payment);
    bool ok = house_transaction(model.now_ms, give_up, payment->bill, &err);
    if (ok != possible || (!ok && err.code != ERR_CONFLICT))
        fail_with("cancelling was %s: %s", ok ? "done" : "refused", err.text);
}

static bool mark_completed(struct work *work, void *context, struct error *err)
{
    return order_mark_completed(work, ((struct model_bill *)context)->id, err);
}

static void delivered(void)
{
    struct model_payment *payment = any_payment(is_any);
    struct error err = {0};
    if (!payment || payment->bill->is_deposit)
        return;
    note(" delivered:%" PRId64, payment->bill->id);
    bool possible = payment->bill->state == ORDER_PAID;
    if (house_transaction(model.now_ms, mark_completed, payment->bill, &err) != possible)
        fail_with("an order was %s: %s", possible ? "not completed" : "completed", err.text);
    if (possible)
        payment->bill->state = ORDER_COMPLETED;
}

/* With a bank app: whether it is open, cancelled or long over, and now and then another amount. */
static void pay(void)
{
    struct model_payment *payment = any_payment(is_at_gateway);
    if (!payment || !payment->there || payment->status == GATEWAY_COMPLETED)
        return;
    payment->status = GATEWAY_COMPLETED;
    payment->status_amount = payment->bill->amount - one_in(12);
    note(" pay:%" PRId64 "%s", payment->id, payment->status_amount == payment->bill->amount ? "" : "!");
}

static void cancelled_at_gateway(void)
{
    struct model_payment *payment = any_payment(is_at_gateway);
    if (!payment || !payment->there || payment->status != GATEWAY_PENDING)
        return;
    note(" gone:%" PRId64, payment->id);
    payment->status = GATEWAY_CANCELED;
}

static void restock(void)
{
    int product = any(MODEL_PRODUCTS);
    note(" restock:%d", product);
    house_sql("INSERT INTO stock_units (product_id, content, digest, created_at)"
              " VALUES (%d, 'x', random()::text::bytea, '2026-01-01')",
              product + 1);
    model.available[product]++;
}

/* --- jobs: any of them at any time, with what the gateway says --- */

static void step_of(const char *kind, struct model_payment *payment)
{
    struct job_step step;
    struct error err = {0};
    in_call = payment;
    if (!house_job(kind, payment->id, model.now_ms, &step, &err))
        fail_with("%s %" PRId64 ": %s", kind, payment->id, err.text);
    in_call = NULL;
}

static void create_at_gateway(struct model_payment *payment)
{
    if (payment->there)
        return;
    payment->there = true;
    payment->status = GATEWAY_PENDING;
    payment->status_amount = payment->bill->amount;
    payment->expires_ms = model.now_ms + (one_in(6) ? 60000 : MODEL_INVOICE_MS);
}

static enum model_answer prepare_create(struct model_payment *payment, bool called)
{
    enum model_answer answer = one_in(10) ? ANSWER_REFUSED : one_in(6) ? ANSWER_LOST : ANSWER_TRUTH;
    /* so many in a row that everybody stops asking are another test's */
    if (answer == ANSWER_LOST && (lost_in_a_row > 0 || payment->there))
        answer = ANSWER_TRUTH;
    if (answer == ANSWER_REFUSED && payment->there)
        answer = ANSWER_TRUTH;
    if (!called)
        return answer;
    lost_in_a_row = answer == ANSWER_LOST ? lost_in_a_row + 1 : 0;
    if (answer != ANSWER_REFUSED)
        create_at_gateway(payment);
    fake_gateway.create_error = (struct error){0};
    if (answer != ANSWER_TRUTH)
        error_set(&fake_gateway.create_error, answer == ANSWER_LOST ? ERR_UNCERTAIN : ERR_REFUSED, "as told");
    fake_gateway.created =
        (struct payment_created){.txn_id = arena_printf(house.arena, "T-%" PRId64, payment->id),
                                 .fee = 300,
                                 .total = payment->bill->amount + 300,
                                 .qr_string = "000201",
                                 .expires_ms = payment->expires_ms};
    return answer;
}

static void job_create(void)
{
    struct model_payment *payment = any_payment(is_creating);
    if (!payment)
        return;
    bool calls = model_create_calls(payment, model.now_ms);
    enum model_answer answer = prepare_create(payment, calls);
    note(" create:%" PRId64 "%s", payment->id, calls ? (const char *[]){"", "!", "?", ""}[answer] : "-");
    if (!calls)
        model_create_not_called(&model, payment);
    step_of("payment_create", payment);
    if (calls)
        model_created(&model, payment, answer);
}

static void prepare_status(const struct model_payment *payment, enum model_answer answer)
{
    const char *reference =
        house_value("SELECT gateway_order_id FROM payments WHERE id = %" PRId64, payment->id);
    fake_gateway.state = (struct gateway_state){
        payment->status, payment->status_amount, reference,
        arena_printf(house.arena, "T-%" PRId64, payment->id + (answer == ANSWER_OF_OTHER)), false};
}

static void job_check(void)
{
    struct model_payment *payment = any_payment(is_at_gateway);
    if (!payment)
        return;
    bool known = payment->known;
    bool calls =
        payment->state != PAYMENT_COMPLETED && payment->state != PAYMENT_CREATING && !payment->parked;
    enum model_answer answer = ANSWER_TRUTH;
    if (calls && known)
        prepare_status(payment, answer = one_in(5) ? ANSWER_OF_OTHER : ANSWER_TRUTH);
    else if (calls)
        answer = prepare_create(payment, true);
    note(" check:%" PRId64 "%s", payment->id, !calls ? "-" : answer == ANSWER_TRUTH ? "" : "?");
    enum gateway_status status = payment->status;
    int64_t amount = payment->status_amount;
    step_of("payment_check", payment);
    if (calls)
        model_checked(&model, payment, answer, known, status, amount);
}

static void job_void(void)
{
    struct model_payment *payment = any_payment(has_ended);
    if (!payment)
        return;
    note(" void:%" PRId64, payment->id);
    bool ended = payment->state == PAYMENT_CANCELLED || payment->state == PAYMENT_EXPIRED ||
                 payment->state == PAYMENT_FAILED;
    fake_gateway.cancel_error = (struct error){0};
    if (payment->status != GATEWAY_PENDING)
        error_set(&fake_gateway.cancel_error, ERR_REFUSED, "not pending");
    else if (ended && payment->known && !payment->parked)
        payment->status = GATEWAY_CANCELED;
    step_of("payment_cancel", payment);
}

/* --- sequences --- */

struct action {
    const char *name;
    int weight;
    void (*run)(void);
    bool may_be_meanwhile; /* while another server's call to the gateway is under way */
};
static const struct action actions[] = {
    {"order", 14, order_by_gateway, true},
    {"order by balance", 5, order_by_balance, true},
    {"deposit", 6, deposit, true},
    {"cancel", 4, cancel, true},
    {"delivered", 2, delivered, true},
    {"pay", 12, pay, true},
    {"gone at the gateway", 1, cancelled_at_gateway, true},
    {"restock", 1, restock, true},
    {"create", 14, job_create, false},
    {"check", 18, job_check, false},
    {"void", 5, job_void, false},
};

static const struct action *any_action(bool meanwhile)
{
    int sum = 0, at = 0;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        sum += !meanwhile || actions[i].may_be_meanwhile ? actions[i].weight : 0;
    int chosen = any(sum);
    for (size_t i = 0;; i++) {
        at += !meanwhile || actions[i].may_be_meanwhile ? actions[i].weight : 0;
        if (chosen < at)
            return &actions[i];
    }
}

/* By another server, while the gateway is being asked. */
static void meanwhile(void)
{
    fake_gateway.during = NULL;
    note(" [");
    any_action(true)->run();
    note(" ]");
}

static void begin_sequence(void)
{
    house_clean();
    journal[0] = '\0';
    int64_t now_ms = model.now_ms + INT64_C(864000000); /* the gateway's limits are remembered for a while */
    model = (struct model){
        .now_ms = now_ms,
        .price = {10000, 7000},
        .available = {UNITS, UNITS},
        .coupons = {{.value = 9000, .most_uses = 3, .most_uses_each = 2},
                    {.percent = 33, .most_uses = 4, .most_uses_each = 3}},
    };
    house_sql("INSERT INTO products (category_id, code, name, price, position, created_at, updated_at)"
              " VALUES (1, 'P2', 'Other', 7000, 2, '2026-01-01', '2026-01-01')");
    house_sql(
        "INSERT INTO stock_units (product_id, content, digest, created_at)"
        " SELECT p, 'x', n::text::bytea, '2026-01-01' FROM generate_series(1, 2) p, generate_series(1, %d) n",
        UNITS);
    house_sql(
        "INSERT INTO coupons (code, kind, value, most_uses, most_uses_each, starts_at, created_at) VALUES"
        " ('FLAT', 'flat', 9000, 3, 2, '2026-01-01', '2026-01-01'),"
        " ('PERCENT', 'percent', 33, 4, 3, '2026-01-01', '2026-01-01')");
    house_sql("INSERT INTO users (telegram_id, first_name, created_at, seen_at)"
              " SELECT n, 'Ani', '2026-01-01', '2026-01-01' FROM generate_series(1001, 1003) n"
              " ON CONFLICT DO NOTHING");
    compare();
}

/* Everything the gateway knows reaches the books. */
static void end_sequence(void)
{
    note(" settle:");
    for (int i = 0; i < model.payment_count; i++) {
        struct model_payment *payment = &model.payments[i];
        if (payment->by_balance || !payment->known || payment->state == PAYMENT_COMPLETED || payment->parked)
            continue;
        model.now_ms += 5000;
        prepare_status(payment, ANSWER_TRUTH);
        step_of("payment_check", payment);
        model_checked(&model, payment, ANSWER_TRUTH, true, payment->status, payment->status_amount);
    }
    compare();
    /* what was paid and is not known to us was never shown to anybody */
    int64_t unseen = 0;
    for (int i = 0; i < model.payment_count; i++)
        if (!model.payments[i].known && model.payments[i].status == GATEWAY_COMPLETED)
            unseen += model.payments[i].status_amount;
    if (model_taken(&model) != model_booked(&model) + unseen)
        fail_with("the gateway took %" PRId64 ", of which %" PRId64 " unseen, and %" PRId64 " is booked",
                  model_taken(&model), unseen, model_booked(&model));
}

static void test_books_stay_balanced(void **state)
{
    if (!house.lanes)
        skip();
    const char *wanted = getenv("LAPAK_TEST_STEPS"), *given = getenv("LAPAK_TEST_SEED");
    int steps = wanted ? atoi(wanted) : STEPS;
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) ^ (uint64_t)(uintptr_t)&steps >> 4;
    print_message("LAPAK_TEST_SEED=%" PRIu64 "\n", seed);
    chance = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    model.now_ms = HOUSE_NOW;
    for (int i = 0; i < steps; i++) {
        if (i % STEPS_A_SEQUENCE == 0) {
            begin_sequence();
            lost_in_a_row = 0;
        }
        model.now_ms += one_in(50) ? 1000000 : one_in(20) ? 200000 : one_in(5) ? 31000 : 5000;
        fake_gateway.during = one_in(3) ? meanwhile : NULL;
        any_action(false)->run();
        fake_gateway.during = NULL;
        compare();
        if (i % STEPS_A_SEQUENCE == STEPS_A_SEQUENCE - 1)
            end_sequence();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_books_stay_balanced)};
    return cmocka_run_group_tests(tests, house_setup, house_teardown);
}
