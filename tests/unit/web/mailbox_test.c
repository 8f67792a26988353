#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>

#include "web/mailbox.h"

enum { WRITERS = 4, EACH = 20000 };

struct item {
    struct mailbox_message link;
    int writer;
    int number;
};

static struct item items[WRITERS][EACH];

struct writer {
    struct mailbox *mailbox;
    int id;
};

static void *write_all(void *argument)
{
    struct writer *writer = argument;
    for (int i = 0; i < EACH; i++) {
        items[writer->id][i] = (struct item){.writer = writer->id, .number = i};
        if (!mailbox_push(writer->mailbox, &items[writer->id][i].link))
            return NULL;
    }
    return writer;
}

static void keeps_each_writers_order_and_loses_nothing(void **state)
{
    struct error err;
    struct mailbox *mailbox;
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    assert_true(mailbox_new(&mailbox, &err));
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){mailbox, i};
        pthread_create(&threads[i], NULL, write_all, &writers[i]);
    }
    int next[WRITERS] = {0};
    for (int got = 0; got < WRITERS * EACH;) {
        struct pollfd wake = {.fd = mailbox->wake_fd, .events = POLLIN};
        assert_int_equal(poll(&wake, 1, 10000), 1); /* a lost wake-up shows here */
        for (struct mailbox_message *m = mailbox_take(mailbox); m; m = m->next, got++) {
            struct item *item = (struct item *)m;
            assert_int_equal(item->number, next[item->writer]++);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        void *finished;
        pthread_join(threads[i], &finished);
        assert_non_null(finished);
    }
    assert_null(mailbox_take(mailbox));
    mailbox_unref(mailbox);
}

static void refuses_once_closed(void **state)
{
    struct error err;
    struct mailbox *mailbox;
    struct item a = {0}, b = {0};
    assert_true(mailbox_new(&mailbox, &err));
    struct mailbox *other = mailbox_ref(mailbox);
    assert_true(mailbox_push(mailbox, &a.link));
    assert_ptr_equal(mailbox_close(mailbox), &a.link);
    mailbox_unref(mailbox);
    assert_false(mailbox_push(other, &b.link));
    mailbox_unref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_each_writers_order_and_loses_nothing),
        cmocka_unit_test(refuses_once_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
