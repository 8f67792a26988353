/*
 * A question that only a store's own lane can answer (a transaction touches one schema): asked there, and the
 * answer is put into the owner's message by the server's lane. The press is answered at once; what comes of
 * it is expendable, as every page is.
 */
#pragma once

#include "bot/turn.h"

struct hop {
    const struct hop_kind *kind;
    struct arena *arena; /* lives as long as the hop; the answer is in it */
    const char *store;   /* bot_store_name, or TENANT_SERVER_NAME: the server's own lane */
    int64_t chat_id;     /* the owner's */
    int64_t message_id;  /* that shows the answer; 0: a new one */
    int64_t number;      /* what is asked for */
    void *answer;        /* the kind's */
    struct lane_store *server;
};

struct hop_kind {
    /* On the store's lane, without a transaction; `work->arena` is the hop's. */
    bool (*ask)(struct work *work, struct hop *hop, struct error *err);
    /* On the server's lane, without a transaction: the page. The caller takes the keyboard over. */
    const char *(*show)(struct work *work, const struct hop *hop, json_t **keyboard_out);
};

/* Before the lanes start handing updates over. */
void hop_use_lanes(struct lanes *lanes);
/* The store's lane; NULL where it is not served (any more). */
struct lane_store *hop_lane(const char *store);

/* Sends the question off and answers the press; where the store is not served that is said instead. */
void hop_start(struct turn *turn, const struct hop_kind *kind, const char *store, int64_t number);
