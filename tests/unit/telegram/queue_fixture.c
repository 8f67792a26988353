#include "queue_fixture.h"

#include <stdlib.h>

int fixture_begin(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    queue_init(&f->queue, "https://api.example", LIMIT);
    f->now = 5000 * (int64_t)SECOND;
    f->next_id = 1;
    *state = f;
    return 0;
}

int fixture_end(void **state)
{
    struct fixture *f = *state;
    queue_close(&f->queue, f->now);
    for (struct call *call; (call = call_list_take(&f->queue.over)) != NULL;)
        call_free(call);
    assert_int_equal(f->queue.rows + f->queue.expendable + f->queue.in_flight, 0);
    queue_free(&f->queue);
    free(f);
    return 0;
}

struct call *fixture_call(int store, int64_t chat_id, int64_t id)
{
    struct call *call = calloc(1, sizeof(*call));
    call->store = STORE(store);
    call->method = "sendMessage";
    call->body = "{}";
    call->length = 2;
    call->report.id = id;
    call->report.chat_id = chat_id;
    return call;
}
