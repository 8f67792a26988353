#include "failure.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox.h"

enum { MOST_DELAY_MS = 600000, MOST_RETRY_AFTER = 3600 };

struct failure {
    struct failure *next;
    int64_t id;
    enum failure_service service;
    struct failure_hit hit;
    int64_t bot, chat;
    char *slug, *method;
    int64_t times; /* -1: for ever */
};

static const char *const service_names[] = {
    [FAIL_TELEGRAM] = "telegram",
    [FAIL_PAKASIR] = "pakasir",
    [FAIL_TELEGRAM_WEBHOOK] = "telegram_webhook",
    [FAIL_PAKASIR_WEBHOOK] = "pakasir_webhook",
};

enum {
    T = 1 << FAIL_TELEGRAM,
    P = 1 << FAIL_PAKASIR,
    W = 1 << FAIL_TELEGRAM_WEBHOOK | 1 << FAIL_PAKASIR_WEBHOOK,
};

static const struct mode {
    const char *name;
    unsigned services;
    int status; /* where the rule names none */
} modes[] = {
    [FAIL_SLOW] = {"slow", T | P | W, 0},
    [FAIL_DROP_BEFORE] = {"drop_before", T | P, 0},
    [FAIL_DROP_AFTER] = {"drop_after", T | P, 0},
    [FAIL_STATUS] = {"status", T | P, 500},
    [FAIL_TOO_MANY] = {"too_many", T | P, 429},
    [FAIL_HTML] = {"html", T | P, 502},
    [FAIL_BAD_QR] = {"bad_qr", P, 0},
    [FAIL_WRONG_AMOUNT] = {"wrong_amount", P, 0},
    [FAIL_MISSING_FIELD] = {"missing_field", P, 0},
    [FAIL_WRONG_TYPE] = {"wrong_type", P, 0},
    [FAIL_OTHER_ORDER] = {"other_order", P, 0},
    [FAIL_CHANGED_AMOUNT] = {"changed_amount", P, 0},
    [FAIL_EMPTY] = {"empty", T | P, 0},
    [FAIL_TRUNCATED] = {"truncated", T | P, 0},
    [FAIL_NEVER] = {"never", W, 0},
    [FAIL_TWICE] = {"twice", W, 0},
    [FAIL_REORDER] = {"reorder", W, 0},
};

static bool fits(const struct failure *rule, enum failure_service service, int64_t bot, const char *slug,
                 const char *method, int64_t chat)
{
    return rule->service == service && rule->times != 0 && (rule->bot == 0 || rule->bot == bot) &&
           (rule->chat == 0 || rule->chat == chat) && (!rule->slug || str_equal(rule->slug, slug)) &&
           (!rule->method || (method && strcasecmp(rule->method, method) == 0));
}

static void failure_free(struct failure *rule)
{
    free(rule->slug);
    free(rule->method);
    free(rule);
}

struct failure_hit failure_take(struct sandbox *sandbox, enum failure_service service, int64_t bot,
                                const char *slug, const char *method, int64_t chat)
{
    for (struct failure **at = &sandbox->failures.first; *at; at = &(*at)->next) {
        struct failure *rule = *at;
        if (!fits(rule, service, bot, slug, method, chat))
            continue;
        struct failure_hit hit = rule->hit;
        if (rule->times > 0 && --rule->times == 0) {
            *at = rule->next;
            failure_free(rule);
        }
        return hit;
    }
    return (struct failure_hit){.mode = FAIL_NOTHING};
}

static bool read_service(const json_t *json, enum failure_service *service_out, struct error *err)
{
    const char *name = NULL;
    if (json_get_string(json, "service", &name)) {
        for (size_t i = 0; i < sizeof service_names / sizeof *service_names; i++) {
            if (strcmp(service_names[i], name) == 0) {
                *service_out = (enum failure_service)i;
                return true;
            }
        }
    }
    return error_set(err, ERR_INVALID,
                     "service must be telegram, pakasir, telegram_webhook or pakasir_webhook");
}

static bool read_mode(const json_t *json, enum failure_service service, struct failure_hit *hit_out,
                      struct error *err)
{
    const char *name = NULL;
    if (!json_get_string(json, "mode", &name))
        return error_set(err, ERR_INVALID, "mode is missing");
    for (size_t i = 1; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, name) != 0)
            continue;
        if (!(modes[i].services & 1u << service))
            return error_set(err, ERR_INVALID, "mode %s does not go with service %s", name,
                             service_names[service]);
        *hit_out =
            (struct failure_hit){.mode = (enum failure_mode)i, .status = modes[i].status, .retry_after = 1};
        return true;
    }
    return error_set(err, ERR_INVALID, "unknown mode %s", name);
}

/* A member that may be missing or null, but not anything but a number in the range. */
static bool read_number(const json_t *json, const char *name, int64_t least, int64_t most, int64_t *value_out,
                        struct error *err)
{
    const json_t *value = json_object_get(json, name);
    if (!value || json_is_null(value))
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most)
        return error_set(err, ERR_INVALID, "%s must be an integer from %lld to %lld", name, (long long)least,
                         (long long)most);
    *value_out = json_integer_value(value);
    return true;
}

static bool read_field(const json_t *json, struct failure_hit *hit, struct error *err)
{
    const json_t *value = json_object_get(json, "field");
    const char *name = json_string_value(value);
    if (!value || json_is_null(value))
        return true;
    if (!name || strlen(name) >= sizeof hit->field)
        return error_set(err, ERR_INVALID, "field must be the name of a member of the answer");
    memcpy(hit->field, name, strlen(name) + 1);
    return true;
}

static char *copy_of(const json_t *json, const char *name)
{
    const char *text = NULL;
    return json_get_string(json, name, &text) ? xstrdup(text) : NULL;
}

bool failure_add(struct sandbox *sandbox, const json_t *json, int64_t *id_out, struct error *err)
{
    struct failure parsed = {.times = -1};
    if (!read_service(json, &parsed.service, err) || !read_mode(json, parsed.service, &parsed.hit, err))
        return false;
    int64_t status = parsed.hit.status, retry_after = parsed.hit.retry_after;
    if (!read_number(json, "status", 200, 599, &status, err) ||
        !read_number(json, "delay_ms", 0, MOST_DELAY_MS, &parsed.hit.delay_ms, err) ||
        !read_number(json, "retry_after", 1, MOST_RETRY_AFTER, &retry_after, err) ||
        !read_number(json, "times", 1, INT32_MAX, &parsed.times, err) ||
        !read_number(json, "bot", 0, INT64_MAX, &parsed.bot, err) ||
        !read_number(json, "chat", INT64_MIN, INT64_MAX, &parsed.chat, err) ||
        !read_field(json, &parsed.hit, err))
        return false;
    parsed.hit.status = (int)status;
    parsed.hit.retry_after = (int)retry_after;
    parsed.slug = copy_of(json, "slug");
    parsed.method = copy_of(json, "method");
    parsed.id = ++sandbox->failures.last_id;

    struct failure *rule = xcalloc(1, sizeof *rule);
    *rule = parsed;
    struct failure **end = &sandbox->failures.first;
    while (*end)
        end = &(*end)->next;
    *end = rule;
    *id_out = rule->id;
    journal_event(sandbox, "fail", 0, 0, 0);
    return true;
}

bool failure_remove(struct sandbox *sandbox, int64_t id)
{
    for (struct failure **at = &sandbox->failures.first; *at; at = &(*at)->next) {
        if ((*at)->id != id)
            continue;
        struct failure *rule = *at;
        *at = rule->next;
        failure_free(rule);
        journal_event(sandbox, "fail", 0, 0, 0);
        return true;
    }
    return false;
}

void failure_remove_all(struct sandbox *sandbox)
{
    while (sandbox->failures.first) {
        struct failure *rule = sandbox->failures.first;
        sandbox->failures.first = rule->next;
        failure_free(rule);
    }
}

static void put_text(json_t *object, const char *name, const char *text)
{
    if (text)
        json_object_set_new(object, name, json_string(text));
}

static void put_number(json_t *object, const char *name, int64_t value)
{
    if (value)
        json_object_set_new(object, name, json_integer(value));
}

json_t *failure_list(const struct sandbox *sandbox)
{
    json_t *list = json_array();
    for (const struct failure *rule = sandbox->failures.first; rule; rule = rule->next) {
        json_t *object = json_pack("{s:I,s:s,s:s}", "id", (json_int_t)rule->id, "service",
                                   service_names[rule->service], "mode", modes[rule->hit.mode].name);
        put_number(object, "bot", rule->bot);
        put_number(object, "chat", rule->chat);
        put_text(object, "slug", rule->slug);
        put_text(object, "method", rule->method);
        put_text(object, "field", *rule->hit.field ? rule->hit.field : NULL);
        put_number(object, "status", rule->hit.status);
        put_number(object, "delay_ms", rule->hit.delay_ms);
        if (rule->hit.mode == FAIL_TOO_MANY)
            put_number(object, "retry_after", rule->hit.retry_after);
        json_object_set_new(object, "times", rule->times < 0 ? json_null() : json_integer(rule->times));
        json_array_append_new(list, object);
    }
    return list;
}
