/* What of a store is an alert. The alerts are this test's own: what was raised, and what was cleared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "monitor/internal.h"
#include "watch/alerts.h"

static struct told {
    enum { NOTHING, RAISED, CLEARED } what;
    char detail[200];
} of_store[ALERT_KIND_COUNT], of_server[ALERT_KIND_COUNT];

static struct told *told(const char *store, enum alert_kind kind)
{
    assert_true(!store || !strcmp(store, "kopi"));
    return store ? &of_store[kind] : &of_server[kind];
}

void alert_raise(const char *store, enum alert_kind kind, const char *subject, const char *detail, ...)
{
    struct told *to = told(store, kind);
    va_list values;
    va_start(values, detail);
    vsnprintf(to->detail, sizeof to->detail, detail, values);
    va_end(values);
    to->what = RAISED;
}

void alert_clear(const char *store, enum alert_kind kind, const char *subject)
{
    told(store, kind)->what = CLEARED;
}

static const struct watch_limits limits = {
    .every_seconds = 300, .webhook_pending = 100, .outbox_late = 120, .jobs_late = 60, .failed_payments = 5};
static const int64_t now_ms = 1763800000000;
static struct store_figures figures;
static struct round_answer answer;
static bool disabled;

/* A store that is well. */
static int well(void **state)
{
    memset(of_store, 0, sizeof of_store);
    memset(of_server, 0, sizeof of_server);
    figures = (struct store_figures){.store = "kopi", .day = ""};
    answer = (struct round_answer){
        .webhook = {.ours = true, .elsewhere = ""}, .gateway_ok = true, .gateway_why = ""};
    disabled = false;
    return 0;
}

static void judge(void)
{
    judge_store(&figures, &answer, disabled, &limits, now_ms);
}

static bool lost(void)
{
    return judge_webhook_lost(&answer, disabled, &limits, now_ms);
}

static void a_store_that_is_well(void **state)
{
    static const enum alert_kind kinds[] = {ALERT_WEBHOOK, ALERT_OUTBOX_LATE, ALERT_JOBS_LATE, ALERT_PARKED,
                                            ALERT_PAYMENTS_FAILING};
    judge();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        assert_int_equal(of_store[kinds[i]].what, CLEARED);
    assert_int_equal(of_server[ALERT_GATEWAY].what, CLEARED);
    assert_false(lost());
}

static void limits_are_exceeded_not_reached(void **state)
{
    figures.outbox_late_seconds = 120;
    figures.jobs_late_seconds = 60;
    figures.failed_in_row = 4;
    answer.webhook.pending = 100;
    judge();
    assert_int_equal(of_store[ALERT_OUTBOX_LATE].what, CLEARED);
    assert_int_equal(of_store[ALERT_JOBS_LATE].what, CLEARED);
    assert_int_equal(of_store[ALERT_PAYMENTS_FAILING].what, CLEARED);
    assert_int_equal(of_store[ALERT_WEBHOOK].what, CLEARED);
    figures.outbox_late_seconds = 121;
    figures.jobs_late_seconds = 61;
    figures.failed_in_row = 5;
    figures.parked = 1;
    answer.webhook.pending = 101;
    judge();
    assert_string_equal(of_store[ALERT_OUTBOX_LATE].detail, "121 s");
    assert_string_equal(of_store[ALERT_JOBS_LATE].detail, "61 s");
    assert_string_equal(of_store[ALERT_PAYMENTS_FAILING].detail, "5");
    assert_string_equal(of_store[ALERT_PARKED].detail, "1");
    assert_string_equal(of_store[ALERT_WEBHOOK].detail, "101");
    assert_false(lost());
}

static void a_webhook_that_was_stolen(void **state)
{
    answer.webhook = (struct webhook_info){.elsewhere = "evil.example"};
    judge();
    assert_string_equal(of_store[ALERT_WEBHOOK].detail, "→ evil.example");
    assert_true(lost());
    answer.webhook.elsewhere = "";
    judge();
    assert_string_equal(of_store[ALERT_WEBHOOK].detail, "→ -");
    assert_true(lost());
}

static void an_error_of_the_webhook(void **state)
{
    answer.webhook.error = "Connection timed out";
    answer.webhook.error_ms = now_ms - 599000;
    judge();
    assert_int_equal(of_store[ALERT_WEBHOOK].what, CLEARED); /* nothing waits: it is over */
    answer.webhook.pending = 2;
    judge();
    assert_string_equal(of_store[ALERT_WEBHOOK].detail, "Connection timed out (2)");
    assert_false(lost());
    answer.webhook.error_ms = now_ms - 601000;
    judge();
    assert_int_equal(of_store[ALERT_WEBHOOK].what, CLEARED);
}

/* Our address, and somebody else's secret: we refuse what Telegram brings. */
static void a_secret_that_is_not_ours(void **state)
{
    answer.webhook.error = "Wrong response from the webhook: 401 Unauthorized";
    answer.webhook.error_ms = now_ms - 1000;
    assert_false(lost());
    answer.webhook.denied = true;
    assert_true(lost());
    answer.webhook.error_ms = now_ms - 3600000;
    assert_false(lost());
}

static void a_dead_token(void **state)
{
    answer.what = WEBHOOK_REFUSED;
    assert_true(lost()); /* registration finds out, and says so */
    disabled = true;
    assert_false(lost());
    figures.outbox_late_seconds = 5000;
    judge();
    assert_int_equal(of_store[ALERT_OUTBOX_LATE].what, NOTHING); /* that is why */
    assert_int_equal(of_store[ALERT_WEBHOOK].what, NOTHING);
    assert_int_equal(of_store[ALERT_JOBS_LATE].what, CLEARED);
    answer.what = WEBHOOK_KNOWN; /* it works again */
    assert_true(lost());
}

static void telegram_does_not_answer(void **state)
{
    answer.what = WEBHOOK_UNKNOWN;
    judge();
    assert_int_equal(of_store[ALERT_WEBHOOK].what, NOTHING); /* neither well nor ill */
    assert_false(lost());
}

static void a_gateway_that_is_away_is_one_alert(void **state)
{
    answer.gateway_ok = false;
    answer.gateway_why = "no answer";
    answer.breaker_open = true;
    judge();
    assert_string_equal(of_server[ALERT_GATEWAY].detail, "no answer");
    assert_int_equal(of_store[ALERT_GATEWAY].what, NOTHING);
    answer.gateway_ok = true;
    judge();
    assert_int_equal(of_server[ALERT_GATEWAY].what, CLEARED);
    assert_int_equal(of_store[ALERT_GATEWAY].what, NOTHING); /* payment/ says so of a project */
}

int main(void)
{
#define JUDGE_TEST(test) cmocka_unit_test_setup(test, well)
    const struct CMUnitTest tests[] = {
        JUDGE_TEST(a_store_that_is_well),      JUDGE_TEST(limits_are_exceeded_not_reached),
        JUDGE_TEST(a_webhook_that_was_stolen), JUDGE_TEST(an_error_of_the_webhook),
        JUDGE_TEST(a_secret_that_is_not_ours), JUDGE_TEST(a_dead_token),
        JUDGE_TEST(telegram_does_not_answer),  JUDGE_TEST(a_gateway_that_is_away_is_one_alert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
