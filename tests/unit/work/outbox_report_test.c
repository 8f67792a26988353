/* What the sender's reports do to a message's row, and the effects that go with them. */
#include "rig.h"

#include <stdio.h>

#define STATE(id) rig_text("SELECT state FROM outbox WHERE id = %lld", (long long)(id))

DB_TENANT_STATEMENT(note_effect, "INSERT INTO updates_seen (update_id, seen_at) VALUES ($1, $2)");
DB_TENANT_STATEMENT(own_state, "SELECT state FROM outbox ORDER BY id LIMIT 1");

/* --- effects --- */

static struct {
    int calls;
    enum outbox_outcome outcome;
    int64_t message_id;
    enum error_code fail_with;
    int fail_times;
    char state_inside[16], state_outside[16];
} effect;

/* Writes a row, and looks at the message's row from inside and from outside of the transaction. */
static bool apply_note(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                       struct error *err)
{
    struct db_rows rows;
    effect.calls++;
    effect.outcome = outcome;
    effect.message_id = json_integer_value(json_object_get(result, "message_id"));
    if (!db_send(work->tx, &note_effect, DB_PARAMS(P_INT(ref), P_TIME(work->now_ms)), NULL, err) ||
        !db_query(work->tx, &own_state, DB_NO_PARAMS, &rows, err))
        return false;
    snprintf(effect.state_inside, sizeof effect.state_inside, "%s", db_text(&rows, 0, 0));
    snprintf(effect.state_outside, sizeof effect.state_outside, "%s",
             rig_text("SELECT state FROM outbox ORDER BY id LIMIT 1"));
    return effect.fail_times-- <= 0 || error_set(err, effect.fail_with, "as the test wants");
}

static const struct outbox_effect effects[] = {{"note", apply_note}};

static int begin(void **state)
{
    memset(&effect, 0, sizeof effect);
    outbox_set_effects(effects, 1);
    return rig_begin(state);
}

static const struct outbox_message with_effect = {.chat_id = 5, .effect = "note", .effect_ref = 42};

static void sent_removes_the_payload_and_runs_the_effect_with_it(void **state)
{
    NEEDS_RIG();
    rig_message(rig.store, "m", &with_effect);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_settle(rig.store);
    assert_string_equal(STATE(1), "sent");
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE payload IS NULL AND lease_until IS NULL AND "
                             "ended_at IS NOT NULL"),
                     1);
    assert_int_equal(rig_sql("SELECT count(*) FROM updates_seen WHERE update_id = 42"), 1);
    assert_int_equal(effect.calls, 1);
    assert_int_equal(effect.outcome, OUTBOX_SENT);
    assert_int_equal(effect.message_id, 77);
    assert_string_equal(effect.state_inside, "sent"); /* one transaction */
    assert_string_equal(effect.state_outside, "pending");
}

static void a_second_report_changes_nothing(void **state)
{
    NEEDS_RIG();
    rig_message(rig.store, "m", &with_effect);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_report(rig_taken(0), OUTBOX_VERDICT_LATER, 0, NULL);
    rig_report(rig_taken(0), OUTBOX_VERDICT_RETURNED, 0, NULL);
    rig_settle(rig.store);
    assert_string_equal(STATE(1), "sent");
    assert_int_equal(effect.calls, 1);
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 1);
}

static void a_broken_effect_does_not_send_again(void **state)
{
    NEEDS_RIG();
    effect.fail_with = ERR_INTERNAL;
    effect.fail_times = 1;
    rig_message(rig.store, "m", &with_effect);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_wait_sql(1, "SELECT count(*) FROM outbox WHERE state = 'sent'");
    assert_int_equal(rig_sql("SELECT count(*) FROM updates_seen"), 0); /* what it wrote went with it */
    rig_settle(rig.store);
    assert_int_equal(effect.calls, 1);
}

static void an_effect_that_can_be_tried_again_is(void **state)
{
    NEEDS_RIG();
    effect.fail_with = ERR_RETRY;
    effect.fail_times = 2;
    rig_message(rig.store, "m", &with_effect);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_wait_sql(1, "SELECT count(*) FROM outbox WHERE state = 'sent'");
    assert_int_equal(rig_sql("SELECT count(*) FROM updates_seen"), 1);
    rig_settle(rig.store);
    assert_int_equal(effect.calls, 3);
    assert_int_equal(rig_taken_count(), 1);
}

static void an_unknown_effect_does_not_hold_the_message(void **state)
{
    NEEDS_RIG();
    rig_message(rig.store, "m", &(struct outbox_message){.chat_id = 5, .effect = "of a newer server"});
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_wait_sql(1, "SELECT count(*) FROM outbox WHERE state = 'sent'");
}

static void refused_is_for_good(void **state)
{
    NEEDS_RIG();
    rig_message(rig.store, "m", &with_effect);
    /* an error cut in the middle of a character must not keep the verdict from being written */
    rig_report(rig_taken(0), OUTBOX_VERDICT_REFUSED, 0, "Bad Request: caf\xc3");
    rig_settle(rig.store);
    assert_string_equal(STATE(1), "failed");
    assert_string_equal(rig_text("SELECT error FROM outbox"), "Bad Request: caf");
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE payload IS NULL"), 1);
    assert_int_equal(effect.outcome, OUTBOX_REFUSED);
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 1);
}

static void release(struct work *work, void *context)
{
    MUST(work_begin(work, &err) && outbox_release(work, 5, &err) && work_commit(work, &err));
}

static void blocked_keeps_what_is_to_be_kept(void **state)
{
    NEEDS_RIG();
    struct outbox_message kept = with_effect;
    kept.keep = true;
    rig_message(rig.store, "delivery", &kept);
    rig_message(rig.store, "chat", &(struct outbox_message){.chat_id = 5});
    rig_report(rig_taken(0), OUTBOX_VERDICT_BLOCKED, 0, "Forbidden");
    rig_report(rig_taken(1), OUTBOX_VERDICT_BLOCKED, 0, "Forbidden");
    rig_settle(rig.store);
    assert_string_equal(STATE(1), "held");
    assert_int_equal(effect.outcome, OUTBOX_BLOCKED);
    assert_string_equal(STATE(2), "failed");
    assert_int_equal(rig_sql("SELECT sum(id) FROM outbox WHERE payload IS NOT NULL"), 1);
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 2);

    rig_sql("DELETE FROM updates_seen");
    rig_do(rig.store, release, NULL); /* the person is back */
    rig_say(rig.store, 5, "welcome");
    rig_wait_taken(4);
    assert_string_equal(rig_said(), "delivery chat delivery welcome"); /* the older one first */
    rig_report(rig_taken(2), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_settle(rig.store);
    assert_string_equal(STATE(1), "sent");
    assert_int_equal(effect.outcome, OUTBOX_SENT);
}

static void returned_is_offered_again(void **state)
{
    NEEDS_RIG();
    rig_say(rig.store, 5, "m");
    rig_report(rig_taken(0), OUTBOX_VERDICT_RETURNED, 0, NULL);
    rig_wait_taken(2);
    assert_int_equal(rig_taken(1)->id, rig_taken(0)->id);
    assert_int_equal(rig_taken(1)->attempts, 0);
}

static void later_comes_by_itself(void **state)
{
    NEEDS_RIG();
    rig_say(rig.store, 5, "m");
    rig_report(rig_taken(0), OUTBOX_VERDICT_LATER, 1, "Too Many Requests");
    rig_wait_taken(2);
    assert_int_equal(rig_taken(1)->attempts, 1);
    assert_string_equal(rig_text("SELECT error FROM outbox"), "Too Many Requests");
    /* nonsense from outside neither overflows nor means never */
    rig_report(rig_taken(1), OUTBOX_VERDICT_LATER, INT64_MAX, "later");
    rig_settle(rig.store);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE lease_until IS NULL AND due_at < now() + "
                             "interval '25 hours'"),
                     1);
}

static void a_report_survives_a_lost_connection(void **state)
{
    NEEDS_RIG();
    rig_message(rig.store, "m", &with_effect);
    rig_cut(rig.store);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_wait_sql(1, "SELECT count(*) FROM outbox WHERE state = 'sent'");
    rig_settle(rig.store);
    assert_int_equal(rig_sql("SELECT count(*) FROM updates_seen"), 1);
    assert_int_equal(rig_taken_count(), 1);
}

static void a_report_that_can_not_be_written_does_not_keep_the_lanes(void **state)
{
    NEEDS_RIG();
    effect.fail_with = ERR_RETRY;
    effect.fail_times = 1000000;
    rig_message(rig.store, "m", &with_effect);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_settle(rig.store);
    assert_false(lanes_drain(rig.lanes, 100));
    rig_stop(); /* the address sanitizer finds what is left behind */
    assert_in_range(effect.calls, 2, 1000);
}

int main(void)
{
#define REPORT_TEST(test) cmocka_unit_test_setup_teardown(test, begin, rig_end)
    const struct CMUnitTest tests[] = {
        REPORT_TEST(sent_removes_the_payload_and_runs_the_effect_with_it),
        REPORT_TEST(a_second_report_changes_nothing),
        REPORT_TEST(a_broken_effect_does_not_send_again),
        REPORT_TEST(an_effect_that_can_be_tried_again_is),
        REPORT_TEST(an_unknown_effect_does_not_hold_the_message),
        REPORT_TEST(refused_is_for_good),
        REPORT_TEST(blocked_keeps_what_is_to_be_kept),
        REPORT_TEST(returned_is_offered_again),
        REPORT_TEST(later_comes_by_itself),
        REPORT_TEST(a_report_survives_a_lost_connection),
        REPORT_TEST(a_report_that_can_not_be_written_does_not_keep_the_lanes),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
