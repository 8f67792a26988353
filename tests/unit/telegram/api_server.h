/* A Bot API on a port of its own that answers as the test says: one thread a connection, HTTP/1.1 with
 * keep-alive. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct api_request {
    const char *path;   /* "/bot1:token/sendMessage" */
    const char *method; /* "sendMessage" */
    const char *headers;
    const char *body;
    size_t length;
    int number;     /* of this server, from 1 */
    int connection; /* from 1 */
};

struct api_answer {
    int status;          /* 0: drop the connection */
    const char *headers; /* further ones, each with \r\n; may be NULL */
    char body[1000];
    size_t padding; /* spaces behind the body */
};

struct api_server;
/* `answer` runs on the connection's thread and may wait. Requests are answered with {"ok":true,"result":true}
 * where it leaves answer->status at 200 and the body empty. */
struct api_server *api_server_start(void (*answer)(void *context, const struct api_request *request,
                                                   struct api_answer *answer_out),
                                    void *context);
/* "http://127.0.0.1:PORT" */
const char *api_server_base(const struct api_server *server);
int api_server_connections(struct api_server *server);
int api_server_requests(struct api_server *server);
/* True from api_server_stop() on: an answer that waits should return. */
bool api_server_stopping(const struct api_server *server);
void api_server_stop(struct api_server **server);
