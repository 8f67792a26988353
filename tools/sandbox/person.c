#include "person.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "sandbox.h"

struct person *person_find(const struct sandbox *sandbox, int64_t id)
{
    return table_get_id(&sandbox->people, id);
}

struct person *person_get(struct sandbox *sandbox, int64_t id)
{
    struct person *person = person_find(sandbox, id);
    if (person)
        return person;
    char name[40];
    snprintf(name, sizeof name, "Person %" PRId64, id);
    return person_set(sandbox, id, name, NULL, NULL, "id");
}

static void put(json_t *user, const char *name, const char *value)
{
    if (value && *value)
        json_object_set_new(user, name, json_string(value));
    else if (value)
        json_object_del(user, name);
}

static struct person *person_add(struct sandbox *sandbox, int64_t id)
{
    struct person *person = xcalloc(1, sizeof *person);
    person->id = id;
    person->user = json_pack("{s:I,s:b}", "id", (json_int_t)id, "is_bot", 0);
    table_set_id(&sandbox->people, id, person);
    return person;
}

struct person *person_of_crowd(struct sandbox *sandbox, int64_t id)
{
    struct person *person = person_find(sandbox, id);
    if (!person) {
        person = person_add(sandbox, id);
        person->in_crowd = true;
        json_object_set_new(person->user, "first_name", json_sprintf("Orang %" PRId64, id));
        json_object_set_new(person->user, "language_code", json_string("id"));
    }
    return person;
}

struct person *person_set(struct sandbox *sandbox, int64_t id, const char *first_name, const char *last_name,
                          const char *username, const char *language_code)
{
    struct person *person = person_find(sandbox, id);
    if (!person)
        person = person_add(sandbox, id);
    person->in_crowd = false; /* it has a name of its own now */
    put(person->user, "first_name", first_name && *first_name ? first_name : NULL);
    put(person->user, "last_name", last_name);
    put(person->user, "username", username);
    put(person->user, "language_code", language_code);
    if (!json_object_get(person->user, "first_name"))
        json_object_set_new(person->user, "first_name", json_sprintf("Person %" PRId64, id));
    journal_event(sandbox, "person", 0, 0, 0);
    return person;
}

json_t *person_chat_json(const struct person *person)
{
    json_t *chat = json_copy(person->user);
    json_object_del(chat, "is_bot");
    json_object_del(chat, "language_code");
    json_object_set_new(chat, "type", json_string("private"));
    return chat;
}

void person_free(void *pointer)
{
    struct person *person = pointer;
    json_decref(person->user);
    free(person);
}
