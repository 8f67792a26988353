#include "api_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 256, MOST_REQUEST = 1 << 20 };

struct connection {
    struct api_server *server;
    int number, socket;
    pthread_t thread;
};

struct api_server {
    void (*answer)(void *context, const struct api_request *request, struct api_answer *answer_out);
    void *context;
    char base[64];
    int socket;
    pthread_t thread;
    atomic_bool stopping;
    atomic_int requests, count;
    struct connection connections[MOST_CONNECTIONS];
};

static void must(bool fine, const char *what)
{
    if (!fine) {
        perror(what);
        abort();
    }
}

static bool send_all(int socket, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool send_answer(int socket, struct api_answer *answer)
{
    if (!answer->body[0] && answer->status == 200)
        strcpy(answer->body, "{\"ok\":true,\"result\":true}");
    char head[500];
    snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", answer->status,
             strlen(answer->body) + answer->padding, answer->headers ? answer->headers : "");
    if (!send_all(socket, head, strlen(head)) || !send_all(socket, answer->body, strlen(answer->body)))
        return false;
    char *padding = malloc(answer->padding + 1);
    memset(padding, ' ', answer->padding);
    bool sent = send_all(socket, padding, answer->padding);
    free(padding);
    return sent;
}

/* Takes one request out of the buffer's begin; its length, or 0 where it is not complete. */
static size_t parse(char *buffer, size_t length, struct api_request *request_out)
{
    char *end = memmem(buffer, length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    char *field = strcasestr(buffer, "\r\nContent-Length:");
    size_t body = field && field < end ? (size_t)atol(field + 17) : 0;
    size_t total = (size_t)(end + 4 - buffer) + body;
    if (length < total)
        return 0;
    end[2] = 0;
    bool is_file = strncmp(buffer, "GET /file/", 10) == 0; /* all others are calls */
    must(is_file || strncmp(buffer, "POST ", 5) == 0, "not a POST");
    char *path = strchr(buffer, '/'), *space = strchr(path, ' ');
    must(space && strncmp(space, " HTTP/1.1\r\n", 11) == 0, "not HTTP/1.1");
    *space = 0;
    request_out->path = path;
    request_out->method = strrchr(path, '/') + 1;
    request_out->headers = space + 11;
    request_out->body = end + 4;
    request_out->length = body;
    return total;
}

static void *serve(void *argument)
{
    struct connection *c = argument;
    char *buffer = calloc(1, MOST_REQUEST + 1);
    size_t length = 0;
    for (;;) {
        struct api_request request = {.connection = c->number};
        struct api_answer answer = {.status = 200};
        ssize_t got = recv(c->socket, buffer + length, MOST_REQUEST - length, 0);
        if (got <= 0)
            break;
        length += (size_t)got;
        buffer[length] = 0;
        size_t taken = parse(buffer, length, &request);
        if (taken == 0)
            continue;
        request.number = atomic_fetch_add(&c->server->requests, 1) + 1;
        c->server->answer(c->server->context, &request, &answer);
        if (answer.status == 0 || !send_answer(c->socket, &answer))
            break;
        memmove(buffer, buffer + taken, length - taken);
        length -= taken;
    }
    free(buffer);
    shutdown(c->socket, SHUT_RDWR);
    return NULL;
}

static void *listen_on(void *argument)
{
    struct api_server *server = argument;
    for (;;) {
        int socket = accept(server->socket, NULL, NULL);
        if (socket < 0 || atomic_load(&server->stopping)) {
            if (socket >= 0)
                close(socket);
            return NULL;
        }
        int one = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        int count = atomic_load(&server->count);
        must(count < MOST_CONNECTIONS, "too many connections");
        struct connection *c = &server->connections[count];
        *c = (struct connection){.server = server, .number = count + 1, .socket = socket};
        must(pthread_create(&c->thread, NULL, serve, c) == 0, "thread");
        atomic_fetch_add(&server->count, 1);
    }
}

struct api_server *api_server_start(void (*answer)(void *context, const struct api_request *request,
                                                   struct api_answer *answer_out),
                                    void *context)
{
    struct api_server *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    server->answer = answer;
    server->context = context;
    server->socket = socket(AF_INET, SOCK_STREAM, 0);
    must(bind(server->socket, (struct sockaddr *)&address, size) == 0, "bind");
    must(listen(server->socket, 128) == 0, "listen");
    must(getsockname(server->socket, (struct sockaddr *)&address, &size) == 0, "getsockname");
    snprintf(server->base, sizeof(server->base), "http://127.0.0.1:%d", ntohs(address.sin_port));
    must(pthread_create(&server->thread, NULL, listen_on, server) == 0, "thread");
    return server;
}

const char *api_server_base(const struct api_server *server)
{
    return server->base;
}

int api_server_connections(struct api_server *server)
{
    return atomic_load(&server->count);
}

int api_server_requests(struct api_server *server)
{
    return atomic_load(&server->requests);
}

bool api_server_stopping(const struct api_server *server)
{
    return atomic_load(&server->stopping);
}

void api_server_stop(struct api_server **server_pointer)
{
    struct api_server *server = *server_pointer;
    atomic_store(&server->stopping, true);
    shutdown(server->socket, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->socket);
    for (int i = 0; i < atomic_load(&server->count); i++) {
        shutdown(server->connections[i].socket, SHUT_RDWR);
        pthread_join(server->connections[i].thread, NULL);
        close(server->connections[i].socket);
    }
    free(server);
    *server_pointer = NULL;
}
