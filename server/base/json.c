#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

bool json_parse(const char *text, size_t length, json_t **json_out, struct error *err)
{
    json_error_t fault;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &fault);
    if (!json) /* jansson's own message quotes the text, which may hold anything */
        return error_set(err, ERR_INVALID, "not JSON: fault at line %d, column %d", fault.line, fault.column);
    *json_out = json;
    return true;
}

bool json_get_string(const json_t *object, const char *name, const char **text_out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value))
        return false;
    *text_out = json_string_value(value);
    return true;
}

bool json_get_int(const json_t *object, const char *name, int64_t *value_out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value))
        return false;
    *value_out = json_integer_value(value);
    return true;
}

bool json_get_bool(const json_t *object, const char *name, bool *value_out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_boolean(value))
        return false;
    *value_out = json_is_true(value);
    return true;
}

bool json_get_object(const json_t *object, const char *name, json_t **object_out)
{
    json_t *value = json_object_get(object, name);
    if (!json_is_object(value))
        return false;
    *object_out = value;
    return true;
}

bool json_get_array(const json_t *object, const char *name, json_t **array_out)
{
    json_t *value = json_object_get(object, name);
    if (!json_is_array(value))
        return false;
    *array_out = value;
    return true;
}

char *json_text(struct arena *arena, const json_t *json)
{
    auto_freep char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text)
        abort(); /* a value made by jansson's own functions always has a text: memory ran out */
    return arena_strdup(arena, text);
}

json_t *json_string_of(struct arena *arena, const char *text)
{
    struct str s = STR_INIT(arena);
    for (size_t left = strlen(text); left > 0;) {
        uint32_t point;
        size_t n = str_utf8_decode(text, left, &point), step = n ? n : 1;
        if (n)
            str_add_bytes(&s, text, n);
        else
            str_add(&s, "\xef\xbf\xbd");
        text += step;
        left -= step;
    }
    return json_string(str_done(&s));
}
