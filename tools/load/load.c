/*
 * lapak-load: posts updates as Telegram does, on many connections kept open, each with one request under way
 * (a closed loop), and says how many were answered as expected in a second, and how fast.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "latency.h"
#include "plan.h"
#include "wire.h"

enum { EXIT_USAGE = 2, IN_BYTES = 65536, EVENTS = 64, GRACE_US = 10 * 1000000, MOST_SAID = 300 };

struct connection {
    int fd;
    bool busy;
    const struct plan_kind *kind;
    int64_t sent_us;
    char *out;
    size_t out_length, out_sent;
    char *in;
    size_t in_length;
};

struct load {
    struct plan plan;
    int epoll;
    struct connection *connections;
    int busy;
    int64_t start_us, end_us;
    int64_t number; /* of requests sent */
    uint64_t chance;
    struct latency latency;
    int64_t answers; /* as expected, before end_us */
    int64_t late;    /* as expected, after it */
    int64_t wrong;
    char first_wrong[MOST_SAID];
};

static void stop(const char *what)
{
    fprintf(stderr, "lapak-load: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static uint64_t by_chance(struct load *load) /* xorshift64: the same in every run */
{
    load->chance ^= load->chance << 13;
    load->chance ^= load->chance >> 7;
    load->chance ^= load->chance << 17;
    return load->chance;
}

static const struct plan_kind *choose_kind(struct load *load)
{
    int64_t at = (int64_t)(by_chance(load) % (uint64_t)load->plan.total_weight);
    const struct plan_kind *kind = load->plan.kinds;
    while (at >= kind->weight)
        at -= kind++->weight;
    return kind;
}

static void watch(const struct load *load, struct connection *c, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(load->epoll, operation, c->fd, &event))
        stop("epoll_ctl");
}

static void flush(const struct load *load, struct connection *c)
{
    bool blocked = c->out_sent > 0;
    while (c->out_sent < c->out_length) {
        ssize_t n = send(c->fd, c->out + c->out_sent, c->out_length - c->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            watch(load, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (n < 0)
            stop("send");
        c->out_sent += (size_t)n;
    }
    if (blocked)
        watch(load, c, EPOLL_CTL_MOD, EPOLLIN);
}

/* Stores in turn, and the people of a store in turn, so that each acts as seldom as possible. */
static void send_next(struct load *load, struct connection *c)
{
    const struct plan *plan = &load->plan;
    int64_t number = load->number++, stores = (int64_t)plan->store_count;
    struct plan_request request = {
        .store = &plan->stores[number % stores],
        .kind = choose_kind(load),
        .update = plan->first_update + number,
        .person = plan->first_person + number / stores % plan->persons,
    };
    request.choice = by_chance(load) % request.kind->data_count;
    c->kind = request.kind;
    c->out_length = plan_render(&request, c->out);
    c->out_sent = 0;
    c->in_length = 0;
    c->busy = true;
    load->busy++;
    c->sent_us = clock_mono_us();
    flush(load, c);
}

static bool is_expected(const struct plan_kind *kind, const struct wire_answer *answer)
{
    if (answer->status != 200)
        return false;
    if (kind->expect_length == 0)
        return answer->body_length == 0;
    return memmem(answer->body, answer->body_length, kind->expect, kind->expect_length) != NULL;
}

static void count(struct load *load, struct connection *c, const struct wire_answer *answer)
{
    int64_t now_us = clock_mono_us();
    if (!is_expected(c->kind, answer)) {
        if (load->wrong++ == 0)
            snprintf(load->first_wrong, sizeof load->first_wrong, "%s: %d %.*s", c->kind->name,
                     answer->status, (int)(answer->body_length < 200 ? answer->body_length : 200),
                     answer->body);
    } else if (now_us <= load->end_us) {
        load->answers++;
        latency_add(&load->latency, now_us - c->sent_us);
    } else {
        load->late++;
    }
    c->busy = false;
    load->busy--;
    if (now_us < load->end_us)
        send_next(load, c);
}

static void take(struct load *load, struct connection *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_length, IN_BYTES - c->in_length, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0)
        stop("recv");
    if (n == 0 || !c->busy) {
        fprintf(stderr, "lapak-load: the server %s\n",
                n ? "spoke without being asked" : "closed a connection");
        exit(EXIT_FAILURE);
    }
    c->in_length += (size_t)n;
    struct wire_answer answer;
    enum wire_state state = wire_read_answer(c->in, c->in_length, &answer);
    if (state == WIRE_PARTIAL && c->in_length < IN_BYTES)
        return;
    if (state != WIRE_WHOLE || answer.length != c->in_length) {
        fprintf(stderr, "lapak-load: an answer that can't be read: %.*s\n", 200, c->in);
        exit(EXIT_FAILURE);
    }
    count(load, c, &answer);
}

static void connect_all(struct load *load)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)load->plan.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->connections = xcalloc((size_t)load->plan.connections, sizeof *load->connections);
    for (int64_t i = 0; i < load->plan.connections; i++) {
        struct connection *c = &load->connections[i];
        c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) ||
            setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) || fcntl(c->fd, F_SETFL, O_NONBLOCK))
            stop("connect");
        c->out = xcalloc(1, load->plan.most_request);
        c->in = xcalloc(1, IN_BYTES + 1);
        watch(load, c, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void run(struct load *load)
{
    load->start_us = clock_mono_us();
    load->end_us = load->start_us + (int64_t)(load->plan.seconds * 1e6);
    for (int64_t i = 0; i < load->plan.connections; i++)
        send_next(load, &load->connections[i]);
    while (load->busy) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(load->epoll, events, EVENTS, 1000);
        if (n < 0 && errno != EINTR)
            stop("epoll_wait");
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                flush(load, c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                take(load, c);
        }
        if (clock_mono_us() > load->end_us + GRACE_US) {
            fprintf(stderr, "lapak-load: %d requests were not answered within %d s\n", load->busy,
                    GRACE_US / 1000000);
            exit(EXIT_FAILURE);
        }
    }
}

static void report(struct load *load)
{
    json_t *json =
        json_pack("{s:f, s:I, s:I, s:I, s:s, s:f, s:I, s:o}", "seconds", load->plan.seconds, "answers",
                  (json_int_t)load->answers, "late", (json_int_t)load->late, "wrong", (json_int_t)load->wrong,
                  "first_wrong", load->first_wrong, "rate", (double)load->answers / load->plan.seconds,
                  "sent", (json_int_t)load->number, "latency_us", latency_json(&load->latency));
    if (!json) { /* bytes of a foreign answer that are not UTF-8 */
        fprintf(stderr, "lapak-load: wrong answers: %lld\n", (long long)load->wrong);
        exit(EXIT_FAILURE);
    }
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
}

static void free_all(struct load *load)
{
    for (int64_t i = 0; i < load->plan.connections; i++) {
        close(load->connections[i].fd);
        free(load->connections[i].out);
        free(load->connections[i].in);
    }
    free(load->connections);
    close(load->epoll);
    latency_free(&load->latency);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: lapak-load PLAN.json\nA program of tools/bench; plan.h tells what a plan is.\n",
              stderr);
        return EXIT_USAGE;
    }
    auto_arena struct arena *arena = arena_new();
    struct load load = {.chance = 0x9E3779B97F4A7C15u};
    struct error err;
    if (!plan_read(arena, argv[1], &load.plan, &err)) {
        fprintf(stderr, "lapak-load: %s\n", err.text);
        return EXIT_USAGE;
    }
    connect_all(&load);
    run(&load);
    report(&load);
    free_all(&load);
    return EXIT_SUCCESS;
}
