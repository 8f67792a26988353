/* Callback queries that people made by pressing buttons. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sandbox;
struct bot;

struct callback {
    char *id, *data;
    struct bot *bot;
    int64_t person, message_id;
    bool answered;
};

struct callback *callback_new(struct sandbox *sandbox, struct bot *bot, int64_t person, int64_t message_id,
                              const char *data);
void callback_free(void *callback);
