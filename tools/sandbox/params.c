#include "params.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/str.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL where an escape is broken or the text holds NUL. */
static char *decode(struct arena *arena, const char *text, size_t length)
{
    char *out = arena_alloc(arena, length + 1);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            if (length - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
                return NULL;
            c = (char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
            i += 2;
        }
        if (c == '\0')
            return NULL;
        out[n++] = c;
    }
    return out;
}

/* Calls add(name, value) for each pair of an urlencoded text. */
static bool each_pair(struct arena *arena, const char *text, size_t length,
                      bool (*add)(void *context, const char *name, const char *value), void *context)
{
    const char *end = text + length;
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        if (!stop)
            stop = end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const char *name = decode(arena, text, (size_t)((equals ? equals : stop) - text));
        const char *value = equals ? decode(arena, equals + 1, (size_t)(stop - equals - 1)) : "";
        if (!name || !value || !add(context, name, value))
            return false;
        text = stop + 1;
    }
    return true;
}

static bool add_to_object(void *object, const char *name, const char *value)
{
    return json_object_set_new(object, name, json_string(value)) == 0; /* fails where it is not UTF-8 */
}

static bool read_multipart(struct params *params, const char *content_type, const char *body, size_t length,
                           struct error *err)
{
    struct multipart all;
    if (!multipart_parse(params->arena, content_type, body, length, &all, err))
        return false;
    params->files.parts = ARENA_ARRAY(params->arena, struct multipart_part, all.count + 1);
    for (size_t i = 0; i < all.count; i++) {
        if (all.parts[i].filename) {
            params->files.parts[params->files.count++] = all.parts[i];
            continue;
        }
        json_t *value = json_stringn(all.parts[i].bytes, all.parts[i].length);
        if (!value || json_object_set_new(params->object, all.parts[i].name, value) != 0)
            return error_set(err, ERR_INVALID, "strings must be encoded in UTF-8");
    }
    return true;
}

static bool read_body(struct params *params, const char *content_type, const char *body, size_t length,
                      struct error *err)
{
    if (strncasecmp(content_type, "multipart/form-data", 19) == 0)
        return read_multipart(params, content_type, body, length, err);
    if (strncasecmp(content_type, "application/x-www-form-urlencoded", 33) == 0)
        return each_pair(params->arena, body, length, add_to_object, params->object) ||
               error_set(err, ERR_INVALID, "strings must be encoded in UTF-8");
    if (strncasecmp(content_type, "application/json", 16) == 0) {
        auto_json json_t *json = NULL;
        if (!json_parse(body, length, &json, err))
            return false;
        if (!json_is_object(json))
            return error_set(err, ERR_INVALID, "request body must be a JSON object");
        json_object_update(params->object, json);
        return true;
    }
    return error_set(err, ERR_INVALID, "unsupported Content-Type");
}

bool params_parse(struct arena *arena, const char *content_type, const char *query, const char *body,
                  size_t length, struct params *params_out, struct error *err)
{
    struct params params = {.arena = arena, .object = json_object(), .parsed = json_array()};
    bool good = each_pair(arena, query, strlen(query), add_to_object, params.object) ||
                error_set(err, ERR_INVALID, "strings must be encoded in UTF-8");
    if (good && length > 0)
        good = read_body(&params, content_type ? content_type : "", body, length, err);
    if (!good) {
        params_free(&params);
        return false;
    }
    *params_out = params;
    return true;
}

void params_of_json(struct arena *arena, json_t *object, struct params *params_out)
{
    *params_out = (struct params){
        .arena = arena, .object = object ? json_copy(object) : json_object(), .parsed = json_array()};
    json_object_del(params_out->object, "method");
}

void params_free(struct params *params)
{
    json_decref(params->object);
    json_decref(params->parsed);
    params->object = params->parsed = NULL;
}

const char *params_text(const struct params *params, const char *name)
{
    const json_t *value = json_object_get(params->object, name);
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        return strlen(json_string_value(value)) == json_string_length(value) ? json_string_value(value)
                                                                             : NULL;
    case JSON_INTEGER:
        return arena_printf(params->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return NULL;
    }
}

bool params_int(const struct params *params, const char *name, int64_t *value_out)
{
    const char *text = params_text(params, name);
    return text && str_to_int64(text, value_out);
}

bool params_bool(const struct params *params, const char *name)
{
    const char *text = params_text(params, name);
    return text && (strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0 || strcmp(text, "1") == 0);
}

bool params_json(struct params *params, const char *name, json_type type, json_t **value_out)
{
    json_t *value = json_object_get(params->object, name);
    if (json_is_string(value)) {
        if (json_string_length(value) == 0) {
            value = NULL;
        } else {
            json_t *parsed =
                json_loadb(json_string_value(value), json_string_length(value), JSON_REJECT_DUPLICATES, NULL);
            if (!parsed)
                return false;
            json_array_append_new(params->parsed, parsed);
            value = parsed;
        }
    }
    if (value && !json_is_null(value) && json_typeof(value) != type)
        return false;
    *value_out = json_is_null(value) ? NULL : value;
    return true;
}

const struct multipart_part *params_file(const struct params *params, const char *name)
{
    for (size_t i = 0; i < params->files.count; i++)
        if (strcmp(params->files.parts[i].name, name) == 0)
            return &params->files.parts[i];
    return NULL;
}

json_t *params_log(const struct params *params)
{
    json_t *log = json_copy(params->object);
    for (size_t i = 0; i < params->files.count; i++) {
        const struct multipart_part *file = &params->files.parts[i];
        json_t *entry = json_pack("{s:I}", "size", (json_int_t)file->length);
        json_object_set_new(entry, "file", json_string(file->filename)); /* not where it is not UTF-8 */
        json_object_set_new(log, file->name, entry);
    }
    return log;
}

struct wanted {
    const char *name;
    char *value;
};

static bool keep_wanted(void *context, const char *name, const char *value)
{
    struct wanted *wanted = context;
    if (!wanted->value && strcmp(name, wanted->name) == 0)
        wanted->value = (char *)value;
    return true;
}

char *params_query(struct arena *arena, const char *query, const char *name)
{
    struct wanted wanted = {.name = name};
    return each_pair(arena, query, strlen(query), keep_wanted, &wanted) ? wanted.value : NULL;
}
