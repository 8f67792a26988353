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
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sequence.h"

enum { STEPS = 1200, STEPS_A_SEQUENCE = 60, UNITS = 6 };

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

/* --- sequences --- */

static const struct action *const tables[] = {buyers_actions, gateways_actions, admins_actions};

/* The chosen one when the weights before it come to `chosen`; NULL, and the sum of all, where they never do.
 */
static const struct action *find_action(bool meanwhile, int chosen, int *sum_out)
{
    int sum = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (const struct action *action = tables[i]; action->weight; action++) {
            sum += !meanwhile || action->may_be_meanwhile ? action->weight : 0;
            if (chosen < sum)
                return action;
        }
    }
    *sum_out = sum;
    return NULL;
}

static void act(bool meanwhile)
{
    int sum;
    find_action(meanwhile, INT_MAX, &sum);
    find_action(meanwhile, any(sum), &sum)->run();
}

/* By another server, while the gateway is being asked. */
static void meanwhile(void)
{
    fake_gateway.during = NULL;
    note(" [");
    act(true);
    note(" ]");
}

static bool set_content(struct work *work, void *context, struct error *err)
{
    return catalogue_set_content(work, MODEL_SHARED + 1, "for everybody", NULL, err);
}

static void put_content(void)
{
    struct error err = {0};
    if (!house_transaction(model.now_ms, set_content, NULL, &err))
        fail_with("%s", err.text);
}

static void begin_sequence(void)
{
    house_clean();
    sequence_begin();
    int64_t now_ms = model.now_ms + INT64_C(864000000); /* the gateway's limits are remembered for a while */
    model = (struct model){
        .now_ms = now_ms,
        .price = {10000, 7000, 3000, 5000},
        .available = {UNITS, UNITS},
        .coupons = {{.value = 9000, .most_uses = 2, .most_uses_each = 1},
                    {.percent = 33, .most_uses = 3, .most_uses_each = 2}},
    };
    house_sql("INSERT INTO products (category_id, code, name, price, position, created_at, updated_at)"
              " VALUES (1, 'P2', 'Other', 7000, 2, '2026-01-01', '2026-01-01');"
              "INSERT INTO products (category_id, code, name, kind, price, position, created_at, updated_at)"
              " VALUES (1, 'P3', 'Text', 'shared', 3000, 3, '2026-01-01', '2026-01-01'),"
              " (1, 'P4', 'Work', 'manual', 5000, 4, '2026-01-01', '2026-01-01')");
    put_content();
    house_sql(
        "INSERT INTO stock_units (product_id, content, digest, created_at)"
        " SELECT p, 'x', n::text::bytea, '2026-01-01' FROM generate_series(1, 2) p, generate_series(1, %d) n",
        UNITS);
    house_sql(
        "INSERT INTO coupons (code, kind, value, most_uses, most_uses_each, starts_at, created_at) VALUES"
        " ('FLAT', 'flat', 9000, 2, 1, '2026-01-01', '2026-01-01'),"
        " ('PERCENT', 'percent', 33, 3, 2, '2026-01-01', '2026-01-01')");
    house_sql("INSERT INTO users (telegram_id, first_name, created_at, seen_at)"
              " SELECT n, 'Ani', '2026-01-01', '2026-01-01' FROM generate_series(1001, 1003) n"
              " ON CONFLICT DO NOTHING;"
              "UPDATE counters SET value = 3 WHERE name = 'users'");
    compare();
}

/* Everything the gateway knows reaches the books. */
static void end_sequence(void)
{
    note(" settle:");
    for (int i = 0; i < model.payment_count; i++) {
        struct model_payment *payment = &model.payments[i];
        if (payment->method != BY_GATEWAY || !payment->known || payment->state == PAYMENT_COMPLETED ||
            payment->parked)
            continue;
        model.now_ms += 5000;
        look_at_last(payment);
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
    const char *wanted = getenv("LAPAK_TEST_STEPS");
    int steps = wanted ? atoi(wanted) : STEPS;
    print_message("LAPAK_TEST_SEED=%" PRIu64 "\n", sequence_seed());
    model.now_ms = HOUSE_NOW;
    for (int i = 0; i < steps; i++) {
        if (i % STEPS_A_SEQUENCE == 0)
            begin_sequence();
        model.now_ms += one_in(50) ? 1000000 : one_in(20) ? 200000 : one_in(5) ? 31000 : 5000;
        fake_gateway.during = one_in(3) ? meanwhile : NULL;
        act(false);
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
