/*
 * The stores this process serves, by bot_store_name: what a webhook route needs to know of each. Stores come
 * and go while requests are answered. What directory_add() gives lives until directory_free(), also where the
 * store is removed before, so that a request under way may keep it; a store that comes back gets it again.
 * Every function is for any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "work/lane.h"

struct hosted_store {
    const char *name;
    struct lane_store *lane; /* and by lane_store_tenant() what its file says now */
    uint32_t number;
    atomic_bool disabled; /* dead token: updates are refused for now, payments still settle */
    atomic_bool live;     /* registered with Telegram */
    atomic_ullong updates, failures, hints;

    /* private, under the directory's lock */
    struct hosted_store *next; /* in its bucket */
    bool is_hosted;
    char *webhook_secret;
};

struct directory;

struct directory *directory_new(size_t expected);
void directory_free(struct directory **directory);
/* Adds a store, or one that was removed again; copies the secret. */
struct hosted_store *directory_add(struct directory *directory, struct lane_store *lane,
                                   const char *webhook_secret);
/* It is not found any more. */
void directory_remove(struct directory *directory, struct hosted_store *store);
/* NULL where there is none, or none now. */
struct hosted_store *directory_find(struct directory *directory, const char *name);
/* The owner's bot: what is known of it is the same, but it is no store: directory_find() and directory_list()
 * do not know it. Once, before anybody listens; copies the secret. */
struct hosted_store *directory_set_server(struct directory *directory, struct lane_store *lane,
                                          const char *webhook_secret);
/* NULL where there is none. */
struct hosted_store *directory_server(const struct directory *directory);
/* Also the server's. */
struct hosted_store *directory_of_lane(struct directory *directory, const struct lane_store *lane);
/* Whether this is the secret Telegram was given; takes as long whatever it is. */
bool directory_is_secret(struct directory *directory, const struct hosted_store *store, const char *secret);
char *directory_secret(struct directory *directory, const struct hosted_store *store, struct arena *arena);
size_t directory_count(struct directory *directory);
/* Those that are there now, in order of adding; the list is in the arena. */
struct hosted_store **directory_list(struct directory *directory, struct arena *arena, size_t *count_out);
