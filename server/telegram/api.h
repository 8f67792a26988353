/*
 * One Bot API call, waited for: for the pool's threads (registration), never for a lane. Also what an answer
 * means, in one place for this and the sender.
 */
#pragma once

#include <jansson.h>
#include <stdatomic.h>

#include "base/error.h"
#include "work/outbox.h"

/* POSTs params (borrowed; may be NULL) to {api_base}/bot{token}/{method} and waits, at most 10 s. The result
 * is the caller's; `true` where an answer counts as done without one. ERR_REFUSED for 401 (*unauthorized_out
 * is set), 400, 403, 404; ERR_RETRY for 429 (retry_after filled), 5xx and network. The token never reaches
 * the error's text. *unauthorized_out is written in any case; NULL where nobody asks. */
MUST_USE bool telegram_call(const char *api_base, const char *token, const char *method, const json_t *params,
                            json_t **result_out, bool *unauthorized_out, struct error *err);

/* As telegram_call, but given up with ERR_RETRY within about a second of *stop becoming true. */
MUST_USE bool telegram_call_until(const atomic_bool *stop, const char *api_base, const char *token,
                                  const char *method, const json_t *params, json_t **result_out,
                                  bool *unauthorized_out, struct error *err);

/* The Bot API's base, for jobs that call it: set once, before the pool starts; borrowed. */
void telegram_set_base(const char *api_base);
const char *telegram_base(void);

/* What an answer of the Bot API means for a message: HTTP status (0: none came) and parsed body (may be
 * NULL). Fills verdict, retry_ms and error of the report; attempts must be filled, and retry_ms hold what the
 * header Retry-After said (0: nothing). "message is not modified", "query is too old", "message to
 * delete/edit not found" count as sent; 401 is OUTBOX_VERDICT_RETURNED. A 404 is no message's fault: there is
 * no bot with this token (LATER: it may be put right). A 4xx without the Bot API's own body is some proxy's
 * and passes (LATER). The error quotes Telegram's description without what stood in quotes there (it may be
 * of the message's text). */
void telegram_judge(long http_status, const json_t *body, struct outbox_report *report);

/* How long to wait after the attempt-th failure in a row (from 0): 1, 2, 4 … 60 s. */
int64_t telegram_backoff_ms(int attempt);
