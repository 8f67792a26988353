#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "store/settings.h"
#include "store/verify.h"

int64_t product_a, product_b;

/* --- what the sender was given --- */

static struct sent sent[400];
static size_t sent_count;

static bool accepts(void *context, struct lane_store *store, int64_t chat_id)
{
    return true;
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void take(void *context, struct lane_store *store, const struct outbox_message *message)
{
    assert_true(sent_count < sizeof sent / sizeof sent[0]);
    if (!message->effect ||
        !str_equal(message->effect, "broadcast_preview")) /* an admin's own text, as it is */
        bench_check_call(NULL, message->method, message->params);
    sent[sent_count++] = (struct sent){
        .chat_id = message->chat_id,
        .id = message->id,
        .effect_ref = message->effect_ref,
        .method = copy(message->method),
        .effect = copy(message->effect),
        .attachment_text = copy(message->attachment_text),
        .attachment = message->attachment,
        .keep = message->keep,
        .params = json_incref(message->params),
    };
}

void talk_forget(void)
{
    for (size_t i = 0; i < sent_count; i++) {
        free(sent[i].method);
        free(sent[i].effect);
        free(sent[i].attachment_text);
        json_decref(sent[i].params);
    }
    sent_count = 0;
}

size_t talk_sent_count(void)
{
    return sent_count;
}

const struct sent *talk_sent(size_t i)
{
    assert_true(i < sent_count);
    return &sent[i];
}

const struct sent *talk_find(int64_t chat_id, const char *method, const char *part)
{
    for (size_t i = 0; i < sent_count; i++)
        if (sent[i].chat_id == chat_id && strcmp(sent[i].method, method) == 0 &&
            strstr(talk_said(sent[i].params), part))
            return &sent[i];
    return NULL;
}

/* --- the lane, by hand --- */

static void sweep(void)
{
    struct work *work = shop_begin(shop);
    struct db_rows next = {0};
    MUST(outbox_sweep(work, &next, &err));
    shop_commit(shop);
    work_end(work);
}

static void run_lane(void)
{
    sweep();
    for (struct task *task; (task = task_list_pop(&shop->store.internal)) != NULL;) {
        task->run(shop_task(shop), task->argument);
        work_end(&shop->work);
        free(task);
    }
}

void talk_report(const struct sent *s, enum outbox_verdict verdict, int64_t message_id)
{
    const struct outbox_report report = {
        .id = s->id,
        .chat_id = s->chat_id,
        .effect = s->effect,
        .effect_ref = s->effect_ref,
        .keep = s->keep,
        .verdict = verdict,
        .result = message_id ? json_pack("{s:I}", "message_id", (json_int_t)message_id) : NULL,
    };
    outbox_report(&shop->store, &report);
    run_lane();
}

static bool done_at_once(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    *step_out = (struct job_step){.kind = JOB_DONE};
    return true;
}

/* --- fixtures --- */

int talk_set_up(void **state)
{
    static const struct job_kind kinds[] = {
        {.name = "payment_create", .prepare = done_at_once},
        {.name = "payment_check", .prepare = done_at_once},
        {.name = "payment_cancel", .prepare = done_at_once},
        {.name = "deposit_expire", .prepare = done_at_once},
        {.name = "count_people", .prepare = done_at_once},
        {.name = "broadcast", .prepare = done_at_once},
    };
    static const int64_t admins[] = {ADMIN}, owners[] = {OWNER};
    static const char *const methods[] = {"qris"};
    static struct lanes lanes;
    bench_set_up(state);
    if (shop_set_up(state) || !shop)
        return 0;
    job_set_kinds(kinds, sizeof kinds / sizeof kinds[0]);
    outbox_set_sink(&(struct outbox_sink){.accepts = accepts, .take = take});
    outbox_set_effects(bot_outbox_effects, bot_outbox_effect_count);
    checkout_set_notices(&bot_checkout_notices);
    shop->lane.lanes = &lanes;
    shop->store.magic = LANE_STORE_MAGIC;
    shop->tenant.title = "Kopi <Digital>";
    shop->tenant.language = "id";
    shop->tenant.admins = (struct key_ids){1, admins};
    shop->tenant.owners = (struct key_ids){1, owners};
    shop->tenant.methods = (struct key_texts){1, methods};
    shop->tenant.invoice_minutes = 15;
    shop->tenant.most_open = 3;
    return 0;
}

static const json_t *last_reply;

static void keep_reply(json_t *reply)
{
    json_decref((json_t *)last_reply);
    last_reply = reply;
}

int talk_tear_down(void **state)
{
    talk_forget();
    keep_reply(NULL);
    shop_tear_down(state);
    return bench_tear_down(state);
}

int talk_begin(void **state)
{
    if (!shop)
        return 0;
    shop_empty(state);
    shop_sql(shop, "TRUNCATE updates_seen, updates_failed");
    product_a = shop_product(shop, "A", 35000, 5);
    product_b = shop_product(shop, "B", 1500, 2);
    talk_forget();
    return 0;
}

/* --- talking --- */

int64_t talk_next_id(void)
{
    static int64_t last = 1000;
    return ++last;
}

const json_t *talk_update(const struct update *update)
{
    struct work *work = shop_task(shop);
    const char *text = NULL;
    struct error err = {0};
    settings_forget(work); /* a test may have changed the shop's tenant */
    settings_apply(work);
    if (!bot_handle(work, update, &text, &err))
        fail_msg("%s: %s", error_code_name(err.code), err.text);
    assert_null(work->tx);
    json_t *reply = NULL;
    if (*text) {
        assert_true(json_parse(text, strlen(text), &reply, &err));
        bench_check_call(work->arena, talk_method(reply), reply);
    }
    keep_reply(reply);
    run_lane();
    return reply;
}

struct update talk_make_text(int64_t person, const char *text)
{
    return (struct update){.update_id = talk_next_id(),
                           .kind = UPDATE_MESSAGE,
                           .from_id = person,
                           .first_name = "Budi <b>",
                           .username = "budi",
                           .chat_id = person,
                           .chat_is_private = true,
                           .message_id = 50,
                           .text = text};
}

struct update talk_make_press(int64_t person, const char *data)
{
    struct update update = talk_make_text(person, NULL);
    update.kind = UPDATE_CALLBACK;
    update.message_id = 77;
    update.callback_id = "4242";
    update.data = data;
    return update;
}

const json_t *talk_text(int64_t person, const char *text)
{
    struct update update = talk_make_text(person, text);
    return talk_update(&update);
}

const json_t *talk_press(int64_t person, const char *format, ...)
{
    char data[80];
    va_list args;
    va_start(args, format);
    vsnprintf(data, sizeof data, format, args);
    va_end(args);
    struct update update = talk_make_press(person, data);
    return talk_update(&update);
}

const char *talk_method(const json_t *reply)
{
    const char *method = json_string_value(json_object_get(reply, "method"));
    return method ? method : "";
}

const char *talk_said(const json_t *params)
{
    const char *text = json_string_value(json_object_get(params, "text"));
    if (!text)
        text = json_string_value(json_object_get(params, "caption"));
    if (!text)
        text = json_string_value(json_object_get(json_object_get(params, "media"), "caption"));
    return text ? text : "";
}

/* The first button whose data is, or begins with, `data`. */
static const char *find_button(const json_t *params, const char *data, bool whole)
{
    size_t i, j;
    json_t *row, *button;
    json_array_foreach(json_object_get(json_object_get(params, "reply_markup"), "inline_keyboard"), i, row)
    {
        json_array_foreach(row, j, button)
        {
            const char *found = json_string_value(json_object_get(button, "callback_data"));
            if (found && (whole ? str_equal(found, data) : str_starts_with(found, data)))
                return found;
        }
    }
    return NULL;
}

bool talk_has_button(const json_t *params, const char *data)
{
    return find_button(params, data, true);
}

const char *talk_button(const json_t *params, const char *beginning)
{
    const char *found = find_button(params, beginning, false);
    if (!found)
        fail_msg("no button \"%s…\" below \"%s\"", beginning, talk_said(params));
    return found;
}

const char *talk_data_of(struct arena *arena, const struct callback_row *row)
{
    struct str s = STR_INIT(arena);
    str_add(&s, row->verb);
    for (const char *argument = row->arguments; *argument; argument++)
        str_add(&s, *argument == 'w' ? ":qris" : ":1");
    return str_done(&s);
}

/* --- a purchase --- */

int64_t talk_order(int64_t person)
{
    talk_press(person, "q:%lld:2:35000", (long long)product_a);
    const json_t *reply = talk_press(person, "y:qris");
    assert_string_equal(talk_said(reply), "🎲 Sedang memuat pembayaranmu…");
    return shop_sql(shop, "SELECT max(id) FROM orders WHERE telegram_id = %lld", (long long)person);
}

static void load(struct work *work, int64_t order_id, struct order *order, struct payment *payment)
{
    MUST(order_get(work, order_id, true, order, &err));
    MUST(payment_of_order(work, order_id, true, payment, &err));
}

void talk_invoice_of(int64_t order_id, const struct payment_created *created)
{
    struct order order;
    struct payment payment;
    struct work *work = shop_begin(shop);
    load(work, order_id, &order, &payment);
    MUST(payment_mark_waiting(work, payment.id, created, &err));
    MUST(payment_get(work, payment.id, false, &payment, &err));
    const struct bill bill = bill_of_order(&order);
    MUST(bot_checkout_notices.invoice_ready(work, &bill, &payment, &err));
    shop_commit(shop);
    run_lane();
}

void talk_invoice(int64_t order_id)
{
    char txn_id[32];
    snprintf(txn_id, sizeof txn_id, "txn%lld", (long long)order_id);
    talk_invoice_of(order_id, &(struct payment_created){
                                  .txn_id = txn_id, .fee = 800, .total = 70800, .qr_string = "000201QR"});
}

void talk_pay(int64_t order_id)
{
    struct order order;
    struct payment payment;
    struct work *work = shop_begin(shop);
    load(work, order_id, &order, &payment);
    bool late = order.state != ORDER_PENDING;
    if (late)
        MUST(order_revive(work, order_id, &err));
    else
        MUST(order_mark_paid(work, order_id, &err));
    MUST(payment_mark_completed(work, payment.id, &err));
    order.state = ORDER_PAID;
    order.paid_ms = work->now_ms;
    MUST(bot_checkout_notices.paid(work, &order, &payment, late, &err));
    shop_commit(shop);
    run_lane();
}

void talk_end(int64_t order_id, enum order_state end)
{
    struct order order;
    struct payment payment;
    struct work *work = shop_begin(shop);
    load(work, order_id, &order, &payment);
    MUST(order_end(work, order_id, end, "test", &err));
    MUST(payment_end(work, payment.id, PAYMENT_EXPIRED, &err));
    order.state = end;
    const struct bill bill = bill_of_order(&order);
    MUST(bot_checkout_notices.ended(work, &bill, &payment, ENDED_BY_BUYER, &err));
    shop_commit(shop);
    run_lane();
}

/* --- for admins' screens --- */

void talk_says(const json_t *params, const char *part)
{
    if (!strstr(talk_said(params), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(params));
}

void talk_says_not(const json_t *params, const char *part)
{
    if (strstr(talk_said(params), part))
        fail_msg("\"%s\" is in \"%s\"", part, talk_said(params));
}

const json_t *talk_follow(int64_t person, const json_t *reply, const char *beginning)
{
    char data[80];
    snprintf(data, sizeof data, "%s", talk_button(reply, beginning));
    return talk_press(person, "%s", data);
}

const json_t *talk_fill(int64_t person, const json_t *first, const char *answer)
{
    assert_true(*talk_button(first, "zx:"));
    return talk_follow(person, talk_text(person, answer), "zk:");
}

void talk_books_agree(void)
{
    struct verify_result result;
    struct work *work = shop_task(shop);
    MUST(verify_store(work->db, work->scope, work->arena, 60000, &result, &err));
    if (result.difference_count)
        fail_msg("%s: %s", result.differences[0].who, result.differences[0].says);
}

void talk_all_sent(void)
{
    for (size_t i = 0; i < talk_sent_count(); i++)
        talk_report(talk_sent(i), OUTBOX_VERDICT_SENT, 80 + (int64_t)i);
}

int64_t talk_invoiced(int64_t person)
{
    int64_t order = talk_order(person);
    talk_invoice(order);
    talk_all_sent();
    talk_forget();
    return order;
}

int64_t talk_paid(int64_t person)
{
    int64_t order = talk_invoiced(person);
    talk_pay(order);
    return order;
}

int64_t talk_completed(int64_t person)
{
    int64_t order = talk_paid(person);
    talk_all_sent();
    talk_forget();
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'completed' AND id = %lld",
                              (long long)order),
                     1);
    return order;
}
