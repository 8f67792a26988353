/* Failures the sandbox was told to play: rules, each for one service, narrowed by bot, project, method or
 * chat. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct sandbox;

enum failure_service { FAIL_TELEGRAM, FAIL_PAKASIR, FAIL_TELEGRAM_WEBHOOK, FAIL_PAKASIR_WEBHOOK };

enum failure_mode {
    FAIL_NOTHING,
    FAIL_SLOW,           /* waits delay_ms, then acts */
    FAIL_DROP_BEFORE,    /* closes the connection without acting */
    FAIL_DROP_AFTER,     /* acts, then closes the connection without answering */
    FAIL_STATUS,         /* answers `status` without acting */
    FAIL_TOO_MANY,       /* answers 429 with retry_after, without acting */
    FAIL_HTML,           /* answers `status` with a page of HTML, without acting */
    FAIL_BAD_QR,         /* acts, but the QRIS string's CRC is wrong */
    FAIL_WRONG_AMOUNT,   /* acts, but the QRIS string is for another amount */
    FAIL_MISSING_FIELD,  /* acts, but `field` is left out of the answer */
    FAIL_WRONG_TYPE,     /* acts, but `field` of the answer is of another type */
    FAIL_OTHER_ORDER,    /* acts, but answers about another transaction */
    FAIL_CHANGED_AMOUNT, /* acts, but answers with another amount */
    FAIL_EMPTY,          /* acts, and answers 200 with nothing */
    FAIL_TRUNCATED,      /* acts, and answers half of it */
    FAIL_NEVER,          /* does not send */
    FAIL_TWICE,          /* sends again after it went through */
    FAIL_REORDER,        /* sends after the next one */
};

struct failures {
    struct failure *first;
    int64_t last_id;
};

/* What to do now; `mode` is FAIL_NOTHING where no rule fits. */
struct failure_hit {
    enum failure_mode mode;
    int status;
    int64_t delay_ms;
    int retry_after;
    char field[32]; /* "": whichever counts most */
};

/* The first rule that fits, one time fewer left to it. slug and method may be NULL, bot and chat 0. */
struct failure_hit failure_take(struct sandbox *sandbox, enum failure_service service, int64_t bot,
                                const char *slug, const char *method, int64_t chat);

/* From the control interface's JSON. ERR_INVALID says what is wrong with it. */
MUST_USE bool failure_add(struct sandbox *sandbox, const json_t *rule, int64_t *id_out, struct error *err);
/* False where there is no such rule. */
bool failure_remove(struct sandbox *sandbox, int64_t id);
void failure_remove_all(struct sandbox *sandbox);
/* An array of rules; the caller owns it. */
json_t *failure_list(const struct sandbox *sandbox);
