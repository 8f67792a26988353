#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "web/internal.h"

enum { TOKEN_MAGIC = 0x57e8704e };

/* Lives in the request's pool; its disposal is how we learn that the request is gone. */
struct request_link {
    h2o_req_t *req;
    struct web_token *token; /* NULL once answered */
    char *block;             /* what the answer is written from; freed with the request */
};

struct web_token {
    struct loop_message message; /* first; carries the answer to the loop */
    uint32_t magic;
    struct listener *listener; /* to be touched on the loop's thread only: others may outlive it */
    struct mailbox *mailbox;   /* a reference */
    struct request_link *link; /* NULL once the request is gone; loop thread only */
    struct web_token *next;
    struct web_token **previous;
    struct web_response response; /* points into block */
    char *block;
};

static void request_link_dispose(void *pointer)
{
    struct request_link *link = pointer;
    if (link->token)
        link->token->link = NULL;
    free(link->block);
}

struct web_token *token_new(struct listener *listener, h2o_req_t *req)
{
    struct web_token *token = xcalloc(1, sizeof *token);
    token->magic = TOKEN_MAGIC;
    token->listener = listener;
    token->mailbox = mailbox_ref(listener->mailbox);
    token->link = h2o_mem_alloc_shared(&req->pool, sizeof *token->link, request_link_dispose);
    *token->link = (struct request_link){.req = req, .token = token};
    token->next = listener->tokens;
    token->previous = &listener->tokens;
    if (token->next)
        token->next->previous = &token->next;
    listener->tokens = token;
    atomic_fetch_add_explicit(&listener->pending, 1, memory_order_relaxed);
    return token;
}

static void token_free(struct web_token *token)
{
    token->magic = 0;
    mailbox_unref(token->mailbox);
    free(token->block);
    free(token);
}

/* Takes the token off the listener's list and its request; loop thread. */
static void token_unlink(struct web_token *token)
{
    *token->previous = token->next;
    if (token->next)
        token->next->previous = token->previous;
    if (token->link)
        token->link->token = NULL;
    atomic_fetch_sub_explicit(&token->listener->pending, 1, memory_order_relaxed);
}

static const char *status_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return status < 300 ? "OK" : status < 400 ? "Redirect" : status < 500 ? "Bad Request" : "Server Error";
}

/* Sends from memory that lives as long as the request. */
static void send_answer(h2o_req_t *req, const struct web_response *response)
{
    static h2o_generator_t generator; /* nothing to proceed with: the whole body goes at once */

    if (response->drop_connection) {
        h2o_socket_t *socket = req->conn->callbacks->get_socket(req->conn);
        shutdown(h2o_socket_get_fd(socket), SHUT_RDWR); /* the write then fails, and h2o closes */
        req->http1_is_persistent = 0;
    }
    req->res.status = response->status ? response->status : 200;
    req->res.reason = status_reason(req->res.status);
    req->res.content_length = response->body_length;
    if (response->content_type)
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, response->content_type,
                       strlen(response->content_type));
    if (response->retry_after > 0) {
        char *seconds = h2o_mem_alloc_pool(&req->pool, 16);
        int length = snprintf(seconds, 16, "%d", response->retry_after);
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_RETRY_AFTER, NULL, seconds, (size_t)length);
    }
    if (response->extra_name)
        h2o_add_header_by_str(&req->pool, &req->res.headers, response->extra_name,
                              strlen(response->extra_name), 1, NULL, response->extra_value,
                              strlen(response->extra_value));

    h2o_iovec_t body = h2o_iovec_init(response->body, response->body_length);
    bool with_body =
        body.len > 0 && !h2o_memis(req->input.method.base, req->input.method.len, H2O_STRLIT("HEAD"));
    h2o_start_response(req, &generator);
    h2o_send(req, &body, with_body ? 1 : 0, H2O_SEND_STATE_FINAL);
}

static char *pool_text(h2o_req_t *req, const char *text)
{
    return text ? h2o_strdup(&req->pool, text, strlen(text)).base : NULL;
}

void answer_now(h2o_req_t *req, const struct web_response *response, bool keep_alive)
{
    if (!keep_alive)
        req->http1_is_persistent = 0;
    struct web_response own = *response;
    own.content_type = pool_text(req, response->content_type);
    own.extra_name = pool_text(req, response->extra_name);
    own.extra_value = pool_text(req, response->extra_value ? response->extra_value : "");
    if (response->body_length > 0)
        own.body = h2o_strdup(&req->pool, response->body, response->body_length).base;
    send_answer(req, &own);
}

static char *pack_text(char **at, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

/* One block with everything the answer needs: one copy on the answering thread, none on the loop. */
static void token_pack(struct web_token *token, const struct web_response *response)
{
    const char *type = response->content_type;
    const char *name = response->extra_name;
    const char *value = response->extra_value ? response->extra_value : "";
    size_t size = response->body_length + (type ? strlen(type) + 1 : 0) +
                  (name ? strlen(name) + 1 + strlen(value) + 1 : 0);
    token->response = *response;
    token->response.content_type = token->response.body = token->response.extra_name =
        token->response.extra_value = NULL;
    if (size == 0)
        return;
    char *at = token->block = xrealloc(NULL, size);
    if (response->body_length > 0) {
        token->response.body = memcpy(at, response->body, response->body_length);
        at += response->body_length;
    }
    token->response.content_type = pack_text(&at, type);
    if (name) {
        token->response.extra_name = pack_text(&at, name);
        token->response.extra_value = pack_text(&at, value);
    }
}

/* The answer has come to the loop. */
static void token_run(struct loop_message *message, struct listener *listener)
{
    struct web_token *token = (struct web_token *)message;
    struct request_link *link = token->link;
    token_unlink(token);
    if (link) {
        link->block = token->block;
        token->block = NULL;
        if (atomic_load_explicit(&listener->leaving, memory_order_relaxed))
            link->req->http1_is_persistent = 0;
        send_answer(link->req, &token->response);
    }
    token_free(token);
}

void web_respond(struct web_token *token, const struct web_response *response)
{
    assert(token->magic == TOKEN_MAGIC);
    if (listener_of_thread && listener_of_thread == token->listener) {
        struct request_link *link = token->link;
        bool leaving = atomic_load_explicit(&token->listener->leaving, memory_order_relaxed);
        token_unlink(token);
        if (link)
            answer_now(link->req, response, !leaving);
        token_free(token);
        return;
    }
    token_pack(token, response);
    token->message.run = token_run;
    if (!mailbox_push(token->mailbox, &token->message.link))
        token_free(token);
}

void web_respond_text(struct web_token *token, int status, const char *text)
{
    struct web_response response = {.status = status,
                                    .content_type = text ? "text/plain; charset=utf-8" : NULL,
                                    .body = text,
                                    .body_length = text ? strlen(text) : 0};
    web_respond(token, &response);
}

void web_respond_json(struct web_token *token, int status, const char *json)
{
    struct web_response response = {
        .status = status, .content_type = "application/json", .body = json, .body_length = strlen(json)};
    web_respond(token, &response);
}

void tokens_abandon(struct listener *listener)
{
    static const struct web_response gone = {.status = 503, .retry_after = 5};
    while (listener->tokens) {
        struct web_token *token = listener->tokens;
        struct request_link *link = token->link;
        token_unlink(token);
        token->link = NULL; /* whoever holds the token finds the mailbox closed */
        if (link)
            answer_now(link->req, &gone, false);
    }
}
