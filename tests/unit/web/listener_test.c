#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "web/listener.h"

/* A worker thread that answers what is handed to it when the test lets it. */
struct worker {
    pthread_t thread;
    sem_t got;  /* posted by the handler for each token */
    sem_t go;   /* posted by the test for each answer */
    sem_t done; /* posted after each answer */
    struct web_token *tokens[256];
    size_t taken, answered;
    bool end;
};

struct world {
    struct listener *listener;
    struct worker worker;
    char seen_method[16], seen_path[128], seen_query[128], seen_rest[128], seen_body[256], seen_header[64],
        seen_peer[64];
    size_t seen_length;
    bool seen_loopback;
    sem_t timer;
    char timer_order[8];
};

static void on_echo(struct web_request *request, void *context)
{
    struct world *w = context;
    const char *header = web_header(request, "x-secret");
    snprintf(w->seen_method, sizeof w->seen_method, "%s", request->method);
    snprintf(w->seen_path, sizeof w->seen_path, "%s", request->path);
    snprintf(w->seen_query, sizeof w->seen_query, "%s", request->query);
    snprintf(w->seen_rest, sizeof w->seen_rest, "%s", request->rest);
    snprintf(w->seen_body, sizeof w->seen_body, "%s", request->body);
    snprintf(w->seen_header, sizeof w->seen_header, "%s", header ? header : "(none)");
    web_peer_address(request, w->seen_peer);
    w->seen_loopback = web_peer_is_loopback(request);
    w->seen_length = request->body_length;
    struct web_response response = {.status = 200,
                                    .content_type = "text/plain",
                                    .body = request->body,
                                    .body_length = request->body_length,
                                    .extra_name = "cache-control",
                                    .extra_value = "no-store"};
    web_respond(request->token, &response);
}

static void on_later(struct web_request *request, void *context)
{
    struct world *w = context;
    w->worker.tokens[w->worker.taken++] = request->token;
    sem_post(&w->worker.got);
}

static void on_drop(struct web_request *request, void *context)
{
    web_respond(request->token, &(struct web_response){.drop_connection = true});
}

static void on_busy(struct web_request *request, void *context)
{
    web_respond(request->token, &(struct web_response){.status = 429, .retry_after = 7});
}

static void answer_now(void *context, void *data)
{
    web_respond_text(data, 200, "late");
}

static void on_put_off(struct web_request *request, void *context)
{
    struct world *w = context;
    listener_after(w->listener, 5, answer_now, request->token);
}

static const struct web_route routes[] = {
    {"GET", "/put-off", false, on_put_off}, {"POST", "/echo", false, on_echo},
    {"GET", "/echo/", true, on_echo},       {NULL, "/later", false, on_later},
    {"POST", "/drop", false, on_drop},      {"GET", "/busy", false, on_busy},
};

static void *worker_run(void *argument)
{
    struct worker *worker = argument;
    for (;;) {
        sem_wait(&worker->go);
        if (worker->end)
            return NULL;
        char body[64];
        snprintf(body, sizeof body, "{\"answer\":%zu}", worker->answered);
        char type[] = "application/json";
        web_respond(worker->tokens[worker->answered++], &(struct web_response){.status = 200,
                                                                               .content_type = type,
                                                                               .body = body,
                                                                               .body_length = strlen(body),
                                                                               .extra_name = "x-worker",
                                                                               .extra_value = "yes"});
        memset(body, 'x', sizeof body); /* the answer was copied */
        memset(type, 'x', sizeof type);
        sem_post(&worker->done);
    }
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct error err;
    struct listener_options options = {.host = "127.0.0.1",
                                       .max_body = 1000,
                                       .routes = routes,
                                       .route_count = sizeof routes / sizeof *routes,
                                       .context = w,
                                       .server_name = "test"};
    sem_init(&w->worker.got, 0, 0);
    sem_init(&w->worker.go, 0, 0);
    sem_init(&w->worker.done, 0, 0);
    sem_init(&w->timer, 0, 0);
    if (!listener_start(&options, &w->listener, &err))
        return -1;
    pthread_create(&w->worker.thread, NULL, worker_run, &w->worker);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    if (w->listener) {
        listener_drain(w->listener);
        listener_stop(&w->listener);
    }
    w->worker.end = true;
    sem_post(&w->worker.go);
    pthread_join(w->worker.thread, NULL);
    free(w);
    return 0;
}

static int dial(struct world *w)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(listener_port(w->listener)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* One answer: head and body apart. -1 where the connection ended before it was complete. */
struct answer {
    int status;
    char head[2048];
    char body[4096];
    size_t body_length;
};

static bool hear_head(int fd, struct answer *answer)
{
    size_t length = 0;
    while (length < 4 || memcmp(answer->head + length - 4, "\r\n\r\n", 4) != 0) {
        if (length + 1 == sizeof answer->head || recv(fd, answer->head + length, 1, 0) != 1)
            return false;
        answer->head[++length] = '\0';
    }
    return sscanf(answer->head, "HTTP/1.1 %d", &answer->status) == 1;
}

static bool hear(int fd, struct answer *answer)
{
    memset(answer, 0, sizeof *answer);
    if (!hear_head(fd, answer))
        return false;
    const char *length = strcasestr(answer->head, "\r\ncontent-length: ");
    assert_non_null(length);
    answer->body_length = strtoul(length + 18, NULL, 10);
    assert_true(answer->body_length < sizeof answer->body);
    for (size_t got = 0; got < answer->body_length;) {
        ssize_t n = recv(fd, answer->body + got, answer->body_length - got, 0);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

static bool closed_by_peer(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

static void let_worker_answer(struct world *w)
{
    sem_post(&w->worker.go);
    sem_wait(&w->worker.done);
}

static void answers_on_the_loop_and_keeps_alive(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int fd = dial(w);
    say(fd, "POST /echo?a=1&b=%20 HTTP/1.1\r\nHost: x\r\nX-Secret: s3\r\nContent-Length: 5\r\n\r\nhello");
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "hello");
    assert_non_null(strcasestr(answer.head, "\r\ncontent-type: text/plain\r\n"));
    assert_non_null(strcasestr(answer.head, "\r\ncache-control: no-store\r\n"));
    assert_non_null(strcasestr(answer.head, "\r\nserver: test\r\n"));
    assert_string_equal(w->seen_method, "POST");
    assert_string_equal(w->seen_query, "a=1&b=%20");
    assert_string_equal(w->seen_header, "s3");
    assert_string_equal(w->seen_peer, "127.0.0.1");
    assert_true(w->seen_loopback);

    /* The same connection, pipelined, a prefix, a path that needs decoding. */
    say(fd, "GET /echo/kopi%2Ddigital HTTP/1.1\r\nHost: x\r\n\r\n"
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.body_length, 0);
    assert_true(hear(fd, &answer));
    assert_string_equal(answer.body, "abc");
    say(fd, "GET /echo/kopi%2Ddigital HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(fd, &answer));
    assert_string_equal(w->seen_path, "/echo/kopi-digital");
    assert_string_equal(w->seen_rest, "kopi-digital");
    assert_string_equal(w->seen_query, "");
    assert_string_equal(w->seen_header, "(none)");
    close(fd);
}

static void takes_chunked_bodies(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int fd = dial(w);
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n");
    say(fd, "5\r\npedia\r\n0\r\n\r\n");
    assert_true(hear(fd, &answer));
    assert_string_equal(answer.body, "Wikipedia");
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok");
    assert_true(hear(fd, &answer));
    assert_string_equal(answer.body, "ok");
    close(fd);
}

static void bodies_may_hold_nul(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int fd = dial(w);
    const char request[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na\0b";
    assert_int_equal(send(fd, request, sizeof request - 1, 0), sizeof request - 1);
    assert_true(hear(fd, &answer));
    assert_memory_equal(answer.body, "a\0b", 3);
    say(fd, "GET /echo/a%00b HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.status, 400);
    close(fd);
}

static void head_has_no_body(void **state)
{
    struct world *w = *state;
    struct answer answer = {0};
    int fd = dial(w);
    say(fd, "HEAD /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
    assert_true(hear_head(fd, &answer));
    assert_int_equal(answer.status, 200);
    assert_non_null(strcasestr(answer.head, "\r\ncontent-length: 2\r\n"));
    say(fd, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n"); /* a stray body would stand before this answer */
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.status, 429);
    assert_non_null(strcasestr(answer.head, "\r\nretry-after: 7\r\n"));
    close(fd);
}

static void refuses_unknown_paths_and_methods(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int fd = dial(w);
    static const struct {
        const char *line;
        int status;
    } cases[] = {
        {"GET /nowhere", 404}, {"GET /echo", 405}, {"DELETE /echo/x", 405}, {"GET /echox", 404},
        {"OPTIONS *", 404},    {"PUT /busy", 405}, {"GET /busy/", 404},     {"GET /a/../busy", 429},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[128];
        snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: x\r\n\r\n", cases[i].line);
        say(fd, request);
        assert_true(hear(fd, &answer));
        assert_int_equal(answer.status, cases[i].status);
    }
    close(fd);
}

static void refuses_large_bodies(void **state)
{
    struct world *w = *state;
    struct answer answer;
    char *body = xcalloc(1, 2002);
    memset(body, 'b', 2001);
    int fd = dial(w);
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    assert_int_equal(send(fd, body, 1001, 0), 1001);
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.status, 413);
    say(fd,
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); /* and the limit itself is fine */
    assert_int_equal(send(fd, body, 1000, 0), 1000);
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.status, 200);
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d1\r\n");
    assert_int_equal(send(fd, body, 2001, 0), 2001);
    say(fd, "\r\n0\r\n\r\n");
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.status, 413);
    /* Absurd announcements are refused before anything is read. */
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.status, 413);
    assert_true(closed_by_peer(fd));
    close(fd);
    free(body);
}

static void answers_from_another_thread(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int first = dial(w), second = dial(w);
    say(first, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    sem_wait(&w->worker.got);
    say(second, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    sem_wait(&w->worker.got);
    assert_int_equal(listener_pending(w->listener), 2);
    let_worker_answer(w);
    assert_true(hear(first, &answer));
    assert_string_equal(answer.body, "{\"answer\":0}");
    assert_non_null(strcasestr(answer.head, "\r\ncontent-type: application/json\r\n"));
    assert_non_null(strcasestr(answer.head, "\r\nx-worker: yes\r\n"));
    let_worker_answer(w);
    assert_true(hear(second, &answer));
    assert_string_equal(answer.body, "{\"answer\":1}");
    say(first, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"); /* kept alive */
    sem_wait(&w->worker.got);
    let_worker_answer(w);
    assert_true(hear(first, &answer));
    assert_string_equal(answer.body, "{\"answer\":2}");
    assert_int_equal(listener_pending(w->listener), 0);
    close(first);
    close(second);
}

static void a_client_may_leave_before_the_answer(void **state)
{
    struct world *w = *state;
    struct answer answer;
    for (int i = 0; i < 100; i++) {
        int fd = dial(w);
        say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        sem_wait(&w->worker.got);
        if (i % 2) { /* with a reset rather than an orderly end */
            struct linger reset = {.l_onoff = 1};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        }
        close(fd);
        let_worker_answer(w);
    }
    int fd = dial(w);
    say(fd, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(fd, &answer)); /* the loop is alive, and past the answers before */
    assert_int_equal(listener_pending(w->listener), 0);
    close(fd);
}

static void drops_a_connection(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int fd = dial(w);
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
    assert_true(hear(fd, &answer));
    say(fd, "POST /drop HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
    assert_true(closed_by_peer(fd));
    close(fd);
}

static void drains(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int idle = dial(w), busy = dial(w), halfway = dial(w), fresh;
    say(idle, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(idle, &answer));
    say(halfway, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(halfway, &answer));
    say(busy, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    sem_wait(&w->worker.got);
    say(halfway, "GET /echo/x HTTP/1.1\r\nHo");
    listener_drain(w->listener);
    assert_int_equal(listener_pending(w->listener), 1);
    assert_true(closed_by_peer(idle));
    fresh = dial(w);
    assert_true(fresh < 0);
    say(halfway, "st: x\r\n\r\n");
    assert_true(hear(halfway, &answer));
    assert_int_equal(answer.status, 503);
    assert_non_null(strcasestr(answer.head, "\r\nretry-after: 5\r\n"));
    assert_non_null(strcasestr(answer.head, "\r\nconnection: close\r\n"));
    assert_true(closed_by_peer(halfway));
    let_worker_answer(w);
    assert_true(hear(busy, &answer));
    assert_int_equal(answer.status, 200);
    assert_true(closed_by_peer(busy));
    listener_drain(w->listener); /* twice does no harm */
    close(idle);
    close(busy);
    close(halfway);
}

static void hands_its_socket_to_another(void **state)
{
    struct world *w = *state;
    struct world other = {0};
    struct error err = {0};
    struct answer answer;
    uint16_t port = listener_port(w->listener);
    int idle = dial(w), busy = dial(w);
    say(idle, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(idle, &answer));
    assert_null(strcasestr(answer.head, "connection: close"));
    say(busy, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    sem_wait(&w->worker.got);

    struct listener_options options = {.host = "127.0.0.1",
                                       .port = port,
                                       .socket_fd = listener_share_socket(w->listener),
                                       .max_body = 1000,
                                       .routes = routes,
                                       .route_count = sizeof routes / sizeof *routes,
                                       .context = &other,
                                       .server_name = "other"};
    assert_true(options.socket_fd > 0);
    assert_true(listener_socket_fits(options.socket_fd, "127.0.0.1", port));
    assert_false(listener_socket_fits(options.socket_fd, "127.0.0.1", (uint16_t)(port - 1)));
    assert_false(listener_socket_fits(options.socket_fd, "0.0.0.0", port));
    assert_false(listener_socket_fits(options.socket_fd, "::1", port));
    assert_true(listener_start(&options, &other.listener, &err));
    assert_int_equal(listener_port(other.listener), port);
    listener_leave(w->listener);
    assert_int_equal(listener_share_socket(w->listener), -1);
    assert_int_equal(listener_connections(w->listener), 2);

    for (int i = 0; i < 20; i++) { /* whoever comes now meets the other */
        int fresh = dial(w);
        say(fresh, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
        assert_true(hear(fresh, &answer));
        assert_non_null(strcasestr(answer.head, "\r\nserver: other\r\n"));
        close(fresh);
    }
    /* and those who are here are answered once more, and then sent away */
    say(idle, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
    assert_true(hear(idle, &answer));
    assert_int_equal(answer.status, 200);
    assert_non_null(strcasestr(answer.head, "\r\nserver: test\r\n"));
    assert_non_null(strcasestr(answer.head, "\r\nconnection: close\r\n"));
    assert_true(closed_by_peer(idle));
    let_worker_answer(w);
    assert_true(hear(busy, &answer));
    assert_int_equal(answer.status, 200);
    assert_true(closed_by_peer(busy));
    while (listener_connections(w->listener))
        sched_yield();
    close(idle);
    close(busy);
    listener_drain(other.listener);
    listener_stop(&other.listener);
}

static void takes_only_what_listens(void **state)
{
    struct error err = {0};
    struct listener *none = NULL;
    struct listener_options options = {.host = "127.0.0.1", .server_name = ""};
    options.socket_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_false(listener_start(&options, &none, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "not one that listens"));
    close(options.socket_fd);
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    options.socket_fd = pair[0];
    assert_false(listener_start(&options, &none, &err));
    close(pair[0]);
    close(pair[1]);
}

static void an_answer_may_come_after_the_stop(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int fd = dial(w);
    say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    sem_wait(&w->worker.got);
    listener_stop(&w->listener);
    assert_null(w->listener);
    assert_true(hear(fd, &answer));
    assert_int_equal(answer.status, 503);
    let_worker_answer(w);
    close(fd);
}

static void a_taken_port_is_a_conflict(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct listener *second = NULL;
    struct listener_options options = {
        .host = "127.0.0.1", .port = listener_port(w->listener), .server_name = ""};
    assert_false(listener_start(&options, &second, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    char place[32];
    snprintf(place, sizeof place, "127.0.0.1:%u", options.port);
    assert_non_null(strstr(err.text, place));
    options.host = "no such host";
    assert_false(listener_start(&options, &second, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_null(second);
}

static void note(struct world *w, const char *letter)
{
    strcat(w->timer_order, letter);
    if (strlen(w->timer_order) == 3)
        sem_post(&w->timer);
}

static void on_timer_b(void *context, void *data)
{
    note(context, "b");
}

static void on_timer_c(void *context, void *data)
{
    note(context, "c");
}

static void on_posted(void *context, void *data)
{
    struct world *w = context;
    listener_after(w->listener, 20, on_timer_c, NULL);
    listener_after(w->listener, 1, on_timer_b, NULL);
    note(w, data);
}

static void never(void *context, void *data)
{
    fail();
}

static void put_off(void *context, void *data)
{
    struct world *w = context;
    listener_after(w->listener, 3600000, never, NULL);
}

static void posts_and_timers_run_on_the_loop(void **state)
{
    struct world *w = *state;
    listener_post(w->listener, on_posted, "a");
    sem_wait(&w->timer);
    assert_string_equal(w->timer_order, "abc");
    listener_post(w->listener, put_off, NULL); /* forgotten by the stop */
}

static void an_answer_from_a_timer_keeps_the_connection(void **state)
{
    struct world *w = *state;
    struct answer answer;
    int fd = dial(w);
    for (int i = 0; i < 3; i++) {
        say(fd, "GET /put-off HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_true(hear(fd, &answer));
        assert_string_equal(answer.body, "late");
    }
    close(fd);
}

struct load {
    struct world *w;
    int count;
};

static void *answer_all(void *argument)
{
    struct load *load = argument;
    for (int i = 0; i < load->count; i++) {
        sem_wait(&load->w->worker.got);
        web_respond_text(load->w->worker.tokens[i], 200, "x");
    }
    return NULL;
}

static void many_requests_over_many_connections(void **state)
{
    struct world *w = *state;
    struct load load = {w, 240};
    struct answer answer;
    pthread_t thread;
    int fds[8];
    pthread_create(&thread, NULL, answer_all, &load);
    for (int i = 0; i < 8; i++)
        fds[i] = dial(w);
    for (int round = 0; round < load.count / 8; round++) {
        for (int i = 0; i < 8; i++)
            say(fds[i], "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
        for (int i = 0; i < 8; i++) {
            assert_true(hear(fds[i], &answer));
            assert_string_equal(answer.body, "x");
        }
    }
    pthread_join(thread, NULL);
    for (int i = 0; i < 8; i++)
        close(fds[i]);
}

static bool is_proxy(void *context, const char *address)
{
    return strcmp(address, "127.0.0.1") == 0 || strncmp(address, "10.", 3) == 0 ||
           strcmp(address, "2001:db8::1") == 0;
}

static void a_proxy_says_where_a_request_comes_from(void **state)
{
    static const struct {
        const char *headers, *address;
        bool loopback;
    } cases[] = {
        {"", "127.0.0.1", true}, /* a proxy that says nothing, or somebody on this machine */
        {"X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9", false},
        {"X-Forwarded-For: 127.0.0.1, 203.0.113.9\r\n", "203.0.113.9", false}, /* the first is invented */
        {"X-Forwarded-For: 10.1.1.1,203.0.113.9 , 10.0.0.7 ,10.0.0.8\r\n", "203.0.113.9", false},
        {"x-forwarded-for: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\nX-FORWARDED-FOR: 10.0.0.7\r\n",
         "203.0.113.9", false},
        {"X-Forwarded-For: 203.0.113.9:4711\r\n", "203.0.113.9", false},
        {"X-Forwarded-For: [2001:db8::9]:4711\r\n", "2001:db8::9", false},
        {"X-Forwarded-For: 2001:db8::9, 2001:db8::1\r\n", "2001:db8::9", false},
        {"X-Forwarded-For: ::ffff:203.0.113.9\r\n", "203.0.113.9", false},
        {"X-Forwarded-For: ::1\r\n", "::1", true}, /* asked on the proxy's own machine */
        {"X-Forwarded-For: 127.0.0.1\r\n", "127.0.0.1", true},
        {"X-Forwarded-For: 10.0.0.7, 10.0.0.8\r\n", "10.0.0.7", false},
        {"X-Forwarded-For: 127.0.0.1, unknown\r\n", "unknown", false},
        {"X-Forwarded-For: 127.0.0.1,\r\n", "unknown", false},
        {"X-Forwarded-For:\r\n", "unknown", false},
        {"X-Forwarded-For: 127.0.0.1 127.0.0.1\r\n", "unknown", false},
        {"X-Forwarded-For: "
         "1111111111111111111111111111111111111111111111111111111111111111111111111.1.1.1\r\n",
         "unknown", false},
        {"Forwarded: for=203.0.113.9\r\n", "127.0.0.1", true},
    };
    struct world *w = *state;
    struct world proxied = {0};
    struct error err;
    struct answer answer;
    struct listener_options options = {.host = "127.0.0.1",
                                       .max_body = 1000,
                                       .routes = routes,
                                       .route_count = sizeof routes / sizeof *routes,
                                       .is_proxy = is_proxy,
                                       .context = &proxied,
                                       .server_name = "test"};
    assert_true(listener_start(&options, &proxied.listener, &err));
    int fd = dial(&proxied);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[512];
        snprintf(request, sizeof request, "GET /echo/x HTTP/1.1\r\nHost: x\r\n%s\r\n", cases[i].headers);
        say(fd, request);
        assert_true(hear(fd, &answer));
        assert_string_equal(proxied.seen_peer, cases[i].address);
        assert_int_equal(proxied.seen_loopback, cases[i].loopback);
    }
    close(fd);
    listener_drain(proxied.listener);
    listener_stop(&proxied.listener);

    fd = dial(w); /* where nobody is trusted nobody is believed */
    say(fd, "GET /echo/x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
    assert_true(hear(fd, &answer));
    assert_string_equal(w->seen_peer, "127.0.0.1");
    close(fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(answers_on_the_loop_and_keeps_alive),
        T(takes_chunked_bodies),
        T(bodies_may_hold_nul),
        T(head_has_no_body),
        T(refuses_unknown_paths_and_methods),
        T(refuses_large_bodies),
        T(answers_from_another_thread),
        T(a_client_may_leave_before_the_answer),
        T(drops_a_connection),
        T(drains),
        T(hands_its_socket_to_another),
        T(takes_only_what_listens),
        T(an_answer_may_come_after_the_stop),
        T(a_taken_port_is_a_conflict),
        T(posts_and_timers_run_on_the_loop),
        T(an_answer_from_a_timer_keeps_the_connection),
        T(many_requests_over_many_connections),
        T(a_proxy_says_where_a_request_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
