#include "store/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

bool fields_fault(const struct fields_source *source, int line, const char *key, const char *what)
{
    return error_set(source->err, ERR_INVALID, "%s:%d: %s: %s", source->path, line, key, what);
}

/* --- values --- */

static bool has_control(const char *text, bool lines_allowed)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == 0x7F || (c < 0x20 && !(lines_allowed && (c == '\n' || c == '\t'))))
            return true;
    }
    return false;
}

static bool is_code(const char *text)
{
    return !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")];
}

/* Whether YAML means "nothing" by it. */
static bool is_null(const struct yaml_node *node)
{
    static const char *const nothings[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; node->plain && i < sizeof nothings / sizeof *nothings; i++) {
        if (strcmp(node->text, nothings[i]) == 0)
            return true;
    }
    return false;
}

bool fields_is_text(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !is_null(node);
}

/* One value and where it goes. */
struct value {
    const struct fields_source *source;
    const struct field *field;
    const struct yaml_node *node;
    int line;
    char *member;
};

static bool refuse(const struct value *value, const char *what)
{
    return fields_fault(value->source, value->line, value->field->key, what);
}

static bool take_text(const struct value *value)
{
    const struct field *field = value->field;
    const char *text = value->node->text;
    if (!fields_is_text(value->node))
        return refuse(value, "must be a text");
    int64_t length = (int64_t)str_utf8_length(text);
    if (length < field->least)
        return refuse(value, length ? "is too short" : "is empty");
    if (length > field->most)
        return refuse(
            value, arena_printf(value->source->arena, "longer than %lld characters", (long long)field->most));
    if (has_control(text, field->kind == FIELD_TEXT))
        return refuse(value, "holds a control character");
    if (field->kind == FIELD_CODE && !is_code(text))
        return refuse(value, "may have letters, digits, _ and - only");
    memcpy(value->member, &text, sizeof text);
    return true;
}

static bool take_number(const struct value *value)
{
    const struct field *field = value->field;
    bool is_price = field->kind == FIELD_PRICE;
    int64_t number;
    if (value->node->kind != YAML_SCALAR || !value->node->plain || !str_to_int64(value->node->text, &number))
        return refuse(value, is_price ? "must be a whole number of rupiah" : "must be a whole number");
    if (number < field->least || number > field->most)
        return refuse(value,
                      arena_printf(value->source->arena, "must be %lld to %lld%s", (long long)field->least,
                                   (long long)field->most, is_price ? " rupiah" : ""));
    memcpy(value->member, &number, sizeof number);
    return true;
}

static bool take_flag(const struct value *value)
{
    const struct yaml_node *node = value->node;
    bool is_plain = node->kind == YAML_SCALAR && node->plain;
    bool flag = is_plain && strcmp(node->text, "true") == 0;
    if (!flag && !(is_plain && strcmp(node->text, "false") == 0))
        return refuse(value, "must be true or false");
    memcpy(value->member, &flag, sizeof flag);
    return true;
}

static bool take_time(const struct value *value)
{
    const struct yaml_node *node = value->node;
    int64_t at_ms;
    if (node->kind != YAML_SCALAR ||
        (!clock_parse_local(value->source->zone, node->text, value->field->kind == FIELD_END, &at_ms) &&
         !clock_parse_rfc3339(node->text, &at_ms)))
        return refuse(value, "must be a date, 2026-08-17, or a date and time, 2026-08-17 17:00");
    memcpy(value->member, &at_ms, sizeof at_ms);
    return true;
}

static bool take_list(const struct value *value)
{
    return value->node->kind == YAML_SEQUENCE || refuse(value, "must be a list");
}

static bool (*const takers[])(const struct value *value) = {
    [FIELD_LINE] = take_text,    [FIELD_TEXT] = take_text,     [FIELD_CODE] = take_text,
    [FIELD_PRICE] = take_number, [FIELD_NUMBER] = take_number, [FIELD_FLAG] = take_flag,
    [FIELD_START] = take_time,   [FIELD_END] = take_time,      [FIELD_LIST] = take_list,
};

bool fields_take(const struct fields_source *source, const char *what, const struct yaml_node *node,
                 const struct field *fields, size_t count, void *object)
{
    if (node->kind != YAML_MAPPING)
        return fields_fault(source, node->line, what, "must be a mapping");
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_pair *pair = &node->items[i];
        size_t f = 0;
        while (f < count && strcmp(fields[f].key, pair->key) != 0)
            f++;
        if (f == count)
            return fields_fault(source, pair->line, pair->key, "unknown key");
        const struct value value = {.source = source,
                                    .field = &fields[f],
                                    .node = pair->value,
                                    .line = pair->line,
                                    .member = object ? (char *)object + fields[f].offset : NULL};
        if (!takers[fields[f].kind](&value))
            return false;
    }
    for (size_t f = 0; f < count; f++) {
        if (fields[f].required && !yaml_get(node, fields[f].key))
            return fields_fault(source, node->line, fields[f].key, "is missing");
    }
    return true;
}

/* --- what must be there once --- */

static int by_text(const void *a, const void *b)
{
    const struct fields_unique *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

bool fields_check_unique(const struct fields_source *source, const char *key, struct fields_unique *list,
                         size_t count)
{
    if (count)
        qsort(list, count, sizeof *list, by_text);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(list[i - 1].text, list[i].text) == 0)
            return error_set(source->err, ERR_INVALID, "%s:%d: %s: \"%s\" is already on line %d",
                             source->path, list[i].line, key, list[i].text, list[i - 1].line);
    }
    return true;
}
