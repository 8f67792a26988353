/* Source of every fact here: several integrations of Pakasir's API v2 that agree. What they leave open fails
 * safe. */
#include "payment/pakasir.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "payment/method.h"
#include "payment/qris.h"

enum {
    MOST_ID = 128,
    MOST_QR = 512,
    MOST_NUMBER = 40,
    MOST_LINK = 500,
    MOST_MESSAGE = 160,
    MOST_RUPIAH = 1000000000
};

static char *base;

void pakasir_set_base(const char *api_base)
{
    freep(&base);
    base = xstrdup(api_base);
}

/* Length of the base's scheme and host: "http://127.0.0.1:8081". */
static size_t origin_length(void)
{
    const char *host = strstr(base, "://");
    return host ? (size_t)(host + 3 - base) + strcspn(host + 3, "/") : strlen(base);
}

/* --- answers --- */

/* The gateway's own words, made fit for a log: one line, short, without the key it may quote. `tenant` NULL
 * where no key was sent. */
static const char *message_of(const struct tenant *tenant, struct arena *arena, const json_t *json)
{
    const char *message = "";
    if (!json_get_string(json, "message", &message) && !json_get_string(json, "error", &message))
        return "no message";
    if (tenant && strstr(message, tenant->pakasir_api_key))
        return "a message that quotes the key";
    char *line = str_utf8_cut(arena, message, MOST_MESSAGE);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    return line;
}

/* Which failure an HTTP status is. 408, 409, 425 and everything that is not documented may pass or may have
 * acted. */
static enum error_code code_of(int status)
{
    static const struct {
        int status;
        enum error_code code;
    } rows[] = {
        {400, ERR_REFUSED}, {401, ERR_REFUSED}, {402, ERR_REFUSED}, {403, ERR_REFUSED}, {404, ERR_REFUSED},
        {405, ERR_REFUSED}, {410, ERR_REFUSED}, {422, ERR_REFUSED}, {429, ERR_RETRY},   {503, ERR_RETRY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status)
            return rows[i].code;
    return ERR_UNCERTAIN;
}

/* The answer as a JSON object, if it is a success. */
static bool read_object(const struct tenant *tenant, struct arena *arena, const struct call_answer *answer,
                        json_t **json_out, struct error *err)
{
    struct error fault;
    auto_json json_t *json = NULL;
    bool parsed = json_parse(answer->body, answer->length, &json, &fault) && json_is_object(json);
    if (answer->status < 200 || answer->status > 299) {
        error_set(err, code_of(answer->status), "pakasir answered %d: %s", answer->status,
                  parsed ? message_of(tenant, arena, json) : "not a JSON object");
        err->retry_after = answer->status == 429 && answer->retry_after == 0 ? 1 : answer->retry_after;
        /* A server that stands before a dead one answers 5xx, mostly with a page. */
        err->answered = err->code == ERR_REFUSED || answer->status == 429 || (parsed && answer->status < 500);
        return false;
    }
    if (!parsed)
        return error_set(err, ERR_UNCERTAIN, "pakasir's answer is not a JSON object");
    *json_out = json_incref(json);
    return true;
}

/* A success that can't be believed. */
#define doubtful(err, ...)                                                                                   \
    __extension__({                                                                                          \
        error_fill((err), ERR_UNCERTAIN, __VA_ARGS__);                                                       \
        (err)->answered = true;                                                                              \
        false;                                                                                               \
    })

static bool malformed(const char *field, struct error *err)
{
    return doubtful(err, "pakasir's answer has no usable %s", field);
}

/* Printable ASCII without blanks, and not a path's "." or "..": it goes into URLs. */
static bool is_id(const char *text)
{
    size_t length = strnlen(text, MOST_ID + 1);
    if (length == 0 || length > MOST_ID || strspn(text, ".") == length)
        return false;
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return true;
}

static bool take_id(const json_t *json, const char *field, const char **id_out, struct error *err)
{
    return (json_get_string(json, field, id_out) && is_id(*id_out)) || malformed(field, err);
}

static bool take_rupiah(const json_t *json, const char *field, int64_t *rupiah_out, struct error *err)
{
    return (json_get_int(json, field, rupiah_out) && *rupiah_out >= 0 && *rupiah_out <= MOST_RUPIAH) ||
           malformed(field, err);
}

static bool take_bool(const json_t *json, const char *field, bool *value_out, struct error *err)
{
    return json_get_bool(json, field, value_out) || malformed(field, err);
}

static bool take_time(const json_t *json, const char *field, int64_t *at_ms_out, struct error *err)
{
    const char *text;
    return (json_get_string(json, field, &text) && clock_parse_rfc3339(text, at_ms_out)) ||
           malformed(field, err);
}

/* --- what was made --- */

/* The sandbox's QR string is not a payment: only its size matters. */
static bool take_qr(const struct tenant *tenant, struct arena *arena, const json_t *json,
                    struct payment_created *created, struct error *err)
{
    const char *qr;
    struct error flaw;
    if (!json_get_string(json, "qr_string", &qr) || !*qr)
        return malformed("qr_string", err);
    if (strnlen(qr, MOST_QR + 1) > MOST_QR)
        return doubtful(err, "pakasir's QR string is longer than %d bytes", MOST_QR);
    if (!tenant->pakasir_sandbox && !qris_check(qr, created->total, &flaw))
        return doubtful(err, "pakasir's QR string: %s", flaw.text);
    created->qr_string = arena_strdup(arena, qr);
    return true;
}

static bool take_number(const struct tenant *tenant, struct arena *arena, const json_t *json,
                        struct payment_created *created, struct error *err)
{
    static const char digits[] = "0123456789", written[] = "0123456789 -";
    const char *number;
    if (!json_get_string(json, "va_number", &number) || strspn(number, written) < strlen(number) ||
        !strpbrk(number, digits) || strlen(number) > MOST_NUMBER)
        return malformed("va_number", err);
    created->va_number = arena_strdup(arena, number);
    return true;
}

struct made_kind {
    enum method_kind kind;
    bool (*take)(const struct tenant *tenant, struct arena *arena, const json_t *json,
                 struct payment_created *created, struct error *err);
};

/* What the buyer is shown, by the kind of method. */
static const struct made_kind made_kinds[] = {{METHOD_QR, take_qr}, {METHOD_VA, take_number}};

static bool take_shown(const struct tenant *tenant, struct arena *arena, const json_t *json,
                       enum method_kind kind, struct payment_created *created, struct error *err)
{
    for (size_t i = 0; i < sizeof made_kinds / sizeof made_kinds[0]; i++)
        if (made_kinds[i].kind == kind)
            return made_kinds[i].take(tenant, arena, json, created, err);
    return error_set(err, ERR_INTERNAL, "pakasir makes no such thing");
}

/* For whom, for what and how much it was made. Whatever else than asked is not believed: what was asked goes
 * unpaid rather than something else paid. */
static bool is_as_asked(const struct tenant *tenant, const json_t *json, const char *order_id,
                        const char *method, int64_t amount, int64_t total, struct error *err)
{
    const char *project, *order, *payment_method;
    int64_t base_amount;
    bool sandbox;
    if (!take_id(json, "project", &project, err) || !take_id(json, "order_id", &order, err) ||
        !take_rupiah(json, "amount", &base_amount, err) ||
        !take_id(json, "payment_method", &payment_method, err) ||
        !take_bool(json, "is_sandbox", &sandbox, err))
        return false;
    if (!str_equal(project, tenant->pakasir_project) || !str_equal(order, order_id))
        return doubtful(err, "pakasir's answer is about another project or order");
    if (base_amount != amount)
        return doubtful(err, "pakasir made it for %lld instead of %lld rupiah", (long long)base_amount,
                        (long long)amount);
    /* Who pays the fee is the project's setting, so the total may be the amount; never less. */
    if (total < amount)
        return doubtful(err, "pakasir's total %lld is below the amount", (long long)total);
    if (!str_equal(payment_method, method))
        return doubtful(err, "pakasir made it for another payment method");
    if (sandbox != tenant->pakasir_sandbox)
        return doubtful(err, "pakasir's project is %sin its sandbox", sandbox ? "" : "not ");
    return true;
}

/* Of https, or the API's own host: in a sandbox both are http. It goes onto a button. */
static bool is_link(const char *link)
{
    size_t length = strnlen(link, MOST_LINK + 1), origin = base ? origin_length() : 0;
    for (const char *p = link; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    bool our_host = origin && strncmp(link, base, origin) == 0 && link[origin] == '/';
    bool secure = str_starts_with(link, "https://") && link[8] != '/' && link[8] != '\0';
    return length <= MOST_LINK && (our_host || secure);
}

/* Such an answer has a transaction and its page, nothing else; should it name more one day, it must be ours.
 */
static bool read_link(struct arena *arena, const json_t *json, const char *order_id, int64_t amount,
                      struct payment_created *created_out, struct error *err)
{
    const char *txn_id, *link, *order;
    int64_t base_amount;
    if (!take_id(json, "txn_id", &txn_id, err))
        return false;
    if (!json_get_string(json, "payment_link", &link) || !is_link(link))
        return malformed("payment_link", err);
    if (json_object_get(json, "order_id") &&
        (!json_get_string(json, "order_id", &order) || !str_equal(order, order_id)))
        return doubtful(err, "pakasir's answer is about another order");
    if (json_object_get(json, "amount") &&
        (!json_get_int(json, "amount", &base_amount) || base_amount != amount))
        return doubtful(err, "pakasir's answer is about another amount");
    *created_out = (struct payment_created){
        .txn_id = arena_strdup(arena, txn_id), .total = amount, .pay_url = arena_strdup(arena, link)};
    return true;
}

bool pakasir_read_created(const struct tenant *tenant, struct arena *arena, const struct call_answer *answer,
                          const char *order_id, const char *method_name, int64_t amount,
                          struct payment_created *created_out, struct error *err)
{
    auto_json json_t *json = NULL;
    struct payment_created created = {0};
    const struct method *method = method_find(method_name);
    const char *txn_id;
    if (!method)
        return error_set(err, ERR_INTERNAL, "pakasir knows no such method");
    if (!read_object(tenant, arena, answer, &json, err))
        return false;
    if (method->kind == METHOD_LINK)
        return read_link(arena, json, order_id, amount, created_out, err);
    if (!take_id(json, "txn_id", &txn_id, err) || !take_rupiah(json, "fee", &created.fee, err) ||
        !take_rupiah(json, "total_payment", &created.total, err) ||
        !take_time(json, "expired_at", &created.expires_ms, err) ||
        !is_as_asked(tenant, json, order_id, method_name, amount, created.total, err) ||
        !take_shown(tenant, arena, json, method->kind, &created, err))
        return false;
    created.txn_id = arena_strdup(arena, txn_id);
    *created_out = created;
    return true;
}

/* --- its state --- */

static bool take_status(const json_t *json, enum gateway_status *status_out, struct error *err)
{
    static const struct {
        const char *name;
        enum gateway_status status;
    } rows[] = {
        {"pending", GATEWAY_PENDING}, {"completed", GATEWAY_COMPLETED}, {"canceled", GATEWAY_CANCELED}};
    const char *name;
    if (!json_get_string(json, "status", &name))
        return malformed("status", err);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (str_equal(rows[i].name, name)) {
            *status_out = rows[i].status;
            return true;
        }
    }
    return malformed("status", err);
}

bool pakasir_read_state(const struct tenant *tenant, struct arena *arena, const struct call_answer *answer,
                        struct gateway_state *state_out, struct error *err)
{
    auto_json json_t *json = NULL;
    struct gateway_state state = {0};
    const char *txn_id, *order_id;
    if (!read_object(tenant, arena, answer, &json, err) || !take_id(json, "txn_id", &txn_id, err) ||
        !take_id(json, "order_id", &order_id, err) || !take_rupiah(json, "amount", &state.amount, err) ||
        !take_bool(json, "is_sandbox", &state.is_sandbox, err) || !take_status(json, &state.status, err))
        return false;
    state.txn_id = arena_strdup(arena, txn_id);
    state.order_id = arena_strdup(arena, order_id);
    *state_out = state;
    return true;
}

/* --- fees --- */

/* A figure above the amount itself is no fee of any method that takes the amount. */
bool pakasir_read_fees(struct arena *arena, const struct call_answer *answer, int64_t amount,
                       int64_t *fees_out, struct error *err)
{
    auto_json json_t *json = NULL;
    if (!read_object(NULL, arena, answer, &json, err))
        return false;
    for (size_t i = 0; i < method_count; i++) {
        int64_t fee = -1;
        bool usable = json_get_int(json, methods[i].name, &fee) && fee >= 0 && fee <= amount;
        fees_out[i] = usable ? fee : -1;
    }
    return true;
}

/* --- calls --- */

/* BASE/verb/slug/id, the id of our making or checked by is_id(). */
static bool ask(const struct tenant *tenant, struct arena *arena, const char *method, const char *verb,
                const char *id, const char *body, struct call_answer *answer_out, struct error *err)
{
    assert(base);
    struct call_request request = {
        .method = method,
        .url = arena_printf(arena, "%s/%s/%s/%s", base, verb, call_escape(arena, tenant->pakasir_project),
                            call_escape(arena, id)),
        .header = arena_printf(arena, "X-Api-Key: %s", tenant->pakasir_api_key),
        .json_body = body,
    };
    return call_gateway(&request, arena, answer_out, err);
}

static bool create(const struct tenant *tenant, struct arena *arena, const char *order_id, const char *method,
                   int64_t amount, struct payment_created *created_out, struct error *err)
{
    struct call_answer answer;
    auto_json json_t *body = json_pack("{s:s, s:I}", "method", method, "amount", (json_int_t)amount);
    assert(body);
    if (!ask(tenant, arena, "POST", "create-transaction", order_id, json_text(arena, body), &answer, err) ||
        !pakasir_read_created(tenant, arena, &answer, order_id, method, amount, created_out, err))
        return error_context(err, "create-transaction");
    return true;
}

static bool status(const struct tenant *tenant, struct arena *arena, const char *txn_id,
                   struct gateway_state *state_out, struct error *err)
{
    struct call_answer answer;
    if (!ask(tenant, arena, "GET", "transaction-status", txn_id, NULL, &answer, err) ||
        !pakasir_read_state(tenant, arena, &answer, state_out, err))
        return error_context(err, "transaction-status");
    return true;
}

static bool cancel(const struct tenant *tenant, struct arena *arena, const char *txn_id, struct error *err)
{
    struct call_answer answer;
    auto_json json_t *json = NULL;
    if (!ask(tenant, arena, "POST", "cancel-transaction", txn_id, NULL, &answer, err) ||
        !read_object(tenant, arena, &answer, &json, err))
        return error_context(err, "cancel-transaction");
    return true;
}

bool pakasir_fees(struct arena *arena, int64_t amount, int64_t *fees_out, struct error *err)
{
    assert(base);
    struct call_answer answer;
    const struct call_request request = {
        .method = "GET", .url = arena_printf(arena, "%s/payment-fee/%lld", base, (long long)amount)};
    if (!call_gateway(&request, arena, &answer, err) ||
        !pakasir_read_fees(arena, &answer, amount, fees_out, err))
        return error_context(err, "payment-fee");
    return true;
}

/* Real codes and words are not documented. 401 and 403 can only be the key's; a 404 should be the
 * transaction's, unless it speaks of the project. */
static bool read_key_check(const struct tenant *tenant, struct arena *arena, const struct call_answer *answer,
                           struct error *err)
{
    auto_json json_t *json = NULL;
    if (read_object(tenant, arena, answer, &json, err) || answer->status == 400 || answer->status == 422)
        return true;
    const char *text = err->text;
    if (answer->status == 404)
        return (!strcasestr(text, "proyek") && !strcasestr(text, "project")) ||
               error_set(err, ERR_REFUSED, "it knows no such project");
    return error_context(err, answer->status == 401 || answer->status == 403 ? "the key is refused"
                                                                             : "the key was not checked");
}

bool pakasir_check_key(struct arena *arena, const char *project, const char *api_key, struct error *err)
{
    const struct tenant tenant = {.pakasir_project = project, .pakasir_api_key = api_key};
    struct call_answer answer;
    if (!pakasir_fees(arena, 10000, ARENA_ARRAY(arena, int64_t, method_count), err))
        return false;
    if (!ask(&tenant, arena, "GET", "transaction-status", "lapak-key-check", NULL, &answer, err))
        return error_context(err, "transaction-status");
    return read_key_check(&tenant, arena, &answer, err);
}

static bool reach(const struct tenant *tenant, struct arena *arena, struct error *err)
{
    (void)tenant;
    return pakasir_fees(arena, 10000, ARENA_ARRAY(arena, int64_t, method_count), err);
}

const struct gateway pakasir = {"pakasir", create, status, cancel, reach};
