/* What happens to a message from the transaction that wrote it to the hand-over. */
#include "rig.h"

#include <stdlib.h>

#define STATE(id) rig_text("SELECT state FROM outbox WHERE id = %lld", (long long)(id))

/* --- out --- */

struct two {
    bool commit;
};

static void say_two(struct work *work, void *context)
{
    const struct two *two = context;
    struct outbox_message message = {.chat_id = 5, .method = "sendMessage"};
    MUST(work_begin(work, &err));
    for (int i = 0; i < 2; i++) {
        message.params = json_pack("{s:s}", "text", i ? "second" : "first");
        MUST(outbox_add(work, &message, &err));
    }
    assert_int_equal(rig_taken_count(), 0); /* not before the commit */
    if (two->commit)
        MUST(work_commit(work, &err));
}

static void a_committed_message_is_handed_over_once(void **state)
{
    NEEDS_RIG();
    rig_do(rig.store, say_two, &(struct two){true});
    assert_string_equal(rig_said(), "first second");
    assert_int_equal(rig_taken(0)->chat_id, 5);
    assert_string_equal(rig_taken(0)->method, "sendMessage");
    assert_ptr_equal(rig_taken(0)->store, rig.store);
    assert_int_equal(rig_taken(0)->id, rig_sql("SELECT min(id) FROM outbox"));
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 2);
}

static void a_rolled_back_message_never_goes(void **state)
{
    NEEDS_RIG();
    rig_do(rig.store, say_two, &(struct two){false});
    rig_sweep(rig.store);
    rig_say(rig.store, 5, "third");
    assert_string_equal(rig_said(), "third");
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox"), 1);
}

static void all_of_a_message_arrives(void **state)
{
    NEEDS_RIG();
    for (int round = 0; round < 2; round++) { /* by the commit, and by the sweep */
        if (round)
            rig_close(0);
        rig_message(rig.store, "caption",
                    &(struct outbox_message){.chat_id = -100 - round,
                                             .method = "sendDocument",
                                             .attachment = ATTACH_TEXT_FILE,
                                             .attachment_text = "line 1\nline 2 😀",
                                             .attachment_name = "order.txt",
                                             .effect = "note",
                                             .effect_ref = INT64_MIN,
                                             .keep = true});
        rig_open();
        if (round)
            rig_wait_taken(2);
        const struct taken *t = rig_taken((size_t)round);
        assert_int_equal(t->chat_id, -100 - round);
        assert_string_equal(t->method, "sendDocument");
        assert_string_equal(t->text, "caption");
        assert_int_equal(t->attachment, ATTACH_TEXT_FILE);
        assert_string_equal(t->attachment_text, "line 1\nline 2 😀");
        assert_string_equal(t->attachment_name, "order.txt");
        assert_string_equal(t->effect, "note");
        assert_int_equal(t->effect_ref, INT64_MIN);
        assert_true(t->keep);
    }
}

static void say_broken(struct work *work, void *context)
{
    struct error fault;
    struct outbox_message message = {.chat_id = 5,
                                     .method = "sendDocument",
                                     .params = json_object(),
                                     .attachment = ATTACH_TEXT_FILE,
                                     .attachment_text = "\xff\xfe",
                                     .attachment_name = "x"};
    MUST(work_begin(work, &err));
    assert_false(outbox_add(work, &message, &fault));
    assert_int_equal(fault.code, ERR_INTERNAL);
}

static void a_text_that_is_not_utf8_is_an_error(void **state)
{
    NEEDS_RIG();
    rig_do(rig.store, say_broken, NULL);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox"), 0);
}

static void nothing_is_readable_in_the_table(void **state)
{
    NEEDS_RIG();
    rig_message(rig.store, "the sold content",
                &(struct outbox_message){
                    .chat_id = 5, .attachment = ATTACH_QR_PNG, .attachment_text = "the qr code"});
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE payload IS NOT NULL"), 1);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox o WHERE o::text ~ 'sold|send|qr code' OR "
                             "position('sold'::bytea IN payload) > 0 OR position('qr'::bytea IN payload) > 0 "
                             "OR position('sendMessage'::bytea IN payload) > 0"),
                     0);
}

/* --- order --- */

static void a_newer_message_never_overtakes_one_that_waits(void **state)
{
    NEEDS_RIG();
    rig_say(rig.store, 5, "one");
    rig_report(rig_taken(0), OUTBOX_VERDICT_LATER, 3600000, "Too Many Requests");
    rig_settle(rig.store);
    for (int round = 0; round < 2; round++) {
        rig_say(rig.store, 5, round ? "three" : "two");
        rig_say(rig.store, 6, "other");
        rig_sweep(rig.store);
        assert_string_equal(rig_said(), round ? "one other other" : "one other");
        if (!round)
            rig_restart(); /* whoever starts knows of it too */
    }
    rig_sql("UPDATE outbox SET due_at = now() - interval '1 second' WHERE id = 1");
    rig_sweep(rig.store);
    assert_string_equal(rig_said(), "one other other one two three");
}

static void what_waits_behind_a_message_goes_when_that_is_sent(void **state)
{
    NEEDS_RIG();
    static const enum outbox_verdict ends[] = {OUTBOX_VERDICT_SENT, OUTBOX_VERDICT_REFUSED,
                                               OUTBOX_VERDICT_BLOCKED};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        rig_say(rig.store, 5, "one");
        rig_close(5);
        rig_say(rig.store, 5, "two");
        rig_open();
        rig_sweep(rig.store);
        assert_int_equal(rig_taken_count(), 2 * i + 1); /* "one" is still with the sender */
        int64_t begun = clock_mono_ms();
        rig_report(rig_taken(2 * i), ends[i], 0, "e");
        rig_wait_taken(2 * i + 2);
        assert_true(clock_mono_ms() - begun < OUTBOX_LEASE_MS / 2); /* not when a lease runs out */
        rig_report(rig_taken(2 * i + 1), OUTBOX_VERDICT_SENT, 0, NULL);
        rig_settle(rig.store);
    }
}

static void a_message_for_later_waits(void **state)
{
    NEEDS_RIG();
    int64_t after = clock_now_ms() + 400;
    rig_message(rig.store, "later", &(struct outbox_message){.chat_id = 5, .after_ms = after});
    rig_say(rig.store, 5, "behind");
    rig_say(rig.store, 6, "now");
    assert_string_equal(rig_said(), "now");
    rig_wait_taken(3);
    assert_string_equal(rig_said(), "now later behind");
    assert_true(clock_now_ms() >= after);
}

/* --- crashes --- */

static void an_expired_lease_is_handed_out_again_after_a_crash(void **state)
{
    NEEDS_RIG();
    rig_say(rig.store, 5, "m");
    rig_restart(); /* without a report */
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 1); /* somebody may still be at it */
    rig_sql("UPDATE outbox SET lease_until = now() - interval '1 second'");
    rig_sweep(rig.store);
    assert_string_equal(rig_said(), "m m");
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE lease_until > now()"), 1);
    rig_report(rig_taken(1), OUTBOX_VERDICT_SENT, 0, NULL);
    rig_settle(rig.store);
    assert_string_equal(STATE(1), "sent");
}

/* As after minutes without a database: the report waits, and the lease is long over. */
static void what_is_in_the_senders_hands_is_not_handed_over_twice(void **state)
{
    NEEDS_RIG();
    rig_say(rig.store, 5, "m");
    rig_sql("UPDATE outbox SET lease_until = now() - interval '1 minute'");
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 1);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE lease_until > now()"), 1); /* renewed */
    rig_report(rig_taken(0), OUTBOX_VERDICT_LATER, 0, "again");
    rig_wait_taken(2); /* reported, so no longer in anybody's hands */
}

/* --- the sender has no room, or must not send --- */

static void without_room_a_message_waits_in_order(void **state)
{
    NEEDS_RIG();
    rig_close(5);
    rig_say(rig.store, 5, "one");
    rig_say(rig.store, 6, "other");
    rig_sweep(rig.store);
    assert_string_equal(rig_said(), "other");
    rig_open();
    rig_say(rig.store, 5, "two"); /* room again, but not for the newer one first */
    rig_wait_taken(3);
    assert_string_equal(rig_said(), "other one two");
    assert_int_equal(rig_sql("SELECT max(attempts) FROM outbox"), 0);
}

static void a_sender_without_any_room_is_not_asked_for_each_row(void **state)
{
    NEEDS_RIG();
    rig_close(0);
    rig_say(rig.store, 5, "m");
    int64_t version = rig_sql("SELECT xmin::text::bigint FROM outbox");
    for (int i = 0; i < 3; i++)
        rig_sweep(rig.store);
    assert_int_equal(rig_sql("SELECT xmin::text::bigint FROM outbox"), version); /* the row was left alone */
    rig_open();
    rig_wait_taken(1);
}

static void a_held_store_sends_when_it_is_let_go(void **state)
{
    NEEDS_RIG();
    lane_store_hold_outbox(rig.store, true);
    rig_say(rig.store, 5, "m");
    rig_say(rig.stores[1], 5, "other");
    rig_sweep(rig.store);
    assert_string_equal(rig_said(), "other");
    lane_store_hold_outbox(rig.store, false);
    rig_wait_taken(2);
}

static void lanes_that_wind_down_hand_out_nothing_new(void **state)
{
    NEEDS_RIG();
    rig_say(rig.store, 5, "before");
    lanes_wind_down(rig.lanes);
    rig_say(rig.store, 6, "after"); /* what the last tasks say still goes */
    rig_report(rig_taken(0), OUTBOX_VERDICT_RETURNED, 0, NULL);
    rig_settle(rig.store);
    assert_true(lanes_drain(rig.lanes, RIG_DEADLINE_MS));
    assert_string_equal(rig_said(), "before after");
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE lease_until IS NULL AND due_at <= now()"), 1);
    rig_restart();
    rig_wait_taken(3); /* at once, not when a lease is over */
}

/* --- the sweep --- */

static void a_row_that_can_not_be_read_is_set_aside(void **state)
{
    NEEDS_RIG();
    lane_store_hold_outbox(rig.store, true);
    static const char *const texts[] = {"tampered", "moved", "stranger", "good"};
    for (int i = 0; i < 4; i++)
        rig_say(rig.store, 10 + i, texts[i]);
    rig_sql("UPDATE outbox SET payload = set_byte(payload, 20, get_byte(payload, 20) # 1) WHERE id = 1");
    rig_sql("UPDATE outbox SET chat_id = 99 WHERE id = 2"); /* to somebody else */
    rig_sql("UPDATE outbox o SET payload = g.payload FROM outbox g WHERE o.id = 3 AND g.id = 4");
    lane_store_hold_outbox(rig.store, false);
    rig_wait_taken(1);
    rig_settle(rig.store);
    assert_string_equal(rig_said(), "good");
    assert_int_equal(rig_sql("SELECT sum(id) FROM outbox WHERE state = 'failed' AND error <> '' AND payload "
                             "IS NOT NULL AND lease_until IS NULL"),
                     1 + 2 + 3);
}

DB_TENANT_STATEMENT(put_payload, "INSERT INTO outbox (chat_id, seal_id, payload, keep, due_at, created_at) "
                                 "VALUES (5, 1, $1, false, $2, $2)");

static void add_sealed(struct work *work, void *context)
{
    size_t length;
    const char *text = context;
    void *sealed = vault_seal(work->arena, work->vault, "outbox:1:5", text, strlen(text), &length);
    MUST(work_begin(work, &err) &&
         db_send(work->tx, &put_payload, DB_PARAMS(P_BYTES(sealed, length), P_TIME(work->now_ms)), NULL,
                 &err) &&
         work_commit(work, &err));
}

static void a_payload_of_another_make_is_set_aside(void **state)
{
    NEEDS_RIG();
    static const char *const payloads[] = {
        "not json",
        "{}",
        "{\"method\":\"sendMessage\",\"params\":[],\"attachment\":0}",
        "{\"method\":\"sendMessage\",\"params\":{},\"attachment\":7}",
        "{\"method\":\"sendMessage\",\"params\":{\"text\":\"good\"},\"attachment\":0}",
    };
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        rig_do(rig.store, add_sealed, (void *)payloads[i]);
    rig_sweep(rig.store);
    assert_string_equal(rig_said(), "good"); /* though it was the last of its chat */
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE state = 'failed'"), 4);
}

/* Rows as somebody else's transaction leaves them: copies of the first. */
static void multiply(int64_t chat_id, int count)
{
    rig_sql("INSERT INTO outbox (chat_id, seal_id, payload, keep, due_at, created_at) SELECT %lld, seal_id, "
            "payload, keep, now(), now() FROM outbox, generate_series(1, %d) WHERE id = 1",
            (long long)chat_id, count);
}

static void a_chat_with_many_messages_does_not_starve_others(void **state)
{
    NEEDS_RIG();
    rig_say(rig.store, 5, "one");
    rig_report(rig_taken(0), OUTBOX_VERDICT_LATER, 3600000, "Too Many Requests");
    rig_settle(rig.store);
    multiply(5, 300); /* all of them before the others' */
    lane_store_hold_outbox(rig.store, true);
    rig_say(rig.store, 6, "other");
    lane_store_hold_outbox(rig.store, false);
    rig_wait_taken(2);
    assert_string_equal(rig_said(), "one other");
}

static void look_at_due(struct work *work, void *context)
{
    *(int64_t *)context = work->store->due_ms - clock_mono_ms();
}

/* Behind a message that waits for an hour there is no reason to look ten times a second. */
static void the_sweep_sleeps_while_a_chat_waits(void **state)
{
    NEEDS_RIG();
    rig_say(rig.store, 5, "one");
    rig_report(rig_taken(0), OUTBOX_VERDICT_LATER, 3600000, "Too Many Requests");
    rig_say(rig.store, 5, "two");
    lane_store_hold_outbox(rig.stores[1], true); /* nor for a store that must not send */
    rig_say(rig.stores[1], 5, "three");
    for (int i = 0; i < RIG_STORES; i++) {
        int64_t due_in;
        int64_t end = clock_mono_ms() + RIG_DEADLINE_MS;
        do {
            assert_true(clock_mono_ms() < end);
            rig_do(rig.stores[i], look_at_due, &due_in);
        } while (due_in < 30000);
    }
}

/* Another server claims the first of a chat at this moment: what is behind it is not ours. */
static void a_row_that_another_claims_holds_its_chat(void **state)
{
    NEEDS_RIG();
    lane_store_hold_outbox(rig.store, true);
    rig_say(rig.store, 5, "one");
    rig_say(rig.store, 5, "two");
    rig_say(rig.store, 6, "other");
    rig_sql("BEGIN; SELECT id FROM outbox WHERE id = 1 FOR UPDATE");
    lane_store_hold_outbox(rig.store, false);
    rig_wait_taken(1);
    rig_sweep(rig.store);
    assert_string_equal(rig_said(), "other");
    rig_sql("COMMIT");
    rig_wait_taken(3);
    assert_string_equal(rig_said(), "other one two");
}

static void two_servers_share_the_rows(void **state)
{
    NEEDS_RIG();
    enum { ROWS = 300 };
    struct rig first = rig;
    lane_store_hold_outbox(rig.store, true);
    for (int i = 0; i < ROWS; i++)
        rig_say(rig.store, 1000 + i, "m");
    rig_start(); /* another server; the first still runs */
    lane_store_hold_outbox(first.store, false);
    rig_wait_sql(ROWS, "SELECT count(*) FROM outbox WHERE lease_until IS NOT NULL");
    rig_settle(first.store);
    rig_settle(rig.store);
    assert_int_equal(rig_taken_count(), ROWS);
    bool seen[ROWS + 1] = {false};
    for (size_t i = 0; i < ROWS; i++) {
        assert_false(seen[rig_taken(i)->id]);
        seen[rig_taken(i)->id] = true;
    }
    rig_stop();
    rig = first;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_committed_message_is_handed_over_once),
        RIG_TEST(a_rolled_back_message_never_goes),
        RIG_TEST(all_of_a_message_arrives),
        RIG_TEST(a_text_that_is_not_utf8_is_an_error),
        RIG_TEST(nothing_is_readable_in_the_table),
        RIG_TEST(a_newer_message_never_overtakes_one_that_waits),
        RIG_TEST(what_waits_behind_a_message_goes_when_that_is_sent),
        RIG_TEST(a_message_for_later_waits),
        RIG_TEST(an_expired_lease_is_handed_out_again_after_a_crash),
        RIG_TEST(what_is_in_the_senders_hands_is_not_handed_over_twice),
        RIG_TEST(without_room_a_message_waits_in_order),
        RIG_TEST(a_sender_without_any_room_is_not_asked_for_each_row),
        RIG_TEST(a_held_store_sends_when_it_is_let_go),
        RIG_TEST(lanes_that_wind_down_hand_out_nothing_new),
        RIG_TEST(a_row_that_can_not_be_read_is_set_aside),
        RIG_TEST(a_payload_of_another_make_is_set_aside),
        RIG_TEST(a_chat_with_many_messages_does_not_starve_others),
        RIG_TEST(the_sweep_sleeps_while_a_chat_waits),
        RIG_TEST(a_row_that_another_claims_holds_its_chat),
        RIG_TEST(two_servers_share_the_rows),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
