#include "web/listener.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "web/internal.h"

enum {
    LISTENER_MAGIC = 0x1157e4e5,
    ACCEPTS_A_TURN = 32,
    ACCEPT_PAUSE_MS = 100, /* when the system has no descriptor left */
    KEEP_ALIVE_MS = 75000,
    HANDSHAKE_MS = 10000,
    LAST_WRITES_MS = 1000,
    LONGEST_WAIT_MS = 60000,
    POOL_CHUNKS_KEPT = 16,     /* by h2o 2.2 for each thread, of 4 KiB each; */
    POOL_CHUNK_FILLING = 1000, /* four of these fill one, and they are small enough not to bypass them */
};

/* h2o reads up to this much beyond max_body, so that most bodies that are too large get their 413 on a
 * healthy connection; where h2o itself refuses, it closes with bytes unread and the client may see a reset
 * instead. */
static const size_t BODY_SLACK = 4 * 1024 * 1024;

_Thread_local struct listener *listener_of_thread;

/* One open connection; tells us when h2o closes it. */
struct connection {
    struct listener *listener;
    h2o_socket_t *socket;
    SSL_CTX *tls; /* a reference, because h2o has none while it waits for the first packet; NULL: plain */
    struct connection *next;
    struct connection **previous;
};

static void connection_closed(void *pointer)
{
    struct connection *c = pointer;
    atomic_fetch_sub_explicit(&c->listener->open, 1, memory_order_relaxed);
    *c->previous = c->next;
    if (c->next)
        c->next->previous = c->previous;
    SSL_CTX_free(c->tls);
    free(c);
}

static void connection_watch(struct listener *listener, h2o_socket_t *socket)
{
    struct connection *c = xcalloc(1, sizeof *c);
    c->listener = listener;
    c->socket = socket;
    c->tls = listener->accept.ssl_ctx;
    if (c->tls)
        SSL_CTX_up_ref(c->tls);
    c->next = listener->connections;
    c->previous = &listener->connections;
    if (c->next)
        c->next->previous = &c->next;
    listener->connections = c;
    atomic_fetch_add_explicit(&listener->open, 1, memory_order_relaxed);
    socket->on_close.cb = connection_closed;
    socket->on_close.data = c;
}

/* h2o then finds the end of the stream and closes. */
static void connection_cut(struct connection *c)
{
    shutdown(h2o_socket_get_fd(c->socket), SHUT_RDWR);
}

/* Waits for a request and has not got a byte of it. */
static bool connection_is_idle(const struct connection *c)
{
    char byte;
    return h2o_socket_is_reading(c->socket) && !h2o_socket_is_writing(c->socket) &&
           c->socket->input->size == 0 &&
           recv(h2o_socket_get_fd(c->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

static void on_accept(h2o_socket_t *socket, const char *error);

static void accept_again(void *context, void *data)
{
    struct listener *listener = data;
    if (listener->accept_socket)
        h2o_socket_read_start(listener->accept_socket, on_accept);
}

static void on_accept(h2o_socket_t *socket, const char *error)
{
    struct listener *listener = socket->data;
    if (error)
        return;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        errno = 0;
        h2o_socket_t *accepted = h2o_evloop_socket_accept(socket);
        if (!accepted) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                h2o_socket_read_stop(socket); /* level-triggered: it would spin */
                timers_add(&listener->timers, clock_mono_ms() + ACCEPT_PAUSE_MS, accept_again, listener);
            }
            return;
        }
        connection_watch(listener, accepted);
        h2o_accept(&listener->accept, accepted);
    }
}

static void run_messages(struct listener *listener, struct mailbox_message *messages)
{
    while (messages) {
        struct loop_message *message = (struct loop_message *)messages;
        messages = messages->next;
        message->run(message, listener);
    }
}

static void on_wake(h2o_socket_t *socket, const char *error)
{
    struct listener *listener = socket->data;
    run_messages(listener, mailbox_take(listener->mailbox));
}

static void loop_open(struct listener *listener)
{
    listener->loop = h2o_evloop_create();
    h2o_config_init(&listener->config);
    listener->config.server_name = h2o_iovec_init(listener->server_name, strlen(listener->server_name));
    listener->config.http1.req_timeout = KEEP_ALIVE_MS;
    listener->config.handshake_timeout =
        listener->options.handshake_ms ? listener->options.handshake_ms : HANDSHAKE_MS;
    listener->config.http1.upgrade_to_http2 = 0;
    listener->config.max_request_entity_size = listener->options.max_body + BODY_SLACK;
    h2o_hostconf_t *host =
        h2o_config_register_host(&listener->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    /* The fallback path takes every path, "*" too. */
    struct request_handler *handler =
        (struct request_handler *)h2o_create_handler(&host->fallback_path, sizeof *handler);
    handler->super.on_req = request_handle;
    handler->listener = listener;

    h2o_context_init(&listener->context, listener->loop, &listener->config);
    listener->accept.ctx = &listener->context;
    listener->accept.hosts = listener->config.hosts;

    listener->accept_socket =
        h2o_evloop_socket_create(listener->loop, listener->socket_fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->socket_fd = -1;
    listener->accept_socket->data = listener;
    h2o_socket_read_start(listener->accept_socket, on_accept);

    /* h2o closes what it is given; the mailbox keeps its own descriptor for those who outlive the loop. */
    int wake_fd = dup(listener->mailbox->wake_fd);
    if (wake_fd < 0) {
        fprintf(stderr, "web: dup: %s\n", strerror(errno));
        abort();
    }
    listener->wake_socket = h2o_evloop_socket_create(listener->loop, wake_fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->wake_socket->data = listener;
    h2o_socket_read_start(listener->wake_socket, on_wake);
}

static void leave_now(struct listener *listener)
{
    atomic_store(&listener->leaving, true);
    if (listener->accept_socket) {
        h2o_socket_close(listener->accept_socket);
        listener->accept_socket = NULL;
    }
}

static void drain_now(struct listener *listener)
{
    atomic_store(&listener->draining, true);
    leave_now(listener);
    for (struct connection *c = listener->connections; c; c = c->next)
        if (connection_is_idle(c))
            connection_cut(c);
}

/* Waits for answers that are being written, then cuts what is left. */
static void close_connections(struct listener *listener)
{
    int64_t until = clock_mono_ms() + LAST_WRITES_MS;
    while (listener->connections && clock_mono_ms() < until) {
        for (struct connection *c = listener->connections; c; c = c->next)
            if (!h2o_socket_is_writing(c->socket))
                connection_cut(c);
        h2o_evloop_run(listener->loop, 10);
    }
    while (listener->connections) {
        for (struct connection *c = listener->connections; c; c = c->next)
            connection_cut(c);
        h2o_evloop_run(listener->loop, 10);
    }
}

/* What h2o keeps for reuse belongs to the thread, and h2o itself never gives it back when a thread ends.
 * Socket buffers can be asked for one by one; the chunks of request pools only through a pool, whose list of
 * chunks (each begins with the pointer to the next) is then freed here. */
static void free_recycled(void)
{
    h2o_mem_recycle_t *buffers = &h2o_socket_buffer_prototype.allocator;
    while (buffers->cnt > 0)
        free(h2o_mem_alloc_recycle(buffers, 0));

    h2o_mem_pool_t pool;
    h2o_mem_init_pool(&pool);
    for (int i = 0; i < 4 * POOL_CHUNKS_KEPT; i++)
        h2o_mem_alloc_pool(&pool, POOL_CHUNK_FILLING);
    for (void *chunk = pool.chunks, *next; chunk; chunk = next) {
        next = *(void **)chunk;
        free(chunk);
    }
}

static void loop_close(struct listener *listener)
{
    drain_now(listener);
    run_messages(listener, mailbox_close(listener->mailbox));
    tokens_abandon(listener);
    close_connections(listener);
    h2o_socket_close(listener->wake_socket);
    h2o_multithread_queue_t *queue = listener->context.queue;
    h2o_context_dispose(&listener->context);
    free(queue);                       /* h2o takes it apart, but forgets its memory */
    h2o_evloop_run(listener->loop, 0); /* frees the sockets closed just now */
    h2o_evloop_destroy(listener->loop);
    h2o_config_dispose(&listener->config);
    timers_free(&listener->timers);
    free_recycled();
}

struct start {
    struct listener *listener;
    sem_t ready;
};

static void *loop_run(void *argument)
{
    struct start *start = argument;
    struct listener *listener = start->listener;
    pthread_setname_np(pthread_self(), "web");
    listener_of_thread = listener;
    loop_open(listener); /* here, because h2o's buffers belong to the thread that made them */
    sem_post(&start->ready);

    bool ran = false;
    while (!listener->stopping) {
        /* What a timer wrote is finished by h2o's next turn (the connection reads again): that must not wait.
         */
        int32_t wait = ran ? 0 : timers_wait_ms(&listener->timers, clock_mono_ms(), LONGEST_WAIT_MS);
        h2o_evloop_run(listener->loop, wait);
        ran = timers_run(&listener->timers, clock_mono_ms(), listener->options.context);
    }
    loop_close(listener);
    return NULL;
}

static void listener_free(struct listener *listener)
{
    if (listener->socket_fd >= 0)
        close(listener->socket_fd);
    if (listener->mailbox)
        mailbox_unref(listener->mailbox);
    SSL_CTX_free(listener->accept.ssl_ctx);
    free(listener->host);
    free(listener->server_name);
    listener->magic = 0;
    free(listener);
}

/* Signals are the main thread's; SIGPIPE must not end the process when a client is gone. */
static int start_thread(struct listener *listener)
{
    struct start start = {.listener = listener};
    sigset_t all, before;
    sem_init(&start.ready, 0, 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&listener->thread, NULL, loop_run, &start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (rc == 0 && sem_wait(&start.ready) != 0 && errno == EINTR)
        ;
    sem_destroy(&start.ready);
    return rc;
}

bool listener_start(const struct listener_options *options, struct listener **listener_out, struct error *err)
{
    struct listener *listener = xcalloc(1, sizeof *listener);
    listener->magic = LISTENER_MAGIC;
    listener->socket_fd = -1;
    listener->host = xstrdup(options->host);
    listener->server_name = xstrdup(options->server_name ? options->server_name : "");
    listener->options = *options;
    listener->options.host = listener->host;
    listener->options.server_name = listener->server_name;
    listener->options.tls = NULL;
    if (options->tls)
        listener->accept.ssl_ctx = tls_context(options->tls);
    bool listening = options->socket_fd ? socket_adopt(options->socket_fd, &listener->port, err)
                                        : socket_bind(options, &listener->socket_fd, &listener->port, err);
    if (!listening || !mailbox_new(&listener->mailbox, err)) {
        listener_free(listener);
        return false;
    }
    if (options->socket_fd)
        listener->socket_fd = options->socket_fd;
    listener->shared_fd = listener->socket_fd;
    struct listener *before = *listener_out;
    *listener_out = listener; /* handlers may need it, and the first may run before we are back */
    int rc = start_thread(listener);
    if (rc != 0) {
        *listener_out = before;
        listener_free(listener);
        return error_set(err, ERR_INTERNAL, "thread of the listener: %s", strerror(rc));
    }
    return true;
}

uint16_t listener_port(const struct listener *listener)
{
    return listener->port;
}

size_t listener_pending(const struct listener *listener)
{
    return atomic_load(&listener->pending);
}

struct posted {
    struct loop_message message; /* first */
    void (*fn)(void *context, void *data);
    void *data;
};

static void posted_run(struct loop_message *message, struct listener *listener)
{
    struct posted *posted = (struct posted *)message;
    posted->fn(listener->options.context, posted->data);
    free(posted);
}

void listener_post(struct listener *listener, void (*fn)(void *context, void *data), void *data)
{
    struct posted *posted = xcalloc(1, sizeof *posted);
    posted->message.run = posted_run;
    posted->fn = fn;
    posted->data = data;
    if (!mailbox_push(listener->mailbox, &posted->message.link))
        free(posted);
}

void listener_after(struct listener *listener, int64_t delay_ms, void (*fn)(void *context, void *data),
                    void *data)
{
    assert(listener_of_thread == listener);
    timers_add(&listener->timers, clock_mono_ms() + delay_ms, fn, data);
}

struct new_tls {
    struct loop_message message; /* first */
    SSL_CTX *context;
};

static void new_tls_run(struct loop_message *message, struct listener *listener)
{
    struct new_tls *new_tls = (struct new_tls *)message;
    assert(listener->accept.ssl_ctx);
    SSL_CTX_free(listener->accept.ssl_ctx);
    listener->accept.ssl_ctx = new_tls->context;
    free(new_tls);
}

void listener_set_tls(struct listener *listener, const struct tls *tls)
{
    struct new_tls *new_tls = xcalloc(1, sizeof *new_tls);
    new_tls->message.run = new_tls_run;
    new_tls->context = tls_context(tls);
    if (!mailbox_push(listener->mailbox, &new_tls->message.link)) {
        SSL_CTX_free(new_tls->context);
        free(new_tls);
    }
}

/* A request to the loop that its sender waits for; lives on the sender's stack. */
struct command {
    struct loop_message message; /* first */
    sem_t *done;
};

static void drain_run(struct loop_message *message, struct listener *listener)
{
    drain_now(listener);
    sem_post(((struct command *)message)->done);
}

static void leave_run(struct loop_message *message, struct listener *listener)
{
    leave_now(listener);
    sem_post(((struct command *)message)->done);
}

static void command_loop(struct listener *listener,
                         void (*run)(struct loop_message *message, struct listener *listener))
{
    sem_t done;
    struct command command = {.message.run = run, .done = &done};
    sem_init(&done, 0, 0);
    if (mailbox_push(listener->mailbox, &command.message.link))
        while (sem_wait(&done) != 0 && errno == EINTR)
            ;
    sem_destroy(&done);
}

void listener_drain(struct listener *listener)
{
    listener->shared_fd = -1;
    if (listener_of_thread == listener)
        drain_now(listener);
    else
        command_loop(listener, drain_run);
}

void listener_leave(struct listener *listener)
{
    listener->shared_fd = -1;
    command_loop(listener, leave_run);
}

size_t listener_connections(const struct listener *listener)
{
    return atomic_load(&listener->open);
}

int listener_share_socket(const struct listener *listener)
{
    return listener->shared_fd < 0 ? -1 : fcntl(listener->shared_fd, F_DUPFD_CLOEXEC, 3);
}

static void stop_run(struct loop_message *message, struct listener *listener)
{
    listener->stopping = true;
}

void listener_stop(struct listener **listener)
{
    struct listener *l = *listener;
    if (!l)
        return;
    assert(l->magic == LISTENER_MAGIC && listener_of_thread != l);
    struct loop_message stop = {.run = stop_run};
    if (mailbox_push(l->mailbox, &stop.link))
        pthread_join(l->thread, NULL);
    listener_free(l);
    *listener = NULL;
}
