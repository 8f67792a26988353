/* The queue and the limits with a clock made here: nothing waits. */
#include "queue_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void add_call(struct fixture *f, int store, int64_t chat_id, int64_t id)
{
    struct call *call = fixture_call(store, chat_id, id);
    queue_add(&f->queue, call, "1:token", f->now);
}

static int64_t add_row(struct fixture *f, int store, int64_t chat_id)
{
    add_call(f, store, chat_id, f->next_id);
    return f->next_id++;
}

static struct call *next(struct fixture *f)
{
    queue_sweep(&f->queue, f->now);
    return queue_next(&f->queue, PLENTY, f->now);
}

/* Ends a call; true for the bot's first 401. */
static bool end_with(struct fixture *f, struct call *call, enum outbox_verdict verdict, long status,
                     int64_t retry_ms)
{
    call->report.verdict = verdict;
    call->report.retry_ms = retry_ms;
    bool first = queue_done(&f->queue, call, status != 0, status, f->now);
    call_free(call);
    return first;
}

static void send_all(struct fixture *f, int *sent)
{
    for (struct call *call; (call = next(f)) != NULL; (*sent)++)
        end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
}

/* The next call that was not sent must be this row, given back. */
static void assert_given_back(struct fixture *f, int64_t id)
{
    struct call *call = call_list_take(&f->queue.over);
    assert_non_null(call);
    assert_int_equal(call->report.id, id);
    assert_int_equal(call->report.verdict, OUTBOX_VERDICT_RETURNED);
    call_free(call);
}

static void a_chat_goes_in_order_one_at_a_time(void **state)
{
    struct fixture *f = *state;
    int64_t a = add_row(f, 0, 7), b = add_row(f, 0, 7);
    struct call *call = next(f);
    assert_int_equal(call->report.id, a);
    assert_null(next(f)); /* b waits for a */
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
    call = next(f);
    assert_int_equal(call->report.id, b);
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
    assert_null(next(f));
}

static void chats_of_different_stores_are_different(void **state)
{
    struct fixture *f = *state;
    add_row(f, 0, 7);
    add_row(f, 1, 7);
    struct call *one = next(f), *two = next(f);
    assert_non_null(one);
    assert_non_null(two);
    assert_ptr_not_equal(one->store, two->store);
    end_with(f, one, OUTBOX_VERDICT_SENT, 200, 0);
    end_with(f, two, OUTBOX_VERDICT_SENT, 200, 0);
}

/* Most sends within any window, when the chat always has something to send. */
static int most_in_window(struct fixture *f, int64_t chat_id, int64_t window, int *total_out)
{
    int64_t times[2000];
    int count = 0, most = 0;
    for (int64_t end = f->now + 180 * (int64_t)SECOND; f->now < end; f->now += 50 * MS) {
        if (queue_accepts(&f->queue, STORE(0), chat_id, f->now))
            add_row(f, 0, chat_id);
        for (struct call *call; (call = next(f)) != NULL;) {
            if (call->report.chat_id == chat_id)
                times[count++] = f->now;
            end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
        }
        assert_null(f->queue.over.head); /* what was accepted could be sent */
    }
    for (int first = 0, last = 0; last < count; last++) {
        while (times[last] - times[first] >= window)
            first++;
        most = last - first + 1 > most ? last - first + 1 : most;
    }
    *total_out = count;
    return most;
}

static void keeps_telegrams_limits_per_chat(void **state)
{
    struct fixture *f = *state;
    int total;
    assert_in_range(most_in_window(f, 7, SECOND, &total), 2, 6);
    assert_in_range(total, 180, 190);
    assert_in_range(most_in_window(f, -100, 60 * (int64_t)SECOND, &total), 17, 20);
    assert_in_range(total, 50, 60);
}

static void keeps_telegrams_limit_per_bot(void **state)
{
    struct fixture *f = *state;
    int sent = 0;
    for (int64_t chat = 1; chat <= 2000; chat++)
        add_call(f, 0, chat, 0);
    for (int64_t end = f->now + 10 * SECOND; f->now < end; f->now += 5 * MS)
        send_all(f, &sent);
    assert_in_range(sent, 290, 312);
    add_call(f, 0, 0, 0); /* a callback's answer waits for nobody */
    assert_non_null(f->queue.ring);
    send_all(f, &sent);
    add_row(f, 1, 1); /* another bot has its own limit */
    struct call *call = next(f);
    assert_ptr_equal(call->store, STORE(1));
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
}

static void bots_take_turns(void **state)
{
    struct fixture *f = *state;
    for (int64_t chat = 1; chat <= 5; chat++)
        add_row(f, 0, chat);
    add_row(f, 1, 1);
    struct call *calls[6];
    for (int i = 0; i < 6; i++)
        calls[i] = next(f);
    assert_ptr_equal(calls[1]->store, STORE(1));
    for (int i = 0; i < 6; i++)
        end_with(f, calls[i], OUTBOX_VERDICT_SENT, 200, 0);
}

static void a_row_goes_back_before_its_lease_ends(void **state)
{
    struct fixture *f = *state;
    int64_t first = f->next_id;
    int sent = 0;
    for (int i = 0; i < 30; i++)
        add_row(f, 0, 7);
    int64_t begun = f->now;
    while (!f->queue.over.head) {
        send_all(f, &sent);
        f->now += 20 * MS;
        assert_true(f->now - begun < 6 * SECOND);
    }
    assert_in_range(sent, 8, 10);
    for (int64_t id = first + sent; id < first + 30; id++)
        assert_given_back(f, id);
    assert_null(next(f));
    /* One the lane hands over before it hears of that would overtake them. */
    int64_t late = add_row(f, 0, 7);
    assert_given_back(f, late);
    add_call(f, 0, 7, first + sent);
    f->now += SECOND;
    struct call *call = next(f);
    assert_int_equal(call->report.id, first + sent);
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
}

static void a_row_never_starts_late_when_all_connections_are_busy(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_row(f, 0, 7);
    assert_null(queue_next(&f->queue, 0, f->now));
    f->now += QUEUE_HOLD_US + 1;
    assert_null(queue_next(&f->queue, PLENTY, f->now));
    assert_given_back(f, id);
}

static void later_gives_back_what_is_behind(void **state)
{
    struct fixture *f = *state;
    int64_t a = add_row(f, 0, 7), b = add_row(f, 0, 7), c = add_row(f, 0, 7), other = add_row(f, 0, 8);
    struct call *call = next(f), *elsewhere = next(f);
    assert_int_equal(call->report.id, a);
    assert_int_equal(elsewhere->report.id, other);
    end_with(f, call, OUTBOX_VERDICT_LATER, 502, 4000);
    end_with(f, elsewhere, OUTBOX_VERDICT_SENT, 200, 0);
    assert_given_back(f, b);
    assert_given_back(f, c);
    assert_false(queue_accepts(&f->queue, STORE(0), 7, f->now));
    assert_true(queue_accepts(&f->queue, STORE(0), 8, f->now));
    int64_t d = add_row(f, 0, 7); /* accepted before the failure, handed over after it */
    assert_given_back(f, d);
    f->now += 4 * SECOND;
    assert_true(queue_accepts(&f->queue, STORE(0), 7, f->now));
    add_call(f, 0, 7, a);
    add_call(f, 0, 7, b);
    call = next(f);
    assert_int_equal(call->report.id, a);
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
    call = next(f);
    assert_int_equal(call->report.id, b);
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
}

static void a_429_pauses_the_chat_and_three_the_bot(void **state)
{
    struct fixture *f = *state;
    struct call *call;
    for (int64_t chat = 1; chat <= 3; chat++) {
        assert_true(queue_accepts(&f->queue, STORE(0), chat, f->now));
        assert_true(queue_accepts(&f->queue, STORE(0), 99, f->now));
        add_row(f, 0, chat);
        call = next(f);
        assert_non_null(call);
        end_with(f, call, OUTBOX_VERDICT_LATER, 429, 7000);
        assert_false(queue_accepts(&f->queue, STORE(0), chat, f->now));
    }
    assert_false(queue_accepts(&f->queue, STORE(0), 99, f->now));
    assert_true(queue_accepts(&f->queue, STORE(1), 99, f->now));
    add_call(f, 0, 0, 0);
    assert_null(next(f));
    f->now += 7 * SECOND;
    call = next(f);
    assert_non_null(call);
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
}

static void a_401_gives_everything_back_once(void **state)
{
    struct fixture *f = *state;
    struct call *calls[3];
    for (int64_t chat = 1; chat <= 3; chat++)
        add_row(f, 0, chat);
    for (int i = 0; i < 3; i++)
        calls[i] = next(f);
    int64_t behind = add_row(f, 0, 1), elsewhere = add_row(f, 0, 50);
    add_call(f, 0, 0, 0);
    add_row(f, 1, 1);
    f->now += 3 * SECOND; /* a slow call: the chats' buckets are full again */
    assert_true(end_with(f, calls[0], OUTBOX_VERDICT_RETURNED, 401, 0));
    assert_false(end_with(f, calls[1], OUTBOX_VERDICT_RETURNED, 401, 0));
    assert_false(end_with(f, calls[2], OUTBOX_VERDICT_RETURNED, 401, 0));
    int given_back = 0;
    for (struct call *call; (call = call_list_take(&f->queue.over)) != NULL; given_back++) {
        assert_true(call->report.id == behind || call->report.id == elsewhere || !call_is_row(call));
        call_free(call);
    }
    assert_int_equal(given_back, 3);
    assert_false(queue_accepts(&f->queue, STORE(0), 77, f->now));
    struct call *call = next(f);
    assert_ptr_equal(call->store, STORE(1));
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);

    f->now += QUEUE_REFUSED_US; /* released from hold: tried again */
    assert_true(queue_accepts(&f->queue, STORE(0), 77, f->now));
    add_row(f, 0, 77);
    assert_true(end_with(f, next(f), OUTBOX_VERDICT_RETURNED, 401, 0));
}

static void a_new_token_is_used_at_once(void **state)
{
    struct fixture *f = *state;
    add_row(f, 0, 1);
    end_with(f, next(f), OUTBOX_VERDICT_RETURNED, 401, 0);
    struct call *call = calloc(1, sizeof(*call));
    *call = (struct call){.store = STORE(0), .method = "sendMessage", .body = "{}", .length = 2};
    call->report = (struct outbox_report){.id = 99, .chat_id = 2};
    queue_add(&f->queue, call, "2:other", f->now);
    call = next(f);
    assert_non_null(call);
    assert_string_equal(call->bot->prefix, "https://api.example/bot2:other/");
    end_with(f, call, OUTBOX_VERDICT_SENT, 200, 0);
}

static void expendable_calls_are_dropped(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < QUEUE_MOST_EXPENDABLE + 10; i++)
        add_call(f, 0, i % 2 ? 7 : 0, 0);
    assert_int_equal(f->queue.dropped, 10);
    f->now += QUEUE_DROP_US + 1;
    assert_null(next(f));
    assert_int_equal(f->queue.dropped, QUEUE_MOST_EXPENDABLE + 10);
    assert_int_equal(f->queue.expendable, 0);
}

static void many_failures_pause_everything(void **state)
{
    struct fixture *f = *state;
    struct call *calls[40];
    for (int i = 0; i < 40; i++)
        add_row(f, i, 1);
    for (int i = 0; i < 40; i++)
        calls[i] = next(f);
    for (int i = 0; i < 40; i++)
        end_with(f, calls[i], OUTBOX_VERDICT_LATER, 0, 1000);
    assert_false(queue_accepts(&f->queue, STORE(77), 1, f->now));
    f->now += SECOND;
    assert_true(queue_accepts(&f->queue, STORE(77), 1, f->now));
    for (int i = 0; i < 40; i++)
        add_row(f, 50 + i, 1);
    for (int i = 0; i < 4; i++)
        calls[i] = next(f);
    assert_non_null(calls[3]);
    assert_null(next(f)); /* a few try */
    for (int i = 0; i < 3; i++)
        end_with(f, calls[i], OUTBOX_VERDICT_LATER, 0, 1000);
    f->now += SECOND;
    assert_null(next(f)); /* the pause is longer now */
    end_with(f, calls[3], OUTBOX_VERDICT_LATER, 502, 1000);
    for (int i = 0; i < 36; i++)
        assert_non_null(calls[i] = next(f));
    for (int i = 0; i < 36; i++)
        end_with(f, calls[i], OUTBOX_VERDICT_SENT, 200, 0);
}

static void idle_chats_are_forgotten(void **state)
{
    struct fixture *f = *state;
    int sent = 0;
    for (int store = 0; store < 50; store++)
        for (int64_t chat = 1; chat <= 10; chat++)
            add_row(f, store, chat);
    send_all(f, &sent);
    assert_int_equal(sent, 500);
    assert_int_equal(f->queue.chat_count, 500);
    f->now += 2 * SECOND;
    assert_null(next(f));
    assert_int_equal(f->queue.chat_count, 0);
    assert_int_equal(queue_wake_us(&f->queue, f->now), INT64_MAX);
}

/* --- anything may happen, in any order --- */

static uint64_t random_state = 7;

static size_t random_below(size_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(random_state >> 33) % limit;
}

enum { STORES = 3, CHATS = 6, ROUNDS = 60000 };

/* The lane of the model: rows per chat wait in order; the first may be handed over, with those after it. */
struct model {
    int64_t sent_up_to[STORES][CHATS];
    int in_flight[STORES][CHATS];
    struct call *calls[64];
    size_t call_count;
    size_t handed, ended;
};

static int store_of(const struct call *call)
{
    return (int)((uintptr_t)call->store / 4096) - 1;
}

static void take_over(struct fixture *f, struct model *m)
{
    for (struct call *call; (call = call_list_take(&f->queue.over)) != NULL; m->ended++) {
        assert_true(!call_is_row(call) || call->report.verdict == OUTBOX_VERDICT_RETURNED);
        call_free(call);
    }
}

static void start_one(struct fixture *f, struct model *m)
{
    struct call *call = m->call_count < 64 ? queue_next(&f->queue, 20, f->now) : NULL;
    if (!call && m->call_count < 20) /* or the sender would spin */
        assert_true(queue_wake_us(&f->queue, f->now) > f->now);
    if (!call)
        return;
    int store = store_of(call);
    int64_t chat = call->report.chat_id;
    if (chat != 0) {
        assert_int_equal(m->in_flight[store][chat]++, 0);
        if (call_is_row(call)) {
            assert_true(call->queued_us >= f->now - QUEUE_HOLD_US);
            assert_true(call->report.id > m->sent_up_to[store][chat]);
            m->sent_up_to[store][chat] = call->report.id;
        }
    }
    m->calls[m->call_count++] = call;
}

static void end_one(struct fixture *f, struct model *m)
{
    static const struct {
        enum outbox_verdict verdict;
        long status;
        int64_t retry_ms;
    } ends[] = {
        {OUTBOX_VERDICT_SENT, 200, 0},     {OUTBOX_VERDICT_SENT, 200, 0},
        {OUTBOX_VERDICT_SENT, 200, 0},     {OUTBOX_VERDICT_LATER, 429, 1000},
        {OUTBOX_VERDICT_LATER, 0, 1000},   {OUTBOX_VERDICT_BLOCKED, 403, 0},
        {OUTBOX_VERDICT_RETURNED, 401, 0}, {OUTBOX_VERDICT_REFUSED, 400, 0},
        {OUTBOX_VERDICT_LATER, 502, 2000},
    };
    if (m->call_count == 0)
        return;
    size_t which = random_below(m->call_count);
    struct call *call = m->calls[which];
    m->calls[which] = m->calls[--m->call_count];
    size_t how = random_below(random_below(3) ? 3 : sizeof(ends) / sizeof(*ends));
    if (call->report.chat_id != 0)
        m->in_flight[store_of(call)][call->report.chat_id]--;
    m->ended++;
    end_with(f, call, ends[how].verdict, ends[how].status, ends[how].retry_ms);
}

static void every_call_ends_once_and_in_order(void **state)
{
    struct fixture *f = *state;
    static struct model m;
    for (int round = 0; round < ROUNDS; round++) {
        f->now += (int64_t)random_below(30 * MS);
        switch (random_below(5)) {
        case 0:
        case 1: {
            int store = (int)random_below(STORES);
            int64_t chat = (int64_t)random_below(CHATS);
            bool row = chat != 0 && random_below(3);
            if (row)
                add_row(f, store, chat);
            else
                add_call(f, store, chat, 0);
            m.handed++;
            break;
        }
        case 2:
            queue_sweep(&f->queue, f->now);
            start_one(f, &m);
            break;
        case 3:
            end_one(f, &m);
            break;
        default:
            take_over(f, &m);
        }
    }
    while (m.call_count > 0)
        end_one(f, &m);
    queue_close(&f->queue, f->now);
    take_over(f, &m);
    assert_int_equal(m.handed, m.ended);
    assert_in_range(m.handed, ROUNDS / 3, ROUNDS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)
    const struct CMUnitTest tests[] = {
        TEST(a_chat_goes_in_order_one_at_a_time),
        TEST(chats_of_different_stores_are_different),
        TEST(keeps_telegrams_limits_per_chat),
        TEST(keeps_telegrams_limit_per_bot),
        TEST(bots_take_turns),
        TEST(a_row_goes_back_before_its_lease_ends),
        TEST(a_row_never_starts_late_when_all_connections_are_busy),
        TEST(later_gives_back_what_is_behind),
        TEST(a_429_pauses_the_chat_and_three_the_bot),
        TEST(a_401_gives_everything_back_once),
        TEST(a_new_token_is_used_at_once),
        TEST(expendable_calls_are_dropped),
        TEST(many_failures_pause_everything),
        TEST(idle_chats_are_forgotten),
        TEST(every_call_ends_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
