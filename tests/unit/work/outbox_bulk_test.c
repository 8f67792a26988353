/* Bulk messages: last of all and in nobody's way, as those who wrote them wish, and never sent twice. */
#include "rig.h"

#include <stdio.h>

#define STATE(id)    rig_text("SELECT state FROM outbox WHERE id = %lld", (long long)(id))
#define COUNT(state) rig_sql("SELECT count(*) FROM outbox WHERE state = '%s'", state)

/* --- those who write them --- */

static struct {
    enum outbox_wish wish;
    int asked;
    int ended[5]; /* by outcome */
    int64_t ref, chat_id;
    char why[64];
} writer;

static bool wish(struct work *work, int64_t ref, enum outbox_wish *wish_out, struct error *err)
{
    writer.asked++;
    *wish_out = writer.wish;
    return true;
}

static bool apply(struct work *work, int64_t ref, int64_t chat_id, enum outbox_bulk_outcome outcome,
                  const char *why, struct error *err)
{
    writer.ended[outcome]++;
    writer.ref = ref;
    writer.chat_id = chat_id;
    snprintf(writer.why, sizeof writer.why, "%s", why);
    return true;
}

static const struct outbox_bulk writers[] = {{"letter", wish, apply}};

static int begin(void **state)
{
    memset(&writer, 0, sizeof writer);
    outbox_set_bulk(writers, 1);
    return rig_begin(state);
}

static void write_to(int64_t chat_id, int64_t after_ms, const char *text)
{
    rig_message(
        rig.store, text,
        &(struct outbox_message){
            .chat_id = chat_id, .effect = "letter", .effect_ref = 42, .after_ms = after_ms, .bulk = true});
}

/* Time passes over all leases. */
static void end_leases(void)
{
    rig_sql("UPDATE outbox SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL");
}

static void ended(enum outbox_bulk_outcome outcome, int count)
{
    rig_settle(rig.store);
    assert_int_equal(writer.ended[outcome], count);
    int others = 0;
    for (int i = 0; i < 5; i++)
        others += i == (int)outcome ? 0 : writer.ended[i];
    assert_int_equal(others, 0);
}

/* --- in nobody's way --- */

static void it_waits_for_the_sweep_and_for_room(void **state)
{
    NEEDS_RIG();
    rig_bulk_room(0);
    for (int64_t chat = 1; chat <= 5; chat++)
        write_to(chat, 0, "b");
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 0);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE lease_until IS NOT NULL"), 0);
    rig_bulk_room(3);
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 3);
    assert_true(rig_taken(0)->bulk);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE lease_until IS NOT NULL"), 3);
}

static void it_is_found_again_when_there_is_room(void **state)
{
    NEEDS_RIG();
    rig_bulk_room(0);
    write_to(1, 0, "b");
    rig_sweep(rig.store);
    rig_bulk_room(1);
    rig_wait_taken(1);
}

static void nobody_waits_for_it(void **state)
{
    NEEDS_RIG();
    rig_bulk_room(0);
    write_to(5, 0, "b");
    write_to(5, clock_now_ms() + 60000, "c");
    rig_say(rig.store, 5, "mine");
    assert_string_equal(rig_said(), "mine"); /* at once */
    rig_report(rig_taken(0), OUTBOX_VERDICT_LATER, 60000, "x");
    rig_settle(rig.store);
    rig_bulk_room(9);
    rig_sweep(rig.store);
    assert_string_equal(rig_said(), "mine b"); /* nor it for them */
    rig_sql("UPDATE outbox SET due_at = now() - interval '1 second' WHERE NOT bulk");
    rig_sweep(rig.store);
    assert_string_equal(rig_said(), "mine b mine");
}

static void release(struct work *work, void *context)
{
    MUST(work_begin(work, &err) && outbox_release(work, 5, &err) && work_commit(work, &err));
}

static void held_ones_stay_when_the_person_is_back(void **state)
{
    NEEDS_RIG();
    writer.wish = OUTBOX_HOLD;
    write_to(5, 0, "b");
    rig_sweep(rig.store);
    assert_string_equal(STATE(1), "held");
    rig_do(rig.store, release, NULL);
    assert_string_equal(STATE(1), "held");
}

/* --- how one ends --- */

static void sent_or_blocked_leaves_nothing(void **state)
{
    NEEDS_RIG();
    write_to(5, 0, "a");
    write_to(6, 0, "b");
    rig_sweep(rig.store);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    ended(OUTBOX_BULK_SENT, 1);
    assert_int_equal(writer.ref, 42);
    assert_int_equal(writer.chat_id, 5);
    rig_report(rig_taken(1), OUTBOX_VERDICT_BLOCKED, 0, "Forbidden");
    rig_settle(rig.store);
    assert_int_equal(writer.ended[OUTBOX_BULK_BLOCKED], 1);
    assert_int_equal(writer.chat_id, 6);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox"), 0);
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL); /* twice */
    rig_settle(rig.store);
    assert_int_equal(writer.ended[OUTBOX_BULK_SENT], 1);
}

static void refused_says_why(void **state)
{
    NEEDS_RIG();
    write_to(5, 0, "a");
    rig_sweep(rig.store);
    rig_report(rig_taken(0), OUTBOX_VERDICT_REFUSED, 0, "Bad Request: no");
    ended(OUTBOX_BULK_REFUSED, 1);
    assert_string_equal(writer.why, "Bad Request: no");
    assert_string_equal(STATE(1), "failed");
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE payload IS NULL"), 1);
}

static void later_comes_back_and_loses_nothing(void **state)
{
    NEEDS_RIG();
    write_to(5, 0, "a");
    rig_sweep(rig.store);
    rig_report(rig_taken(0), OUTBOX_VERDICT_LATER, 0, "429");
    rig_settle(rig.store);
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 2);
    assert_int_equal(rig_taken(1)->attempts, 1);
    rig_report(rig_taken(1), OUTBOX_VERDICT_RETURNED, 0, NULL);
    rig_settle(rig.store);
    assert_string_equal(STATE(1), "pending");
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 2); /* not at once */
    rig_wait_taken(3);
    ended(OUTBOX_BULK_SENT, 0);
}

static void without_an_answer_it_is_not_sent_again(void **state)
{
    NEEDS_RIG();
    write_to(5, 0, "a");
    rig_sweep(rig.store);
    rig_report(rig_taken(0), OUTBOX_VERDICT_UNCERTAIN, 0, "no answer");
    ended(OUTBOX_BULK_UNCERTAIN, 1);
    assert_string_equal(STATE(1), "uncertain");
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE payload IS NOT NULL AND lease_until IS NULL"),
                     1);
    rig_sweep(rig.store);
    assert_int_equal(rig_taken_count(), 1);
}

/* --- a process that ends --- */

static void with_the_sender_at_a_crash_it_is_not_sent_again(void **state)
{
    NEEDS_RIG();
    write_to(5, 0, "a");
    rig_sweep(rig.store);
    write_to(6, clock_now_ms() + 3600000, "b"); /* never handed over */
    rig_restart();
    rig_sweep(rig.store);
    assert_string_equal(STATE(1), "pending"); /* another server may have it */
    rig_sql("UPDATE outbox SET due_at = now() - interval '1 second' WHERE id = 2");
    end_leases();
    rig_sweep(rig.store);
    ended(OUTBOX_BULK_UNCERTAIN, 1);
    assert_int_equal(writer.chat_id, 5);
    assert_string_equal(STATE(1), "uncertain");
    assert_string_equal(rig_said(), "a b");
}

static void while_the_sender_has_it_a_lease_that_ran_out_means_nothing(void **state)
{
    NEEDS_RIG();
    write_to(5, 0, "a");
    rig_sweep(rig.store);
    end_leases();
    rig_sweep(rig.store);
    assert_string_equal(STATE(1), "pending");
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    ended(OUTBOX_BULK_SENT, 1);
}

static void what_another_server_wrote_off_stays_so(void **state)
{
    NEEDS_RIG();
    write_to(5, 0, "a");
    rig_sweep(rig.store);
    rig_sql("UPDATE outbox SET state = 'uncertain', lease_until = NULL");
    rig_report(rig_taken(0), OUTBOX_VERDICT_SENT, 0, NULL);
    ended(OUTBOX_BULK_SENT, 0);
    assert_string_equal(STATE(1), "uncertain");
}

/* --- wishes --- */

static void dropped_as_wished(void **state)
{
    NEEDS_RIG();
    writer.wish = OUTBOX_DROP;
    rig_bulk_room(0);
    for (int64_t chat = 1; chat <= 4; chat++)
        write_to(chat, 0, "b");
    rig_bulk_room(9);
    rig_sweep(rig.store);
    ended(OUTBOX_BULK_DROPPED, 4);
    assert_int_equal(writer.asked, 1); /* not for each */
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox"), 0);
    assert_int_equal(rig_taken_count(), 0);
}

static struct {
    bool (*fn)(struct work *work, int64_t *count_out, struct error *err);
    int64_t count;
} all;

static void decide(struct work *work, void *context)
{
    MUST(work_begin(work, &err) && all.fn(work, &all.count, &err) && work_commit(work, &err));
}

static int64_t decide_all(bool (*fn)(struct work *work, int64_t *count_out, struct error *err))
{
    all.fn = fn;
    rig_do(rig.store, decide, NULL);
    return all.count;
}

static bool go(struct work *work, int64_t *count_out, struct error *err)
{
    return outbox_bulk_go(work, "letter", 42, 100000, count_out, err);
}

static bool drop_all(struct work *work, int64_t *count_out, struct error *err)
{
    return outbox_bulk_drop(work, "letter", 42, count_out, err);
}

static bool recall_two(struct work *work, int64_t *count_out, struct error *err)
{
    return outbox_bulk_recall(work, "letter", 42, 2, count_out, err);
}

static void held_until_they_may_go(void **state)
{
    NEEDS_RIG();
    writer.wish = OUTBOX_HOLD;
    for (int64_t chat = 1; chat <= 3; chat++)
        write_to(chat, 0, "b");
    rig_message(rig.store, "other",
                &(struct outbox_message){.chat_id = 9, .effect = "letter", .effect_ref = 43, .bulk = true});
    rig_sweep(rig.store);
    assert_int_equal(COUNT("held"), 4);
    assert_int_equal(rig_taken_count(), 0);
    rig_bulk_room(0);
    writer.wish = OUTBOX_GO;
    assert_int_equal(decide_all(go), 3);
    assert_int_equal(COUNT("held"), 1); /* of 43 */
    assert_int_equal(rig_sql("SELECT extract(milliseconds FROM max(due_at) - min(due_at)) FROM outbox "
                             "WHERE state = 'pending'"),
                     200);
    rig_bulk_room(9);
    rig_wait_taken(3);
}

static void those_with_the_sender_are_not_dropped(void **state)
{
    NEEDS_RIG();
    write_to(1, 0, "a");
    rig_sweep(rig.store);
    rig_bulk_room(0);
    write_to(2, 0, "b");
    write_to(3, 0, "c");
    rig_sql("UPDATE outbox SET state = 'held' WHERE id = 3");
    rig_message(rig.store, "other",
                &(struct outbox_message){.chat_id = 9, .effect = "letter", .effect_ref = 43, .bulk = true});
    assert_int_equal(decide_all(drop_all), 2);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox WHERE id IN (1, 4)"), 2);
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox"), 2);
    ended(OUTBOX_BULK_DROPPED, 0); /* whoever decided knows */
}

static void uncertain_ones_are_sent_after_all_when_somebody_says_so(void **state)
{
    NEEDS_RIG();
    for (int64_t chat = 1; chat <= 3; chat++)
        write_to(chat, 0, "a");
    rig_sweep(rig.store);
    for (size_t i = 0; i < 3; i++)
        rig_report(rig_taken(i), OUTBOX_VERDICT_UNCERTAIN, 0, "no answer");
    rig_settle(rig.store);
    assert_int_equal(decide_all(recall_two), 2);
    assert_int_equal(COUNT("held"), 2);
    assert_int_equal(COUNT("uncertain"), 1);
    assert_int_equal(decide_all(go), 2);
    rig_wait_taken(5);
    assert_string_equal(rig_said(), "a a a a a");
    assert_int_equal(rig_taken(3)->chat_id, 1);
}

/* --- the rest goes on whatever happens to them --- */

static void one_that_can_not_be_read_is_refused(void **state)
{
    NEEDS_RIG();
    write_to(1, 0, "a");
    rig_sql("UPDATE outbox SET payload = 'x'");
    rig_sweep(rig.store);
    ended(OUTBOX_BULK_REFUSED, 1);
    assert_string_equal(STATE(1), "failed");
}

static void an_unknown_effect_holds_up_nobody(void **state)
{
    NEEDS_RIG();
    rig_message(rig.store, "b",
                &(struct outbox_message){.chat_id = 5, .effect = "newer", .effect_ref = 1, .bulk = true});
    rig_sweep(rig.store);
    assert_string_equal(STATE(1), "held");
    rig_sql("UPDATE outbox SET state = 'pending', lease_until = now() - interval '1 second'");
    rig_sweep(rig.store);
    assert_string_equal(STATE(1), "uncertain");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(it_waits_for_the_sweep_and_for_room),
        TEST(it_is_found_again_when_there_is_room),
        TEST(nobody_waits_for_it),
        TEST(held_ones_stay_when_the_person_is_back),
        TEST(sent_or_blocked_leaves_nothing),
        TEST(refused_says_why),
        TEST(later_comes_back_and_loses_nothing),
        TEST(without_an_answer_it_is_not_sent_again),
        TEST(with_the_sender_at_a_crash_it_is_not_sent_again),
        TEST(while_the_sender_has_it_a_lease_that_ran_out_means_nothing),
        TEST(what_another_server_wrote_off_stays_so),
        TEST(dropped_as_wished),
        TEST(held_until_they_may_go),
        TEST(those_with_the_sender_are_not_dropped),
        TEST(uncertain_ones_are_sent_after_all_when_somebody_says_so),
        TEST(one_that_can_not_be_read_is_refused),
        TEST(an_unknown_effect_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
