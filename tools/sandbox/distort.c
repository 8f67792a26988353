#include "distort.h"

#include <string.h>

#include "base/json.h"

/* The member that is meant: the one named, else the first of these that the answer has. */
static const char *field_of(const struct failure_hit *hit, const json_t *answer)
{
    static const char *const telling[] = {"amount", "txn_id", "qris", "message"};
    if (*hit->field)
        return hit->field;
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        if (json_object_get(answer, telling[i]))
            return telling[i];
    return "";
}

static json_t *of_another_type(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_integer(12345);
    case JSON_INTEGER:
        return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return json_string(json_is_true(value) ? "true" : "false");
    default:
        return json_array();
    }
}

static void change_type(json_t *answer, const char *field)
{
    const json_t *value = json_object_get(answer, field);
    if (value)
        json_object_set_new(answer, field, of_another_type(value));
}

static void change_amount(json_t *answer)
{
    const json_t *amount = json_object_get(answer, "amount");
    if (amount)
        json_object_set_new(answer, "amount", json_integer(json_integer_value(amount) + 1));
}

/* Where there is no other transaction to answer with. */
static void change_order(json_t *answer)
{
    if (json_object_get(answer, "order_id"))
        json_object_set_new(answer, "order_id", json_string("tg1-pesanan-lain"));
}

const char *distort(struct arena *arena, const struct failure_hit *hit, const json_t *answer)
{
    auto_json json_t *copy = json_deep_copy(answer);
    switch (hit->mode) {
    case FAIL_MISSING_FIELD:
        json_object_del(copy, field_of(hit, copy));
        break;
    case FAIL_WRONG_TYPE:
        change_type(copy, field_of(hit, copy));
        break;
    case FAIL_OTHER_ORDER:
        change_order(copy);
        break;
    case FAIL_CHANGED_AMOUNT:
        change_amount(copy);
        break;
    case FAIL_EMPTY:
        return "";
    case FAIL_TRUNCATED: {
        char *text = json_text(arena, copy);
        text[strlen(text) / 2] = '\0';
        return text;
    }
    default:
        break;
    }
    return json_text(arena, copy);
}
