/* What the tests of bot/ share: the real texts, and a turn that needs no database. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "bot/routes.h"
#include "work/internal.h"

/* Loads the texts once; cmocka group fixtures. */
int bench_set_up(void **state);
int bench_tear_down(void **state);

struct bench {
    struct arena *arena;
    struct tenant tenant;
    struct lane_store store; /* which remembers nothing */
    struct work work;
    struct update update;
    struct catalogue catalogue;
    struct turn turn;
};
/* A buyer's message in a store whose catalogue has `categories` with `products` each; `name` is everybody's
 * and everything's. */
struct bench *bench_open(const char *language, size_t categories, size_t products, const char *name);
void bench_close(struct bench **bench);

/* The reply, parsed; the caller owns it. Fails unless it is a call Telegram would take: lengths, callback
 * data, well-formed HTML. */
json_t *bench_reply(struct bench *bench);
/* Checks one call's params the same way. */
void bench_check_call(struct arena *arena, const char *method, const json_t *params);
