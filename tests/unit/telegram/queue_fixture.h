/* A queue for tests, with a clock made here: nothing waits. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "telegram/queue.h"

enum { MS = 1000, SECOND = 1000000, PLENTY = 1000, LIMIT = 30 };
#define STORE(n) ((struct lane_store *)(uintptr_t)(4096 * ((n) + 1)))

struct fixture {
    struct queue queue;
    int64_t now; /* microseconds */
    int64_t next_id;
};

/* cmocka setup and teardown: an empty queue of LIMIT calls a second; at the end nothing may be left in it. */
int fixture_begin(void **state);
int fixture_end(void **state);
/* A row to be sent to the chat, which the caller may change before it adds it. */
struct call *fixture_call(int store, int64_t chat_id, int64_t id);
