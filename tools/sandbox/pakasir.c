#include "pakasir.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/str.h"
#include "distort.h"
#include "params.h"
#include "qr_image.h"
#include "sandbox.h"
#include "transaction.h"

enum { RATE_WINDOW_MS = 1000, STATUS_EVERY_MS = 4000, ORDER_ID_MOST = 100 };

/* A request on its way: it may have to wait. */
struct gateway_request {
    struct sandbox *sandbox;
    struct arena *arena;
    struct web_token *token;
    const struct endpoint *endpoint;
    struct project *project; /* NULL where the endpoint needs none */
    const char *argument;    /* order_id, txn_id or amount */
    json_t *body;            /* NULL where there was no JSON */
    struct failure_hit hit;
    /* The answer. */
    int status;
    json_t *answer;
};

struct endpoint {
    const char *name;
    const char *http_method;
    bool has_project;
    void (*act)(struct gateway_request *request);
};

static const struct range {
    const char *method;
    int64_t least, most;
} methods[] = {
    {"qris", 500, 10000000},
    {"payment_link", 500, 50000000},
    {"bri_va", 10000, 50000000},
    {"bni_va", 10000, 50000000},
    {"cimb_niaga_va", 10000, 50000000},
    {"permata_va", 10000, 50000000},
    {"maybank_va", 10000, 50000000},
    {"bnc_va", 10000, 50000000},
    {"artha_graha_va", 10000, 50000000},
    {"sampoerna_va", 10000, 50000000},
};

static void say(struct gateway_request *request, int status, const char *message)
{
    request->status = status;
    request->answer = json_pack("{s:s}", "message", message);
}

/* Two calls a second: the one before the last must be a second old. */
static bool within_rate(const struct project *project, int64_t last_two[2])
{
    if (!project->enforce_rates)
        return true;
    int64_t now = clock_mono_ms();
    if (last_two[0] != 0 && now - last_two[0] < RATE_WINDOW_MS)
        return false;
    last_two[0] = last_two[1];
    last_two[1] = now;
    return true;
}

static const struct range *range_of(const char *method)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].method, method) == 0)
            return &methods[i];
    return NULL;
}

static json_t *transaction_answer(const struct gateway_request *request, const struct transaction *t)
{
    char expires[40];
    if (strcmp(t->method, "payment_link") == 0)
        return json_pack("{s:s,s:o}", "txn_id", t->txn_id, "payment_link",
                         json_string(sandbox_url(request->sandbox, request->arena,
                                                 arena_printf(request->arena, "/pay-v2/%s", t->txn_id))));
    transaction_time(t->expires_ms, expires);
    return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:s?,s:s,s:b,s:s}", "txn_id", t->txn_id, "project",
                     t->project->slug, "order_id", t->order_id, "amount", (json_int_t)t->amount, "fee",
                     (json_int_t)t->fee, "total_payment", (json_int_t)t->total_payment, "payment_method",
                     t->method, "qr_string", t->qr_string ? t->qr_string : "", "va_number", t->va_number,
                     "expired_at", expires, "is_sandbox", t->project->is_sandbox, "status",
                     transaction_status_name(t));
}

/* The one to answer with: its own, or where a failure wants it the project's newest other one. */
static const struct transaction *told(const struct gateway_request *request, const struct transaction *own)
{
    if (request->hit.mode == FAIL_OTHER_ORDER)
        for (struct table_entry *e = request->sandbox->transactions.last; e; e = e->before) {
            const struct transaction *other = e->value;
            if (other != own && other->project == own->project && strcmp(other->method, own->method) == 0)
                return other;
        }
    return own;
}

static void create(struct gateway_request *request)
{
    const char *method;
    int64_t amount;
    const char *order_id = request->argument;
    if (!within_rate(request->project, request->project->created_at)) {
        say(request, 429, "Terlalu banyak permintaan");
        return;
    }
    if (!json_get_string(request->body, "method", &method) ||
        !json_get_int(request->body, "amount", &amount)) {
        say(request, 400, "method dan amount wajib diisi");
        return;
    }
    const struct range *range = range_of(method);
    if (!range) {
        say(request, 400, "Metode pembayaran tidak dikenal");
        return;
    }
    if (amount < range->least || amount > range->most) {
        say(request, 400, "amount di luar batas metode ini");
        return;
    }
    if (*order_id == '\0' || strlen(order_id) > ORDER_ID_MOST) {
        say(request, 400, "order_id tidak sah");
        return;
    }
    struct transaction *t = transaction_of_order(request->sandbox, request->project->slug, order_id);
    if (t && (strcmp(t->method, method) != 0 || t->amount != amount)) {
        say(request, 400, "order_id sudah dipakai untuk transaksi lain");
        return;
    }
    if (!t)
        t = transaction_create(request->sandbox, request->project, order_id, method, amount,
                               request->hit.mode, clock_now_ms());
    request->status = 200;
    request->answer = transaction_answer(request, told(request, t));
}

static struct transaction *find(struct gateway_request *request)
{
    struct transaction *t = table_get(&request->sandbox->transactions, request->argument);
    if (t && t->project == request->project)
        return t;
    say(request, 404, "Transaksi tidak ditemukan");
    return NULL;
}

static void tell_status(struct gateway_request *request)
{
    struct transaction *asked = find(request);
    if (!asked)
        return;
    int64_t now = clock_mono_ms();
    if (request->project->enforce_rates && asked->asked_ms != 0 && now - asked->asked_ms < STATUS_EVERY_MS) {
        say(request, 429, "Terlalu banyak permintaan");
        return;
    }
    asked->asked_ms = request->project->enforce_rates ? now : 0;
    const struct transaction *t = told(request, asked);
    char completed[40];
    transaction_time(t->completed_ms, completed);
    request->status = 200;
    request->answer =
        json_pack("{s:s,s:s,s:I,s:b,s:s,s:s?}", "txn_id", t->txn_id, "order_id", t->order_id, "amount",
                  (json_int_t)t->status_amount, "is_sandbox", t->project->is_sandbox, "status",
                  transaction_status_name(t), "completed_at", t->completed_ms ? completed : NULL);
}

static void cancel(struct gateway_request *request)
{
    if (!within_rate(request->project, request->project->canceled_at)) {
        say(request, 429, "Terlalu banyak permintaan");
        return;
    }
    struct transaction *t = find(request);
    if (!t)
        return;
    if (t->status == TRANSACTION_COMPLETED) {
        say(request, 400, "Transaksi sudah dibayar");
        return;
    }
    t->status = TRANSACTION_CANCELED; /* again does no harm: a repeated call after a time-out */
    journal_event(request->sandbox, "transaction", 0, 0, 0);
    say(request, 200, "Berhasil batalkan transaksi");
}

static void fee(struct gateway_request *request)
{
    int64_t amount;
    if (!str_to_int64(request->argument, &amount) || amount < 1 || amount > 50000000) {
        say(request, 400, "amount tidak sah");
        return;
    }
    request->status = 200;
    request->answer = json_object();
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].method, "payment_link") != 0)
            json_object_set_new(request->answer, methods[i].method,
                                json_integer(transaction_fee(methods[i].method, amount)));
    if (request->sandbox->fees)
        json_object_update(request->answer, request->sandbox->fees);
}

static const struct endpoint endpoints[] = {
    {"create-transaction", "POST", true, create},
    {"transaction-status", "GET", true, tell_status},
    {"cancel-transaction", "POST", true, cancel},
    {"payment-fee", "GET", false, fee},
};

static void request_free(struct gateway_request *request)
{
    struct arena *arena = request->arena;
    json_decref(request->body);
    json_decref(request->answer);
    arena_free(&arena);
}

/* Into the log of calls; status 0 where the connection was closed without an answer. */
static void request_note(const struct gateway_request *request, int status)
{
    json_t *call = json_pack("{s:s,s:s?,s:s,s:i,s:I}", "method", request->endpoint->name, "slug",
                             request->project ? request->project->slug : NULL, "argument", request->argument,
                             "status", status, "at_ms", (json_int_t)clock_now_ms());
    if (call)
        journal_gateway_call(request->sandbox, call);
}

static void request_respond(struct gateway_request *request)
{
    const char *text = request->status == 200 ? distort(request->arena, &request->hit, request->answer)
                                              : json_text(request->arena, request->answer);
    web_respond(request->token, &(struct web_response){.status = request->status,
                                                       .content_type = "application/json",
                                                       .body = text,
                                                       .body_length = strlen(text)});
}

static void request_run(struct sandbox *sandbox, void *data)
{
    struct gateway_request *request = data;
    request->endpoint->act(request);
    request_note(request, request->hit.mode == FAIL_DROP_AFTER ? 0 : request->status);
    if (request->hit.mode == FAIL_DROP_AFTER)
        web_respond(request->token, &(struct web_response){.drop_connection = true});
    else
        request_respond(request);
    request_free(request);
}

static void request_cancel(void *data)
{
    struct gateway_request *request = data;
    web_respond(request->token, &(struct web_response){.drop_connection = true});
    request_free(request);
}

static void request_refuse(struct gateway_request *request)
{
    static const char page[] =
        "<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>\n";
    struct web_response response = {.status = request->hit.status};
    switch (request->hit.mode) {
    case FAIL_DROP_BEFORE:
        response.drop_connection = true;
        break;
    case FAIL_HTML:
        response.content_type = "text/html; charset=utf-8";
        response.body = page;
        break;
    case FAIL_TOO_MANY:
        response.status = 429;
        response.retry_after = request->hit.retry_after;
        response.content_type = "application/json";
        response.body = "{\"message\":\"Terlalu banyak permintaan\"}";
        break;
    default:
        response.content_type = "application/json";
        response.body = "{\"message\":\"Internal Server Error\"}";
        break;
    }
    response.body_length = response.body ? strlen(response.body) : 0;
    request_note(request, response.drop_connection ? 0 : response.status);
    web_respond(request->token, &response);
    request_free(request);
}

static void request_begin(struct gateway_request *request)
{
    struct sandbox *sandbox = request->sandbox;
    request->hit = failure_take(sandbox, FAIL_PAKASIR, 0, request->project ? request->project->slug : NULL,
                                request->endpoint->name, 0);
    switch (request->hit.mode) {
    case FAIL_DROP_BEFORE:
    case FAIL_HTML:
    case FAIL_TOO_MANY:
    case FAIL_STATUS:
        request_refuse(request);
        break;
    case FAIL_SLOW:
        later_call(sandbox, request->hit.delay_ms, request_run, request, request_cancel);
        break;
    default:
        request_run(sandbox, request);
        break;
    }
}

static const struct endpoint *endpoint_find(const char *name)
{
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
        if (strcmp(endpoints[i].name, name) == 0)
            return &endpoints[i];
    return NULL;
}

/* "{endpoint}/{slug}/{argument}", or without the slug; fills the request or says what is wrong. */
static bool route(struct gateway_request *request, struct web_request *web)
{
    char *name = arena_strdup(request->arena, web->rest);
    char *rest = strchr(name, '/');
    if (rest)
        *rest++ = '\0';
    request->endpoint = endpoint_find(name);
    if (!request->endpoint || !rest) {
        say(request, 404, "Alamat tidak ditemukan");
        return false;
    }
    if (strcmp(web->method, request->endpoint->http_method) != 0) {
        say(request, 405, "Metode HTTP tidak didukung");
        return false;
    }
    request->argument = rest;
    if (!request->endpoint->has_project)
        return true;
    char *slash = strchr(rest, '/');
    request->argument = slash ? slash + 1 : "";
    if (slash)
        *slash = '\0';
    request->project = project_find(request->sandbox, rest);
    if (!request->project) {
        say(request, 404, "Proyek tidak ditemukan");
        return false;
    }
    const char *key = web_header(web, "x-api-key");
    if (!key ||
        !crypto_equal(key, strlen(key), request->project->api_key, strlen(request->project->api_key))) {
        say(request, 401, "API key tidak sah");
        return false;
    }
    if (!str_is_utf8(request->argument, strlen(request->argument))) {
        say(request, 400, "order_id tidak sah");
        return false;
    }
    return true;
}

void pakasir_on_request(struct web_request *web, void *context)
{
    struct arena *arena = arena_new();
    struct gateway_request *request = ARENA_NEW(arena, struct gateway_request);
    *request = (struct gateway_request){.sandbox = context, .arena = arena, .token = web->token};
    struct error err;
    if (!route(request, web)) {
        request_respond(request);
        request_free(request);
        return;
    }
    if (web->body_length > 0 && !json_parse(web->body, web->body_length, &request->body, &err))
        request->body = NULL; /* create then misses its members; the others need none */
    request_begin(request);
}

static const char page_head[] =
    "<!DOCTYPE html><html lang=\"id\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
    "content=\"width=device-width,initial-scale=1\"><title>Bayar</title><style>body{font:16px/1.5 "
    "system-ui,sans-serif;"
    "max-width:24rem;margin:2rem auto;padding:0 "
    "1rem;text-align:center}svg{width:100%}button{font:inherit;padding:.7rem "
    "1.5rem;border:0;border-radius:.5rem;background:#0a7;color:#fff}</style></head><body>";

static const char page_script[] =
    "<script>const "
    "b=document.querySelector('button');if(b)b.addEventListener('click',async()=>{b.disabled=true;"
    "const r=await fetch('/sandbox/pay',{method:'POST',headers:{'Content-Type':'application/json'},"
    "body:JSON.stringify({txn_id:b.dataset.txn})});const j=await r.json();"
    "const back=new URLSearchParams(location.search).get('redirect');"
    "if(r.ok&&back&&/^https?:/.test(back))location.href=back;"
    "else if(r.ok)location.reload();else{b.disabled=false;alert(j.error);}});</script>";

void pakasir_on_page(struct web_request *web, void *context)
{
    struct sandbox *sandbox = context;
    auto_arena struct arena *arena = arena_new();
    const struct transaction *t = table_get(&sandbox->transactions, web->rest);
    if (!t) {
        web_respond_text(web->token, 404, "Transaksi tidak ditemukan\n");
        return;
    }
    struct str page = STR_INIT(arena);
    str_add(&page, page_head);
    str_addf(&page, "<h1>%s</h1><p>Pesanan ", str_rupiah(arena, t->total_payment));
    str_add_html(&page, t->order_id);
    str_addf(&page, "</p><p>Status: <b>%s</b></p>", transaction_status_name(t));
    if (t->qr_string) {
        const char *svg = qr_image_svg(arena, t->qr_string);
        str_add(&page, svg ? svg : "");
    }
    if (t->va_number)
        str_addf(&page, "<p>Nomor VA: <b>%s</b></p>", t->va_number);
    if (t->status == TRANSACTION_PENDING)
        str_addf(&page, "<p><button type=\"button\" data-txn=\"%s\">Bayar sekarang</button></p>", t->txn_id);
    str_add(&page, page_script);
    str_add(&page, "</body></html>\n");
    web_respond(web->token, &(struct web_response){.status = 200,
                                                   .content_type = "text/html; charset=utf-8",
                                                   .body = str_done(&page),
                                                   .body_length = page.length,
                                                   .extra_name = "cache-control",
                                                   .extra_value = "no-store"});
}
