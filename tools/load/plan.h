/*
 * What the load generator sends: a JSON file, which tools/bench writes.
 *
 *     {"port": 8080, "connections": 64, "seconds": 4, "first_update": 1, "first_person": 1, "persons": 1000,
 *      "stores": [{"path": "/webhooks/telegram/a", "secret": "…"}],
 *      "kinds": [{"name": "category", "weight": 1, "body": "…", "data": ["c:1:0"], "expect": "…"}]}
 *
 * A body may hold {{update}}, {{person}} and {{data}} (one of the kind's texts, by chance). `expect` is what
 * the answer's body must hold; an empty one means an empty body. `persons` are those of each store.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum plan_field { PLAN_TEXT, PLAN_UPDATE, PLAN_PERSON, PLAN_DATA };

struct plan_piece {
    enum plan_field field;
    const char *text; /* of PLAN_TEXT */
    size_t length;
};

struct plan_kind {
    const char *name;
    int64_t weight;
    const struct plan_piece *pieces;
    size_t piece_count;
    const char **data;
    size_t data_count;
    const char *expect;
    size_t expect_length;
};

struct plan_store {
    const char *head; /* of a request, up to the figure of Content-Length */
    size_t head_length;
};

struct plan {
    int64_t port, connections, first_update, first_person, persons;
    double seconds;
    struct plan_store *stores;
    size_t store_count;
    struct plan_kind *kinds;
    size_t kind_count;
    int64_t total_weight;
    size_t most_request; /* bytes of the longest request there can be */
};

/* Everything in the arena. */
MUST_USE bool plan_read(struct arena *arena, const char *path, struct plan *plan_out, struct error *err);

struct plan_request {
    const struct plan_store *store;
    const struct plan_kind *kind;
    int64_t update, person;
    size_t choice; /* of the kind's data */
};
/* Writes the request; `buffer` has room for most_request bytes. Returns its length. */
size_t plan_render(const struct plan_request *request, char *buffer);
