#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum { NUMBER_BYTES = 20, MOST_PIECES = 64, LENGTH_BYTES = 32 };

/* --- reading --- */

static const struct {
    const char *name;
    enum plan_field field;
} fields[] = {{"{{update}}", PLAN_UPDATE}, {"{{person}}", PLAN_PERSON}, {"{{data}}", PLAN_DATA}};

/* The first field in the text, or NULL. */
static const char *find_field(const char *text, size_t *which_out)
{
    const char *first = NULL;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *at = strstr(text, fields[i].name);
        if (at && (!first || at < first)) {
            first = at;
            *which_out = i;
        }
    }
    return first;
}

static bool cut_body(struct arena *arena, const char *body, struct plan_kind *kind, struct error *err)
{
    struct plan_piece *pieces = ARENA_ARRAY(arena, struct plan_piece, MOST_PIECES);
    size_t which = 0;
    for (const char *at; (at = find_field(body, &which)) != NULL;) {
        if (kind->piece_count + 3 > MOST_PIECES)
            return error_set(err, ERR_INVALID, "kind %s: more than %d fields", kind->name, MOST_PIECES / 2);
        pieces[kind->piece_count++] = (struct plan_piece){PLAN_TEXT, body, (size_t)(at - body)};
        pieces[kind->piece_count++] = (struct plan_piece){.field = fields[which].field};
        body = at + strlen(fields[which].name);
    }
    pieces[kind->piece_count++] = (struct plan_piece){PLAN_TEXT, body, strlen(body)};
    kind->pieces = pieces;
    return true;
}

static bool read_data(struct arena *arena, const json_t *list, struct plan_kind *kind, struct error *err)
{
    kind->data_count = json_array_size(list);
    if (kind->data_count == 0)
        return error_set(err, ERR_INVALID, "kind %s: no data", kind->name);
    kind->data = ARENA_ARRAY(arena, const char *, kind->data_count);
    for (size_t i = 0; i < kind->data_count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text)
            return error_set(err, ERR_INVALID, "kind %s: data that is no text", kind->name);
        kind->data[i] = arena_strdup(arena, text);
    }
    return true;
}

static size_t most_body(const struct plan_kind *kind)
{
    size_t longest = 0, total = 0;
    for (size_t i = 0; i < kind->data_count; i++)
        longest = strlen(kind->data[i]) > longest ? strlen(kind->data[i]) : longest;
    for (size_t i = 0; i < kind->piece_count; i++)
        total += kind->pieces[i].field == PLAN_TEXT   ? kind->pieces[i].length
                 : kind->pieces[i].field == PLAN_DATA ? longest
                                                      : NUMBER_BYTES;
    return total;
}

static bool read_kind(struct arena *arena, const json_t *json, struct plan_kind *kind, struct error *err)
{
    const char *name, *body, *expect;
    json_t *data;
    if (!json_get_string(json, "name", &name) || !json_get_int(json, "weight", &kind->weight) ||
        !json_get_string(json, "body", &body) || !json_get_string(json, "expect", &expect) ||
        !json_get_array(json, "data", &data) || kind->weight < 1)
        return error_set(err, ERR_INVALID, "kinds: name, weight, body, data and expect are needed");
    kind->name = arena_strdup(arena, name);
    kind->expect = arena_strdup(arena, expect);
    kind->expect_length = strlen(expect);
    return cut_body(arena, arena_strdup(arena, body), kind, err) && read_data(arena, data, kind, err);
}

static bool read_store(struct arena *arena, const json_t *json, struct plan_store *store, struct error *err)
{
    const char *path, *secret;
    if (!json_get_string(json, "path", &path) || !json_get_string(json, "secret", &secret))
        return error_set(err, ERR_INVALID, "stores: path and secret are needed");
    store->head = arena_printf(arena,
                               "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                               "X-Telegram-Bot-Api-Secret-Token: %s\r\nContent-Length: ",
                               path, secret);
    store->head_length = strlen(store->head);
    return true;
}

static bool read_lists(struct arena *arena, const json_t *json, struct plan *plan, struct error *err)
{
    json_t *stores, *kinds;
    if (!json_get_array(json, "stores", &stores) || !json_get_array(json, "kinds", &kinds) ||
        !json_array_size(stores) || !json_array_size(kinds))
        return error_set(err, ERR_INVALID, "stores and kinds are needed");
    plan->store_count = json_array_size(stores);
    plan->kind_count = json_array_size(kinds);
    plan->stores = ARENA_ARRAY(arena, struct plan_store, plan->store_count);
    plan->kinds = ARENA_ARRAY(arena, struct plan_kind, plan->kind_count);
    size_t head = 0, body = 0;
    for (size_t i = 0; i < plan->store_count; i++) {
        if (!read_store(arena, json_array_get(stores, i), &plan->stores[i], err))
            return false;
        head = plan->stores[i].head_length > head ? plan->stores[i].head_length : head;
    }
    for (size_t i = 0; i < plan->kind_count; i++) {
        if (!read_kind(arena, json_array_get(kinds, i), &plan->kinds[i], err))
            return false;
        plan->total_weight += plan->kinds[i].weight;
        body = most_body(&plan->kinds[i]) > body ? most_body(&plan->kinds[i]) : body;
    }
    plan->most_request = head + LENGTH_BYTES + body;
    return true;
}

bool plan_read(struct arena *arena, const char *path, struct plan *plan_out, struct error *err)
{
    json_error_t fault;
    auto_json json_t *json = json_load_file(path, 0, &fault);
    if (!json)
        return error_set(err, ERR_INVALID, "%s: line %d: %s", path, fault.line, fault.text);
    struct plan plan = {0};
    plan.seconds = json_number_value(json_object_get(json, "seconds"));
    if (!json_get_int(json, "port", &plan.port) || !json_get_int(json, "connections", &plan.connections) ||
        !json_get_int(json, "first_update", &plan.first_update) ||
        !json_get_int(json, "first_person", &plan.first_person) ||
        !json_get_int(json, "persons", &plan.persons))
        return error_set(err, ERR_INVALID, "%s: a figure is missing", path);
    if (plan.port < 1 || plan.port > 65535 || plan.connections < 1 || plan.connections > 10000 ||
        plan.persons < 1 || !(plan.seconds > 0))
        return error_set(err, ERR_INVALID, "%s: a figure is out of its range", path);
    if (!read_lists(arena, json, &plan, err))
        return error_context(err, "%s", path);
    *plan_out = plan;
    return true;
}

/* --- writing --- */

static char *add_number(char *at, int64_t number)
{
    char digits[NUMBER_BYTES];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count)
        *at++ = digits[--count];
    return at;
}

static char *add_bytes(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static size_t body_length(const struct plan_request *request, const char *update, const char *person)
{
    const struct plan_kind *kind = request->kind;
    size_t total = 0;
    for (size_t i = 0; i < kind->piece_count; i++) {
        switch (kind->pieces[i].field) {
        case PLAN_TEXT:
            total += kind->pieces[i].length;
            break;
        case PLAN_UPDATE:
            total += strlen(update);
            break;
        case PLAN_PERSON:
            total += strlen(person);
            break;
        case PLAN_DATA:
            total += strlen(kind->data[request->choice]);
            break;
        }
    }
    return total;
}

size_t plan_render(const struct plan_request *request, char *buffer)
{
    const struct plan_kind *kind = request->kind;
    char update[NUMBER_BYTES + 1], person[NUMBER_BYTES + 1];
    *add_number(update, request->update) = '\0';
    *add_number(person, request->person) = '\0';
    char *at = add_bytes(buffer, request->store->head, request->store->head_length);
    at = add_number(at, (int64_t)body_length(request, update, person));
    at = add_bytes(at, "\r\n\r\n", 4);
    for (size_t i = 0; i < kind->piece_count; i++) {
        const struct plan_piece *piece = &kind->pieces[i];
        const char *text = piece->field == PLAN_UPDATE   ? update
                           : piece->field == PLAN_PERSON ? person
                           : piece->field == PLAN_DATA   ? kind->data[request->choice]
                                                         : piece->text;
        at = add_bytes(at, text, piece->field == PLAN_TEXT ? piece->length : strlen(text));
    }
    return (size_t)(at - buffer);
}
