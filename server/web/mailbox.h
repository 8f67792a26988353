/*
 * Messages from any thread to one reader, without a lock: a stack that writers push to and the reader takes
 * whole. The reader is woken by an eventfd, once for each burst. The mailbox is counted by reference, so that
 * a writer may outlive the reader: after mailbox_close() a push is refused and the message stays the
 * writer's.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct mailbox_message {
    struct mailbox_message *next;
};

struct mailbox {
    _Atomic(struct mailbox_message *) newest;
    atomic_size_t references;
    int wake_fd;
};

/* The caller holds the one reference. ERR_INTERNAL where the system has no descriptor left. */
MUST_USE bool mailbox_new(struct mailbox **mailbox_out, struct error *err);
struct mailbox *mailbox_ref(struct mailbox *mailbox);
void mailbox_unref(struct mailbox *mailbox);

/* False where the mailbox was closed: the message is still the caller's. */
MUST_USE bool mailbox_push(struct mailbox *mailbox, struct mailbox_message *message);

/* Everything pushed so far, oldest first; NULL where there is nothing. Clears the eventfd. Reader only. */
struct mailbox_message *mailbox_take(struct mailbox *mailbox);
/* The same for the last time. */
struct mailbox_message *mailbox_close(struct mailbox *mailbox);
