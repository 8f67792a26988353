/*
 * The stores this process serves, by bot_store_name: what a webhook route needs to know of each. Filled
 * before the listener starts, not changed while it runs, but for `live` and the counters.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "work/lane.h"

struct hosted_store {
    struct hosted_store *next; /* in its bucket */
    const struct tenant *tenant;
    struct lane_store *lane;
    const char *webhook_secret;
    uint32_t number;
    atomic_bool disabled; /* dead token: updates are refused for now, payments still settle */
    atomic_bool live;     /* registered with Telegram */
    atomic_ullong updates, failures, hints;
};

struct directory;

struct directory *directory_new(size_t expected);
void directory_free(struct directory **directory);
/* Takes a reference on the tenant and copies the secret. */
struct hosted_store *directory_add(struct directory *directory, const struct tenant *tenant,
                                   struct lane_store *lane, const char *webhook_secret);
/* The owner's bot: what is known of it is the same, but it is no store: directory_find() and directory_at()
 * do not know it. Once. */
struct hosted_store *directory_set_server(struct directory *directory, const struct tenant *tenant,
                                          struct lane_store *lane, const char *webhook_secret);
/* NULL where there is none. */
struct hosted_store *directory_server(const struct directory *directory);
/* NULL where there is none. */
struct hosted_store *directory_find(const struct directory *directory, const char *name);
/* Also the server's. */
struct hosted_store *directory_of_lane(const struct directory *directory, const struct lane_store *lane);
size_t directory_count(const struct directory *directory);
/* In order of adding. */
struct hosted_store *directory_at(const struct directory *directory, size_t index);
