/* The sender against a Bot API on localhost that does as the test says. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api_server.h"
#include "base/clock.h"
#include "base/json.h"
#include "doubles.h"
#include "telegram/sender.h"

enum { MOST_SEEN = 2000 };

struct fixture;
typedef void script(struct fixture *f, const struct api_request *request, struct api_answer *answer_out);

struct fixture {
    struct api_server *server;
    struct sender *sender;
    struct outbox_sink sink;
    script *_Atomic script;
    atomic_int unauthorized, now, most;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open; /* a gate scripts may wait at */
    int seen_count;
    struct {
        int64_t chat_id;
        char text[40], method[40];
    } seen[MOST_SEEN];
};

static void note_request(struct fixture *f, const struct api_request *request)
{
    json_t *body = json_loadb(request->body, request->length, 0, NULL);
    const char *text = "";
    pthread_mutex_lock(&f->lock);
    int n = f->seen_count++;
    assert_true(n < MOST_SEEN);
    json_get_int(body, "chat_id", &f->seen[n].chat_id);
    json_get_string(body, "text", &text);
    snprintf(f->seen[n].text, sizeof(f->seen[n].text), "%s", text);
    snprintf(f->seen[n].method, sizeof(f->seen[n].method), "%s", request->method);
    pthread_mutex_unlock(&f->lock);
    json_decref(body);
}

static void answer(void *context, const struct api_request *request, struct api_answer *answer_out)
{
    struct fixture *f = context;
    int now = atomic_fetch_add(&f->now, 1) + 1;
    if (now > atomic_load(&f->most))
        atomic_store(&f->most, now);
    note_request(f, request);
    script *run = atomic_load(&f->script);
    if (run)
        run(f, request, answer_out);
    atomic_fetch_sub(&f->now, 1);
}

static void set_gate(struct fixture *f, bool open)
{
    pthread_mutex_lock(&f->lock);
    f->open = open;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void at_gate(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    pthread_mutex_lock(&f->lock);
    while (!f->open)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void on_unauthorized(void *context, struct lane_store *store)
{
    struct fixture *f = context;
    assert_true(double_is_held(double_index(store)));
    atomic_fetch_add(&f->unauthorized, 1);
}

static void start(struct fixture *f, const char *api_base, int most)
{
    struct error err;
    struct sender_options options = {.api_base = api_base,
                                     .most_connections = most,
                                     .connect_ms = 2000,
                                     .total_ms = 3000,
                                     .on_unauthorized = on_unauthorized,
                                     .context = f};
    assert_true(sender_start(&options, &f->sender, &err));
    f->sink = sender_sink(f->sender);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->server = api_server_start(answer, f);
    start(f, api_server_base(f->server), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    set_gate(f, true);
    sender_stop(&f->sender);
    api_server_stop(&f->server);
    double_reset();
    free(f);
    return 0;
}

static void hand_over(struct fixture *f, int store, int64_t chat_id, int64_t id, int attempts, bool bulk)
{
    char text[40];
    snprintf(text, sizeof(text), "row %lld", (long long)id);
    json_t *params = json_pack("{s:s}", "text", text);
    struct outbox_message message = {.id = id,
                                     .chat_id = chat_id,
                                     .method = "sendMessage",
                                     .params = params,
                                     .effect = "effect",
                                     .effect_ref = id * 10,
                                     .keep = id % 2,
                                     .attempts = attempts,
                                     .bulk = bulk};
    f->sink.take(f->sink.context, double_store(store), &message);
    json_decref(params);
}

static void take(struct fixture *f, int store, int64_t chat_id, int64_t id, int attempts)
{
    hand_over(f, store, chat_id, id, attempts, false);
}

static void take_bulk(struct fixture *f, int64_t id)
{
    hand_over(f, 0, 1000 + id, id, 0, true);
}

static struct outbox_report expect(int64_t id, enum outbox_verdict verdict)
{
    struct double_report r = double_next_report();
    assert_int_equal(r.report.id, id);
    assert_int_equal(r.report.verdict, verdict);
    assert_string_equal(r.report.effect, "effect");
    assert_int_equal(r.report.effect_ref, id * 10);
    assert_int_equal(r.report.keep, id % 2);
    assert_null(strstr(r.report.error, "secret"));
    double_free(&r);
    return r.report;
}

static bool has_request(void *context)
{
    return api_server_requests(((struct fixture *)context)->server) > 0;
}

static void echo_id(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    snprintf(answer_out->body, sizeof(answer_out->body), "{\"ok\":true,\"result\":{\"message_id\":%d}}",
             request->number);
}

static void sends_a_chats_rows_in_order_and_reports_results(void **state)
{
    struct fixture *f = *state;
    f->script = echo_id;
    for (int64_t id = 1; id <= 5; id++)
        take(f, 0, 77, id, 0);
    for (int64_t id = 1; id <= 5; id++) {
        struct double_report r = double_next_report();
        int64_t message_id = 0;
        assert_int_equal(r.report.id, id);
        assert_int_equal(r.report.chat_id, 77);
        assert_int_equal(r.report.verdict, OUTBOX_VERDICT_SENT);
        assert_true(json_get_int(r.report.result, "message_id", &message_id));
        assert_int_equal(message_id, id);
        double_free(&r);
        char text[40];
        snprintf(text, sizeof(text), "row %lld", (long long)id);
        assert_string_equal(f->seen[id - 1].text, text);
        assert_int_equal(f->seen[id - 1].chat_id, 77);
    }
    assert_int_equal(atomic_load(&f->most), 1);
    assert_int_equal(api_server_connections(f->server), 1); /* kept alive */
    struct sender_figures figures;
    sender_figures(f->sender, &figures);
    assert_int_equal(figures.calls, 5);
    assert_int_equal(figures.failed, 0);
}

static void check_request(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    const char *fault = NULL;
    if (strcmp(request->path, "/bot1003:secret-token-of-a-bot/sendMessage") != 0)
        fault = "path";
    if (!strstr(request->headers, "Content-Type: application/json\r\n") || strstr(request->headers, "Expect"))
        fault = "headers";
    if (fault) {
        answer_out->status = 400;
        snprintf(answer_out->body, sizeof(answer_out->body), "{\"ok\":false,\"description\":\"%s\"}", fault);
    }
}

static void names_the_bot_and_the_method(void **state)
{
    struct fixture *f = *state;
    f->script = check_request;
    take(f, 3, 77, 1, 0);
    struct outbox_report report = expect(1, OUTBOX_VERDICT_SENT);
    assert_string_equal(report.error, "");
}

static void sends_to_many_chats_at_once(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    for (int64_t id = 1; id <= 8; id++)
        take(f, (int)id % 2, id, id, 0);
    while (atomic_load(&f->now) < 8)
        double_wait(has_request, f);
    set_gate(f, true);
    for (int i = 0; i < 8; i++) {
        struct double_report r = double_next_report();
        assert_int_equal(r.report.verdict, OUTBOX_VERDICT_SENT);
        double_free(&r);
    }
}

static void too_many(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    if (request->number > 1)
        return;
    answer_out->status = 429;
    strcpy(answer_out->body,
           "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after 1\","
           "\"parameters\":{\"retry_after\":1}}");
}

static void a_429_pauses_the_chat(void **state)
{
    struct fixture *f = *state;
    f->script = too_many;
    int64_t begun = clock_mono_ms();
    for (int64_t id = 1; id <= 3; id++)
        take(f, 0, 77, id, 0);
    assert_int_equal(expect(1, OUTBOX_VERDICT_LATER).retry_ms, 1000);
    expect(2, OUTBOX_VERDICT_RETURNED);
    expect(3, OUTBOX_VERDICT_RETURNED);
    assert_false(f->sink.accepts(f->sink.context, double_store(0), 77));
    assert_true(f->sink.accepts(f->sink.context, double_store(0), 78));
    take(f, 0, 77, 1, 1);
    expect(1, OUTBOX_VERDICT_SENT);
    assert_in_range(clock_mono_ms() - begun, 1000, 4000);
    assert_string_equal(f->seen[1].text, "row 1");
    struct sender_figures figures;
    sender_figures(f->sender, &figures);
    assert_int_equal(figures.too_many_requests, 1);
    assert_int_equal(figures.failed, 1);
}

static void drop(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    answer_out->status = 0;
}

static void a_dropped_connection_means_later(void **state)
{
    struct fixture *f = *state;
    f->script = drop;
    take(f, 0, 77, 1, 3);
    take(f, 0, 77, 2, 0);
    struct outbox_report report = expect(1, OUTBOX_VERDICT_LATER);
    assert_int_equal(report.retry_ms, 8000);
    assert_true(report.error[0]);
    expect(2, OUTBOX_VERDICT_RETURNED);
}

static void a_time_out_means_later(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    sender_stop(&f->sender);
    struct error err;
    struct sender_options options = {
        .api_base = api_server_base(f->server), .connect_ms = 1000, .total_ms = 150};
    assert_true(sender_start(&options, &f->sender, &err));
    f->sink = sender_sink(f->sender);
    take(f, 0, 77, 1, 0);
    assert_int_equal(expect(1, OUTBOX_VERDICT_LATER).retry_ms, 1000);
    assert_int_equal(api_server_requests(f->server), 1); /* it was acted upon, and will be again */
}

static void nobody_there_means_later(void **state)
{
    struct fixture *f = *state;
    sender_stop(&f->sender);
    start(f, "http://127.0.0.1:1", 0);
    take(f, 0, 77, 1, 0);
    struct outbox_report report = expect(1, OUTBOX_VERDICT_LATER);
    assert_null(strstr(report.error, "127.0.0.1"));
    take(f, 0, 78, 2, 9);
    assert_int_equal(expect(2, OUTBOX_VERDICT_LATER).retry_ms, 60000);
}

static void endless(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    strcpy(answer_out->body, "{\"ok\":true,\"result\":1}");
    answer_out->padding = 2 << 20;
}

static void an_answer_too_long_means_later(void **state)
{
    struct fixture *f = *state;
    f->script = endless;
    take(f, 0, 77, 1, 0);
    expect(1, OUTBOX_VERDICT_LATER);
}

static void redirect(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    answer_out->status = 302;
    answer_out->headers = "Location: /elsewhere/sendMessage\r\n";
    strcpy(answer_out->body, "<html>");
}

static void redirects_are_not_followed(void **state)
{
    struct fixture *f = *state;
    f->script = redirect;
    take(f, 0, 77, 1, 0);
    expect(1, OUTBOX_VERDICT_LATER);
    assert_int_equal(api_server_requests(f->server), 1);
}

static void refuse_token(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    at_gate(f, request, answer_out);
    answer_out->status = 401;
    strcpy(answer_out->body, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}");
}

static void a_401_stops_the_store_once(void **state)
{
    struct fixture *f = *state;
    f->script = refuse_token;
    for (int64_t id = 1; id <= 3; id++)
        take(f, 0, id, id, 0);
    take(f, 0, 1, 4, 0);
    while (atomic_load(&f->now) < 3)
        double_wait(has_request, f);
    set_gate(f, true);
    for (int i = 0; i < 4; i++) {
        struct double_report r = double_next_report();
        assert_int_equal(r.report.verdict, OUTBOX_VERDICT_RETURNED);
        double_free(&r);
    }
    take(f, 0, 9, 9, 0);
    expect(9, OUTBOX_VERDICT_RETURNED);
    assert_false(f->sink.accepts(f->sink.context, double_store(0), 9));
    assert_true(double_is_held(0));
    assert_false(double_is_held(1));
    assert_int_equal(atomic_load(&f->unauthorized), 1);
    assert_int_equal(api_server_requests(f->server), 3);
}

static bool all_ended(void *context)
{
    struct sender_figures figures;
    sender_figures(context, &figures);
    return figures.waiting == 0 && figures.in_flight == 0;
}

static void expendable_calls_are_not_reported(void **state)
{
    struct fixture *f = *state;
    f->script = drop;
    sender_call(f->sender, double_store(0), "answerCallbackQuery",
                json_pack("{s:s}", "callback_query_id", "5"));
    double_wait(all_ended, f->sender);
    f->script = NULL;
    sender_call(f->sender, double_store(0), "editMessageText",
                json_pack("{s:i, s:s, s:i}", "chat_id", 5, "text", "page", "message_id", 1));
    double_wait(all_ended, f->sender);
    assert_int_equal(double_reports_waiting(), 0);
    assert_string_equal(f->seen[1].method, "editMessageText");
    assert_string_equal(f->seen[1].text, "page");
    struct sender_figures figures;
    sender_figures(f->sender, &figures);
    assert_int_equal(figures.calls, 2);
    assert_int_equal(figures.failed, 1);
}

/* --- bulk rows: rather not at all than twice --- */

static bool has_bulk_room(void *context)
{
    const struct fixture *f = context;
    return f->sink.bulk_room(f->sink.context, double_store(0)) > 0;
}

/* Not in the sender's first second. */
static void is_sent_as_any_other(struct fixture *f, int64_t id)
{
    double_wait(has_bulk_room, f);
    take_bulk(f, id);
    expect(id, OUTBOX_VERDICT_SENT);
}

static void bulk_without_an_answer_is_uncertain(void **state)
{
    struct fixture *f = *state;
    f->script = drop;
    take_bulk(f, 1);
    struct outbox_report report = expect(1, OUTBOX_VERDICT_UNCERTAIN);
    assert_true(report.bulk);
    assert_int_equal(api_server_requests(f->server), 1);
    assert_int_equal(f->sink.bulk_room(f->sink.context, double_store(0)), 0);
    assert_true(f->sink.accepts(f->sink.context, double_store(0), 77));
}

/* libcurl takes a kept connection that ends without a byte for a dead one, and would send the call again. */
static void bulk_goes_out_once_on_a_kept_connection(void **state)
{
    struct fixture *f = *state;
    is_sent_as_any_other(f, 1);
    f->script = drop;
    take_bulk(f, 2);
    expect(2, OUTBOX_VERDICT_UNCERTAIN);
    assert_int_equal(api_server_requests(f->server), 2);
}

static void gateway_error(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    answer_out->status = 502;
    strcpy(answer_out->body, "<html>Bad Gateway</html>");
}

static void bulk_with_a_5xx_is_uncertain(void **state)
{
    struct fixture *f = *state;
    f->script = gateway_error;
    take_bulk(f, 1);
    expect(1, OUTBOX_VERDICT_UNCERTAIN);
}

static void bulk_with_an_unreadable_answer_is_uncertain(void **state)
{
    struct fixture *f = *state;
    f->script = endless;
    take_bulk(f, 1);
    expect(1, OUTBOX_VERDICT_UNCERTAIN);
}

static void bulk_that_nobody_took_goes_later(void **state)
{
    struct fixture *f = *state;
    sender_stop(&f->sender);
    start(f, "http://127.0.0.1:1", 0);
    take_bulk(f, 1);
    expect(1, OUTBOX_VERDICT_LATER);
}

static void bulk_with_a_429_goes_later(void **state)
{
    struct fixture *f = *state;
    f->script = too_many;
    take_bulk(f, 1);
    assert_int_equal(expect(1, OUTBOX_VERDICT_LATER).retry_ms, 1000);
    assert_int_equal(f->sink.bulk_room(f->sink.context, double_store(0)), 0);
}

static void bulk_that_is_broken_off_is_uncertain(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    take_bulk(f, 1);
    double_wait(has_request, f);
    sender_stop(&f->sender);
    expect(1, OUTBOX_VERDICT_UNCERTAIN);
}

static void *open_later(void *context)
{
    struct fixture *f = context;
    while (double_reports_waiting() < 2) /* the drain has given back what waited */
        double_wait(has_request, f);
    set_gate(f, true);
    return NULL;
}

static void drains_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    for (int64_t id = 1; id <= 3; id++)
        take(f, 0, 77, id, 0);
    double_wait(has_request, f);
    pthread_t thread;
    pthread_create(&thread, NULL, open_later, f);
    sender_drain(f->sender, 15000);
    pthread_join(thread, NULL);
    assert_int_equal(double_reports_waiting(), 3); /* none comes later */
    expect(2, OUTBOX_VERDICT_RETURNED);
    expect(3, OUTBOX_VERDICT_RETURNED);
    expect(1, OUTBOX_VERDICT_SENT);
    take(f, 0, 78, 4, 0);
    expect(4, OUTBOX_VERDICT_RETURNED);
    assert_false(f->sink.accepts(f->sink.context, double_store(0), 78));
    assert_int_equal(api_server_requests(f->server), 1);
}

static void a_drain_waits_for_the_reports(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    take(f, 0, 77, 1, 0);
    double_wait(has_request, f);
    double_block_reports(true);
    set_gate(f, true);
    while (!all_ended(f->sender))
        double_wait(has_request, f);
    int64_t begun = clock_mono_ms();
    sender_drain(f->sender, 100);
    assert_true(clock_mono_ms() - begun >= 99);
    double_block_reports(false);
    sender_drain(f->sender, 15000);
    assert_int_equal(double_reports_waiting(), 1);
}

static void stops_though_nobody_answers(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    take(f, 0, 77, 1, 0);
    take(f, 0, 77, 2, 0);
    double_wait(has_request, f);
    sender_stop(&f->sender);
    expect(2, OUTBOX_VERDICT_RETURNED);
    expect(1, OUTBOX_VERDICT_LATER); /* perhaps it was sent */
    assert_int_equal(double_reports_waiting(), 0);
}

static void refuses_a_base_that_is_no_address(void **state)
{
    static const char *const bases[] = {"", "ftp://x", "file:///etc/passwd", "api.telegram.org"};
    for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
        struct sender *sender = NULL;
        struct error err;
        assert_false(sender_start(&(struct sender_options){.api_base = bases[i]}, &sender, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_null(sender);
    }
}

static void *take_many(void *context)
{
    struct fixture *f = context;
    static atomic_int next_id = 1000;
    for (int i = 0; i < 200; i++) {
        int64_t id = atomic_fetch_add(&next_id, 1);
        take(f, (int)id % DOUBLES_STORES, id, id, 0);
        if (i % 10 == 0)
            sender_call(f->sender, double_store(i % DOUBLES_STORES), "answerCallbackQuery",
                        json_pack("{s:s}", "callback_query_id", "5"));
    }
    return NULL;
}

static void takes_from_many_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, take_many, f);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 800; i++) {
        struct double_report r = double_next_report();
        assert_int_equal(r.report.verdict, OUTBOX_VERDICT_SENT);
        double_free(&r);
    }
    double_wait(all_ended, f->sender);
    assert_int_equal(api_server_requests(f->server), 880);
    assert_in_range(api_server_connections(f->server), 1, 64);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sends_a_chats_rows_in_order_and_reports_results),
        TEST(names_the_bot_and_the_method),
        TEST(sends_to_many_chats_at_once),
        TEST(a_429_pauses_the_chat),
        TEST(a_dropped_connection_means_later),
        TEST(a_time_out_means_later),
        TEST(nobody_there_means_later),
        TEST(an_answer_too_long_means_later),
        TEST(redirects_are_not_followed),
        TEST(a_401_stops_the_store_once),
        TEST(expendable_calls_are_not_reported),
        TEST(bulk_without_an_answer_is_uncertain),
        TEST(bulk_goes_out_once_on_a_kept_connection),
        TEST(bulk_with_a_5xx_is_uncertain),
        TEST(bulk_with_an_unreadable_answer_is_uncertain),
        TEST(bulk_that_nobody_took_goes_later),
        TEST(bulk_with_a_429_goes_later),
        TEST(bulk_that_is_broken_off_is_uncertain),
        TEST(drains_what_is_in_flight),
        TEST(a_drain_waits_for_the_reports),
        TEST(stops_though_nobody_answers),
        TEST(refuses_a_base_that_is_no_address),
        TEST(takes_from_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
