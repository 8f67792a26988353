#include "web/mailbox.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"

/* What stands in `newest` once the mailbox is closed. */
static struct mailbox_message closed_mark;

bool mailbox_new(struct mailbox **mailbox_out, struct error *err)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERR_INTERNAL, "eventfd: %s", strerror(errno));
    struct mailbox *m = xcalloc(1, sizeof *m);
    m->wake_fd = fd;
    atomic_store(&m->references, 1);
    *mailbox_out = m;
    return true;
}

struct mailbox *mailbox_ref(struct mailbox *mailbox)
{
    atomic_fetch_add_explicit(&mailbox->references, 1, memory_order_relaxed);
    return mailbox;
}

void mailbox_unref(struct mailbox *mailbox)
{
    if (atomic_fetch_sub_explicit(&mailbox->references, 1, memory_order_acq_rel) > 1)
        return;
    close(mailbox->wake_fd);
    free(mailbox);
}

bool mailbox_push(struct mailbox *mailbox, struct mailbox_message *message)
{
    struct mailbox_message *before = atomic_load_explicit(&mailbox->newest, memory_order_acquire);
    do {
        if (before == &closed_mark)
            return false;
        message->next = before;
    } while (!atomic_compare_exchange_weak_explicit(&mailbox->newest, &before, message, memory_order_acq_rel,
                                                    memory_order_acquire));
    /* From here on the message is the reader's. Only the first of a burst has to wake it. */
    if (!before) {
        uint64_t one = 1;
        ssize_t written;
        do
            written = write(mailbox->wake_fd, &one, sizeof one);
        while (written < 0 && errno == EINTR);
    }
    return true;
}

static struct mailbox_message *oldest_first(struct mailbox_message *newest)
{
    struct mailbox_message *list = NULL;
    while (newest) {
        struct mailbox_message *next = newest->next;
        newest->next = list;
        list = newest;
        newest = next;
    }
    return list;
}

struct mailbox_message *mailbox_take(struct mailbox *mailbox)
{
    /* The eventfd first: a push after the exchange finds the stack empty and wakes us again. */
    uint64_t count;
    ssize_t got;
    do
        got = read(mailbox->wake_fd, &count, sizeof count);
    while (got < 0 && errno == EINTR);
    return oldest_first(atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acq_rel));
}

struct mailbox_message *mailbox_close(struct mailbox *mailbox)
{
    return oldest_first(atomic_exchange_explicit(&mailbox->newest, &closed_mark, memory_order_acq_rel));
}
