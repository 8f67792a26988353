#include "later.h"

#include <stdlib.h>

#include "base/arena.h"
#include "sandbox.h"

struct later {
    struct later *next, **previous;
    void (*fn)(struct sandbox *sandbox, void *data); /* NULL once taken back */
    void *data;
    void (*dispose)(void *data);
};

static void fire(void *context, void *data)
{
    struct later *later = data;
    *later->previous = later->next;
    if (later->next)
        later->next->previous = later->previous;
    if (later->fn)
        later->fn(context, later->data);
    free(later);
}

struct later *later_call(struct sandbox *sandbox, int64_t delay_ms,
                         void (*fn)(struct sandbox *sandbox, void *data), void *data,
                         void (*dispose)(void *data))
{
    struct later *later = xcalloc(1, sizeof *later);
    *later = (struct later){.next = sandbox->laters.first,
                            .previous = &sandbox->laters.first,
                            .fn = fn,
                            .data = data,
                            .dispose = dispose};
    if (later->next)
        later->next->previous = &later->next;
    sandbox->laters.first = later;
    listener_after(sandbox->listener, delay_ms, fire, later);
    return later;
}

static void take_back(struct later *later)
{
    if (later->fn && later->dispose)
        later->dispose(later->data);
    later->fn = NULL;
}

void later_cancel(struct later **later)
{
    if (*later)
        take_back(*later);
    *later = NULL;
}

void later_cancel_all(struct sandbox *sandbox)
{
    for (struct later *later = sandbox->laters.first; later; later = later->next)
        take_back(later);
}

void later_free_all(struct sandbox *sandbox)
{
    while (sandbox->laters.first) {
        struct later *later = sandbox->laters.first;
        sandbox->laters.first = later->next;
        take_back(later);
        free(later);
    }
}
