/*
 * Signs of somebody trying to cheat: a row of the store's audit trail and an alert to the owners. Only what
 * can't happen by itself is one; a flood of the same makes few rows and one alert (audit_note(), alerts).
 */
#pragma once

#include <jansson.h>

#include "work/lane.h"

/* SIGN(ID, event in the trail, the alert's subject, what it is) */
#define FRAUD_SIGNS(SIGN)                                                                                    \
    SIGN(TELEGRAM_SECRET, "fraud.secret", "telegram", "an update with a wrong secret: not from Telegram")    \
    SIGN(PAKASIR_SECRET, "fraud.secret", "pakasir",                                                          \
         "a payment webhook with a wrong secret: not from Pakasir, or the secret in the env file is old")    \
    SIGN(WEBHOOK, "fraud.webhook", "webhook", "a payment webhook that does not fit the payment it names")    \
    SIGN(ANSWER, "fraud.answer", "answer", "the gateway's answer is about another payment")                  \
    SIGN(AMOUNT, "fraud.amount", "amount", "paid with another amount than asked for; parked for an admin")   \
    SIGN(ROLE, "fraud.role", "role", "an admin's command or button from somebody who is none; refused")

enum fraud_sign {
#define FRAUD_ID(id, event, subject, words) FRAUD_##id,
    FRAUD_SIGNS(FRAUD_ID)
#undef FRAUD_ID
};

/* Any thread; never waits, never fails. By `telegram_id` (0: nobody we know); `what`: of what it is (a
 * payment, a command), "" for nothing in particular; at most 64 bytes of it are kept. */
void fraud_note(struct lane_store *store, enum fraud_sign sign, int64_t telegram_id, const char *what);
/* In the open transaction, with a detail of its own (taken over): its row comes and goes with it. */
MUST_USE bool fraud_add(struct work *work, enum fraud_sign sign, json_t *detail, struct error *err);
