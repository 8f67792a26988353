/* Bulk calls in the queue: last of all, never in anybody's way, and with the others within Telegram's limits.
 * A clock made here: nothing waits. */
#include "queue_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { BULK_LIMIT = 24 };

static int64_t add(struct fixture *f, int64_t chat_id, bool bulk)
{
    struct call *call = fixture_call(0, chat_id, f->next_id++);
    call->report.bulk = bulk;
    queue_add(&f->queue, call, "1:token", f->now);
    return f->next_id - 1;
}

static struct call *next(struct fixture *f)
{
    queue_sweep(&f->queue, f->now);
    return queue_next(&f->queue, PLENTY, f->now);
}

static size_t room(struct fixture *f)
{
    return queue_bulk_room(&f->queue, STORE(0), PLENTY, f->now);
}

static void end_with(struct fixture *f, struct call *call, enum outbox_verdict verdict, long status,
                     int64_t retry_ms)
{
    call->report.verdict = verdict;
    call->report.retry_ms = retry_ms;
    queue_done(&f->queue, call, status != 0, status, f->now);
    call_free(call);
}

static void send(struct fixture *f, int64_t id)
{
    struct call *call = next(f);
    assert_non_null(call);
    assert_int_equal(call->report.id, id);
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
}

static void assert_given_back(struct fixture *f, int64_t id)
{
    struct call *call = call_list_take(&f->queue.over);
    assert_non_null(call);
    assert_int_equal(call->report.id, id);
    assert_int_equal(call->report.verdict, OUTBOX_VERDICT_RETURNED);
    call_free(call);
}

/* --- the limits --- */

struct starts {
    int64_t at[1000];
    bool bulk[1000];
    int count;
};

static int most_in_a_second(const struct starts *starts, bool bulk_only)
{
    int most = 0;
    for (int last = 0; last < starts->count; last++) {
        int count = 0;
        for (int i = last; i >= 0 && starts->at[last] - starts->at[i] < SECOND; i--)
            count += !bulk_only || starts->bulk[i];
        most = count > most ? count : most;
    }
    return most;
}

static void run(struct fixture *f, struct starts *starts)
{
    for (struct call *call; (call = next(f)) != NULL;) {
        assert_true(starts->count < 1000);
        starts->at[starts->count] = f->now;
        starts->bulk[starts->count++] = call->report.bulk;
        end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
    }
}

static int count_bulk(const struct starts *starts)
{
    int count = 0;
    for (int i = 0; i < starts->count; i++)
        count += starts->bulk[i];
    return count;
}

static void no_second_holds_more_than_the_limit(void **state)
{
    struct fixture *f = *state;
    struct starts starts = {0};
    int64_t chat = 1, begun = f->now;
    for (; f->now < begun + 20 * SECOND; f->now += 7 * MS) {
        for (size_t left = room(f); left > 0; left--)
            add(f, chat++, true);
        if (f->now >= begun + 10 * SECOND) /* and then more of others than may go at all */
            add(f, chat++, false);
        run(f, &starts);
        /* what there was room for went at once */
        assert_true((!f->queue.over.head && !f->queue.rows) || f->now >= begun + 10 * SECOND);
    }
    assert_in_range(most_in_a_second(&starts, false), LIMIT - 1, LIMIT);
    assert_in_range(most_in_a_second(&starts, true), BULK_LIMIT - 1, BULK_LIMIT);
    assert_in_range(count_bulk(&starts), 10 * BULK_LIMIT - 2,
                    11 * BULK_LIMIT); /* hardly one while others wait */
}

static void others_find_room_at_once(void **state)
{
    struct fixture *f = *state;
    struct starts starts = {0};
    int64_t chat = 1;
    for (int64_t end = f->now + 5 * SECOND; f->now < end; f->now += 10 * MS) {
        for (size_t left = room(f); left > 0; left--)
            add(f, chat++, true);
        run(f, &starts);
    }
    int before = starts.count;
    for (int i = 0; i < LIMIT - BULK_LIMIT; i++)
        add(f, chat++, false);
    run(f, &starts);
    assert_int_equal(starts.count - before, LIMIT - BULK_LIMIT);
}

static void a_bot_not_known_yet_has_room(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(room(f), LIMIT / 3);
    assert_int_equal(queue_bulk_room(&f->queue, STORE(0), 8, f->now), 4);
}

/* --- last of all --- */

static void everybody_else_goes_first(void **state)
{
    struct fixture *f = *state;
    int64_t bulk = add(f, 1, true), one = add(f, 2, false), two = add(f, 3, false);
    send(f, one);
    send(f, two);
    send(f, bulk);
}

static void there_is_no_room_while_others_wait(void **state)
{
    struct fixture *f = *state;
    int sent = 0;
    for (int64_t chat = 1; chat <= 40; chat++)
        add(f, chat, false);
    for (struct call *call; (call = next(f)) != NULL; sent++)
        end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
    assert_in_range(sent, 9, 11);
    f->now += 200 * MS; /* some may go, and there are others for that */
    assert_int_equal(room(f), 0);
    int64_t bulk = add(f, 99, true);
    for (int i = 0; i < 5; i++) {
        struct call *call = next(f);
        assert_non_null(call);
        assert_int_not_equal(call->report.id, bulk);
        end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
    }
}

static void a_chat_where_something_goes_on_is_left_alone(void **state)
{
    struct fixture *f = *state;
    add(f, 7, false);
    struct call *call = next(f);
    int64_t bulk = add(f, 7, true);
    assert_null(next(f));
    assert_given_back(f, bulk);
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
    bulk = add(f, 7, true);
    int64_t behind = add(f, 7, false);
    send(f, behind);
    send(f, bulk); /* by now the chat is idle again */
}

static void a_chat_that_has_to_rest_is_left_alone(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++)
        send(f, add(f, 7, false));
    int64_t bulk = add(f, 7, true);
    assert_null(next(f));
    assert_given_back(f, bulk);
    f->now += 2 * SECOND;
    send(f, add(f, 7, true));
}

static void it_waits_a_second_at_most(void **state)
{
    struct fixture *f = *state;
    int sent = 0;
    for (int64_t chat = 1; chat <= 60; chat++)
        add(f, chat, false);
    int64_t bulk = add(f, 99, true);
    for (int64_t end = f->now + QUEUE_BULK_HOLD_US + QUEUE_SWEEP_US; f->now <= end; f->now += 20 * MS)
        for (struct call *call; (call = next(f)) != NULL; sent++) {
            assert_int_not_equal(call->report.id, bulk);
            end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
        }
    assert_in_range(sent, 55, 60);
    assert_given_back(f, bulk);
}

static void half_of_the_connections_are_for_others(void **state)
{
    struct fixture *f = *state;
    struct call *calls[4];
    for (int64_t chat = 1; chat <= 4; chat++)
        add(f, chat, true);
    for (int i = 0; i < 2; i++)
        assert_non_null(calls[i] = queue_next(&f->queue, 4, f->now));
    assert_null(queue_next(&f->queue, 4, f->now));
    assert_given_back(f, 3);
    assert_given_back(f, 4);
    assert_int_equal(queue_bulk_room(&f->queue, STORE(0), 4, f->now), 0);
    add(f, 5, false);
    assert_non_null(calls[2] = queue_next(&f->queue, 4, f->now));
    for (int i = 0; i < 3; i++)
        end_with(f, calls[i], OUTBOX_VERDICT_SENT, 200, 0);
}

/* --- when Telegram is not well --- */

static void fail_one(struct fixture *f, enum outbox_verdict verdict, long status, int64_t retry_ms)
{
    add(f, 1000 + f->next_id, true);
    struct call *call = next(f);
    assert_non_null(call);
    end_with(f, call, verdict, status, retry_ms);
}

static void a_429_lets_all_of_them_wait(void **state)
{
    struct fixture *f = *state;
    fail_one(f, OUTBOX_VERDICT_LATER, 429, 7000);
    f->now += 7 * SECOND - 1;
    assert_int_equal(room(f), 0);
    int64_t other = add(f, 8, false); /* nobody else: it may be this chat's matter */
    send(f, other);
    f->now += 1;
    assert_true(room(f) > 0);
}

static void without_answers_they_wait_longer_and_longer(void **state)
{
    struct fixture *f = *state;
    static const int seconds[] = {1, 2, 4, 8};
    for (int i = 0; i < 4; i++) {
        fail_one(f, i % 2 ? OUTBOX_VERDICT_LATER : OUTBOX_VERDICT_UNCERTAIN, i % 2 ? 0 : 502, 1000);
        f->now += seconds[i] * (int64_t)SECOND - 1;
        assert_int_equal(room(f), 0);
        f->now += 1;
        assert_true(room(f) > 0);
    }
    fail_one(f, OUTBOX_VERDICT_BLOCKED, 403, 0); /* an answer */
    assert_true(room(f) > 0);
    fail_one(f, OUTBOX_VERDICT_UNCERTAIN, 502, 0);
    f->now += SECOND;
    assert_true(room(f) > 0);
}

static void what_is_behind_a_failed_one_stays(void **state)
{
    struct fixture *f = *state;
    add(f, 7, true);
    struct call *call = next(f);
    int64_t behind = add(f, 7, false);
    end_with(f, call, OUTBOX_VERDICT_UNCERTAIN, 0, 1000);
    send(f, behind);
}

static void a_dead_token_gives_them_back(void **state)
{
    struct fixture *f = *state;
    add(f, 1, false);
    struct call *call = next(f);
    int64_t bulk = add(f, 2, true);
    end_with(f, call, OUTBOX_VERDICT_RETURNED, 401, 0);
    assert_given_back(f, bulk);
    assert_int_equal(room(f), 0);
}

/* What a process before this one sent within the same second is not known. */
static void not_before_its_time(void **state)
{
    struct fixture *f = *state;
    f->queue.bulk_from_us = f->now + 1;
    assert_int_equal(room(f), 0);
    f->now++;
    assert_true(room(f) > 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)
    const struct CMUnitTest tests[] = {
        TEST(no_second_holds_more_than_the_limit),
        TEST(others_find_room_at_once),
        TEST(a_bot_not_known_yet_has_room),
        TEST(everybody_else_goes_first),
        TEST(there_is_no_room_while_others_wait),
        TEST(a_chat_where_something_goes_on_is_left_alone),
        TEST(a_chat_that_has_to_rest_is_left_alone),
        TEST(it_waits_a_second_at_most),
        TEST(half_of_the_connections_are_for_others),
        TEST(a_429_lets_all_of_them_wait),
        TEST(without_answers_they_wait_longer_and_longer),
        TEST(what_is_behind_a_failed_one_stays),
        TEST(a_dead_token_gives_them_back),
        TEST(not_before_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
