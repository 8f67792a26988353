/* Broadcasts in the chat: the form, the screens, and the job's steps. Nothing of them is sent here. */
#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/broadcasting.h"
#include "store/broadcast.h"

enum { PACE = 24, ADMIN_2 = OWNER };

static void people(int first, int last)
{
    shop_sql(shop,
             "INSERT INTO users (telegram_id, first_name, created_at, seen_at) SELECT i, 'P', now(), now() "
             "FROM generate_series(%d, %d) i",
             first, last);
}

/* Presses the first button of the reply whose data begins so. */
static const json_t *go_on(const json_t *reply, const char *beginning)
{
    return talk_press(ADMIN, "%s", talk_button(reply, beginning));
}

/* The form, to its summary; `send` is the message. */
static const json_t *compose(const struct update *send)
{
    const json_t *reply = talk_press(ADMIN, "abn");
    assert_non_null(strstr(talk_said(reply), "Kirim <b>pesan</b>"));
    reply = talk_update(send);
    reply = go_on(reply, "zs:"); /* no button */
    assert_non_null(strstr(talk_said(reply), "Untuk <b>siapa</b>?"));
    reply = go_on(reply, "z:"); /* the first: everybody */
    reply = go_on(reply, "z:"); /* now */
    assert_non_null(strstr(talk_said(reply), "Sudah benar?"));
    return reply;
}

static int64_t make(const char *text)
{
    struct update message = talk_make_text(ADMIN, text);
    const json_t *reply = go_on(compose(&message), "zk:");
    int64_t id = shop_sql(shop, "SELECT max(id) FROM broadcasts");
    assert_true(talk_has_button(reply, arena_printf(shop->work.arena, "abc:%lld", (long long)id)));
    return id;
}

static struct broadcast get(int64_t id)
{
    struct broadcast b = {0};
    MUST(broadcast_get(shop_task(shop), id, &b, &err));
    return b;
}

/* One step of the job. */
static struct job_step step(void)
{
    struct job_step step = {0};
    MUST(broadcasting_job.prepare(shop_begin(shop), 0, &step, &err));
    shop_commit(shop);
    step.due_ms -= shop->work.now_ms;
    work_end(&shop->work);
    return step;
}

static void end_some(int64_t id, enum outbox_bulk_outcome outcome, int64_t count)
{
    struct work *work = shop_begin(shop);
    for (int64_t i = 0; i < count; i++)
        MUST(broadcasting_apply(work, id, 100000 + i, outcome, "no", &err));
    shop_commit(shop);
    work_end(work);
}

static int64_t queued_rows(void)
{
    return shop_sql(shop, "SELECT count(*) FROM outbox WHERE bulk");
}

/* --- the form --- */

static void a_plain_text_is_sent_as_text(void **state)
{
    NEEDS_SHOP();
    talk_text(ADMIN, "/start");
    make("Halo <semua>");
    const struct sent *sample = talk_find(ADMIN, "sendMessage", "Halo <semua>");
    assert_non_null(sample);
    assert_null(json_object_get(sample->params, "parse_mode"));
    assert_string_equal(sample->effect, EFFECT_BROADCAST_PREVIEW);
}

static void anything_else_is_copied(void **state)
{
    NEEDS_SHOP();
    talk_text(ADMIN, "/start");
    struct update message = talk_make_text(ADMIN, "Tebal");
    message.text_is_formatted = true;
    message.message_id = 4321;
    go_on(compose(&message), "zk:");
    const char *method;
    auto_json json_t *params = NULL;
    int64_t from = 0, number = 0;
    MUST(broadcast_message(shop_task(shop), 1, &method, &params, &err));
    assert_string_equal(method, "copyMessage");
    assert_true(json_get_int(params, "from_chat_id", &from) && json_get_int(params, "message_id", &number));
    assert_int_equal(from, ADMIN);
    assert_int_equal(number, 4321);
}

static void a_sample_that_is_refused_is_told(void **state)
{
    NEEDS_SHOP();
    talk_text(ADMIN, "/start");
    make("Halo");
    talk_report(talk_find(ADMIN, "sendMessage", "Halo"), OUTBOX_VERDICT_REFUSED, 0);
    assert_non_null(talk_find(ADMIN, "sendMessage", "menolak contoh pesannya"));
}

/* --- the job --- */

static void only_some_seconds_are_queued_ahead(void **state)
{
    NEEDS_SHOP();
    people(100000, 100999);
    int64_t id = make("Halo");
    assert_int_equal(broadcasting_pace(), PACE);
    assert_int_equal(step().kind, JOB_AGAIN);
    assert_int_equal(get(id).state, BROADCAST_RUNNING);
    assert_int_equal(queued_rows(), 4 * PACE);
    assert_int_equal(shop_sql(shop, "SELECT extract(epoch FROM max(due_at) - min(due_at)) * 1000 FROM outbox"
                                    " WHERE bulk"),
                     (4 * PACE - 1) * 1000 / PACE);
    assert_int_equal(step().due_ms, 1000);
    assert_int_equal(queued_rows(), 4 * PACE); /* there is enough */
    end_some(id, OUTBOX_BULK_SENT, PACE);
    step();
    assert_int_equal(get(id).queued, 5 * PACE);
}

static void the_last_messages_end_it(void **state)
{
    NEEDS_SHOP();
    people(100000, 100009);
    int64_t id = make("Halo");
    int64_t all = shop_sql(shop, "SELECT count(*) FROM users");
    step();
    assert_int_equal(get(id).cursor, BROADCAST_END);
    assert_int_equal(step().kind, JOB_AGAIN); /* they are on their way */
    assert_int_equal(get(id).state, BROADCAST_RUNNING);
    end_some(id, OUTBOX_BULK_SENT, all - 1);
    end_some(id, OUTBOX_BULK_BLOCKED, 1);
    shop_sql(shop, "DELETE FROM outbox WHERE bulk");
    talk_forget();
    step();
    assert_int_equal(get(id).state, BROADCAST_DONE);
    talk_text(ADMIN, "/start"); /* lets the lane run */
    const struct sent *report = talk_find(ADMIN, "sendMessage", "selesai");
    assert_non_null(report);
    assert_non_null(strstr(talk_said(report->params), "Memblokir bot: 1"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE NOT reachable"), 1);
    assert_int_equal(step().kind, JOB_DONE);
}

static void refused_all_the_time_it_pauses(void **state)
{
    NEEDS_SHOP();
    people(100000, 100099);
    int64_t id = make("Halo");
    step();
    end_some(id, OUTBOX_BULK_REFUSED, 29);
    step();
    assert_int_equal(get(id).state, BROADCAST_RUNNING);
    end_some(id, OUTBOX_BULK_REFUSED, 1);
    step();
    assert_int_equal(get(id).state, BROADCAST_PAUSED);
    assert_int_equal(step().kind, JOB_DONE); /* until somebody goes on with it */
    talk_press(ADMIN, "abr:%lld", (long long)id);
    step();
    assert_int_equal(get(id).state, BROADCAST_RUNNING);
    assert_int_equal(get(id).refused_in_row, 0);
}

/* --- screens --- */

static void the_progress_leads_nowhere_else_in_its_message(void **state)
{
    NEEDS_SHOP();
    talk_text(ADMIN, "/start");
    people(100000, 100099);
    int64_t id = make("Halo");
    step();
    talk_text(ADMIN, "/start"); /* lets the lane run */
    const struct sent *progress = talk_find(ADMIN, "sendMessage", "🚀 Sedang dikirim");
    assert_non_null(progress);
    talk_report(progress, OUTBOX_VERDICT_SENT, 77); /* where the tests press */
    assert_int_equal(get(id).progress_message_id, 77);
    const json_t *reply = talk_press(ADMIN, "abp:%lld", (long long)id);
    assert_string_equal(talk_method(reply), "editMessageText");
    assert_non_null(strstr(talk_said(reply), "⏸ Dijeda"));
    assert_false(talk_has_button(reply, "ab"));
    assert_false(talk_has_button(reply, "ad"));
    assert_string_equal(talk_method(talk_press(ADMIN, "abo")), "sendMessage");
    assert_string_equal(talk_method(talk_press(ADMIN, "abc:%lld", (long long)id)), "sendMessage");
    char data[40];
    snprintf(data, sizeof data, "abd:%lld", (long long)id);
    struct update elsewhere = talk_make_press(ADMIN, data);
    elsewhere.message_id = 78;
    assert_true(talk_has_button(talk_update(&elsewhere), "ab"));
}

static void who_comes_second_sees_how_it_is(void **state)
{
    NEEDS_SHOP();
    int64_t id = make("Halo");
    talk_press(ADMIN_2, "abx:%lld", (long long)id);
    assert_int_equal(get(id).state, BROADCAST_CANCELLED);
    const json_t *reply = talk_press(ADMIN, "abx:%lld", (long long)id);
    assert_non_null(strstr(talk_said(reply), "🛑 Dibatalkan"));
    for (const char *const *verb = (const char *const[]){"abp", "abr", "abs", "abx", NULL}; *verb; verb++) {
        talk_press(ADMIN, "%s:%lld", *verb, (long long)id);
        talk_press(ADMIN, "%s:4711", *verb);
        assert_null(strstr(talk_said(talk_press(BUYER, "%s:%lld", *verb, (long long)id)), "Broadcast"));
    }
    assert_int_equal(get(id).state, BROADCAST_CANCELLED);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE subject = 'broadcast'"), 2);
}

static void the_list_pages(void **state)
{
    NEEDS_SHOP();
    for (int i = 0; i < 10; i++)
        make("Halo");
    const json_t *reply = talk_press(ADMIN, "ab");
    assert_true(talk_has_button(reply, "abd:10"));
    assert_false(talk_has_button(reply, "abd:2"));
    assert_true(talk_has_button(reply, "abl:3"));
    reply = talk_press(ADMIN, "abl:3");
    assert_true(talk_has_button(reply, "abd:2"));
    assert_true(talk_has_button(reply, "abl:11")); /* the newest page again */
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup(test, talk_begin)
    const struct CMUnitTest tests[] = {
        TEST(a_plain_text_is_sent_as_text),
        TEST(anything_else_is_copied),
        TEST(a_sample_that_is_refused_is_told),
        TEST(only_some_seconds_are_queued_ahead),
        TEST(the_last_messages_end_it),
        TEST(refused_all_the_time_it_pauses),
        TEST(the_progress_leads_nowhere_else_in_its_message),
        TEST(who_comes_second_sees_how_it_is),
        TEST(the_list_pages),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}
