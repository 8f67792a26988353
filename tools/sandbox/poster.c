#include "poster.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "sandbox.h"

enum { POST_TIMEOUT_MS = 60000, REPLY_MOST = 1024 * 1024, HANDLES_KEPT = 64, CONNECTIONS_KEPT = 512 };

struct poster {
    struct sandbox *sandbox;
    struct mailbox *mailbox;
    pthread_t thread;
    CURLM *multi;
    CURL *idle[HANDLES_KEPT];
    size_t idle_count;
    struct transfer *transfers;
    atomic_bool stopping;
};

/* A post under way. */
struct transfer {
    struct transfer *next, **previous;
    CURL *curl;
    struct curl_slist *headers;
    struct post *post;
    int64_t started_mono_ms;
    size_t reply_capacity;
    bool sent, too_large;
};

static void post_free(struct post *post)
{
    if (post->dispose)
        post->dispose(post->data);
    for (size_t i = 0; i < POST_HEADERS; i++)
        free(post->headers[i]);
    free(post->url);
    free(post->body);
    free(post->reply);
    free(post);
}

static void give_back(void *context, void *data)
{
    struct post *post = data;
    post->done(context, post);
    post_free(post);
}

static size_t on_reply(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *t = context;
    struct post *post = t->post;
    size_t length = size * count;
    if (post->reply_length + length > REPLY_MOST) {
        t->too_large = true;
        return 0;
    }
    if (post->reply_length + length + 1 > t->reply_capacity) {
        t->reply_capacity = (post->reply_length + length + 1) * 2;
        post->reply = xrealloc(post->reply, t->reply_capacity);
    }
    memcpy(post->reply + post->reply_length, bytes, length);
    post->reply_length += length;
    post->reply[post->reply_length] = '\0';
    return length;
}

/* Where a kept connection turns out to be closed curl would quietly send the request again; Telegram counts
 * that as a failed try, and the receiver may have read the request. */
static int on_send(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *t = context;
    bool again = t->sent;
    t->sent = true;
    return again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static void begin(struct poster *poster, struct post *post)
{
    struct transfer *t = xcalloc(1, sizeof *t);
    t->post = post;
    t->curl = poster->idle_count > 0 ? poster->idle[--poster->idle_count] : curl_easy_init();
    t->next = poster->transfers;
    t->previous = &poster->transfers;
    if (t->next)
        t->next->previous = &t->next;
    poster->transfers = t;

    static const char *const own[] = {"Content-Type: application/json", "Accept:", "Expect:"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        t->headers = curl_slist_append(t->headers, own[i]);
    for (size_t i = 0; i < POST_HEADERS && post->headers[i]; i++)
        t->headers = curl_slist_append(t->headers, post->headers[i]);

    curl_easy_setopt(t->curl, CURLOPT_URL, post->url);
    curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(t->curl, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, post->body);
    curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, (long)POST_TIMEOUT_MS);
    curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, on_reply);
    curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->curl, CURLOPT_PREREQFUNCTION, on_send);
    curl_easy_setopt(t->curl, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(t->curl, CURLOPT_PRIVATE, t);
    post->started_ms = clock_now_ms();
    t->started_mono_ms = clock_mono_ms();
    curl_multi_add_handle(poster->multi, t->curl);
}

/* What Telegram writes into last_error_message, roughly. */
static const char *fault_of(CURLcode code, bool too_large)
{
    if (too_large)
        return "Wrong response from the webhook: the reply is too large";
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return "Connection refused";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "Failed to resolve host";
    case CURLE_OPERATION_TIMEDOUT:
        return "Read timeout expired";
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_ABORTED_BY_CALLBACK:
        return "Connection reset by peer";
    default:
        return curl_easy_strerror(code);
    }
}

static void end(struct poster *poster, struct transfer *t, const char *fault)
{
    struct post *post = t->post;
    curl_off_t retry_after = 0;
    if (fault) {
        post->fault = fault;
    } else {
        curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &post->status);
        curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &retry_after);
    }
    post->retry_after = retry_after > 3600 ? 3600 : (int)retry_after;
    post->duration_ms = clock_mono_ms() - t->started_mono_ms;
    curl_multi_remove_handle(poster->multi, t->curl);
    if (poster->idle_count < HANDLES_KEPT) {
        curl_easy_reset(t->curl);
        poster->idle[poster->idle_count++] = t->curl;
    } else {
        curl_easy_cleanup(t->curl);
    }
    curl_slist_free_all(t->headers);
    *t->previous = t->next;
    if (t->next)
        t->next->previous = t->previous;
    free(t);
    listener_post(poster->sandbox->listener, give_back, post);
}

static void finish(struct poster *poster)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(poster->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        struct transfer *t;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        end(poster, t, code == CURLE_OK ? NULL : fault_of(code, t->too_large));
    }
}

static void begin_all(struct poster *poster, struct mailbox_message *messages)
{
    while (messages) {
        struct post *post = (struct post *)messages;
        messages = messages->next;
        begin(poster, post);
    }
}

static void *poster_run(void *argument)
{
    struct poster *poster = argument;
    pthread_setname_np(pthread_self(), "poster");
    while (!atomic_load(&poster->stopping)) {
        struct curl_waitfd wake = {.fd = poster->mailbox->wake_fd, .events = CURL_WAIT_POLLIN};
        int running;
        curl_multi_poll(poster->multi, &wake, 1, 1000, NULL);
        begin_all(poster, mailbox_take(poster->mailbox));
        curl_multi_perform(poster->multi, &running);
        finish(poster);
    }
    begin_all(poster, mailbox_close(poster->mailbox));
    for (struct transfer *t = poster->transfers, *next; t; t = next) {
        next = t->next;
        end(poster, t, "The sandbox is ending");
    }
    while (poster->idle_count > 0)
        curl_easy_cleanup(poster->idle[--poster->idle_count]);
    curl_multi_cleanup(poster->multi);
    return NULL;
}

bool poster_start(struct sandbox *sandbox, struct poster **poster_out, struct error *err)
{
    struct mailbox *mailbox;
    if (!mailbox_new(&mailbox, err))
        return false;
    struct poster *poster = xcalloc(1, sizeof *poster);
    poster->sandbox = sandbox;
    poster->mailbox = mailbox;
    poster->multi = curl_multi_init();
    curl_multi_setopt(poster->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    curl_multi_setopt(poster->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&poster->thread, NULL, poster_run, poster);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        curl_multi_cleanup(poster->multi);
        mailbox_unref(mailbox);
        free(poster);
        return error_set(err, ERR_INTERNAL, "thread of the poster: %s", strerror(rc));
    }
    *poster_out = poster;
    return true;
}

void poster_send(struct poster *poster, struct post *post)
{
    if (!mailbox_push(poster->mailbox, &post->link))
        post_free(post);
}

void poster_stop(struct poster *poster)
{
    atomic_store(&poster->stopping, true);
    eventfd_write(poster->mailbox->wake_fd, 1);
    pthread_join(poster->thread, NULL);
}

void poster_free(struct poster *poster)
{
    mailbox_unref(poster->mailbox);
    free(poster);
}
