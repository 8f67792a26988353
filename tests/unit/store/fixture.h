/*
 * A store for tests, over a schema that is made anew in a real PostgreSQL (LAPAK_TEST_DATABASE_URL). A shop
 * is what one server process is to the store: a connection of its own, and what it remembers. Without the
 * environment variable tests skip.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "work/internal.h"

struct shop {
    char schema[64], role[64];
    struct tenant tenant;
    struct lane lane;
    struct lane_store store;
    struct db *admin; /* the operator's own connection, in the store's schema */
    struct arena *arena;
    struct work work;
    int64_t now_ms; /* of the running task; each task has its own */
};

/* cmocka group fixtures: the schema, empty, with the one shop `shop` on it; NULL without a database. */
extern struct shop *shop;
int shop_set_up(void **state);
int shop_tear_down(void **state);
/* Empties all tables and what the shop remembers; a setup for each test. Skips without a database. */
int shop_empty(void **state);

/* Another server process over the same schema. */
struct shop *shop_another(void);
void shop_close(struct shop **shop);

/* Ends the running task and begins one a second later; its work has no transaction. */
struct work *shop_task(struct shop *shop);
/* The same, with a transaction. */
struct work *shop_begin(struct shop *shop);
void shop_commit(struct shop *shop);

/* Runs the operator's SQL; the first column of the first row as a number, 0 where there is none. */
int64_t shop_sql(struct shop *shop, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A product with units "CODE-1", "CODE-2", …; its id. */
int64_t shop_product(struct shop *shop, const char *code, int64_t price, int units);
/* A person; the same call again is fine. In a task of its own. */
void shop_person(struct shop *shop, int64_t telegram_id);

#define MUST(call)                                                                                           \
    do {                                                                                                     \
        struct error err = {0};                                                                              \
        if (!(call))                                                                                         \
            fail_msg("%s: %s: %s", #call, error_code_name(err.code), err.text);                              \
    } while (0)
#define MUST_FAIL(code_, call)                                                                               \
    do {                                                                                                     \
        struct error err = {0};                                                                              \
        if (call)                                                                                            \
            fail_msg("%s went through", #call);                                                              \
        if (err.code != (code_))                                                                             \
            fail_msg("%s: %s: %s", #call, error_code_name(err.code), err.text);                              \
    } while (0)
/* A test that is set up by shop_empty. */
#define SHOP_TEST(test) cmocka_unit_test_setup(test, shop_empty)
#define NEEDS_SHOP()                                                                                         \
    do {                                                                                                     \
        if (!shop)                                                                                           \
            skip();                                                                                          \
    } while (0)
