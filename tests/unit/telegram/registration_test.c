/* Registration against a Bot API on localhost that does as the test says; the pool is the real one. */
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
#include "telegram/registration.h"

struct fixture;
typedef void script(struct fixture *f, const struct api_request *request, struct api_answer *answer_out);

struct fixture {
    struct api_server *server;
    struct pool *pool;
    struct registration *registration;
    script *_Atomic script;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    atomic_int now, most, refusing;
    atomic_int told[5];
    char methods[400][32];
    char last_webhook[600], last_commands[600];
};

static void answer(void *context, const struct api_request *request, struct api_answer *answer_out)
{
    struct fixture *f = context;
    int now = atomic_fetch_add(&f->now, 1) + 1;
    pthread_mutex_lock(&f->lock);
    if (now > atomic_load(&f->most))
        atomic_store(&f->most, now);
    if (request->number <= 400)
        snprintf(f->methods[request->number - 1], sizeof(f->methods[0]), "%s", request->method);
    if (!strcmp(request->method, "setWebhook"))
        snprintf(f->last_webhook, sizeof(f->last_webhook), "%.*s", (int)request->length, request->body);
    if (!strcmp(request->method, "setMyCommands"))
        snprintf(f->last_commands, sizeof(f->last_commands), "%.*s", (int)request->length, request->body);
    pthread_mutex_unlock(&f->lock);
    int id = 0;
    sscanf(request->path, "/bot%d:", &id);
    if (!strcmp(request->method, "getMe"))
        snprintf(answer_out->body, sizeof(answer_out->body),
                 "{\"ok\":true,\"result\":{\"id\":%d,\"is_bot\":true,\"username\":\"bot_%d\"}}", id, id);
    script *run = atomic_load(&f->script);
    if (run)
        run(f, request, answer_out);
    atomic_fetch_sub(&f->now, 1);
}

static void on_state(void *context, struct lane_store *store, enum registration_state state,
                     const char *reason)
{
    struct fixture *f = context;
    assert_true((state == REGISTRATION_LIVE) == !reason[0]);
    assert_null(strstr(reason, "secret"));
    atomic_fetch_add(&f->told[state], 1);
}

static const json_t *commands(const char *language)
{
    static json_t *list;
    if (!list)
        list = json_pack("[{s:s, s:s}]", "command", "start", "description", language);
    return list;
}

static const json_t *owner_commands(const char *language)
{
    static json_t *list;
    if (!list)
        list = json_pack("[{s:s, s:s}]", "command", "toko", "description", language);
    return list;
}

static void start_knowing(struct fixture *f, const struct registered *known, size_t count)
{
    f->registration =
        registration_start(&(struct registration_options){.api_base = api_server_base(f->server),
                                                          .public_url = "https://shop.example/",
                                                          .pool = f->pool,
                                                          .known = known,
                                                          .known_count = count,
                                                          .commands = commands,
                                                          .owner_commands = owner_commands,
                                                          .on_state = on_state,
                                                          .context = f});
}

static void start(struct fixture *f)
{
    start_knowing(f, NULL, 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->server = api_server_start(answer, f);
    f->pool = pool_start(8);
    start(f);
    *state = f;
    return 0;
}

static void set_gate(struct fixture *f, bool open)
{
    pthread_mutex_lock(&f->lock);
    f->open = open;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    set_gate(f, true);
    registration_stop(&f->registration);
    pool_drain(f->pool, 10000);
    pool_stop(&f->pool);
    api_server_stop(&f->server);
    double_reset();
    free(f);
    return 0;
}

struct awaited {
    int store;
    const char *state;
};

static bool is_in_state(void *context)
{
    struct awaited *awaited = context;
    return !strcmp(double_note_of(awaited->store).state, awaited->state);
}

static struct double_note await(int store, const char *state)
{
    double_wait(is_in_state, &(struct awaited){store, state});
    return double_note_of(store);
}

static bool is_released(void *context)
{
    return !double_is_held(*(int *)context);
}

static bool is_held(void *context)
{
    return double_is_held(*(int *)context);
}

static void mark(void *flag)
{
    atomic_store((atomic_bool *)flag, true);
}

static bool is_marked(void *flag)
{
    return atomic_load((atomic_bool *)flag);
}

/* Until all that is planned for the next so many ms has begun. */
static void let_pass(struct fixture *f, long ms)
{
    atomic_bool flag = false;
    pool_submit_later(f->pool, ms, mark, &flag);
    double_wait(is_marked, &flag);
}

static void makes_a_bot_ours(void **state)
{
    struct fixture *f = *state;
    int store = 1;
    lane_store_hold_outbox(double_store(store), true);
    registration_add(f->registration, double_store(store), "hook-secret");
    struct double_note note = await(store, "live");
    assert_string_equal(note.reason, "");
    assert_string_equal(note.username, "bot_1001");
    assert_int_equal(note.bot_id, 1001);
    assert_string_equal(f->methods[0], "getMe");
    assert_string_equal(f->methods[1], "setWebhook");
    assert_string_equal(f->methods[2], "setMyCommands");
    assert_string_equal(
        f->last_webhook,
        "{\"url\":\"https://shop.example/webhooks/telegram/store-1\",\"secret_token\":\"hook-secret\","
        "\"allowed_updates\":[\"message\",\"callback_query\",\"my_chat_member\"],"
        "\"max_connections\":40,\"drop_pending_updates\":false}");
    assert_string_equal(f->last_commands, "{\"commands\":[{\"command\":\"start\",\"description\":\"id\"}]}");
    double_wait(is_released, &store);
}

static void may_manage_bots(struct fixture *f, const struct api_request *request,
                            struct api_answer *answer_out)
{
    if (!strcmp(request->method, "getMe"))
        strcpy(answer_out->body,
               "{\"ok\":true,\"result\":{\"id\":6000,\"username\":\"bot_6000\",\"can_manage_bots\":true}}");
}

static bool server_is_live(void *context)
{
    return !strcmp(double_note_of_server().state, "live");
}

static void makes_the_owners_bot_ours(void **state)
{
    struct fixture *f = *state;
    f->script = may_manage_bots;
    registration_add(f->registration, double_server(), "hook-secret");
    double_wait(server_is_live, NULL);
    struct double_note note = double_note_of_server();
    assert_string_equal(note.username, "bot_6000");
    assert_int_equal(note.bot_id, 6000);
    assert_true(note.flag);
    assert_string_equal(
        f->last_webhook,
        "{\"url\":\"https://shop.example/webhooks/telegram/server\",\"secret_token\":\"hook-secret\","
        "\"allowed_updates\":[\"message\",\"callback_query\",\"managed_bot\"],"
        "\"max_connections\":40,\"drop_pending_updates\":false}");
    assert_string_equal(f->last_commands, "{\"commands\":[{\"command\":\"toko\",\"description\":\"id\"}]}");
}

static void refuse(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    int status = atomic_load(&f->refusing);
    if (!status || !strstr(request->path, "bot1001:"))
        return;
    answer_out->status = status;
    snprintf(answer_out->body, sizeof(answer_out->body),
             "{\"ok\":false,\"error_code\":%d,\"description\":\"Unauthorized\"}", status);
}

static bool told_disabled(void *context)
{
    return atomic_load(&((struct fixture *)context)->told[REGISTRATION_DISABLED]) == 1;
}

static void a_dead_token_disables_that_store_alone(void **state)
{
    struct fixture *f = *state;
    int store = 1;
    atomic_store(&f->refusing, 401);
    f->script = refuse;
    registration_add(f->registration, double_store(1), "a");
    registration_add(f->registration, double_store(2), "b");
    await(2, "live");
    struct double_note note = await(1, "disabled");
    assert_string_equal(note.reason, "getMe: Unauthorized");
    double_wait(is_held, &store);
    double_wait(told_disabled, f);
    assert_false(double_is_held(2));

    atomic_store(&f->refusing, 0); /* the token works again; the secret is still known */
    registration_add(f->registration, double_store(1), NULL);
    await(1, "live");
    double_wait(is_released, &store);
    assert_non_null(strstr(f->last_webhook, "\"secret_token\":\"a\""));
}

static void a_token_that_never_was_one_disables(void **state)
{
    struct fixture *f = *state;
    atomic_store(&f->refusing, 404);
    f->script = refuse;
    registration_add(f->registration, double_store(1), "a");
    await(1, "disabled");
}

static void other_bot(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    strcpy(answer_out->body, "{\"ok\":true,\"result\":{\"id\":7,\"username\":\"x\"}}");
}

static void another_bots_token_disables(void **state)
{
    struct fixture *f = *state;
    f->script = other_bot;
    registration_add(f->registration, double_store(1), "a");
    struct double_note note = await(1, "disabled");
    assert_int_equal(note.bot_id, 0);
    assert_int_equal(api_server_requests(f->server), 1);
}

static void fail_twice(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    if (request->number == 1)
        answer_out->status = 0;
}

static void tries_again_while_telegram_is_away(void **state)
{
    struct fixture *f = *state;
    f->script = fail_twice;
    registration_add(f->registration, double_store(1), "a");
    struct double_note note = await(1, "unreachable");
    assert_true(note.reason[0]);
    assert_false(double_is_held(1)); /* what can be sent is sent */
    await(1, "live");                /* 2 s later */
    assert_int_equal(atomic_load(&f->told[REGISTRATION_UNREACHABLE]), 1);
}

static void bad_webhook(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    if (strcmp(request->method, "setWebhook") != 0 || !atomic_load(&f->refusing))
        return;
    answer_out->status = 400;
    strcpy(answer_out->body, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: bad webhook: "
                             "Failed to resolve host\"}");
}

static void a_refused_webhook_is_tried_again_and_at_once_when_asked(void **state)
{
    struct fixture *f = *state;
    atomic_store(&f->refusing, 1);
    f->script = bad_webhook;
    registration_add(f->registration, double_store(1), "a");
    struct double_note note = await(1, "unreachable");
    assert_string_equal(note.reason, "setWebhook: Bad Request: bad webhook: Failed to resolve host");
    assert_int_equal(note.bot_id, 1001);
    atomic_store(&f->refusing, 0);
    int64_t begun = clock_mono_ms();
    registration_add(f->registration, double_store(1), NULL);
    await(1, "live");
    assert_true(clock_mono_ms() - begun < 1500);
    int requests = api_server_requests(f->server);
    let_pass(f, 2300); /* what was planned before is void */
    assert_int_equal(api_server_requests(f->server), requests);
}

static void too_many(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    if (atomic_fetch_add(&f->refusing, 1) > 0)
        return;
    answer_out->status = 429;
    strcpy(answer_out->body, "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests\","
                             "\"parameters\":{\"retry_after\":1}}");
}

static void a_429_pauses_all_stores(void **state)
{
    struct fixture *f = *state;
    f->script = too_many;
    registration_add(f->registration, double_store(1), "a");
    await(1, "unreachable");
    int64_t begun = clock_mono_ms();
    registration_add(f->registration, double_store(2), "a");
    await(2, "live");
    assert_in_range(clock_mono_ms() - begun, 700, 2500);
}

static void at_gate(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    pthread_mutex_lock(&f->lock);
    while (!f->open && !api_server_stopping(f->server))
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static bool four_wait(void *context)
{
    return atomic_load(&((struct fixture *)context)->now) >= 4;
}

static void few_at_once_and_all_in_the_end(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    for (int i = 0; i < 8; i++)
        registration_add(f->registration, double_store(i), "a");
    double_wait(four_wait, f);
    let_pass(f, 900); /* everybody had a turn */
    set_gate(f, true);
    for (int i = 0; i < 8; i++)
        await(i, "live");
    assert_int_equal(atomic_load(&f->most), 4);
    assert_int_equal(api_server_requests(f->server), 24);
}

static void one_that_is_asked_for_again_waits_once(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    for (int i = 0; i < 4; i++)
        registration_add(f->registration, double_store(i), "a");
    double_wait(four_wait, f);
    for (int i = 0; i < 12; i++) { /* each meets four that run */
        registration_add(f->registration, double_store(4), "a");
        let_pass(f, 130);
    }
    set_gate(f, true);
    for (int i = 0; i < 5; i++)
        await(i, "live");
    let_pass(f, 300);
    assert_int_equal(api_server_requests(f->server), 15);
}

static bool is_written_twice(void *context)
{
    return double_note_of(1).count == 2;
}

static void what_is_made_ours_again_is_written_again(void **state)
{
    struct fixture *f = *state;
    registration_add(f->registration, double_store(1), "a");
    await(1, "live");
    registration_add(f->registration, double_store(1), NULL); /* another server took its webhook off */
    double_wait(is_written_twice, NULL);
    assert_string_equal(double_note_of(1).state, "live");
    assert_int_equal(atomic_load(&f->told[REGISTRATION_LIVE]), 1);
}

static void a_state_is_written_though_the_database_was_away(void **state)
{
    struct fixture *f = *state;
    double_fail_writes(1);
    registration_add(f->registration, double_store(1), "a");
    await(1, "live"); /* 2 s later */
    assert_int_equal(double_note_of(1).count, 1);
}

static void with_webhook(struct fixture *f, const struct api_request *request, struct api_answer *answer_out)
{
    int id = 0;
    if (strcmp(request->method, "getWebhookInfo") != 0 || sscanf(request->path, "/bot%d:", &id) != 1)
        return;
    const char *whose = atomic_load(&f->refusing) ? "elsewhere.example" : "shop.example";
    snprintf(answer_out->body, sizeof(answer_out->body),
             "{\"ok\":true,\"result\":{\"url\":\"https://%s/webhooks/telegram/store-%d\"}}", whose,
             id - 1000);
}

static bool method_was_called(void *context)
{
    struct fixture *f = context;
    pthread_mutex_lock(&f->lock);
    bool called = false;
    for (int i = 0; i < 400; i++)
        called = called || !strcmp(f->methods[i], "deleteWebhook");
    pthread_mutex_unlock(&f->lock);
    return called;
}

static void one_that_is_removed_gets_its_webhook_taken_off(void **state)
{
    struct fixture *f = *state;
    f->script = with_webhook;
    registration_add(f->registration, double_store(1), "a");
    await(1, "live");
    registration_remove(f->registration, double_store(1));
    await(1, "removed");
    double_wait(method_was_called, f);
    registration_add(f->registration, double_store(1), "a"); /* back again */
    await(1, "live");
    assert_int_equal(atomic_load(&f->told[REGISTRATION_REMOVED]), 0);
}

static void a_webhook_that_is_somebody_elses_stays(void **state)
{
    struct fixture *f = *state;
    f->script = with_webhook;
    registration_add(f->registration, double_store(1), "a");
    await(1, "live");
    atomic_store(&f->refusing, 1); /* the bot moved to another server */
    registration_remove(f->registration, double_store(1));
    await(1, "removed");
    let_pass(f, 600);
    assert_false(method_was_called(f));
}

static void what_is_known_is_only_looked_at(void **state)
{
    struct fixture *f = *state;
    f->script = with_webhook;
    registration_add(f->registration, double_store(1), "a");
    struct double_note note = await(1, "live");
    assert_true(note.has_digest);
    registration_stop(&f->registration);
    double_reset();

    const struct registered known[] = {{.name = "store-1", .digest = note.digest}};
    int requests = api_server_requests(f->server);
    start_knowing(f, known, 1);
    registration_add(f->registration, double_store(1), "a");
    await(1, "live");
    assert_int_equal(api_server_requests(f->server), requests + 1);
    registration_add(f->registration, double_store(1), NULL); /* somebody has doubts */
    let_pass(f, 600);
    assert_int_equal(api_server_requests(f->server), requests + 4);
}

static void what_would_be_told_else_is_told(void **state)
{
    struct fixture *f = *state;
    f->script = with_webhook;
    registration_add(f->registration, double_store(1), "a");
    struct double_note note = await(1, "live");
    registration_stop(&f->registration);
    double_reset();

    const struct registered known[] = {{.name = "store-1", .digest = note.digest}};
    int requests = api_server_requests(f->server);
    start_knowing(f, known, 1);
    registration_add(f->registration, double_store(1), "another secret");
    await(1, "live");
    assert_int_equal(api_server_requests(f->server), requests + 3);
}

static void stops_in_the_middle(void **state)
{
    struct fixture *f = *state;
    f->script = at_gate;
    for (int i = 0; i < 8; i++)
        registration_add(f->registration, double_store(i), "a");
    double_wait(four_wait, f);
    int64_t begun = clock_mono_ms();
    registration_stop(&f->registration); /* tasks of the other four are left in the pool */
    assert_true(clock_mono_ms() - begun < 4000);
    f->script = NULL;
    set_gate(f, true);
    start(f);
    registration_add(f->registration, double_store(20), "a");
    await(20, "live");
    for (int i = 0; i < 8; i++)
        assert_int_equal(double_note_of(i).count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(makes_a_bot_ours),
        TEST(makes_the_owners_bot_ours),
        TEST(a_dead_token_disables_that_store_alone),
        TEST(a_token_that_never_was_one_disables),
        TEST(another_bots_token_disables),
        TEST(tries_again_while_telegram_is_away),
        TEST(a_refused_webhook_is_tried_again_and_at_once_when_asked),
        TEST(a_429_pauses_all_stores),
        TEST(few_at_once_and_all_in_the_end),
        TEST(one_that_is_asked_for_again_waits_once),
        TEST(what_is_made_ours_again_is_written_again),
        TEST(a_state_is_written_though_the_database_was_away),
        TEST(one_that_is_removed_gets_its_webhook_taken_off),
        TEST(a_webhook_that_is_somebody_elses_stays),
        TEST(what_is_known_is_only_looked_at),
        TEST(what_would_be_told_else_is_told),
        TEST(stops_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
