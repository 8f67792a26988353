#include "telegram/sender.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "telegram/api.h"
#include "telegram/queue.h"
#include "telegram/transport.h"

enum { MOST_BASE = 256, DEFAULT_CONNECTIONS = 64, DEFAULT_BOT_RATE = 30, LONGEST_POLL_MS = 60000 };

/* A curl handle, kept from call to call, and the call it makes. */
struct slot {
    struct slot *next;
    CURL *easy;
    struct transport_answer answer;
    struct call *call;
    int starts; /* of the call: libcurl tries again where a kept connection turns out to be dead */
    CURLcode code;
    long status;
    char url[TRANSPORT_MOST_URL + TRANSPORT_MOST_METHOD];
};

struct sender {
    char *api_base;
    int most;
    long connect_ms, total_ms;
    void (*on_unauthorized)(void *context, struct lane_store *store);
    void *context;
    pthread_t thread;
    CURLM *multi;
    struct slot *free_slots; /* the thread's own, as are the slots */
    struct slot **slots;
    int slot_count;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t idle;
    struct queue queue;
    struct sender_figures figures;
    bool asleep;    /* the thread is about to wait: wake it for new work */
    bool reporting; /* the thread has calls that left the queue and are not reported yet */
    bool stopping;
};

/* --- the thread --- */

/* About to send the call. A bulk one goes out once: Telegram may have had it before the connection died. */
static int before_request(void *argument, char *ip, char *local_ip, int port, int local_port)
{
    struct slot *slot = argument;
    return slot->starts++ > 0 && slot->call->report.bulk ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static struct slot *take_slot(struct sender *sender)
{
    struct slot *slot = sender->free_slots;
    if (slot) {
        sender->free_slots = slot->next;
        return slot;
    }
    slot = xcalloc(1, sizeof(*slot));
    slot->easy = transport_new(&slot->answer, sender->connect_ms, sender->total_ms);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(slot->easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(slot->easy, CURLOPT_PREREQDATA, slot);
    sender->slots[sender->slot_count++] = slot;
    return slot;
}

static void start_call(struct sender *sender, struct slot *slot)
{
    const struct call *call = slot->call;
    slot->answer.length = 0;
    slot->starts = 0;
    transport_aim(slot->easy, slot->url, call->is_form ? transport_form_headers() : transport_json_headers(),
                  call->body, call->length);
    if (curl_multi_add_handle(sender->multi, slot->easy) != CURLM_OK)
        abort(); /* only a broken handle or no memory */
}

/* The calls that are over without having been sent; with the lock held. */
static struct call *take_over(struct sender *sender)
{
    struct call *first = sender->queue.over.head;
    call_list_init(&sender->queue.over);
    return first;
}

/* Takes every call that may go now (they are started without the lock). Says when to look again. */
static struct slot *take_calls(struct sender *sender, int64_t now_us, int64_t *wake_us_out,
                               bool *stopping_out, struct call **over_out)
{
    struct slot *first = NULL, **tail = &first;
    pthread_mutex_lock(&sender->lock);
    queue_sweep(&sender->queue, now_us);
    for (struct call *call; (call = queue_next(&sender->queue, sender->most, now_us)) != NULL;) {
        struct slot *slot = take_slot(sender);
        slot->call = call;
        /* The bot's prefix may change once the lock is released. */
        snprintf(slot->url, sizeof(slot->url), "%s%s", call->bot->prefix, call->method);
        slot->next = NULL;
        *tail = slot;
        tail = &slot->next;
    }
    *over_out = take_over(sender);
    *wake_us_out = queue_wake_us(&sender->queue, now_us);
    *stopping_out = sender->stopping;
    sender->asleep = sender->queue.in_flight < (size_t)sender->most;
    sender->reporting = *over_out != NULL;
    if (!sender->reporting && sender->queue.in_flight == 0)
        pthread_cond_broadcast(&sender->idle);
    pthread_mutex_unlock(&sender->lock);
    return first;
}

/* Tells the lane, if it is a row, and frees the call. */
static void finish(struct call *call)
{
    if (call_is_row(call)) {
        outbox_report(call->store, &call->report);
        call->report.result = NULL;
    }
    call_free(call);
}

static void finish_all(struct call *call)
{
    for (struct call *next; call; call = next) {
        next = call->next;
        finish(call);
    }
}

/* Fills the call's report from the answer, or from the lack of one. */
static void judge(struct slot *slot)
{
    struct call *call = slot->call;
    struct outbox_report *report = &call->report;
    slot->status = 0;
    if (slot->code != CURLE_OK) {
        bool was_sent = slot->starts > 0;
        report->verdict = report->bulk && was_sent ? OUTBOX_VERDICT_UNCERTAIN : OUTBOX_VERDICT_LATER;
        report->retry_ms = telegram_backoff_ms(report->attempts);
        snprintf(report->error, sizeof(report->error), "no answer: %s", curl_easy_strerror(slot->code));
        return;
    }
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &slot->status);
    bool fine = slot->status >= 200 && slot->status <= 299;
    if (fine && !call_is_row(call)) { /* nobody reads its answer */
        report->verdict = OUTBOX_VERDICT_SENT;
        return;
    }
    json_t *body = transport_answer_json(&slot->answer);
    report->retry_ms = fine ? 0 : transport_retry_after_ms(slot->easy);
    telegram_judge(slot->status, body, report);
    if (report->verdict == OUTBOX_VERDICT_SENT && call_is_row(call))
        report->result = json_incref(json_object_get(body, "result"));
    json_decref(body);
}

static void note(struct sender *sender, const struct slot *slot)
{
    sender->figures.calls++;
    if (slot->call->report.verdict != OUTBOX_VERDICT_SENT)
        sender->figures.failed++;
    if (slot->status == 429)
        sender->figures.too_many_requests++;
}

/* The end of calls in flight: each is judged, the queue is told, then the lanes. */
static void end_calls(struct sender *sender, struct slot *done)
{
    for (struct slot *slot = done; slot; slot = slot->next) {
        curl_multi_remove_handle(sender->multi, slot->easy);
        judge(slot);
    }
    struct call_list ended;
    struct call *over;
    struct lane_store *refused[16];
    size_t refused_count = 0;
    call_list_init(&ended);
    int64_t now_us = clock_mono_us();
    pthread_mutex_lock(&sender->lock);
    for (struct slot *slot = done, *next; slot; slot = next) {
        next = slot->next;
        note(sender, slot);
        if (queue_done(&sender->queue, slot->call, slot->code == CURLE_OK, slot->status, now_us) &&
            refused_count < sizeof(refused) / sizeof(*refused))
            refused[refused_count++] = slot->call->store;
        call_list_add(&ended, slot->call);
        slot->call = NULL;
        slot->next = sender->free_slots;
        sender->free_slots = slot;
    }
    over = take_over(sender);
    sender->reporting = true;
    pthread_mutex_unlock(&sender->lock);

    for (size_t i = 0; i < refused_count; i++)
        lane_store_hold_outbox(refused[i], true);
    finish_all(ended.head); /* before the rows that were behind them */
    finish_all(over);
    if (sender->on_unauthorized)
        for (size_t i = 0; i < refused_count; i++)
            sender->on_unauthorized(sender->context, refused[i]);
}

static struct slot *take_done(struct sender *sender, int most)
{
    struct slot *first = NULL, **tail = &first;
    int left;
    CURLMsg *message;
    while (most-- > 0 && (message = curl_multi_info_read(sender->multi, &left)) != NULL) {
        struct slot *slot = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        slot->code = message->data.result;
        slot->next = NULL;
        *tail = slot;
        tail = &slot->next;
    }
    return first;
}

/* What is in flight when the sender stops may have been done or not: later, again. */
static void break_off(struct sender *sender)
{
    struct slot *first = NULL;
    for (int i = 0; i < sender->slot_count; i++) {
        struct slot *slot = sender->slots[i];
        if (!slot->call)
            continue;
        slot->code = CURLE_ABORTED_BY_CALLBACK;
        slot->next = first;
        first = slot;
    }
    end_calls(sender, first);
}

static void *run(void *argument)
{
    struct sender *sender = argument;
    for (;;) {
        int64_t now_us = clock_mono_us(), wake_us;
        bool stopping;
        struct call *over;
        struct slot *slot = take_calls(sender, now_us, &wake_us, &stopping, &over);
        if (over) {
            finish_all(over);
            wake_us = 0; /* no wait: whoever drains waits for this to be known */
        }
        for (struct slot *next; slot; slot = next) {
            next = slot->next;
            start_call(sender, slot);
        }
        int running;
        curl_multi_perform(sender->multi, &running);
        struct slot *done = take_done(sender, 16);
        if (done) {
            end_calls(sender, done);
            continue;
        }
        if (stopping)
            break;
        int64_t wait_ms = wake_us == INT64_MAX ? LONGEST_POLL_MS : (wake_us - now_us + 999) / 1000;
        if (wait_ms > 0)
            curl_multi_poll(sender->multi, NULL, 0,
                            wait_ms < LONGEST_POLL_MS ? (int)wait_ms : LONGEST_POLL_MS, NULL);
    }
    break_off(sender);
    return NULL;
}

/* --- for everybody --- */

/* With the lock held; releases it. */
static void unlock_and_wake(struct sender *sender)
{
    bool wake = sender->asleep;
    sender->asleep = false;
    pthread_mutex_unlock(&sender->lock);
    if (wake)
        curl_multi_wakeup(sender->multi);
}

static void hand_over(struct sender *sender, struct call *call)
{
    auto_tenant const struct tenant *tenant = lane_store_tenant(call->store);
    pthread_mutex_lock(&sender->lock);
    queue_add(&sender->queue, call, tenant->token, clock_mono_us());
    unlock_and_wake(sender);
}

static bool accepts(void *context, struct lane_store *store, int64_t chat_id)
{
    struct sender *sender = context;
    pthread_mutex_lock(&sender->lock);
    bool fine = queue_accepts(&sender->queue, store, chat_id, clock_mono_us());
    pthread_mutex_unlock(&sender->lock);
    return fine;
}

static size_t bulk_room(void *context, struct lane_store *store)
{
    struct sender *sender = context;
    pthread_mutex_lock(&sender->lock);
    size_t room = queue_bulk_room(&sender->queue, store, sender->most, clock_mono_us());
    pthread_mutex_unlock(&sender->lock);
    return room;
}

static void take(void *context, struct lane_store *store, const struct outbox_message *message)
{
    hand_over(context, call_for_message(store, message));
}

struct outbox_sink sender_sink(struct sender *sender)
{
    return (struct outbox_sink){.context = sender, .accepts = accepts, .take = take, .bulk_room = bulk_room};
}

void sender_call(struct sender *sender, struct lane_store *store, const char *method, json_t *params)
{
    struct call *call = call_expendable(store, method, params);
    json_decref(params);
    hand_over(sender, call);
}

void sender_figures(struct sender *sender, struct sender_figures *figures_out)
{
    pthread_mutex_lock(&sender->lock);
    *figures_out = sender->figures;
    figures_out->dropped = sender->queue.dropped;
    figures_out->waiting = sender->queue.rows + sender->queue.expendable;
    figures_out->in_flight = sender->queue.in_flight;
    pthread_mutex_unlock(&sender->lock);
}

static void free_sender(struct sender *sender)
{
    for (int i = 0; i < sender->slot_count; i++) {
        curl_easy_cleanup(sender->slots[i]->easy);
        transport_answer_free(&sender->slots[i]->answer);
        free(sender->slots[i]);
    }
    curl_multi_cleanup(sender->multi);
    queue_free(&sender->queue);
    pthread_cond_destroy(&sender->idle);
    pthread_mutex_destroy(&sender->lock);
    free(sender->slots);
    free(sender->api_base);
    free(sender);
}

bool sender_start(const struct sender_options *options, struct sender **sender_out, struct error *err)
{
    const char *base = options->api_base;
    if (strlen(base) > MOST_BASE || (!str_starts_with(base, "https://") && !str_starts_with(base, "http://")))
        return error_set(err, ERR_INVALID, "the Telegram API's address is not an http(s) address");
    transport_json_headers(); /* readies libcurl */
    struct sender *sender = xcalloc(1, sizeof(*sender));
    sender->api_base = xstrdup(base);
    sender->most = options->most_connections > 0 ? options->most_connections : DEFAULT_CONNECTIONS;
    sender->connect_ms = options->connect_ms > 0 ? options->connect_ms : TRANSPORT_CONNECT_MS;
    sender->total_ms = options->total_ms > 0 ? options->total_ms : TRANSPORT_TOTAL_MS;
    sender->on_unauthorized = options->on_unauthorized;
    sender->context = options->context;
    sender->slots = xcalloc((size_t)sender->most, sizeof(struct slot *));
    pthread_mutex_init(&sender->lock, NULL);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&sender->idle, &clock);
    pthread_condattr_destroy(&clock);
    queue_init(&sender->queue, sender->api_base,
               options->bot_per_second > 0 ? options->bot_per_second : DEFAULT_BOT_RATE);
    /* Whoever was here before us may have used up this second. */
    sender->queue.bulk_from_us = clock_mono_us() + 1000000;
    sender->multi = curl_multi_init();
    curl_multi_setopt(sender->multi, CURLMOPT_MAXCONNECTS, (long)sender->most);
    if (!sender->multi || pthread_create(&sender->thread, NULL, run, sender) != 0) {
        free_sender(sender);
        return error_set(err, ERR_RETRY, "the sender can't start: no thread or no sockets left");
    }
    *sender_out = sender;
    return true;
}

void sender_drain(struct sender *sender, long wait_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += wait_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&sender->lock);
    queue_close(&sender->queue, clock_mono_us());
    sender->asleep = true;
    unlock_and_wake(sender);
    pthread_mutex_lock(&sender->lock);
    while (sender->queue.in_flight > 0 || sender->queue.over.head || sender->reporting)
        if (pthread_cond_timedwait(&sender->idle, &sender->lock, &until) == ETIMEDOUT)
            break;
    pthread_mutex_unlock(&sender->lock);
}

void sender_end(struct sender *sender)
{
    sender_drain(sender, 0);
    pthread_mutex_lock(&sender->lock);
    bool ended = sender->stopping;
    sender->stopping = true;
    pthread_mutex_unlock(&sender->lock);
    if (ended)
        return;
    curl_multi_wakeup(sender->multi);
    pthread_join(sender->thread, NULL);
}

void sender_stop(struct sender **sender)
{
    if (!*sender)
        return;
    sender_end(*sender);
    free_sender(*sender);
    *sender = NULL;
}
