/* Calls put off, each with its data, so that a reset or the end can take them back. */
#pragma once

#include <stdint.h>

struct sandbox;
struct later;

struct laters {
    struct later *first;
};

/* Runs fn(sandbox, data), which then owns data, after a delay; `dispose` (may be NULL) frees data when it
 * never comes to that. The handle is good until then. */
struct later *later_call(struct sandbox *sandbox, int64_t delay_ms,
                         void (*fn)(struct sandbox *sandbox, void *data), void *data,
                         void (*dispose)(void *data));
/* Takes it back, disposes of its data, and sets the handle to NULL; NULL is fine. */
void later_cancel(struct later **later);
/* Takes all back. */
void later_cancel_all(struct sandbox *sandbox);
/* Frees what the loop, ended by now, will not come to. */
void later_free_all(struct sandbox *sandbox);
