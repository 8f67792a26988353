/*
 * One call on its way through the sender: what to send, whom to tell. Private to telegram/.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "work/outbox.h"

struct bot;
struct chat;

struct call {
    struct call *next;
    struct lane_store *store;
    struct bot *bot;
    struct chat *chat; /* NULL: in no chat's order */
    int64_t queued_us;
    bool is_form; /* multipart/form-data rather than JSON */
    const char *method;
    const char *body;
    size_t length;
    /* An outbox row; report.id is 0 for an expendable call. Its verdict, in the end. */
    struct outbox_report report;
};

/* First in, first out. */
struct call_list {
    struct call *head;
    struct call **tail;
    size_t count;
};
void call_list_init(struct call_list *list);
void call_list_add(struct call_list *list, struct call *call);
struct call *call_list_take(struct call_list *list); /* NULL where it is empty */

/* The call for an outbox row. Where no body can be made of it (a QR code of too long a text) the call has
 * none and its report says REFUSED. The caller's; free with call_free(). */
struct call *call_for_message(struct lane_store *store, const struct outbox_message *message);
/* An expendable call; the chat is params' chat_id (0: none). */
struct call *call_expendable(struct lane_store *store, const char *method, const json_t *params);
int64_t call_chat_of(const json_t *params);
bool call_is_row(const struct call *call);
void call_free(struct call *call);
