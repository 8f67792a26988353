/* Stands in for the lanes: stores that are only a tenant, reports that are kept for the test, tasks run at
 * once. */
#pragma once

#include "tenants/tenant.h"
#include "work/lane.h"
#include "work/outbox.h"

enum { DOUBLES_STORES = 40 };

/* Store n: "store-n", bot 1000+n, token "(1000+n):secret-token-of-a-bot". */
struct lane_store *double_store(int n);
/* The server's own: bot 6000. */
struct lane_store *double_server(void);
int double_index(const struct lane_store *store);
bool double_is_held(int n);

/* Waits (at most 20 s) for the next report; its effect and result are the test's until double_free(). */
struct double_report {
    int store;
    struct outbox_report report;
};
struct double_report double_next_report(void);
void double_free(struct double_report *report);
size_t double_reports_waiting(void);
/* While blocked, whoever reports waits. */
void double_block_reports(bool block);

/* What registration wrote: the parameters of its last statement for a store. */
struct double_note {
    int count; /* written */
    char state[32], reason[300], username[64];
    int64_t bot_id;
    bool flag; /* of the owner's bot: it may manage bots */
    bool has_digest;
    uint8_t digest[32];
};
struct double_note double_note_of(int n);
struct double_note double_note_of_server(void);
/* The next so many writes fail with ERR_RETRY. */
void double_fail_writes(int count);

/* Waits until `done` says so, at most 20 s; it is asked whenever something was reported, written or held, and
 * every 5 ms. */
void double_wait(bool (*done)(void *context), void *context);
void double_reset(void);
